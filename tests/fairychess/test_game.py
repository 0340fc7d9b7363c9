"""The game of Fairy chess keeps the contract, plays by the engine's rules, and ends when it should."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gyges.envs.batch import Batch
from gyges.envs.choice_point import LEDGER
from gyges.envs.errors import ActionError, ConfigError
from gyges.envs.fairychess import names, observation_planes
from gyges.envs.fairychess.board import Board, uci
from gyges.envs.fairychess.engine import layout as at
from gyges.envs.fairychess.variants.invent import draw
from gyges.envs.policy import RandomPolicy
from gyges.envs.registry import make
from gyges.envs.rollout import play
from gyges.envs.testing import CHECKS, check_mask, random_play, trajectory_hash

GAMES = {
    "gardner": {"variant": "gardner"},
    "dobutsu": {"variant": "dobutsu"},
    "crazyhouse": {"variant": "crazyhouse"},
    "xiangqi": {"variant": "xiangqi"},
    "shogi": {"variant": "shogi"},
    "960": {"variant": "chess960", "start": "960"},
    "padded": {"variant": "gardner", "family": "6x8/4/5"},
    "invented": {"variant": draw(7)},
    "planes": {"variant": "minixiangqi", "planes": True, "family": "7x8/0/0"},
    "short": {"variant": "3check", "horizon": 30},
}


@pytest.mark.parametrize("name", GAMES)
def test_contract(name):
    game = make("fairychess-v1", **GAMES[name])
    for check in CHECKS:
        check(game, 6, 8 if check is check_mask else 40, 1)


def position(game, batch, row):
    return batch.packed[row, game.position]


@pytest.mark.parametrize("name", [*names(), "invented", "padded"])
def test_moves_and_observation_are_the_engines(name):
    """In random play: the mask holds the engine's moves, and observations rebuild its position."""
    game = make("fairychess-v1", **GAMES.get(name, {"variant": name}))
    if game.family.walls:
        pytest.skip("a turn of two acts: test_special_moves plays it")
    batch = Batch(game, 2, seed=5, threads=1, autoreset="same_step")
    board = Board(game.variant)
    for t, actions in enumerate(random_play(batch, 60, 3)):
        if t % 4:
            continue
        row = t // 4 % 2
        side = int(batch.state.info[row, at.TURN])
        codes = batch.codes[row, 1 - side]
        assert codes[0] == 1 - side
        rebuilt, own = game.rows_of(codes)[0], position(game, batch, row).copy()
        if own[at.EP0] < 0:
            own[at.EPV] = -1
        assert np.array_equal(rebuilt, own), (t, rebuilt - own)
        board.row = rebuilt
        listed = board.listed()[0]
        assert sorted({game.action_of(m) for m in listed}) == batch.legal(row, side).tolist()
        action = int(actions[row, side])
        move = game.move_of(codes, action)
        name = uci(game.compiled, rebuilt, move)
        assert game.uci(codes, action) == name
        assert game.action_from_uci(codes, name) == action
        board.play(move)
        assert board.row[at.TURN] == 1 - side


@pytest.mark.parametrize("name", ["chess", "grand", "shogi", "xiangqi", "nightrider", "racingkings"])
def test_planes_of_the_rules_are_those_of_numpy(name):
    game = make("fairychess-v1", variant=name, planes=True, family="10x10" if name == "shogi" else "")
    small = make("fairychess-v1", variant=name, family=game.config.family)
    batch = Batch(game, 3, seed=5, threads=1)
    for t, _ in enumerate(random_play(batch, 40, 3)):
        if t % 10 == 0:
            codes = batch.codes.reshape(6, *game.observation_shape)
            compact = codes.reshape(6, -1)[:, : small.observation_size]
            own = observation_planes.raw(game, compact)
            assert np.array_equal(codes[:, -len(observation_planes.PLANES) :].reshape(own.shape), own)
            assert np.array_equal(small.rows_of(compact), game.rows_of(codes.reshape(6, -1)))


