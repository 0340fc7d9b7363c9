"""An OpenAI-compatible chat server as a backend, through the official client."""

from __future__ import annotations

import email.utils
import os
import re
import time
from typing import Any
from urllib.parse import urlsplit

from gyges.agents.llm.chat.backends import MAX_ANSWER, BackendError, Body, Reply, reply_of
from gyges.envs.errors import ConfigError

OFFICIAL = "https://api.openai.com/v1"
MAX_WAIT = 3600.0

_KEYLIKE = re.compile(r"\b(?:sk|pk|rk)-[A-Za-z0-9_-]{8,}|(?i:bearer)\s+[A-Za-z0-9._~+/=-]{8,}")


class Server:
    """A chat server.

    The key is read from an environment variable and given to the client only. Whatever comes back is
    cleared of it, so that a server which repeats it puts it into no record.

    Args:
        model: name of the model at the server.
        url: base URL, as in ``http://127.0.0.1:8901/v1``.
        key_env: environment variable that holds the key. Without it OPENAI_API_KEY goes to the official
            server, and no key to any other.

    Raises:
        ConfigError: a URL of another kind, or with a key in it, or the client is not installed.
    """

    def __init__(self, model: str, url: str = OFFICIAL, *, key_env: str = "") -> None:
        try:
            import openai
            import openai.resources.chat  # the slow part, which is otherwise loaded within the first turn
        except ImportError:
            raise ConfigError("chat servers need the extra 'llm': pip install 'gyges[llm]'") from None
        self._openai = openai
        self.model = model
        self.url = check_url(url)
        self.formats: dict[str, str] | None = None
        key_env = key_env or ("OPENAI_API_KEY" if self.url == OFFICIAL else "")
        self._key = os.environ.get(key_env, "")
        self._client: Any = None

    def scrub(self, text: str) -> str:
        """A text without the key, or anything that looks like one."""
        if len(self._key) >= 4:
            text = text.replace(self._key, "[key]")
        return _KEYLIKE.sub("[key]", text)

    async def complete(self, body: Body, seconds: float) -> Reply:
        """One call; the client itself never tries again."""
        openai = self._openai
        if self._client is None:
            self._client = openai.AsyncOpenAI(
                base_url=self.url, api_key=self._key or "none", max_retries=0, timeout=seconds
            )
        create = self._client.chat.completions.with_streaming_response.create
        try:
            # What is in extra_body is sent as it is; messages given there are not walked through key by key.
            call = create(model=self.model, messages=[], extra_body=body, timeout=seconds)
            async with call as response:
                raw = bytearray()
                async for part in response.iter_bytes():
                    raw += part
                    if len(raw) > MAX_ANSWER:
                        raise BackendError("body", f"the response has more than {MAX_ANSWER} bytes")
                found = reply_of(bytes(raw), response.headers.get("content-type", ""))
        except openai.APITimeoutError:
            raise BackendError("timeout", f"no answer within {seconds:.3g} s") from None
        except openai.APIStatusError as error:
            raise self._status(error) from None
        except openai.APIConnectionError as error:
            raise BackendError("connection", self._said(error.__cause__ or error)) from None
        except (BackendError, TimeoutError):
            raise
        except Exception as error:  # what the transport raises while a body is read
            kind = "timeout" if "Timeout" in type(error).__name__ else "connection"
            raise BackendError(kind, self._said(error)) from None
        return found._replace(
            text=self.scrub(found.text), refusal=self.scrub(found.refusal), tool=self.scrub(found.tool),
            model=self.scrub(found.model), top=tuple((self.scrub(token), x) for token, x in found.top),
        )  # fmt: skip

    def _said(self, error: BaseException) -> str:
        return self.scrub(f"{type(error).__name__}: {error}")[:200]

    def _status(self, error: Any) -> BackendError:
        code = int(error.status_code)
        message = f"HTTP {code}: {self.scrub(str(error.message))[:200]}"
        after = retry_after(error.response.headers)
        if code == 429:
            return BackendError("rate", message, retry_after=after, status=code)
        if code in (401, 403):
            return BackendError("access", message, retryable=False, status=code)
        if code >= 500 or code in (408, 409, 425):
            return BackendError("server", message, retry_after=after, status=code)
        return BackendError("request", message, retryable=False, status=code)

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()
            self._client = None


def retry_after(headers: Any) -> float | None:
    """Seconds to wait by a response's headers: ``retry-after-ms``, or ``retry-after``, seconds or date."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        value = str(headers.get(name, "")).strip()
        if not value:
            continue
        try:
            seconds = float(value) / unit
        except ValueError:
            try:
                seconds = email.utils.parsedate_to_datetime(value).timestamp() - time.time()
            except (ValueError, TypeError):
                continue
        if seconds == seconds:
            return min(max(seconds, 0.0), MAX_WAIT)
    return None


def check_url(url: str) -> str:
    """A base URL without its last slash.

    Raises:
        ConfigError: it is no http(s) address, or holds a user, a password or a query.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(f"a server's address begins with http:// or https://, not {url[:80]!r}")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ConfigError(
            "a server's address holds no key, user or query: it is written to results; "
            "put the key into an environment variable (key_env=NAME)"
        )
    return url.rstrip("/")
