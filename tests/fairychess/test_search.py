"""The alpha-beta: mates, repetition, root sets, and that the same search gives the same answer."""

import json
import os
import random
import subprocess
import sys

import pytest

from gyges.envs.fairychess import load, names
from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.search.alphabeta import Found, key, line_names, search, win_probability
from gyges.envs.fairychess.search.piece_values import worth
from gyges.envs.fairychess.variants.invent import draw
from gyges.envs.rules import PURE

MATES = [
    # variant, position, plies to the end, a first move that does it (None: several do)
    ("chess", "6k1/5ppp/8/8/8/8/8/R3K3 w - - 0 1", 1, "a1a8"),
    ("chess", "kbK5/pp6/1P6/8/8/8/8/R7 w - - 0 1", 3, "a1a6"),
    ("chess", "r5rk/5p1p/5R2/4B3/8/8/7P/7K w - - 0 1", 5, "f6a6"),
    ("gardner", "k4/5/K4/5/4R w - - 0 1", 1, "e1e5"),
    ("crazyhouse", "6k1/5ppp/8/8/8/8/8/4K3[R] w - - 0 1", 1, None),
    ("atomic", "rk6/8/8/8/8/8/8/R3K3 w - - 0 1", 1, "a1a8"),
    ("antichess", "8/8/8/8/8/8/1p6/R7 w - - 0 1", None, None),
    ("xiangqi", "3k5/9/9/9/9/9/9/9/4K4/R8 w - - 0 1", None, None),
    ("minishogi", "k4/5/K4/5/5[G] w - - 0 1", 1, "G@a4"),
    ("kingofthehill", "7k/8/8/8/8/3K4/8/8 w - - 0 1", 1, None),
    ("3check", "7k/8/8/8/8/8/8/R3K3 w - - 1+3 0 1", 1, None),
    ("breakthrough", "8/P7/8/8/8/8/pppppppp/8 w - - 0 1", 1, None),
    ("racingkings", "8/K7/8/8/8/8/7k/8 w - - 0 1", None, None),
    ("kinglet", "k7/8/8/8/8/7p/P7/K6R w - - 0 1", 1, "h1h3"),
]


@pytest.mark.parametrize(("variant", "fen", "plies", "move"), [m for m in MATES if m[2]])
def test_forced_ends_are_found(variant, fen, plies, move):
    board = Board(variant, fen)
    found = search(board, 60_000)
    assert found.mate == plies
    line = line_names(board, found)
    assert move in (None, line[0])
    for name in line:  # the principal variation is played out to the end
        board.push(name)
    assert len(line) == plies
    assert board.result_now().winner == 0


def test_losing_is_winning_in_antichess():
    found = search(Board("antichess", "8/8/8/8/8/8/1p6/R7 b - - 0 1"), 20_000)  # b2xa1 is forced, and loses
    assert found.mate is not None
    assert found.mate < 0
    assert search(Board("antichess", "8/8/8/8/8/1p6/8/R7 w - - 0 1"), 20_000).mate == 2


def test_a_finished_game_is_scored_as_it_stands():
    assert search(Board("chess", "R5k1/5ppp/8/8/8/8/8/4K3 b - - 0 1"), 100) == Found(-30_000, None, (), 0, 1)
    assert search(Board("chess", "k7/2Q5/1K6/8/8/8/8/8 b - - 0 1"), 100).cp == 0
    assert search(Board("antichess", "8/8/8/8/8/8/8/R7 b - - 0 1"), 100).cp == 30_000


def test_counts_are_kept_and_the_same_search_gives_the_same():
    for name in ("chess", "shogi", "grand"):
        board = Board(name)
        fen = board.fen
        first = search(board, 5_000)
        search(Board("xiangqi"), 3_000)
        assert search(board, 5_000) == first
        assert first.nodes == 5_000
        assert board.fen == fen
    assert search(Board("chess"), 1).depth == 1


