"""Random games in circles on random positions: who chases whom, beside an independent engine.

    python tests/fairychess/chases.py SEED GAMES [VARIANT or FILE.ini] [MOST PIECES A SIDE]

Each side walks a way out and back; the round is repeated until the game is over. All games that chases or
checks decide are compared, and one in eight of the drawn ones.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

from gyges.envs.fairychess import load
from gyges.envs.fairychess.board import Board, uci
from gyges.envs.fairychess.engine import layout as at

CHILD = """
import json, sys
import pyffish as sf
for line in sys.stdin:
    ini, name, fen, moves = json.loads(line)
    if ini:
        sf.load_variant_config(ini)
    known = sf.validate_fen(fen, name) == 1
    over, value = sf.is_optional_game_end(name, fen, moves) if known else (False, 0)
    print("\\nANSWER " + json.dumps((value > 0) - (value < 0) if over else None), flush=True)
"""


def asked(games, ini, name):
    """What the engine says of (fen, moves), for the player to move; None where the game is not over."""
    lines = "\n".join(json.dumps([ini if j == 0 else "", name, *game]) for j, game in enumerate(games))
    done = subprocess.run(
        [sys.executable, "-c", CHILD], input=lines, capture_output=True, text=True, timeout=600, check=True
    )
    return [json.loads(line[7:]) for line in done.stdout.splitlines() if line.startswith("ANSWER ")]


def position(v, luck, most):
    """A FEN with a king and up to so many other pieces a side, each where it may stand."""
    regions = {(name, side): squares for name, side, squares in v.mobilityRegion}
    every = [(x, y) for y in range(v.maxRank) for x in range(v.maxFile)]
    king = next(p for p in v.pieces if p.royal)
    cells = {}
    for side in (0, 1):
        for piece in [king, *luck.choices([p for p in v.pieces if not p.royal], k=luck.randint(1, most))]:
            free = [s for s in sorted(regions.get((piece.name, side)) or every) if s not in cells]
            if free:
                cells[luck.choice(free)] = piece.letter.upper() if side == 0 else piece.letter
    ranks = []
    for y in reversed(range(v.maxRank)):
        text = "".join(cells.get((x, y), " ") for x in range(v.maxFile))
        ranks.append("".join(p if p.strip() else str(len(p)) for p in _runs(text)))
    hand = "[]" if v.pieceDrops else ""
    return "/".join(ranks) + hand + f" {luck.choice('wb')} - - 0 1"


def _runs(text):
    """A rank's pieces one by one, and its empty squares together."""
    found = []
    for letter in text:
        if letter == " " and found and found[-1].isspace():
            found[-1] += letter
        else:
            found.append(letter)
    return found


def circle(v, fen, luck):
    """A game that repeats a random round to its end: its moves and board, or None where there is none."""
    board, path, moves = Board(v, fen), [], []
    half = luck.choice([1, 1, 1, 2])

    def play(move):
        moves.append(uci(board.compiled, board.row, move))
        board.play(move)

    for j in range(2 * half):
        here = board.row[at.INFO : at.INFO + v.squares]
        quiet = [m for m in board.listed()[0] if here[m & at.SQ] == 0 and not m >> at.CHOICE]
        again = [m for m in quiet if j > 1 and m >> at.FROM & at.SQ == path[j - 2] & at.SQ]
        quiet = again if again and luck.random() < 0.9 else quiet
        if not quiet:
            return None
        path.append(luck.choice(quiet))
        play(path[-1])
    for j in range(2 * half):
        move = path[2 * (half - 1 - j // 2) + j % 2]
        back = move >> at.FROM & at.SQ | (move & at.SQ) << at.FROM
        if back not in board.listed()[0]:
            return None
        play(back)
    for move in moves * 3:
        if board.result().over or move not in board.moves():
            break
        moves.append(move)
        board.push(move)
    return (moves, board) if board.result().over and board.moves() else None


def games(v, seed, number, most):
    """So many games to compare, and the result that we give each for the player to move."""
    luck, found = random.Random(seed), []
    while len(found) < number:
        fen = position(v, luck, most)
        for _ in range(25):
            made = circle(v, fen, luck)
            if made is None:
                continue
            moves, board = made
            winner, side = board.result().winner, int(board.row[at.TURN])
            value = 0 if winner == -1 else 1 if winner == side else -1
            if value or luck.random() < 0.125:
                found.append((fen, moves, value))
    return found[:number]


def main(seed, number, where="xiangqi", most=6):
    """Compare, print the differences and the counts."""
    ini = Path(where).read_text(encoding="utf-8") if where.endswith(".ini") else ""
    v = load(ini or where)
    found = games(v, int(seed), int(number), int(most))
    told = asked([one[:2] for one in found], ini, v.name)
    compared = [(one, value) for one, value in zip(found, told, strict=True) if value is not None]
    wrong = [(one, value) for one, value in compared if one[2] != value]
    for (fen, moves, ours), theirs in wrong:
        print(f"ours {ours}, theirs {theirs}: {fen} {' '.join(moves)}")
    decided = sum(one[2] != 0 for one, _ in compared)
    print(f"{v.name}: {len(compared)} games compared, {decided} of them decided, {len(wrong)} differ")


if __name__ == "__main__":
    main(*sys.argv[1:])
