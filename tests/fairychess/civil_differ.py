"""Plays random games with civilians on the board and compares the legal moves with pyffish.

python tests/fairychess/civil_differ.py [GAMES] [VARIANT ...]

The engine has no neutral pieces. Before each question every civilian is replaced by an opponent's piece
of a kind that cannot move. Where capturing is compulsory the duty is asked for with pieces of the
mover's own in their place, and without a duty the answer is what is legal when nothing is compulsory.
"""

from __future__ import annotations

import random
import re
import string
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from differ import renamed
from explained import pawn_mates
from oracle import Oracle, OracleDied

from gyges.envs.fairychess import Variant, load, names
from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.engine import layout as at


def peopled(variant: Variant, luck: random.Random, count: int) -> str:
    """The start position with civilians on `count` empty squares."""
    board = Board(variant)
    first, end = board.compiled.row[1:3]
    empty = [int(s) for s in range(first, end) if board.row[s] == 0]
    for square in luck.sample(empty, min(count, len(empty))):
        board.row[square] = at.CIVILIAN
    return board.fen


def stand_ins(variant: Variant) -> tuple[str, str, str, str]:
    """The variant with a kind that cannot move, and the same with nothing compulsory.

    Returns:
        the text of both, their names, and the letter of the kind.
    """
    name, ini = renamed(variant)
    letter = next(x for x in string.ascii_lowercase if variant.letter(x) is None)
    ini = ini.rstrip() + f"\nimmobile = {letter}\n"
    free = re.sub(r"^\[.*\]", f"[{name}-free]", ini).replace("mustCapture = true", "mustCapture = false")
    return ini + "\n" + free, name, name + "-free", letter


class Judge:
    """The engine's answer for positions of one variant with civilians."""

    def __init__(self, oracle: Oracle, variant: Variant) -> None:
        ini, self.name, self.free, letter = stand_ins(variant)
        self.variant, self.oracle = variant, oracle
        self.letters = letter.upper(), letter
        assert {self.name, self.free} <= set(oracle.load(ini)), f"{variant.name}: text not taken"

    def with_pieces(self, fen: str, own: bool) -> str:
        """The FEN with pieces of a player where the civilians stand."""
        board, side, *rest = fen.split()
        letter = self.letters[(side == "w") != own]
        return " ".join([board.replace("^", letter), side, *rest])

    def legal(self, fen: str) -> set[str]:
        """Legal moves by name."""
        chess960 = self.variant.chess960
        if self.variant.mustCapture:
            blocked = self.with_pieces(fen, own=True)
            duty = self.oracle.look(self.name, blocked, [], chess960)["moves"]
            if duty:
                after = self.oracle.look(self.name, blocked, [duty[0]], chess960)["fen"]
                if pieces(after) < pieces(blocked):
                    return set(duty)
        return set(self.oracle.look(self.free, self.with_pieces(fen, own=False), [], chess960)["moves"])


def pieces(fen: str) -> int:
    """Pieces on the board."""
    return sum(x.isalpha() for x in fen.split()[0].partition("[")[0])


def game(judge: Judge, seed: int, plies: int, tally: list[int]) -> Iterator[str]:
    """One random game; yields the first difference. `tally` counts positions and civilians captured."""
    luck = random.Random(seed)
    variant = judge.variant
    fen = peopled(variant, luck, luck.randint(1, 6))
    for ply in range(plies):
        board = Board(variant, fen)
        if board.result_now().over:
            return
        mine, theirs = set(board.moves()), judge.legal(fen)
        shown = judge.with_pieces(fen, own=False)
        if mine != theirs and not pawn_mates(judge.oracle, judge.free, variant, shown, mine, theirs):
            yield (
                f"{variant.name} seed {seed} ply {ply}: {fen}: ours only {sorted(mine - theirs)}, "
                f"theirs only {sorted(theirs - mine)}"
            )
            return
        tally[0] += 1
        if not mine or "^" not in fen:
            return
        board.push(luck.choice(sorted(mine)))
        tally[1] += fen.count("^") - board.fen.count("^")
        fen = board.fen


def compare(oracle: Oracle, variant: Variant, seeds: range, plies: int = 60) -> tuple[list[str], list[int]]:
    """Play some games of one variant; what differs, and [positions, civilians captured]."""
    tally = [0, 0]
    try:
        judge = Judge(oracle, variant)
        return [text for seed in seeds for text in game(judge, seed, plies, tally)], tally
    except OracleDied as error:
        return [f"{variant.name}: the engine aborted: {error}"], tally


def main(words: list[str]) -> int:
    """Compare, and print what differs."""
    oracle = Oracle()
    games = int(words[0]) if words else 3
    found, positions, captured = 0, 0, 0
    for name in words[1:] or names():
        texts, tally = compare(oracle, load(name), range(games))
        positions, captured, found = positions + tally[0], captured + tally[1], found + len(texts)
        for text in texts:
            print(text, flush=True)
    print(f"{positions} positions, {captured} civilians captured, {found} games differ")
    oracle.close()
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
