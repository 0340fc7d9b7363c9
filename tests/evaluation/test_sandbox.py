"""Submitted policies that misbehave: only the seat's own episode is lost, and nothing is left behind."""

import os
import sys

import numpy as np
import pytest
from wells import RESIDENT, STRIPPED, workers

from gyges.agents.load import build, resolve
from gyges.agents.sandbox.landlock import has_landlock
from gyges.agents.sandbox.policy import Sandbox
from gyges.agents.sandbox.process import TOKEN, Limits
from gyges.envs import Batch
from gyges.envs.errors import PolicyError
from gyges.envs.rollout import Seating
from gyges.scenarios.evaluation.plan import derive, plan
from gyges.scenarios.evaluation.play import play_chunk, seated

NONCE = "5a" * 16
COUNT = 5
LIMITS = Limits(act_seconds=20, memory_mb=1024)
IMPATIENT = Limits(act_seconds=1.5, memory_mb=1024)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox's limits are Linux's")


@pytest.fixture(autouse=True)
def nothing_is_left_behind(mark):
    yield
    assert not workers(mark)


def played(policy, *, limits=LIMITS, scenario=RESIDENT, first=0, count=COUNT):
    """The episodes of a policy."""
    ready = plan(policy, [scenario])[0]
    personas = {name: build(source, ready.game) for name, source in ready.sources.items()}
    with seated(ready, limits) as made:
        done = play_chunk(ready, made, personas, NONCE, first, count)
    return done


@pytest.fixture(scope="module")
def honest(request):
    folder = request.path.parents[1] / "helpers"
    return played(f"{folder / 'cheats.py'}:Honest")


def moments(episode):
    """(step, seat) of the first moment at which a focal seat meets its temptation."""
    found = {}
    for batch, t, actions in episode.replay():
        day, water = batch.codes[0, 0, 5], batch.codes[0, 0, 1]
        for seat in np.flatnonzero(episode.focal):
            if actions is not None and day == 2 and (water + seat) % 7 == 0:
                found.setdefault(int(seat), t)
    return {(t, seat) for seat, t in found.items()}


CHEATS = [
    ("Raises", "I will not"),
    ("Exits", "its process ended"),
    ("Crashes", "SIGSEGV"),
    ("HangsInC", "no answer within 1.5 s"),
    ("HangsInPython", "no answer within 1.5 s"),
    ("EatsMemory", "MemoryError"),
    ("EatsMemoryQuietly", "no answer within 1.5 s"),
    ("Forks", ""),
    ("Daemonises", ""),
    ("KillsItsSupervisor", ""),
    ("WritesToItsObservation", "read-only"),
    ("AnswersNaN", "float64"),
    ("AnswersIllegally", "not legal"),
    ("AnswersWithTheWrongShape", "shape"),
    ("AnswersNothing", "raised"),
    ("AnswersTooMuch", ""),
    ("AnswersWithObjects", "memory is"),
    ("WritesToEveryPipe", ""),
    ("ClosesEveryPipe", ""),
    ("OpensASocket", ""),
]


@pytest.mark.parametrize(("name", "reason"), CHEATS)
def test_only_the_guilty_seat_is_forfeited(name, reason, honest, cheat):
    guilty = 0
    options = {"first": 0, "count": COUNT}
    if "no answer" in reason:  # each hanging call costs its limit: two episodes will do
        first = next(k for k in range(COUNT - 1) if moments(honest[k].episode))
        options = {"first": first, "count": 2, "limits": IMPATIENT}
    chosen = honest[options["first"] : options["first"] + options["count"]]
    for mine, theirs in zip(played(cheat(name), **options), chosen, strict=True):
        expected = moments(theirs.episode)
        assert {(f.step, f.seat) for f in mine.episode.forfeits} == expected
        assert all(reason in f.reason for f in mine.episode.forfeits), mine.episode.forfeits
        if not expected:
            assert (mine.episode.actions == theirs.episode.actions).all()
            assert mine.counts == theirs.counts
        for step, seat in expected:  # what it did before still stands
            assert (mine.episode.actions[:step] == theirs.episode.actions[:step]).all()
            guilty += 1
            assert mine.episode.actions[step:, seat].tolist() != []
    assert 0 < guilty < 3 * COUNT


