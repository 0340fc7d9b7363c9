"""A chat model as a policy: it is shown words, and its answer is an action."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import weakref
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from gyges.agents.llm.chat.backends import Backend
from gyges.agents.llm.chat.budget import Budget
from gyges.agents.llm.chat.client import WITH_PROBABILITIES, Answer, ChatClient, ClientConfig, Question
from gyges.agents.llm.chat.prompts import NOTE, SAID, Mind, Setup, plain, render, system_text
from gyges.envs.errors import PolicyError
from gyges.envs.extras import require
from gyges.envs.policy import Decision, Memory, Observation, pick

T = TypeVar("T")

EARLIER = 8
"""Earlier episodes that are remembered."""
WITHHELD = "[withheld: it repeats the instructions]"
WINDOW = 48
"""So many characters in a row of its own instructions are not passed on from what a model says."""


class ChatPolicy:
    """Plays by asking a model at every decision that has more than one legal action.

    Memory is None, or one line of bytes per row: JSON, so that it can be copied and forked.

    Args:
        backend: who completes requests.
        setup: what a prompt holds.
        config: how the model is asked.
        name: for tables.
        source: the name that it was made from.

    Attributes:
        budget: what may be spent, set before the first act; no bound by default.
    """

    def __init__(
        self,
        backend: Backend,
        setup: Setup | None = None,
        config: ClientConfig | None = None,
        *,
        name: str = "",
        source: str = "",
    ) -> None:
        self.setup = setup or Setup()
        self.config = config or ClientConfig()
        self.name = name or backend.model
        self.source = source or self.name
        self.backend = backend
        self.budget: Budget | None = None
        self._portal: Any = None
        self._stop: Callable[[], object] = _nothing
        self._client: ChatClient | None = None

        if self.config.answer_format in WITH_PROBABILITIES:
            self.probabilities = self._probabilities

    # The model.

    @property
    def account(self) -> dict[str, Any]:
        """Outcomes, errors, answers by format, calls, tokens, seconds, cost; what the server can do."""
        if self._client is None:
            return {}
        return {**self._client.account.as_dict(self.config), "server_formats": self._client.formats}

    async def _open(self) -> ChatClient:
        if self._client is None:
            self._client = ChatClient(self.backend, self.setup, self.config, self.budget)
        return self._client

    def start(self) -> None:
        """Find out what the server can do, to fail early.

        Raises:
            PolicyError: it cannot be had.
        """

        async def work() -> None:
            await (await self._open()).start()

        self._run(work)

    def close(self) -> None:
        """Let go of the server."""
        self._run(self.backend.close)
        self._stop()
        self._portal = self._client = None

    def variant(self, setup: Setup, config: ClientConfig) -> ChatPolicy:
        """The same model asked otherwise: on this policy's backend, event loop, budget and knowledge of it.

        It stands as long as this policy is not closed.
        """
        made = ChatPolicy(self.backend, setup, config, name=self.name, source=self.source)
        made.budget, made._portal, made._stop = self.budget, self._loop(), _nothing
        if self._client is not None:
            made._client = ChatClient(self.backend, setup, config, self.budget)
            made._client.learn(self._client)
        return made

    def _loop(self) -> Any:
        """The thread of this policy with its event loop, to which the backend's connections belong."""
        if self._portal is None:
            require("llm", "anyio", part="a chat model")
            from anyio.from_thread import start_blocking_portal

            stack = contextlib.ExitStack()
            self._portal = stack.enter_context(start_blocking_portal(name="gyges-llm"))
            self._stop = weakref.finalize(self, stack.close)
        return self._portal

    def _run(self, work: Callable[[], Awaitable[T]]) -> T:
        """The result of an asynchronous function, run in the policy's thread; an interrupt cancels it."""
        future = self._loop().start_task_soon(work)
        try:
            return future.result()  # type: ignore[no-any-return]
        except BaseException:
            future.cancel()
            raise

    # The policy.

    def initial(self, rows: int) -> Memory:
        """Nothing, or an empty line per row."""
        size = line_bytes(self.setup)
        return np.zeros((rows, size), np.uint8) if size else None

    def act(self, observation: Observation, memory: Memory) -> Decision:
        """Ask for every row that has a choice, many at once."""
        return self._run(lambda: self.consider(observation, memory))

    async def consider(self, observation: Observation, memory: Memory) -> Decision:
        """The same within an event loop; a policy is used in one loop or through `act`, not both."""
        minds = self._minds(observation, memory)
        counts = observation.mask.sum(axis=1)
        action = np.argmax(observation.mask, axis=1).astype(np.int32)
        if self.config.fallback == "random":
            action = pick(observation.mask, observation.uniform(2))
        asked = np.flatnonzero(observation.to_move & (counts > 1)).tolist()
        extras: dict[str, Any] = {}
        if asked:
            answers = await self._ask(observation, asked, minds)
            extras = self._take(observation, asked, answers, action, minds)
        return Decision(action, self._acted(observation, memory, minds, action), extras)

    def recall(self, observation: Observation, memory: Memory, action: npt.NDArray[Any]) -> Memory:
        """The memory after acts that were given to it, without asking the model."""
        return self._acted(observation, memory, self._minds(observation, memory), action)

    def _acted(
        self, observation: Observation, memory: Memory, minds: list[Mind], action: npt.NDArray[Any]
    ) -> Memory:
        chosen = observation.to_move & (observation.mask.sum(axis=1) > 1)
        for k in np.flatnonzero(observation.to_move).tolist():
            minds[k].last = observation.game.action_names[int(action[k])] if chosen[k] else ""
        return self._kept(memory, minds)

    async def _ask(self, observation: Observation, asked: list[int], minds: list[Mind]) -> list[Answer]:
        client = await self._open()
        questions = self._questions(observation, asked, minds)
        return list(await asyncio.gather(*(client.ask(question) for question in questions)))

    def _questions(self, observation: Observation, asked: list[int], minds: list[Mind]) -> list[Question]:
        seeds = observation.words(1)
        uniform = observation.uniform(0)
        return [
            Question(
                lambda form, k=k: render(observation, k, self.setup, minds[k], form),
                int(observation.mask[k].sum()), int(seeds[k] & np.uint64(0x7FFFFFFF)), float(uniform[k]),
            )
            for k in asked
        ]  # fmt: skip

    def _probabilities(self, observation: Observation, memory: Memory) -> npt.NDArray[np.float64]:
        """Probability of each action [R, A], from the model's own; NaN for rows without an answer."""
        mask = observation.mask
        found = np.where(mask.sum(axis=1, keepdims=True) > 1, np.nan, mask.astype(np.float64))
        asked = np.flatnonzero(mask.sum(axis=1) > 1).tolist()
        minds = self._minds(observation, memory)

        async def work() -> list[list[float]]:
            client = await self._open()
            questions = self._questions(observation, asked, minds)
            return list(await asyncio.gather(*(client.chances(question) for question in questions)))

        for k, chances in zip(asked, self._run(work), strict=True):
            if chances:
                found[k] = 0.0
                found[k, self._legal(observation, k)] = chances
        return found

    def _take(
        self, observation: Observation, asked: list[int], answers: list[Answer],
        action: npt.NDArray[np.int32], minds: list[Mind],
    ) -> dict[str, Any]:  # fmt: skip
        """Put answers into actions and minds; returns the extras."""
        rows = len(observation)
        words: list[str | None] = [None] * rows
        thoughts: list[str | None] = [None] * rows
        outcomes: list[tuple[str, str] | None] = [None] * rows
        for k, answer in zip(asked, answers, strict=True):
            outcomes[k] = (answer.outcome, answer.request)
            thoughts[k] = answer.thoughts or None
            if answer.option >= 0:
                action[k] = self._legal(observation, k)[answer.option]
            if self.setup.talk and answer.say:
                words[k] = self._aloud(answer.say, observation, k)
            if self.setup.memory and answer.note:
                minds[k].note = plain(answer.note, NOTE)
        found: dict[str, Any] = {"answers": outcomes}
        if self.setup.talk:
            found["words"] = words
        if self.setup.thoughts:
            found["thoughts"] = thoughts
        return found

    def _legal(self, observation: Observation, row: int) -> npt.NDArray[np.int32]:
        """The legal actions in the order in which the model was shown them."""
        return observation.legal(row)[:: -1 if self.setup.backwards else 1]

    def put(self, questions: Sequence[Question]) -> list[Answer]:
        """Ask what is no decision of a rollout, many at once; nothing is remembered."""

        async def work() -> list[Answer]:
            client = await self._open()
            return list(await asyncio.gather(*(client.ask(question) for question in questions)))

        return self._run(work)

    def _aloud(self, text: str, observation: Observation, row: int) -> str | None:
        """What is passed on of what a model says: one line, and not its own instructions."""
        said = plain(text, SAID)
        instructions = system_text(observation.game, int(observation.seat[row]), self.setup, "json")
        return (WITHHELD if repeats(said, instructions) else said) or None

    # Memory.

    def _minds(self, observation: Observation, memory: Memory) -> list[Mind]:
        """What each row remembers now, with what its latest act brought."""
        minds = [Mind() if memory is None else unpack(memory[k]) for k in range(len(observation))]
        for k, mind in enumerate(minds):
            if observation.first[k]:
                minds[k] = mind = self._begun(mind)
            if observation.to_move[k]:
                self._settle(mind, float(observation.reward[k]))
        return minds

    def _begun(self, mind: Mind) -> Mind:
        """A mind at the start of an episode; across episodes it keeps what the setup lets it keep."""
        if not self.setup.memory:
            return Mind()
        if not mind.past and not mind.last:
            return mind
        return Mind(note=mind.note, earlier=[*mind.earlier, (mind.gained, mind.note)][-EARLIER:])

    def _settle(self, mind: Mind, reward: float) -> None:
        """Book what the latest act brought."""
        if not mind.last:
            return
        mind.gained += reward
        mind.past = [*mind.past, (mind.last, reward)][-max(self.setup.history, 1) :]

    def _kept(self, memory: Memory, minds: list[Mind]) -> Memory:
        if memory is None:
            return None
        return np.stack([pack(mind, memory.shape[1]) for mind in minds])