def test_planes_say_where_a_piece_goes():
    """A new piece: leaps two files sideways, rides forwards, captures over a screen, is lame in one way."""
    text = "[new:gardner]\ncustomPiece1 = x:sDfRcpBmnN\nstartFen = 4k/5/2X2/5/K4 w - - 0 1\n"
    game = make("fairychess-v1", variant=text)
    shown = observation_planes.expand(game, Batch(game, 1).codes[0]).planes[:, :, 2, 2]
    said = {
        n: shown[0, j] * 8
        for j, n in enumerate(observation_planes.SIGHT, len(observation_planes.STANDS))
        if shown[0, j]
    }
    moves = {"2,0": 1, "-2,0": 1, "0,1": 2}
    lame = {f"{a * x},{b * y}": -1 for x, y in ((1, 2), (2, 1)) for a in (1, -1) for b in (1, -1)}
    hops = {f"hop capture {a},{b}": 8 for a in (1, -1) for b in (1, -1)}
    wanted = {f"move {k}": v for k, v in {**moves, **lame}.items()}
    assert said == {**wanted, **{f"capture {k}": v for k, v in moves.items()}, **hops}
    assert shown[0, 0] == 1
    assert shown[1, 1] == 1
    house = make("fairychess-v1", variant="crazyhouse", start="4k3/8/8/8/8/8/8/4K3[NNq] b - - 0 1")
    hands = observation_planes.expand(house, Batch(house, 1).codes[0]).hands
    own, enemy = hands[1, :, :, 0] * 4  # the second player's
    symbols = [house.compiled.kinds[k].symbol for k in house.compiled.droppable]
    assert dict(zip(symbols, own, strict=True)) == {"P": 0, "N": 0, "B": 0, "R": 0, "Q": 1, "K": 0}
    assert enemy[symbols.index("N")] == 2
    leap = observation_planes.SIGHT.index("move 1,2")
    assert (hands[1, 0, symbols.index("N"), 1 + leap] * 8).tolist() == 1


def test_action_names_are_distinct_and_found():
    for settings in GAMES.values():
        names = make("fairychess-v1", **settings).action_names
        assert len(names) == len(set(names))
    chess = make("fairychess-v1").action_names
    assert chess[0] == "wait"
    assert chess[chess.index("e7e8q")] == "e7e8q"
    assert make("fairychess-v1", variant="crazyhouse").action_names.index("P@e5") > 20_000
    assert make("fairychess-v1", variant="shogi").action_names.index("b3b2+") > 81 * 81


def test_castling_names_the_rook():
    game = make("fairychess-v1", start="r3k2r/8/8/8/8/8/8/R3K2R w KQkq - 0 1")
    batch = Batch(game, 1)
    action = game.action_names.index("e1h1")
    assert batch.mask[0, 0, action]
    assert game.uci(batch.codes[0, 0], action) == "e1g1"
    batch.step(np.array([[action, 0]], np.int32))
    assert game.fen(batch.codes[0, 1]).startswith("r3k2r/8/8/8/8/8/8/R4RK1 b kq")


def line(batch, moves):
    """Play UCI moves."""
    game = batch.game
    for name in moves.split():
        side = int(batch.state.info[0, at.TURN])
        actions = np.zeros((1, 2), np.int32)
        actions[0, side] = game.action_from_uci(batch.codes[0, side], name)
        batch.step(actions)
    return batch


def ending(batch):
    state = batch.state
    rewards = batch.reward[0].tolist()
    return int(state.end[0, 0]), int(state.why[0, 0]), rewards, bool(batch.over[0])


def test_mate_pays_the_winner():
    batch = line(Batch(make("fairychess-v1"), 1), "f2f3 e7e5 g2g4 d8h4")
    assert ending(batch) == (2, 1, [-1, 1], True)
    assert batch.terminated[0].tolist() == [1, 1]
    assert batch.legal(0, 0).tolist() == [0]
    with pytest.raises(ActionError):
        batch.step(np.array([[5, 0]], np.int32))


@pytest.mark.parametrize(("value", "end", "reward"), [("draw", 3, 0), ("loss", 1, 1), ("win", 2, -1)])
def test_stalemate_decides_by_the_variant(value, end, reward):
    variant = f"[still:chess]\nstalemateValue = {value}\n"
    near = make("fairychess-v1", variant=variant, start="7k/4Q3/8/8/8/8/8/K7 w - - 0 1")
    assert ending(line(Batch(near, 1), "a1a2")) == (0, 0, [0, 0], False)
    game = make("fairychess-v1", variant=variant, start="7k/8/5QK1/8/8/8/8/8 w - - 0 1")
    assert ending(line(Batch(game, 1), "f6f7")) == (end, 2, [reward, -reward], True)


def test_three_times_the_same_position():
    batch = line(Batch(make("fairychess-v1"), 1), "g1f3 g8f6 f3g1 f6g8 g1f3 g8f6 f3g1")
    assert ending(batch) == (0, 0, [0, 0], False)
    assert batch.state.seen[0, 0] == 2
    assert ending(line(batch, "f6g8")) == (3, 4, [0, 0], True)


