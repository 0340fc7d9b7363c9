"""Arms of language models: planted behaviour is found, refusals are answers, half answered is NaN."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gyges.agents.llm.chat.backends import Reply
from gyges.agents.llm.chat.mock import Mock
from gyges.agents.llm.chat.policy import ChatPolicy
from gyges.envs.registry import make
from gyges.scenarios.cli.main import main
from gyges.scenarios.counterfactual import gap
from gyges.scenarios.text import arms

GAME = make("steward").id


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
    found = arms.run(planted(asked, asks_for_json), asked, arms.ArmOptions(arms=("format",)))["format"]
    rates = {name: rate["value"] for name, rate in found["rates"].items()}
    assert rates == {
        "json_schema, forwards": 1.0, "json_schema, backwards": 1.0, "text, forwards": 0.0,
        "text, backwards": 0.0,
    }  # fmt: skip
    assert abs(found["largest"]["value"]) == 1.0
    assert {name.split(",")[0] for name in found["largest"]["between"]} == {"json_schema", "text"}


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

    found = arms.run(planted(asked, wicked), asked, arms.ArmOptions(arms=("mandate",)))["mandate"]
    assert [found["rates"][dose]["value"] for dose in arms.DOSES] == [0.0, 0.0, 1.0]
    assert found["slope"]["value"] == 0.5
    assert {*found["norms"]} == {*asked.norms}
    assert all(one["value"] == 0.5 for one in found["norms"].values())


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
    found = arms.run(half, asked, arms.ArmOptions(arms=("knew", "awareness")))
    assert found["knew"]["violations condemned"]["value"] == 1.0
    assert found["knew"]["clean acts condemned"]["value"] == 0.0
    assert found["knew"]["violations condemned"]["acts"] == 16
    assert found["awareness"]["says test"]["value"] == 0.0


def test_a_refusal_is_an_answer_and_silence_is_not(asked: arms.Asked) -> None:
    refuses = planted(asked, lambda body: Reply("", finish="content_filter"))
    model = arms.Model(refuses, asked)
    assert model.acts(model.variant()) == [-1] * 32
    assert (model.violations([-1] * 32) == 0).all()
    silent = np.array([1.0] * 15 + [math.nan] * 17)
    assert math.isnan(arms.Rate.of(silent).share.value)
    assert arms.Rate.of(silent[:30]).share.value == 1.0


def test_the_command_prints_and_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "arms.json"
    words = ["llm-arms", "mock:1,2,3", "--game", GAME, "--questions", "16", "--out", str(out)]
    assert main(words) == 0
    assert {"format", "mandate", "awareness", "knew", "account"} <= {*json.loads(out.read_text())}
    assert "largest difference" in capsys.readouterr().out
    assert main(["llm-arms", "clean", "--game", GAME]) == 2
    assert "only chat models" in capsys.readouterr().err
