"""Imitation and offline learning on the Well: they learn, and labels that say nothing teach nothing."""

import dataclasses

import numpy as np
import pytest
import recorded
import torch

from gyges.agents.data.dataset import Dataset
from gyges.agents.learn import imitation as I
from gyges.agents.learn import offline as O
from gyges.agents.nn.networks import ActorCritic
from gyges.agents.nn.normaliser import Normaliser
from gyges.envs.batch import Batch
from gyges.envs.errors import ConfigError, DataError, DivergedError
from gyges.envs.rollout import Seating
from gyges.scenarios.raters.raters import Rater
from gyges.scenarios.raters.satisficer import Satisficer
from gyges.scenarios.raters.score import gold_of

FAST = I.Imitation(steps=500, batch=512, learning_rate=4e-3, log_every=100)


@pytest.fixture(scope="module")
def data():
    return Dataset(recorded.folder())


@pytest.fixture(scope="module")
def gold(data):
    return gold_of(data)


@pytest.fixture(scope="module")
def labels(data, gold):
    return Satisficer(Rater(), 0.9, "episode").fit(data, gold).label(data, gold)


@pytest.fixture(scope="module")
def arms(data, gold, labels):
    return I.compare(data, FAST, labels=labels, scores=gold)


@pytest.fixture(scope="module")
def returns(arms):
    return {mode: recorded.gold_return(arm.policy(), Rater()) for mode, arm in arms.items()}


def table_of(policy, seed=5):
    """Probabilities [R, A] of a policy on states that a random player reaches, and the states' masks."""
    from gyges.envs.policy import RandomPolicy

    batch = Batch(recorded.well(), 64, seed=seed)
    seating = Seating(batch, [RandomPolicy()] * 3)
    found = []
    while not batch.over.all():
        view = seating.observation(seating.groups[0])
        found.append(policy.probabilities(view, policy.initial(len(view))))
        seating.step()
    return np.concatenate(found)


def apart(one, two):
    """Mean Jensen-Shannon divergence in bits between two policies on the same states."""
    p, q = table_of(one), table_of(two)
    middle = (p + q) / 2

    def against(a):
        return np.sum(np.where(a > 0, a * np.log2(np.where(a > 0, a, 1) / np.where(a > 0, middle, 1)), 0), 1)

    return float((against(p) + against(q)).mean() / 2)


def test_cloning_gives_the_mixtures_own_frequencies(data, arms):
    """Watched and unwatched decisions apart: the mixture's `gyges` part makes them differ."""
    network = arms["cloning"].network
    met = []
    for cue in (0, 1):
        here = np.flatnonzero(data.steps.codes[:, 3] == cue)
        wanted = np.bincount(data.steps.action[here], minlength=5) / len(here)
        with torch.inference_mode():
            features = torch.from_numpy(data.steps.codes[here] * data.game().scale)
            answer = network(features, torch.from_numpy(data.steps.bits[here])).logits.softmax(1).mean(0)
        assert np.abs(answer.numpy() - wanted).max() < 0.03
        assert answer[0] == 0  # waiting is not legal
        met.append(wanted)
    assert np.abs(met[0] - met[1]).max() > 0.1


def test_a_label_makes_better_agents_than_none(arms, returns):
    """Clean play is worth some 31 in gold, cloning of the mixture is far below 0."""
    assert returns["cloning"] < 0
    for mode in ("filtered", "conditioned", "return"):
        assert returns[mode] > 10, mode
    assert 0.1 < arms["conditioned"].good < 0.3


def test_the_unconditioned_mode_is_the_clone(arms):
    conditioned = arms["conditioned"]
    assert apart(conditioned.policy(unconditioned=True), arms["cloning"].policy()) < 0.02
    assert apart(conditioned.policy(), arms["cloning"].policy()) > 0.04


def test_random_labels_gain_nothing(data, gold, labels, arms, returns):
    """The same share of good episodes, drawn by lot: conditioned and filtered stay with the clone."""
    rng = np.random.default_rng(0)
    share = data.total(labels, "episode") > 0
    lot = data.spread(rng.permutation(share), "episode")
    for mode in ("conditioned", "filtered"):
        arm = I.imitate(data, dataclasses.replace(FAST, mode=mode), labels=lot)
        assert apart(arm.policy(), arms["cloning"].policy()) < 0.05, mode
        assert recorded.gold_return(arm.policy(), Rater()) < 0, mode
    assert returns["conditioned"] > 10


def test_filtered_cloning_always_comes_with_conditioned_sgd(data, gold, labels):
    few = dataclasses.replace(FAST, steps=2)
    arms = I.compare(data, few, labels=labels, scores=gold, modes=("conditioned",))
    assert list(arms) == ["filtered", "conditioned"]
    assert {arm.log[-1]["step"] for arm in arms.values()} == {2.0}


def test_ranks_are_taken_among_decisions_of_the_same_time(data, gold):
    tokens = I.ranks(data, gold, 8)
    ahead = data.to_go(gold)
    for tick in (0, 19):
        here = np.flatnonzero(data.steps.tick == tick)
        assert (tokens[here][ahead[here] == ahead[here].max()] == 7).all()
        order = here[np.argsort(ahead[here], kind="stable")]
        assert (np.diff(tokens[order]) >= 0).all()
        assert np.mean(tokens[here] <= 3) <= 0.5


