"""PGN as people write it, and damaged: every text is read or refused by name, each within 50 ms.

    python benchmarks/fairychess_pgn.py [FIRST COUNT] [--write]

Games at random of library variants are written as PGN without their rules' own text, then rewritten in the
habits of people and servers (``0-0``, ``a8Q``, long moves, ``e.p.``, marks, ``%`` lines, other names of
variants) and damaged (characters, lines, braces). Of texts with habits alone the moves must come back; of
damaged ones only `FileError` may come. Times are processor time, the variants being compiled before.
``--write`` keeps the result.
"""

from __future__ import annotations

import math
import random
import re
import sys
import time
from collections import Counter

from measure import ROOT, machine

from gyges.envs.errors import FileError
from gyges.envs.fairychess import load
from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.notation import pgn

SECONDS = 0.05
NAMES = {
    "chess": ("Standard", "From Position", "chess"),
    "chess960": ("Fischerandom", "Chess960", "chess 960"),
    "crazyhouse": ("Crazyhouse",),
    "3check": ("Three-check", "Three Check", "3-check"),
    "kingofthehill": ("King of the Hill", "KingOfTheHill"),
    "racingkings": ("Racing Kings",),
    "seirawan": ("S-Chess", "Seirawan"),
    "minishogi": ("Minishogi",),
    "janggi": ("Janggi",),
    "antichess": ("Antichess",),
    "atomic": ("Atomic",),
    "horde": ("Horde",),
    "capablanca": ("Capablanca",),
    "gardner": ("gardner",),
    "shogi": ("Shogi",),
    "xiangqi": ("Xiangqi",),
    "makruk": ("Makruk",),
    "grand": ("Grand",),
    "berolina": ("Berolina",),
}
NOISE = '[]{}();"\\%$x+=#@!?-0123456789OKQRBNPabcdefgh .\n\t\u2026\u2013\u00bd\u2654\x00'


def games(variants: int = 0, each: int = 2, plies: int = 40) -> list[tuple[pgn.Record, str]]:
    """Games at random, and each as PGN without the text of its rules."""
    found = []
    for name in [*NAMES][: variants or None]:
        for seed in range(each):
            luck = random.Random(f"{name} {seed}")
            board, moves = Board(load(name)), list[str]()
            while len(moves) < plies and not board.result().over:
                moves.append(luck.choice(sorted(board.moves())))
                board.push(moves[-1])
            record = pgn.Record(board.variant, tuple(moves), "", board.result().winner)
            text = re.sub(r"\[Rules .*\]\n", "", pgn.write(record))
            found.append((record, text))
    return found


def habits(luck: random.Random, record: pgn.Record, text: str) -> str:
    """The same game as people write it."""
    head, _, body = text.partition("\n\n")
    head = re.sub('Variant ".*"', f'Variant "{luck.choice(NAMES[record.variant.name])}"', head)
    if luck.random() < 0.3:
        head = re.sub(r'\[Result ".*"\]\n', "", head)
    if luck.random() < 0.5:
        body = body.replace("O", "0")
    if luck.random() < 0.5:
        body = re.sub(r"=([A-Z])", luck.choice([r"\1", r"(\1)", r"/\1"]), body)
    if luck.random() < 0.5:
        body = re.sub(r"(\d+)\.+ ", luck.choice([r"\1.", r"\1 ", r"\1... "]), body)
    words = body.split()
    for n in range(len(words)):
        draw = luck.random()
        if re.search(r"[a-l]\d+$", words[n]):
            if draw < 0.1:
                words[n] += luck.choice(["!", "??", "!?", "+", " $3", " {said}", " ; rest\n", " (1. --) "])
            elif draw < 0.12:
                words[n] += luck.choice(["\n% escaped\n", " \u00b1", " {" + "{" * 3000 + "}"])
        if "x" in words[n] and draw > 0.9 and len(words[n]) > 3:
            words[n] = words[n].replace(
                "x", luck.choice(["", ":", "\u00d7"]) if words[n][0].isupper() else "x"
            )
    return f"{head}\n\n" + luck.choice([" ", "\n"]).join(words) + "\n"


