"""Options that state their bounds where they are declared: ``tokens: Annotated[int, Meta(ge=1)] = 100``."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec
import numpy as np

from gyges.envs.errors import ConfigError

PLAIN = (bool, int, float, str)


@functools.cache
def _hints(kind: Any) -> dict[str, Any]:
    """The fields that can be checked: plain ones, with or without bounds, and choices.

    A field declared again without bounds, for another default, keeps those of the nearest base.
    """
    hints = get_type_hints(kind, include_extras=True)
    for base in kind.__mro__[1:]:
        for name, hint in get_type_hints(base, include_extras=True).items():
            if get_origin(hint) is Annotated and hints[name] == get_args(hint)[0]:
                hints[name] = hint
    bare = {
        name: get_args(hint)[0] if get_origin(hint) is Annotated else hint for name, hint in hints.items()
    }
    return {name: hint for name, hint in hints.items() if bare[name] in PLAIN or get_origin(hint) is Literal}


def check_options(options: Any) -> None:
    """Raise ConfigError where a field of a dataclass is not of its type or outside of its bounds."""
    owner: Any = type(options)
    for name, kind in _hints(owner).items():
        value = getattr(options, name)
        value = value.item() if isinstance(value, np.generic) else value
        if get_origin(kind) is Literal:
            check_choice(name, value, get_args(kind))
            continue
        try:
            msgspec.convert(value, kind)
        except (msgspec.ValidationError, UnicodeEncodeError) as error:  # text may hold half a character
            raise ConfigError(f"{owner.__name__}.{name}: {error}, not {str(value)[:60]!r}") from None


def check_choice(name: str, value: Any, allowed: Sequence[str]) -> Any:
    """A setting that is one of a few words; ConfigError where it is another."""
    if value not in allowed:
        raise ConfigError(f"{name} is one of {', '.join(allowed)}, not {value!r}")
    return value


@dataclasses.dataclass(frozen=True)
class Options:
    """Options that are checked when they are made."""

    def __post_init__(self) -> None:
        """Raise ConfigError where a field is out of range."""
        check_options(self)
