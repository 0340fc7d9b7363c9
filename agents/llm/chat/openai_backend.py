"""An OpenAI-compatible chat server as a backend."""

from __future__ import annotations

import email.utils
import ipaddress
import json
import os
import re
import time
import urllib.request
import zlib
from typing import Any
from urllib.parse import urljoin, urlsplit

from gyges.agents.llm.chat.backends import (
    MAX_ANSWER,
    BackendError,
    Body,
    Reply,
    error_text,
    filtered,
    limit_of,
    reply_of,
)
from gyges.envs.errors import ConfigError
from gyges.envs.extras import require

OFFICIAL = "https://api.openai.com/v1"
MAX_WAIT = 3600.0
REDIRECTS = 3

_KEYLIKE = re.compile(r"\b(?:sk|pk|rk)-[A-Za-z0-9_-]{8,}|(?i:bearer)\s+[A-Za-z0-9._~+/=-]{8,}")


class Server:
    """A chat server.

    The key is read from an environment variable and sent to this address only. Whatever comes back is
    cleared of it, so that a server which repeats it puts it into no record. No other variable is sent.

    Args:
        model: name of the model at the server.
        url: base URL, as in ``http://127.0.0.1:8901/v1``.
        key_env: environment variable that holds the key. Without it OPENAI_API_KEY goes to the official
            server, and no key to any other.
        api_version: Azure's; the key is then sent in its header ``api-key``.

    Raises:
        ConfigError: a URL of another kind, or with a key in it.
        MissingExtraError: httpx is not installed.
    """

    def __init__(self, model: str, url: str = OFFICIAL, *, key_env: str = "", api_version: str = "") -> None:
        require("llm", "httpx", part="a chat server")
        import httpx

        self._httpx = httpx
        self.model = model
        self.url = check_url(url)
        self.formats: dict[str, str] | None = None
        key_env = key_env or ("OPENAI_API_KEY" if self.url == OFFICIAL else "")
        self._key = os.environ.get(key_env, "")
        self._version = api_version
        self._client: Any = None

    def scrub(self, text: str) -> str:
        """A text without the key, or anything that looks like one."""
        if len(self._key) >= 4:
            text = text.replace(self._key, "[key]")
        return _KEYLIKE.sub("[key]", text)

    async def complete(self, body: Body, seconds: float) -> Reply:
        """One call; it is never tried again here."""
        httpx = self._httpx
        try:
            status, headers, raw = await self._post({**body, "model": self.model}, seconds)
        except httpx.TimeoutException:
            raise BackendError("timeout", f"no answer within {seconds:.3g} s") from None
        except httpx.ProxyError as error:
            raise BackendError("connection", f"the proxy {_proxy(self.url)}: {self._said(error)}") from None
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            said = self._said(error.__cause__ or error)
            if "CERTIFICATE" in said.upper():
                said += "; SSL_CERT_FILE may name the file of your certificates"
            raise BackendError("connection", said) from None
        if status >= 300:
            return self._refused(status, headers, raw)
        found = reply_of(raw, headers.get("content-type", ""))
        limit = int(body.get(limit_of(body), 0))
        if found.completion_tokens >= limit > 1 and found.finish == "stop":  # whatever reason it gives
            found = found._replace(finish="length")
        return found._replace(
            text=self.scrub(found.text), refusal=self.scrub(found.refusal), tool=self.scrub(found.tool),
            model=self.scrub(found.model), top=tuple((self.scrub(token), x) for token, x in found.top),
            reasoning=self.scrub(found.reasoning),
        )  # fmt: skip

    async def _post(self, body: Body, seconds: float) -> tuple[int, Any, bytes]:
        """Status, headers and body of the answer, at this host and no other.

        Raises:
            BackendError: the body is too long, or another host is pointed to.
        """
        if self._client is None:
            self._client = self._open()
        headers = {"Accept": "application/json", "Accept-Encoding": "gzip, identity", "User-Agent": "gyges",
                   "Content-Type": "application/json"}  # fmt: skip
        if self._key:
            headers |= {"api-key": self._key} if self._version else {"Authorization": f"Bearer {self._key}"}
        url = f"{self.url}/chat/completions" + (f"?api-version={self._version}" if self._version else "")
        for _ in range(REDIRECTS + 1):
            call = self._client.stream(
                "POST", url, content=json.dumps(body), headers=headers, timeout=seconds
            )
            async with call as response:
                if response.status_code not in (301, 302, 303, 307, 308):
                    return response.status_code, response.headers, await _read(response)
                other = urljoin(url, response.headers.get("location", ""))
                if urlsplit(other)[:2] != urlsplit(url)[:2]:
                    where = self.scrub(other)[:100]
                    raise BackendError(
                        "request", f"redirected to {where}; name that address", retryable=False
                    )
                url = other
        raise BackendError("request", "redirected again and again", retryable=False)

    def _open(self) -> Any:
        """The HTTP client: proxies of the environment are used, but not for this machine.

        Raises:
            BackendError: a proxy or file of certificates in the environment that cannot be used.
        """
        try:
            return self._httpx.AsyncClient(
                trust_env=not on_loopback(self.url), verify=self.url.startswith("https:")
            )
        except ImportError:
            words = f"the proxy {_proxy(self.url)} needs: pip install 'httpx[socks]', or unset it"
        except OSError as error:
            named = [f"{name}={os.environ[name]}" for name in CERTIFICATES if name in os.environ]
            words = f"certificates cannot be read ({', '.join(named) or 'of this system'}): {error}"
        except ValueError as error:
            words = f"the proxy {_proxy(self.url)} cannot be used: {error}"
        raise BackendError("connection", self.scrub(words), retryable=False)

    def _said(self, error: BaseException) -> str:
        return self.scrub(f"{type(error).__name__}: {error}")[:200]

    def _refused(self, code: int, headers: Any, raw: bytes) -> Reply:
        """What a status other than success means: a refusal of the model, or an error.

        Raises:
            BackendError: it is not the content that was refused.
        """
        said = self.scrub(error_text(raw))[:300]
        if code in (400, 403, 422) and filtered(raw.decode("utf-8", "replace")):
            return Reply("", finish="content_filter", refusal=said)
        message, after = f"HTTP {code}: {said}", retry_after(headers)
        if code == 429:
            raise BackendError("rate", message, retry_after=after, status=code)
        if code in (401, 403):
            raise BackendError("access", message, retryable=False, status=code)
        if code >= 500 or code in (408, 409, 425):
            raise BackendError("server", message, retry_after=after, status=code)
        raise BackendError("request", message, retryable=False, status=code)

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None


CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")


async def _read(response: Any) -> bytes:
    """The whole body, unpacked, of at most `MAX_ANSWER` bytes.

    Raises:
        BackendError: it has more, or is packed in another way or badly.
    """
    packing = response.headers.get("content-encoding", "identity").lower()
    if packing not in ("identity", "gzip", "deflate", ""):
        raise BackendError("body", f"content encoding {packing[:40]!r}")
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 32) if packing in ("gzip", "deflate") else None
    raw = bytearray()
    async for part in response.aiter_raw():
        try:
            raw += part if unpack is None else unpack.decompress(part, MAX_ANSWER + 1)
        except zlib.error:
            raise BackendError("body", f"the response is not {packing}") from None
        if len(raw) > MAX_ANSWER or (unpack is not None and unpack.unconsumed_tail):
            raise BackendError("body", f"the response has more than {MAX_ANSWER} bytes")
    return bytes(raw)


def on_loopback(url: str) -> bool:
    """Whether an address is this machine's own."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _proxy(url: str) -> str:
    """The proxy that the environment names for an address, without a password."""
    proxies = urllib.request.getproxies()
    found = proxies.get(urlsplit(url).scheme) or proxies.get("all") or "of the environment"
    return re.sub(r"//[^/@]*@", "//", found)


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
