"""Settings as words on a command line: ``ring=0.5 stakes=false arm=act horizon=1e3``."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from typing import Any

from gyges.envs.errors import ConfigError


def parse_settings(words: Sequence[str]) -> dict[str, Any]:
    """``name=value`` words as settings.

    A value is read as JSON where it is that (``0.5``, ``false``, ``[64, 64]``), ``True`` and ``False`` as
    booleans, ``1e6`` as the integer that it is, anything else as text.

    Raises:
        ConfigError: a word of another form, or a name twice.
    """
    found: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        name = name.strip()
        if not equals or not name.isidentifier():
            raise ConfigError(f"a setting is written name=value, not {word!r}")
        if name in found:
            raise ConfigError(f"the setting {name} is given twice: {found[name]!r} and {text!r}")
        found[name] = _value(text.strip())
    return found


def _value(text: str) -> Any:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if re.fullmatch(r"[+-]?\d+[eE]\+?\d{1,2}", text):
        return int(float(text))
    try:
        value = json.loads(text, parse_constant=str)
    except (ValueError, RecursionError):
        return text
    return text if value in (math.inf, -math.inf) else value
