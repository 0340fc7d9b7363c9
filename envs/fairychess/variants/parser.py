"""From the keys of a section and its ancestors to a `Variant`."""

from __future__ import annotations

import difflib
import re
from dataclasses import replace
from typing import Any, NoReturn

from gyges.envs.fairychess.notation.betza import BetzaError, parse
from gyges.envs.fairychess.variants import ini_files as v
from gyges.envs.fairychess.variants import ini_keys
from gyges.envs.fairychess.variants.pieces import PIECES

MAX_BETZA = 200
"""Longest move in Betza notation, in characters."""
_TRUE, _FALSE = ("true", "True", "1"), ("false", "False", "0")
PAWN_KEYS = ("promotionPawnTypes", "enPassantTypes", "nMoveRuleTypes")
"""What `pawnTypes` sets together."""
FIELDS = {"pass": "passing"}
"""Fields of `Variant` that are not named as their key."""


def _order(key: str) -> tuple[bool, bool]:
    """`pawnTypes` comes before what says it in parts, a key of both players before that of one."""
    return key != "pawnTypes", key.endswith(("White", "Black"))


class Reader:
    """Takes sections from the root down, then makes the variant."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.pieces: dict[str, tuple[str, str]] = {}  # name in the file -> letter, Betza
        self.raw: dict[str, tuple[str, str]] = {}  # key -> value, where
        self.named: dict[str, list[str]] = {}  # key -> its value, letters of pieces exchanged for their names
        self.letters: dict[str, str] = {}
        self.refused: dict[str, str] = {}  # unsupported key -> why

    def take(self, section: v.Section) -> None:
        """Apply one section's keys over those taken before: pieces first, then what names them."""
        for key, (value, line) in section.keys.items():
            if key in ini_keys.PIECE_KEYS:
                self._piece(key, value, f"{section.file}:{line}: {key}")
        self.letters = {letter: name for name, (letter, _) in self.pieces.items()}
        for key in sorted(section.keys, key=_order):
            value, line = section.keys[key]
            if key not in ini_keys.PIECE_KEYS:
                self._rule(key, value, f"{section.file}:{line}: {key}")

    def _rule(self, key: str, value: str, at: str) -> None:
        """Apply one key that is no piece."""
        if key == "pawnTypes":
            for one in PAWN_KEYS:
                self._rule(one, value, at)
        elif key in ini_keys.KEYS or key.startswith("mobilityRegion"):
            if key.startswith("mobilityRegion"):
                self._mobility(key, at)
            for side in ("White", "Black"):
                self.raw.pop(key + side, None)
                self.named.pop(key + side, None)
            self.raw[key] = (value, at)
            self._name(key, value, at)
        elif key in ini_keys.UNSUPPORTED:
            neutral, reason = ini_keys.UNSUPPORTED[key]
            if value in neutral:
                self.refused.pop(key, None)
            else:
                self.refused[key] = f"{at} = {value[:40]!r} is known and not supported: {reason}"
        elif key not in ini_keys.IGNORED | ini_keys.MOOT:
            known = sorted(
                ini_keys.KEYS
                | ini_keys.PIECE_KEYS
                | ini_keys.IGNORED
                | ini_keys.MOOT
                | set(ini_keys.UNSUPPORTED)
            )
            near = ", ".join(difflib.get_close_matches(key, known, 4, 0.5)) or "see docs/fairychess.md"
            where = at.removesuffix(f": {key}")
            raise v.VariantError(f"{where}: unknown key {key[:60]!r}; near it: {near}")

    def _piece(self, name: str, value: str, at: str) -> None:
        if value == "-":
            self._remove(name)
            return
        letter, colon, betza = value.partition(":")
        letter, betza = letter.strip().lower(), betza.strip()
        if not re.fullmatch(r"[a-z]", letter):
            raise v.VariantError(f"{at} = {value[:40]!r}: expected one letter a to z, or - for none")
        if name.startswith("customPiece") != bool(colon) and not (name == "king" and colon):
            wanted = "x:BETZA" if name.startswith("customPiece") else "a letter alone"
            raise v.VariantError(f"{at} = {value[:40]!r}: expected {wanted}")
        if len(betza) > MAX_BETZA:
            raise v.VariantError(f"{at}: {len(betza)} characters; a move has at most {MAX_BETZA}")
        if colon:
            try:
                parse(betza)
            except BetzaError as error:
                raise v.VariantError(f"{at}: {error}") from error
        for other in [k for k, (taken, _) in self.pieces.items() if taken == letter]:
            self._remove(other)
        self.pieces[name] = (letter, betza if colon else PIECES[name])

    def _remove(self, name: str) -> None:
        """Take a kind away; nobody promotes to it, even if a child brings it back."""
        self.pieces.pop(name, None)
        for key, found in self.named.items():
            if key.startswith("promotionPieceTypes") and name in found:
                found.remove(name)

    def _name(self, key: str, value: str, at: str) -> None:
        """Note which pieces a value means: a child may give them other letters, or take some away."""
        base = key.removesuffix("White").removesuffix("Black")
        if (
            ini_keys.PAIRED.get(base) == ini_keys.TYPES
            or ini_keys.SINGLE.get(key, ("",))[0] == ini_keys.TYPES
        ):
            letters = self._types(value, at)
            self.named[key] = ["*"] if "*" in value else [self.letters[x] for x in letters]
        elif key in ini_keys.MAPS:  # entries join those of the parent
            joined = dict(word.split(":") for word in self.named.get(key, ()))
            if value.strip() in ("", "-"):
                joined.clear()
            for a, b in self._map(key, key == "promotionLimit", emptied=True):
                joined[self.letters[a]] = self.letters.get(b, b)
            self.named[key] = [f"{a}:{b}" for a, b in joined.items() if b != "-"]

    def _renamed(self) -> None:
        """Write values that name pieces with the letters that these have in the end."""
        for key, found in self.named.items():
            if key not in self.raw:
                continue
            words = []
            for word in found:
                parts = [self.pieces[x][0] if x in self.pieces else x for x in word.split(":")]
                if all(len(x) == 1 or x.isdigit() for x in parts):
                    words.append(":".join(parts))
            text = (" " if key in ini_keys.MAPS else "").join(words)
            at = self.raw[key][1]
            self.raw[key] = (text or "-", at)
            if found and not words and key.startswith("flagPiece"):  # who could win by arriving is gone
                for side in ("White", "Black"):
                    if key in ("flagPiece", "flagPiece" + side):
                        self.raw["flagRegion" + side] = ("-", at)

    def _mobility(self, key: str, at: str) -> None:
        found = re.fullmatch(r"mobilityRegion(White|Black)([A-Z]\w*)", key)
        name = found[2][0].lower() + found[2][1:] if found else ""
        if name not in ini_keys.PIECE_KEYS:
            raise v.VariantError(
                f"{at}: expected mobilityRegionWhite or mobilityRegionBlack and a piece's name"
            )

    def finish(self, where: str) -> v.Variant:
        """Make the variant and check that its parts agree.

        Raises:
            VariantError: naming the key that does not fit.
        """
        order = sorted(
            self.pieces,
            key=lambda n: (n != "pawn", n == "king", list(PIECES).index(n) if n in PIECES else 99),
        )
        pieces = tuple(v.Piece(n, *self.pieces[n], royal=n == "king") for n in order)
        if not pieces:
            raise v.VariantError(f"{where}: [{self.name}] has no pieces; expected lines such as king = k")
        self.letters = {p.letter: p.name for p in pieces}
        self._renamed()
        values: dict[str, Any] = {}
        for key in ("maxFile", "maxRank"):
            values[key] = self._single(key) if key in self.raw else 8
        self.files, self.ranks = values["maxFile"], values["maxRank"]
        for key in ini_keys.SINGLE:
            if key in self.raw and key not in values:
                values[key] = self._single(key)
        for key, kind in ini_keys.PAIRED.items():
            values[FIELDS.get(key, key)] = tuple(self._paired(key, kind, side) for side in (0, 1))
        for key, piece in (("castlingRookPieces", "rook"), ("castlingKingPiece", "king")):
            if key not in self.raw:
                values[key] = self.pieces[piece][0] if piece in self.pieces else ""
        if values.get("mustDropType") == "".join(self.letters):
            values["mustDropType"] = ""
        values["promotionLimit"] = tuple((a, int(b)) for a, b in self._map("promotionLimit", True))
        values["promotedPieceType"] = tuple(self._map("promotedPieceType", False))
        values["mobilityRegion"] = tuple(
            (key[19].lower() + key[20:], int(key[14:19] == "Black"), self._squares(value, at))
            for key, (value, at) in self.raw.items()
            if key.startswith("mobilityRegion")
        )
        if self.refused:
            raise v.VariantError(next(iter(self.refused.values())))
        variant = v.Variant(self.name, pieces, **values)
        return self._checked(replace(variant, text=self._text()), where)

    def _text(self) -> str:
        lines = [f"[{self.name}]"]
        for name, (letter, betza) in self.pieces.items():
            plain = PIECES.get(name) == betza
            lines.append(f"{name} = {letter}" + ("" if plain else f":{betza}"))
        if "king" not in self.pieces:
            lines.append("king = -")
        return "\n".join([*lines, *(f"{key} = {value}" for key, (value, _) in self.raw.items())]) + "\n"

    def _checked(self, variant: v.Variant, where: str) -> v.Variant:
        if variant.squares < 4:
            raise v.VariantError(
                f"{where}: a board of {variant.maxFile}x{variant.maxRank}; expected four squares or more"
            )
        if variant.castling and not variant.castlingKingPiece:
            variant = replace(variant, castling=False)
        if (variant.castling or variant.gating) and variant.castlingRank > variant.maxRank:
            raise v.VariantError(f"{where}: castlingRank = {variant.castlingRank} of {variant.maxRank} ranks")
        if len(set(variant.promotionPieceTypes[0])) > v.MAX_PROMOTIONS:
            raise v.VariantError(f"{where}: more than {v.MAX_PROMOTIONS} promotion choices")
        if variant.extinctionValue == "none" and variant.extinctionPseudoRoyal:
            raise v.VariantError(f"{where}: extinctionPseudoRoyal wants extinctionValue = loss")
        if variant.extinctionPseudoRoyal and variant.extinctionPieceTypes in ("", "*"):
            raise v.VariantError(
                f"{where}: extinctionPseudoRoyal takes kinds in extinctionPieceTypes, not all"
            )
        if variant.dupleCheck and not variant.extinctionPseudoRoyal:
            raise v.VariantError(f"{where}: dupleCheck wants extinctionPseudoRoyal")
        from gyges.envs.fairychess.engine.variant_tables import check

        check(variant, where)
        return variant

    # Values.

    def _wrong(self, at: str, value: str, wanted: str) -> NoReturn:
        raise v.VariantError(f"{at} = {value[:60]!r}: expected {wanted}")

    def _single(self, key: str) -> Any:
        value, at = self.raw[key]
        kind, low, high = ini_keys.SINGLE[key]
        if kind == ini_keys.BOOL:
            if value not in _TRUE + _FALSE:
                self._wrong(at, value, "true or false")
            return value in _TRUE
        if kind in ini_keys.WORDS:
            if value not in ini_keys.WORDS[kind]:
                self._wrong(at, value, "one of " + ", ".join(ini_keys.WORDS[kind]))
            return value
        if kind == ini_keys.TEXT:
            return value if " " in value else f"{value} w"  # a board alone: the first player begins
        if kind == ini_keys.SQUARES:
            return self._squares(value, at)
        if kind == ini_keys.RIGHTS:
            if not re.fullmatch("-|[KQkq]*", value):
                self._wrong(at, value, "castling rights such as KQkq, or -")
            return "".join(dict.fromkeys(value.strip("-")))
        if kind == ini_keys.TYPES:
            types = self._types(value, at)
            if low and len(types) != 1 and value != "-":
                self._wrong(at, value, "one piece letter")
            return types
        number = ord(value) - 96 if kind == ini_keys.FILE and re.fullmatch("[a-z]", value) else -1
        if number < 0 and re.fullmatch(r"[0-9]{1,4}", value):
            number = int(value)
        if not low <= number <= high:
            self._wrong(
                at,
                value,
                f"a number from {low} to {high}" + (" or a file's letter" if kind == ini_keys.FILE else ""),
            )
        return number

    def _types(self, value: str, at: str) -> str:
        if value in ("-", ""):
            return ""
        found = "".join(dict.fromkeys(value.replace(" ", "").lower()))
        if "*" in found:
            return "*" if "extinctionPieceTypes" in at else "".join(self.letters)
        for letter in found:
            if letter not in self.letters:
                self._wrong(at, value, f"letters of the variant's pieces ({''.join(self.letters)}), * or -")
        return found

    def _paired(self, key: str, kind: str, side: int) -> Any:
        entry = self.raw.get(key + ("White", "Black")[side]) or self.raw.get(key)
        if entry is None:
            return self._default(key, side)
        if kind == ini_keys.BOOL:
            if entry[0] not in _TRUE + _FALSE:
                self._wrong(entry[1], entry[0], "true or false")
            return entry[0] in _TRUE
        return self._types(*entry) if kind == ini_keys.TYPES else self._squares(*entry)

    def _default(self, key: str, side: int) -> Any:
        """What a paired key means that is not set."""
        pawns = [letter for letter, name in self.letters.items() if name == "pawn"]
        if key == "promotionRegion":
            return self._rank(8 if side == 0 else 1)
        if key == "doubleStepRegion":
            return self._rank(2 if side == 0 else 7)
        if key in ("dropRegion", "enPassantRegion", "wallingRegion"):
            return None
        if key in PAWN_KEYS:
            own = "".join(pawns)
            if key == "enPassantTypes":  # an e in a piece's own move says so too
                own += "".join(
                    letter
                    for name, (letter, betza) in self.pieces.items()
                    if name.startswith("customPiece") and "e" in betza
                )
            return own
        if ini_keys.PAIRED[key] == ini_keys.BOOL:
            return False
        return "" if ini_keys.PAIRED[key] == ini_keys.TYPES else frozenset()

    def _rank(self, rank: int) -> v.Squares:
        return frozenset((x, rank - 1) for x in range(self.files) if rank <= self.ranks)

    def _squares(self, value: str, at: str) -> v.Squares:
        found = set()
        for word in value.split():
            match = re.fullmatch(r"([a-z*])(\*|[0-9]{1,2})", word)
            if word == "-":
                continue
            if not match:
                self._wrong(at, value, "squares such as e4, e* (a file), *4 (a rank) or -")
            xs = range(self.files) if match[1] == "*" else [ord(match[1]) - 97]
            ys = range(self.ranks) if match[2] == "*" else [int(match[2]) - 1]
            # Regions may be written for a larger board: what lies outside is no square.
            found |= {(x, y) for x in xs for y in ys if 0 <= x < self.files and 0 <= y < self.ranks}
        return frozenset(found)

    def _map(self, key: str, number: bool, emptied: bool = False) -> list[tuple[str, str]]:
        """A map's entries; those to ``-`` only where `emptied` asks for them."""
        if key not in self.raw:
            return []
        value, at = self.raw[key]
        found = []
        for word in value.split():
            if word == "-":
                continue
            match = re.fullmatch(r"([a-z]):([a-z]|[0-9]{1,2}|-)", word.lower())
            if not match or match[1] not in self.letters:
                self._wrong(at, value, "pairs such as " + ("q:1 r:2" if number else "p:g s:g"))
            if number != match[2].isdigit() and match[2] != "-":
                self._wrong(at, value, "pairs such as " + ("q:1 r:2" if number else "p:g s:g"))
            if not number and match[2] != "-" and match[2] not in self.letters:
                self._wrong(at, value, f"letters of the variant's pieces ({''.join(self.letters)})")
            if emptied or match[2] != "-":
                found.append((match[1], match[2]))
        return found
