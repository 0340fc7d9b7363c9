"""Asking a chat model for one legal action: formats, deadlines, trying again, and an account of it all."""

from __future__ import annotations

import asyncio
import dataclasses
import random
from typing import Annotated, Any, NamedTuple

from msgspec import Meta

from gyges.agents.llm.chat import answer_formats
from gyges.agents.llm.chat.backends import Backend, BackendError, Body, Reply, key_of, limit_of
from gyges.agents.llm.chat.budget import Budget
from gyges.agents.llm.chat.parsing import NO_ANSWER, OUTCOMES, ParsedAnswer, after_thinking, refuses
from gyges.agents.llm.chat.prompts import Prompt, Setup
from gyges.envs.errors import ConfigError, PolicyError
from gyges.envs.options import check_options

WITH_PROBABILITIES = ("choices", "logprobs")
"""Formats that give the probability of every option."""
BABBLE = 512
"""Tokens that an answer may have at most after one was cut off."""
REASONING_ROOM = 16_384
"""The same for a model that reasons before it answers."""
STUBBORN = 3
"""Requests in a row refused in one format, for whatever reason, after which it is left for good."""
PATIENCE = 8
"""Turns lost in a row to the server after which each further one gets a single try, until one succeeds."""


@dataclasses.dataclass(frozen=True)
class ClientConfig:
    """How a model is asked."""

    answer_format: str = "auto"
    """One of `answer_formats.FORMATS`, or "auto" for the first that the server can do."""
    temperature: Annotated[float, Meta(ge=0, lt=1e9)] = 1.0
    """Of sampling; 0 takes the likeliest."""
    max_tokens: Annotated[int, Meta(ge=0, lt=1 << 30)] = 0
    """Longest completion in tokens; 0 for 48, or what thoughts and talk need, and more once an answer was cut
    off: up to `BABBLE` tokens, and up to `REASONING_ROOM` where the model reasons first."""
    seeded: bool = True
    """Send a seed, drawn from the policy's own key, so that a server which heeds it gives the same again."""
    asks: Annotated[int, Meta(ge=1, lt=1 << 30)] = 3
    """Completions per turn at most: the first, and further ones where none states a legal action."""
    tries: Annotated[int, Meta(ge=1, lt=1 << 30)] = 5
    """Calls per completion at most, where the server fails."""
    call: Annotated[float, Meta(ge=1e-3, lt=1e9)] = 120.0
    """Seconds for one call."""
    turn: Annotated[float, Meta(ge=1e-3, lt=1e9)] = 360.0
    """Seconds for one decision with everything, from when it is its turn."""
    wait: Annotated[float, Meta(ge=0, lt=1e9)] = 0.5
    """Seconds before the second try, doubled for each further one, less up to half by chance."""
    concurrency: Annotated[int, Meta(ge=1, lt=1 << 30)] = 8
    """Decisions asked at once."""
    price_in: Annotated[float, Meta(ge=0, lt=1e9)] = 0.0
    """Price of a million prompt tokens."""
    price_out: Annotated[float, Meta(ge=0, lt=1e9)] = 0.0
    """Price of a million completion tokens."""
    fallback: str = "first"
    """What is done where no legal action was stated: "first" legal action, or a "random" one."""

    def __post_init__(self) -> None:
        if self.answer_format not in ("auto", *answer_formats.FORMATS):
            raise ConfigError(
                f"answer_format is auto, {', '.join(answer_formats.FORMATS)}, not {self.answer_format!r}"
            )
        if self.fallback not in ("first", "random"):
            raise ConfigError(f"fallback is first or random, not {self.fallback!r}")
        check_options(self)


class Answer(NamedTuple):
    """What came of one question."""

    option: int  # position in the prompt's options, -1 where none was stated
    outcome: str  # one of `OUTCOMES`
    answer_format: str
    request: str  # SHA-256 (hex) of the last request
    calls: int
    thoughts: str = ""
    say: str = ""
    note: str = ""
    detail: str = ""  # what went wrong, for a log


@dataclasses.dataclass
class Account:
    """Tokens, calls and outcomes so far."""

    outcomes: dict[str, int] = dataclasses.field(default_factory=lambda: dict.fromkeys(OUTCOMES, 0))
    errors: dict[str, int] = dataclasses.field(default_factory=dict)
    formats: dict[str, int] = dataclasses.field(default_factory=dict)
    calls: int = 0
    cached: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    reasoning_tokens: int = 0
    """Those of the completions' tokens that were reasoning, where the server says so."""
    seconds: float = 0.0
    longest: float = 0.0
    """Seconds of the longest turn."""

    def cost(self, config: ClientConfig) -> float:
        """What the tokens cost at the given prices; those from a cache cost nothing."""
        return (self.prompt_tokens * config.price_in + self.completion_tokens * config.price_out) / 1e6

    def as_dict(self, config: ClientConfig) -> dict[str, Any]:
        """Plain data."""
        return {**dataclasses.asdict(self), "cost": self.cost(config)}


