"""Inventing variants: rules nobody has played yet, as variants.ini text.

`draw` makes a variant of a seed: a board, pieces whose moves are put together from Betza atoms, a
mirror-symmetric set-up, promotion, a goal, a stalemate rule. `invent` keeps drawing until one passes
random play: games end, not too soon, not always in a draw, and the first move does not decide them.
The splits are lists of seeds by what a variant holds, so that an agent trained on `train` meets in the
others a combination, an atom, a rule or a size that it has not seen.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass

from gyges.envs.fairychess.variants.ini_files import load

SIZES = ((5, 5), (5, 6), (6, 6), (7, 7), (8, 8))
HELD_SIZES = ((6, 8), (9, 9), (10, 8))
ATOMS = (
    "W",
    "F",
    "D",
    "N",
    "A",
    "R4",
    "B3",
    "R",
    "B",
    "fR",
    "mR",
    "cB",
    "vW",
    "sF",
    "fN",
    "bF",
    "cN",
    "nN",
    "mD",
    "NN",
)
HELD_ATOMS = ("C", "Z", "gQ", "mRcpR", "H", "nA", "fFbW")
RULES = ("mate", "stalemate loses", "hill", "race", "extinction", "checks", "drops")
HELD_RULES = ("atomic", "antichess", "bare")
SPLITS = ("train", "combination", "atom", "rule", "size")
_LETTERS = "acdefghijlmoqstuvwxyz"


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


def _move(luck: random.Random, atoms: tuple[str, ...], parity: int | None) -> str:
    """One to three atoms. The hash of a combination decides who may use it (`parity`)."""
    while True:
        chosen = sorted(luck.sample(atoms, luck.choice((1, 2, 2, 3))))
        steps = [atom.rstrip("0123456789")[-1] for atom in chosen]
        if len(set(steps)) < len(steps):
            continue  # two forms of one step run together in the text
        text = "".join(chosen)
        odd = hashlib.sha256(text.encode()).digest()[0] % 4 == 0
        if parity is None or len(chosen) == 1 or odd == bool(parity):
            return text


def draw(seed: int, size: tuple[int, int] | None = None) -> str:
    """The variant of a seed, not filtered.

    Args:
        seed: any integer; the split it belongs to decides what it may hold.
        size: (files, ranks), drawn when not given.

    Returns:
        variants.ini text of one section without a parent.
    """
    split = split_of(seed)
    luck = random.Random(f"gyges fairychess variant {seed}")
    files, ranks = size or luck.choice(HELD_SIZES if split == "size" else SIZES)
    rule = luck.choice(HELD_RULES if split == "rule" else RULES)
    kinds = luck.choice((2, 3, 3, 4))
    moves = []
    for k in range(kinds):
        atoms = HELD_ATOMS + ATOMS[:4] if split == "atom" and k == 0 else ATOMS
        moves.append(_move(luck, atoms, None if split == "atom" else int(split == "combination" and k == 0)))
    letters = luck.sample(_LETTERS, kinds)
    lines = [f"[invented-{seed}]", f"maxFile = {files}", f"maxRank = {ranks}", "castling = false"]
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
    """A back rank: the king in the middle, every kind at least once, the rest left and right alike."""
    row = [""] * files
    row[files // 2] = "k"
    order = letters + [luck.choice(letters) for _ in range(files)]
    half = [x for x in range(files) if not row[x]]
    luck.shuffle(half)
    for x, letter in zip(half, order, strict=False):
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


def invent(seed: int, size: tuple[int, int] | None = None, tries: int = 50) -> str:
    """The first variant drawn from `seed` on, within its split, that random play finds good.

    Returns:
        variants.ini text.

    Raises:
        ValueError: none was found in `tries` draws.
    """
    split, k, at = split_of(seed), 0, seed
    while k < tries:
        if split_of(at) == split:
            text = draw(at, size)
            if good(play(text)):
                return text
            k += 1
        at += 1
    raise ValueError(f"no playable variant in {tries} draws from seed {seed}")
