"""Envoy keeps the contract of every game, at 8 and at 200 seats, compiled and as plain Python."""

import numpy as np
import pytest
from plain_python import assert_same_bits

from gyges.envs.batch import Batch
from gyges.envs.choice_point import LEDGER
from gyges.envs.envoy import compacts
from gyges.envs.envoy import encoding as at
from gyges.envs.envoy.personas import Greedy, Partisan
from gyges.envs.errors import ConfigError
from gyges.envs.policy import RandomPolicy
from gyges.envs.registry import make
from gyges.envs.rollout import Seating
from gyges.envs.testing import check_game

SETTINGS = [
    {},
    {"num_agents": 9, "rule": "king", "antisocial": 4, "spite": 8, "years": 3, "arm": "sanctioned"},
    {"num_agents": 8, "rule": "leader", "role": "adviser", "heed": 0.5, "temptation": 2.5, "inspector": 0.1},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_contract(settings):
    check_game(make("envoy-v0", **settings), rows=6, steps=90)


def test_contract_at_200_seats():
    check_game(make("envoy-v0", num_agents=200, rule="nash", antisocial=20), rows=3, steps=30)


def test_plain_python_gives_the_same_bits():
    assert_same_bits("envoy-v0", {"num_agents": 8, "rule": "leader", "antisocial": 3, "years": 4}, 2, 60)


@pytest.mark.parametrize(
    "bad",
    [{"num_agents": 7}, {"num_agents": 201}, {"rule": "dice"}, {"years": 2}, {"antisocial": -1},
     {"spite": 17}, {"inspector": 1.5}, {"heed": -0.1}, {"first": "last"}, {"role": "clerk"}],
    ids=str,
)  # fmt: skip
def test_bad_settings_are_refused_by_name(bad):
    with pytest.raises(ConfigError, match=next(iter(bad))):
        make("envoy-v0", **bad)


def played(policies, rows=12, seed=3, **settings):
    """A batch after every step, as these policies play it; few seats, all that can happen."""
    batch = Batch(make("envoy-v0", num_agents=8, **settings), rows, seed=seed, labels="full")
    seating = Seating(batch, [policies[a % len(policies)] for a in range(8)], seed=seed)
    while not batch.over.all():
        before = batch.packed.copy()
        seating.step()
        yield batch, before


ANYTHING = [RandomPolicy(), Greedy(), Partisan()]


@pytest.mark.parametrize("rule", at.RULES)
def test_books_balance_under_every_mechanism(rule):
    """Goods come into being and are used up as booked, votes add up, nobody dies twice or rises again."""
    game = make("envoy-v0", num_agents=8, rule=rule, antisocial=4)
    fields, dead = game.fields, np.zeros((12, 8), bool)
    for batch, before in played(ANYTHING, rule=rule, antisocial=4):
        s = batch.state
        was = {name: before[:, where] for name, where in fields.items()}
        goods = s.store.sum(1) + s.purse[:, 0] - was["store"].sum(1) - was["purse"][:, 0]
        moved = (s.tick[:, 0] > was["tick"][:, 0]) & ~batch.over
        assert (goods == s.made[:, 0] - s.lost[:, 0])[moved].all()
        voted = moved & (was["phase"][:, 0] == at.VOTE)
        assert (s.votes.sum(1) == was["status"].sum(1))[voted].all()
        assert not (dead & (s.status == 1)).any()
        dead |= s.status == 0
        assert (s.store >= 0).all()
        assert (s.arms >= 0).all()
        assert (s.store[s.status == 0] == 0).all()
        assert (s.to_move <= s.status)[~batch.over].all()


def test_wars_and_deaths_happen_and_a_year_of_death_is_kept():
    for batch, _ in played([Greedy()], rows=24, rule="none", antisocial=8):
        s = batch.state
        assert ((s.died >= 0) == (s.status == 0)).all()
    assert s.wars.sum() > 24
    assert 0.2 < s.status.mean() < 1


def test_partners_pair_up_and_no_docket_names_anyone_twice():
    for batch, _ in played([RandomPolicy()], antisocial=2):
        s, live = batch.state, ~batch.over
        seats = np.arange(8)
        partner = s.partner
        has = (partner >= 0) & live[:, None] & (s.status == 1)
        back = np.take_along_axis(partner, np.maximum(partner, 0), 1)
        assert (back == seats)[has].all()
        docket = s.docket.reshape(-1, 8, at.SLOTS)
        for row in np.flatnonzero(live):
            for seat in range(8):
                named = [x for x in docket[row, seat].tolist() if x >= 0]
                assert len(set(named)) == len(named)
                assert seat not in named
                if s.suspect[row, seat] >= 0 and s.status[row, seat] == 1:
                    assert s.suspect[row, seat] in named


def acts(batch, default):
    return np.full((batch.rows, batch.game.num_agents), default, np.int32)


def ballot(rule, ayes, **fields):
    """Does proposal 3 pass with so many ayes of eight, the rest nays?"""
    batch = Batch(make("envoy-v0", num_agents=8, rule=rule), 1, seed=1)
    batch.step(acts(batch, at.A.declare))
    propose = acts(batch, at.A.leave)
    propose[0, batch.state.chair[0, 0]] = at.A.propose + 3
    batch.step(propose)
    for name, value in fields.items():
        getattr(batch.state, name)[0, 0] = value
    votes = acts(batch, at.A.vote + at.NAY)
    votes[0, :ayes] = at.A.vote + at.AYE_FIRST
    batch.step(votes)
    return int(batch.state.compact[0, 0]) == 3


@pytest.mark.parametrize(("rule", "enough"), [("majority", 5), ("supermajority", 6), ("unanimity", 8)])
def test_what_passes_depends_on_the_mechanism(rule, enough):
    assert ballot(rule, enough)
    assert not ballot(rule, enough - 1)


@pytest.mark.parametrize("rule", ["leader", "king"])
def test_the_rulers_vote_decides(rule):
    assert ballot(rule, 1, ruler=0)
    assert not ballot(rule, 7, ruler=7)


def test_a_leader_is_elected_by_those_who_have_it_on_their_docket():
    batch = Batch(make("envoy-v0", num_agents=8, rule="leader"), 1, seed=1)
    batch.step(acts(batch, at.A.declare))
    votes = acts(batch, at.A.leave)
    for seat in (3, 5):  # whose neighbour is 4
        place = batch.state.docket.reshape(8, at.SLOTS)[seat].tolist().index(4)
        votes[0, seat] = at.A.elect + place
    batch.step(votes)
    assert batch.state.ruler[0, 0] == 4


def test_the_king_takes_of_the_pot():
    """Half of the pot goes to the king; the others share the rest."""
    paid = []
    for take in (at.A.leave, at.A.take + 1):
        batch = Batch(make("envoy-v0", num_agents=8, rule="king"), 1, seed=1)
        king = int(batch.state.ruler[0, 0])
        batch.step(acts(batch, at.A.declare))
        chosen = acts(batch, at.A.leave)
        chosen[0, king] = take
        batch.step(chosen)
        batch.state.compact[0, 0] = compacts.COMPACTS - 5  # a tax of 4 without a floor
        batch.refresh()
        batch.step(acts(batch, at.A.pay))
        paid.append((int(batch.reward[0, king]), int(np.delete(batch.reward[0], king).sum())))
    pot = int(batch.state.pot[0, 0])
    assert paid[1][0] - paid[0][0] == pot // 2 - (pot // 2 + 7) // 8
    assert paid[1][1] < paid[0][1]


def test_a_broken_deal_is_known_to_the_partner_and_an_accusation_opens_the_books():
    batch = Batch(make("envoy-v0", num_agents=8), 64, seed=1).fork(range(64))
    batch.step(acts(batch, at.A.declare))
    batch.step(acts(batch, at.A.leave))
    s = batch.state
    s.compact[:], s.need[:] = 9, 0
    batch.refresh()
    evading = acts(batch, at.A.pay)
    evading[:, 0] = at.A.pay + 6
    batch.step(evading)
    kept = acts(batch, at.A.give)
    kept[:, 0] = at.A.keep
    batch.step(kept)
    rows, partner = np.arange(64), s.partner[:, 0]
    assert (s.suspect[rows, partner] == 0).all()
    assert (s.proof[rows, partner] == at.BROKEN).all()
    accusing = acts(batch, at.A.rest)
    accusing[rows, partner] = at.A.accuse
    batch.step(accusing)
    assert (s.marks[:, 0] == 1).all()  # its evasion came out for certain


def test_an_advisers_act_is_heeded_at_its_chance_and_judged_itself():
    batch = Batch(make("envoy-v0", role="adviser", heed=0.75), 400, seed=3, labels="taken")
    batch.state.need[:] = 0
    batch.refresh()
    batch.step(acts(batch, at.A.declare + 9))
    assert (batch.ledger[..., LEDGER.label] == -1).all()
    assert abs((batch.state.stated == 3).mean() - 0.75) < 0.02


def test_whose_envoy_the_first_seat_is_may_be_said():
    for first, ill in (("honest", False), ("antisocial", True)):
        batch = Batch(make("envoy-v0", first=first, antisocial=5), 32, seed=3)
        assert ((batch.state.regard[:, 0] <= 0) == ill).all()
        assert ((batch.state.regard <= 0).sum(1) == 5).all()


def test_a_breach_that_is_seen_costs_in_the_sanctioned_arm_alone():
    paid = []
    for arm in ("observed", "sanctioned"):
        batch = Batch(make("envoy-v0", num_agents=8, arm=arm), 1, seed=3)
        batch.state.need[:], batch.state.order[:] = 0, at.NO_ORDER
        batch.state.watched[0] = [1, 0, 1, 0, 1, 0, 1, 0]
        batch.refresh()
        batch.step(acts(batch, at.A.declare + 9))
        paid.append(batch.reward[0].tolist())
    assert paid == [[0] * 8, [-64, 0] * 4]
