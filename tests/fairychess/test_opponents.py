"""Opponents by name: the alpha-beta against weaker ones, and engines over UCI with all that can go wrong."""

import sys
from pathlib import Path

import numpy as np
import pytest

from gyges.agents import load
from gyges.agents.engines.fairychess import AlphaBeta, FairyStockfish, make, parse
from gyges.agents.engines.uci import EngineError, PairingError, UciEngine, find_engine
from gyges.envs import Batch
from gyges.envs import make as make_game
from gyges.envs.errors import ConfigError, UnknownNameError
from gyges.envs.fairychess import load as load_variant
from gyges.envs.rollout import Seating

FAKE = Path(__file__).with_name("fake_engine.py")


def _score(game, one, other, rows, seed, plies=240):
    """Share of points that `one` takes from `other`, each playing both sides of half of the games."""
    table = [[one, other] if k % 2 == 0 else [other, one] for k in range(rows)]
    batch = Batch(game, rows, seed=seed)
    seating = Seating(batch, table, seed=seed)
    points = np.zeros((rows, 2))
    for _ in range(plies):
        seating.step()
        points += batch.reward / game.reward_scale
        if batch.over.all():
            break
    own = points[np.arange(rows), np.arange(rows) % 2]
    return float((own + 1).mean() / 2)


@pytest.fixture(scope="module")
def gardner():
    return make_game("fairychess-v1", variant="gardner")


def test_the_search_beats_random_and_greedy_play(gardner):
    random, greedy = (load.load(name, gardner) for name in ("random", "greedy"))
    searching = AlphaBeta(300)
    assert _score(gardner, searching, random, 24, 1) >= 0.95
    assert _score(gardner, searching, greedy, 24, 2) >= 0.85
    assert _score(gardner, greedy, random, 24, 3) > 0.6


@pytest.mark.parametrize(
    "name", ["crazyhouse", "antichess", "minishogi", "chess960", "minixiangqi", "dobutsu"]
)
def test_opponents_play_any_variant_legally(name):
    game = make_game("fairychess-v1", variant=name, start="960" if name == "chess960" else "")
    batch = Batch(game, 3, seed=5)
    seating = Seating(batch, [AlphaBeta(40), load.load("random", game)], seed=5)
    for _ in range(60):
        actions = seating.decide()
        bits = np.unpackbits(batch.bits, axis=2, count=game.num_actions, bitorder="little")
        assert np.take_along_axis(bits, actions[..., None], 2).all()
        batch.step(actions)


def test_a_padded_family_is_played_in(gardner):
    game = make_game("fairychess-v1", variant="gardner", family="8x8/4/0")
    assert _score(game, AlphaBeta(200), load.load("random", game), 6, 4) >= 0.9


def test_what_is_remembered_is_all_in_memory(gardner):
    policy, batch = AlphaBeta(100), Batch(gardner, 2, seed=1)
    seating = Seating(batch, [policy, policy], seed=1)
    for _ in range(6):
        seating.step()
    group = seating.groups[0]
    observation = seating.observation(group)
    first = policy.act(observation, group.memory)
    again = AlphaBeta(100).act(observation, group.memory.copy())
    assert (first.action == again.action).all()
    assert (first.memory == again.memory).all()
    assert np.count_nonzero(group.memory) == 4 * 6


def test_names(gardner):
    source = load.resolve("alphabeta:700", gardner)
    assert (source.kind, source.trusted, len(source.hash)) == ("engine", True, 64)
    assert load.build(source, gardner).nodes == 700
    assert isinstance(load.load("alphabeta", gardner), AlphaBeta)
    assert load.load("fairy-stockfish:50", gardner).nodes == 50 if _engine() else True
    assert parse("fairy-stockfish:50@/a b/c") == ("fairy-stockfish", 50, "/a b/c")
    for wrong in ("alphabeta:", "alphabeta:x", "alphabeta@/bin/x", "alphabet", "fairy-stockfish:-1"):
        with pytest.raises(ConfigError, match="alphabeta:NODES"):
            parse(wrong)
    with pytest.raises(ConfigError, match="1 to 100,000,000"):
        make("alphabeta:0")
    with pytest.raises(UnknownNameError):
        load.resolve("alphabeta", make_game("steward-v1"))


