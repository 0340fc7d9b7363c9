"""Language models by name, wherever a policy's name is asked for.

``llm:MODEL@URL?prompt=charter&thoughts=on``   a chat server; without ``@URL`` the official one
``mock:2,1,3``, ``mock:first``, ``mock:module:function``   a script in place of a model
``local:PATH?prompt=job``, ``hf:NAME``   a model in this process, through transformers
``local:FOLDER?short=on``   a text model of `gyges train text-...`
``mcp:NAME``   an assistant that plays through tools (`gyges serve mcp`)

After the question mark stand settings of `Setup` (with ``prompt`` for its briefing), of `ClientConfig`, and:
``key_env`` (environment variable with the key), ``api_version`` (Azure's), ``cache`` and ``record`` (files
to write), ``replay`` (a record to play from, asking nobody). A name never holds a key: it is written to
results. An address begins with http:// or https://; a name whose ``@`` is followed by anything else is
refused, so that what was meant for another server is never sent to the official one.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from pathlib import Path
from typing import Any, NamedTuple, get_type_hints
from urllib.parse import parse_qsl

from gyges.agents.llm.assistant import Assistant
from gyges.agents.llm.chat import answer_formats, backends, client, parsing, prompts
from gyges.agents.llm.chat.backends import Backend
from gyges.agents.llm.chat.cache import Cached, Recorded, Replayed
from gyges.agents.llm.chat.client import ClientConfig
from gyges.agents.llm.chat.mock import Mock
from gyges.agents.llm.chat.openai_backend import OFFICIAL, Server, check_url
from gyges.agents.llm.chat.policy import ChatPolicy
from gyges.agents.llm.chat.prompts import Setup
from gyges.envs.errors import ConfigError
from gyges.envs.game import Game
from gyges.envs.registry import load_name

KINDS = ("llm", "mock", "local", "hf", "mcp")
FILES = ("cache", "record", "replay")
ASIDE = ("concurrency", "price_in", "price_out")
"""ClientConfig that bear on no answer, and so not on the hash."""


class Spec(NamedTuple):
    """A name taken apart."""

    kind: str  # llm, mock, local, mcp
    model: str
    url: str  # base URL, empty but for llm
    setup: Setup
    config: ClientConfig
    key_env: str
    api_version: str
    files: dict[str, str]  # cache, record, replay

    @property
    def name(self) -> str:
        """A short name for tables and file names."""
        model = re.sub(
            r"[^A-Za-z0-9._-]+", "_", Path(self.model).name if self.kind == "local" else self.model
        )
        return f"{model.strip('_')[:60] or self.kind}-{prompts.briefing(self.setup.briefing).name}"


def is_model(text: str) -> bool:
    """Whether a policy's name is that of a language model."""
    return text.partition(":")[0] in KINDS and ":" in text


def parse(text: str) -> Spec:
    """Take a name apart.

    Raises:
        ConfigError: a setting that does not exist or has a value it cannot have, or an address with a key.
        UnknownNameError: no such briefing.
    """
    kind, _, rest = text.partition(":")
    rest, _, query = rest.partition("?")
    given: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name in given:
            raise ConfigError(f"{kind}: {name} is given twice")
        given[name] = value
    setup = _filled(Setup, {("briefing" if n == "prompt" else n): v for n, v in given.items()})
    config = _filled(ClientConfig, given)
    known = {"prompt", "key_env", "api_version", *FILES, *_fields(Setup), *_fields(ClientConfig)} - {
        "briefing"
    }
    unknown = sorted(set(given) - known)
    if unknown:
        raise ConfigError(f"{kind}: has no setting {unknown[0][:40]!r}; it has {', '.join(sorted(known))}")
    files = {name: given[name] for name in FILES if given.get(name)}
    prompts.briefing(setup.briefing)
    model, url = rest, ""
    if kind == "llm":
        model, *address = re.split(r"@(?=https?://)", rest, maxsplit=1)
        if not address and "@" in rest:
            raise ConfigError(
                f"{kind}: what follows the @ is an address that begins with http:// or https://"
            )
        url = check_url(address[0]) if address else OFFICIAL
    if not model:
        raise ConfigError(f"{kind}: names no model, as in llm:MODEL@http://127.0.0.1:8901/v1")
    return Spec(
        "local" if kind == "hf" else kind,
        model,
        url,
        setup,
        config,
        given.get("key_env", ""),
        given.get("api_version", ""),
        files,
    )


