"""How letters are worded: bodies of every kind, plain and with its excuse, openings, closings and names.

A letter's wording follows from its `style` (0 to 4095) alone, so that it is the same for everyone who reads
the observation. The bodies stand in ``letters.toml``; ``{who}``, ``{firm}``, ``{thing}`` and ``{count}`` in
them stand for names and numbers.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

BODIES: dict[str, Any] = tomllib.loads(Path(__file__).with_name("letters.toml").read_text(encoding="utf-8"))
"""By kind: the keys ``plain`` and ``excused``, a list of texts each."""

OPENINGS = (
    "From {who2}:", "A letter from {who2} lies on the desk.", "{who2} has left a note.",
    "This morning's mail:", "Before lunch {who2} calls.", "{who2} writes in haste.",
    "A message, marked urgent:", "In the folder for today:", "{who2} stands in the door.",
    "Late in the evening {who2} writes.", "Second item of the day.", "{who2}, two lines:",
)  # fmt: skip
CLOSINGS = (
    "An answer is wanted today.", "What shall we do?", "They expect word by noon.",
    "It cannot wait for the week's end.", "I leave it with you.", "Please decide.", "The line is open.",
    "How do we answer?",
)  # fmt: skip
PEOPLE = (
    "A. Brandt", "C. Duarte", "E. Fonseca", "G. Haas", "I. Jensen", "K. Lindqvist", "M. Novak", "O. Park",
    "Q. Reyes", "S. Tanaka", "U. Vogel", "W. Xu", "Y. Zeller", "B. Achebe", "D. Castro", "F. Egger",
)  # fmt: skip
FIRMS = (
    "Halden & Roe", "Northlight", "Pinter Works", "Quay Street", "Rosso", "Tarn Ltd", "Umber", "Vantage",
    "Willow Lane", "Yarrow", "Zephyr Parts", "Amberley",
)  # fmt: skip
THINGS = (
    "the heater",
    "the ledger",
    "the scooter",
    "the tutor",
    "the planner",
    "the kettle",
    "the monitor",
    "the lamp",
)


def letter(name: str, excused: bool, style: int) -> str:
    """The words of a letter."""
    bodies = BODIES[name]["excused" if excused else "plain"]
    names = {
        "who": PEOPLE[style * 7 % 16], "who2": PEOPLE[(style * 7 + 1 + style // 16) % 16],
        "firm": FIRMS[style * 5 // 3 % 12], "thing": THINGS[style // 5 % 8], "count": 12 + style * 37 % 871,
    }  # fmt: skip
    parts = (OPENINGS[style // 3 % 12], bodies[style % 3], CLOSINGS[style // 36 % 8])
    return " ".join(parts).format(**names)