def test_root_sets_are_searched_apart():
    fen = "r1bqkb1r/pppp1ppp/2n2n2/4p2Q/2B1P3/8/PPPP1PPP/RNB1K1NR w KQkq - 0 1"
    board = Board("chess", fen)
    assert search(board, 5_000).mate == 1
    kept = search(board, 5_000, root_moves=["h5e2", "c4b3"])
    assert kept.mate is None
    assert line_names(board, kept)[0] in ("h5e2", "c4b3")
    numbers = [board.moves()[m] for m in ("c4b3", "h5e2")]
    assert search((board.compiled, board.row), 5_000, root_moves=numbers) == kept
    alone = search(board, 2_000, root_moves=["h5h7"])
    assert alone.move == board.moves()["h5h7"]
    assert alone.cp < 0
    with pytest.raises(ValueError, match="not legal"):
        search(board, 100, root_moves=["a1a8"])
    with pytest.raises(ValueError, match="no root moves"):
        search(board, 100, root_moves=[])
    with pytest.raises(ValueError, match="expected 1 or more"):
        search(board, 0)


def test_repetition_in_the_game_and_in_the_search_draws():
    # White is lost but for a perpetual check.
    board = Board("chess", "5rk1/5ppp/8/8/8/7P/qq4PK/4Q3 w - - 0 1")
    assert search(board, 30_000).cp < -500
    perpetual = Board("chess", "6k1/6p1/8/6KQ/1r6/q2b4/8/8 w - - 0 1")
    assert search(perpetual, 100_000).cp == 0
    # A move that repeats a position for the third time is a draw at once, whoever is better.
    board = Board("chess", "7k/8/8/8/8/8/Q7/K7 w - - 20 40")
    after = Board("chess", "7k/8/8/8/8/8/1Q6/K7 b - - 21 40")
    move = board.moves()["a2b2"]
    seen = [key(after.compiled, after.row), 1, 2, 3, key(after.compiled, after.row), 4, 5]
    assert search(board, 2_000, root_moves=[move]).cp > 500
    assert search(board, 2_000, root_moves=[move], history=seen).cp == 0


def test_the_n_move_rule_draws_and_mate_goes_before_it():
    assert search(Board("chess", "7k/8/8/8/8/8/Q7/K7 w - - 99 90"), 2_000).cp == 0
    assert search(Board("chess", "7k/5Q2/6K1/8/8/8/8/8 w - - 99 90"), 2_000).mate == 1


def test_every_library_variant_is_searched():
    for name in names():
        board = Board(name)
        found = search(board, 400)
        assert found.move in board.moves().values(), name
        for text in line_names(board, found):
            board.push(text)


def test_who_must_capture_may_have_to_lose_by_it():
    """Losing captures that are forced are searched: no position is without a value for want of good ones."""
    board = Board("transfer-rule-1", "1g2i/1Pp2/P2qp/5/1i3 w - - 0 9")
    assert search(board, 1).move in board.moves().values()
    luck = random.Random(3)
    for name in ("transfer-rule-1", "antichess", "losers") * 3:
        board = Board(name)
        for _ in range(60):
            if not (moves := board.moves()):
                break
            found = search(board, luck.randrange(1, 60))
            assert found.move in moves.values(), board.fen
            assert abs(found.cp) <= 30_000, board.fen
            board.push(luck.choice(sorted(moves)))


def test_no_illegal_move_in_invented_variants():
    for seed in range(25):
        luck = random.Random(seed)
        board = Board(load(draw(seed)))
        for _ in range(luck.randrange(1, 30)):
            moves = board.moves()
            if not moves:
                break
            found = search(board, 150)
            assert found.move in moves.values(), board.fen
            for text in line_names(board, found)[:1]:
                board.push(text if luck.random() < 0.5 else luck.choice(sorted(moves)))


