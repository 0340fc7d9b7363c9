"""What a run may spend on a model, and what it has spent."""

from __future__ import annotations

import dataclasses
import json
import time
from typing import Annotated

from msgspec import Meta

from gyges.agents.llm.chat.backends import Body, Reply, limit_of
from gyges.envs.errors import BudgetError
from gyges.envs.options import check_options

LETTERS = 3
"""Characters to a token at least, in the prompts of games."""


@dataclasses.dataclass
class Budget:
    """Bounds on calls, tokens and minutes, shared by all policies of a run; 0 is no bound."""

    calls: Annotated[int, Meta(ge=0)] = 0
    """Calls at most, further tries included; answers from a cache or record are not counted."""
    tokens: Annotated[int, Meta(ge=0)] = 0
    """Tokens at most, prompts and completions; no call is made whose longest answer could exceed it."""
    minutes: Annotated[float, Meta(ge=0)] = 0.0
    """Minutes at most, from the first call on."""

    def __post_init__(self) -> None:
        """Raise ConfigError where a field is out of range."""
        check_options(self)
        self.made = self.spent = self._held = 0
        self._begun = 0.0

    def waits(self, body: Body) -> bool:
        """Whether a call would fit but for what calls under way have set aside."""
        free = self.tokens - self.spent - tokens_of(body) - int(body.get(limit_of(body), 0))
        return bool(self.tokens) and self._held > free >= 0

    def take(self, body: Body) -> int:
        """Set a call's tokens aside; returns how many.

        Raises:
            BudgetError: the call would exceed a bound.
        """
        now = time.monotonic()
        self._begun = self._begun or now
        room = tokens_of(body) + int(body.get(limit_of(body), 0))
        if self.calls and self.made >= self.calls:
            raise BudgetError(f"the budget of {self.calls:,} calls is spent")
        if self.tokens and self.spent + self._held + room > self.tokens:
            raise BudgetError(f"the budget of {self.tokens:,} tokens is spent")
        if self.minutes and now - self._begun >= 60 * self.minutes:
            raise BudgetError(f"the budget of {self.minutes:g} minutes is spent")
        self.made += 1
        self._held += room
        return room

    def book(self, held: int, body: Body, reply: Reply | None) -> None:
        """Put down what a call used in place of what was set aside; without an answer its prompt counts."""
        self._held -= held
        if reply is not None and reply.cached:
            self.made -= 1
            return
        used = 0 if reply is None else reply.prompt_tokens + reply.completion_tokens
        self.spent += used or tokens_of(body)


def tokens_of(body: Body) -> int:
    """Tokens of a request's messages, rather too many than too few."""
    return len(json.dumps(body.get("messages", []), ensure_ascii=False)) // LETTERS
