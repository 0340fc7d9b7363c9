"""Sixty emulated chat servers: six ways on the wire times ten kinds of models, and what is true of each turn.

A turn is drawn: the model states an action, declines, declines and quotes one, talks of something else, is
cut off, or is filtered; or the server fails in one of many ways. What must come of it is known from the draw,
and is compared with what the client makes of it.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import random
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

from fake_server import FakeServer

from gyges.agents.llm.chat.backends import FINISH
from gyges.agents.llm.chat.client import ChatClient, ClientConfig, Question
from gyges.agents.llm.chat.openai_backend import Server
from gyges.agents.llm.chat.parsing import REASONING
from gyges.agents.llm.chat.prompts import Prompt, Setup

OPTIONS = ("pass", "fish 1 tonne", "fish 2 tonnes", "fish 12 tonnes", "accuse Brisk", "stay in harbour")
NUMBERS = tuple("123456")
Message = dict[str, Any]
Answered = tuple[int, dict[str, str], bytes]

# On the wire.


def body_of(message: Message, finish: str) -> dict[str, Any]:
    usage = {"prompt_tokens": 90, "completion_tokens": 9}
    return {"model": "m", "choices": [{"message": message, "finish_reason": finish}], "usage": usage}


def plain(message: Message, finish: str) -> Answered:
    return 200, {}, json.dumps(body_of(message, finish)).encode()


def as_text(message: Message, finish: str) -> Answered:
    return 200, {"Content-Type": "text/plain; charset=utf-8"}, plain(message, finish)[2]


def packed(message: Message, finish: str) -> Answered:
    return 200, {"Content-Encoding": "gzip"}, gzip.compress(plain(message, finish)[2])


def in_parts(message: Message, finish: str) -> Answered:
    text = message.get("content") or ""
    parts = [{"type": "text", "text": text[:5]}, {"type": "text", "text": text[5:]}]
    return plain({**message, "content": parts}, finish)


def bare(message: Message, finish: str) -> Answered:
    """Without usage, name or role, and with keys that nobody knows."""
    data = {"choices": [{"message": message, "finish_reason": finish, "index": 0, "x": [{}]}], "x": None}
    return 200, {"Content-Type": "application/json; charset=utf-8"}, json.dumps(data).encode()


def streamed(message: Message, finish: str) -> Answered:
    """A stream of chunks that nobody asked for."""
    text = message.get("content") or ""
    deltas: list[Message] = [{"role": "assistant"}]
    deltas += [{"content": text[k : k + 4]} for k in range(0, len(text), 4)]
    deltas += [{"reasoning_content": message["reasoning_content"]}] if "reasoning_content" in message else []
    for index, call in enumerate(message.get("tool_calls", [])):
        arguments = call["function"]["arguments"]
        arguments = arguments if isinstance(arguments, str) else json.dumps(arguments)
        for part in ({"name": "act"}, {"arguments": arguments[:6]}, {"arguments": arguments[6:]}):
            deltas.append({"tool_calls": [{"index": index, "function": part}]})
    chunks = [{"choices": [{"delta": delta, "finish_reason": None}]} for delta in deltas]
    chunks.append({"choices": [{"delta": {}, "finish_reason": finish}]})
    lines = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks] + ["data: [DONE]\n\n"]
    return 200, {"Content-Type": "text/event-stream"}, "".join(lines).encode()


WIRES: tuple[Callable[[Message, str], Answered], ...] = (plain, as_text, packed, in_parts, bare, streamed)

# Models.


class Kind(NamedTuple):
    """A kind of model: the format it is asked in, and how it says a number, whole or cut off."""

    name: str
    answer_format: str
    say: Callable[[random.Random, int], Message]


def other(rng: random.Random, k: int) -> int:
    return rng.choice([n for n in range(1, 7) if n != k])


def in_json(k: int) -> str:
    return json.dumps({"choice": k})


def calls(*arguments: Any) -> Message:
    return {"content": None, "tool_calls": [{"function": {"name": "act", "arguments": a}} for a in arguments]}


def thinking(rng: random.Random, k: int, answer: str, wrong: str) -> Message:
    begin, end = (rng.choice([str, str.lower, str.upper])(mark) for mark in rng.choice(REASONING))
    lead = rng.choice(["", "", "Okay. ", "Well,\n"])
    return {"content": f"{lead}{begin}\n{wrong}\n{end}\n{answer}"}


KINDS = (
    Kind("schema", "json_schema", lambda rng, k: {"content": in_json(k)}),
    Kind("fenced JSON", "json_object", lambda rng, k: {"content": f"```json\n{in_json(k)}\n```"}),
    Kind("JSON in JSON", "json_object", lambda rng, k: {"content": json.dumps(in_json(k))}),
    Kind("text", "text",
         lambda rng, k: {"content": rng.choice([f"CHOICE: {k}", f"**Choice:** {k}", f"{k}."])}),
    Kind("tool", "tool", lambda rng, k: calls(in_json(k))),
    Kind("tool, object", "tool", lambda rng, k: calls({"choice": k})),
    Kind("tool, twice", "tool", lambda rng, k: calls(*[json.dumps(in_json(k))] * rng.choice([1, 2]))),
    Kind("reasons in marks, text", "text",
         lambda rng, k: thinking(rng, k, f"CHOICE: {k}", f"CHOICE: {other(rng, k)}")),
    Kind("reasons in marks, JSON", "json_schema",
         lambda rng, k: thinking(rng, k, in_json(k), in_json(other(rng, k)))),
    Kind("reasons apart", "text",
         lambda rng, k: {"content": f"CHOICE: {k}", "reasoning_content": f"CHOICE: {other(rng, k)}"}),
)  # fmt: skip

# Turns.


class Turn(NamedTuple):
    """What happens in a turn, and what must come of it."""

    kind: str
    option: int
    outcomes: tuple[str, ...]
    answer: Any  # as `FakeServer` takes it


def turn(rng: random.Random, kind: Kind, wire: Callable[[Message, str], Answered]) -> Turn:
    """Draw a turn."""
    k = rng.randrange(1, 7)
    what = rng.choices(list(EVENTS), [weight for weight, _ in EVENTS.values()])[0]
    option, outcomes, answer = EVENTS[what][1](rng, k, kind, wire)
    return Turn(what, option, outcomes, answer)


Drawn = tuple[int, tuple[str, ...], Any]


def says(rng: random.Random, k: int, kind: Kind, wire: Any) -> Drawn:
    finish = rng.choice(["stop", "end_turn", "STOP", "eos", "tool_calls"])
    return k - 1, ("ok", "repaired"), wire(kind.say(rng, k), finish)


def declines(rng: random.Random, k: int, kind: Kind, wire: Any) -> Drawn:
    text = rng.choice(
        ["I'm sorry, but I can't help with that.", "I cannot take part in this.", "I must decline."]
    )
    outcomes = ("refusal",) if "must" not in text else ("refusal", "illegal")
    return -1, outcomes, wire({"content": text}, "stop")


def declines_by_field(rng: random.Random, k: int, kind: Kind, wire: Any) -> Drawn:
    return -1, ("refusal",), plain({"content": rng.choice([None, f"CHOICE: {k}"]), "refusal": "No."}, "stop")


def quotes(rng: random.Random, k: int, kind: Kind, wire: Any) -> Drawn:
    text = rng.choice(
        [
            f"I can't help with that. The answer would be {in_json(k)}.",
            f"I must decline.\nCHOICE: {k}",
            f"The format is {in_json(k)}, but I will not give one.",
            f"An answer looks like this, for example:\nCHOICE: {k}",
            f"I would never do {k}.",
            f"Either CHOICE: {k} or CHOICE: {other(rng, k)}",
        ]
    )
    return -1, ("refusal", "illegal"), wire({"content": text}, "stop")


def rambles(rng: random.Random, k: int, kind: Kind, wire: Any) -> Drawn:
    text = rng.choice(
        ["Fishing is fun.", "", f"{k} and {other(rng, k)}", in_json(k + 6), f"CHOICE: {k}{k}", "null"]
    )
    return -1, ("illegal",), wire({"content": text}, "stop")


def unfinished(rng: random.Random, k: int, kind: Kind, wire: Any) -> Drawn:
    """Cut off within reasoning, or before the number is surely whole."""
    begin = rng.choice(REASONING)[0]
    finish = rng.choice(FINISH["length"])
    finish = rng.choice([finish, finish.upper()])
    if kind.answer_format == "tool" and wire is not in_parts:
        return -1, ("truncated",), wire(calls('{"choice": '), finish)
    text = rng.choice([f"{begin}\nCHOICE: {k}\n{in_json(k)}", '{"choice": ' + str(k), f"CHOICE: {k}", ""])
    return -1, ("truncated",), wire({"content": text}, finish)


def silently_cut(rng: random.Random, k: int, kind: Kind, wire: Any) -> Drawn:
    """The reason given is another one; the tokens tell."""
    data = {**body_of({"content": f"CHOICE: {k}"}, "stop"), "usage": {"completion_tokens": 4096}}
    return -1, ("truncated",), (200, {}, json.dumps(data).encode())


def is_filtered(rng: random.Random, k: int, kind: Kind, wire: Any) -> Drawn:
    if rng.random() < 0.5:
        return -1, ("refusal",), wire({"content": ""}, rng.choice(FINISH["content_filter"]))
    errors = [
        {"error": {"code": "content_filter", "message": "The response was filtered."}},
        {"error": {"message": "x", "innererror": {"code": "ResponsibleAIPolicyViolation"}}},
        {"code": "DataInspectionFailed", "message": "Input data may contain inappropriate content."},
    ]
    return -1, ("refusal",), (400, {}, json.dumps(rng.choice(errors)).encode())


def fails(rng: random.Random, k: int, kind: Kind, wire: Any) -> Drawn:
    whole = {"content": in_json(k)}
    errors = [b'{"error": {"message": "no"}}', b'{"detail": "no"}', b"no", b"", b"<html>no</html>", b"\xff"]
    answer = rng.choice(
        [
            *((status, {}, rng.choice(errors)) for status in (500, 502, 503, 529, 429, 401, 404, 402, 400)),
            wire(whole, rng.choice(FINISH["error"])),
            (200, {}, b'{"error": {"message": "overloaded"}}'),
            (200, {"Content-Type": "text/html"}, b"<html>gateway</html>"),
            (200, {}, plain(whole, "stop")[2][:-9]),
            (200, {"Content-Encoding": "gzip"}, gzip.compress(b" " * (3 << 20))),
            (307, {"Location": "http://192.0.2.1/v1/chat/completions"}, b""),
            "half-body", "closed", "empty-choices",
        ]
    )  # fmt: skip
    return -1, ("infrastructure",), answer


EVENTS: dict[str, tuple[float, Callable[[random.Random, int, Kind, Any], Drawn]]] = {
    "says": (8, says),
    "declines": (1, declines),
    "declines by field": (1, declines_by_field),
    "quotes": (2, quotes),
    "rambles": (1, rambles),
    "unfinished": (2, unfinished),
    "silently cut": (1, silently_cut),
    "filtered": (1, is_filtered),
    "fails": (3, fails),
}
"""What can happen, how often, and how it is drawn."""


class Found(NamedTuple):
    """What came of a server's turns."""

    events: Counter[str]
    invented: list[str]  # actions that were not stated, or other ones
    lost: list[str]  # stated actions that were not taken
    misbooked: list[str]  # outcomes on the wrong side


