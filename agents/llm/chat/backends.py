"""What stands behind a chat model: something that completes one request, or says what went wrong.

A request is the body of an OpenAI-compatible ``/chat/completions`` call, plain data. A backend is a server
(`gyges.agents.llm.chat.openai_backend`), a model in this process (`local`), a mock (`mock`), or a record of
either (`cache`). Failures that are not the model's are `BackendError`.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, NamedTuple, Protocol

Body = dict[str, Any]

MAX_ANSWER = 1 << 20
"""Largest response body that is read, 1 MiB."""


class Reply(NamedTuple):
    """One completion."""

    text: str
    finish: str = "stop"  # stop, length, content_filter, tool_calls ...
    refusal: str = ""  # what the server says in place of content, where it says so
    tool: str = ""  # arguments of a forced tool call, JSON
    top: tuple[tuple[str, float], ...] = ()  # likeliest first tokens (or all labels) with log-probabilities
    model: str = ""  # what the server says it ran
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached: bool = False  # from a cache or a record, not paid for again


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
        ...

    async def close(self) -> None:
        """Let go of connections and files."""
        ...


def key_of(url: str, body: Body) -> str:
    """SHA-256 (hex) of exactly what is asked, of whom."""
    text = json.dumps([url, body], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def reply_of(raw: bytes, content_type: str) -> Reply:
    """The first choice of a response body.

    Raises:
        BackendError: of kind "body": it is not a chat completion.
    """
    if "json" not in content_type.lower():
        raise BackendError("body", f"content type {content_type[:60]!r}, not JSON")
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError):
        raise BackendError("body", "the response is not JSON, or not whole") from None
    choices = data.get("choices") if isinstance(data, dict) else None
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise BackendError("body", "the response has no choices")
    message = choices[0].get("message")
    if not isinstance(message, dict):
        raise BackendError("body", "the response has no message")
    usage = data.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    return Reply(
        text=_text(message.get("content")),
        finish=_text(choices[0].get("finish_reason")) or "stop",
        refusal=_text(message.get("refusal")),
        tool=_tool(message.get("tool_calls")),
        top=_top(choices[0].get("logprobs")),
        model=_text(data.get("model"))[:200],
        prompt_tokens=_count(usage.get("prompt_tokens")),
        completion_tokens=_count(usage.get("completion_tokens")),
    )


def _text(value: Any) -> str:
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _count(value: Any) -> int:
    fine = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 40
    return value if fine else 0


def _tool(calls: Any) -> str:
    """Arguments of the one call there is, of the one tool that is ever offered."""
    try:
        (function,) = (call["function"] for call in calls)
        return _text(function["arguments"]) if function["name"] == "act" else ""
    except (TypeError, KeyError, ValueError):
        return ""


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
