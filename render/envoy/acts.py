"""The acts of Envoy as a picture names them: in a word or two."""

from __future__ import annotations

from gyges.envs.envoy import encoding as at

SHORT = {
    "confide": "confides", "ask": "asks", "give": "gives", "keep": "keeps", "spy": "spies",
    "hide": "hides books",
}  # fmt: skip
AGAINST = {"elect": "elects", "accuse": "accuses", "vouch": "vouches", "exclude": "excludes", "raid": "raids"}
VOTES = ("for 1st", "for 2nd", "for both", "against", "abstains")
FEWER = (
    ("enforcement", "audits"),
    (", hardship excused", ", hardship"),
    ("the lower town shut out", "lower town out"),
)
STARTS = tuple(zip(at.A._fields, at.A, strict=True))


def kind_of(action: int) -> tuple[str, int]:
    """What kind of act it is, and which of its kind."""
    return next((name, action - first) for name, first in reversed(STARTS) if action >= first)


def short(action: int) -> str:
    """An act in a word or two; empty for what is a matter of course."""
    kind, j = kind_of(action)
    if kind == "declare":
        return f"need {j // 3}"
    if kind == "propose":
        return "proposes"
    if kind == "take":
        return ("takes ¼", "takes ½")[j]
    if kind == "vote":
        return VOTES[j]
    if kind == "pay":
        return ("full", "half", "none")[j // 3] + ("", " ⚔1", " ⚔2")[j % 3]
    return SHORT.get(kind) or AGAINST.get(kind, "")


def brief(name: str) -> str:
    """What an act is called, proposals in words that fit a line."""
    if not name.startswith("propose"):
        return name
    for long, few in FEWER:
        name = name.replace(long, few)
    return name
