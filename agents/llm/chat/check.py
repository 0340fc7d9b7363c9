"""What works at a chat server: twenty probes, each of which says what it found."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, NamedTuple

from gyges.agents.llm.chat import answer_formats
from gyges.agents.llm.chat.answer_formats import OK
from gyges.agents.llm.chat.backends import Backend, BackendError, Reply, limit_of
from gyges.agents.llm.chat.client import ChatClient, ClientConfig, Question
from gyges.agents.llm.chat.parsing import after_thinking
from gyges.agents.llm.chat.prompts import Prompt, Setup

LONG = 3000
"""Words of the long prompt."""
AT_ONCE = 4
"""Requests that are sent at once."""


class Finding(NamedTuple):
    """What one probe found."""

    probe: str
    works: bool
    detail: str


class Check:
    """The probes of one server.

    Args:
        backend: the server.
        config: how long to wait and how often to try.
    """

    def __init__(self, backend: Backend, config: ClientConfig | None = None) -> None:
        self.client = ChatClient(backend, Setup(history=0), config or ClientConfig(tries=2))
        self.seconds: list[float] = []

    async def run(self) -> AsyncIterator[Finding]:
        """The findings one by one; only the first where no answer can be had."""
        try:
            begun = time.monotonic()
            formats = await self.client.prepare()
        except (BackendError, TimeoutError) as error:
            yield Finding("answers", False, str(error))
            return
        yield Finding("answers", True, f"{len(formats)} kinds of request in {time.monotonic() - begun:.1f} s")
        for name, found in formats.items():
            yield Finding(f"answer format {name}", found == OK, found)
        left = self.client.left_out
        yield Finding(
            "system role", "system" not in left, "folded into the user's turn" if "system" in left else ""
        )
        for name in ("temperature", "seed"):
            yield Finding(name, name not in left, "not taken, left out" if name in left else "taken")
        yield Finding(
            "limit on length", True, f"as {self.client.limit}; {self.client._room()} tokens are sent"
        )
        probes: dict[str, Callable[[], Awaitable[tuple[bool, str]]]] = {
            "same seed, same answer": self._seed,
            "a cut answer says so": self._cut,
            "tokens are counted": self._tokens,
            "reasoning kept apart": self._reasoning,
            "a conversation": self._conversation,
            "a long prompt": self._long,
            f"{AT_ONCE} requests at once": self._together,
            "a legal action of 4": lambda: self._choice(4),
            "a legal action of 200": lambda: self._choice(200),
        }
        for name, probe in probes.items():
            try:
                works, detail = await probe()
            except (BackendError, TimeoutError) as error:
                works, detail = False, str(error)
            yield Finding(name, works, detail)

    async def _ask(self, *messages: str, **changes: Any) -> Reply:
        """A plain request: a question, then what was said to it in turns."""
        roles = ("user", "assistant")
        said = [{"role": roles[k % 2], "content": text} for k, text in enumerate(messages)]
        prompt = answer_formats.probe_prompt("text")
        body = {**self.client._body(prompt, 7, 0), "messages": said, **changes}
        deadline = asyncio.get_running_loop().time() + self.client.config.turn
        begun = time.monotonic()
        reply = await self.client._complete(body, deadline, self.client.config.tries)
        self.seconds.append(time.monotonic() - begun)
        return reply

    async def _seed(self) -> tuple[bool, str]:
        question = "Write a random word of ten letters."
        first, second = await self._ask(question), await self._ask(question)
        same = first.text == second.text
        return same, "" if same else "a record, not a seed, makes a run reproducible here"

    async def _cut(self) -> tuple[bool, str]:
        body = self.client._body(answer_formats.PROBE, 7, 0)
        reply = await self._ask("Count from one to one hundred in words.", **{limit_of(body): 5})
        return reply.finish == "length", f"finish is {reply.finish!r} after {reply.completion_tokens} tokens"

    async def _tokens(self) -> tuple[bool, str]:
        reply = await self._ask("Say hello.")
        counted = reply.prompt_tokens > 0 and reply.completion_tokens > 0
        return counted, f"{reply.prompt_tokens} in, {reply.completion_tokens} out"

    async def _reasoning(self) -> tuple[bool, str]:
        reply = await self._ask("What is 17 times 23? Answer with the number alone.")
        inside = after_thinking(reply.text)[0]
        if not (reply.reasoning or reply.reasoning_tokens or inside):
            return True, "does not reason before it answers"
        where = "in a field of its own" if not inside else "within the text, in marks that are known"
        return True, f"{where}; {reply.reasoning_tokens or 'uncounted'} tokens of it"

    async def _conversation(self) -> tuple[bool, str]:
        reply = await self._ask("Say red.", "red", "Say blue.")
        return bool(reply.text.strip()), ""

    async def _long(self) -> tuple[bool, str]:
        reply = await self._ask("word " * LONG + "\nSay hello.")
        return bool(reply.text.strip()), f"{reply.prompt_tokens or LONG} tokens"

    async def _together(self) -> tuple[bool, str]:
        begun = time.monotonic()
        await asyncio.gather(*(self._ask("Say hello.") for _ in range(AT_ONCE)))
        alone = sorted(self.seconds)[len(self.seconds) // 2]
        return True, f"{time.monotonic() - begun:.2f} s, where one takes {alone:.2f} s"

    async def _choice(self, count: int) -> tuple[bool, str]:
        """A question as a game puts it, which the server's best format carries."""
        options = tuple(f"take {k} of the berries" for k in range(count))
        numbers = tuple(map(str, range(1, count + 1)))
        listed = "\n".join(f"{number}. {name}" for number, name in zip(numbers, options, strict=True))

        def prompt(form: str) -> Prompt:
            how = "a JSON object and nothing else: {\"choice\": <number>}" if form == "json" else (
                "this form:\nCHOICE: <number>" if form == "text" else "its letter alone")  # fmt: skip
            labels = tuple("ABCD") if form == "label" and count == 4 else numbers
            words = f"Choose one of the listed actions. Answer with {how}"
            return Prompt(words, f"Actions:\n{listed}", options, tuple(range(count)), labels, form)

        answer = await self.client.ask(Question(prompt, count, 7, 0.5))
        return answer.option >= 0, f"{answer.outcome} by {answer.answer_format} {answer.detail[:80]}".strip()


def advice(client: ChatClient) -> str:
    """Settings that a name wants for this server, as in ``?concurrency=1``; empty where none."""
    wanted = []
    if client.room > 1000:
        wanted += ["call=300", "turn=900"]
    if client.formats and all(found != OK for name, found in client.formats.items() if name != "text"):
        wanted.append("asks=5")
    return "?" + "&".join(wanted) if wanted else ""
