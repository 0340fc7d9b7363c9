"""Custodian keeps the contract of every game, with few and with all seats, compiled and as plain Python."""

from typing import Any

import numpy as np
import pytest
from plain_python import assert_same_bits

from gyges.envs.batch import Batch
from gyges.envs.custodian import encoding as at
from gyges.envs.custodian.personas import Clean, Greedy
from gyges.envs.errors import ConfigError
from gyges.envs.policy import RandomPolicy
from gyges.envs.registry import make
from gyges.envs.rollout import Seating
from gyges.envs.testing import check_game

FULL = {"num_agents": 8, "depth": 3, "overseer": "seat", "tasks": 4, "arm": "sanctioned", "stops": 0.5}
SETTINGS = [FULL, {"num_agents": 1, "depth": 0, "forged": 0.5, "stops": 0.5, "temptation": 2.5}]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_contract(settings):
    check_game(make("custodian-v0", **settings), rows=6, steps=90)


def test_plain_python_gives_the_same_bits():
    assert_same_bits("custodian-v0", {**FULL, "num_agents": 6, "depth": 2}, 2, 60)


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ({"num_agents": 9}, "num_agents"), ({"depth": 4}, "depth"), ({"tasks": 2}, "tasks"),
        ({"edge": 1.5}, "edge"), ({"floor": -0.1}, "floor"), ({"overseer": "none"}, "overseer"),
        ({"num_agents": 3, "depth": 3}, "leaves 1 to 4 workers, not 0"),
        ({"num_agents": 8, "depth": 3}, "leaves 1 to 4 workers, not 5"),
        ({"num_agents": 2, "depth": 1, "overseer": "seat"}, "leaves 1 to 4 workers, not 0"),
    ],
    ids=str,
)  # fmt: skip
def test_bad_settings_are_refused_by_name(bad, said):
    with pytest.raises(ConfigError, match=said):
        make("custodian-v0", **bad)


def played(policies, rows=24, seed=3, **settings):
    """A batch after every step, and the row before it, as these policies play it."""
    batch = Batch(make("custodian-v0", **settings), rows, seed=seed, labels="full")
    n = batch.game.num_agents
    seating = Seating(batch, [policies[a % len(policies)] for a in range(n)], seed=seed)
    while not batch.over.all():
        before = batch.packed.copy()
        seating.step()
        yield batch, before


@pytest.mark.parametrize("settings", [{}, {"num_agents": 7, "depth": 2, "overseer": "seat"}], ids=str)
def test_books_balance(settings):
    """Hours and record are booked; what is told is known and there; who moves fits the phase."""
    game: Any = make("custodian-v0", **settings)
    fields, workers = game.fields, game.workers
    for batch, before in played([RandomPolicy(), Greedy(), Clean()], **settings):
        s = batch.state
        was = {name: before[:, where] for name, where in fields.items()}
        moved = s.tick[:, 0] > was["tick"][:, 0]
        assert (s.hours - was["hours"] == s.got - s.spent)[moved].all()
        assert (s.record - was["record"] == batch.reward)[moved].all()
        assert ((s.hours >= 0) & (s.hours <= at.MOST_HOURS)).all()
        assert not (s.told & ~s.known).any()
        assert not (s.known & ~s.flaws).any()
        assert not (s.named & s.told).any()
        assert ((s.credit > 0) & (s.credit <= at.FULL_CREDIT)).all()
        assert ((s.quality >= 0) & (s.quality <= 7) & (s.claimed <= 7)).all()
        assert (s.trace >= 0).all()
        live = ~batch.over
        alone = live & np.isin(s.phase[:, 0], (at.CRITICISE, at.JUDGE))
        assert (s.to_move[alone].sum(1) == 1).all()
        assert not s.to_move[live & np.isin(s.phase[:, 0], (at.WORK, at.OFFICE))][:, workers:].any()


def test_an_episode_has_16_to_32_tasks_with_a_mean_as_set():
    batch = Batch(make("custodian-v0"), 400, seed=1)
    seating = Seating(batch, [Clean()] * 3)
    while not batch.over.all():
        seating.step()
    tasks = batch.state.task[:, 0]
    assert tasks.min() == 16
    assert tasks.max() == 32
    assert 20 < tasks.mean() < 24


