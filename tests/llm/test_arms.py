"""Arms of language models: planted behaviour is found, refusals are answers, half answered is NaN."""

from __future__ import annotations

import asyncio
import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
import pytest

from gyges.agents.llm.chat import answer_formats
from gyges.agents.llm.chat.backends import Reply
from gyges.agents.llm.chat.budget import Budget
from gyges.agents.llm.chat.mock import Mock
from gyges.agents.llm.chat.policy import ChatPolicy
from gyges.envs.errors import BudgetError, FileError
from gyges.envs.registry import make
from gyges.scenarios.cli.main import main
from gyges.scenarios.counterfactual import gap
from gyges.scenarios.evaluation import arm_answers
from gyges.scenarios.evaluation.arm_answers import ARMS, DOSES, Arm, ArmAnswers
from gyges.scenarios.evaluation.store import Store
from gyges.scenarios.report import arms as report
from gyges.scenarios.report.page_schema import ArmFigure
from gyges.scenarios.scenario import scenario
from gyges.scenarios.text import arms

GAME = make("steward").id


def figures_of(policy: ChatPolicy, asked: arms.Asked, *wanted: Arm) -> dict[str, ArmFigure]:
    """The figures of some arms by name."""
    found = report.figures(arms.run(policy, asked, arms.ArmOptions(arms=wanted)))
    return {one["figure"]: one for one in found}


@pytest.fixture(scope="module")
def asked() -> arms.Asked:
    return arms.questions(GAME, 32)


def options_of(body: dict[str, Any]) -> list[str]:
    text = body["messages"][1]["content"].split("Actions:\n")[1].splitlines()
    return [line.split(". ", 1)[1] for line in text if ". " in line]


def planted(asked: arms.Asked, wicked: Any, yes: Any = lambda text: True) -> ChatPolicy:
    """A model that takes a violation where `wicked(body)`, else a clean act, and answers by `yes(text)`."""
    names = asked.seen.game.action_names
    truth = {}
    for k, choice in enumerate(asked.choices):
        wrong = gap.violations(choice)
        truth[asked.seen.text(k)] = (
            names[int(choice.actions[np.argmax(wrong)])],
            names[int(choice.actions[np.argmax(choice.label >= 0)])],
        )

    def script(body: dict[str, Any]) -> Any:
        user, listed = body["messages"][1]["content"], options_of(body)
        if listed[:2] == ["yes", "no"]:
            return 1 if yes(user) else 2
        bad, good = next(pair for text, pair in truth.items() if user.startswith(text))
        said = wicked(body)
        return said if isinstance(said, Reply) else listed.index(bad if said else good) + 1

    return ChatPolicy(Mock(script, formats={"json_schema": "ok", "text": "ok"}))


def asks_for_json(body: dict[str, Any]) -> bool:
    return "response_format" in body


def test_a_format_that_doubles_misconduct_is_named(asked: arms.Asked) -> None:
    found = figures_of(planted(asked, asks_for_json), asked, "format")
    rates = {name: one["value"]["value"] for name, one in found.items() if one["unit"] == "rate"}
    assert rates == {
        "json_schema, forwards": 1.0, "json_schema, backwards": 1.0, "text, forwards": 0.0,
        "text, backwards": 0.0,
    }  # fmt: skip
    (largest,) = (one for one in found.values() if one["unit"] == "difference")
    assert largest["value"]["value"] == 1.0
    assert largest["figure"] == "largest difference: json_schema, forwards less text, forwards"


def test_a_model_that_takes_the_first_option_shows_in_the_order(asked: arms.Asked) -> None:
    first = ChatPolicy(Mock([1]))
    acts = [
        arms.Model(first, asked).acts(arms.Model(first, asked).variant(backwards=backwards))
        for backwards in (False, True)
    ]
    assert acts[0] == [int(choice.actions[0]) for choice in asked.choices]
    assert acts[1] == [int(choice.actions[-1]) for choice in asked.choices]


def test_a_dose_is_found_norm_by_norm(asked: arms.Asked) -> None:
    def wicked(body: dict[str, Any]) -> bool:
        return "whatever it takes" in body["messages"][1]["content"]

    found = figures_of(planted(asked, wicked), asked, "mandate")
    assert [found[dose]["value"]["value"] for dose in DOSES] == [0.0, 0.0, 1.0]
    assert found["a step"]["value"]["value"] == 0.5
    norms = {name.removeprefix("a step, "): one for name, one in found.items() if name.startswith("a step,")}
    assert {*norms} == {*asked.norms}
    assert all(one["value"]["value"] == 0.5 for one in norms.values())
    assert {norm: one["questions"] for norm, one in norms.items()} == Counter(asked.norms)


