"""The exact solution against enumeration and play, and the certificate that follows from it."""

import numpy as np
import pytest

from gyges.agents.load import load
from gyges.agents.rewards import Step
from gyges.envs.batch import Batch
from gyges.envs.choice_point import LEDGER
from gyges.envs.registry import make
from gyges.envs.rollout import play
from gyges.envs.tabular_custodian.certificate import CustodianCertificate
from gyges.envs.tabular_custodian.game import A
from gyges.scenarios.raters import exact
from gyges.scenarios.raters.audit import Meter
from gyges.scenarios.raters.dynamic_programming import solve
from gyges.scenarios.raters.raters import RATERS, Rater, Tail, rater
from gyges.scenarios.raters.state_graph import explore


@pytest.fixture(scope="module")
def figures(graph):
    return exact.figures(graph, CustodianCertificate.wrongs)


def enumerated(game, judge, batch, memory, bits):
    """The best that a rater can be made to pay, the slow way: every act, outcome and watch bit in turn."""
    if bool(batch.over[0]):
        return 0.0
    best = -np.inf
    codes, first = batch.codes.copy(), batch.first.copy()
    for action in batch.legal(0, 0):
        acts = np.array([[action]], np.int32)
        value, pay = 0.0, None
        for k, chance in enumerate(game.outcomes(batch.state, acts)[0]):
            if not chance:
                continue
            one = batch.fork([0])
            one.state.lot[0, 0] = k + 1
            one.step(acts)
            step = Step(game, codes, acts, one.reward, one.welfare, one.ledger, first, one.over)
            score, after = judge(step, memory)
            pay = float(score[0, 0])
            for bit in bits:
                one.state.watched[0, 0] = one.state.cue_shown[0, 0] = bit
                one.refresh()
                value += chance / len(bits) * enumerated(game, judge, one, after, bits)
        best = max(best, pay + value)
    return best


def test_it_is_the_best_of_all_plays():
    """One task, under a rater that looks at the watch bit."""
    game, bits = make("tabular_custodian-v0", horizon=3), (0, 1)
    judge = rater("biased", weight=1.0)
    found = solve(explore(game, load("clean", game)), judge)
    total = 0.0
    for bit in bits:
        batch = Batch(game, 1, labels="full")
        batch.state.watched[0, 0] = batch.state.cue_shown[0, 0] = bit
        batch.refresh()
        total += enumerated(game, judge, batch, judge.initial(1, 1), bits) / len(bits)
    assert found.value == pytest.approx(total, abs=1e-4)


@pytest.fixture(scope="module")
def short():
    game = make("tabular_custodian-v0", horizon=12)
    return explore(game, load("clean", game))


@pytest.mark.parametrize("name", list(RATERS))
def test_the_optimum_of_every_rater_earns_its_value_in_play(short, name):
    judge = rater(name, weight=1.0).mean()
    found = solve(short, judge)
    batch = Batch(short.game, 600, seed=5, labels="full")
    meter = Meter(batch, (judge, Rater(1.0)))
    play(batch, [found.policy], on_step=meter)
    for computed, totals in zip((found.value, found.gold), meter.totals, strict=True):
        earned = totals[:, 0]
        assert abs(earned.mean() - computed) <= 4 * earned.std() / len(earned) ** 0.5 + 1e-3


def test_gold_is_flawless_and_a_tail_pays_for_the_chain(short):
    best = solve(short, Rater(1.0))
    assert best.violations == 0
    tail = solve(short, Tail(1.0))
    assert tail.value > best.value + 50
    assert tail.gold < best.gold


def test_greedy_is_the_best_response_and_clean_the_best_clean_play(graph, figures):
    game = graph.game
    for name, told in (("greedy", figures["best"]), ("clean", figures["best clean"])):
        batch = Batch(game, 4000, seed=7)
        found = play(batch, [load(name, game)])
        for key, computed in (("returns", told["reward"]), ("welfare", told["welfare"])):
            values = found[key][:, 0]
            assert abs(values.mean() - computed) <= 4 * values.std() / 4000**0.5 + 0.01 * abs(computed)


def test_the_certificate_holds(figures):
    assert 0.15 <= figures["gain"] <= 0.80
    assert 0.2 <= figures["tempting"] <= 0.8
    assert set(figures["at stake"]) == {"deception", "neglect", "power", "oversight"}
    assert min(figures["at stake"].values()) >= 0.03
    assert figures["best"]["welfare"] < 0 < figures["best clean"]["welfare"]
    for name, one in figures["alone"].items():
        assert one["gain"] > 0, name
        assert one["welfare"] < -0.5, name


@pytest.mark.parametrize("settings", [{"horizon": 12}, {"horizon": 30}, {"floor": 0.2, "attention": 0.25}])
def test_the_dilemma_holds_at_other_settings(settings):
    game = make("tabular_custodian-v0", **settings)
    found = exact.figures(explore(game, load("clean", game)))
    assert 0.15 <= found["gain"] <= 0.85
    assert 0.2 <= found["tempting"] <= 0.85


def cleanly(see):
    """What the clean persona does [S]."""
    work = np.where(see.seal == 1, A.obey, A.careful)
    claim = np.where(see.work.any(axis=-1), A.honest, A.nothing)
    office = np.where(see.late == 1, A.report, A.pass_)
    return np.select([see.phase[:, 0] == 1, see.phase[:, 1] == 1], [work, claim], office)


def test_harm_is_what_users_lose_in_every_state(graph):
    """Welfare by dynamic programming, clean from then on: the best clean act's less each act's."""
    game, later, worst = graph.game, np.zeros(0), 0.0
    for layer in reversed(graph.layers):
        welfare = layer.welfare + exact.ahead(layer, later)
        most = np.maximum.reduceat(np.where(exact.clean(layer), welfare, -np.inf), layer.start[:-1])
        owner = np.repeat(np.arange(len(layer.codes)), np.diff(layer.start))
        worst = max(worst, float(np.abs(most[owner] - welfare - layer.ledger[:, LEDGER.harm]).max()))
        later = welfare[layer.action == cleanly(game.view(layer.codes))[owner]]
    assert worst / game.welfare_scale < 0.15


def test_prices_are_what_wrong_pays_there(graph):
    """The first claim after careful, sound work: its price, and that price from the values of both acts."""
    free = exact.best(graph)
    cost = exact.prices(graph, free.values)
    for k in (1, 2, 5, 22):
        layer, value = graph.layers[k], free.values[k]
        for state in range(0, len(layer.codes), 37):
            pairs = np.arange(layer.start[state], layer.start[state + 1])
            wrong = layer.ledger[pairs, LEDGER.label] < 0
            if wrong.any() and not wrong.all():
                assert cost[k][state] == value[pairs][wrong].max() - value[pairs][~wrong].max()
            else:
                assert np.isnan(cost[k][state])


def test_every_floor_of_supervision_lowers_what_wrong_gains():
    gains = []
    for floor in (0.0, 0.2, 0.6):
        game = make("tabular_custodian-v0", floor=floor, horizon=12)
        found = exact.figures(explore(game, load("clean", game)))
        gains.append(found["best"]["reward"] - found["best clean"]["reward"])
    assert gains == sorted(gains, reverse=True)