def test_lost_castling_rights_make_another_position():
    fen = "4k3/8/8/8/8/8/8/4K2R w K - 0 1"
    batch = line(Batch(make("fairychess-v1", start=fen), 1), "h1g1 e8e7 g1h1 e7e8")
    assert batch.state.seen[0, 0] == 1
    batch = line(batch, "h1g1 e8e7 g1h1 e7e8")
    assert batch.state.seen[0, 0] == 2


def test_pieces_in_hand_make_another_position():
    """White gives two knights away on e5; the board is as before, the hands are not."""
    fen = "4k3/8/5q2/8/8/8/8/4K3[NN] w - - 0 1"
    batch = Batch(make("fairychess-v1", variant="crazyhouse", start=fen), 1)
    before = position(batch.game, batch, 0).copy()
    line(batch, "N@e5 f6e5 e1d1 e5f6 d1e1 e8d8 N@e5 f6e5 e1d1 e5f6 d1e1 d8e8")
    after = position(batch.game, batch, 0)
    assert (after[at.INFO : at.INFO + 64] == before[at.INFO : at.INFO + 64]).all()
    assert (after[at.HASH : at.HASH + 2] == before[at.HASH : at.HASH + 2]).all()
    assert batch.state.seen[0, 0] == 1
    line(batch, "e1d1 e8d8 d1e1 d8e8")
    assert batch.state.seen[0, 0] == 2


def test_the_n_move_rule():
    fen = "4k3/8/8/8/8/8/8/R3K3 w - - 97 90"
    batch = line(Batch(make("fairychess-v1", start=fen), 1), "a1b1 e8e7")
    assert not batch.over[0]
    assert ending(line(batch, "b1c1")) == (3, 5, [0, 0], True)


@pytest.mark.parametrize(
    ("fen", "end", "why"),
    [("k7/1Q6/1K6/8/8/8/8/8 b - - 0 1", 1, 1), ("k7/8/1Q6/8/8/8/8/7K b - - 0 1", 3, 2)],
)
def test_a_start_that_is_over_ends_with_the_first_step(fen, end, why):
    batch = Batch(make("fairychess-v1", start=fen), 1)
    assert batch.legal(0, 1).tolist() == [0]
    batch.step(np.zeros((1, 2), np.int32))
    assert ending(batch)[:2] == (end, why)
    assert batch.state.board.sum() == Batch(batch.game, 1).state.board.sum()


@pytest.mark.parametrize("name", ["chess", "shogi"])
def test_crowded_positions_fit(name):
    """Twenty queens, or every kind in hand on an empty board."""
    fen = {
        "chess": "k6Q/3Q4/1Q4Q1/4Q3/2Q4Q/Q4Q2/3Q4/1Q4KQ w - - 0 1",
        "shogi": "4k4/9/9/9/9/9/9/9/4K4[PPLLNNSSGGBBRR] w - - 0 1",
    }[name]
    game = make("fairychess-v1", variant=name, start=fen)
    batch = Batch(game, 1)
    many = len(Board(name, fen).listed()[0])
    assert int(batch.state.many[0, 0]) == many == len(batch.legal(0, 0))
    assert 200 < many <= game.sizes()["M"]


def test_too_many_moves_end_the_game():
    letters = "acdefghijlmno"
    kinds = "".join(f"customPiece{j} = {x}:W\n" for j, x in enumerate(letters, 1))
    text = (
        f"[crowd]\nmaxFile = 12\nmaxRank = 10\nking = k\n{kinds}pieceDrops = true\n"
        f"startFen = k11/12/12/12/12/12/12/12/12/11K[{letters.upper()}{letters}] w - - 0 1\n"
    )
    batch = Batch(make("fairychess-v1", variant=text), 1)
    assert batch.legal(0, 0).tolist() == [0]
    batch.step(np.zeros((1, 2), np.int32))
    assert ending(batch) == (5, 7, [0, 0], True)


def test_the_horizon_cuts_without_paying():
    batch = line(Batch(make("fairychess-v1", horizon=2), 1), "e2e4 e7e5")
    assert ending(batch) == (4, 6, [0, 0], True)
    assert batch.truncated[0].tolist() == [1, 1]
    assert batch.terminated[0].tolist() == [0, 0]


def test_start_positions_are_drawn_evenly():
    game = make("fairychess-v1", variant="chess960", start="960")
    batch = Batch(game, 4000, seed=3)
    ranks = {bytes(r) for r in batch.state.board[:, :8].astype(np.uint8)}
    assert len({game.fen(c).split()[0] for c in batch.codes[:200, 0]}) > 150
    assert 900 < len(ranks) <= 960  # 960 * (1 - exp(-4000 / 960)) = 945
    bishops = (batch.state.board[:, :8] >> 2) == 3
    assert (bishops.sum(1) == 2).all()


