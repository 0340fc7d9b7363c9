"""Inventing variants: rules nobody has played yet, as variants.ini text.

`draw` makes a variant of a seed: a board, pieces whose moves are put together from Betza atoms, a set-up
alike for both sides, promotion, a goal, a stalemate rule. `invent` keeps drawing until one passes random
play: games end, not too soon, not always in a draw, and the first move does not decide them. The splits
are lists of seeds by what a variant holds, so that an agent trained on `train` meets in the others a
combination, an atom, a rule or a size that it has not seen; `held_out` says which of these a variant holds.
"""

from __future__ import annotations

import functools
import hashlib
import random
from dataclasses import dataclass

from gyges.envs.fairychess.variants.ini_files import Variant, load
from gyges.envs.fairychess.variants.rule_distance import Moves, piece_moves

RULES = ("mate", "stalemate loses", "hill", "race", "extinction", "checks", "drops")
HELD_RULES = ("atomic", "antichess", "bare")
SPLITS = ("train", "combination", "atom", "rule", "size")
_LETTERS = "acdefghijlmoqstuvwxyz"


@dataclass(frozen=True)
class Version:
    """What a version of the distribution draws from; `held_` is what no training variant has."""

    sizes: tuple[tuple[int, int], ...]
    held_sizes: tuple[tuple[int, int], ...]
    atoms: str  # Betza, parted by spaces
    held_atoms: str


VERSIONS = {
    1: Version(
        ((5, 5), (5, 6), (6, 6), (7, 7), (8, 8)),
        ((6, 8), (9, 9), (10, 8)),
        "W F D N A R4 B3 R B fR mR cB vW sF fN bF cN nN mD NN",
        "C Z gQ mRcpR H nA fFbW",
    ),
    2: Version(
        ((5, 5), (5, 6), (7, 7), (8, 8)),
        ((6, 6), (6, 8), (9, 9), (10, 8)),
        "W F D N A R4 B3 R B fR mR cB vW fN bF cN nN mD NN",
        "C Z gQ mRcpR H nA",
    ),
}
"""Of version 1 most variants of the splits `combination` and some of `atom` hold nothing held out; it is
what the rules were compared by with another engine."""
LATEST = 2
"""Asked for by number: a seed without a version is that of version 1, on which earlier results stand."""
SMALLEST = (3, 5)
"""Files and ranks."""


@dataclass(frozen=True)
class Played:
    """What random play said of a variant."""

    decisive: float  # share of games that somebody wins
    plies: float  # mean length
    first: float  # share of decisive games won by the first player


