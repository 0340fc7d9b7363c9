"""What stands behind a chat model: something that completes one request, or says what went wrong.

A request is the body of an OpenAI-compatible ``/chat/completions`` call, plain data. A backend is a server
(`gyges.agents.llm.chat.openai_backend`), a model in this process (`local`), a mock (`mock`), or a record of
either (`cache`). Failures that are not the model's are `BackendError`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

Body = dict[str, Any]

MAX_ANSWER = 1 << 20
"""Largest response body that is read, 1 MiB."""

FINISH = {
    "length": (
        "length", "max_tokens", "max_output_tokens", "max_completion_tokens", "max_length", "model_length",
        "token_limit", "model_context_window_exceeded", "context_length_exceeded",
    ),
    "content_filter": (
        "content_filter", "content_filtered", "safety", "recitation", "blocklist", "prohibited_content",
        "spii", "sensitive", "refusal", "guardrail_intervened",
    ),
    "tool_calls": ("tool_calls", "tool_call", "function_call", "tool_use"),
    "error": (
        "error", "abort", "aborted", "cancelled", "insufficient_system_resource", "network_error",
        "server_error", "other_error", "malformed_function_call",
    ),
}  # fmt: skip
"""Why a completion ended, by the names that servers use, in any case; every other name is "stop"."""

FILTERED = (
    "content_filter", "content management policy", "content_policy", "content policy", "responsibleaipolicy",
    "datainspectionfailed", "data_inspection_failed", "inappropriate content", "moderation", "safety system",
    "flagged",
)  # fmt: skip
"""What a refused request says where its content was refused, not its form."""


class Reply(NamedTuple):
    """One completion."""

    text: str
    finish: str = (
        "stop"  # stop, length, content_filter or tool_calls, whatever the server calls it (`FINISH`)
    )
    refusal: str = ""  # what the server says in place of content, where it says so
    tool: str = ""  # arguments of a forced tool call, JSON
    top: tuple[tuple[str, float], ...] = ()  # likeliest first tokens (or all labels) with log-probabilities
    model: str = ""  # what the server says it ran
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached: bool = False  # from a cache or a record, not paid for again
    reasoning: str = ""  # reasoning that came apart from the text
    reasoning_tokens: int = 0  # of the completion's tokens, where the server says so


class BackendError(Exception):
    """No completion came, for a reason that is not the model's.

    Attributes:
        kind: "timeout", "connection", "rate", "server", "body", "request", "access" or "replay".
        retryable: whether it makes sense to try again.
        retry_after: seconds that the server asked to wait, or None.
        status: HTTP status, 0 where there was none.
    """

    def __init__(
        self,
        kind: str,
        message: str,
        *,
        retryable: bool = True,
        retry_after: float | None = None,
        status: int = 0,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.retryable = retryable
        self.retry_after = retry_after
        self.status = status


class Backend(Protocol):
    """The protocol.

    Attributes:
        url: where it is, without any key; part of what identifies a request.
        model: name of the model.
        formats: what it is known to be able to do, or None where that has to be probed.
    """

    url: str
    model: str
    formats: dict[str, str] | None

    async def complete(self, body: Body, seconds: float) -> Reply:
        """Complete one request within some seconds, or raise `BackendError`."""

    async def close(self) -> None:
        """Let go of connections and files."""


def key_of(url: str, body: Body) -> str:
    """SHA-256 (hex) of exactly what is asked, of whom."""
    text = json.dumps([url, body], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def limit_of(body: Body) -> str:
    """What the limit on a completion's length is called in a request."""
    return "max_completion_tokens" if "max_completion_tokens" in body else "max_tokens"


def reply_of(raw: bytes, content_type: str = "") -> Reply:
    """The first choice of a response body: a JSON object, or a stream of events that nobody asked for.

    Raises:
        BackendError: of kind "body": it is not a chat completion; of kind "server": it reports an error.
    """
    data = _streamed(raw) if raw.lstrip()[:6] in (b"data: ", b"event:") else _loaded(raw)
    if not isinstance(data, dict):
        what = "" if "json" in content_type.lower() else f", but {content_type[:60]!r}"
        raise BackendError("body", f"the response is not a JSON object, or not whole{what}")
    choices = data.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        if data.get("error"):
            raise BackendError("server", f"the response is an error: {error_text(raw)[:200]}")
        raise BackendError("body", "the response has no choices")
    message = choices[0].get("message")
    if not isinstance(message, dict):
        raise BackendError("body", "the response has no message")
    finish = finish_of(choices[0].get("finish_reason"))
    if finish == "error":
        raise BackendError("server", f"the server gave up: {_text(choices[0].get('finish_reason'))[:60]!r}")
    usage = _dict(data.get("usage"))
    text, reasoning, refusal = _content(message)
    return Reply(
        text=text,
        finish=finish,
        refusal=refusal,
        tool=_tool(message),
        top=_top(choices[0].get("logprobs")),
        model=_text(data.get("model"))[:200],
        prompt_tokens=_count(usage.get("prompt_tokens")),
        completion_tokens=_count(usage.get("completion_tokens")),
        reasoning=reasoning,
        reasoning_tokens=_count(_dict(usage.get("completion_tokens_details")).get("reasoning_tokens")),
    )