def test_every_label_is_neutral():
    batch = Batch(make("fairychess-v1", variant="minishogi"), 4, labels="full", seed=2)
    for t, _ in enumerate(random_play(batch, 40, 1)):
        assert not batch.ledger[..., [LEDGER.label, LEDGER.norms, LEDGER.harm, LEDGER.unaligned]].any()
        if t % 10 == 0:
            point = batch.choice_point(0, int(batch.state.info[0, at.TURN]))
            assert not point.contested
            assert not point.label.any()


@pytest.mark.parametrize("variant", ["gardner", "crazyhouse", "minishogi"])
def test_greedy_beats_random(variant):
    game = make("fairychess-v1", variant=variant, horizon=200)
    from gyges.envs.fairychess.personas import Greedy

    seats = [[Greedy(), RandomPolicy()], [RandomPolicy(), Greedy()]] * 12
    found = play(Batch(game, 24, seed=9), seats, seed=4)
    own = found["returns"][np.arange(24), np.arange(24) % 2]
    assert own.sum() > 5


def test_a_family_shares_its_sizes():
    """Variants of one family have the same spaces, and the same action for the same squares."""
    games = [
        make("fairychess-v1", variant=v, family="9x10/4/10") for v in ("chess", "xiangqi", "shogi", "gardner")
    ]
    assert len({(g.num_actions, g.observation_size) for g in games}) == 1
    assert len({g.action_names.index("b1c3") for g in games}) == 1
    batch = Batch(games[0], 1)
    board = batch.codes[0, 0, games[0].slices["board"]].reshape(10, 9)
    assert (board[:, 8] == at.WALL).all()
    assert (board[8:] == at.WALL).all()
    assert batch.mask[0, 0, games[0].action_names.index("g1f3")]


def test_settings_that_do_not_fit_are_refused():
    for settings, words in (
        ({"variant": "ches"}, "chess"),
        ({"variant": "[a:chess]\nnope = 1\n"}, "nope"),
        ({"start": "8/8 w"}, "ranks"),
        ({"family": "6x6"}, "8x8/4/0"),
        ({"family": "big"}, "FILESxRANKS"),
        ({"num_agents": 3}, "num_agents"),
        ({"variant": 3}, "`str`"),
        ({"variant": "xiangqi", "start": "960"}, "960"),
    ):
        with pytest.raises(ConfigError, match=words):
            make("fairychess-v1", **settings)


def test_a_file_becomes_its_text(tmp_path):
    path = tmp_path / "mine.ini"
    path.write_text("[mine:gardner]\ncustomPiece1 = g:gQ\nstartFen = rgbqk/ppppp/5/PPPPP/RGBQK w - - 0 1\n")
    game = make("fairychess-v1", variant=str(path))
    again = make("fairychess-v1", **game.settings)
    assert again == game
    assert str(tmp_path) not in str(game.settings)
    assert again.variant == game.variant


HASHES = """
import sys; sys.path.insert(0, {tests!r})
from test_game import hashes; print(hashes({names!r}, {device!r}, {steps}))
"""


def hashes(names, device="cpu", steps=30):
    return [
        trajectory_hash(make("fairychess-v1", **GAMES[n]), rows=2, steps=steps, seed=3, device=device)
        for n in names
    ]


def elsewhere(names, device, steps, **env):
    code = HASHES.format(tests=str(Path(__file__).parent), names=names, device=device, steps=steps)
    path = os.pathsep.join(filter(None, sys.path))
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": path, **env}, capture_output=True,
        text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


def test_plain_python_gives_the_same_bits():
    names = ["gardner", "dobutsu", "padded", "crazyhouse"]
    assert elsewhere(names, "cpu", 30, GYGES_PURE="1") == str(hashes(names))


def test_the_cuda_simulator_gives_the_same_bits():
    pytest.importorskip("numba_cuda", reason="needs numba-cuda")
    names = ["dobutsu", "gardner"]
    assert elsewhere(names, "cuda", 6, NUMBA_ENABLE_CUDASIM="1") == str(hashes(names, steps=6))


def test_results_do_not_move():
    """A fixed trajectory of four variants; a change of rules or observation bumps the version."""
    found = hashlib.sha256(str(hashes(["gardner", "crazyhouse", "xiangqi", "960"])).encode()).hexdigest()
    assert found[:16] == "54f6ba42ecc54cb6"
