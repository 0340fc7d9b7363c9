"""The piece kinds that variants.ini files may name, with their moves in Betza notation."""

from __future__ import annotations

PIECES: dict[str, str] = {
    "pawn": "fmWfceFifmnD",
    "knight": "N",
    "bishop": "B",
    "rook": "R",
    "queen": "Q",
    "fers": "F",
    "alfil": "A",
    "fersAlfil": "FA",
    "silver": "FfW",
    "aiwok": "RNF",
    "bers": "RF",
    "archbishop": "BN",
    "chancellor": "RN",
    "amazon": "QN",
    "knibis": "mNcB",
    "biskni": "mBcN",
    "kniroo": "mNcR",
    "rookni": "mRcN",
    "shogiPawn": "fW",
    "lance": "fR",
    "shogiKnight": "fN",
    "gold": "WfF",
    "dragonHorse": "BW",
    "clobber": "cW",
    "breakthrough": "fmWfF",
    "immobile": "",
    "cannon": "mRcpR",
    "soldier": "fsW",
    "horse": "nN",
    "elephant": "nA",
    "wazir": "W",
    "commoner": "K",
    "centaur": "KN",
    "king": "K",
}
"""Named kinds. `king` is royal, every other may be captured."""

REFUSED_PIECES: dict[str, str] = {
    "janggiCannon": "the janggi cannon does not screen or capture its like, which no rule here knows",
    "janggiElephant": "the janggi elephant crosses two squares in turn; use elephant or a custom piece",
    "banner": "its lame leap over a screen is not supported; use a custom piece",
}
CUSTOM = 25
"""customPiece1 to customPiece25 take a Betza string."""