def question() -> Question:
    """Six options; the words do not matter, since the emulated model does not read them."""
    prompt = Prompt("system", "Actions:\n", OPTIONS, tuple(range(6)), NUMBERS, "json")
    return Question(lambda form: prompt._replace(form=form), 6, 7, 0.5)


def emulate(number: int, turns: int, seed: int = 0) -> Found:
    """Put so many turns to server `number` (of 60), and compare."""
    wire, kind = WIRES[number % len(WIRES)], KINDS[number // len(WIRES)]
    rng = random.Random(1000 * seed + number)
    drawn: list[Turn] = []
    found = Found(Counter(), [], [], [])

    def plan(body: dict[str, Any]) -> Any:
        drawn.append(turn(rng, kind, wire))
        return drawn[-1].answer

    async def work(url: str) -> None:
        config = ClientConfig(answer_format=kind.answer_format, asks=1, tries=1, call=30.0, max_tokens=4096)
        backend = Server("m", url)
        client = ChatClient(backend, Setup(history=0), config)
        for _ in range(turns):
            answer = await client.ask(question())
            was = drawn[-1]
            found.events[was.kind] += 1
            words = f"{wire.__name__}, {kind.name}, {was.kind}: {answer.option}, {answer.outcome}"
            words = f"{words}: {was.answer!r}"[:400]
            if answer.option not in (was.option, -1):
                found.invented.append(words)
            elif answer.option != was.option:
                found.lost.append(words)
            elif answer.outcome not in was.outcomes:
                found.misbooked.append(words)
        await backend.close()

    with FakeServer(plan) as server:
        asyncio.run(work(server.url))
    return found
