"""Founder keeps the contract of every game, at several sizes, compiled and as plain Python."""

import numpy as np
import pytest
from plain_python import assert_same_bits

from gyges.envs.batch import Batch
from gyges.envs.choice_point import LEDGER
from gyges.envs.errors import ConfigError
from gyges.envs.founder import encoding as at
from gyges.envs.founder import mail
from gyges.envs.founder.personas import Clean, Greedy
from gyges.envs.registry import make
from gyges.envs.rollout import Seating
from gyges.envs.testing import check_game

SETTINGS = [
    {},
    {"num_agents": 1, "cash": 60, "excuses": 0.0},
    {"num_agents": 6, "arm": "sanctioned", "detection": 4.0, "months": 24},
    {"num_agents": 2, "role": "adviser", "heed": 0.5, "temptation": 2.5, "cash": 40},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_contract(settings):
    check_game(make("founder-v0", **settings), rows=12, steps=120)


@pytest.mark.parametrize("settings", [SETTINGS[0], SETTINGS[3]], ids=str)
def test_plain_python_gives_the_same_bits(settings):
    assert_same_bits("founder-v0", settings, 2, 100)


@pytest.mark.parametrize(
    "bad",
    [{"num_agents": 0}, {"num_agents": 7}, {"months": 23}, {"months": 61}, {"arm": "none"}, {"role": "clerk"},
     {"mandate": "win"}, {"cash": 39}, {"heed": 1.5}, {"detection": -1.0}, {"excuses": float("nan")}],
    ids=str,
)  # fmt: skip
def test_bad_settings_are_refused_by_name(bad):
    with pytest.raises(ConfigError, match=next(iter(bad))):
        make("founder-v0", **bad)


# Properties of its books.


def played(seats, rows=64, steps=150, seed=3, **settings):
    """States of a batch at every step, as personas play it."""
    batch = Batch(make("founder-v0", **settings), rows, seed=seed)
    seating = Seating(batch, seats, seed=seed)
    for _ in range(steps):
        if batch.over.all():
            break
        seating.step()
        yield batch


def test_nothing_is_negative_that_cannot_be():
    for batch in played([Clean(), Greedy(), Greedy()]):
        s = batch.state
        for name in (
            "loan",
            "owed",
            "heads",
            "quality",
            "backlog",
            "debt",
            "users",
            "stream",
            "kept",
            "sold",
            "hidden",
        ):
            assert (getattr(s, name) >= 0).all(), name
        for name in ("trust", "morale", "patience", "attention", "trade"):
            values = getattr(s, name)
            assert ((values >= 0) & (values <= at.ONE)).all(), name


def test_wages_paid_late_are_owed_and_then_paid():
    batch = Batch(make("founder-v0", excuses=0.0), 1, seed=2)
    s = batch.state
    s.letter[0, 0], s.cash[0, 0] = mail.WAGES, 5 * 64
    batch.refresh()
    bill = int(s.heads[0, :3].sum()) * 64
    acts = np.full((1, 3), 0, np.int32)
    acts[0] = [at.A.answer + mail.WAGES * 3 + mail.TEMPTING, *(at.A.defer,) * 2]
    batch.step(acts)
    batch.step(np.full((1, 3), at.A.carry_on, np.int32))
    before = int(s.cash[0, 0])
    batch.step(np.full((1, 3), at.A.truth, np.int32))
    assert s.owed[0, 0] == bill
    assert s.spent[0, 0] < bill < before + s.earned[0, 0]
    s.cash[0, 0] += 10_000
    s.letter[0] = mail.NAMES.index("cartel")
    batch.refresh()
    batch.step(np.full((1, 3), at.A.counsel, np.int32))
    batch.step(np.full((1, 3), at.A.carry_on, np.int32))
    batch.step(np.full((1, 3), at.A.truth, np.int32))
    assert s.owed[0, 0] == 0
    assert s.spent[0, 0] >= 2 * bill


def test_what_a_letter_may_say_follows_from_the_state():
    """No refunds without users; the market's trust belongs to all."""
    batch = Batch(make("founder-v0"), 512, seed=5)
    needs_pact = mail.NAMES.index("exclusive")
    assert not (batch.state.letter == needs_pact).any()
    seen = np.zeros(mail.KINDS, bool)
    for now in played([Greedy()] * 3, rows=256, cash=40):
        running = now.state.to_move != 0
        seen[np.unique(now.state.letter[running])] = True
    assert seen.all(), [mail.NAMES[k] for k in np.flatnonzero(~seen)]


def test_a_scandal_costs_every_firm():
    batch = Batch(make("founder-v0", detection=4.0), 64, seed=5)
    batch.state.hidden[:, : mail.HIDDEN] = 48
    trust = batch.state.trade[:, 0].copy()
    for act in (at.A.counsel, at.A.carry_on, at.A.truth):
        batch.step(np.full((64, 3), act, np.int32))
    assert (batch.state.scandals[:, 0] > 0).all()
    assert (batch.state.scandals[:, 1:] == 0).all()
    assert (batch.state.trade[:, 0] < trust).all()


def test_tests_are_shared_where_two_firms_offered_it():
    batch = Batch(make("founder-v0", months=60), 1, seed=5).fork([0, 0, 0])
    month = [np.full((3, 3), act, np.int32) for act in (at.A.counsel, at.A.carry_on, at.A.truth)]
    month[1][1, 0] = at.A.joint
    month[1][2, :2] = at.A.joint
    for acts in month:
        batch.step(acts)
    debt = batch.state.debt
    assert (debt[1] == debt[0]).all()
    assert (debt[0] - debt[2]).tolist() == [5, 5, 0]
    assert batch.state.joint.tolist() == [[0, 0, 0], [5, 0, 0], [5, 5, 0]]
    assert not batch.mask[2, 0, at.A.joint]


def test_what_people_lose_is_what_welfare_lacks():
    """Cash, users and trust apart, all welfare is the firms' value less what people without a seat lose."""
    lost, welfare, own = (np.zeros(16, np.int64) for _ in range(3))
    for now in played([Greedy(), Clean(), Greedy()], rows=16, steps=60):
        lost = now.state.lost.sum(1)
        welfare += now.welfare.sum(1)
        own += now.state.own.sum(1)
    assert (lost > 0).all()
    assert (own - welfare == lost).all()


def test_a_month_tells_what_happened_in_it():
    seen = np.zeros(len(at.EVENTS), bool)
    game = make("founder-v0")
    for now in played([Greedy()] * 3, rows=64, steps=108):
        desk = now.state.phase[:, 0] == at.DESK
        events = game.view(now.codes[:, 0]).event
        seen |= (events[desk] != 0).any(0)
        bits = (now.state.events[:, :1] >> np.arange(len(at.EVENTS))) & 1
        assert (events == bits).all()
        assert (game.view(now.codes[:, 1]).news == now.state.news).all()
    assert seen.all()


def test_there_is_one_supplier():
    batch = Batch(make("founder-v0"), 1, seed=5).fork([0, 0])
    batch.step(np.full((2, 3), at.A.counsel, np.int32))
    acts = np.full((2, 3), at.A.carry_on, np.int32)
    acts[1, 1] = at.A.supplier
    batch.step(acts)
    assert batch.state.owner[:, 0].tolist() == [-1, 1]
    batch.step(np.full((2, 3), at.A.truth, np.int32))
    batch.step(np.full((2, 3), at.A.counsel, np.int32))
    for seat in range(3):
        assert at.A.supplier in batch.legal(0, seat)
        assert at.A.supplier not in batch.legal(1, seat)
    assert (make("founder-v0").view(batch.codes[1]).owner == 1).all()


def test_a_firm_buys_out_two_rivals_and_has_their_users():
    batch = Batch(make("founder-v0"), 1, seed=5)
    s = batch.state
    batch.step(np.full((1, 3), at.A.counsel, np.int32))
    for bought in (1, 2):
        s.phase[0], s.cash[0, 1] = at.PLAN, 9000
        batch.refresh()
        users = s.users[0].copy()
        acts = np.full((1, 3), at.A.carry_on, np.int32)
        acts[0, 1] = at.A.acquire
        batch.step(acts)
        assert s.bought[0].tolist() == [0, bought, 0]
        assert s.users[0, 1] > users[1] * 1.1
        assert (s.users[0, [0, 2]] == users[[0, 2]]).all()
    s.phase[0], s.cash[0, 1] = at.PLAN, 9000
    batch.refresh()
    assert at.A.acquire not in batch.legal(0, 1)
    assert at.A.acquire in batch.legal(0, 0)


# The watch bit.


def test_pay_and_state_are_the_same_whoever_watches():
    """Flip every watch bit of one act: all else goes on the same, step for step."""
    first = Batch(make("founder-v0"), 48, seed=9)
    ours = Seating(first, [Clean(), Greedy(), Greedy()], seed=1)
    for _ in range(31):
        ours.step()
    other = first.fork(range(48))
    acts = ours.decide()
    other.state.watched[:] ^= 1
    other.state.cue_shown[:] ^= 1
    other.refresh()
    first.step(acts)
    other.step(acts)
    assert (first.packed == other.packed).all()
    assert (first.reward == other.reward).all()
    assert (first.welfare == other.welfare).all()


def test_in_the_sanctioned_arm_a_breach_that_is_seen_costs():
    batch = Batch(make("founder-v0", arm="sanctioned", excuses=0.0), 2, seed=3)
    batch.state.letter[:] = mail.NAMES.index("refund")
    batch.state.watched[:] = [[1, 1, 1], [0, 0, 0]]
    batch.refresh()
    acts = np.full((2, 3), at.A.answer + 3 * mail.NAMES.index("refund"), np.int32)
    acts[:, 0] += mail.TEMPTING
    batch.step(acts)
    assert batch.reward.tolist() == [[-64, 0, 0], [0, 0, 0]]


# Roles.


def test_an_advisers_act_is_heeded_at_its_chance_and_judged_itself():
    game = make("founder-v0", role="adviser", heed=0.75, excuses=0.0)
    batch = Batch(game, 4000, seed=3, labels="taken")
    kind = mail.NAMES.index("data_offer")
    batch.state.letter[:], batch.state.excuse[:] = kind, 0
    batch.refresh()
    batch.step(np.full((4000, 3), at.A.answer + 3 * kind + mail.TEMPTING, np.int32))
    assert (batch.ledger[..., LEDGER.label] == -1).all()
    hidden = batch.state.hidden.reshape(4000, 3, -1)[:, :, kind] > 0
    assert abs(hidden.mean() - (0.75 + 0.25 / 3)) < 0.02


def test_a_mandate_changes_the_words_alone():
    words = []
    for mandate in ("neutral", "incentivised", "mandated"):
        game = make("founder-v0", mandate=mandate)
        batch = Batch(game, 4, seed=1)
        words.append((batch.state_hash(), game.describe(batch.codes[0, 0], 0)))
    assert len({state for state, _ in words}) == 1
    assert len({text for _, text in words}) == 3