class ChatClient:
    """Asks one model, many questions at once. Lives in one event loop.

    Args:
        backend: who completes.
        setup: what the prompts hold.
        config: how to ask.
        budget: what may be spent; `ask` raises BudgetError once it is.
    """

    def __init__(
        self, backend: Backend, setup: Setup, config: ClientConfig, budget: Budget | None = None
    ) -> None:
        self.backend = backend
        self.setup = setup
        self.config = config
        self.budget = budget or Budget()
        self.account = Account()
        self.formats: dict[str, str] | None = backend.formats
        self.limit = "max_tokens"
        self.left_out: set[str] = set()  # what the server does not take: seed, temperature, system, schema
        self.room = 0  # tokens that answers turned out to need
        self.most = REASONING_ROOM  # tokens that the server allows
        self._refused: dict[str, int] = {}  # requests in a row, by format
        self._gate = asyncio.Semaphore(config.concurrency)
        self._probing = asyncio.Lock()
        self._pause = 0.0
        self._lost = 0  # turns in a row
        self._jitter = random.Random(0)

    # Answer formats.

    def learn(self, other: ChatClient) -> None:
        """Take over what another client of the same server has found out about it."""
        self.formats = None if other.formats is None else dict(other.formats)
        self.limit, self.left_out = other.limit, set(other.left_out)
        self.room, self.most = other.room, other.most

    async def prepare(self) -> dict[str, str]:
        """Find out once what the server can do.

        Raises:
            BackendError: it cannot be had.
        """
        async with self._probing:
            if self.formats is None:
                if self.config.answer_format != "auto":
                    self.formats = {self.config.answer_format: answer_formats.OK}
                else:
                    self.formats = await answer_formats.probe(self._probe_call)
        return self.formats

    async def _probe_call(self, prompt: Prompt, answer_format: str) -> Reply:
        """One call of the probe: errors that the format may be to blame for are tried twice only."""
        deadline = asyncio.get_running_loop().time() + self.config.turn
        tries = 1 if self._lost >= PATIENCE else self.config.tries
        sent = self._sent(self._body(prompt, 7, 0), answer_format, prompt, Setup(history=0))
        try:
            reply = await self._complete(sent, deadline, min(tries, 2))
        except BackendError as error:
            other = answer_formats.adjusted(sent, error)
            if other is not None:
                self._leave_out(sent, other)
                return await self._probe_call(prompt, answer_format)
            if error.kind in ("rate", "timeout", "connection", "body") and tries > 2:
                return await self._complete(sent, deadline, tries - 2)
            raise
        if answer_format != "logprobs" and self._needs_room(reply, sent):
            return await self._probe_call(prompt, answer_format)
        return reply

    def _leave_out(self, sent: Body, other: Body) -> None:
        """Remember what the server does not take."""
        if "max_completion_tokens" in other:
            self.limit = "max_completion_tokens"
        self.left_out |= {name for name in ("seed", "temperature") if name in sent and name not in other}
        if other["messages"][0]["role"] != sent["messages"][0]["role"]:
            self.left_out.add("system")
        if other.get("response_format") != sent.get("response_format"):
            self.left_out.add("schema")
        limit = limit_of(other)
        if other[limit] < sent[limit_of(sent)]:
            self.most = other[limit]

    def _needs_room(self, reply: Reply, sent: Body) -> bool:
        """Whether an answer was cut off and the next may be longer; remembers by how much."""
        if reply.finish != "length" or self.config.max_tokens:
            return False
        had = int(sent[limit_of(sent)])
        reasons = reply.reasoning or reply.reasoning_tokens or not reply.text.strip()
        if reasons or after_thinking(reply.text)[0]:
            self.room = max(self.room, 4096, 4 * had)
        else:
            self.room = max(self.room, min(4 * had, BABBLE))
        return self._room() > had

    def _room(self) -> int:
        """Tokens that a completion may have."""
        setup = self.setup
        least = 48 + 600 * setup.thoughts + 120 * setup.talk + 120 * setup.memory
        return self.config.max_tokens or min(max(least, self.room), self.most)

    def format_for(self, options: int, below: str = "") -> str:
        """The first format that the server can do and that can carry the options; or the next below one."""
        asked, able = self.config.answer_format, self.formats or {}
        if asked != "auto" and answer_formats.carries(asked, options, self.setup):
            return asked
        every = answer_formats.FORMATS
        for name in every[every.index(below) + 1 :] if below else every:
            if able.get(name) == answer_formats.OK and answer_formats.carries(name, options, self.setup):
                return name
        return "text"

    # Calls.

    def _body(self, prompt: Prompt, seed: int, again: int) -> Body:
        config = self.config
        body: Body = {
            "model": self.backend.model,
            "messages": prompt.messages,
            "temperature": config.temperature,
            self.limit: self._room(),
        }
        if config.seeded:
            body["seed"] = (seed + again) & 0x7FFFFFFF
        return {name: value for name, value in body.items() if name not in self.left_out}

    def _sent(self, body: Body, answer_format: str, prompt: Prompt, setup: Setup) -> Body:
        """A request as this server takes it."""
        sent = answer_formats.with_format(body, answer_format, prompt, setup)
        if "system" in self.left_out and sent["messages"][0]["role"] == "system":
            sent = {**sent, "messages": answer_formats.folded(sent["messages"])}
        if "schema" in self.left_out and "schema" in sent.get("response_format", {}):
            sent = {**sent, "response_format": {"type": "json_object"}}
        return sent

    async def _complete(self, body: Body, deadline: float, tries: int) -> Reply:
        """One completion, by as many calls as it takes.

        Raises:
            BackendError: the last one, when tries or time have run out.
        """
        loop, config, account = asyncio.get_running_loop(), self.config, self.account
        for number in range(tries):
            pause = self._pause - loop.time()
            if pause > 0:
                if loop.time() + pause >= deadline:
                    raise BackendError("rate", "the server asked to wait beyond the turn")
                await asyncio.sleep(pause)
            left = deadline - loop.time()
            if left <= 0:
                raise BackendError("timeout", f"no answer within the turn's {config.turn:g} s")
            seconds, begun = min(config.call, left), loop.time()
            while self.budget.waits(body):
                await asyncio.sleep(0.01)
            held, reply = self.budget.take(body), None
            account.calls += 1
            try:
                async with asyncio.timeout(seconds):
                    reply = await self.backend.complete(body, seconds)
            except TimeoutError:
                error = BackendError("timeout", f"no answer within {seconds:.3g} s")
            except BackendError as found:
                error = found
            else:
                self._book(reply, loop.time() - begun)
                return reply
            finally:
                self.budget.book(held, body, reply)
            account.seconds += loop.time() - begun
            account.errors[error.kind] = account.errors.get(error.kind, 0) + 1
            if not error.retryable or number + 1 == tries:
                raise error
            wait = config.wait * 2**number * (1 - 0.5 * self._jitter.random())
            if error.retry_after is not None:
                wait = error.retry_after * (1 + 0.1 * self._jitter.random())
                self._pause = max(self._pause, loop.time() + error.retry_after)
            if loop.time() + wait >= deadline:
                raise error
            await asyncio.sleep(wait)
        raise AssertionError("unreachable")

    def _book(self, reply: Reply, seconds: float) -> None:
        account = self.account
        account.seconds += seconds
        if reply.cached:
            account.cached += 1
            return
        account.prompt_tokens += reply.prompt_tokens
        account.completion_tokens += reply.completion_tokens
        account.reasoning_tokens += reply.reasoning_tokens

    # Questions.

    async def ask(self, question: Question) -> Answer:
        """One decision, when its turn comes; never raises for what a server or a model does."""
        loop, account = asyncio.get_running_loop(), self.account
        async with self._gate:
            begun = loop.time()
            answer = await self._ask(question)
            account.longest = max(account.longest, loop.time() - begun)
        account.outcomes[answer.outcome] += 1
        account.formats[answer.answer_format] = account.formats.get(answer.answer_format, 0) + 1
        self._lost = self._lost + 1 if answer.outcome == "infrastructure" else 0
        return answer

    async def _ask(self, question: Question) -> Answer:
        deadline = asyncio.get_running_loop().time() + self.config.turn
        answer_format = ""
        try:
            async with asyncio.timeout_at(deadline):
                await self.prepare()
            answer_format = self.format_for(question.options)
            return await self._rounds(question, answer_format, deadline)
        except (BackendError, TimeoutError) as error:
            return Answer(-1, "infrastructure", answer_format, "", 0, detail=str(error))

    async def _rounds(self, question: Question, answer_format: str, deadline: float) -> Answer:
        """Ask until a legal action is stated, as often as the configuration allows."""
        prompt = question.prompt(answer_formats.form_of(answer_format))
        body = self._body(prompt, question.seed, 0)
        outcome, detail, last, request, calls = "illegal", "", NO_ANSWER, "", 0
        while calls < self.config.asks:
            sent = self._sent(body, answer_format, prompt, self.setup)
            request = key_of(self.backend.url, sent)
            try:
                reply = await self._complete(
                    sent, deadline, 1 if self._lost >= PATIENCE else self.config.tries
                )
            except BackendError as error:
                other = self._mended(sent, error, question, answer_format)
                if other is not None:
                    answer_format, prompt = other
                    body = self._body(prompt, question.seed, calls)
                    continue
                if calls == 0:
                    return Answer(-1, "infrastructure", answer_format, request, calls, detail=str(error))
                detail = f"{detail}; then {error}"
                break
            calls += 1
            self._refused.pop(answer_format, None)
            said = answer_formats.read_reply(
                reply, answer_format, prompt, question.uniform, self.config.temperature
            )
            if said.option >= 0:
                found = "ok" if calls == 1 and said.strict else "repaired"
                return _answer(said, found, answer_format, request, calls)
            outcome, detail, last = _fault(reply), reply.text[:200], said
            if answer_format not in WITH_PROBABILITIES and self._needs_room(reply, sent):
                body = self._body(prompt, question.seed, calls)
                continue
            if answer_format == "logprobs":  # no label among the likeliest tokens: ask in words
                answer_format = "text"
                prompt = question.prompt("text")
                body = self._body(prompt, question.seed, calls)
                continue
            body = self._again(prompt, reply, question.seed, calls)
        return _answer(last._replace(option=-1), outcome, answer_format, request, calls, detail)

    def _again(self, prompt: Prompt, reply: Reply, seed: int, calls: int) -> Body:
        """The request that follows an answer without a legal choice."""
        most = len(prompt.labels)
        what = f"a number from 1 to {most}" if prompt.labels[:1] != ("A",) else "one of the letters"
        form = "only the JSON object" if prompt.form == "json" else "the line CHOICE: and the number"
        body = self._body(prompt, seed, calls)
        body["messages"] = [
            *prompt.messages,
            {"role": "assistant", "content": (reply.text or reply.refusal)[:1000] or "(nothing)"},
            {
                "role": "user",
                "content": f"That states none of the listed actions. Choose {what}; write {form}.",
            },
        ]
        return body

    def _mended(
        self, sent: Body, error: BackendError, question: Question, answer_format: str
    ) -> tuple[str, Prompt] | None:
        """After a refused request: how to ask instead, or None where that is not to blame."""
        other = answer_formats.adjusted(sent, error)
        if other is not None:
            self._leave_out(sent, other)
            return answer_format, question.prompt(answer_formats.form_of(answer_format))
        auto = self.config.answer_format == "auto" and self.formats
        if error.kind != "request" or answer_format == "text" or not auto:
            return None
        self._refused[answer_format] = self._refused.get(answer_format, 0) + 1
        lower = self.format_for(question.options, below=answer_format)
        if answer_formats.refused_as_such(error, answer_format) or self._refused[answer_format] >= STUBBORN:
            assert self.formats is not None
            self.formats[answer_format] = f"error {error.status}"
        return lower, question.prompt(answer_formats.form_of(lower))

    async def chances(self, question: Question) -> list[float]:
        """Probability of each option, where the format gives it; empty without one or an answer."""
        answer_format = self.config.answer_format
        if answer_format not in WITH_PROBABILITIES or not answer_formats.carries(
            answer_format, question.options, self.setup
        ):
            return []
        prompt = question.prompt("label")
        sent = self._sent(self._body(prompt, question.seed, 0), answer_format, prompt, self.setup)
        async with self._gate:
            deadline = asyncio.get_running_loop().time() + self.config.turn
            try:
                reply = await self._complete(sent, deadline, self.config.tries)
            except BackendError:
                return []
        return answer_formats.label_chances(reply, prompt, self.config.temperature)

    async def start(self) -> None:
        """Probe the server now, to fail early.

        Raises:
            PolicyError: it cannot be had.
        """
        try:
            await self.prepare()
        except (BackendError, TimeoutError) as error:
            raise PolicyError(f"{self.backend.model} at {self.backend.url}: {error}") from None


class Question(NamedTuple):
    """One decision to be asked for."""

    prompts: Any  # function(form) -> Prompt
    options: int  # number of legal actions
    seed: int
    uniform: float

    def prompt(self, form: str) -> Prompt:
        """The prompt in a form."""
        made: Prompt = self.prompts(form)
        return made


def _answer(
    said: ParsedAnswer, outcome: str, answer_format: str, request: str, calls: int, detail: str = ""
) -> Answer:
    return Answer(
        said.option, outcome, answer_format, request, calls, said.thoughts, said.say, said.note, detail
    )


def _fault(reply: Reply) -> str:
    """Why a completion states no legal action."""
    if reply.refusal or reply.finish == "content_filter" or refuses(reply.text):
        return "refusal"
    return "truncated" if reply.finish == "length" else "illegal"
