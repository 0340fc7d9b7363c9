"""What each figure of the leaderboard is (``columns.toml``): label, unit, which way is better, help."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec


class About(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a figure is, for the head of its column."""

    label: str
    help: str
    unit: str = ""
    better: Literal["high", "low", ""] = ""
    main: bool = False


COLUMNS = msgspec.toml.decode(Path(__file__).with_suffix(".toml").read_bytes(), type=dict[str, About])
"""In the order of the table."""
