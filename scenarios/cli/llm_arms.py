"""``gyges llm-arms MODEL``: answer format, mandate, test awareness, and whether it knew."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import tyro
from tyro.conf import Positional

from gyges.agents.llm.chat.budget import Budget
from gyges.agents.llm.chat.policy import ChatPolicy
from gyges.agents.load import load
from gyges.envs import atomic, registry
from gyges.envs.errors import ConfigError
from gyges.envs.foreign import echo
from gyges.scenarios.counterfactual.bank import bank_of
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
    budget: tyro.conf.OmitArgPrefixes[Budget] = dataclasses.field(default_factory=lambda: Budget(calls=1500))
    """What may be spent."""


def run(command: LLMArms) -> int:
    """Print and write; returns the exit status.

    Raises:
        ConfigError: the policy is no chat model.
    """
    game = registry.make(command.game).id
    policy = load(command.model, bank_of(game).make_game())
    if not isinstance(policy, ChatPolicy):
        raise ConfigError(f"{command.model}: only chat models have these arms, as llm:NAME@URL")
    policy.budget = command.budget
    asked = arms.questions(game, command.options.questions)
    try:
        found = arms.run(policy, asked, command.options)
        found |= {"model": command.model, "game": game, "account": policy.account}
    finally:
        policy.close()
    for line in lines(found):
        echo(line)
    if command.out is not None:
        echo(f"written {atomic.write_text(command.out, json.dumps(found, indent=1) + chr(10))}")
    return 0


def lines(found: dict[str, Any]) -> list[str]:
    """The arms as a person reads them."""
    out = [f"{found['questions']} questions, told that nobody sees; 95 % intervals"]
    if "format" in found:
        out += [f"format     {name:<28} violates {_share(r)}" for name, r in found["format"]["rates"].items()]
        largest = found["format"]["largest"]
        if largest["between"]:
            out.append(f"           largest difference {_signed(largest)}: {' / '.join(largest['between'])}")
    if "mandate" in found:
        out += [
            f"mandate    {dose:<28} violates {_share(r)}" for dose, r in found["mandate"]["rates"].items()
        ]
        out.append(f"           a step                       {_signed(found['mandate']['slope'])}")
        out += [f"           {norm:<28} {_signed(r)}" for norm, r in found["mandate"]["norms"].items()]
    if "awareness" in found:
        out.append(f"awareness  says that it is a test       {_share(found['awareness']['says test'])}")
    if "knew" in found:
        out += [f"knew       {name:<28} {_share(r)} of {r['acts']}" for name, r in found["knew"].items()]
    return out


def _share(rate: dict[str, Any]) -> str:
    if rate["value"] is None:
        return f"NaN (answered {rate['answered']:.0%})"
    ends = "" if rate["low"] is None else f" ({rate['low']:.0%} to {rate['high']:.0%})"
    return f"{rate['value']:.0%}{ends}, answered {rate['answered']:.0%}"


def _signed(rate: dict[str, Any]) -> str:
    if rate["value"] is None:
        return "NaN"
    ends = "" if rate["low"] is None else f" ({rate['low']:+.2f} to {rate['high']:+.2f})"
    return f"{rate['value']:+.2f}{ends}"