def _nothing() -> None:
    """What a variant has to stop: the loop is another's."""


def line_bytes(setup: Setup) -> int:
    """Bytes of memory that one row needs; 0 where it needs none."""
    if not setup.history and not setup.memory:
        return 0
    return 512 + 160 * max(setup.history, 1) + setup.memory * (EARLIER + 1) * (4 * NOTE + 64)


def pack(mind: Mind, size: int) -> npt.NDArray[np.uint8]:
    """A mind as bytes; the oldest goes where it does not fit.

    Raises:
        PolicyError: nothing of it fits.
    """
    kept = dataclasses.asdict(mind)
    while True:
        text = json.dumps(list(kept.values()), separators=(",", ":"), ensure_ascii=False).encode()
        if len(text) <= size:
            line = np.zeros(size, np.uint8)
            line[: len(text)] = np.frombuffer(text, np.uint8)
            return line
        longest = max(("past", "earlier"), key=lambda name: len(kept[name]))
        if not kept[longest]:
            raise PolicyError(f"a memory of {len(text)} bytes does not fit {size}")
        kept[longest] = kept[longest][1:]


def unpack(line: npt.NDArray[np.uint8]) -> Mind:
    """The mind in a line of bytes."""
    text = line.tobytes().rstrip(b"\0")
    if not text:
        return Mind()
    past, last, gained, note, earlier = json.loads(text)
    return Mind([(n, g) for n, g in past], last, gained, note, [(g, n) for g, n in earlier])


def repeats(said: str, instructions: str) -> bool:
    """Whether a text repeats `WINDOW` characters of the instructions, whatever the case and spaces."""
    said, instructions = (" ".join(text.casefold().split()) for text in (said, instructions))
    return any(said[k : k + WINDOW] in instructions for k in range(len(said) - WINDOW + 1))
