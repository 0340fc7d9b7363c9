"""A seat for whoever calls tools: each question waits until it is looked at and answered from outside.

``mcp:NAME`` names such a player where a policy is asked for. It stands for the `Assistant` of that name that
is open in this process (`gyges serve mcp` opens one), and for nobody anywhere else.
"""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any, ClassVar

from gyges.agents.llm.chat.backends import BackendError, Body, Reply
from gyges.agents.llm.chat.mock import options_of
from gyges.envs.errors import ConfigError

HOW = (
    "You play by calling tools: look says what you see and which actions are open, act takes one by its "
    "number, say speaks to the others with your next act. Go on until you are told that it is over."
)
SPOKEN = 300
"""Characters of what is said that the others hear."""
SETTINGS = "history=0&talk=on&answer_format=tool&concurrency=1&tries=1&asks=1&call=86400&turn=86400"
"""How such a player is asked: it remembers by itself, and may take its time."""


class Assistant:
    """A chat backend whose completions come from calls of `look`, `say` and `act`.

    Args:
        name: of the player, as in ``mcp:NAME``.
    """

    open: ClassVar[dict[str, Assistant]] = {}
    """Those that can be asked in this process, by name."""

    def __init__(self, name: str) -> None:
        if not name or name in self.open:
            raise ConfigError(f"expected a name that nobody in this process has, not {name!r}")
        self.url, self.model = "mcp:", name
        self.formats: dict[str, str] | None = {"tool": "ok"}
        self._now = threading.Condition()
        self._question: Body | None = None
        self._answer: dict[str, Any] | None = None
        self._greeted = False
        self._words = ""
        self._over = ""
        self._gone = False
        self.open[name] = self

    @classmethod
    def of(cls, name: str) -> Assistant:
        """The one of a name.

        Raises:
            ConfigError: there is none in this process.
        """
        if name not in cls.open:
            raise ConfigError(f"mcp:{name[:60]} is nobody here: such a player comes by `gyges serve mcp`")
        return cls.open[name]

    # The game's side.

    async def complete(self, body: Body, seconds: float) -> Reply:
        """Wait for the act that answers a question."""
        return await asyncio.to_thread(self._complete, body)

    def _complete(self, body: Body) -> Reply:
        with self._now:
            self._question, self._answer = body, None
            self._now.notify_all()
            self._now.wait_for(lambda: self._answer is not None or self._gone)
            self._question = None
            if self._answer is None:
                raise BackendError("connection", "the assistant has left", retryable=False)
            return Reply("", "tool_calls", tool=json.dumps(self._answer))

    async def close(self) -> None:
        """Nothing to let go of: the seat stays open between scenarios."""

    def end(self, words: str) -> None:
        """There will be no further question; `words` say why."""
        with self._now:
            self._over = words
            self._now.notify_all()

    def leave(self) -> None:
        """Whoever answered is gone: what waits for an answer fails."""
        with self._now:
            self._gone = True
            self._now.notify_all()
        self.open.pop(self.model, None)

    # The player's side.

    def look(self, seconds: float = 60.0) -> str:
        """What the seat sees, once it has to choose; the rules and the job come before it the first time."""
        with self._now:
            if not self._now.wait_for(self._ready, seconds):
                return "The others are still playing; look again."
            if self._question is None or self._answer is not None:
                return self._over
            messages = self._question["messages"]
            parts = [str(messages[-1]["content"])]
            if not self._greeted:
                told, _, _ = str(messages[0]["content"]).rpartition(
                    "\n\n"
                )  # the last paragraph asks for JSON
                parts[:0] = [told, HOW]
                self._greeted = True
            return "\n\n".join(parts)

    def say(self, words: str) -> str:
        """Keep words for the others; they go with the next act."""
        self._words = words[:SPOKEN]
        return "It will be said with your next act."

    def act(self, choice: int, seconds: float = 60.0) -> str:
        """Take an action by its number; returns what is seen next, or why nothing was done."""
        with self._now:
            if not self._now.wait_for(self._ready, seconds):
                return "The others are still playing; look again."
            if self._question is None or self._answer is not None:
                return self._over
            count = len(options_of(self._question))
            if not 1 <= choice <= count:
                return f"There is no action {choice}; choose a number from 1 to {count}. Nothing was done."
            self._answer = {"say": self._words, "choice": choice}
            self._words = ""
            self._now.notify_all()
        return self.look(seconds)

    def _ready(self) -> bool:
        return bool(self._over) or (self._question is not None and self._answer is None)
