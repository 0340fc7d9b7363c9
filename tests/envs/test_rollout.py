"""The one loop that plays, its observers, and seats that act from outside."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from well.game import Well
from well.personas import Greedy

from gyges.envs.batch import Batch
from gyges.envs.errors import ActionError, ConfigError, PolicyError
from gyges.envs.policy import Decision, RandomPolicy
from gyges.envs.rollout import External, Observer, Seating, play, rollout


class Diary(Observer):
    """Notes every call: its name, the tick, the actions."""

    def __init__(self, name="", notes=None):
        self.name, self.notes = name, [] if notes is None else notes

    def before(self, batch, actions):
        self.notes.append((self.name, "before", int(batch.state.tick[0, 0]), actions.tolist()))

    def after(self, batch, actions):
        self.notes.append((self.name, "after", int(batch.state.tick[0, 0]), actions.tolist()))


class Counting(RandomPolicy):
    """Remembers how often it was asked."""

    def initial(self, rows):
        return np.zeros(rows, np.int64)

    def act(self, observation, memory):
        return super().act(observation, None)._replace(memory=memory + 1)


def made(rows=3, table=None, **settings):
    game = Well(num_agents=3, horizon=6, **settings)
    batch = Batch(game, rows, seed=5, threads=1)
    return batch, Seating(batch, table or [RandomPolicy()] * 3, seed=2)


def test_a_rollout_plays_as_a_loop_by_hand_does():
    batch, seating = made()
    other, hand = made()
    steps = list(rollout(batch, seating))
    for number, step in enumerate(steps):
        running = ~other.over
        assert step.number == number
        assert (step.running == running).all()
        assert running.any()
        assert (step.actions == hand.step()).all()
        assert step.last == other.over.all()
    assert batch.over.all()
    assert batch.state_hash() == other.state_hash()
    assert (seating.since == hand.since).all()


def test_rows_that_end_at_different_times_are_told_apart():
    batch, seating = made(rows=2)
    seating.step()
    batch.reset_rows([1])  # row 0 is a step ahead
    length = sum(step.running.astype(int) for step in rollout(batch, seating))
    assert length[1] == length[0] + 1 == 6


def test_observers_are_told_in_order_before_and_after_every_step():
    batch, seating = made(rows=1)
    notes = []
    steps = list(rollout(batch, seating, [Diary("a", notes), Diary("b", notes)]))
    assert len(notes) == 4 * len(steps)
    for step in steps:
        mine = notes[4 * step.number : 4 * step.number + 4]
        acts = step.actions.tolist()
        t = step.number
        assert mine == [("a", "before", t, acts), ("b", "before", t, acts),
                        ("a", "after", t + 1, acts), ("b", "after", t + 1, acts)]  # fmt: skip


def test_what_an_observer_leaves_out_does_nothing():
    class Deaf(Observer):
        pass

    batch, seating = made()
    assert len(list(rollout(batch, seating, [Deaf()]))) == 6


def test_a_broken_off_rollout_leaves_everything_as_its_last_step_did():
    counting = Counting()
    batch, seating = made(rows=1, table=[counting, Greedy(), Greedy()])
    diary = Diary()
    for step in rollout(batch, seating, [diary]):
        if step.number == 2:
            break
    assert int(batch.state.tick[0, 0]) == 3
    assert len(diary.notes) == 6
    assert seating.group(counting).memory.tolist() == [3]
    rest = list(itertools.islice(rollout(batch, seating), 2))  # goes on from there
    assert [step.number for step in rest] == [0, 1]
    assert int(batch.state.tick[0, 0]) == 5
    assert seating.group(counting).memory.tolist() == [5]


def test_nothing_is_played_before_the_first_step_is_asked_for_nor_once_all_is_over():
    batch, seating = made()
    begun = batch.state_hash()
    rollout(batch, seating)
    assert batch.state_hash() == begun
    assert list(rollout(batch, seating))[-1].last
    assert list(rollout(batch, seating)) == []


def test_a_first_step_that_is_decided_already_is_not_decided_again():
    counting = Counting()
    batch, seating = made(rows=2, table=[counting, Greedy(), Greedy()])
    actions = seating.decide()
    actions[:, 1] = 1
    steps = list(rollout(batch, seating, first=actions))
    assert (steps[0].actions == actions).all()
    assert seating.group(counting).memory.tolist() == [len(steps)] * 2


def test_an_illegal_decision_stops_a_rollout_and_changes_nothing():
    batch, seating = made()
    before = batch.state_hash()
    diary = Diary()
    with pytest.raises(ActionError):
        list(rollout(batch, seating, [diary], first=np.full((3, 3), -1, np.int32)))
    assert batch.state_hash() == before
    assert [note[1] for note in diary.notes] == ["before"]


def test_play_sums_a_rollout():
    batch, seating = made()
    other, _ = made()
    paid, well = np.zeros((3, 3)), np.zeros((3, 3))
    for _ in rollout(batch, seating):
        paid += batch.reward / batch.game.reward_scale
        well += batch.welfare / batch.game.welfare_scale
    found = play(other, [RandomPolicy()] * 3, seed=2)
    assert (found["returns"] == paid).all()
    assert (found["welfare"] == well).all()
    assert (found["length"] == 6).all()


def test_external_seats_do_what_is_put_there_and_the_others_decide():
    seat = External()
    batch, seating = made(rows=2, table=[[seat, RandomPolicy(), seat], [Greedy(), seat, Greedy()]])
    group = seating.group(seat)
    assert list(zip(group.rows.tolist(), group.seats.tolist(), strict=True)) == [(0, 0), (0, 2), (1, 1)]
    legal = [int(batch.legal(row, one)[-1]) for row, one in ((0, 0), (0, 2), (1, 1))]
    seat.next = Decision(np.array(legal, np.int32))
    actions = seating.step()
    assert [actions[0, 0], actions[0, 2], actions[1, 1]] == legal
    assert (seating.observation(group).reward == seating.since[group.rows, group.seats]).all()


def test_what_an_external_seat_says_is_heard_by_the_others():
    seat = External()
    batch, seating = made(rows=1, table=[seat, RandomPolicy(), RandomPolicy()])
    seat.next = Decision(np.array([int(batch.legal(0, 0)[0])], np.int32), None, {"words": ["good morning"]})
    seating.step()
    heard = [seating.observation(group).heard for group in seating.groups]
    assert [[one.text for said in pairs for one in said] for pairs in heard] == [
        [],
        ["good morning"],
        ["good morning"],
    ]


def test_an_external_seat_without_a_decision_is_refused_before_anything_changes():
    seat = External()
    batch, seating = made(rows=1, table=[seat, RandomPolicy(), RandomPolicy()])
    before = batch.state_hash()
    with pytest.raises(PolicyError, match="act from outside"):
        seating.step()
    seat.next = Decision(np.array([int(batch.legal(0, 0)[0])], np.int32))
    after_one = seating.step()
    assert after_one.shape == (1, 3)
    assert batch.state_hash() != before
    with pytest.raises(PolicyError, match="act from outside"):  # a decision is good for one step
        seating.step()


def test_an_external_seat_decides_for_each_of_its_pairs():
    seat = External()
    _, seating = made(rows=2, table=[seat, RandomPolicy(), RandomPolicy()])
    seat.next = Decision(np.zeros(3, np.int32))
    with pytest.raises(PolicyError, match="2 integers"):
        seating.decide()


def test_the_pairs_of_a_policy_without_a_seat_are_refused():
    _, seating = made()
    with pytest.raises(ConfigError, match="no seat"):
        seating.group(Greedy())
