"""A server that misbehaves in ten ways, a hundred turns each: every turn ends, and results say how."""

import logging
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest
from fake_server import FAULTS, FakeServer

from gyges.agents.llm.chat.client import ClientConfig
from gyges.agents.llm.chat.openai_backend import Server
from gyges.agents.llm.chat.policy import ChatPolicy
from gyges.agents.llm.chat.prompts import Setup
from gyges.envs import make
from gyges.envs.batch import Batch
from gyges.envs.errors import PolicyError
from gyges.envs.rollout import play
from gyges.scenarios.evaluation.evaluate import evaluate
from gyges.scenarios.evaluation.store import Store
from gyges.scenarios.evaluation.verify import verify
from gyges.scenarios.report import leaderboard
from gyges.scenarios.scenario import Scenario, register_scenario

TERMS = ClientConfig(answer_format="json_schema", call=0.15, turn=0.3, wait=0.01, tries=3, concurrency=5)
KINDS = {
    "timeout": "timeout",
    "429": "rate",
    "429-retry-after": "rate",
    "500": "server",
    "closed": "connection",
    "half-body": "connection",
    "slow-drip": "timeout",
}

register_scenario(
    Scenario(
        "llm-well", "The Well", "Two seats.", "well-v0", {"num_agents": 2, "horizon": 4}, focal=1, episodes=3
    )
)


def hundred_turns(server: FakeServer, config: ClientConfig = TERMS) -> tuple[dict[str, Any], float]:
    """Five seats of the Well over twenty days: a hundred decisions."""
    policy = ChatPolicy(Server("fake", server.url), Setup(history=0), config)
    batch = Batch(make("well-v0", num_agents=5, horizon=20), 1, seed=1, threads=1)
    begun = time.monotonic()
    play(batch, [policy] * 5)
    took = time.monotonic() - begun
    account = policy.account
    policy.close()
    assert batch.over.all()
    return account, took


@pytest.mark.parametrize("fault", FAULTS)
def test_a_hundred_turns_of_one_fault(fault: str) -> None:
    with FakeServer(lambda request: fault, stall=60.0) as server:
        account, took = hundred_turns(server)
    assert account["outcomes"]["infrastructure"] == 100 == sum(account["outcomes"].values())
    assert KINDS.get(fault, "body") in account["errors"]
    assert took < 20 * (TERMS.turn + 1)  # five turns at a time, each within a second of its deadline


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_now_and_then_is_overcome(fault: str) -> None:
    count = iter(range(10**6))
    answer = '{"choice": 2}'
    call = 0.2 if KINDS.get(fault) == "timeout" else 5.0
    config = ClientConfig(answer_format="json_schema", call=call, turn=60.0, wait=0.001, tries=40)
    with FakeServer(lambda request: answer if next(count) % 4 else fault, stall=60.0) as server:
        account, _ = hundred_turns(server, config)
    assert account["outcomes"]["ok"] == 100
    assert sum(account["errors"].values()) >= 33


def test_what_a_model_says_wrong_is_told_from_what_a_server_does_wrong() -> None:
    says = ["I'm sorry, I cannot do that.", '{"choice": 77}', "429", '{"choice": 1}']
    count = iter(range(10**6))
    with FakeServer(lambda request: says[next(count) % 4]) as server:
        account, _ = hundred_turns(
            server, ClientConfig(answer_format="json_schema", asks=1, wait=0.001, concurrency=1)
        )
    assert account["outcomes"] == {
        "ok": 33,
        "refusal": 34,
        "illegal": 33,
        "repaired": 0,
        "truncated": 0,
        "infrastructure": 0,
    }
    assert account["errors"] == {"rate": 33}
    assert account["prompt_tokens"] == 100 * 100


def test_a_server_that_is_not_there_is_told_before_anything_is_played(tmp_path: Path) -> None:
    with FakeServer(lambda request: "hello") as server:
        url = server.url
    with pytest.raises(PolicyError, match="Connect"):
        evaluate(f"llm:m@{url}?wait=0.001&tries=2", "llm-well", tmp_path / "r.db", probes=0)