def split_of(seed: int) -> str:
    """The split a seed belongs to, by hash: half of all seeds are `train`."""
    word = hashlib.sha256(f"gyges fairychess split {seed}".encode()).digest()[0]
    return SPLITS[0] if word < 128 else SPLITS[1 + (word - 128) // 32]


def seeds(split: str, count: int, first: int = 0) -> list[int]:
    """The first `count` seeds of a split, from `first` on.

    Raises:
        ValueError: no such split.
    """
    if split not in SPLITS:
        raise ValueError(f"no split {split!r}; the splits are {', '.join(SPLITS)}")
    found: list[int] = []
    seed = first
    while len(found) < count:
        if split_of(seed) == split:
            found.append(seed)
        seed += 1
    return found


@functools.cache
def _known() -> tuple[Moves, frozenset[Moves]]:
    """What pieces of training variants may do: every single move, and the atoms (and the king) as wholes."""
    wholes = frozenset(piece_moves(atom) for atom in [*VERSIONS[LATEST].atoms.split(), "K"])
    return frozenset().union(*wholes), wholes


def _new_combination(moves: Moves) -> bool:
    """Is it a held-out combination of known atoms? Its hash decides, whichever way it is written."""
    single, wholes = _known()
    odd = hashlib.sha256(repr(sorted(moves)).encode()).digest()[0] % 4 == 0
    return odd and moves <= single and moves not in wholes


def held_out(variant: Variant) -> frozenset[str]:
    """Which kinds of what no training variant has a variant holds, as names of splits.

    A piece holds a new atom where it has a move (direction, by moving or capturing, by leaping, riding,
    hopping or lame) that no atom of training has; the limit of a ride does not count.
    """
    pieces = [piece_moves(one.betza) for one in variant.pieces if one.name.startswith("customPiece")]
    rule = variant.blastOnCapture or variant.mustCapture or variant.extinctionOpponentPieceCount > 0
    found = {
        "combination": any(_new_combination(moves) for moves in pieces),
        "atom": any(not moves <= _known()[0] for moves in pieces),
        "rule": rule,
        "size": (variant.maxFile, variant.maxRank) in VERSIONS[LATEST].held_sizes,
    }
    return frozenset(split for split, holds in found.items() if holds)


def rule_of(variant: Variant) -> str:
    """Which of `RULES` and `HELD_RULES` an invented variant has."""
    race = all(len(region) == variant.maxFile for region in variant.flagRegion)
    tests = {
        "atomic": variant.blastOnCapture,
        "antichess": variant.mustCapture,
        "bare": variant.extinctionOpponentPieceCount > 0,
        "extinction": variant.extinctionValue != "none",
        "drops": variant.pieceDrops,
        "checks": variant.checkCounting,
        "race": bool(variant.flagPiece[0]) and race,
        "hill": bool(variant.flagPiece[0]),
        "stalemate loses": variant.stalemateValue == "loss",
    }
    return next((rule for rule, has in tests.items() if has), "mate")


def _piece(luck: random.Random, lists: Version, split: str) -> str:
    """One to three atoms: a held-out one among them, a held-out combination, or neither, by the split."""
    while True:
        chosen = luck.sample(lists.atoms.split(), luck.choice((1, 2, 2, 3)))
        if split == "atom":
            chosen[0] = luck.choice(lists.held_atoms.split())
        text = _joined(chosen)
        if text and (split == "atom" or _new_combination(piece_moves(text)) == (split == "combination")):
            return text


def _piece_1(luck: random.Random, lists: Version, split: str) -> str:
    """The same in version 1."""
    known = lists.atoms.split()
    atoms = lists.held_atoms.split() + known[:4] if split == "atom" else known
    while True:
        chosen = luck.sample(atoms, luck.choice((1, 2, 2, 3)))
        text = _joined(chosen)
        odd = hashlib.sha256(text.encode()).digest()[0] % 4 == 0
        if text and (split in ("atom", "known") or len(chosen) == 1 or odd == (split == "combination")):
            return text


def _joined(atoms: list[str]) -> str:
    """Atoms as one text; empty where two are forms of one step, which would run together."""
    steps = [atom.rstrip("0123456789")[-1] for atom in atoms]
    return "".join(sorted(atoms)) if len(set(steps)) == len(steps) else ""


def draw(seed: int, size: tuple[int, int] | None = None, version: int = 1) -> str:
    """The variant of a seed, not filtered.

    Args:
        seed: any integer; the split it belongs to decides what it holds.
        size: (files, ranks), drawn when not given.
        version: of the distribution; what is said of splits holds from 2 on.

    Returns:
        variants.ini text of one section without a parent.

    Raises:
        ValueError: a size under `SMALLEST`, or one that the seed's split does not hold.
    """
    split, lists = split_of(seed), VERSIONS[version]
    first = version == 1
    luck = random.Random(
        f"gyges fairychess variant {seed}" if first else f"gyges fairychess variant {version}/{seed}"
    )
    if size is not None and not first:
        _check(size, split)
    files, ranks = size or luck.choice(lists.held_sizes if split == "size" else lists.sizes)
    rule = luck.choice(HELD_RULES if split == "rule" else RULES)
    kinds = luck.choice((2, 3, 3, 4))
    if first:
        others = "known" if split == "atom" else "train"
        moves = [_piece_1(luck, lists, split if k == 0 else others) for k in range(kinds)]
    else:
        kinds = min(kinds, files - 1)
        moves = [_piece(luck, lists, split if k == 0 else "train") for k in range(kinds)]
    letters = luck.sample(_LETTERS, kinds)
    name = f"invented-{seed}" if first else f"invented-{version}-{seed}"
    lines = [f"[{name}]", f"maxFile = {files}", f"maxRank = {ranks}", "castling = false"]
    lines += [
        f"customPiece{k + 1} = {letter}:{move}"
        for k, (letter, move) in enumerate(zip(letters, moves, strict=True))
    ]
    lines += _pawns(luck, ranks, letters)
    royal, goal = _goal(luck, rule, files, ranks, letters)
    lines += [f"king = {'k' if royal else '-'}"] + ([] if royal else ["commoner = k"]) + goal
    back = _back(luck, files, letters)
    rows = [back.lower(), "p" * files, *[str(files)] * (ranks - 4), "P" * files, back.upper()]
    hand = "[]" if rule == "drops" else ""
    checks = " 3+3" if rule == "checks" else ""
    lines.append(f"startFen = {'/'.join(rows)}{hand} w - -{checks} 0 1")
    return "\n".join(lines) + "\n"


def _check(size: tuple[int, int], split: str) -> None:
    """Refuse a size that is too small, or that would put a variant into another split."""
    held = VERSIONS[LATEST].held_sizes
    if size[0] < SMALLEST[0] or size[1] < SMALLEST[1]:
        raise ValueError(f"a board of {size[0]}x{size[1]}; expected {SMALLEST[0]}x{SMALLEST[1]} or more")
    if (size in held) != (split == "size"):
        sizes = ", ".join(f"{files}x{ranks}" for files, ranks in held)
        raise ValueError(
            f"{size[0]}x{size[1]} for a seed of the split {split}: the sizes {sizes} are held out for the "
            f"split size, which has no other"
        )


def _pawns(luck: random.Random, ranks: int, letters: list[str]) -> list[str]:
    double = ranks >= 7 and luck.random() < 0.5
    depth = 2 if ranks >= 8 and luck.random() < 0.25 else 1
    white = " ".join(f"*{ranks - j}" for j in range(depth))
    black = " ".join(f"*{1 + j}" for j in range(depth))
    lines = ["pawn = p", f"doubleStep = {'true' if double else 'false'}"]
    if double:
        lines += ["doubleStepRegionWhite = *2", f"doubleStepRegionBlack = *{ranks - 1}"]
    return [
        *lines,
        f"promotionRegionWhite = {white}",
        f"promotionRegionBlack = {black}",
        f"promotionPieceTypes = {''.join(letters)}",
    ]


def _back(luck: random.Random, files: int, letters: list[str]) -> str:
    """A back rank: the king on the middle file or right of the middle, every kind once, the rest by lot."""
    row = [""] * files
    row[files // 2] = "k"
    order = letters + [luck.choice(letters) for _ in range(files)]
    free = [x for x in range(files) if not row[x]]
    luck.shuffle(free)
    for x, letter in zip(free, order, strict=False):
        row[x] = letter
    return "".join(row)


def _goal(
    luck: random.Random, rule: str, files: int, ranks: int, letters: list[str]
) -> tuple[bool, list[str]]:
    lines = [f"stalemateValue = {'loss' if rule == 'stalemate loses' or luck.random() < 0.2 else 'draw'}"]
    if rule in ("mate", "stalemate loses"):
        return True, lines
    if rule == "hill":
        squares = " ".join(f"{chr(97 + x)}{y + 1}" for x in _middle(files) for y in _middle(ranks))
        return True, [*lines, "flagPiece = k", f"flagRegionWhite = {squares}", f"flagRegionBlack = {squares}"]
    if rule == "race":
        return True, [*lines, "flagPiece = k", f"flagRegionWhite = *{ranks}", "flagRegionBlack = *1"]
    if rule == "checks":
        return True, [*lines, "checkCounting = true"]
    if rule == "drops":
        return True, [*lines, "pieceDrops = true", "capturesToHand = true"]
    if rule == "extinction":
        types = "k" + luck.choice(letters)
        return False, [*lines, "extinctionValue = loss", f"extinctionPieceTypes = {types}"]
    if rule == "atomic":
        return False, [*lines, "blastOnCapture = true", "extinctionValue = loss", "extinctionPieceTypes = k",
                       "extinctionPseudoRoyal = true"]  # fmt: skip
    if rule == "antichess":
        return False, [
            "stalemateValue = win",
            "mustCapture = true",
            "extinctionValue = win",
            "extinctionPieceTypes = *",
        ]
    return True, [*lines, "extinctionValue = loss", "extinctionPieceTypes = *", "extinctionPieceCount = 1",
                  "extinctionOpponentPieceCount = 2"]  # fmt: skip


def _middle(n: int) -> list[int]:
    return [n // 2] if n % 2 else [n // 2 - 1, n // 2]


def play(text: str, games: int = 20, plies: int = 200, seed: int = 0) -> Played:
    """Play random games of a variant.

    Raises:
        VariantError: the text is no variant, or a position has too many moves.
    """
    from gyges.envs.fairychess.board import Board

    luck = random.Random(seed)
    variant = load(text)
    wins, length = [0, 0], 0
    for _ in range(games):
        board = Board(variant)
        for _ in range(plies):
            moves, result = board.listed()
            if result.over:
                if result.winner in (0, 1):
                    wins[int(result.winner or 0)] += 1
                break
            board.play(luck.choice(moves))
            length += 1
    decided = sum(wins)
    return Played(decided / games, length / games, wins[0] / max(decided, 1))


def good(played: Played) -> bool:
    """Is a variant worth playing: decided often, not at once, not by the first move?"""
    return (
        played.decisive >= 0.2
        and played.plies >= 12
        and (0.15 <= played.first <= 0.85 or played.decisive < 0.3)
    )


def invent(seed: int, size: tuple[int, int] | None = None, tries: int = 50, version: int = 1) -> str:
    """The first variant drawn from `seed` on, within its split, that random play finds good.

    Returns:
        variants.ini text.

    Raises:
        ValueError: none was found in `tries` draws, or a size is refused by `draw`.
    """
    split, k, at = split_of(seed), 0, seed
    while k < tries:
        if split_of(at) == split:
            text = draw(at, size, version)
            if good(play(text)):
                return text
            k += 1
        at += 1
    raise ValueError(f"no playable variant in {tries} draws from seed {seed}")
