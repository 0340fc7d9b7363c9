"""Variants as data: reading variants.ini text.

A file is a list of sections. ``[child:parent]`` says only what differs from its parent, which stands
above it in the same file or in the library. Keys and their meaning are Fairy-Stockfish's; a key that
is known but not supported is refused by name unless it is set to what it means by default, and an
unknown one is refused with the nearest names.
"""

from __future__ import annotations

import difflib
import functools
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from gyges.envs.errors import ConfigError
from gyges.envs.fairychess.notation.betza import Step, parse
from gyges.envs.fairychess.variants.ini_keys import MAX_FILES, OTHER_GAMES

LIBRARY = Path(__file__).parent / "library"
TRANSFER = Path(__file__).parent / "transfer.ini"
"""The frozen variants of `transfer`, apart from the library."""
MAX_BYTES = 1 << 20
MAX_SECTIONS = 1_000
MAX_PROMOTIONS = 24
MAX_ANCESTORS = 32


class VariantError(ConfigError):
    """A variant that cannot be played; the message names file, line and key, and what is accepted."""


class FenError(ConfigError):
    """A FEN that is no position of the variant; the message names the part and what is accepted."""


@dataclass(frozen=True)
class Piece:
    """One kind of piece: its name in the file, its letter and its move."""

    name: str
    letter: str
    betza: str
    royal: bool = False

    @property
    def steps(self) -> tuple[Step, ...]:
        """The move, direction by direction, seen by the first player."""
        return _steps(self.betza)


@functools.lru_cache(maxsize=4096)
def _steps(betza: str) -> tuple[Step, ...]:
    return parse(betza) if betza else ()


Squares = frozenset[tuple[int, int]]
"""Squares as (file, rank), both counted from 0."""


@dataclass(frozen=True)
class Variant:
    """A variant's rules. Field names are the file's keys; pairs are (first player, second player)."""

    name: str
    pieces: tuple[Piece, ...]
    maxFile: int = 8
    maxRank: int = 8
    startFen: str = "rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1"
    chess960: bool = False
    promotionRegion: tuple[Squares, Squares] = (frozenset(), frozenset())
    promotionPawnTypes: tuple[str, str] = ("", "")
    promotionPieceTypes: tuple[str, str] = ("", "")
    promotionLimit: tuple[tuple[str, int], ...] = ()
    promotedPieceType: tuple[tuple[str, str], ...] = ()
    mandatoryPawnPromotion: bool = True
    mandatoryPiecePromotion: bool = False
    piecePromotionOnCapture: bool = False
    pieceDemotion: bool = False
    sittuyinPromotion: bool = False
    blastOnCapture: bool = False
    blastImmuneTypes: str = ""
    mutuallyImmuneTypes: str = ""
    petrifyOnCaptureTypes: str = ""
    doubleStep: bool = True
    doubleStepRegion: tuple[Squares, Squares] = (frozenset(), frozenset())
    tripleStepRegion: tuple[Squares, Squares] = (frozenset(), frozenset())
    enPassantRegion: tuple[Squares | None, Squares | None] = (None, None)
    enPassantTypes: tuple[str, str] = ("", "")
    castling: bool = True
    castlingDroppedPiece: bool = False
    castlingKingsideFile: int = 7
    castlingQueensideFile: int = 3
    castlingRank: int = 1
    castlingKingFile: int = 5
    castlingKingPiece: str = ""
    castlingRookPieces: str = ""
    castlingRookKingsideFile: int = MAX_FILES
    castlingRookQueensideFile: int = 1
    oppositeCastling: bool = False
    castlingWins: str = ""
    checking: bool = True
    mustCapture: bool = False
    mustDrop: bool = False
    mustDropType: str = ""
    dropChecks: bool = True
    dropPromoted: bool = False
    sittuyinRookDrop: bool = False
    gating: bool = False
    seirawanGating: bool = False
    cambodianMoves: bool = False
    wallingRule: str = "none"
    wallingRegion: tuple[Squares | None, Squares | None] = (None, None)
    passing: tuple[bool, bool] = (False, False)
    passOnStalemate: tuple[bool, bool] = (False, False)
    pieceDrops: bool = False
    dropLoop: bool = False
    capturesToHand: bool = False
    twoBoards: bool = False
    firstRankPawnDrops: bool = False
    promotionZonePawnDrops: bool = False
    dropRegion: tuple[Squares | None, Squares | None] = (None, None)
    dropOppositeColoredBishop: bool = False
    dropNoDoubled: str = ""
    dropNoDoubledCount: int = 1
    immobilityIllegal: bool = False
    flyingGeneral: bool = False
    diagonalLines: Squares = frozenset()
    makpongRule: bool = False
    bikjangRule: bool = False
    soldierPromotionRank: int = 1
    nMoveRule: int = 50
    nMoveRuleTypes: tuple[str, str] = ("", "")
    nFoldRule: int = 3
    nFoldValue: str = "draw"
    nFoldValueAbsolute: bool = False
    perpetualCheckIllegal: bool = False
    moveRepetitionIllegal: bool = False
    materialCounting: str = "none"
    countingRule: str = "none"
    chasingRule: str = "none"
    stalemateValue: str = "draw"
    checkmateValue: str = "loss"
    shogiPawnDropMateIllegal: bool = False
    shatarMateRule: bool = False
    stalematePieceCount: bool = False
    extinctionValue: str = "none"
    extinctionClaim: bool = False
    extinctionPseudoRoyal: bool = False
    dupleCheck: bool = False
    extinctionPieceTypes: str = ""
    extinctionPieceCount: int = 0
    extinctionOpponentPieceCount: int = 0
    flagPiece: tuple[str, str] = ("", "")
    flagRegion: tuple[Squares, Squares] = (frozenset(), frozenset())
    flagPieceCount: int = 1
    flagMove: bool = False
    flagPieceSafe: bool = False
    flagPieceBlockedWin: bool = False
    checkCounting: bool = False
    mobilityRegion: tuple[tuple[str, int, Squares], ...] = ()
    text: str = field(default="", compare=False)
    """The variant as one section of variants.ini without a parent."""
    where: str = field(default="", compare=False)

    @property
    def squares(self) -> int:
        """Number of squares S."""
        return self.maxFile * self.maxRank

    def letter(self, letter: str) -> Piece | None:
        """The kind with this letter, in either case."""
        return next((p for p in self.pieces if p.letter == letter.lower()), None)


