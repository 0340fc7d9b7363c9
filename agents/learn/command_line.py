"""The command that trains a run again: every option that is not at its default, as it would be typed."""

from __future__ import annotations

import dataclasses
import shlex
from pathlib import Path
from typing import Any


def command(algorithm: str, *parts: Any) -> str:
    """``gyges train ALGORITHM`` with the options of some dataclass instances.

    Args:
        algorithm: as in `gyges algorithms`.
        parts: dataclass instances; a field that is a dataclass itself gives its own options. What the
            algorithm's name says already is left out.
    """
    words = ["gyges", "train", algorithm]
    for part in parts:
        words += options(part)
    return shlex.join(words)


def options(part: Any) -> list[str]:
    """One dataclass instance's options that differ from their defaults."""
    words: list[str] = []
    for field in dataclasses.fields(part):
        value = getattr(part, field.name)
        if field.name in ("mode", "algorithm", "resume"):
            continue
        if dataclasses.is_dataclass(value):
            words += options(value)
        elif field.default is dataclasses.MISSING or value != field.default:
            words += _one(field.name.replace("_", "-"), value)
    return words


def _one(name: str, value: Any) -> list[str]:
    if value is True or value is False:
        return [f"--{name}" if value else f"--no-{name}"]
    if value is None:
        return [f"--{name}", "None"]
    if isinstance(value, (tuple, list)):
        return [f"--{name}", *(str(one) for one in value)]
    if isinstance(value, Path):
        return [f"--{name}", str(value)]
    return [f"--{name}", repr(value) if isinstance(value, float) else str(value)]