def damaged(luck: random.Random, text: str) -> str:
    """A text with characters, words and lines put in, taken out and exchanged."""
    for _ in range(luck.randrange(1, 5)):
        how, place = luck.randrange(6), luck.randrange(len(text) + 1)
        if how < 2:
            text = (
                text[:place]
                + "".join(luck.choices(NOISE, k=luck.randrange(4)))
                + text[place + luck.randrange(3) :]
            )
        elif how == 2:
            lines = text.split("\n")
            luck.shuffle(lines)
            text = "\n".join(lines[luck.randrange(3) :])
        elif how == 3:
            words = text.split(" ")
            j = luck.randrange(len(words))
            words[j] = luck.choice(
                ["--", "O-O-O", "e9", "P@e5", "Ke9", "e8=Z", "", "1-0", "{", "\u00bd-\u00bd"]
            )
            text = " ".join(words)
        elif how == 4:
            text = text[:place] + luck.choice('{}()["%;') * luck.choice([1, 2, 5000]) + text[place:]
        else:
            text = text[: luck.randrange(len(text) + 1)]
    return text


def attempt(seed: int, pool: list[tuple[pgn.Record, str]]) -> tuple[str, str]:
    """One text: read, refused, or wrong; and what is wrong."""
    luck = random.Random(f"pgn {seed}")
    record, text = luck.choice(pool)
    text = habits(luck, record, text)
    whole = luck.random() < 0.3
    if not whole:
        text = damaged(luck, text)
    try:
        found = pgn.read(text)
    except FileError as error:
        return ("wrong", f"{error}: {text[-300:]!r}") if whole else ("refused", "")
    except Exception as error:
        return "wrong", f"{type(error).__name__}: {error}: {text[:300]!r}"
    if whole and found.moves != record.moves:
        return "wrong", f"other moves: {text[:300]!r}"
    return "read", ""


def run(
    first: int, count: int, pool: list[tuple[pgn.Record, str]], seconds: float = math.inf
) -> tuple[Counter[str], list[str], float]:
    """Try a range of seeds: outcomes, what went wrong or took more processor time, the longest."""
    tally: Counter[str] = Counter()
    wrong, longest = [], 0.0
    for name in [name for known in NAMES.values() for name in known]:  # the variants are compiled
        pgn.read(f'[Variant "{name}"]\n\n*')
    for seed in range(first, first + count):
        began = time.process_time()
        outcome, why = attempt(seed, pool)
        taken = time.process_time() - began
        longest = max(longest, taken)
        tally[outcome] += 1
        if why:
            wrong.append(f"seed {seed}: {why}")
        if taken > seconds:
            wrong.append(f"seed {seed}: {taken:.3f} s")
    return tally, wrong, longest


def main(words: list[str]) -> int:
    """Run, print, and with --write keep the result."""
    numbers = [int(word) for word in words if word.isdigit()]
    first, count = numbers if len(numbers) == 2 else (0, 20_000)
    tally, wrong, longest = run(first, count, games(), SECONDS)
    for line in wrong[:20]:
        print(line)
    said = (
        f"{count:,} texts (seeds {first} to {first + count - 1}): {tally['read']:,} read, "
        f"{tally['refused']:,} refused by name, {tally['wrong']} wrong; "
        f"the longest took {1000 * longest:.0f} ms of processor time."
    )
    print(said)
    if "--write" in words:
        (ROOT / "benchmarks" / "results" / "fairychess_pgn.md").write_text(
            "# PGN as people write it, and damaged\n\n"
            f"`python benchmarks/fairychess_pgn.py --write`: {said}\n\n"
            f"{machine()}",
            encoding="utf-8",
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
