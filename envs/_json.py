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
    """One JSON object; no NaN, no repeated keys, no bytes that are not UTF-8."""

    def constant(name: str) -> NoReturn:
        raise ValueError(f"{name} is not a number")

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(items)
        if len(found) != len(items):
            raise ValueError("a key stands twice in one object")
        return found

    try:
        data = json.loads(text, parse_constant=constant, object_pairs_hook=pairs)
    except (ValueError, RecursionError) as error:
        raise FileError(f"{where}: not JSON as expected: {str(error)[:200]}") from None
    if not isinstance(data, dict):
        raise FileError(f"{where}: expected a JSON object, got {type(data).__name__}")
    return data


class Reader:
    """Takes the parts of a JSON object one by one; `done` refuses what is left."""

    def __init__(self, data: Any, where: str) -> None:
        if not isinstance(data, dict):
            raise FileError(f"{where}: expected an object, got {_kind(data)}")
        self.data = dict(data)
        self.where = where

    def fail(self, name: str, expected: str, got: Any) -> NoReturn:
        """Raise FileError for one part."""
        shown = repr(got)
        shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
        raise FileError(f"{self.where}: {name}: expected {expected}, got {shown}")

    def take(self, name: str, expected: str) -> Any:
        """One part, which must be there."""
        if name not in self.data:
            raise FileError(f"{self.where}: {name}: expected {expected}, but it is missing")
        return self.data.pop(name)

    def done(self) -> None:
        """Refuse parts that nobody asked for."""
        if self.data:
            raise FileError(f"{self.where}: unknown part {min(self.data)[:60]!r}")

    def format(self, name: str, version: int) -> None:
        """Refuse a file of another format or version."""
        if self.text("format") != name or self.integer("version", 0, 1 << 31) != version:
            raise FileError(f"{self.where}: not a {name} of version {version}")

    def mapping(self, name: str) -> dict[str, Any]:
        """An object of whatever plain JSON."""
        value = self.take(name, "an object")
        if not isinstance(value, dict):
            self.fail(name, "an object", value)
        return value

    def made(self, name: str, kind: type[Made]) -> Made:
        """A dataclass from an object of just its fields, which it checks itself."""
        part, where = self.take(name, "an object"), f"{self.where}: {name}"
        names = {field.name for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
        if not isinstance(part, dict) or set(part) != names:
            raise FileError(f"{where}: expected an object of {', '.join(sorted(names))}")
        try:
            return kind(**part)
        except (ConfigError, TypeError, ValueError) as error:
            raise FileError(f"{where}: {error}") from None

    def text(self, name: str, longest: int = 256) -> str:
        """A string of at most `longest` characters."""
        expected = f"a string of at most {longest} characters"
        value = self.take(name, expected)
        if not isinstance(value, str) or len(value) > longest:
            self.fail(name, expected, value)
        return value

    def flag(self, name: str) -> bool:
        """True or false."""
        value = self.take(name, "true or false")
        if not isinstance(value, bool):
            self.fail(name, "true or false", value)
        return value

    def integer(self, name: str, low: int, high: int) -> int:
        """An integer within bounds."""
        expected = f"an integer from {low} to {high}"
        value = self.take(name, expected)
        if not _is_int(value) or not low <= value <= high:
            self.fail(name, expected, value)
        return int(value)

    def scalars(self, name: str) -> dict[str, Any]:
        """An object of numbers, strings (a chess variant is one, or a list of positions) and truth values."""
        value = self.take(name, "an object of settings")
        if not isinstance(value, dict) or len(value) > 256:
            self.fail(name, "an object of at most 256 settings", value)
        for key, one in value.items():
            plain = one is None or isinstance(one, (bool, int, float, str))
            plain = plain and not (isinstance(one, str) and len(one) > MAX_SETTING)
            if len(key) > 64 or not plain or (isinstance(one, int) and abs(one) >= 1 << 64):
                wanted = f"a number, at most {MAX_SETTING} characters, true or false"
                self.fail(f"{name}.{key[:64]}", wanted, one)
        return value


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _kind(value: Any) -> str:
    return type(value).__name__


def convert(data: Any, kind: Any, where: str, hook: Callable[[type, Any], Any] | None = None) -> Any:
    """JSON data as a type with bounds; `hook` makes what msgspec does not know.

    Raises:
        FileError: where in the data, what was expected and what came.
    """
    try:
        return msgspec.convert(data, kind, dec_hook=hook)
    except msgspec.ValidationError as error:
        raise FileError(f"{where}: {str(error)[:300]}") from None