# Engines over UCI.


def _fake(mode, seconds=20.0):
    return UciEngine([sys.executable, str(FAKE), mode], seconds)


class _Faked(FairyStockfish):
    def __init__(self, mode):
        super().__init__(10)
        self.mode = mode

    def engine(self, game):
        if self._engine is None:
            self._engine = _fake(self.mode)
            self._engine.pair(game.variant)
            self._engine.seconds = 1.0 if self.mode in ("hangs", "talks") else 20.0
        return self._engine


def test_an_engine_that_agrees_is_paired_and_plays(gardner):
    policy = _Faked("good")
    try:
        assert _score(gardner, AlphaBeta(50), policy, 2, 1, plies=30) >= 0.5
    finally:
        policy.close()


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("hangs", "no 'bestmove' within 1 seconds"),
        ("talks", "without 'bestmove'|no 'bestmove'"),
        ("crashes", "ended"),
        ("illegal", "plays 'a1a5', not legal in 'rnbqk"),
        ("none", "has no move in"),
    ],
)
def test_engines_that_fail_are_named(gardner, mode, said):
    policy = _Faked(mode)
    batch = Batch(gardner, 1, seed=0)
    with pytest.raises(EngineError, match=said):
        Seating(batch, [policy, policy], seed=0).step()
    policy.close()
    assert policy._engine is None


def test_a_deaf_engine_is_given_up():
    with pytest.raises(EngineError, match="no 'uciok' within 1 seconds"):
        _fake("deaf", 1.0)


@pytest.mark.parametrize(
    ("mode", "variant", "said"),
    [
        ("liar", "gardner", "has the board 'rnbqk/ppppp/5/PPPP1/RNBQK"),
        ("remarks", "hexapawn", "Invalid option: promotionRegionWhite.*no variant hexapawn"),
        ("good", "minishogi", "no variant"),
        (
            "good",
            "[gardner:gardner]\ncheckmateValue = win\ncustomPiece1 = n:W\nknight = -\n",
            "counts 53 lines",
        ),
    ],
)
def test_pairings_that_differ_are_refused(mode, variant, said):
    with _fake(mode) as engine, pytest.raises(PairingError, match=said):
        engine.pair(load_variant(variant))


def test_an_absent_engine_says_what_to_do(monkeypatch, gardner):
    monkeypatch.setenv("GYGES_FAIRY_STOCKFISH", "/nowhere/engine")
    with pytest.raises(EngineError, match=r"/nowhere/engine is no program.*apt install"):
        find_engine()
    with pytest.raises(EngineError, match="apt install"):
        FairyStockfish().start()
    assert AlphaBeta(10).act  # the rest works
    monkeypatch.delenv("GYGES_FAIRY_STOCKFISH")
    monkeypatch.setattr("gyges.agents.engines.uci.PLACES", ("no-such-program",))
    with pytest.raises(EngineError, match="not in no-such-program"):
        find_engine()


def _engine():
    try:
        return find_engine()
    except EngineError:
        return None


installed = pytest.mark.skipif(_engine() is None, reason="Fairy-Stockfish is not installed")


@installed
@pytest.mark.parametrize("name", ["chess", "gardner", "crazyhouse", "xiangqi", "minishogi", "nocastle"])
def test_fairy_stockfish_is_paired_and_beats_random_play(name):
    game = make_game("fairychess-v1", variant=name)
    policy = FairyStockfish(200)
    try:
        assert _score(game, policy, load.load("random", game), 2, 1, plies=160) >= 0.75
    finally:
        policy.close()


@installed
def test_fairy_stockfish_is_refused_what_it_plays_otherwise():
    with UciEngine([find_engine()]) as engine:
        engine.pair(load_variant("chess"))
        with pytest.raises(PairingError, match=r"does not play chess as we do: .*its chess"):
            engine.pair(load_variant("[chess:chess]\nknight = -\ncustomPiece1 = n:NmD\n"))
        with pytest.raises(PairingError, match="no variant no-such-game"):
            engine.pair(load_variant("[no-such-game:chess]\ncustomPiece1 = x:gQ\npromotionPieceTypes = xq\n"))
