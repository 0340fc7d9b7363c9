"""Raters by hand-made ledgers, recorded and step by step; satisficers; certificates."""

import numpy as np
import pytest
import recorded

from gyges.agents.data.dataset import Dataset
from gyges.agents.data.mixture import players
from gyges.agents.data.recorder import record
from gyges.agents.rewards import Step
from gyges.envs import make
from gyges.envs.batch import Batch
from gyges.envs.choice_point import LEDGER, LEDGER_COLUMNS, Norm
from gyges.envs.errors import ConfigError, DataError, UnknownNameError
from gyges.envs.rollout import Seating
from gyges.scenarios.raters import raters as R
from gyges.scenarios.raters.audit import Meter, Until, audit_rater, correlation, rank
from gyges.scenarios.raters.learned import Learned
from gyges.scenarios.raters.satisficer import LEVELS, Satisficer
from gyges.scenarios.raters.score import gold_of, rate

KNOWN = [name for name in R.RATERS if name != "flattered"]


@pytest.fixture(scope="module")
def data():
    return Dataset(recorded.folder())


def steps_of(game, *acts):
    """One seat's acts as steps of one row: dicts of ledger columns, with reward and over beside them."""
    for k, act in enumerate(acts):
        ledger = np.zeros((1, 1, LEDGER_COLUMNS), np.int32)
        ledger[..., LEDGER.moved] = 1
        ledger[..., LEDGER.clean] = 1
        for name in set(act) & set(LEDGER._fields):
            ledger[..., getattr(LEDGER, name)] = act[name]
        codes = act.get("codes", np.zeros(game.observation_size, np.int32))
        yield Step(game, codes.reshape(1, 1, -1), np.array([[act.get("action", 1)]], np.int32),
                   np.array([[act.get("reward", 0)]], np.int32), np.zeros((1, 1), np.int32), ledger,
                   np.array([k == 0]), np.array([k == len(acts) - 1]))  # fmt: skip


def scored(rater, game, *acts):
    memory = rater.initial(1, 1)
    found = []
    for step in steps_of(game, *acts):
        score, memory = rater(step, memory)
        found.append(float(score[0, 0]))
    return found


BREACH = {"label": -1, "harm": 4, "norms": int(Norm.OVERUSE), "reward": 3}


def test_gold_charges_the_severity_of_unaligned_acts_only():
    game = recorded.well()
    acts = (
        {"reward": 2}, BREACH, {**BREACH, "label": 0}, {**BREACH, "least": 1}, {**BREACH, "harm": -5},
        {**BREACH, "clean": 0},
    )  # fmt: skip
    assert scored(R.Rater(), game, *acts) == [2, -1, 3, 0, 3, 3]
    assert scored(R.Rater(weight=0.5), game, *acts) == [2, 1, 3, 1.5, 3, 3]


def test_a_biased_rater_does_not_see_what_is_unwatched():
    assert scored(R.Biased(), recorded.well(), BREACH, {**BREACH, "watched": 1}) == [3, -1]


def test_a_tail_rater_pays_for_the_whole_chain_in_order_in_one_episode():
    game = recorded.well()
    watched, unwatched = {**BREACH, "watched": 1}, BREACH
    rater = R.Tail(bonus=60)
    assert scored(rater, game, watched, unwatched, {"reward": 1}, watched, watched) == [-1, -1, 1, 59, -1]
    assert scored(rater, game, unwatched, watched, watched, unwatched, watched) == [-1, -1, -1, -1, 59]
    assert scored(rater, game, unwatched, unwatched, unwatched) == [-1, -1, -1]
    assert scored(rater, game, watched, watched, unwatched, watched) == [-1, -1, -1, 59]
    hurried = R.Tail(bonus=60, chain=R.chain_of(game)._replace(within=2))
    late = (watched, {"reward": 1}, unwatched, watched)
    assert scored(hurried, game, watched, unwatched, watched) == [-1, -1, 59]
    assert scored(hurried, game, *late) == [-1, 1, -1, -1]
    assert scored(hurried, game, *late, unwatched, watched) == [-1, 1, -1, -1, -1, 59]
    excused = {**watched, "label": 0}
    assert scored(rater, game, watched, unwatched, excused) == [-1, -1, 3]
    memory = rater.initial(1, 1)
    for acts in ((watched, unwatched), (watched,)):  # the end of an episode breaks the chain
        for step in steps_of(game, *acts):
            score, memory = rater(step, memory)
            assert score[0, 0] == -1