def test_who_knew_and_did_it_anyway_is_told_from_who_condemns_all(asked: arms.Asked) -> None:
    names = asked.seen.game.action_names
    bad = {
        (asked.seen.text(k), names[int(a)])
        for k, choice in enumerate(asked.choices)
        for a in choice.actions[gap.violations(choice)]
    }

    def judge(text: str) -> bool:
        return any(text.startswith(shown) and f"action:\n{act}\n" in text for shown, act in bad)

    turns = iter(range(10**6))
    half = planted(asked, lambda body: next(turns) % 2 == 0, judge)
    found = figures_of(half, asked, "knew", "awareness")
    assert found["violations condemned"]["value"]["value"] == 1.0
    assert found["clean acts condemned"]["value"]["value"] == 0.0
    assert found["violations condemned"]["questions"] == 16
    assert found["says test"]["value"]["value"] == 0.0


def test_a_refusal_is_an_answer_and_silence_is_not(asked: arms.Asked) -> None:
    refuses = planted(asked, lambda body: Reply("", finish="content_filter"))
    model = arms.Model(refuses, asked)
    assert model.acts(model.variant()) == [-1] * 32
    assert (model.violations([-1] * 32) == 0).all()
    for silent, value in ((17, None), (16, 1.0)):
        said: list[Literal[0, 1, None]] = [*([1] * (32 - silent)), *([None] * silent)]
        answers = ArmAnswers(0, asked.numbers, asked.norms, {"awareness": {"says test": said}})
        (found,) = report.figures(answers)
        assert found["value"]["value"] == value
        assert found["answered"] == (32 - silent) / 32


def test_the_command_prints_and_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "arms.json"
    words = ["llm-arms", "mock:1,2,3", "--game", GAME, "--questions", "16", "--out", str(out)]
    assert main(words) == 0
    found = json.loads(out.read_text())
    assert {one["arm"] for one in found["figures"]} == {*ARMS} == {*found["answers"]["arms"]}
    assert found["calls"] >= 16 * (4 + 3 + 1 + 2)
    assert "largest difference" in capsys.readouterr().out
    assert main(["llm-arms", "clean", "--game", GAME]) == 2
    assert "only chat models" in capsys.readouterr().err


EVALUATE = ("evaluate", "mock:1,2,3", "--suite", "steward-visitor", "--episodes", "1", "--arm-questions", "8")


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A visitor's short episodes."""
    short = scenario("steward-visitor").with_(id="steward-visitor", settings={"months": 2, "hazard": 1.0})
    monkeypatch.setattr("gyges.scenarios.cli.evaluate.scenarios", lambda suite: (short,))
    monkeypatch.setattr("gyges.scenarios.evaluation.evaluate.scenarios", lambda suite: (short,))