def _fields(kind: Any) -> set[str]:
    return {field.name for field in dataclasses.fields(kind)}


def _filled(kind: Any, given: dict[str, str]) -> Any:
    hints = get_type_hints(kind)
    values = {name: _value(name, hints[name], given[name]) for name in _fields(kind) if name in given}
    return kind(**values)


def _value(name: str, kind: type, text: str) -> Any:
    if kind is bool:
        truth = {"on": True, "1": True, "true": True, "off": False, "0": False, "false": False}
        if text.lower() not in truth:
            raise ConfigError(f"{name} is on or off, not {text[:40]!r}")
        return truth[text.lower()]
    try:
        return kind(text)
    except ValueError:
        raise ConfigError(f"{name} is a {kind.__name__}, not {text[:40]!r}") from None


def trusted(spec: Spec) -> bool:
    """Whether no code runs but this package's; a mock may name any function."""
    return spec.kind != "mock" or _own(spec.model)


def _own(script: str) -> bool:
    return ":" not in script or script.startswith("gyges.")


def digest(spec: Spec, game: Game) -> str:
    """SHA-256 of what bears on the answers: model, address, settings, words, and how answers are read."""
    extra = prompts.briefing(spec.setup.briefing)
    config = {k: v for k, v in dataclasses.asdict(spec.config).items() if k not in ASIDE}
    parts = [
        spec.kind,
        spec.model,
        spec.url,
        extra,
        prompts.page(game),
        dataclasses.asdict(spec.setup),
        config,
    ]
    total = hashlib.sha256(json.dumps(parts, sort_keys=True).encode())
    for module in (prompts, parsing, answer_formats, backends, client):
        assert module.__file__ is not None
        total.update(Path(module.__file__).read_bytes())
    return total.hexdigest()


def make(text: str, game: Game) -> ChatPolicy:
    """The policy that a name stands for.

    Raises:
        ConfigError, UnknownNameError: as in `parse`, or a model that cannot be loaded.
        FileError: a cache or record that cannot be used.
    """
    spec = parse(text)
    return ChatPolicy(backend(spec), spec.setup, spec.config, name=spec.name, source=text)


def backend(spec: Spec) -> Backend:
    """Who completes requests."""
    made: Backend
    if "replay" in spec.files:
        return Replayed(spec.files["replay"], spec.url or f"{spec.kind}:", spec.model)
    if spec.kind == "llm":
        made = Server(spec.model, spec.url, key_env=spec.key_env, api_version=spec.api_version)
    elif spec.kind == "mcp":
        return Assistant.of(spec.model)
    elif spec.kind == "mock":
        made = Mock(_script(spec.model), model=spec.model)
    elif (Path(spec.model) / "text-model.json").is_file():
        from gyges.agents.llm.text.chat_backend import TextChat

        made = TextChat(spec.model)
    else:
        from gyges.agents.llm.chat.local_backend import Local

        made = Local(spec.model)
    if "cache" in spec.files:
        made = Cached(made, spec.files["cache"])
    if "record" in spec.files:
        made = Recorded(made, spec.files["record"])
    return made


def _script(text: str) -> Any:
    if re.fullmatch(r"\d+(,\d+)*", text):
        return [int(part) for part in text.split(",")]
    if text in ("first", "last"):
        return load_name(f"gyges.agents.llm.chat.mock:{text}")
    if ":" in text:
        return load_name(text)
    raise ConfigError(f"a mock is numbers with commas, first, last or module:function, not {text[:60]!r}")
