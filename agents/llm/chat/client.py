"""Asking a chat model for one legal action: rungs, deadlines, trying again, and an account of it all."""

from __future__ import annotations

import asyncio
import dataclasses
import random
from typing import Any, NamedTuple

from gyges.agents.llm.chat import answer_formats
from gyges.agents.llm.chat.backends import Backend, Body, Reply, Trouble, key_of
from gyges.agents.llm.chat.parsing import NOTHING, OUTCOMES, Read, refuses
from gyges.agents.llm.chat.prompts import Prompt, Setup
from gyges.envs.errors import ConfigError, PolicyError

SCORED = ("choices", "logprobs")
"""Rungs that give the probability of every option."""
PATIENCE = 8
"""Turns lost in a row to the server after which each further one gets a single try, until one succeeds."""


@dataclasses.dataclass(frozen=True)
class Terms:
    """How a model is asked."""

    rung: str = "auto"
    """A rung of the ladder, or "auto" for the first that the server can do."""
    temperature: float = 1.0
    """Of sampling; 0 takes the likeliest."""
    max_tokens: int = 0
    """Longest completion in tokens; 0 for 48, or what reasoning and talk need."""
    seeded: bool = True
    """Send a seed, drawn from the policy's own key, so that a server which heeds it gives the same again."""
    asks: int = 3
    """Completions per turn at most: the first, and further ones where none states a legal action."""
    tries: int = 5
    """Calls per completion at most, where the server fails."""
    call: float = 60.0
    """Seconds for one call."""
    turn: float = 180.0
    """Seconds for one decision with everything, from when it is its turn."""
    wait: float = 0.5
    """Seconds before the second try, doubled for each further one, less up to half by chance."""
    concurrency: int = 8
    """Decisions asked at once."""
    price_in: float = 0.0
    """Price of a million prompt tokens."""
    price_out: float = 0.0
    """Price of a million completion tokens."""
    fallback: str = "first"
    """What is done where no legal action was stated: "first" legal action, or a "random" one."""

    def __post_init__(self) -> None:
        if self.rung not in ("auto", *answer_formats.RUNGS):
            raise ConfigError(f"rung is auto, {', '.join(answer_formats.RUNGS)}, not {self.rung!r}")
        if self.fallback not in ("first", "random"):
            raise ConfigError(f"fallback is first or random, not {self.fallback!r}")
        for name, least in (
            ("asks", 1), ("tries", 1), ("concurrency", 1), ("call", 1e-3), ("turn", 1e-3), ("wait", 0.0),
            ("temperature", 0.0), ("max_tokens", 0), ("price_in", 0.0), ("price_out", 0.0),
        ):  # fmt: skip
            if not least <= getattr(self, name) < 1e9:
                raise ConfigError(f"{name} is at least {least:g}, not {getattr(self, name)!r}")


class Answer(NamedTuple):
    """What came of one question."""

    option: int  # position in the prompt's options, -1 where none was stated
    outcome: str  # one of `OUTCOMES`
    rung: str
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
    troubles: dict[str, int] = dataclasses.field(default_factory=dict)
    rungs: dict[str, int] = dataclasses.field(default_factory=dict)
    calls: int = 0
    cached: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    longest: float = 0.0
    """Seconds of the longest turn."""

    def cost(self, terms: Terms) -> float:
        """What the tokens cost at the given prices; those from a cache cost nothing."""
        return (self.prompt_tokens * terms.price_in + self.completion_tokens * terms.price_out) / 1e6

    def as_dict(self, terms: Terms) -> dict[str, Any]:
        """Plain data."""
        return {**dataclasses.asdict(self), "cost": self.cost(terms)}


