"""The signs that pieces bear in the places where a game comes from: Chinese, Korean, Japanese, Thai.

Characters are those of `render/kit/fonts/GygesPieces.ttf`; a name of `gyges.render.fairychess.glyphs.GLYPHS`
is a drawn sign. Each kind has one for the first and one for the second player.
"""

from __future__ import annotations

from gyges.envs.fairychess import Variant
from gyges.envs.fairychess.engine.mobility import Kind

STYLES = ("traditional", "western")
"""Sets of pieces; they differ in the families of `family_of`."""

Signs = dict[str, tuple[str, str]]

XIANGQI: Signs = {
    "king": ("帥", "將"),
    "fers": ("仕", "士"),
    "elephant": ("相", "象"),
    "horse": ("傌", "馬"),
    "rook": ("俥", "車"),
    "cannon": ("炮", "砲"),
    "soldier": ("兵", "卒"),
}
JANGGI: Signs = {
    "king": ("楚", "漢"),
    "wazir": ("士", "士"),
    "janggiElephant": ("象", "象"),
    "horse": ("馬", "馬"),
    "rook": ("車", "車"),
    "janggiCannon": ("包", "包"),
    "soldier": ("卒", "兵"),
}


def _both(words: str) -> Signs:
    """Signs that both players share, from words `name=sign`."""
    pairs = (word.split("=") for word in words.split())
    return {name: (sign, sign) for name, sign in pairs}


SHOGI = _both(
    "rook=飛 bishop=角 gold=金 silver=銀 shogiKnight=桂 lance=香 shogiPawn=歩 bers=龍 dragonHorse=馬"
) | {"king": ("玉", "王")}
GOLDS = _both("+P=と +L=杏 +N=圭 +S=全")
"""What moves as a gold once promoted, by its symbol."""
TORI = _both("S=燕 F=鷹 C=鶴 L=鶉 R=鶉 P=雉 K=鵬 G=雁 E=鵰 +S=雁 +F=鵰")
DOBUTSU = _both("L=獅 E=象 G=麒 C=雛 H=鶏 +C=鶏")
SHO = _both("E=酔 C=太")
MAKRUK = _both("king=khun fers=met silver=khon rook=ruea pawn=bia knight=knight")


def family_of(v: Variant) -> str:
    """Which signs a variant's pieces bear: "xiangqi", "janggi", "shogi", "makruk", or "" for none."""
    kinds = {p.name for p in v.pieces}
    if "janggiCannon" in kinds or "janggiElephant" in kinds:
        return "janggi"
    if v.flyingGeneral or "soldier" in kinds:
        return "xiangqi"
    if v.promotedPieceType and ("shogiPawn" in kinds or v.capturesToHand):
        return "shogi"
    if {"silver", "pawn"} <= kinds and not {"bishop", "queen", "gold"} & kinds:
        return "makruk"
    return ""


def signs_of(v: Variant, kind: Kind) -> tuple[str, str]:
    """The signs of a kind for both players, empty where it has none."""
    family, name, symbol = family_of(v), kind.piece.name, kind.symbol
    none = ("", "")
    if family == "xiangqi":
        return ("旗", "旗") if symbol == "M" else XIANGQI.get(name, none)
    if family == "janggi":
        return JANGGI.get(name, none)
    if family == "makruk":
        return MAKRUK.get(name, none)
    if family == "shogi":
        own = {"torishogi": TORI, "dobutsu": DOBUTSU}.get(v.name)
        if own is not None:
            return own.get(symbol, none)
        if name == "gold" and symbol in GOLDS:
            return GOLDS[symbol]
        return SHOGI.get(name) or (SHO.get(symbol, none) if "shoshogi" in v.name else none)
    return none
