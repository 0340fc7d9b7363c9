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
    "janggiCannon": "pR",
    "soldier": "fsW",
    "horse": "nN",
    "elephant": "nA",
    "janggiElephant": "nZ",
    "banner": "RcpRnN",
    "wazir": "W",
    "commoner": "K",
    "centaur": "KN",
    "king": "K",
}
"""Named kinds. `king` is royal, every other may be captured."""

CUSTOM = 25
"""customPiece1 to customPiece25 take a Betza string."""

SPOKEN: dict[str, str] = {
    "fers": "ferz",
    "fersAlfil": "elephant",
    "silver": "silver general",
    "gold": "gold general",
    "aiwok": "super rook",
    "bers": "dragon king",
    "knibis": "knight capturing as bishop",
    "biskni": "bishop capturing as knight",
    "kniroo": "knight capturing as rook",
    "rookni": "rook capturing as knight",
    "shogiPawn": "pawn",
    "shogiKnight": "knight",
    "dragonHorse": "dragon horse",
    "clobber": "stone",
    "breakthrough": "pawn",
    "immobile": "immobile piece",
    "janggiCannon": "cannon",
    "janggiElephant": "elephant",
}
"""What kinds are called in sentences, where that is not the key of the file."""