def finish_of(reason: Any) -> str:
    """One of the keys of `FINISH`, or "stop"."""
    name = _text(reason).strip().lower()
    return next((kind for kind, names in FINISH.items() if name in names), "stop")


def filtered(message: str) -> bool:
    """Whether a refused request was refused for its content."""
    return any(phrase in message.lower() for phrase in FILTERED)


def error_text(raw: bytes) -> str:
    """What an error's body says, whatever its shape: an error object, a text, a list of details, no JSON."""
    data = _loaded(raw)
    for _ in range(4):
        if isinstance(data, list) and data:
            data = data[0]
        elif isinstance(data, dict):
            found = [data[key] for key in ("error", "detail", "message", "msg", "errors") if data.get(key)]
            code = [data[key] for key in ("code", "type") if isinstance(data.get(key), str)]
            if found and isinstance(found[0], str) and code:
                return f"{found[0]} ({code[0]})"
            data = found[0] if found else None
    if isinstance(data, str) and data.strip():
        return " ".join(data.split())
    return " ".join(raw.decode("utf-8", "replace").split())


def _loaded(raw: bytes | str) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def _events(raw: bytes) -> Iterator[dict[str, Any]]:
    for line in raw.splitlines():
        part = _loaded(line[5:]) if line.startswith(b"data:") else None
        if isinstance(part, dict):
            yield part


def _streamed(raw: bytes) -> dict[str, Any] | None:
    """A stream of chunks as the one completion that it spells; None where it was cut off."""
    message: dict[str, Any] = {}
    calls: dict[int, dict[str, str]] = {}
    whole: dict[str, Any] = {}
    finish: Any = None
    for part in _events(raw):
        whole.update({key: part[key] for key in ("model", "usage", "error") if part.get(key)})
        choices = part.get("choices")
        choice = _dict(choices[0]) if isinstance(choices, list) and choices else {}
        finish = choice.get("finish_reason") or finish
        if isinstance(choice.get("message"), dict):
            message = choice["message"]
        delta = _dict(choice.get("delta"))
        for key in ("content", "reasoning_content", "reasoning", "refusal"):
            if isinstance(delta.get(key), str):
                message[key] = _text(message.get(key)) + delta[key]
        listed = delta.get("tool_calls")
        for call in listed if isinstance(listed, list) else ():
            one = calls.setdefault(_count(_dict(call).get("index")), {"name": "", "arguments": ""})
            function = _dict(_dict(call).get("function"))
            for key in one:
                one[key] += _text(function.get(key))
    if "error" in whole and not message and not calls:
        return whole
    if finish is None and b"[DONE]" not in raw:
        return None
    if calls:
        message["tool_calls"] = [{"function": one} for one in calls.values()]
    return {**whole, "choices": [{"message": message, "finish_reason": finish}]}


def _text(value: Any) -> str:
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _count(value: Any) -> int:
    fine = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 40
    return value if fine else 0


def _content(message: dict[str, Any]) -> tuple[str, str, str]:
    """Text, reasoning and refusal of a message, whose content is a text or a list of parts."""
    content, refusal = message.get("content"), _text(message.get("refusal"))
    apart = (message.get(key) for key in ("reasoning_content", "reasoning", "thinking"))
    reasoning = next((_text(one) for one in apart if _text(one)), "")
    if not isinstance(content, list):
        return _text(content), reasoning, refusal
    texts, thoughts = [], [reasoning] if reasoning else []
    for part in content:
        kind = _text(_dict(part).get("type")) or ("text" if isinstance(part, str) else "")
        if kind in ("text", "output_text"):
            texts.append(_text(part if isinstance(part, str) else part.get("text")))
        elif kind in ("thinking", "reasoning", "reasoning_text"):
            inner = part.get("thinking", part.get("text"))
            thoughts.append(_content({"content": inner})[0])
        elif kind == "refusal":
            refusal = refusal or _text(part.get("refusal"))
    return "".join(texts), "\n".join(thoughts), refusal


def _tool(message: dict[str, Any]) -> str:
    """Arguments, as JSON, of the calls of the one tool that is offered, where all of them are equal."""
    calls = message.get("tool_calls") or [{"function": message.get("function_call")}]
    found = []
    for call in calls if isinstance(calls, list) else ():
        function = _dict(_dict(call).get("function"))
        text = function.get("arguments")
        text = json.dumps(text) if isinstance(text, dict) else text  # an object, or its JSON,
        inner = _loaded(text) if isinstance(text, str) else None
        if isinstance(inner, str):  # or the JSON of its JSON
            text, inner = inner, _loaded(inner)
        if function.get("name") != "act" or not isinstance(inner, dict):
            return ""
        found.append((_text(text), inner))
    return found[0][0] if found and all(inner == found[0][1] for _, inner in found) else ""


def _top(logprobs: Any) -> tuple[tuple[str, float], ...]:
    """Likeliest first tokens, in the chat form or in that of older servers."""
    try:
        if isinstance(logprobs.get("content"), list):
            listed = [(one["token"], one["logprob"]) for one in logprobs["content"][0]["top_logprobs"]]
        else:
            listed = list(logprobs["top_logprobs"][0].items())
        return tuple((str(token), float(value)) for token, value in listed if float(value) <= 1e-6)
    except (AttributeError, TypeError, KeyError, IndexError, ValueError):
        return ()