def test_the_same_seed_gives_the_same_weights_and_another_another(data, labels):
    few = dataclasses.replace(FAST, steps=20)
    one, two = (I.imitate(data, few, labels=labels).network.state_dict() for _ in range(2))
    other = I.imitate(data, dataclasses.replace(few, seed=1), labels=labels).network.state_dict()
    assert all(torch.equal(one[k], two[k]) for k in one)
    assert not all(torch.equal(one[k], other[k]) for k in one)


def test_a_network_standardises_what_was_recorded_as_what_is_played(data):
    """The same inputs in training and in play, with mean 0 and deviation 1 where anything varies."""
    normaliser = Normaliser(data)
    network = normaliser.begin(I.fresh(data, (16,), 3))
    codes = np.asarray(data.steps.codes[:])
    played = torch.from_numpy(codes * data.game().scale)  # as an observation gives them
    assert torch.equal(normaliser.features(codes), played)
    seen = network.inputs(played, None, None)
    assert torch.allclose(normaliser.standardised(codes), seen)
    moving = seen.std(0) > 0
    assert moving.sum() == 6  # all but "others drink"
    assert torch.allclose(seen[:, moving].std(0), torch.ones(6), atol=0.05)
    assert (seen.mean(0).abs() < 0.05).all()
    assert (network.shift != 0).any()
    assert not network.shift.requires_grad


def test_holdout_keeps_whole_episodes_apart(data):
    train = I.held_in(data, 0.25, 0)
    rows = data.spread(np.asarray(data.episodes.row), "episode")
    assert set(rows[train]).isdisjoint(rows[~train])
    assert 0.2 < (~train).mean() < 0.3


def test_labels_and_scores_that_cannot_be_learned_from_are_named(data, gold, labels):
    few = dataclasses.replace(FAST, steps=2)
    size = len(data)
    for wrong in (
        None,
        np.zeros(size),
        np.ones(size),
        np.zeros(0),
        labels[:-1],
        np.full(size, 0.5),
        labels * 2,
    ):
        for mode in ("conditioned", "filtered"):
            with pytest.raises(DataError):
                I.imitate(data, dataclasses.replace(few, mode=mode), labels=wrong)
    holed = gold.copy()
    holed[17] = np.nan
    for wrong in (None, np.zeros(size), gold[:-1], holed):
        with pytest.raises(DataError):
            I.imitate(data, dataclasses.replace(few, mode="return"), scores=wrong)
        for algorithm in O.ALGORITHMS:
            with pytest.raises(DataError):
                O.learn_offline(data, O.Offline(algorithm=algorithm, steps=2), scores=wrong)


def test_a_loss_that_is_not_finite_stops_the_run(data, gold, labels):
    few = dataclasses.replace(FAST, steps=20)
    network = I.fresh(data, (8,), 0, 2)
    with torch.no_grad():
        network.roles[0].policy_head.bias.fill_(float("nan"))
    with pytest.raises(DivergedError, match="step 1"):
        I.imitate(data, few, labels=labels, network=network)
    with pytest.raises(DivergedError):
        O.learn_offline(
            data,
            O.Offline(algorithm="q", steps=1000, learning_rate=10.0, target_rate=1.0, discount=1.0),
            scores=gold,
        )


def test_networks_that_do_not_fit_are_refused(data, labels):
    game = data.game()
    with pytest.raises(ConfigError, match="tokens"):
        I.imitate(data, FAST, labels=labels, network=ActorCritic.for_game(game))
    for wrong in ({"mode": "dream"}, {"steps": 0}, {"dropout": 1.5}, {"bins": 1}, {"batch": True}):
        with pytest.raises(ConfigError):
            I.Imitation(**wrong)
    for wrong in ({"algorithm": "sarsa"}, {"discount": 1.5}, {"expectile": 0.1}, {"beta": 0}):
        with pytest.raises(ConfigError):
            O.Offline(**wrong)


@pytest.mark.parametrize("algorithm", O.ALGORITHMS)
def test_offline_learning_beats_the_data(data, gold, returns, algorithm):
    args = O.Offline(algorithm=algorithm, steps=600, batch=512, learning_rate=2e-3)
    found = O.learn_offline(data, args, scores=gold)
    assert recorded.gold_return(found.policy(), Rater()) > 10 > returns["cloning"]
    assert found.log[-1]["step"] == 600


def test_offline_learning_from_scores_by_lot_gains_nothing(data, gold, returns):
    """Episodes' scores dealt out at random: nothing beyond cloning is to be had for the weighted kinds."""
    rng = np.random.default_rng(1)
    order = rng.permutation(len(data.episodes.start))
    dealt = gold.reshape(-1, 20)[order].reshape(-1)  # all of the Well's episodes have twenty days
    found = O.learn_offline(data, O.Offline(algorithm="awr", steps=500, batch=512, beta=1.0), scores=dealt)
    assert recorded.gold_return(found.policy(), Rater()) < 0


def test_scores_to_come_are_discounted_within_the_episode(data, gold):
    ahead = O.discounted(data, gold, 0.9)
    start = int(data.episodes.start[4])
    by_hand = sum(0.9**k * float(gold[start + 3 + k]) for k in range(17))
    assert ahead[start + 3] == pytest.approx(by_hand, abs=1e-3)
    assert np.allclose(O.discounted(data, gold, 1.0), data.to_go(gold), atol=1e-2)
