"""What games' descriptions share: clauses that are said where they hold."""

from __future__ import annotations

from typing import Any


def said(*clauses: tuple[Any, str]) -> list[str]:
    """The words of the clauses (whether it holds, words) that hold, in their order."""
    return [words for holds, words in clauses if holds]
