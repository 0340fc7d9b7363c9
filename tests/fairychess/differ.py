"""Plays random games and compares every position with pyffish.

python tests/fairychess/differ.py library [GAMES [NAME ...]]
python tests/fairychess/differ.py builtin [GAMES [NAME ...]]    the engine's own variants of these names
python tests/fairychess/differ.py file FILE [GAMES [NAME ...]]  the sections of a file, as the engine reads it
python tests/fairychess/differ.py invent FIRST_SEED VARIANTS [GAMES] [--log FILE]
"""

from __future__ import annotations

import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from explained import reasons
from oracle import Oracle, OracleDied

from gyges.envs.fairychess import Variant, load, names
from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.engine import layout
from gyges.envs.fairychess.engine.compiled import stamp
from gyges.envs.fairychess.variants.ini_files import read_each
from gyges.envs.fairychess.variants.ini_keys import MAX_FILES
from gyges.envs.fairychess.variants.invent import draw

STRIDE = 4
"""Legal moves and results are compared in every position, FEN and check in every fourth: each question
costs the engine 2 ms, and what moves do to a position shows in the next legal moves."""
PIECE = 50
"""Variants to one line of the log."""


def renamed(variant: Variant) -> tuple[str, str]:
    """The variant's text under a name that the engine does not have, and that name."""
    name = "gyges-" + variant.name
    return name, re.sub(r"^\[.*\]", f"[{name}]", variant.text)


EXPLAINED: Counter[str] = Counter()
"""Moves that only one of the two had, by the reason (`explained.py`), since the process began."""


def game(oracle: Oracle, name: str, variant: Variant, seed: int, plies: int) -> Iterator[str]:
    """One random game of moves that both have; yields what differs without a known reason, and ends there.

    The engine is given the FEN of every fourth position, or where a FEN does not say all (passes, checks
    before it) the moves from the start.
    """
    generator = random.Random(seed)
    board = Board(variant)
    fen, since = board.fen, list[str]()
    unwritten = variant.gating or variant.seirawanGating
    unwritten |= (variant.castlingRookQueensideFile, variant.castlingRookKingsideFile) != (1, MAX_FILES)
    history = variant.shatarMateRule or variant.bikjangRule or any(variant.passing + variant.passOnStalemate)
    for ply in range(plies):
        whole = ply % STRIDE == 0
        told = oracle.look(name, fen, since, variant.chess960, whole=whole)
        at = " ".join([f"{variant.name} seed {seed} ply {ply}: {fen}", *since])
        if whole:
            if simple(board.fen, unwritten) != simple(told["fen"], unwritten):
                yield f"{at}: {board.fen}, theirs {told['fen']}"
                return
            if not history:
                fen, since = told["fen"], []
        mine, theirs = board.moves(), set(told["moves"])
        ours, missing = sorted(mine.keys() - theirs), sorted(theirs - mine.keys())
        if ours or missing:
            why = reasons(oracle, name, board, ours, missing)
            if why[""]:
                yield f"{at}: moves: ours only {ours}, theirs only {missing}"
                return
            EXPLAINED.update(why)
            if not mine or not theirs:
                return  # for one of the two the game is over
        result = board.result_now()
        side = int(board.row[0])
        value = (
            None if result.winner is None else 0 if result.winner < 0 else 1 if result.winner == side else -1
        )
        if result.over != told["over"] or value != told["value"]:
            yield f"{at}: result {value} (for the player to move), theirs {told['value']}"
            return
        if whole and board.in_check != told["check"] and mine:
            yield f"{at}: check {board.in_check}, theirs {told['check']}"
            return
        if not mine:
            return
        both = sorted(mine.keys() & theirs)
        if not both:
            return
        takes = [m for m in both if captures(board, mine[m])]
        move = generator.choice(takes if takes and generator.random() < 0.25 else both)
        board.push(move)
        since.append(move)


def captures(board: Board, move: int) -> bool:
    """Does a move capture?"""
    if move & (layout.DROP | layout.CASTLE):
        return False
    return bool(move & layout.EP) or int(board.row[layout.INFO + (move & layout.SQ)]) != 0


def simple(fen: str, unwritten: bool = False) -> tuple[str, ...]:
    """A FEN without what the two write differently: hands sorted, empty hands, move numbers, and en passant
    squares (the engine also writes those on which nobody can capture, and the piece itself)."""
    board, side, castling, _, *rest = fen.split()
    board, _, hand = board.partition("[")
    hand = "".join(sorted(hand.strip("]-")))
    if unwritten:  # rights that the two write differently; moves are compared all the same
        castling = ""
    return (board, hand, side, castling, *rest[:-1])


def compare(oracle: Oracle, variant: Variant, seeds: range, plies: int = 80, theirs: str = "") -> list[str]:
    """Play some games of one variant (or of `theirs`, a name that the engine knows); returns what differs."""
    name, ini = (theirs, "") if theirs else renamed(variant)
    try:
        if ini and name not in oracle.load(ini):
            return [f"{variant.name}: the engine does not take this text"]
        return [text for seed in seeds for text in game(oracle, name, variant, seed, plies)]
    except OracleDied as error:
        return [f"{variant.name}: the engine aborted: {error}"]


def invented(first: int, count: int, games: int, log: Path | None) -> int:
    """Compare the variants of a range of seeds; returns how many games differ.

    With a log, a line of JSON is added for every `PIECE` seeds, and pieces that it holds are not played
    again: a long run may be stopped and taken up.
    """
    oracle = Oracle()
    found = 0
    done = set()
    if log is not None and log.exists():
        done = {json.loads(line)["first"] for line in log.read_text().splitlines()}
    for start in range(first, first + count, PIECE):
        if start in done:
            continue
        began, plies, differ = time.process_time(), 0, []
        seeds = range(start, min(start + PIECE, first + count))
        for seed in seeds:
            looks = oracle.looks
            differ += compare(oracle, load(draw(seed, version=1)), range(seed, seed + games))
            plies += oracle.looks - looks
        for text in differ:
            print(text, flush=True)
        found += len(differ)
        print(f"seeds {start} to {seeds[-1]}: {plies} positions, {len(differ)} differ", flush=True)
        if log is not None:
            record = {"first": start, "variants": len(seeds), "games": games, "positions": plies,
                      "differ": differ, "seconds": round(time.process_time() - began, 1),
                      "engine": stamp()[:12]}  # fmt: skip
            with log.open("a") as file:
                file.write(json.dumps(record) + "\n")
    oracle.close()
    return found


def main(words: list[str]) -> int:
    """Compare, and print what differs."""
    log = Path(words.pop(words.index("--log") + 1)) if "--log" in words else None
    words = [w for w in words if w != "--log"]
    if words[0] == "invent":
        return 1 if invented(int(words[1]), int(words[2]), int([*words, "1"][3]), log) else 0
    oracle = Oracle()
    found = 0
    if words[0] == "file":
        text = Path(words.pop(1)).read_text(encoding="utf-8")
        known = set(oracle.load(text))
        pool = {name: one for name, one in read_each(text).items() if isinstance(one, Variant)}
    else:
        known = set(oracle.load(""))
        pool = {name: load(name) for name in names()}
    games = range(int([*words, "3"][1]))
    chosen = words[2:] or [n for n in pool if words[0] == "library" or n in known]
    for name in chosen:
        for text in compare(oracle, pool[name], games, theirs="" if words[0] == "library" else name):
            found += 1
            print(text, flush=True)
    print(f"{len(chosen)} variants, {oracle.looks} positions, {found} differ")
    oracle.close()
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