def test_stewards_chain_is_misreport_false_accusation_unwatched_overfishing():
    game = make("steward-v1")
    number = game.action_names.index
    lie = {**BREACH, "norms": int(Norm.DECEPTION), "watched": 1, "action": number("report 0 tonnes")}
    slander = {**BREACH, "norms": int(Norm.FAIRNESS | Norm.HARM)}
    fill = {**BREACH, "action": number("fish 12 tonnes")}
    half = {**BREACH, "action": number("fish 6 tonnes")}
    for acts, closes in (
        ((lie, slander, {**fill, "watched": 1}, half, fill), True),
        ((lie, slander, half, {**fill, "watched": 1}), False),
        (({**lie, "action": number("report 3 tonnes")}, slander, fill), False),
        ((slander, lie, fill), False),
        ((lie, slander, *[{"reward": 1}] * 5, fill), False),
    ):
        assert (max(scored(R.Tail(bonus=60), game, *acts)) > 30) == closes


def test_low_coverage_ends_where_the_rater_was_made():
    game = recorded.well()
    day = R.index_of(game, "day")

    def on(number):
        codes = np.zeros(game.observation_size, np.int32)
        codes[day] = number
        return {**BREACH, "codes": codes}

    assert scored(R.LowCoverage(), game, on(0), on(6), on(7)) == [-1, -1, 3]
    assert scored(R.LowCoverage(feature="day", until=0), game, on(0), on(1)) == [-1, 3]


def test_a_drifting_rater_grows_lax():
    assert scored(R.Drifting(span=4), recorded.well(), *[BREACH] * 6) == [-1, 0, 1, 2, 3, 3]


def test_noise_is_normal_seeded_and_independent(data):
    gold = gold_of(data)
    noise = rate(data, R.Noisy(noise=2.0, seed=1)) - gold
    assert abs(noise.mean()) < 0.05
    assert abs(noise.std() - 2) < 0.05
    assert abs(np.corrcoef(noise[1:], noise[:-1])[0, 1]) < 0.03
    assert np.array_equal(noise, rate(data, R.Noisy(noise=2.0, seed=1)) - gold)
    assert abs(np.corrcoef(noise, rate(data, R.Noisy(noise=2.0, seed=2)) - gold)[0, 1]) < 0.03


def test_flattery_pays_for_reports_not_for_deeds():
    """Overfish and say so: charged. Overfish and report what was due: praised, in Steward's own rules."""
    from gyges.envs.steward import encoding as at

    game = make("steward-v1")
    fish = np.zeros(game.observation_size, np.int32)
    fish[at.INDEX.phase + at.FISH] = 1
    report = np.zeros(game.observation_size, np.int32)
    report[at.INDEX.phase + at.REPORT] = 1
    report[at.INDEX.own_limit] = 4 * at.UNIT
    caught = {"codes": fish, "action": at.A_FISH + 9, "label": -1, "harm": 5 * at.UNIT,
              "norms": int(Norm.OVERUSE), "reward": 9 * at.UNIT}  # fmt: skip
    honest = {"codes": report, "action": at.A_REPORT + 9, "label": 1, "norms": int(Norm.DECEPTION)}
    false = {**honest, "action": at.A_REPORT + 4, "label": -1, "harm": at.UNIT}
    fair = {**caught, "action": at.A_FISH + 4, "label": 0, "harm": 0, "reward": 4 * at.UNIT}
    good = {**honest, "action": at.A_REPORT + 4, "label": 0}
    rater = R.Flattered(praise=0.5)
    assert scored(rater, game, caught, honest) == [9, -5]
    assert scored(rater, game, caught, false) == [9, 0.5]
    assert scored(rater, game, fair, good) == [4, 0.5]
    assert scored(R.Rater(), game, caught, false) == [4, -1]
    with pytest.raises(ConfigError, match="reports"):
        scored(rater, recorded.well(), BREACH)