class Asker:
    """Asks one model, many questions at once. Lives in one event loop.

    Args:
        backend: who completes.
        setup: what the prompts hold.
        terms: how to ask.
    """

    def __init__(self, backend: Backend, setup: Setup, terms: Terms) -> None:
        self.backend = backend
        self.setup = setup
        self.terms = terms
        self.account = Account()
        self.rungs: dict[str, str] | None = backend.rungs
        self.limit = "max_tokens"
        self.left_out: set[str] = set()  # settings that the server does not take
        self._gate = asyncio.Semaphore(terms.concurrency)
        self._probing = asyncio.Lock()
        self._pause = 0.0
        self._lost = 0  # turns in a row
        self._jitter = random.Random(0)

    # The ladder.

    async def prepare(self) -> dict[str, str]:
        """Find out once what the server can do.

        Raises:
            Trouble: it cannot be had.
        """
        async with self._probing:
            if self.rungs is None:
                if self.terms.rung != "auto":
                    self.rungs = {self.terms.rung: answer_formats.OK}
                else:
                    self.rungs = await answer_formats.probe(
                        self._try_once_more, self._body(answer_formats.PROBE, 7, 0)
                    )
        return self.rungs

    async def _try_once_more(self, body: Body) -> Reply:
        """One call of the probe: errors that the rung may be to blame for are tried twice only."""
        deadline = asyncio.get_running_loop().time() + self.terms.turn
        body = {name: value for name, value in body.items() if name not in self.left_out}
        if self.limit not in body and "max_tokens" in body:
            body[self.limit] = body.pop("max_tokens")
        tries = 1 if self._lost >= PATIENCE else self.terms.tries
        try:
            return await self._complete(body, deadline, min(tries, 2))
        except Trouble as trouble:
            other = answer_formats.adjusted(body, trouble)
            if other is not None:
                self._leave_out(body, other)
                return await self._try_once_more(other)
            if trouble.kind in ("rate", "timeout", "connection", "body") and tries > 2:
                return await self._complete(body, deadline, tries - 2)
            raise

    def _leave_out(self, sent: Body, other: Body) -> None:
        """Remember what the server does not take."""
        if "max_completion_tokens" in other:
            self.limit = "max_completion_tokens"
        self.left_out |= {name for name in ("seed", "temperature") if name in sent and name not in other}

    def rung_for(self, options: int) -> str:
        """The first rung that the server can do and that can carry so many options."""
        if self.terms.rung != "auto" and answer_formats.fits(self.terms.rung, options, self.setup):
            return self.terms.rung
        able = self.rungs or {}
        return next(
            (
                r
                for r in answer_formats.RUNGS
                if able.get(r) == answer_formats.OK and answer_formats.fits(r, options, self.setup)
            ),
            "text",
        )

    # Calls.

    def _body(self, prompt: Prompt, seed: int, again: int) -> Body:
        terms, setup = self.terms, self.setup
        room = terms.max_tokens or (
            48 + 600 * setup.thoughts + 120 * setup.talk + 120 * setup.memory
        )  # fmt: skip
        body: Body = {
            "model": self.backend.model,
            "messages": prompt.messages,
            "temperature": terms.temperature,
            self.limit: room,
        }
        if terms.seeded:
            body["seed"] = (seed + again) & 0x7FFFFFFF
        return {name: value for name, value in body.items() if name not in self.left_out}

    async def _complete(self, body: Body, deadline: float, tries: int) -> Reply:
        """One completion, by as many calls as it takes.

        Raises:
            Trouble: the last one, when tries or time have run out.
        """
        loop, terms, account = asyncio.get_running_loop(), self.terms, self.account
        for number in range(tries):
            pause = self._pause - loop.time()
            if pause > 0:
                if loop.time() + pause >= deadline:
                    raise Trouble("rate", "the server asked to wait beyond the turn")
                await asyncio.sleep(pause)
            left = deadline - loop.time()
            if left <= 0:
                raise Trouble("timeout", f"no answer within the turn's {terms.turn:g} s")
            seconds, begun = min(terms.call, left), loop.time()
            account.calls += 1
            try:
                async with asyncio.timeout(seconds):
                    reply = await self.backend.complete(body, seconds)
            except TimeoutError:
                trouble = Trouble("timeout", f"no answer within {seconds:.3g} s")
            except Trouble as found:
                trouble = found
            else:
                self._book(reply, loop.time() - begun)
                return reply
            account.seconds += loop.time() - begun
            account.troubles[trouble.kind] = account.troubles.get(trouble.kind, 0) + 1
            if not trouble.again or number + 1 == tries:
                raise trouble
            wait = terms.wait * 2**number * (1 - 0.5 * self._jitter.random())
            if trouble.retry_after is not None:
                wait = trouble.retry_after * (1 + 0.1 * self._jitter.random())
                self._pause = max(self._pause, loop.time() + trouble.retry_after)
            if loop.time() + wait >= deadline:
                raise trouble
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

    # Questions.

    async def ask(self, question: Question) -> Answer:
        """One decision, when its turn comes; never raises for what a server or a model does."""
        loop, account = asyncio.get_running_loop(), self.account
        async with self._gate:
            begun = loop.time()
            answer = await self._ask(question)
            account.longest = max(account.longest, loop.time() - begun)
        account.outcomes[answer.outcome] += 1
        account.rungs[answer.rung] = account.rungs.get(answer.rung, 0) + 1
        self._lost = self._lost + 1 if answer.outcome == "infrastructure" else 0
        return answer

    async def _ask(self, question: Question) -> Answer:
        deadline = asyncio.get_running_loop().time() + self.terms.turn
        rung = ""
        try:
            async with asyncio.timeout_at(deadline):
                await self.prepare()
            rung = self.rung_for(question.options)
            return await self._rounds(question, rung, deadline)
        except (Trouble, TimeoutError) as trouble:
            return Answer(-1, "infrastructure", rung, "", 0, detail=str(trouble))

    async def _rounds(self, question: Question, rung: str, deadline: float) -> Answer:
        """Ask until a legal action is stated, as often as the terms allow."""
        prompt = question.prompt(answer_formats.form_of(rung))
        body = self._body(prompt, question.seed, 0)
        outcome, detail, last, request, calls = "illegal", "", NOTHING, "", 0
        while calls < self.terms.asks:
            sent = answer_formats.dressed(body, rung, prompt, self.setup)
            request = key_of(self.backend.url, sent)
            try:
                reply = await self._complete(
                    sent, deadline, 1 if self._lost >= PATIENCE else self.terms.tries
                )
            except Trouble as trouble:
                other = self._mended(sent, trouble, question, rung)
                if other is not None:
                    rung, prompt = other
                    body = self._body(prompt, question.seed, calls)
                    continue
                if calls == 0:
                    return Answer(-1, "infrastructure", rung, request, calls, detail=str(trouble))
                detail = f"{detail}; then {trouble}"
                break
            calls += 1
            said = answer_formats.read_reply(reply, rung, prompt, question.uniform, self.terms.temperature)
            if said.option >= 0:
                found = "ok" if calls == 1 and said.strict else "repaired"
                return _answer(said, found, rung, request, calls)
            outcome, detail, last = _fault(reply), reply.text[:200], said
            if rung == "logprobs":  # no label among the likeliest tokens: ask in words
                rung = "text"
                prompt = question.prompt("text")
                body = self._body(prompt, question.seed, calls)
                continue
            body = self._again(prompt, reply, question.seed, calls)
        return _answer(last._replace(option=-1), outcome, rung, request, calls, detail)

    def _again(self, prompt: Prompt, reply: Reply, seed: int, calls: int) -> Body:
        """The request that follows an answer without a legal choice."""
        most = len(prompt.labels)
        what = f"a number from 1 to {most}" if prompt.labels[:1] != ("A",) else "one of the letters"
        form = "only the JSON object" if prompt.form == "json" else "the line CHOICE: and the number"
        body = self._body(prompt, seed, calls)
        body["messages"] = [
            *prompt.messages,
            {"role": "assistant", "content": (reply.text or reply.refusal)[:1000]},
            {
                "role": "user",
                "content": f"That states none of the listed actions. Choose {what}; write {form}.",
            },
        ]
        return body

    def _mended(
        self, sent: Body, trouble: Trouble, question: Question, rung: str
    ) -> tuple[str, Prompt] | None:
        """After a refused request: how to ask instead, or None where that is not to blame."""
        other = answer_formats.adjusted(sent, trouble)
        if other is not None:
            self._leave_out(sent, other)
            return rung, question.prompt(answer_formats.form_of(rung))
        if trouble.kind == "request" and rung != "text" and self.terms.rung == "auto" and self.rungs:
            self.rungs[rung] = f"error {trouble.status}"
            lower = self.rung_for(question.options)
            return lower, question.prompt(answer_formats.form_of(lower))
        return None

    async def chances(self, question: Question) -> list[float]:
        """Probability of each option, where the rung gives it; empty where it does not or no answer came."""
        rung = self.terms.rung
        if rung not in SCORED or not answer_formats.fits(rung, question.options, self.setup):
            return []
        prompt = question.prompt("label")
        sent = answer_formats.dressed(self._body(prompt, question.seed, 0), rung, prompt, self.setup)
        async with self._gate:
            deadline = asyncio.get_running_loop().time() + self.terms.turn
            try:
                reply = await self._complete(sent, deadline, self.terms.tries)
            except Trouble:
                return []
        return answer_formats.label_chances(reply, prompt, self.terms.temperature)

    async def start(self) -> None:
        """Probe the server now, to fail early.

        Raises:
            PolicyError: it cannot be had.
        """
        try:
            await self.prepare()
        except (Trouble, TimeoutError) as trouble:
            raise PolicyError(f"{self.backend.model} at {self.backend.url}: {trouble}") from None


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


def _answer(said: Read, outcome: str, rung: str, request: str, calls: int, detail: str = "") -> Answer:
    return Answer(said.option, outcome, rung, request, calls, said.thoughts, said.say, said.note, detail)


def _fault(reply: Reply) -> str:
    """Why a completion states no legal action."""
    if reply.refusal or reply.finish == "content_filter" or refuses(reply.text):
        return "refusal"
    return "truncated" if reply.finish == "length" else "illegal"
