"""Evaluation: the same table however it is cut up, interrupted or shared; and it can be recomputed."""

import json
import sqlite3
import zlib

import pytest
from wells import VISITOR, table

from gyges.envs.errors import ConfigError, PolicyError, UnknownNameError
from gyges.scenarios.evaluation import evaluate as ev
from gyges.scenarios.evaluation.evaluate import evaluate
from gyges.scenarios.evaluation.plan import commitment, plan, policy_hash
from gyges.scenarios.evaluation.play import stretches
from gyges.scenarios.evaluation.store import Store
from gyges.scenarios.evaluation.verify import verify

NONCE = "3c" * 16


def test_a_run_is_complete_and_sound(out):
    run = evaluate("gyges", "well", out, probes=8)
    assert run.finished is not None
    assert commitment(run.nonce) == run.commitment
    with Store(out) as store:
        assert [p["id"] for p in store.plans(run)] == ["well-visitor", "well-resident", "well-stripped"]
        for one in ("well-visitor", "well-resident", "well-stripped"):
            assert store.done(run, one) == set(range(24))
            assert len(store.results(run, one)) == 24
        probes = [d for _, d in store.probes(run, "well-resident")]
        assert probes
        assert {"price", "unwatched", "watched", "placebo"} <= set(probes[0])
        assert verify(store, run) == []


@pytest.mark.parametrize("chunk", [1, 5, 24])
def test_the_chunk_does_not_matter(tmp_path, chunk):
    evaluate("greedy", "well", tmp_path / "a.db", nonce=NONCE, probes=0)
    evaluate("greedy", "well", tmp_path / "b.db", nonce=NONCE, probes=0, chunk=chunk)
    assert table(tmp_path / "a.db") == table(tmp_path / "b.db")


def test_an_interrupted_run_goes_on(tmp_path, monkeypatch):
    evaluate("gyges", "well", tmp_path / "a.db", nonce=NONCE, probes=6, chunk=5)
    calls = []
    honest = ev.play_chunk

    def fragile(*arguments, **options):
        calls.append(arguments[4])
        if len(calls) % 3 == 0:
            raise KeyboardInterrupt
        return honest(*arguments, **options)

    monkeypatch.setattr(ev, "play_chunk", fragile)
    for _ in range(20):
        try:
            run = evaluate("gyges", "well", tmp_path / "b.db", nonce=NONCE, probes=6, chunk=5)
        except KeyboardInterrupt:
            continue
        break
    assert run.finished is not None
    assert len(calls) > 15
    assert table(tmp_path / "a.db") == table(tmp_path / "b.db")


def test_without_a_given_nonce_a_run_keeps_its_own(out, monkeypatch):
    honest = ev.play_chunk
    monkeypatch.setattr(ev, "play_chunk", lambda *a, **k: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        evaluate("clean", "well", out, probes=0)
    with Store(out) as store:
        begun = store.runs()[0]
        assert begun.finished is None
        assert begun.nonce is None
    monkeypatch.setattr(ev, "play_chunk", honest)
    run = evaluate("clean", "well", out, probes=0)
    assert (run.id, run.commitment) == (begun.id, begun.commitment)


def test_a_complete_run_stands_and_another_has_another_nonce(out):
    first = evaluate("clean", "well-visitor", out, episodes=3, probes=0)
    assert evaluate("clean", "well-visitor", out, episodes=3, probes=0) == first
    again = evaluate("clean", "well-visitor", out, episodes=3, probes=0, again=True)
    assert again.id != first.id
    assert again.nonce != first.nonce
    assert evaluate("clean", "well-visitor", out, episodes=4, probes=0).id not in (first.id, again.id)
    with Store(out) as store:
        assert store.episode(first, "well-visitor", 0) != store.episode(again, "well-visitor", 0)


def test_several_writers_share_a_file(tmp_path, program):
    target = tmp_path / "b.db"
    writers = [
        program("evaluate", policy, "--suite", "well", "--out", target, "--nonce", NONCE, "--probes", 0,
                "--chunk", 2)
        for policy in ("clean", "greedy", "clean", "greedy")
    ]  # fmt: skip
    for writer in writers:
        _, errors = writer.communicate(timeout=120)
        assert writer.returncode == 0, errors.decode()[-2000:]
    for policy in ("clean", "greedy"):
        evaluate(policy, "well", tmp_path / "a.db", nonce=NONCE, probes=0)
    assert table(tmp_path / "a.db") == table(target)
    with Store(target) as store:
        assert len(store.runs()) == 2


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        (
            "UPDATE episodes SET counts = json_set(counts, '$.length', 3) WHERE idx = 5",
            "counts differ: length",
        ),
        ("UPDATE episodes SET counts = json_set(counts, '$.returns[2]', 999) WHERE idx = 5", "returns"),
        ("DELETE FROM episodes WHERE idx = 5", "23 episodes of 24"),
        ("UPDATE episodes SET idx = CASE idx WHEN 3 THEN -4 WHEN 4 THEN 3 ELSE idx END", "episodes of"),
        ("UPDATE runs SET nonce = '" + "77" * 16 + "'", "nonce"),
        ("UPDATE runs SET policy = 'saint'", "policies"),
        ("UPDATE plans SET data = json_set(data, '$.focal', 2)", "hash"),
        ("UPDATE episodes SET forfeits = 1 WHERE idx = 5", "forfeits: 0 in the episode, 1 beside it"),
        ("UPDATE runs SET policy_hash = '" + "0" * 64 + "'", "policy_hash"),
        ("UPDATE runs SET suite_hash = '" + "0" * 64 + "'", "suite_hash"),
        ("UPDATE runs SET kind = 'submission'", "kind"),
        ("UPDATE runs SET finished = NULL", "not complete, but its nonce is revealed"),
    ],
)
def test_what_does_not_follow_from_the_episodes_is_rejected(out, statement, named):
    run = evaluate("greedy", "well-visitor", out, probes=0)
    with sqlite3.connect(out) as db:
        db.execute(statement)
    db.close()
    with Store(out) as store:
        wrong = verify(store, store.run(run.id))
    assert wrong
    assert any(named in one.what for one in wrong), wrong