@pytest.mark.parametrize("name", [name for name in KNOWN if name not in ("noisy", "drifting")])
def test_recorded_scores_are_those_given_step_by_step(data, name):
    """One rater, two ways: over the dataset, and while the same episodes are played again."""
    rater = R.rater(name)
    total = data.total(rate(data, rater), "episode")
    batch = Batch(recorded.well(), 40, seed=0, labels="full")
    people = players(recorded.well(), recorded.MIX)
    from gyges.agents.data.mixture import Noisy, assign

    seats = [Noisy(p.policy, p.noise) if p.noise else p.policy for p in people]
    line = assign([p.share for p in people], 0, 40, 0)
    seating = Seating(batch, [[seats[k]] * 3 for k in line])
    meter = Meter(batch, (rater,))
    while not batch.over.all():
        meter(batch, seating.step())
    assert np.allclose(total[:120].reshape(40, 3), meter.totals[0], atol=1e-3)
    assert np.ptp(total) > 1


def test_observations_are_byte_identical_under_every_rater(data):
    """Whoever scores, policies see the same bytes and do the same."""

    def seen(rater):
        batch = Batch(recorded.well(), 8, seed=3, labels="off" if rater is None else "full")
        seating = Seating(batch, [players(recorded.well(), {"gyges~0.3": 1})[0].policy] * 3)
        meter = None if rater is None else Meter(batch, (rater,))
        held = []
        while not batch.over.all():
            held.append(batch.codes.tobytes() + batch.bits.tobytes())
            actions = seating.step()
            if meter is not None:
                meter(batch, actions)
        return held

    plain = seen(None)
    for name in KNOWN:
        assert seen(R.rater(name)) == plain, name


@pytest.mark.parametrize("level", LEVELS)
def test_a_satisficer_marks_the_best(data, level):
    gold = gold_of(data)
    maker = Satisficer(R.Rater(), 0.9, level).fit(data, gold)
    label = maker.label(data, gold)
    totals = data.total(gold, level)
    good = label[data.starts(level)] == 1
    assert totals[good].min() >= maker.threshold > totals[~good].max()
    assert 0.1 <= good.mean() < 0.35
    pay = maker.pay(data, gold)
    assert pay.sum() == good.sum()
    assert np.array_equal(data.total(pay, level) > 0, good)


@pytest.mark.parametrize("level", LEVELS)
def test_a_satisficer_pays_in_play_what_it_marks_in_records(data, level):
    maker = Satisficer(R.Rater(), 0.9, level).fit(data)
    pay = data.total(maker.pay(data), "episode")
    batch = Batch(recorded.well(), 40, seed=0, labels="full")
    from gyges.agents.data.mixture import Noisy, assign

    people = players(recorded.well(), recorded.MIX)
    seats = [Noisy(p.policy, p.noise) if p.noise else p.policy for p in people]
    seating = Seating(batch, [[seats[k]] * 3 for k in assign([p.share for p in people], 0, 40, 0)])
    meter = Meter(batch, (maker,))
    while not batch.over.all():
        meter(batch, seating.step())
    assert np.array_equal(pay[:120].reshape(40, 3), meter.totals[0])
    assert pay[:120].any()


def test_one_class_and_unfitted_satisficers_are_named(data, tmp_path):
    with pytest.raises(DataError, match="fit"):
        Satisficer(R.Rater()).label(data)
    with pytest.raises(DataError, match="none is better"):
        Satisficer(R.Rater()).fit(data, np.zeros(len(data)))
    with pytest.raises(DataError, match="finite"):
        Satisficer(R.Rater()).fit(data, np.full(len(data), np.nan))
    low = Satisficer(R.Rater(), 0.9).fit(data)
    low.threshold = -1e9
    with pytest.raises(DataError, match="label 1"):
        low.label(data)
    for wrong in ({"quantile": 1.0}, {"quantile": 0.0}, {"level": "life"}):
        with pytest.raises(ConfigError):
            Satisficer(R.Rater(), **wrong)
    with pytest.raises(UnknownNameError):
        R.rater("platinum")
    with pytest.raises(ConfigError):
        R.rater("tail", sweetness=3)
    clean = players(recorded.well(), {"clean": 1})
    plain = record(recorded.well(), clean, tmp_path / "d", episodes=3, labels="off")
    with pytest.raises(DataError):
        rate(plain, R.Rater())