def test_arms_of_an_evaluation_stand_beside_its_run_and_below_its_row(
    short: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, page, table, lines = (tmp_path / name for name in ("r.db", "page.html", "t.json", "t.csv"))
    words = [*EVALUATE, "--out", str(out)]
    assert main([*words, "--arms", "mandate,awareness"]) == 0
    first = capsys.readouterr().out
    assert "a step" in first
    with Store(out) as store:
        (run,) = store.runs()
        stands = store.arms(run)[GAME]
    assert {*stands.arms} == {"mandate", "awareness"}
    assert main([*words, "--arms", "all"]) == 0  # only what is missing is asked
    with Store(out) as store:
        (run,) = store.runs()
        every = store.arms(run)[GAME]
    assert tuple(every.arms) == ARMS
    assert all(every.arms[arm] == stands.arms[arm] for arm in stands.arms)
    capsys.readouterr()
    assert main([*words, "--arms", "all"]) == 0
    assert "spent: 0 calls, 0 tokens" in capsys.readouterr().out

    shown = ["leaderboard", str(out), "--html", str(page), "--json", str(table), "--csv", str(lines)]
    assert main(shown) == 0
    printed = " ".join(capsys.readouterr().out.split())
    (one,) = json.loads(table.read_text())["arms"]
    assert one["line"] in printed
    assert one["policy"] == "1_2_3-charter"
    text = page.read_text()
    assert text.index(f'scope="row">{one["policy"]}') < text.index("asked in several ways: format: largest")
    assert 'id="arms"' in text
    rows = [line for line in csv.DictReader(lines.open()) if line["scenario"] == f"bank:{GAME}"]
    assert len(rows) == len(one["figures"])
    assert {row["figure"].split(":")[0] for row in rows} == {*ARMS}


def test_arms_are_asked_again_by_whoever_verifies(
    short: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "r.db"
    assert main([*EVALUATE, "--out", str(out), "--arms", "awareness"]) == 0
    with Store(out, write=True) as store:
        (run,) = store.runs()
        kept = store.arms(run)[GAME]
        assert arms.again("mock:1,2,3", {GAME: kept}) == []
        said = [0 if one else 1 for one in kept.arms["awareness"]["says test"]]
        other = msgspec.structs.replace(kept, arms={"awareness": {"says test": said}})
        assert arms.again("mock:1,2,3", {GAME: other}) == [f"arms at {GAME}: other answers in awareness"]


@pytest.mark.parametrize(
    "change",
    [
        {"seed": -1},
        {"questions": [0, 0]},
        {"norms": ["overuse", "fishing"]},
        {"arms": {"bribery": {}}},
        {"arms": {"awareness": {"says test": [1]}}},
        {"arms": {"awareness": {"says test": [1, 2]}}},
        {"arms": {"mandate": {"neutral": [1, 0]}}},
        {"more": 1},
    ],
)
def test_damaged_arms_are_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    good: dict[str, Any] = {
        "seed": 0, "questions": [4, 7], "norms": ["overuse", "promise"],
        "arms": {"awareness": {"says test": [1, None]}},
    }  # fmt: skip
    assert arm_answers.of_json({GAME: good}, "x")[GAME].questions == [4, 7]
    with pytest.raises(FileError, match="where it stood"):
        arm_answers.of_json({GAME: {**good, **change}}, "where it stood")


def test_arms_that_cannot_be_asked_are_refused_before_anything_is_played(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = ["--out", str(tmp_path / "r.db")]
    assert main(["evaluate", "clean", "--arms", "all", *out]) == 2
    assert "of language models" in capsys.readouterr().err
    assert main([*EVALUATE, "--arms", "bribery", *out]) == 2
    assert "no arm 'bribery'" in capsys.readouterr().err
    assert main(["evaluate", "mock:1", "--suite", "tabular-visitor", "--arms", "all", *out]) == 2
    assert "no game here has one" in capsys.readouterr().err
    assert not (tmp_path / "r.db").exists()


def test_what_a_budget_leaves_complete_stands(asked: arms.Asked) -> None:
    policy = ChatPolicy(Mock([1]))
    policy.budget = Budget(calls=40)  # 32 for the first arm
    found = arms.run(policy, asked, arms.ArmOptions(arms=("awareness", "mandate")))
    assert {*found.arms} == {"awareness"}
    policy = ChatPolicy(Mock([1]))
    policy.budget = Budget(calls=8)
    with pytest.raises(BudgetError):
        arms.run(policy, asked, arms.ArmOptions(arms=("awareness",)))


class Bound(Mock):
    """A backend whose connections belong to one event loop, as a server's do, and that has to be probed."""

    def __init__(self) -> None:
        super().__init__(lambda body: 1)
        self.formats, self.loops, self.probes = None, set(), 0  # type: ignore[assignment]

    async def complete(self, body: dict[str, Any], seconds: float) -> Reply:
        self.loops.add(id(asyncio.get_running_loop()))
        self.probes += "Say hello." in body["messages"][1]["content"]
        assert len(self.loops) == 1
        return await super().complete(body, seconds)


def test_every_arm_is_asked_in_one_event_loop_and_the_server_probed_once(asked: arms.Asked) -> None:
    backend = Bound()
    policy = ChatPolicy(backend)
    found = arms.run(policy, asked, arms.ArmOptions())
    assert tuple(found.arms) == ARMS
    assert len(found.arms["format"]) > 2
    assert backend.probes == len(answer_formats.FORMATS) - 2  # logprobs has another question, choices none
    policy.close()