def test_a_run_that_lacks_a_scenario_is_rejected(out):
    run = evaluate("greedy", "well", out, episodes=2, probes=0)
    with sqlite3.connect(out) as db:
        db.execute("DELETE FROM plans WHERE scenario = 'well-stripped'")
        db.execute("DELETE FROM episodes WHERE scenario = 'well-stripped'")
    db.close()
    with Store(out) as store:
        assert [one.what for one in verify(store, run)] == [
            "not the suite's scenarios: well-stripped is missing"
        ]


@pytest.mark.parametrize("kind", ["action", "seat", "settings", "policy"])
def test_changed_episodes_are_rejected(out, kind):
    run = evaluate("greedy", "well-visitor", out, probes=0)
    with Store(out) as store:
        data = json.loads(store.episode(run, "well-visitor", 6).to_json())
    if kind == "action":
        data["actions"][3] = [1] * 5
        data["hashes"] = [[0, data["hashes"][0][1]]]
    elif kind == "seat":
        data["seats"][0]["focal"] = not data["seats"][0]["focal"]
    elif kind == "policy":
        data["seats"] = [{**s, "hash": "0" * 64} if s["focal"] else s for s in data["seats"]]
    else:
        data["settings"]["ring"] = 0.25
    blob = zlib.compress(json.dumps(data).encode())
    with sqlite3.connect(out) as db:
        db.execute("UPDATE episodes SET episode = ? WHERE idx = 6", (blob,))
    db.close()
    with Store(out) as store:
        wrong = verify(store, run)
    assert [one.number for one in wrong] == [6]


def test_a_submission_is_played_in_its_own_process_and_recorded(out, cheat):
    run = evaluate(cheat("Raises"), "well-visitor", out, nonce=NONCE, probes=2)
    assert run.kind == "submission"
    assert len(run.policy_hash) == 64
    with Store(out) as store:
        results = store.results(run)
        assert sum(one.forfeits for one in results) > 0
        for one in results:
            episode = store.episode(run, "well-visitor", one.idx)
            assert len(episode.forfeits) == one.forfeits
            assert "I will not" in "".join(f.reason for f in episode.forfeits) or not one.forfeits
        assert verify(store, run) == []


@pytest.mark.parametrize("name", ["CannotLoad", "Nobody"])
def test_a_policy_that_cannot_be_made_leaves_no_run(out, cheat, name):
    with pytest.raises(PolicyError):
        evaluate(cheat(name), "well", out, probes=0)
    with Store(out) as store:
        assert store.runs() == []


def test_the_hash_names_the_file_that_was_run(tmp_path, request):
    source = (request.path.parents[1] / "helpers" / "cheats.py").read_text()
    path = tmp_path / "mine.py"
    path.write_text(source)
    first = policy_hash(plan(f"{path}:Honest", [VISITOR]))
    path.write_text(source + "\n# another\n")
    assert policy_hash(plan(f"{path}:Honest", [VISITOR])) != first


@pytest.mark.parametrize(
    ("policy", "error"),
    [
        ("saint", UnknownNameError),
        ("no_such_module:Saint", UnknownNameError),
        ("/nowhere/saint.py", UnknownNameError),
        ("/tmp", PolicyError),
    ],
)
def test_policies_that_do_not_exist_are_named(out, policy, error):
    with pytest.raises(error):
        evaluate(policy, "well", out)
    assert not out.exists()


@pytest.mark.parametrize("options", [{"nonce": "xyz"}, {"chunk": 0}, {"episodes": 0}])
def test_options_are_checked(out, options):
    with pytest.raises(ConfigError):
        evaluate("clean", "well", out, **options)
    assert not out.exists()


def test_stretches():
    assert stretches([], 4) == []
    assert stretches(list(range(10)), 4) == [(0, 4), (4, 4), (8, 2)]
