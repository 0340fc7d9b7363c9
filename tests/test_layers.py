"""Arrows run one way: no lower room imports a higher one, nor names one in a string that is loaded later."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HIGHER = {
    "envs": ("agents", "render", "scenarios"),
    "agents": ("render", "scenarios"),
    "render": ("scenarios",),
}
ALLOWED = re.compile(r"gyges\.render[.:]")
"""A game names its renderer by a lazy string."""
NAMED = re.compile(r"\bgyges\.(\w+)\b")


def named(source: str) -> list[str]:
    """Texts in a module that name something of this package; docstrings are not code."""
    tree = ast.parse(source)
    prose = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in prose
        and NAMED.search(node.value)
    ]


@pytest.mark.parametrize("room", HIGHER)
def test_no_room_names_a_higher_one(room: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: {text[:80]!r}"
        for path in sorted((ROOT / room).rglob("*.py"))
        for text in named(path.read_text())
        if {*NAMED.findall(text)} & {*HIGHER[room]} and not ALLOWED.match(text)
    ]
    assert wrong == []


def test_the_search_finds_what_it_is_for() -> None:
    source = '"""Prose may name gyges.scenarios."""\nENTRY = "gyges.scenarios.scenario:scenario"\n'
    assert named(source) == ["gyges.scenarios.scenario:scenario"]
