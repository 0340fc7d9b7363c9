"""Language models by name: what a name says, what it may not hold, and where it can be given."""

from pathlib import Path

import pytest

from gyges.agents.llm.model_spec import digest, is_model, parse
from gyges.agents.load import load, resolve
from gyges.envs import make
from gyges.envs.episode import Episode
from gyges.envs.errors import ConfigError, UnknownNameError
from gyges.scenarios.cli.main import main
from gyges.scenarios.evaluation.store import Store

STEWARD = make("steward-v1")
URL = "http://127.0.0.1:8901/v1"


def test_a_name_is_taken_apart() -> None:
    spec = parse(
        f"llm:org/model@cf@{URL}?prompt=job&thoughts=on&temperature=0&history=0&key_env=K&cache=a.db"
    )
    assert (spec.kind, spec.model, spec.url, spec.key_env) == ("llm", "org/model@cf", URL, "K")
    assert (spec.setup.briefing, spec.setup.thoughts, spec.setup.history) == ("job", True, 0)
    assert (spec.config.temperature, spec.files) == (0.0, {"cache": "a.db"})
    assert spec.name == "org_model_cf-job"
    assert parse("llm:gpt-x").url == "https://api.openai.com/v1"
    assert parse("hf:folder/x.gguf").kind == "local"
    assert is_model("mock:1")
    assert not is_model("clean")
    assert not is_model("llm")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("llm:", "names no model"),
        (f"llm:m@{URL}?api_key=sk-123456789", "no setting 'api_key'"),
        ("llm:m@http://user:secret@host/v1", "no key"),
        (f"llm:m@{URL}?history=many", "history is a int"),
        (f"llm:m@{URL}?thoughts=perhaps", "on or off"),
        (f"llm:m@{URL}?history=1&history=2", "twice"),
        (f"llm:m@{URL}?asks=0", "ClientConfig.asks: Expected `int` >= 1"),
        (f"llm:m@{URL}?turn=nan", "ClientConfig.turn: Expected `float` >="),
        (f"llm:m@{URL}?answer_format=best", "answer_format is auto"),
        ("mock:what?prompt=job", "a mock is numbers"),
    ],
)
def test_what_is_wrong_with_a_name_is_said(name: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as found:
        load(name, STEWARD)
    assert "secret" not in str(found.value)
    assert "sk-" not in str(found.value)


def test_a_briefing_that_does_not_exist() -> None:
    with pytest.raises(UnknownNameError, match="adversary, charter"):
        resolve(f"llm:m@{URL}?prompt=nice", STEWARD)


def test_the_hash_follows_what_bears_on_answers() -> None:
    def of(query: str) -> str:
        return digest(parse(f"llm:m@{URL}?{query}"), STEWARD)

    assert of("") == of("concurrency=2") == of("cache=x.db&price_in=3&key_env=K")
    others = {
        of(q) for q in ("", "prompt=job", "history=1", "temperature=0.5", "answer_format=text", "talk=on")
    }
    assert len(others) == 6
    assert digest(parse("mock:1"), STEWARD) != digest(parse("mock:2"), STEWARD)
    assert digest(parse("mock:1"), STEWARD) != digest(parse("mock:1"), make("well-v0"))


def test_models_play_here_but_foreign_scripts_do_not() -> None:
    assert resolve("mock:first", STEWARD).trusted
    assert resolve(f"llm:m@{URL}", STEWARD).trusted
    assert not resolve("mock:somewhere:function", STEWARD).trusted


def test_a_mock_is_evaluated_verified_and_exported(tmp_path: Path) -> None:
    results = tmp_path / "results.db"
    main(
        [
            "evaluate",
            "mock:2,1?history=1",
            "--suite",
            "steward-visitor",
            "--episodes",
            "2",
            "--probes",
            "0",
            "--out",
            str(results),
        ]
    )
    assert main(["leaderboard", str(results), "--verify"]) == 0
    with Store(results) as store:
        run = store.runs()[0]
        assert (run.policy, run.source, run.kind) == ("2_1-charter", "mock:2,1?history=1", "submission")
        counts = store.results(run)[0].counts
        assert sum(counts["answers_ok"]) >= 5
    out = tmp_path / "one.episode.json"
    main(["export", str(results), "steward-visitor", "0", "--out", str(out)])
    found = Episode.load(out)
    assert {answer.outcome for answer in found.answers} == {"ok"}
    assert sum(1 for _ in found.replay()) == found.steps + 1


def test_a_person_plays_with_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import io
    import sys

    monkeypatch.setattr(sys, "stdin", io.StringIO("1\n" * 500))
    out = tmp_path / "played.episode.json"
    code = main(
        [
            "play",
            "well-v0",
            "--terminal",
            "--others",
            "mock:1,4?talk=on",
            "--num-agents",
            "2",
            "--seed",
            "3",
            "--out",
            str(out),
            "--no-reveal",
        ]
    )
    assert code == 0
    found = Episode.load(out)
    assert [seat.source for seat in found.seats] == ["person", "mock:1,4?talk=on"]
    assert set(found.actions[:, 1].tolist()) == {1, 4}
    assert len(found.answers) == found.steps