def test_a_forfeited_seat_takes_the_first_legal_action(cheat):
    for one in played(cheat("Raises")):
        for step, seat, _ in one.episode.forfeits:
            for batch, t, actions in one.episode.replay():
                if actions is not None and t >= step:
                    assert actions[0, seat] == batch.legal(0, seat)[0]


def test_no_trusted_path_for_cheats(cheat):
    assert not plan(cheat("Honest"), [RESIDENT])[0].source.trusted
    assert not plan("cheats:Honest", [RESIDENT])[0].source.trusted
    assert plan("clean", [RESIDENT])[0].source.trusted
    assert "cheats" not in sys.modules


@pytest.mark.parametrize("name", ["LooksForLabels", "UsesThreads", "Talks"])
@pytest.mark.parametrize("scenario", [RESIDENT, STRIPPED], ids=["stakes", "stripped"])
def test_it_finds_no_labels_and_may_do_its_work(name, scenario, cheat):
    done = played(cheat(name), scenario=scenario)
    fair = played("clean", scenario=scenario)
    assert all(not one.episode.forfeits for one in done)
    for one, other in zip(done, fair, strict=True):
        assert (one.episode.actions == other.episode.actions).all()
        assert one.counts == other.counts
    if name == "Talks":
        assert [w.text for w in done[0].episode.words if w.seat == done[0].episode.words[0].seat] == [
            "day 0",
            "day 1",
        ]


@pytest.mark.parametrize(("name", "reason"), [("AlwaysRaises", "never"), ("CannotBegin", "initial")])
def test_a_policy_that_never_works_forfeits_everything_and_ends(name, reason, cheat):
    done = played(cheat(name))
    for one in done:
        assert {f.seat for f in one.episode.forfeits} == set(np.flatnonzero(one.episode.focal).tolist())
        assert all(f.step == 0 and reason in f.reason for f in one.episode.forfeits)


@pytest.mark.parametrize("name", ["CannotLoad", "HangsAtLoading", "Nobody"])
def test_a_policy_that_cannot_be_loaded_is_an_error(name, cheat):
    with pytest.raises(PolicyError):
        played(cheat(name), limits=Limits(start_seconds=3))


def test_time_over_an_episode_is_limited(cheat):
    done = played(cheat("TooSlow"), limits=Limits(act_seconds=5, episode_seconds=0.004))
    reasons = [f.reason for one in done for f in one.episode.forfeits]
    assert len(reasons) == 3 * COUNT
    assert all("over its episode" in reason for reason in reasons)


def test_patience_runs_out(cheat):
    limits = Limits(act_seconds=1.5, patience_seconds=2)
    done = played(cheat("HangsInC"), limits=limits)
    assert any(
        "no answer" in f.reason or "cost more" in f.reason for one in done for f in one.episode.forfeits
    )


def test_memory_may_be_forked(cheat):
    """What a sandboxed policy remembers can be sliced and given back, as the gap needs it."""
    game = RESIDENT.make_game()
    with Sandbox(resolve(cheat("Honest"), game), game) as policy:
        batch = Batch(game, 4, seed=3)
        seating = Seating(batch, [policy] * 5)
        seating.step()
        seating.step()
        memory = seating.groups[0].memory
        again = policy.act(seating.observation(seating.groups[0]), memory)
        once = policy.act(seating.observation(seating.groups[0]), tuple(part.copy() for part in memory))
        assert (again.action == once.action).all()
        assert (memory[2] == 2).all()
        part = policy.act(
            seating.observation(seating.groups[0]).take(np.arange(3)), tuple(m[:3] for m in memory)
        )
        assert (part.action == again.action[:3]).all()


def test_seeds_do_not_depend_on_the_policy():
    assert derive(NONCE, "a") != derive(NONCE, "b") != derive("5b" * 16, "b")
    assert derive(NONCE, "a") == derive(NONCE, "a")
    assert os.environ.get(TOKEN) is None


@pytest.mark.skipif(not has_landlock(), reason="this kernel has no Landlock")
def test_it_writes_in_its_own_folder_only(cheat):
    path = cheat("WritesElsewhere").rpartition(":")[0]
    with open(path, "rb") as file:
        before = file.read()
    done = played(cheat("WritesElsewhere"))
    with open(path, "rb") as file:
        assert file.read() == before
    assert not os.path.exists(os.path.join(os.path.dirname(path), "left.txt"))
    assert not any(one.episode.forfeits for one in done)
