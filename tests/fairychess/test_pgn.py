"""PGN: read by another reader where it is chess, and read back by ours for every variant."""

import contextlib
import random
import sys
import time
from pathlib import Path

import pytest

from gyges.envs.batch import Batch
from gyges.envs.errors import FileError
from gyges.envs.fairychess import load
from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.engine import layout as at
from gyges.envs.fairychess.notation import pgn
from gyges.envs.fairychess.variants.invent import draw
from gyges.envs.registry import make
from gyges.envs.testing import random_play

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def random_record(variant, seed, plies=80, fen=""):
    generator = random.Random(seed)
    board, moves = Board(variant, fen or None), []
    for _ in range(plies):
        legal = board.moves()
        if not legal or board.result().over:
            break
        moves.append(generator.choice(sorted(legal)))
        board.push(moves[-1])
    tags = {"Event": 'a "random" \\ game', "White": "one"}
    return pgn.Record(variant, tuple(moves), fen, board.result().winner, tags, {3: "said {so}"}), board.fen


HOPPER = "[new:gardner]\ncustomPiece1 = g:gQ\nstartFen = rgbqk/ppppp/5/PPPPP/RGBQK w - - 0 1\n"
KIWIPETE = "r3k2r/p1ppqpb1/bn2pnp1/3PN3/1p2P3/2N2Q1p/PPPBBPPP/R3K2R w KQkq - 0 1"


@pytest.mark.parametrize(
    ("name", "fen"),
    [("chess", ""), ("chess", KIWIPETE), ("chess", "8/PPPk4/8/8/8/8/4Kppp/8 b - - 0 1"),
     ("chess960", "bqnb1rkr/pp3ppp/3ppn2/2p5/5P2/P2P4/NPP1P1PP/BQ1BNRKR w HFhf - 2 9"),
     ("crazyhouse", ""), ("atomic", ""), ("antichess", ""), ("3check", ""), ("racingkings", "")],
)  # fmt: skip
def test_another_reader_plays_the_same_game(name, fen):
    reader = pytest.importorskip("chess.pgn")
    import io

    for seed in range(4):
        record, end = random_record(load(name), seed, fen=fen)
        game = reader.read_game(io.StringIO(pgn.write(record)))
        assert game.errors == []
        assert game.headers["Result"] == pgn.RESULTS[record.winner]
        board = game.end().board()
        assert len(board.move_stack) == len(record.moves)
        theirs = board.fen(en_passant="fen")
        if name in ("crazyhouse", "antichess", "atomic", "3check"):  # FENs of its own
            theirs, end = theirs.split("[")[0].split()[0], end.split("[")[0].split()[0]
            assert theirs.replace("~", "") == end.replace("~", "")
        else:
            assert theirs.split()[:2] == end.split()[:2]
        if name == "chess":
            walk = game.board()
            for move, own in zip(game.mainline_moves(), record.moves, strict=True):
                assert walk.uci(move) == own
                walk.push(move)


@pytest.mark.parametrize(
    "what",
    ["chess", "gardner", "xiangqi", "shogi", "dobutsu", "grand", "torishogi", "placement", "extinction",
     "kyotoshogi", "seirawan", "janggi", "duck", "spartan", "cambodian", "micro", "opulent", "joust",
     draw(7), draw(8), draw(9), HOPPER],
)  # fmt: skip
def test_read_back(what):
    record, _ = random_record(load(what), 5)
    text = pgn.write(record)
    again = pgn.read(text)
    assert again.moves == record.moves
    assert again.variant == record.variant
    assert again.winner == record.winner
    assert again.tags["Event"] == record.tags["Event"]
    assert again.comments == {3: "said (so)"}
    assert max(map(len, text.split("\n\n", 1)[1].splitlines())) < 80


