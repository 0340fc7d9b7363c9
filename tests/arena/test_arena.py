"""The arena: openings, games, ratings, and a file that is gone on with."""

import math
import sqlite3

import numpy as np
import pytest

from gyges.agents.sandbox.process import Limits
from gyges.envs.errors import ConfigError, FileError, UnknownNameError
from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.notation import pgn
from gyges.envs.fairychess.search.alphabeta import search
from gyges.envs.fairychess.variants.ini_files import load
from gyges.scenarios.arena.arena import Terms, run
from gyges.scenarios.arena.games import Pairing, play_pairs
from gyges.scenarios.arena.openings import EVEN, Balance, openings
from gyges.scenarios.arena.ratings import ELO, Score, fit, rate, sequential
from gyges.scenarios.arena.store import ArenaFile
from gyges.scenarios.cli.main import main
from gyges.scenarios.executor import Executor

GARDNER = load("gardner")
RUNGS = ("random", "greedy", "alphabeta:5")
TERMS = Terms(pairs=2, ladder=RUNGS, balance=Balance(nodes=100))
FAILS = """class Fails:
    def initial(self, rows): return None
    def act(self, seen, memory): raise ValueError
"""


@pytest.fixture(scope="module")
def few():
    return openings(GARDNER, 3, 1)


def play(path, *policies, terms=TERMS, variants=("gardner",), **more):
    with Executor(1) as executor:
        return run(path, policies, variants, terms, executor, **more)


def pairing(first, second, few, seed=1):
    return play_pairs(Pairing("gardner", first, second, tuple(enumerate(few)), 60, seed, Limits()))


# Openings.


def test_openings_are_even_different_and_the_same_however_many_are_asked_for(few):
    assert len(set(few)) == 3
    assert openings(GARDNER, 2, 1) == few[:2] != openings(GARDNER, 2, 2)
    for fen in few:
        board = Board(GARDNER, fen)
        assert not board.result().over
        assert abs(search(board, EVEN.nodes).cp) <= EVEN.bound


def test_a_variant_without_even_openings_is_refused_with_the_number_there_are():
    with pytest.raises(ConfigError, match="0 of 1 openings within 0 centipawns"):
        openings(load("racingkings"), 1, 1, Balance(plies=1, nodes=50, bound=0))


# Games.


def test_a_search_against_itself_wins_with_one_colour_what_it_loses_with_the_other(few):
    games = pairing("alphabeta:5", "alphabeta:5", few)
    for k in range(3):
        one, other = games[2 * k : 2 * k + 2]
        assert (one.opening, one.swapped, other.opening, other.swapped) == (k, False, k, True)
        assert one.moves == other.moves
        assert one.score + other.score == 1


def test_scores_are_what_the_moves_lead_to(few):
    found = pairing("greedy", "random", few)
    assert found == pairing("greedy", "random", few) != pairing("greedy", "random", few, seed=2)
    for one in found:
        board = Board(GARDNER, few[one.opening])
        for move in one.moves:
            board.push(move)
        result = board.result()
        assert result.over or len(one.moves) == 60
        whites = {0: 1.0, 1: 0.0}.get(result.winner, 0.5)
        assert one.score == (1 - whites if one.swapped else whites)


def test_a_policy_that_fails_has_lost_and_the_game_says_why(few, tmp_path):
    (tmp_path / "fails.py").write_text(FAILS)
    games = pairing(str(tmp_path / "fails.py"), "random", few[:1])
    assert [one.score for one in games] == [0, 0]
    assert [one.forfeit.split(",")[0] for one in games] == ["first player", "second player"]


# Ratings.


def test_two_policies_differ_by_the_ratio_of_wins_and_losses():
    found = rate([Score("a", "b", 0, 30, 20, 10)], "b")
    assert found["a"].elo == pytest.approx(400 * math.log10(30.5 / 10.5), abs=1e-4)
    assert math.isnan(found["a"].low)  # one opening says nothing of others
    assert found["a"].score == pytest.approx(40 / 60)
    assert found["b"].elo == 0


def test_planted_strengths_are_recovered_and_intervals_hold_them():
    rng = np.random.default_rng(5)
    true = {"a": 0.0, "b": 150.0, "c": 320.0, "d": 300.0}
    held, strengths = [], []
    for repeat in range(40):
        scores = []
        for first, second in (("a", "b"), ("b", "c"), ("b", "d"), ("c", "d")):
            apart = (true[first] - true[second]) / ELO
            weights = np.exp([apart / 2, -0.5, -apart / 2])
            for opening in range(60):
                drawn = rng.multinomial(2, weights / weights.sum())
                scores.append(Score(first, second, opening, *(int(n) for n in drawn)))
        found = rate(scores, "a", seed=repeat, repeats=60)
        held += [found[name].low <= true[name] <= found[name].high for name in "bcd"]
        strengths.append(found["c"].elo)
    assert np.mean(held) >= 0.85
    assert np.mean(strengths) == pytest.approx(320, abs=40)


