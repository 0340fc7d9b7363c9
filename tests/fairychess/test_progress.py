"""Games that get no further: counting in makruk and its relatives, moves to and fro in janggi."""

import random
import re

import numpy as np
import pytest

from gyges.envs.batch import Batch
from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.engine import layout as at
from gyges.envs.registry import make

sf = pytest.importorskip("pyffish")
SILVER_AND_COUNSELLOR = {"makruk": "sm", "cambodian": "sm", "asean": "bq", "ai-wok": "sa", "sittuyin": "sf"}
GAMES = 4
JANGGI = ("3k5/9/9/9/9/9/9/9/9/5KR2 w - - 0 1", "3k1r3/9/4p4/9/9/4P4/9/9/9/4KRC2 b - - 0 1")


def endgame(luck, name):
    """A FEN with few pieces of the variant."""
    board = [""] * 64
    silver, counsellor = list(SILVER_AND_COUNSELLOR[name])
    men = [("K", range(16)), ("k", range(48, 64))]
    men += [(x.upper(), range(64)) for x in luck.choices(["r", "n", silver, counsellor], k=luck.randrange(4))]
    men += [(x, range(64)) for x in luck.choices(["r", "n", silver, counsellor], k=luck.randrange(3))]
    men += [("P", range(24, 40))] * luck.randrange(3) + [("p", range(24, 40))] * luck.randrange(2)
    for letter, squares in men:
        board[luck.choice([s for s in squares if not board[s]])] = letter
    ranks = ["".join(x or "1" for x in board[y : y + 8]) for y in range(56, -1, -8)]
    text = re.sub("1+", lambda ones: str(len(ones[0])), "/".join(ranks))
    return f"{text}{'[]' * (name == 'sittuyin')} {luck.choice('wb')} - - 0 1"


@pytest.mark.parametrize("name", SILVER_AND_COUNSELLOR)
def test_counting_is_that_of_another_engine(name):
    ends = 0
    for seed in range(GAMES):
        luck = random.Random(f"{name} {seed}")
        fen, moves = endgame(luck, name), []
        while sf.validate_fen(fen, name) != 1:
            fen = endgame(luck, name)
        board = Board(name, fen)
        while not (stands := board.result()).over or not board.result_now().over:
            over, _ = sf.is_optional_game_end(name, fen, moves)
            assert over == stands.over, (fen, moves)
            if (
                len(moves) % 3 == 0 or over
            ):  # what is counted shows in every later FEN; each question costs 2 ms
                assert board.fen.split()[3:] == sf.get_fen(name, fen, moves).split()[3:], (fen, moves)
            assert Board(name, board.fen).fen == board.fen
            if over:
                assert stands.winner == -1
                ends += 1
                break
            moves.append(luck.choice(sorted(board.moves())))
            board.push(moves[-1])
    assert ends


def test_the_game_counts_and_shows_the_count():
    fen = "4k3/8/8/8/8/8/8/R3K2R w - 16 13 40"
    game = make("fairychess-v1", variant="makruk", start=fen)
    batch = Batch(game, 1, seed=1)
    for ply in range(4):
        side, codes = ply % 2, batch.codes[0]
        rows = game.rows_of(codes[side])
        assert list(rows[0, -2:]) == [16, 13 + ply]
        move = ["e1e2", "e8e7", "e2e1", "e7e8"][ply]
        actions = np.zeros((1, 2), np.int32)
        actions[0, side] = game.action_from_uci(codes[side], move)
        assert not batch.over[0]
        batch.step(actions)
    assert batch.over[0]
    assert batch.state.end[0, 0] == 3


def test_moving_to_and_fro_loses_as_in_another_engine():
    ended = set()
    for seed in range(12):
        luck = random.Random(seed)
        fen, moves = luck.choice(JANGGI), []
        board = Board("janggimodern", fen)
        for _ in range(80):
            if board.result_now().over:
                break
            over, value = sf.is_optional_game_end("janggimodern", fen, moves)
            stands = board.result()
            side = int(board.row[at.TURN])
            mine = {-1: 0, side: 1, 1 - side: -1}[stands.winner] if stands.over else None
            assert mine == ((value > 0) - (value < 0) if over else None), (fen, moves)
            if over:
                ended.add(mine)
                break
            legal = sorted(board.moves())
            before = moves[-2] if len(moves) > 1 else ""
            ends = re.findall(r"[a-i]\d+", before)
            back = "".join(reversed(ends))
            passes = [m for m in legal if len(set(re.findall(r"[a-i]\d+", m))) == 1]
            choice = luck.random()
            name = back if back in legal and choice < 0.8 else luck.choice(passes if choice > 0.9 else legal)
            moves.append(name)
            board.push(name)
    assert 1 in ended


def test_the_game_ends_when_a_piece_goes_to_and_fro():
    game = make("fairychess-v1", variant="janggimodern", start=JANGGI[0])
    batch = Batch(game, 1, seed=1)
    line = "g1g2 d10d9 g2g3 d9d8 g3g2 d8d9 g2g3 d9d10 g3g2".split()  # noqa: SIM905  a line of play
    for move in line:
        assert not batch.over[0]
        side = int(batch.state.info[0, at.TURN])
        actions = np.zeros((1, 2), np.int32)
        actions[0, side] = game.action_from_uci(batch.codes[0, side], move)
        batch.step(actions)
    assert batch.over[0]
    assert batch.state.end[0, 0] == 2
