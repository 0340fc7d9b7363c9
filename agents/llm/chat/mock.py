"""A mock in place of a model: scripted, deterministic, without a network. Ordinary tests use it."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable, Sequence
from typing import Any

from gyges.agents.llm.chat.backends import BackendError, Body, Reply

Scripted = str | int | dict[str, Any] | Reply | BackendError
"""A completion's text; the number of an option; a JSON object; a whole reply; or what goes wrong."""


class Mock:
    """Answers from a list, over and over, or by a function of the request.

    Args:
        script: a list of `Scripted`, or a function (or coroutine function) body -> Scripted.
        latency: seconds that every answer takes.
        formats: what it says it can do; every answer_format by default, None to be probed.

    Attributes:
        asked: the requests so far.
    """

    def __init__(
        self,
        script: Sequence[Scripted] | Callable[[Body], Any],
        *,
        latency: float = 0.0,
        formats: dict[str, str] | None = {"json_schema": "ok", "text": "ok"},  # noqa: B006  never written to
        url: str = "mock:",
        model: str = "mock",
    ) -> None:
        self.url, self.model = url, model
        self.formats = None if formats is None else dict(formats)
        self.latency = latency
        self.script = script
        self.asked: list[Body] = []

    async def complete(self, body: Body, seconds: float) -> Reply:
        """The next answer."""
        number = len(self.asked)
        self.asked.append(body)
        if self.latency:
            await asyncio.sleep(self.latency)
        if callable(self.script):
            said = self.script(body)
            if inspect.isawaitable(said):
                said = await said
        else:
            said = self.script[number % len(self.script)]
        return reply(said)

    async def close(self) -> None:
        """Nothing to close."""


def reply(said: Any) -> Reply:
    """What was scripted, as a reply; tokens are counted as words."""
    if isinstance(said, BackendError):
        raise said
    if isinstance(said, Reply):
        return said
    if isinstance(said, int):
        said = {"choice": said}
    text = json.dumps(said) if isinstance(said, dict) else str(said)
    return Reply(text, completion_tokens=len(text.split()))


def options_of(body: Body) -> list[str]:
    """The numbered options of a request's latest question, for scripts that choose by name."""
    questions = [
        m["content"] for m in body["messages"] if m["role"] == "user" and "Actions:\n" in m["content"]
    ]
    listed = questions[-1].rpartition("Actions:\n")[2].partition("\n\n")[0]
    return [line.partition(". ")[2] for line in listed.splitlines()]


def first(body: Body) -> int:
    """Always the first option."""
    return 1


def last(body: Body) -> int:
    """Always the last option."""
    return len(options_of(body))