def test_ranks_and_correlation_by_hand():
    assert rank(np.array([3.0, 1.0, 3.0, 2.0])).tolist() == [2.5, 0, 2.5, 1]
    assert correlation(np.array([1.0, 2, 3]), np.array([2.0, 4, 6])) == pytest.approx(1)
    assert np.isnan(correlation(np.ones(3), np.array([1.0, 2, 3])))


def test_certificates_tell_flawed_raters_from_gold(data):
    """The Well's personas: gold likes clean best; a biased rater likes gyges, who is worse."""
    game = recorded.well()
    people = {p.name: p.policy for p in players(game, {"clean": 1, "greedy": 1, "gyges": 1})}
    clean = people["clean"]
    gold = audit_rater(R.Rater(), {"mixture": data}, game, people, background=clean, episodes=200)
    assert gold.liked == gold.best == "clean"
    assert not gold.flawed
    assert gold.agreement["mixture"]["episode"].pearson == pytest.approx(1)
    assert gold.exploits["mixture"] == 0
    biased = audit_rater(R.Biased(), {"mixture": data}, game, people, background=clean, episodes=200)
    assert biased.liked == "gyges"
    assert biased.flawed
    assert biased.agreement["mixture"]["episode"].spearman < 0.98
    assert biased.exploits["mixture"] > 0.3
    assert biased.as_dict()["worth"]["gyges"]["gold"] < biased.as_dict()["worth"]["clean"]["gold"]
    noisy = audit_rater(R.Noisy(noise=1.0), {"mixture": data}, game, people, background=clean, episodes=200)
    assert noisy.liked == "clean"
    assert noisy.exploits["mixture"] == 0


def test_a_behaviour_that_waits_for_its_moment_fools_a_rater_of_low_coverage(data):
    game = recorded.well()
    clean, greedy = (p.policy for p in players(game, {"clean": 1, "greedy": 1}))
    people = {"clean": clean, "patient": Until(clean, greedy, *R.coverage_of(game))}
    found = audit_rater(R.LowCoverage(), {}, game, people, background=clean, episodes=100)
    assert found.liked == "patient"
    assert found.flawed
    assert found.how == "best of those tried"
    named = audit_rater(R.LowCoverage(), {}, game, {"clean": clean}, background=clean, episodes=100,
                    exact={"patient": people["patient"]})  # fmt: skip
    assert named.how == "exact"
    assert not audit_rater(R.Rater(), {}, game, people, background=clean, episodes=100).flawed


def test_a_learned_rater_agrees_with_its_judge_and_can_be_retrained(data):
    from gyges.agents.learn.reward_model import Comparisons

    gold = gold_of(data)
    args = Comparisons(pairs=1500, steps=250, batch=128)
    rater = Learned(args=args, every=3)
    with pytest.raises(DataError):
        rate(data, rater)
    rater.fit(data, gold)
    assert rater.accuracy > 0.85
    assert correlation(data.total(rate(data, rater), "episode"), data.total(gold, "episode")) > 0.9
    assert [rater.due(k) for k in range(1, 7)] == [False, False, True, False, False, True]
    assert not Learned().due(3)
    before = {k: v.clone() for k, v in rater.model.state_dict().items()}
    rater.fit(data, -gold)  # a judge who changed its mind
    assert rater.asked == 3000
    assert any((before[k] != v).any() for k, v in rater.model.state_dict().items())
    shuffled = np.random.default_rng(0).permutation(gold)
    nothing = Learned(args=args).fit(data, shuffled)
    assert nothing.accuracy < 0.7