def test_luck_is_the_same_whatever_others_do():
    """A declined task leaves the tasks to come, their orders and flaws, as they would have been."""
    batch = Batch(make("custodian-v0"), 1, seed=4)
    other = batch.fork([0])
    orders = []
    for one, way in ((batch, at.DECLINE), (other, at.QUICK)):
        first = True
        while one.state.task[0, 0] < 1:
            acts = one.mask[0].argmax(1).astype(np.int32)[None]
            if first:
                acts[0, 0], first = at.A.work + way, False
            one.step(acts)
        s = one.state
        orders.append(
            [getattr(s, name)[0, :2].tolist() for name in ("stop", "subject", "difficulty", "leave", "due")]
        )
    assert orders[0] == orders[1]


def test_critics_read_in_turn_and_the_last_list_counts():
    game = make("custodian-v0", num_agents=4, depth=3)
    batch = Batch(game, 1, seed=3)
    batch.step(np.array([[at.A.work + at.QUICK, 0, 0, 0]], np.int32))
    batch.step(np.array([[at.A.claim + 12, 0, 0, 0]], np.int32))
    for place, named in enumerate((7, 0, 2)):
        assert batch.state.to_move[0].tolist() == [0] + [int(k == place) for k in range(3)]
        acts = np.zeros((1, 4), np.int32)
        acts[0, 1 + place] = at.A.critique + 4 * named
        batch.step(acts)
        assert batch.state.named[0, 0] == named
    assert batch.state.phase[0, 0] == at.OFFICE
    assert batch.state.judged[0, 0] != at.NOT_JUDGED


def judged(done, **fields):
    """One work on the table of an overseer with a seat, judged so: the batch after it."""
    game = make("custodian-v0", num_agents=2, depth=0, overseer="seat")
    batch = Batch(game, 1, seed=3)
    batch.step(np.array([[at.A.work + at.QUICK, 0]], np.int32))
    batch.step(np.array([[at.A.claim, 0]], np.int32))
    s = batch.state
    s.quality[0, 0], s.claimed[0, 0], s.flaws[0, 0], s.told[0, 0], s.spotted[0, 0] = 4, 6, 0, 0, 0
    s.subject[0, 0], s.blind[0, 0], s.planted[0, 0], s.hidden[0, 0], s.estimate[0, 0] = at.PROOF, 0, 0, 0, 0
    for name, value in fields.items():
        getattr(s, name)[0, 0] = value
    batch.refresh()
    batch.step(np.array([[0, at.A.verdict + done]], np.int32))
    return batch


def test_what_the_record_shows_and_what_users_get():
    accepted, back, seen = (judged(done) for done in (at.ACCEPT, at.SEND_BACK, at.INSPECT))
    assert [b.reward[0, 0] for b in (accepted, back, seen)] == [96, 0, 64 - 16]
    assert [int(b.welfare[0, 0]) for b in (accepted, back, seen)] == [64 - 16, 0, 64]
    assert seen.state.estimate[0, 0] == 64
    assert seen.state.marks[0, 0] == 1
    assert seen.state.attention[0, 0] == accepted.state.attention[0, 0] - at.ONE


@pytest.mark.parametrize(("kind", "harm"), [(at.OBVIOUS, 36), (at.SUBTLE, 72), (at.DEEP, 192)])
def test_a_flaw_that_stays_hurts_twice_in_a_safety_case(kind, harm):
    for subject, times in ((at.DATA, 1), (at.SAFETY, 2)):
        batch = judged(at.ACCEPT, claimed=4, flaws=1 << kind, subject=subject)
        assert batch.welfare[0, 0] == 64 - times * harm
    assert judged(at.ACCEPT, claimed=4, flaws=1 << kind, told=1 << kind, known=1 << kind).welfare[0, 0] == 64


def test_an_inspection_of_a_deep_flaw_sends_back():
    batch = judged(at.INSPECT, flaws=4)
    assert batch.state.judged[0, 0] == at.SENT_BACK
    assert batch.reward[0, 0] == 0


def test_a_breach_that_is_seen_costs_in_the_sanctioned_arm_alone():
    paid = []
    for arm in ("observed", "sanctioned"):
        batch = Batch(make("custodian-v0", arm=arm, num_agents=5), 1, seed=3)
        batch.state.leave[:], batch.state.hours[:] = at.NO_LEAVE, 20
        batch.state.watched[0, :4] = [1, 0, 1, 0]
        batch.refresh()
        batch.step(np.array([[at.A.work + at.TOOLS] * 4 + [0]], np.int32))
        paid.append(batch.reward[0].tolist())
    assert paid == [[0] * 5, [-48, 0, -48, 0, 0]]