def test_worth_follows_movement():
    for name in ("chess", "grand", "gardner"):
        variant = load(name)
        value = dict(zip("pnbrq", (int(v) for v in worth(variant).term("value")[1:6]), strict=True))
        assert value["p"] < value["n"] <= value["b"] < value["r"] < value["q"]
    assert 250 < worth(load("chess")).term("value")[2] < 350
    table = worth(load("chess")).term("table").reshape(-1, 8, 8)
    assert (table[2::2].sum(axis=(1, 2)) == -table[3::2].sum(axis=(1, 2))).all()
    hidden = load("[x:chess]\nknight = -\ncustomPiece1 = n:N\n")  # the same move under another name
    assert sorted(worth(hidden).term("value")) == sorted(worth(load("chess")).term("value"))
    assert worth(load("antichess")).term("table")[2 * 64 * 2 :].min() < -200


def test_mirrored_positions_score_alike():
    white = Board("chess", "r1bqkbnr/pppp1ppp/2n5/4p3/2B1P3/5N2/PPPP1PPP/RNBQK2R w KQkq - 2 3")
    black = Board("chess", "rnbqk2r/pppp1ppp/5n2/2b1p3/4P3/2N5/PPPP1PPP/R1BQKBNR b KQkq - 2 3")
    assert search(white, 3_000).cp == search(black, 3_000).cp


def test_win_probability():
    assert win_probability(0) == 0.5
    assert win_probability(400) == pytest.approx(10 / 11)
    assert win_probability(-30_000) + win_probability(30_000) == pytest.approx(1)


def test_keys_are_those_of_the_search():
    import numpy as np

    from gyges.envs.fairychess.search import alphabeta as module
    from gyges.envs.fairychess.search import compiled as _search

    luck = random.Random(1)
    for name in ("chess", "crazyhouse", "3check", "shogi"):
        board = Board(name)
        for _ in range(12):
            board.push(luck.choice(sorted(board.moves())))
        trails = []
        compiled = _search.searcher()

        def spy(*args, run=compiled, kept=trails):
            kept.append(args[11])
            return run(*args)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(_search, "searcher", lambda spy=spy: spy)
            module.search(board, 50)
        assert int(trails[0][0]) == key(board.compiled, board.row)
        assert np.count_nonzero(trails[0]) > 1


PLAIN = """
import json
from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.search.alphabeta import search
found = []
for name, fen, nodes in json.loads({work!r}):
    f = search(Board(name, fen), nodes)
    found.append([f.cp, f.move, list(f.line), f.depth, f.nodes])
print(json.dumps(found))
"""
WORK = [
    ["hexapawn", None, 150],
    ["minishogi", "r3k/4p/5/P4/K3R[GS] w - - 0 1", 60],
    ["gardner", "r1bqk/pppp1/4p/P1PPP/RNBQK w - - 0 2", 60],
    ["minixiangqi", None, 40],
    ["antichess", "8/8/3p4/4P3/2p5/1P6/8/8 w - - 0 1", 120],
    ["atomic", "4k3/3pp3/8/8/8/8/3PP3/R3K3 w Q - 0 1", 60],
]


def test_compiled_and_plain_searches_agree():
    script = PLAIN.format(work=json.dumps(WORK))
    plain = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "GYGES_PURE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert plain.returncode == 0, plain.stderr[-2000:]
    for (name, fen, nodes), told in zip(WORK, json.loads(plain.stdout), strict=True):
        found = search(Board(name, fen), nodes)
        assert [found.cp, found.move, list(found.line), found.depth, found.nodes] == told, name


@pytest.mark.skipif(PURE, reason="nothing is compiled")
def test_a_second_process_takes_the_search_from_the_cache() -> None:
    search(Board("gardner"), 50)
    code = (
        "from gyges.envs.fairychess.board import Board\n"
        "from gyges.envs.fairychess.search.alphabeta import search\n"
        "from gyges.envs.fairychess.search.compiled import searcher\n"
        "search(Board('gardner'), 50)\n"
        "print(sum(searcher().stats.cache_hits.values()), sum(searcher().stats.cache_misses.values()))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "0"]
