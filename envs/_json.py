"""Reading JSON that a stranger may have written: every surprise is a `FileError` that says where."""

from __future__ import annotations

import dataclasses
import json
from typing import Any, NoReturn, TypeVar

import numpy as np
import numpy.typing as npt

from gyges.envs.errors import ConfigError, FileError

Made = TypeVar("Made")

MAX_SETTING = 65_536
"""Longest text of a setting: a whole variants.ini file."""


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

    def strings(self, name: str) -> dict[str, str]:
        """An object of short strings."""
        value = self.take(name, "an object of strings")
        if not isinstance(value, dict) or len(value) > 64:
            self.fail(name, "an object of at most 64 strings", value)
        for key, one in value.items():
            if len(key) > 64 or not isinstance(one, str) or len(one) > 256:
                self.fail(f"{name}.{key[:64]}", "a string of at most 256 characters", one)
        return value

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

    def objects(self, name: str, least: int, most: int) -> list[Reader]:
        """A list of objects."""
        value = self.take(name, f"a list of {least} to {most} objects")
        if not isinstance(value, list) or not least <= len(value) <= most:
            self.fail(name, f"a list of {least} to {most} objects", value)
        return [Reader(one, f"{self.where}: {name}[{k}]") for k, one in enumerate(value)]

    def tuples(self, name: str, kinds: tuple[type, ...], most: int, longest: int) -> list[list[Any]]:
        """A list of short lists of the given kinds (int from 0 to 2^31 - 1, or str)."""
        value = self.take(name, f"a list of at most {most}")
        if not isinstance(value, list) or len(value) > most:
            self.fail(name, f"a list of at most {most}", value)
        shape = f"[{', '.join(kind.__name__ for kind in kinds)}]"
        for k, one in enumerate(value):
            if not isinstance(one, list) or len(one) != len(kinds):
                self.fail(f"{name}[{k}]", shape, one)
            for part, kind in zip(one, kinds, strict=True):
                fits = (
                    _is_int(part) and 0 <= part < 1 << 31
                    if kind is int
                    else isinstance(part, str) and len(part) <= longest
                )
                if not fits:
                    self.fail(f"{name}[{k}]", shape, one)
        return value

    def integers(self, name: str, width: int, most: int) -> npt.NDArray[np.int32]:
        """A list of at most `most` lists of `width` integers, as int32 [T, width]."""
        expected = f"at most {most} lists of {width} integers"
        value = self.take(name, expected)
        if not isinstance(value, list) or len(value) > most:
            self.fail(name, expected, value)
        for k, line in enumerate(value):
            if not isinstance(line, list) or len(line) != width:
                self.fail(f"{name}[{k}]", f"{width} integers", line)
            for one in line:
                if type(one) is not int or not -(1 << 31) <= one < 1 << 31:
                    self.fail(f"{name}[{k}]", f"{width} integers of 32 bits", line)
        return np.array(value, np.int32).reshape(len(value), width)


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _kind(value: Any) -> str:
    return type(value).__name__