@dataclass
class Section:
    """One ``[name:parent]`` of a file, its keys with the lines they stand on."""

    name: str
    parent: str
    file: str
    line: int
    keys: dict[str, tuple[str, int]] = field(default_factory=dict)


def _parse_sections(text: str, file: str) -> list[Section]:
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise VariantError(f"{file}: {len(text)} characters; at most {MAX_BYTES} bytes are read")
    sections: list[Section] = []
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip()
        if not line or line[0] in "#;":
            continue
        at = f"{file}:{number}"
        if line[0] == "[":
            found = re.fullmatch(r"\[([A-Za-z0-9_.\-]+)(?::([A-Za-z0-9_.\-]+))?\]", line)
            if not found:
                raise VariantError(f"{at}: {line[:60]!r} is no section; expected [name] or [name:parent]")
            if any(s.name == found[1] for s in sections):
                raise VariantError(f"{at}: a second section [{found[1]}]")
            if len(sections) >= MAX_SECTIONS:
                raise VariantError(f"{at}: more than {MAX_SECTIONS} sections")
            sections.append(Section(found[1], found[2] or "", file, number))
            continue
        key, equals, value = line.partition("=")
        key = key.strip()
        value = value.split(" #")[0].split("\t#")[0].strip()
        if not equals or not key:
            raise VariantError(f"{at}: {line[:60]!r} is neither a section, a comment nor key = value")
        if not sections:
            raise VariantError(f"{at}: {key[:40]!r} stands before any section; expected [name] first")
        sections[-1].keys[key] = (value, number)  # of two, the later counts
    return sections


def read(text: str, file: str = "<text>") -> dict[str, Variant]:
    """Read every variant of a file's text.

    Args:
        text: at most 1 MiB of variants.ini.
        file: a name for error messages.

    Returns:
        The variants by name, in the file's order.

    Raises:
        VariantError: at the first thing not understood or not supported.
    """
    sections = _sections(text, file)
    return {name: _build(sections[name], sections) for name in sections}


