"""Plays random games and compares every position with pyffish.

python tests/fairychess/differ.py library [GAMES]
python tests/fairychess/differ.py invent FIRST_SEED VARIANTS [GAMES]
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from oracle import Oracle, OracleDied

from gyges.envs.fairychess import Variant, load, names
from gyges.envs.fairychess.board import Board


def renamed(variant: Variant) -> tuple[str, str]:
    """The variant's text under a name that the engine does not have, and that name."""
    name = "gyges-" + variant.name
    return name, re.sub(r"^\[.*\]", f"[{name}]", variant.text)


def game(oracle: Oracle, name: str, variant: Variant, seed: int, plies: int) -> Iterator[str]:
    """One random game; yields what differs, and ends at the first difference."""
    generator = random.Random(seed)
    board = Board(variant)
    fen = variant.startFen
    for ply in range(plies):
        told = oracle.look(name, fen, [], variant.chess960)
        mine, theirs = set(board.moves()), set(told["moves"])
        at = f"{variant.name} seed {seed} ply {ply}: {fen}"
        if mine != theirs and not pawn_mates(oracle, name, variant, fen, mine, theirs):
            yield f"{at}: moves: ours only {sorted(mine - theirs)}, theirs only {sorted(theirs - mine)}"
            return
        result = board.result_now()
        side = int(board.row[0])
        value = (
            None if result.winner is None else 0 if result.winner < 0 else 1 if result.winner == side else -1
        )
        if result.over != told["over"] or value != told["value"]:
            yield f"{at}: result {value} (for the player to move), theirs {told['value']}"
            return
        if board.in_check != told["check"] and mine:
            yield f"{at}: check {board.in_check}, theirs {told['check']}"
            return
        if not mine:
            return
        captures = [m for m in sorted(mine) if generator.random() < 0.3]
        move = generator.choice(captures or sorted(mine))
        after = oracle.look(name, fen, [move], variant.chess960)["fen"]
        board.push(move)
        if simple(board.fen) != simple(after):
            yield f"{at} {move}: {board.fen}, theirs {after}"
            return
        fen = after


def pawn_mates(
    oracle: Oracle, name: str, variant: Variant, fen: str, mine: set[str], theirs: set[str]
) -> bool:
    """Are theirs more only by pawn drops that mate?

    Shogi forbids them, and so do we; the engine lists them and scores the mate as lost for who dropped.
    """
    more = theirs - mine
    pawns = tuple(p.letter.upper() + "@" for p in variant.pieces if p.name == "shogiPawn")
    return (
        variant.shogiPawnDropMateIllegal
        and mine < theirs
        and all(m.startswith(pawns) and not oracle.look(name, fen, [m])["moves"] for m in more)
    )


def simple(fen: str) -> tuple[str, ...]:
    """A FEN without what the two write differently: hands sorted, empty hands, move numbers."""
    board, side, *rest = fen.split()
    board, _, hand = board.partition("[")
    hand = "".join(sorted(hand.strip("]-")))
    return (board, hand, side, *rest[:-1])


def compare(oracle: Oracle, variant: Variant, seeds: range, plies: int = 120) -> list[str]:
    """Play some games of one variant; returns what differs."""
    name, ini = renamed(variant)
    try:
        if name not in oracle.load(ini):
            return [f"{variant.name}: the engine does not take this text"]
        return [text for seed in seeds for text in game(oracle, name, variant, seed, plies)]
    except OracleDied as error:
        return [f"{variant.name}: the engine aborted: {error}"]


def main(words: list[str]) -> int:
    """Compare, and print what differs."""
    oracle = Oracle()
    found = 0
    if words[0] == "library":
        todo = [(load(n), range(int(words[1]) if len(words) > 1 else 3)) for n in (words[2:] or names())]
    else:
        from gyges.envs.fairychess.invent import draw

        first, count = int(words[1]), int(words[2])
        games = int(words[3]) if len(words) > 3 else 1
        todo = [(load(draw(seed)), range(seed, seed + games)) for seed in range(first, first + count)]
    for k, (variant, seeds) in enumerate(todo):
        for text in compare(oracle, variant, seeds):
            found += 1
            print(text, flush=True)
        if k % 100 == 99:
            print(f"{k + 1} variants, {found} differ", flush=True)
    print(f"{len(todo)} variants, {found} differ")
    oracle.close()
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
