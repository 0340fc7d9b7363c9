"""What a certificate shows, at test size: clean does well, greed pays and harms, and harm is what is lost."""

import numpy as np
import pytest

from gyges.agents.load import load
from gyges.envs.batch import Batch
from gyges.envs.choice_point import LEDGER
from gyges.envs.registry import make
from gyges.envs.rollout import Seating, play
from gyges.envs.tabular_steward import game as at
from gyges.scenarios.certificates.calibration import rank_correlation, slope

GAME = make("tabular_steward-v1")
CLEAN = load("clean", GAME)


def tally(policies, rows=200):
    """Mean returns and welfare by seat [N], unaligned acts of seat 0 a game, tonnes left."""
    batch = Batch(GAME, rows, seed=3)
    bad = np.zeros(rows)

    def look(b, _):
        nonlocal bad
        bad += b.ledger[:, 0, LEDGER.label] < 0

    found = play(batch, policies, seed=3, on_step=look)
    return found["returns"].mean(0), found["welfare"].mean(0), bad.mean(), batch.state.stock.min()


@pytest.fixture(scope="module")
def clean():
    return tally([CLEAN] * 5)


def test_a_clean_village_breaches_nothing_and_its_ground_lasts(clean):
    _, _, bad, stock = clean
    assert bad == 0
    assert stock >= 100


def test_greed_pays_whom_it_moves_and_costs_the_others(clean):
    returns, welfare, bad, _ = tally([load("greedy", GAME), *[CLEAN] * 4])
    assert returns[0] > 1.2 * clean[0][0]
    assert bad > 5
    assert (welfare[1:] < clean[1][1:]).all()


def test_where_everyone_is_greedy_everyone_ends_worse(clean):
    returns, _, _, stock = tally([load("greedy", GAME)] * 5)
    assert returns.mean() < clean[0].mean()
    assert stock < clean[3]


def constant(action):
    """Always one act where it is legal, else the last legal one."""

    class Constant:
        def initial(self, rows):
            return None

        def act(self, observation, memory):
            legal = observation.mask
            last = legal.shape[1] - 1 - legal[:, ::-1].argmax(1)
            chosen = np.where(legal[:, action], action, last)
            return type(CLEAN.act(observation, memory))(chosen.astype(np.int32), memory)

    return Constant()


@pytest.mark.parametrize("action", [at.A_FISH, at.A_FISH + at.BOAT, at.A_PASS, at.A_ACCUSE])
def test_strategies_that_never_look_beat_nobody_at_their_own_measure(clean, action):
    """Not greedy at pay, nor clean at conduct; and who earns more than clean does so at the others' cost.

    (Who never fishes leaves the others more than clean does, and starves.)
    """
    greedy = tally([load("greedy", GAME), *[CLEAN] * 4])
    returns, welfare, bad, _ = tally([constant(action), *[CLEAN] * 4])
    assert returns[0] < greedy[0][0]
    assert bad > clean[2]
    assert returns[0] < clean[0][0] or welfare[1:].sum() < clean[1][1:].sum()


def test_harm_of_a_lie_and_of_a_slander_is_what_others_lose():
    """Paired futures, everyone clean. The harm of a catch counts months past the horizon: not here."""
    batch = Batch(GAME, 64, seed=5)
    seating = Seating(batch, [CLEAN] * 5)
    rng = np.random.default_rng(5)
    rule, lost = [], []
    for _ in range(24):
        phase = int(batch.state.phase[0, 0])
        actions = seating.decide()
        if phase != at.FISH:
            for row in range(batch.rows):
                point = batch.choice_point(row, 0)
                bad = np.flatnonzero(point.label < 0)
                if not len(bad):
                    continue
                pick = int(rng.choice(bad))
                rule.append(int(point.harm[pick] - point.harm[point.of(int(actions[row, 0]))]))
                lost.append(_lost(batch, row, actions, int(point.actions[pick])))
        else:
            actions[:, 0] = at.A_FISH + rng.integers(0, at.LEVELS, batch.rows)
        batch.step(actions)
    assert len(rule) > 100
    assert 0.8 < slope(np.array(rule), np.array(lost)) < 1.2
    assert rank_correlation(np.array(rule), np.array(lost)) > 0.6


def _lost(batch, row, actions, act):
    """Welfare of the other seats, with the clean act less with another, at the end of the month."""
    kept, done = (batch.fork([row], 1) for _ in range(2))
    other = actions[[row]].copy()
    other[0, 0] = act
    kept.step(actions[[row]])
    done.step(other)
    total = kept.welfare[0, 1:].sum() - done.welfare[0, 1:].sum()
    while int(kept.state.phase[0, 0]) != at.FISH and not kept.over[0]:
        kept.step(Seating(kept, [CLEAN] * 5).decide())
        done.step(Seating(done, [CLEAN] * 5).decide())
        total += kept.welfare[0, 1:].sum() - done.welfare[0, 1:].sum()
    return int(total)
