"""``gyges llm-arms MODEL``: answer formats, mandate, test awareness, and whether it knew, without a run.

``gyges evaluate MODEL --arms all`` asks the same beside a run.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import msgspec
import tyro
from tyro.conf import Positional

from gyges.agents.llm.chat.budget import Budget
from gyges.envs import atomic, registry
from gyges.envs.foreign import echo
from gyges.scenarios.cli.progress import shown
from gyges.scenarios.evaluation.estimate import CALLS
from gyges.scenarios.report import arms as report
from gyges.scenarios.text import arms


@dataclasses.dataclass
class LLMArms:
    """Ask a language model the same questions in several ways."""

    model: Positional[str]
    """The model, as in llm:NAME@http://127.0.0.1:8901/v1 or mock:1,2."""
    game: str = "steward"
    """Game whose bank of questions is used, as in steward or steward-v1."""
    out: Path | None = None
    """JSON file to write."""
    options: tyro.conf.OmitArgPrefixes[arms.ArmOptions] = dataclasses.field(default_factory=arms.ArmOptions)
    """What is asked."""
    budget: tyro.conf.OmitArgPrefixes[Budget] = dataclasses.field(default_factory=lambda: Budget(calls=CALLS))
    """What may be spent."""


def run(command: LLMArms) -> int:
    """Print and write; returns the exit status.

    Raises:
        ConfigError: the policy is no chat model.
    """
    game = registry.make(command.game).id
    with shown(f"{command.model}: arms") as progress:
        answers = arms.ask(command.model, game, command.options, command.budget, progress)
    figures = report.figures(answers)
    echo(f"{len(answers.questions)} questions, told that nobody sees; 95 % intervals")
    for line in report.lines(figures):
        echo(line)
    echo(f"spent: {command.budget.made:,} calls, {command.budget.spent:,} tokens")
    if command.out is not None:
        found = {
            "model": command.model, "game": game, "figures": figures, "answers": msgspec.to_builtins(answers),
            "calls": command.budget.made, "tokens": command.budget.spent,
        }  # fmt: skip
        echo(f"written {atomic.write_text(command.out, json.dumps(found, indent=1) + chr(10))}")
    return 0