def test_the_fit_is_where_the_likelihood_is_greatest():
    counts = np.zeros((3, 3, 3))
    for i, j, won, drawn, lost in ((0, 1, 9, 4, 3), (1, 2, 7, 1, 8), (0, 2, 5, 5, 2)):
        counts[i, j], counts[j, i] = (won, drawn, lost), (lost, drawn, won)

    def log_likelihood(elo, nu):
        total = 0.0
        for i, j in ((0, 1), (1, 2), (0, 2)):
            apart = (elo[i] - elo[j]) / ELO
            logits = np.array([apart / 2, nu, -apart / 2])
            total += (counts[i, j] + 0.5) @ (logits - np.log(np.exp(logits).sum()))
        return total

    elo = fit(counts, 0)
    grid = np.linspace(-2, 1, 3001)
    nu = grid[np.argmax([log_likelihood(elo, one) for one in grid])]
    best = log_likelihood(elo, nu)
    for k in (1, 2):
        for step in (-1.0, 1.0):
            assert log_likelihood(elo + step * np.eye(3)[k], nu) < best


def test_one_who_lost_every_game_has_a_rating_and_an_absent_zero_is_named():
    found = rate([Score("a", "b", k, 2, 0, 0) for k in range(10)], "b")
    assert 300 < found["a"].elo < 1000
    assert math.isnan(found["a"].low)
    perfect = [Score("a", "b", k, 2, 0, 0) for k in range(9)]
    beyond = rate([*perfect, *(Score("b", "c", k, 1, 1, k % 2) for k in range(9))], "c")
    assert math.isnan(beyond["a"].high)
    assert beyond["b"].low < beyond["b"].elo < beyond["b"].high
    with pytest.raises(ConfigError, match="'c', which has not played; a, b have"):
        rate([Score("a", "b", 0, 1, 0, 1)], "c")


def test_the_sequential_test_decides_for_the_true_side_and_seldom_for_the_other():
    rng = np.random.default_rng(1)
    said = {}
    for elo in (0, 60):
        chance = 1 / (1 + 10 ** (-elo / 400))
        ends = []
        for _ in range(60):
            points = list(rng.binomial(2, chance, 600))
            some = (sequential(points[:n], 0, 60).verdict for n in range(10, 601, 10))
            ends.append(next((one for one in some if one != "open"), "open"))
        said[elo] = ends
    assert np.mean([one == "stronger" for one in said[0]]) <= 0.12
    assert np.mean([one == "stronger" for one in said[60]]) >= 0.85


# The file.


def test_a_run_goes_on_where_it_stopped_and_plays_nothing_twice(tmp_path):
    whole, parts = tmp_path / "whole.db", tmp_path / "parts.db"
    play(whole, "alphabeta:3")
    play(parts)
    told = []
    play(parts, "alphabeta:3", progress=lambda *seen: told.append(seen))
    assert all("alphabeta:3" in name for name, _, _ in told)
    with ArenaFile(whole) as one, ArenaFile(parts) as other:
        assert one.games() == other.games()
        before = one.games()
    play(whole, "alphabeta:3", terms=Terms(pairs=3, ladder=RUNGS, balance=Balance(nodes=100)))
    with ArenaFile(whole) as file:
        assert set(before) < set(file.games())


def test_other_terms_policies_and_files_are_refused_by_name(tmp_path):
    path = tmp_path / "arena.db"
    play(path)
    with pytest.raises(FileError, match="made with seed 0, now 5"):
        play(path, terms=Terms(pairs=2, ladder=RUNGS, seed=5))
    with ArenaFile(path) as file, pytest.raises(FileError, match="greedy has changed"):
        file.enter({"greedy": "another"})
    with pytest.raises(UnknownNameError):
        play(tmp_path / "other.db", "nobody")
    with pytest.raises(ConfigError, match="takes two policies"):
        play(path, "greedy", sprt=(0, 10))
    (tmp_path / "text.db").write_text("no database")
    with pytest.raises(FileError, match="not a database"):
        ArenaFile(tmp_path / "text.db")
    db = sqlite3.connect(path)
    db.execute("UPDATE games SET variant = 'nowhere'")
    db.commit()
    with ArenaFile(path) as file, pytest.raises(FileError, match=r"damaged: .*nowhere"):
        file.games()
    db.execute("UPDATE meta SET value = '7' WHERE name = 'variants'")
    db.commit()
    with pytest.raises(FileError, match="damaged: what it was made under"):
        ArenaFile(path)
    db.close()
    with pytest.raises(FileError, match="no such file"):
        ArenaFile(tmp_path / "absent.db")


def test_the_command_prints_writes_a_page_and_games_that_are_read_back(tmp_path, capsys):
    out, page, text = (str(tmp_path / name) for name in ("a.db", "a.html", "a.pgn"))
    words = ["arena", "alphabeta:3", "--pairs", "2", "--nodes", "100", "--ladder", *RUNGS, "--zero", "greedy"]
    assert main([*words, "--workers", "1", "--out", out, "--html", page, "--pgn", text]) == 0
    assert "greedy has 0" in capsys.readouterr().out
    written = (tmp_path / "a.html").read_text()
    assert "alphabeta:3" in written
    assert "<script" not in written
    games = [one for one in (tmp_path / "a.pgn").read_text().split('[Event "Arena"]') if one.strip()]
    with ArenaFile(out) as file:
        kept = file.games()
    assert len(games) == len(kept)
    for game, one in zip(games, kept, strict=True):
        read = pgn.read('[Event "Arena"]' + game)
        assert read.moves == tuple(one.moves.split())
        assert read.tags["White"] == (one.second if one.swapped else one.first)


def test_the_sequential_test_stops_early(tmp_path, capsys):
    words = ["arena", "greedy", "random", "--sprt", "-400", "0", "--pairs", "40", "--nodes", "50"]
    assert main([*words, "--workers", "1", "--out", str(tmp_path / "s.db")]) == 0
    assert "greedy is stronger than random" in capsys.readouterr().out