def read_each(text: str, file: str = "<text>") -> dict[str, Variant | VariantError]:
    """Read a file as `read` does, but give each section that is refused the error that says why.

    Raises:
        VariantError: the text is no list of sections.
    """
    sections = _sections(text, file)
    found: dict[str, Variant | VariantError] = {}
    for name in sections:
        try:
            found[name] = _build(sections[name], sections)
        except VariantError as error:
            found[name] = error
    return found


def _sections(text: str, file: str) -> dict[str, Section]:
    sections = {s.name: s for s in _parse_sections(text, file)}
    if not sections:
        raise VariantError(f"{file}: no section; expected [name] or [name:parent] and lines of key = value")
    return sections


@functools.lru_cache(maxsize=1)
def _library() -> dict[str, Section]:
    found: dict[str, Section] = {}
    for path in sorted(LIBRARY.glob("*.ini")):
        for section in _parse_sections(path.read_text(encoding="utf-8"), path.name):
            if section.name in found:
                raise VariantError(
                    f"{path.name}:{section.line}: [{section.name}] stands in two library files"
                )
            found[section.name] = section
    return found


@functools.lru_cache(maxsize=1)
def _transfer() -> dict[str, Section]:
    return {one.name: one for one in _parse_sections(TRANSFER.read_text(encoding="utf-8"), TRANSFER.name)}


def names() -> tuple[str, ...]:
    """Names of the variants that come with the library."""
    return tuple(_library())


def transfer_names() -> tuple[str, ...]:
    """Names of the frozen invented variants (`transfer`)."""
    return tuple(_transfer())


@functools.lru_cache(maxsize=256)
def load(what: str) -> Variant:
    """A variant by its name in the library or in `transfer`, by a file (its last section), or by text.

    Raises:
        VariantError: no such variant, or one that cannot be played.
    """
    library = _library()
    for sections in (library, _transfer()):
        if what in sections:
            return _build(sections[what], sections)
    if "\n" in what or "[" in what:
        return list(read(what).values())[-1]
    path, _, section = what.partition("#")
    if path.endswith(".ini"):
        try:
            with open(path, "rb") as file:
                sections = _sections(file.read(MAX_BYTES + 1).decode("utf-8-sig"), path)
        except OSError as error:
            raise VariantError(f"{path}: cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise VariantError(f"{path}: cannot be read: not UTF-8 text") from error
        if section and section not in sections:
            raise VariantError(f"{path} has no section [{section}]; it has {', '.join(sections)}")
        return _build(sections[section or list(sections)[-1]], sections)
    if what in OTHER_GAMES:
        raise VariantError(f"{what!r} is known and not supported: {OTHER_GAMES[what]}")
    near = difflib.get_close_matches(what, library, 5)
    hint = f"; near it: {', '.join(near)}" if near else ""
    raise VariantError(
        f"no variant {what[:60]!r}; expected a library name, FILE.ini, FILE.ini#NAME or text{hint}"
    )


def _build(section: Section, here: dict[str, Section]) -> Variant:
    chain = [section]
    while chain[-1].parent:
        last = chain[-1]
        if len(chain) > MAX_ANCESTORS:
            raise VariantError(
                f"{section.file}:{section.line}: [{section.name}] has more than {MAX_ANCESTORS} ancestors"
            )
        parent = here.get(last.parent) if last.parent != last.name else None
        parent = parent or _library().get(last.parent)
        if parent is None or any(parent is one for one in chain):
            raise VariantError(
                f"{last.file}:{last.line}: [{last.name}:{last.parent}]: parent {last.parent!r} is "
                + (
                    "its own ancestor"
                    if parent
                    else f"known and not supported: {OTHER_GAMES[last.parent]}"
                    if last.parent in OTHER_GAMES
                    else f"unknown; the library has {', '.join(sorted(_library())[:50])}"
                )
            )
        chain.append(parent)
    from gyges.envs.fairychess.variants.parser import Reader

    reader = Reader(section.name)
    for part in reversed(chain):
        reader.take(part)
    variant = reader.finish(f"{section.file}:{section.line}")
    return replace(variant, where=f"{section.file}:{section.line}")