def test_a_known_game_in_words():
    moves = ["f2f3", "e7e5", "g2g4", "d8h4"]
    record = pgn.Record(load("chess"), tuple(moves), winner=1)
    assert pgn.write(record).splitlines()[-1] == "1. f3 e5 2. g4 Qh4# 0-1"
    with pytest.raises(FileError, match="ply 2"):
        pgn.write(pgn.Record(load("chess"), ("e2e4", "e8d8")))
    both = pgn.Record(load("chess"), ("c3e2",), "4k3/8/8/8/8/2N5/8/K5N1 w - - 0 1")
    assert "1. Nce2 *" in pgn.write(both)
    castled = pgn.Record(load("chess"), ("e1c1", "e8g8"), "r3k2r/8/8/8/8/8/8/R3K2R w KQkq - 0 1")
    assert "1. O-O-O O-O *" in pgn.write(castled)


def test_a_game_of_the_environment_becomes_a_record():
    game = make("fairychess-v1", variant="minishogi")
    batch = Batch(game, 1, seed=4)
    actions = []
    for chosen in random_play(batch, 60, 2):
        if batch.over[0]:
            break
        actions.append(int(chosen[0, int(batch.state.info[0, at.TURN])]))
    record = pgn.record_of(game, actions)
    board = record.board()
    for name in pgn.read(pgn.write(record)).moves:
        board.push(name)
    assert board.fen == game.fen(batch.codes[0, 0])
    with pytest.raises(FileError, match="ply 1"):
        pgn.record_of(game, [3])