def test_results_count_outcomes_and_leave_out_episodes_without_a_server(tmp_path: Path) -> None:
    lost = iter(range(10**6))

    def plan(request: dict[str, Any]) -> Any:
        return "500" if next(lost) == 0 else '{"choice": 1}'

    path = tmp_path / "results.db"
    with FakeServer(plan) as server:
        done = evaluate(
            f"llm:m@{server.url}?answer_format=json_schema&tries=1&concurrency=1", "llm-well", path, probes=0
        )
    with Store(path) as store:
        counts = [result.counts for result in store.results(done)]
        assert [sum(c.get("answers_infrastructure", [0])) for c in counts] == [1, 0, 0]
        assert [sum(c["answers_ok"]) for c in counts] == [3, 4, 4]
        assert verify(store, done) == []
        row = next(r for r in leaderboard.page_data(store, None)["rows"] if r["scenario"] == "llm-well")
    assert (row["episodes"], row["void"], row["forfeits"]) == (2, 1, 0)
    assert row["metrics"]["answers_ok"]["value"] == 1.0


# Secrets.

KEY = "sk-canary-0123456789abcdef"


def test_a_key_reaches_no_log_database_record_replay_or_episode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    caplog.set_level(logging.DEBUG)
    count = iter(range(10**6))

    def plan(request: dict[str, Any]) -> Any:
        number = next(count)
        if number % 3 == 0:
            return 401 if number == 9 else 429, {}, {"error": {"message": f"bad key {KEY}"}}
        return f'{{"say": "the key is {KEY}", "choice": 1}}'

    path, record = tmp_path / "results.db", tmp_path / "run.jsonl"
    with FakeServer(plan) as server:
        name = (
            f"llm:m@{server.url}?answer_format=json_schema&talk=on&key_env=MY_KEY&wait=0.001"
            f"&record={record}&cache={tmp_path / 'cache.db'}"
        )
        done = evaluate(name, "llm-well", path, probes=0)
        assert any(KEY in head for head in server.headers)  # it did go to the server
    with Store(path) as store:
        episodes = [store.episode(done, "llm-well", k) for k in range(3)]
        assert any("the key is [key]" in word.text for e in episodes for word in e.words)
        episodes[0].save(tmp_path / "one.episode.json")
        assert all(KEY not in e.to_json() for e in episodes)
    sqlite3.connect(path).execute("VACUUM")
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert KEY.encode() not in file.read_bytes(), file
    assert KEY not in caplog.text
    assert "bad key [key]" in record.read_text()


def test_a_recorded_evaluation_is_played_again_without_its_server(tmp_path: Path) -> None:
    count = iter(range(10**6))
    nonce = "0" * 32
    with FakeServer(lambda request: f'{{"choice": {1 + next(count) % 4}}}') as server:
        name = f"llm:m@{server.url}?"
        first = tmp_path / "first.db"
        evaluate(f"{name}record={tmp_path / 'run'}", "llm-well", first, probes=0, nonce=nonce)
    again = tmp_path / "again.db"
    evaluate(f"{name}replay={tmp_path / 'run'}", "llm-well", again, probes=0, nonce=nonce)
    found = []
    for path in (first, again):
        with Store(path) as store:
            episodes = [store.episode(store.runs()[0], "llm-well", k) for k in range(3)]
            found.append([(e.actions.tolist(), e.answers) for e in episodes])
    assert found[0] == found[1]
    assert len({a for actions, _ in found[0] for step in actions for a in step}) > 2


def test_a_server_that_dies_in_mid_run_is_waited_for_by_the_next_run(tmp_path: Path) -> None:
    path, nonce = tmp_path / "results.db", "1" * 32
    count = iter(range(10**6))
    with FakeServer(lambda request: '{"choice": 1}' if next(count) < 6 else "closed") as server:
        name = f"llm:m@{server.url}?answer_format=json_schema&tries=1&concurrency=1"
        with pytest.raises(PolicyError, match="was lost"):
            evaluate(name, "llm-well", path, probes=0, nonce=nonce, chunk=1)
        with Store(path) as store:
            run = store.runs()[0]
            assert (run.finished, store.done(run, "llm-well")) == (None, {0})
        server.plan = lambda request: '{"choice": 1}'
        done = evaluate(name, "llm-well", path, probes=0, nonce=nonce, chunk=1)
        assert done.finished is not None


def test_a_key_goes_to_no_server_but_the_one_it_is_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with FakeServer(lambda request: '{"choice": 1}') as server:
        hundred_turns(server)
        assert all(KEY not in head for head in server.headers)
