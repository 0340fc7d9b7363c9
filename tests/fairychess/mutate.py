"""Feeds damaged FENs and variant files to the readers: only FenError and VariantError may come of it.

python tests/fairychess/mutate.py fens FIRST COUNT
python tests/fairychess/mutate.py files FIRST COUNT

Every input has a seed. What raises another error, does not come back the same, or takes more than a second
of processor time is printed with its seed; a crash of the process is its own message.
"""

from __future__ import annotations

import math
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable

from gyges.envs.fairychess import FenError, VariantError, load, names, read
from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.variants.ini_files import LIBRARY, Variant
from gyges.envs.fairychess.variants.ini_keys import KEYS, PIECE_KEYS, UNSUPPORTED
from gyges.envs.fairychess.variants.invent import draw

SECONDS = 1.0
SYMBOLS = "pnbrqkcaPNBRQKCA/0123456789 wb-[]+~*^KQkqe4z\u0663\u2654\x00\n\t"
NUMBERS = ("-1", "0", "1", "9", "12", "13", "99", "1000", "65536", "99999999999999999999", "")
VALUES = ("true", "false", "win", "loss", "draw", "none", "-", "*", "k", "pnbrq", "*1 *2", "e4", "a*", "z9",
          "x:K", "k:N", "a:mRcpR", "b:fFsWbN", "c:gQ", "p:g", "q:1 r:2", "b2 b3", "h", "8", "??")  # fmt: skip


def noise(luck: random.Random, text: str, alphabet: str, most: int) -> str:
    """A text with some characters put in, taken out or exchanged."""
    letters = list(text)
    for _ in range(luck.randrange(1, most)):
        at = luck.randrange(len(letters) + 1)
        letters[at : at + luck.randrange(3)] = luck.choices(alphabet, k=luck.randrange(3))
    return "".join(letters)


def damaged_fen(luck: random.Random, fens: list[str]) -> str:
    """A FEN of the variant or of another, damaged."""
    fen = luck.choice(fens)
    how = luck.randrange(9)
    if how == 0:  # two halves of different positions
        other = luck.choice(fens)
        return fen[: luck.randrange(len(fen) + 1)] + other[luck.randrange(len(other) + 1) :]
    words = fen.split(" ")
    if how == 1:  # fields exchanged, lost, doubled
        luck.shuffle(words)
        return " ".join(words[: luck.randrange(len(words) + 1)] + words[: luck.randrange(3)])
    if how == 2:  # a strange number
        words[luck.randrange(len(words))] = luck.choice(NUMBERS)
        return " ".join(words)
    if how == 3:  # the other rights, squares and numbers
        extra = ["KQkq", "Kq", "-", "e3", "a6", "3+3", "+0+1", "0", "77", "HAha", "f8"]
        words[2:] = luck.choices(extra, k=luck.randrange(5))
        return " ".join(words)
    if how < 7:  # pieces exchanged: the board stays well formed
        board = list(words[0].partition("[")[0])
        at = [i for i, x in enumerate(board) if x.isalpha() and x not in "Kk"]
        for i in luck.sample(at, min(len(at), luck.randrange(1, 9))):
            board[i] = board[luck.choice(at)].swapcase() if luck.random() < 0.5 else board[luck.choice(at)]
        ranks = "".join(board).split("/")
        if how > 4:
            luck.shuffle(ranks)
        hand = words[0].partition("[")[1:]
        return " ".join(["/".join(ranks) + "".join(hand), luck.choice("wb"), *words[2:]])
    return noise(luck, fen, SYMBOLS, 4) * (50 if luck.random() < 0.01 else 1)