@pytest.mark.parametrize(
    ("text", "words"),
    [("[Variant \"nope\"]\n\n1. e4 *", "nope"), ("1. e4 e5 2. Ke3 *", "ply 3"), ("[Event x]\n\n*", "no tag"),
     ('[FEN "8/8 w"]\n\n*', "ranks"), ("x" * (1 << 20 | 1), "characters")],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(text, words):
    with pytest.raises(FileError, match=words):
        pgn.read(text)


def test_broken_text_raises_nothing_else():
    generator = random.Random(3)
    text = pgn.write(random_record(load("gardner"), 1, 30)[0])
    for _ in range(300):
        broken = list(text)
        for _ in range(generator.randint(1, 6)):
            broken[generator.randrange(len(broken))] = generator.choice('[]{}()"\\x+=@19 \n')
        with contextlib.suppress(FileError):
            pgn.read("".join(broken))


def test_variations_and_marks_are_passed_over():
    text = "1. e4! (1. d4 d5 (1... f5) 2. c4) 1... e5 $1 2. Nf3 {a plan} Nc6?! ; rest\n3. O-O?? *"
    with pytest.raises(FileError, match="ply 5"):
        pgn.read(text)
    record = pgn.read(text.replace("3. O-O??", ""))
    assert record.moves == ("e2e4", "e7e5", "g1f3", "b8c6")
    assert record.comments == {3: "a plan"}


def test_a_promotion_with_check_is_read_back():
    """``=+`` promotes, one more ``+`` says check."""
    checking = pgn.Record(load("minishogi"), ("b3d5+",), "4k/5/1B3/5/K4[] w - - 0 1")
    quiet = pgn.Record(load("minishogi"), ("b3a2",), "3k1/5/1B3/5/K4[] w - - 0 1")
    for one in (checking, quiet):
        assert pgn.read(pgn.write(one)).moves == one.moves
    assert "1. Bd5=++ *" in pgn.write(checking)


AS_WRITTEN = [
    # (text, moves, winner, a word of what is assumed)
    ("1. e4 e5 2. Nf3 Nc6 3. Bc4 Bc5 4. 0-0 Nf6 5. Re1 0-0 1-0", "f1e1 e8g8", 0, "result"),
    ('[FEN "r3k3/8/8/8/8/8/8/R3K2R w KQq - 0 1"]\n\n1. 0-0 0-0-0+? \u00bd-\u00bd', "e1g1 e8c8", -1, "result"),
    ('[FEN "8/P6P/2k5/8/8/8/8/K7 w - - 0 1"]\n\n1. a8Q+ Kc7 2. h8(N) *', "a7a8q c6c7 h7h8n", None, ""),
    ('[FEN "8/P6P/2k5/8/8/8/8/K7 w - - 0 1"]\n\n1. a8/R Kb5 2. h8', "a7a8r c6b5 h7h8q", None, "a queen"),
    ("1. Ng1-f3 d7d5 2. e2-e4 d5xe4 3. Nf3g5 f7f5 4. d4 exd3 e.p. 5. Bf1xd3", "e4d3 f1d3", None, ""),
    ("1. e4 d5 2. e5 f5 3. exf6e.p.+!? Nxf6\n% no\n4. Nc3 {a} {b} $14 \u00b1 *", "g8f6 b1c3", None, ""),
    ("1 e4 e5 2 Qh5? Ke7?? 3 Qxe5 mate 1-0\n\n1. d4 d5", "e8e7 h5e5", 0, "another game"),
    ("1) e4 1... e5 2... Nc6 (2... Nf6 (2... d6 {) (}) 3. d4) 3. d4", None, None, ""),
    ("1. e4 {never closed 1. d4", "e2e4", None, "no } follows"),
    ('[FEN "4k3/8/8/8/8/8/8/4K3 w KQkq - 0 1"]\n\n1. Kd1 Kd8', "e1d1 e8d8", None, "is no right"),
    ('[FEN "4k3/8/8/8/8/8/8/4K3_b_-_-_0_1"]\n\n1... Kd8', "e8d8", None, ""),
    ('[Variant "Janggi"]\n\n1. -- pass *', "e2e2 e9e9", None, ""),
    ('[Variant "S-Chess"]\n\n1. Nf3/H d5', "g1f3h d7d5", None, "seirawan"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "ends", "winner", "assumed"), AS_WRITTEN)
def test_what_people_write_is_understood(text, ends, winner, assumed):
    if ends is None:
        with pytest.raises(FileError, match="ply 3"):  # White is to move there
            pgn.read(text)
        return
    record = pgn.read(text)
    assert " ".join(record.moves).endswith(ends)
    assert record.winner == winner
    assert assumed in " ".join(record.assumed)
    assert bool(assumed) == bool(record.assumed)
    assert pgn.read(pgn.write(record)).moves == record.moves


@pytest.mark.parametrize(
    ("said", "name"),
    [("Standard", "chess"), ("From Position", "chess"), ("Three-check", "3check"), ("S-Chess", "seirawan"),
     ("King of the Hill", "kingofthehill"), ("Racing Kings", "racingkings"), ("wild/fr", "chess960"),
     ("Crazyhouse960", "crazyhouse960"), ("Duck Chess", "duck"), ("Ouk Chaktrang", "cambodian")],
)  # fmt: skip
def test_servers_names_of_variants(said, name):
    record = pgn.read(f'[Variant "{said}"]\n\n*')
    assert record.variant.name == name
    assert name.removesuffix("960") in record.assumed[0]
    assert record.variant.chess960 == name.endswith("960")


def test_no_player_of_chess_may_pass():
    with pytest.raises(FileError, match="ply 2: '--' is a null move; no player may pass here"):
        pgn.read("1. e4 -- 2. d4")
    assert pgn.read("1. e4 (1. -- e5) e5").moves == ("e2e4", "e7e5")


def test_a_move_that_may_be_two_is_refused():
    with pytest.raises(FileError, match="ply 1: 'Ne2' may be c3e2 or g1e2"):
        pgn.read('[FEN "4k3/8/8/8/8/2N5/8/K5N1 w - - 0 1"]\n\n1. Ne2')


@pytest.mark.parametrize(("start", "unit"), [("1. e4 {", "{"), ("", "{a} "), ("", "("), ("", ";")])
def test_braces_cost_linear_time(start, unit):
    def seconds(repeats: int) -> float:
        text = start + unit * repeats
        times = []
        for _ in range(3):
            began = time.process_time()
            pgn.read(text)
            times.append(time.process_time() - began)
        return min(times)

    # Sixteen times the text: 16 if linear, 256 if quadratic. Times of two sizes on one machine.
    assert seconds(160_000) < 64 * max(seconds(10_000), 1e-4)


def test_a_sample_of_the_fuzz():
    """`benchmarks/fairychess_pgn.py` is the whole."""
    sys.path.insert(0, str(BENCHMARKS))
    try:
        import fairychess_pgn
    finally:
        sys.path.remove(str(BENCHMARKS))
    tally, wrong, _ = fairychess_pgn.run(1_000_000, 300, fairychess_pgn.games(8))
    assert wrong == []
    assert min(tally["read"], tally["refused"]) > 60
