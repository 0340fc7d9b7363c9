"""Answer formats: ways of getting a legal action out of a chat server, the surest first.

=============  ================================================================================
json_schema    ``response_format`` with a JSON schema
json_object    ``response_format`` json_object, with the schema beside it
grammar        a grammar in GBNF, as llama.cpp takes it
tool           a forced tool call whose arguments have the schema
logprobs       the likeliest first token among the options' labels
choices        the whole labels, each scored (models in this process only)
text           lines of text
=============  ================================================================================

Which of them a server can do is asked once: it is to say hello, and held to a schema. One that
answers with a choice is held by it; one that says hello ignored it; one that answers with an error cannot.
Whatever the answer_format, every answer is read and checked by `gyges.agents.llm.chat.parsing`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Awaitable, Callable

from gyges.agents.llm.chat.backends import BackendError, Body, Reply, limit_of
from gyges.agents.llm.chat.parsing import NO_ANSWER, ParsedAnswer, read, read_json
from gyges.agents.llm.chat.prompts import LETTERS, Prompt, Setup, grammar, schema

FORMATS = ("json_schema", "json_object", "grammar", "tool", "choices", "logprobs", "text")

OK = "ok"

PROBE = Prompt(
    "You are a friendly assistant. Whatever you are asked, reply with the single word hello and no json.",
    "Say hello.", ("red", "green", "blue"), (0, 1, 2), ("1", "2", "3"), "json",
)  # fmt: skip


def form_of(answer_format: str) -> str:
    """The form in which a model is asked to answer on this answer_format."""
    return {"text": "text", "logprobs": "label", "choices": "label"}.get(answer_format, "json")


def carries(answer_format: str, options: int, setup: Setup) -> bool:
    """Whether a answer_format can carry this question."""
    if answer_format not in ("logprobs", "choices"):
        return True
    few = answer_format == "choices" or options <= len(LETTERS)
    return few and not (setup.thoughts or setup.talk or setup.memory)


def with_format(body: Body, answer_format: str, prompt: Prompt, setup: Setup) -> Body:
    """The request with what this answer_format adds to it."""
    if answer_format == "json_schema":
        shape = {"name": "act", "strict": True, "schema": schema(prompt, setup)}
        return {**body, "response_format": {"type": "json_schema", "json_schema": shape}}
    if answer_format == "json_object":
        return {**body, "response_format": {"type": "json_object", "schema": schema(prompt, setup)}}
    if answer_format == "grammar":
        return {**body, "grammar": grammar(prompt, setup)}
    if answer_format == "tool":
        described = "Take one of the listed actions, by its number."
        function = {"name": "act", "description": described, "parameters": schema(prompt, setup)}
        choice = {"type": "function", "function": {"name": "act"}}
        return {**body, "tools": [{"type": "function", "function": function}], "tool_choice": choice}
    if answer_format == "logprobs":
        return {**body, limit_of(body): 1, "logprobs": True, "top_logprobs": 20}
    if answer_format == "choices":
        return {**body, "choices": list(prompt.labels)}
    return body


def read_reply(
    reply: Reply, answer_format: str, prompt: Prompt, uniform: float, temperature: float
) -> ParsedAnswer:
    """What a completion says, on this answer_format.

    Args:
        reply: the completion.
        answer_format: how it was asked for.
        prompt: the question.
        uniform: a number in [0, 1), for a draw among labels.
        temperature: of that draw; 0 takes the likeliest.
    """
    if reply.refusal:
        return NO_ANSWER
    if answer_format in ("logprobs", "choices"):
        chances = label_chances(reply, prompt, temperature)
        return ParsedAnswer(_drawn(chances, uniform), True) if chances else NO_ANSWER
    if answer_format == "tool" and reply.tool:
        found = read_json(reply.tool, prompt)
    else:
        found = read(reply.text, prompt, cut=reply.finish in ("length", "content_filter"))
    return found if found.thoughts else found._replace(thoughts=reply.reasoning)


def label_chances(reply: Reply, prompt: Prompt, temperature: float) -> list[float]:
    """Probability of each option by the first token; an empty list where no label is among the likeliest."""
    weight = [0.0] * len(prompt.labels)
    place = {label: k for k, label in enumerate(prompt.labels)}
    for token, value in reply.top:
        k = place.get(token.strip(" \u2581\u0120"))
        if k is not None:
            weight[k] += math.exp(value)
    total = sum(weight)
    if not total > 0:
        return []
    if temperature <= 0:
        best = max(range(len(weight)), key=weight.__getitem__)
        return [float(k == best) for k in range(len(weight))]
    scaled = [(w / total) ** (1 / temperature) for w in weight]
    return [w / sum(scaled) for w in scaled]


def _drawn(chances: list[float], uniform: float) -> int:
    left = uniform
    for k, chance in enumerate(chances):
        left -= chance
        if left < 0:
            return k
    return max(range(len(chances)), key=chances.__getitem__)


REFUSED = (400, 404, 405, 415, 422, 500, 501)
"""Statuses by which a server may say that it does not know a format."""


def probe_prompt(answer_format: str) -> Prompt:
    """The question by which it is found out whether a format binds."""
    if answer_format != "logprobs":
        return PROBE
    return PROBE._replace(
        system="Choose a colour. Answer with its letter alone.",
        user="A. red\nB. green\nC. blue", labels=("A", "B", "C"), form="label",
    )  # fmt: skip


Ask = Callable[[Prompt, str], Awaitable[Reply]]


async def probe(ask: Ask) -> dict[str, str]:
    """What a server can do: format -> "ok", "ignored", or the error it answered with.

    Args:
        ask: puts a prompt in a format, tried again as it should be.

    Raises:
        BackendError: the server cannot be had at all.
    """
    found: dict[str, str] = {}
    for answer_format in FORMATS:
        if answer_format == "choices":
            continue
        prompt = probe_prompt(answer_format)
        try:
            reply = await ask(prompt, answer_format)
        except BackendError as error:
            if error.status not in REFUSED or answer_format == "text":
                raise
            found[answer_format] = f"error {error.status}"
            continue
        held = answer_format == "text" or _held(reply, answer_format, prompt)
        found[answer_format] = OK if held else "ignored"
    return found


def _held(reply: Reply, answer_format: str, prompt: Prompt) -> bool:
    """Whether a reply to the probe shows that the answer_format binds."""
    if answer_format == "tool" and not reply.tool:
        return False
    said = read_reply(reply, answer_format, prompt, 0.0, 0.0)
    return said.option >= 0 and said.strict


NAMES = {
    "json_schema": ("response_format", "schema"),
    "json_object": ("response_format", "json_object", "schema"),
    "grammar": ("grammar",),
    "tool": ("tool", "function"),
    "logprobs": ("logprobs",),
}
"""What a server names where it refuses a format as such, and not this one request."""


def refused_as_such(error: BackendError, answer_format: str) -> bool:
    """Whether an error is about the format, so that every further request would meet it."""
    return any(name in str(error).lower() for name in NAMES.get(answer_format, ()))


_TOO_LONG = re.compile(r"too (?:large|high|long|many)|at most|exceed|maximum|less than|must be|greater than")


def adjusted(body: Body, error: BackendError) -> Body | None:
    """The request without what the server says it does not take; None where that is not what it says."""
    text = str(error).lower()
    if error.status not in (400, 422):
        return None
    if "max_completion_tokens" in text and "max_tokens" in body:
        rest = {name: value for name, value in body.items() if name != "max_tokens"}
        return {**rest, "max_completion_tokens": body["max_tokens"]}
    limit = limit_of(body)
    if limit in text and _TOO_LONG.search(text) and body[limit] > 64:
        return {**body, limit: body[limit] // 2}
    shape = body.get("response_format", {})
    if "schema" in text and shape.get("type") == "json_object" and "schema" in shape:
        return {**body, "response_format": {"type": "json_object"}}
    if re.search(r"\b(?:system|developer)\b", text) and body["messages"][0]["role"] == "system":
        return {**body, "messages": folded(body["messages"])}
    for name in ("seed", "temperature"):
        if name in text and name in body:
            return {key: value for key, value in body.items() if key != name}
    return None


def folded(messages: list[dict[str, str]]) -> list[dict[str, str]]:
    """Messages whose system message stands at the head of the user's first one instead."""
    system, first, *rest = messages
    return [{"role": "user", "content": f"{system['content']}\n\n{first['content']}"}, *rest]