def try_fen(seed: int, pool: list[tuple[Variant, list[str]]]) -> str:
    """Read one damaged FEN, and use the position if there is one."""
    luck = random.Random(f"fen {seed}")
    variant, fens = luck.choice(pool)
    text = damaged_fen(luck, fens if luck.random() < 0.8 else luck.choice(pool)[1])
    try:
        board = Board(variant, text or " ")
    except FenError:
        return "refused"
    try:
        again = Board(variant, board.fen)
        assert again.fen == board.fen, f"{board.fen!r} comes back as {again.fen!r}"
        moves = board.moves()
        assert moves.keys() == again.moves().keys(), f"{board.fen!r}: other moves when read again"
        board.result()
        for name in sorted(moves)[:: max(len(moves) // 3, 1)]:
            after = Board(variant, board.fen)
            after.play(moves[name])
            after.result()
    except VariantError:
        return "too many moves"
    return "read"


def damaged_file(luck: random.Random, sources: list[str]) -> str:
    """A file of a few sections, damaged."""
    lines = luck.choice(sources).splitlines()
    for _ in range(luck.choice((0, 1, 1, 1, 2, 4))):
        how, at = luck.randrange(7), luck.randrange(len(lines))
        key = lines[at].partition("=")[0].strip()
        if how == 0:
            lines[at] = f"{key} = {luck.choice(VALUES + NUMBERS)}"
        elif how == 1:
            lines.insert(at, f"{luck.choice(ALL_KEYS)} = {luck.choice(VALUES + NUMBERS)}")
        elif how == 2:
            lines.insert(at, luck.choice(lines))
        elif how == 3:
            del lines[at]
            lines = lines or [""]
        elif how == 4:
            lines.insert(at, f"[{luck.choice('abc')}:{luck.choice([*'abc', *NAMES])}]")
        elif how == 5:
            lines[at] = noise(luck, lines[at], "[]=:\n *-abkqN019\u0663", 6)
        else:
            move = "".join(luck.choices("WFDNAHCZGKQBRLJmcnpgifblrvs0129", k=luck.randrange(8)))
            lines.insert(at, f"customPiece{luck.randrange(28)} = {luck.choice('abcxyz')}:{move}")
    return "\n".join(lines) * (luck.randrange(1, 300) if luck.random() < 0.003 else 1)


def try_file(seed: int, sources: list[str]) -> str:
    """Read one damaged file, and play a little of what it holds."""
    luck = random.Random(f"file {seed}")
    text = damaged_file(luck, sources)
    try:
        found = read(text)
    except VariantError:
        return "refused"
    for variant in [*found.values()][:2]:
        assert read(variant.text)[variant.name] == variant, "its own text reads otherwise"
        if luck.random() < 0.7:
            continue  # compiling takes twenty times as long as reading
        board = Board(variant)
        try:
            for _ in range(4):
                moves = board.moves()
                if not moves:
                    break
                board.push(luck.choice(sorted(moves)))
                Board(variant, board.fen)
        except VariantError:
            return "too many moves"
    return "read"


def sections() -> list[str]:
    """Every section of the library, named so that it may stand beside the library."""
    texts = [path.read_text() for path in sorted(LIBRARY.glob("*.ini"))]
    return ["[x-" + part for text in texts for part in re.split(r"^\[", text, flags=re.MULTILINE)[1:]]


NAMES = names()
ALL_KEYS = sorted(KEYS | PIECE_KEYS | set(UNSUPPORTED))


def positions(seed: int = 0) -> list[tuple[Variant, list[str]]]:
    """Every library variant with positions from a random game."""
    luck = random.Random(seed)
    pool = []
    for name in NAMES:
        board = Board(name)
        fens = [board.fen]
        for _ in range(40):
            moves = sorted(board.moves())
            if not moves:
                break
            board.push(luck.choice(moves))
            fens.append(board.fen)
        pool.append((load(name), fens))
    return pool


def run(
    what: str, first: int, count: int, seconds: float = math.inf
) -> tuple[Counter[str], list[str], float]:
    """Try a range of seeds: outcomes, what went wrong or took more processor time, and the longest."""
    one: Callable[[int], str]
    if what == "fens":
        pool = positions()
        one = lambda seed: try_fen(seed, pool)  # noqa: E731
    else:
        sources = sections() + [draw(seed, version=1) for seed in range(40)]
        one = lambda seed: try_file(seed, sources)  # noqa: E731
    Board("chess").moves()  # the engine compiles once
    tally: Counter[str] = Counter()
    wrong: list[str] = []
    longest = 0.0
    for seed in range(first, first + count):
        began = time.process_time()
        try:
            tally[one(seed)] += 1
        except Exception as error:
            wrong.append(f"{what} seed {seed}: {type(error).__name__}: {error}")
        taken = time.process_time() - began
        longest = max(longest, taken)
        if taken > seconds:
            wrong.append(f"{what} seed {seed}: {taken:.2f} seconds")
    return tally, wrong, longest


def main(words: list[str]) -> int:
    """Try a range, a thousand at a time, and print what went wrong."""
    what, first, count = words[0], int(words[1]), int(words[2])
    total: Counter[str] = Counter()
    bad, longest = 0, 0.0
    for start in range(first, first + count, 1000):
        tally, wrong, slow = run(what, start, min(1000, first + count - start), SECONDS)
        total += tally
        bad, longest = bad + len(wrong), max(longest, slow)
        for text in wrong:
            print(text, flush=True)
        print(f"{what} {start}: {dict(tally)}, {len(wrong)} wrong, longest {slow:.2f} s", flush=True)
    print(f"{what} {first} to {first + count - 1}: {dict(total)}, {bad} wrong, longest {longest:.2f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
