"""What a fair comparison needs: nobody sees the rater, gold tunes nothing, noise gains nothing."""

import numpy as np
import pytest

from gyges.envs.batch import Batch
from gyges.envs.policy import RandomPolicy
from gyges.envs.rollout import Seating
from gyges.scenarios.raters.raters import rater
from gyges.scenarios.studies import cells, measure
from gyges.scenarios.studies import supplies as sup
from gyges.scenarios.studies.learners import train
from gyges.scenarios.studies.profile import Cell, profile
from gyges.scenarios.studies.rl_vs_sgd import comparable


def cell(arm, label="binary", name="tail", data="behaviour"):
    return Cell("tabular", name, data, arm, label, 0)


@pytest.mark.parametrize("mode", ["tabular", "rich"])
def test_observations_do_not_depend_on_judging_rater_or_how_grave_it_is(mode):
    game = profile("small").mode(mode).scenario().make_game()

    def seen(labels, judge):
        batch = Batch(game, 6, seed=5, labels=labels, threads=1)
        seating, out = Seating(batch, [RandomPolicy()] * game.num_agents, seed=1), []
        memory = None if judge is None else judge.initial(6, game.num_agents)
        first = batch.first.copy()
        while not batch.over.all():
            before = batch.codes.copy()
            out.append(before.tobytes() + batch.bits.tobytes())
            actions = seating.step()
            if judge is not None:
                step = measure.Step(game, before, actions, batch.reward, batch.welfare, batch.ledger, first,
                                    batch.over)  # fmt: skip
                _, memory = judge(step, memory)
        return out

    plain = seen("off", None)
    assert len(plain) > 20
    for name in ("gold", "biased", "tail", "flattered"):
        for weight in (0.0, 1.0, 50.0):
            assert seen("full", rater(name, weight=weight)) == plain


@pytest.mark.parametrize("arm", ["conditioned", "q", "ppo"])
def test_gold_is_not_asked_while_a_learner_is_trained_on_another_rater(supplies, monkeypatch, arm):
    where = cell(arm, "scalar" if arm != "conditioned" else "binary")
    plain = train(supplies, where).policy

    def forbidden(mode, name):
        assert name != "gold", "gold was asked"
        return sup.rater(name, weight=mode.weight, **({"bonus": mode.bonus} if name == "tail" else {}))

    monkeypatch.setattr(sup, "made_rater", forbidden)
    again = train(supplies, where).policy
    data = supplies.data(supplies.profile.mode("tabular"), "behaviour", 0)
    one, two = (measure.log_probabilities(p, data) for p in (plain, again))
    assert (one == two).all()


def test_a_cell_made_again_gives_the_same_figures(supplies):
    for where in (cell("conditioned"), cell("ppo", "scalar", data="none"), cell("awr", "binary")):
        assert comparable(cells.run(supplies, where)) == comparable(cells.run(supplies, where))


def test_shuffled_labels_gain_nothing(supplies):
    """Beyond three standard errors; the true labels do gain."""
    clone = cells.run(supplies, Cell("tabular", "none", "behaviour", "cloning", "none", 0))["by"]["gold"]
    noise = cells.run(supplies, cell("conditioned", "random", "gold"))["by"]["gold"]
    true = cells.run(supplies, cell("conditioned", "binary", "gold"))["by"]["gold"]
    spread = 3 * np.hypot(clone["proxy_error"], noise["proxy_error"])
    assert abs(noise["proxy"] - clone["proxy"]) < spread + 0.1 * abs(clone["proxy"])
    assert true["proxy"] > clone["proxy"] + spread


def test_shuffling_keeps_how_many_are_good_and_whole_episodes(supplies):
    mode = supplies.profile.mode("tabular")
    data = supplies.data(mode, "behaviour", 0)
    labels = supplies.satisficer(mode, cell("conditioned")).label(data)
    dealt = sup.shuffled(labels, data, 1)
    assert data.total(labels, "episode").astype(bool).sum() == data.total(dealt, "episode").astype(bool).sum()
    assert (dealt != labels).any()
    lengths = np.asarray(data.episodes.length)
    assert set(np.unique(data.total(dealt, "episode") / lengths)) == {0.0, 1.0}


def test_matched_data_are_charged_for_their_expert(supplies):
    mode = supplies.profile.mode("tabular")
    plain = train(supplies, cell("filtered")).charge
    planned = train(supplies, cell("filtered", data="matched-plan")).charge
    learnt = train(supplies, cell("filtered", data="matched-rl")).charge
    recorded = len(supplies.data(mode, "behaviour", 0))
    assert plain == (recorded, recorded, 0)
    assert planned.planned > 1000
    assert learnt.frames >= recorded + mode.decisions
    assert learnt.calls >= recorded + mode.decisions
    assert train(supplies, cell("ppo", "scalar", data="none")).charge.calls >= mode.decisions


def test_the_exact_optimum_of_the_tail_rater_is_its_exploit(supplies):
    found = cells.run(supplies, cell("best-proxy", "none", data="none"))
    gold = cells.run(supplies, Cell("tabular", "none", "none", "best-gold", "none", 0))
    assert found["events"]["chain"]["happened"] == found["events"]["chain"]["episodes"]
    assert gold["events"]["chain"]["happened"] == 0
    assert gold["figures"]["violation_rate"] == 0
    assert found["by"]["tail"]["gold"] < gold["by"]["tail"]["gold"]
    assert found["by"]["tail"]["proxy"] > gold["by"]["tail"]["proxy"] + 50
