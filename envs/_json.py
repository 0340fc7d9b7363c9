"""Reading JSON that a stranger may have written: every surprise is a `FileError` that says where."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Annotated, Any, NoReturn, TypeVar

import msgspec
from msgspec import Meta

from gyges.envs.errors import ConfigError, FileError

Made = TypeVar("Made")

MAX_SETTING = 65_536
"""Longest text of a setting: a whole variants.ini file."""

Text = Annotated[str, Meta(max_length=256)]
LongText = Annotated[str, Meta(max_length=4096)]
Count = Annotated[int, Meta(ge=0, lt=1 << 31)]
_Key = Annotated[str, Meta(max_length=64)]
_Int64 = Annotated[int, Meta(ge=-(1 << 63), le=(1 << 63) - 1)]
_Setting = Annotated[str, Meta(max_length=MAX_SETTING)]
Settings = Annotated[dict[_Key, _Int64 | float | bool | _Setting | None], Meta(max_length=256)]
Strings = Annotated[dict[_Key, Text], Meta(max_length=64)]


def parse(text: str | bytes, where: str) -> dict[str, Any]:
    """One JSON object; no NaN, no repeated keys, nothing that is not UTF-8, lone surrogates among it."""

    def constant(name: str) -> NoReturn:
        raise ValueError(f"{name} is not a number")

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(items)
        if len(found) != len(items):
            raise ValueError("a key stands twice in one object")
        return found

    try:
        data = json.loads(text, parse_constant=constant, object_pairs_hook=pairs)
        escaped = b"\\u" in text if isinstance(text, bytes) else "\\u" in text
        if escaped:  # and an escape can stand for half a character
            json.dumps(data, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise FileError(f"{where}: not JSON as expected: {str(error)[:200]}") from None
    if not isinstance(data, dict):
        raise FileError(f"{where}: expected a JSON object, got {type(data).__name__}")
    return data


def made(part: Any, kind: type[Made], where: str) -> Made:
    """A dataclass from an object of just its fields, which it checks itself.

    Raises:
        FileError: other fields, or values that it refuses.
    """
    names = {field.name for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    if not isinstance(part, dict) or set(part) != names:
        raise FileError(f"{where}: expected an object of {', '.join(sorted(names))}")
    try:
        return kind(**part)
    except (ConfigError, TypeError, ValueError) as error:
        raise FileError(f"{where}: {error}") from None


def convert(data: Any, kind: Any, where: str, hook: Callable[[type, Any], Any] | None = None) -> Any:
    """JSON data as a type with bounds; `hook` makes what msgspec does not know.

    Raises:
        FileError: where in the data, what was expected and what came.
    """
    try:
        return msgspec.convert(data, kind, dec_hook=hook)
    except msgspec.ValidationError as error:
        raise FileError(f"{where}: {str(error)[:300]}") from None
