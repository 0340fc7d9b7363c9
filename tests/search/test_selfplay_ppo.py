"""PPO by self-play: returns by hand, legal moves alone, earlier selves, a stopped run goes on bit for bit."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from gyges.agents.search.trees import KEPT, Search, Trees
from gyges.envs.errors import ConfigError, FileError
from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.engine import layout as at
from gyges.envs.fairychess.engine.variant_tables import compiled
from gyges.envs.fairychess.game import FairyChess
from gyges.envs.fairychess.variants.ini_files import load
from gyges.scenarios.cli.main import main

torch = pytest.importorskip("torch")

from chess_runs import files, words  # noqa: E402
from chess_runs import train as run_command  # noqa: E402

from gyges.agents.load import load as load_policy  # noqa: E402
from gyges.agents.search import checkpoint, ppo  # noqa: E402
from gyges.agents.search.learner import Control  # noqa: E402
from gyges.agents.search.network import RulesSpec, untrained  # noqa: E402
from gyges.agents.search.ppo import SELVES, SelfPlayPPO, SelfPlayPPOOptions, returns  # noqa: E402
from gyges.agents.search.restarts import Games  # noqa: E402

GARDNER = load("gardner")
SMALL = {
    "games": 8, "steps": 8, "cap": 12, "openings": 4, "epochs": 2, "batch": 24, "width": 8, "message": 4,
    "layers": 1, "stored": 16, "log_every": 64,
}  # fmt: skip
WORDS = words(SMALL)

RACE = """
[race]
maxRank = 4
maxFile = 4
king = -
checking = false
customPiece1 = m:W
customPiece2 = s:mR
flagPiece = m
flagRegionWhite = *4
flagRegionBlack = *1
startFen = 4/M2s/S2m/4 w - - 0 1
"""
"""Who moves wins at once by the walker's step ahead; after any other move the opponent does."""
GUARD = RACE.replace("race", "guard").replace("4/M2s/S2m/4", "2s1/4/mM2/3S")
"""The opponent's walker wins by its next step, unless it is captured now; then nobody stops one's own."""

LARGE = """
[large]
maxRank = 10
maxFile = 12
king = k
startFen = k11/12/12/12/12/12/12/12/12/K11 w - - 0 1
"""


def train(folder, *given):
    return run_command("selfplay-ppo", folder, *WORDS, *given)


def short(seed=0, variants=(GARDNER,), **more):
    run = SelfPlayPPO(list(variants), SelfPlayPPOOptions(seed=seed, **{**SMALL, "moves": 192, **more}))
    run.run()
    return run


# Returns.

GIVEN = [[0.5, 0.3, 0.2], [0.2, 0.2, 0.6], [0.6, 0.2, 0.2], [0.3, 0.3, 0.4]]
"""Win, draw and loss: values 0.3, -0.4, 0.4, -0.1."""


def one_game(turn, own, result, last=(0.0, 1.0, 0.0), last_turn=0):
    """Returns and advantages of a game, lambda one half; the result is the last move's, None: it goes on."""
    many = len(turn)
    ended, ends = np.zeros((many, 1), np.bool_), np.zeros((many, 1), np.int32)
    if result is not None:
        ended[-1], ends[-1] = True, result
    chances = np.array(GIVEN[:many], np.float32)[:, None]
    found = returns(
        chances, np.array(turn, np.int32)[:, None], np.array(own)[:, None], ended, ends,
        np.array([last], np.float32), np.array([last_turn], np.int32), 0.5,
    )[:, 0]  # fmt: skip
    advantage = (found - chances[:, 0]) @ np.array([1, 0, -1])
    return found, advantage


def test_returns_of_a_game_won_by_its_third_move():
    found, advantage = one_game([0, 1, 0], [True] * 3, 1)
    # The last wins; the one before has half of what is seen after it, (0.6, 0.2, 0.2), half the win, turned.
    assert found == pytest.approx(np.array([[0.7, 0.15, 0.15], [0.1, 0.1, 0.8], [1, 0, 0]]))
    # deltas 1 - 0.4, -0.4 + 0.4, 0.4 - 0.3; each takes away half of the next one's advantage
    assert advantage == pytest.approx([0.25, -0.3, 0.6])


def test_returns_of_a_drawn_game():
    found, advantage = one_game([1, 0, 1, 0], [True] * 4, 0)
    assert found[3] == pytest.approx([0, 1, 0])
    assert found[2] == pytest.approx([0.2, 0.65, 0.15])  # half (0.4, 0.3, 0.3), half the draw
    # deltas 0 + 0.1, 0.1 - 0.4, -0.4 + 0.4, 0.4 - 0.3
    assert advantage == pytest.approx([0.1 - 0.5 * (0 - 0.5 * (-0.35)), 0.175, -0.35, 0.1])


def test_a_move_that_loses_the_game_counts_against_who_made_it():
    found, advantage = one_game([0, 1], [True] * 2, -1)
    assert found[1] == pytest.approx([0, 0, 1])
    assert found[0] == pytest.approx([0.8, 0.1, 0.1])
    assert advantage == pytest.approx([0.4, -0.6])


def test_a_game_that_goes_on_counts_by_the_position_after_the_rollout():
    found, _ = one_game([0, 1], [True] * 2, None, last=(0.7, 0.2, 0.1), last_turn=0)
    assert found[1] == pytest.approx([0.1, 0.2, 0.7])
    found, _ = one_game([0, 1], [True] * 2, None, last=(0.7, 0.2, 0.1), last_turn=1)  # who moves again
    assert found[1] == pytest.approx([0.7, 0.2, 0.1])


def test_moves_of_an_earlier_self_are_passed_over():
    found, advantage = one_game([0, 1, 0, 1], [True, False, True, False], 1)  # the earlier self wins
    assert found[2] == pytest.approx([0, 0, 1])
    assert found[0] == pytest.approx([0.3, 0.1, 0.6])  # half (0.6, 0.2, 0.2), half the loss, not turned
    assert advantage[[0, 2]] == pytest.approx([0.1 + 0.5 * -1.4, -1.4])
    found, _ = one_game([0, 1], [True, False], None, last=(0.7, 0.2, 0.1), last_turn=0)
    assert found[0] == pytest.approx([0.7, 0.2, 0.1])


def test_a_row_whose_game_ended_begins_another_that_does_not_reach_back():
    turn, ended = np.array([[0], [1], [1]], np.int32), np.array([[False], [True], [False]])
    chances = np.array(GIVEN[:3], np.float32)[:, None]
    last, who = np.array([[0.0, 0.0, 1.0]], np.float32), np.array([0], np.int32)
    result = np.array([[0], [1], [0]], np.int32)
    found = returns(chances, turn, np.ones((3, 1), np.bool_), ended, result, last, who, 1.0)[:, 0]
    assert found.tolist() == [[0, 0, 1], [1, 0, 0], [1, 0, 0]]


# Games.


def test_only_legal_moves_are_played_and_learnt(monkeypatch):
    looked = []

    def advance(self, trees, edge, rng, whole=Games.advance):
        for row in range(len(edge)):
            board = Board(self.compiled.variant)
            board.row = self.rows[row].copy()
            listed = list(board.listed()[0])
            assert trees.count[row, 0] == len(listed)
            assert 0 <= edge[row] < len(listed)
            board.play(listed[listed.index(trees.moves[row, edge[row]])])
            looked.append((row, board.row.tolist()))
        found = whole(self, trees, edge, rng)
        assert [one.tolist() for one in self.rows] == [row for _, row in looked[-len(edge) :]]
        return found

    monkeypatch.setattr(Games, "advance", advance)
    run = SelfPlayPPO([GARDNER], SelfPlayPPOOptions(**SMALL))
    run._remember()
    for _ in range(3):
        given = run._play()
        assert ((given.edge >= 0) & (given.edge < given.leaves.counts)).all()
        run._learn(given)
        run.rollouts += 1
    assert len(looked) == 3 * 64


def test_the_policy_is_over_the_listed_moves_alone():
    boards = [Board(GARDNER), Board(GARDNER, "4k/5/5/5/K4 w - - 0 1")]  # 7 moves and 3
    rows = np.stack([board.row for board in boards])
    leaves = Trees(compiled(GARDNER), rows, np.zeros((2, KEPT), np.int64), 1).leaves()[1]
    shares = ppo.answers(untrained(), leaves, torch.device("cpu"))[0].detach()
    assert leaves.counts.tolist() == [len(board.listed()[0]) for board in boards]
    assert shares.shape == (2, 7)
    assert shares[1, :3].exp().sum() == pytest.approx(1)
    assert (shares[1, 3:].exp() == 0).all()
    few = ppo.pick(leaves, np.array([1, 0, 1]))
    assert few.counts.tolist() == [3, 7, 3]
    assert few.moves.tolist() == [*leaves.moves[7:], *leaves.moves]
    assert (few.rows == rows[[1, 0, 1]]).all()


def test_results_are_those_of_who_made_the_move():
    race = load(RACE)
    run = SelfPlayPPO([race], SelfPlayPPOOptions(**{**SMALL, "openings": 0, "earlier": 0.0}))
    games = run.tables[0]
    trees = Trees(games.compiled, games.rows, games.past, 2)
    board = Board(race)
    wins = [board.listed()[0].index(move) for move in board.listed()[0] if after(race, move).over]
    assert len(wins) == 1
    ended, result = games.advance(trees, np.full(8, wins[0], np.int32), np.random.default_rng(0))
    assert ended.all()
    assert (result == 1).all()


def after(variant, move):
    board = Board(variant)
    board.play(move)
    return board.result_now()


def test_games_are_drawn_by_the_cap():
    run = SelfPlayPPO([GARDNER], SelfPlayPPOOptions(**{**SMALL, "cap": 2, "openings": 0, "restarts": 0.0}))
    games, rng = run.tables[0], np.random.default_rng(0)
    for ply in range(2):
        trees = Trees(games.compiled, games.rows, games.past, 2)
        ended, result = games.advance(trees, np.zeros(8, np.int32), rng)
        assert ended.all() == (ply == 1)
        assert (result == 0).all()


def test_games_begin_at_stored_positions_of_which_there_are_few():
    run = short(restarts=1.0, moves=640)
    games = run.tables[0]
    assert games.size == len(games.stored) == SMALL["stored"]
    assert run.games > games.size
    rng = np.random.default_rng(0)
    for row in range(8):
        games._begin(row, rng)
    stored = games.stored.tolist()
    assert all(row in stored for row in games.rows.tolist())
    assert not games.past.any()
    assert not games.ply.any()
    never = short(restarts=0.0, openings=0).tables[0]
    never.renew(np.ones(8, np.bool_), rng)
    assert never.size
    assert (never.rows == compiled(GARDNER).table("setup")).all()


# Earlier selves.


def test_earlier_selves_lie_at_even_intervals_and_are_twelve_at_most(monkeypatch):
    run = SelfPlayPPO([GARDNER], SelfPlayPPOOptions(**SMALL))
    weights = next(run.network.parameters())
    for rollout in range(60):
        run.rollouts = rollout
        weights.data[:] = rollout
        run._remember()
        numbers = run.selves[: run.kept, 0].astype(int).tolist()
        assert 1 <= run.kept <= SELVES
        assert numbers == list(range(0, rollout + 1, run.apart))
    assert run.apart == 8


def test_moves_of_earlier_selves_are_their_own_and_are_not_learnt(monkeypatch):
    run = SelfPlayPPO([GARDNER], SelfPlayPPOOptions(**{**SMALL, "earlier": 0.6, "cap": 60}))
    asked = {id(run.network): [], id(run.rival): []}

    def answer(network, leaves, whole=run._asked):
        asked[id(network)].append(leaves)
        policy, chances = whole(network, leaves)
        if network is run.rival:  # it always plays the first move
            policy = np.where(np.arange(policy.shape[1]) == 0, 0, -1e9).astype(np.float32)
            policy = np.tile(policy, (len(leaves.rows), 1))
        return policy, chances

    played = []

    def advance(self, trees, edge, rng, whole=Games.advance):
        theirs = self.rows[:, at.TURN] == self.rival
        played.append((self.rows.copy(), theirs, edge.copy()))
        return whole(self, trees, edge, rng)

    monkeypatch.setattr(run, "_asked", answer)
    monkeypatch.setattr(Games, "advance", advance)
    run._remember()
    given = run._play()
    rows, theirs, edge = (np.concatenate(part) for part in zip(*played, strict=True))
    assert 5 < theirs.sum() < 60
    assert (edge[theirs] == 0).all()
    assert (np.concatenate([one.rows for one in asked[id(run.rival)]]) == rows[theirs]).all()
    assert (given.leaves.rows == rows[~theirs]).all()
    assert (given.edge == edge[~theirs]).all()
    assert len(given.advantage) == len(given.outcome) == len(given.shares) == (~theirs).sum()
    assert given.outcome.sum(1) == pytest.approx(1, abs=1e-5)


def test_an_earlier_self_is_drawn_anew_for_every_rollout(monkeypatch):
    run, used = SelfPlayPPO([GARDNER], SelfPlayPPOOptions(**{**SMALL, "moves": 64 * 30})), []

    def learn(given):
        used.append(float(next(run.rival.parameters()).detach().flatten()[0]))
        next(run.network.parameters()).data += 1

    monkeypatch.setattr(run, "_learn", learn)
    run.run()
    first = used[0]
    ages = [k - round(one - first) for k, one in enumerate(used)]
    assert min(ages) >= 0
    assert len(set(ages)) > 6


# Learning.


def at_start(run, best):
    """Chances of the best move at the start position, of all others, and of win, draw and loss."""
    board = Board(run.variants[0].variant)
    leaves = Trees(run.variants[0], board.row[None], np.zeros((1, KEPT), np.int64), 1).leaves()[1]
    shares, outcome = run._asked(run.network, leaves)
    which = leaves.moves.tolist().index(board.moves()[best])
    return float(np.exp(shares[0, which])), outcome[0]


@pytest.mark.parametrize(("text", "best"), [(RACE, "a3a4"), (GUARD, "b2a2")])
def test_a_forced_win_is_learnt(text, best):
    options = {"games": 32, "steps": 8, "openings": 0, "restarts": 0.0, "cap": 10, "batch": 64, "width": 16}
    run = SelfPlayPPO(
        [load(text)], SelfPlayPPOOptions(moves=256 * 60, seed=3, message=4, layers=2, **options)
    )
    assert at_start(run, best)[0] < 0.4
    run.run()
    chance, outcome = at_start(run, best)
    assert chance > 0.9
    assert outcome[0] > 0.8


def test_the_loss_falls_on_the_same_rollout_and_the_policy_stops_at_its_bound():
    run = SelfPlayPPO([GARDNER], SelfPlayPPOOptions(**{**SMALL, "epochs": 40, "entropy": 0.0}))
    run._remember()
    given = run._play()
    every = np.arange(len(given.edge))
    before, parts = run._loss(given, every)
    assert parts["kl"] == pytest.approx(0, abs=1e-5)
    run._learn(given)
    after, parts = run._loss(given, every)
    assert float(after.detach()) < float(before.detach()) - 0.02
    assert parts["kl"] > 0.001
    bounded = SelfPlayPPO([GARDNER], SelfPlayPPOOptions(**{**SMALL, "epochs": 40, "target_kl": 0.001}))
    bounded._learn(given)
    assert 0 < bounded.steps < run.steps


def test_one_network_learns_several_variants_in_turn():
    lines, played = [], []
    run = SelfPlayPPO([GARDNER, load("minishogi")], SelfPlayPPOOptions(moves=64 * 6, seed=2, **SMALL))
    learn = run._learn
    run._learn = lambda given: (played.append(given.leaves.compiled.variant.name), learn(given))
    run.run(Control(report=lines.append))
    assert played == ["gardner", "minishogi"] * 3
    assert run.steps > 0
    assert lines[-1]["moves"] == 64 * 6
    assert all(np.isfinite(list(lines[-1].values())))


# Runs.


def weights(run):
    return torch.nn.utils.parameters_to_vector(run.network.parameters())


def test_the_same_seed_gives_the_same_weights_and_another_seed_others():
    first = weights(short(5))
    assert torch.equal(first, weights(short(5)))
    assert not torch.equal(first, weights(short(6)))


def test_a_stopped_run_goes_on_bit_for_bit(tmp_path):
    whole, part = tmp_path / "whole", tmp_path / "part"
    assert train(whole, "--moves", "1280") == 0

    kept = []
    run = SelfPlayPPO([GARDNER], SelfPlayPPOOptions(moves=1280, **SMALL))
    run.run(Control(keep=lambda run: kept.append(run.moves), stop=lambda: run.moves >= 960))
    arrays, plan = run.state()
    assert kept == [960]
    assert run.kept == 8  # of 15 rollouts, thinned once
    assert run.tables[0].size == SMALL["stored"]
    assert (run.tables[0].rival >= 0).any()
    again = SelfPlayPPO([GARDNER], SelfPlayPPOOptions(moves=1280, **SMALL))
    again.restore(run.network, arrays, plan)
    again.run()
    run.run()
    assert torch.equal(weights(run), weights(again))
    assert torch.equal(weights(run), weights_of(whole))

    words = [sys.executable, "-m", "gyges.scenarios.cli", "train", "selfplay-ppo", "--out", str(part), *WORDS]
    words += ["--moves", "1280", "--every", "64"]
    process = subprocess.Popen(words, env=os.environ, stderr=subprocess.DEVNULL)
    try:
        for _ in range(1200):
            if (part / checkpoint.FILE).exists() or process.poll() is not None:
                break
            time.sleep(0.1)
        process.send_signal(signal.SIGKILL)
    finally:
        process.wait()
    assert main(["train", "selfplay-ppo", "--resume", str(part), "--quiet", "--no-tensorboard"]) == 0
    assert files(part) == files(whole)


def weights_of(folder):
    return torch.nn.utils.parameters_to_vector(checkpoint.load_network(folder)[0].parameters()).detach()


def test_a_run_plays_and_is_rated_by_name(tmp_path):
    train(tmp_path / "run", "--moves", "8")
    game = FairyChess(variant="gardner")
    player = load_policy(f"search:{tmp_path / 'run'}?simulations=0", game)
    assert player.how == Search(0)
    assert torch.equal(
        torch.nn.utils.parameters_to_vector(player.evaluate.network.parameters()),
        weights_of(tmp_path / "run"),
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--variants", "duck"], "walls"),
        (["--variants", "nosuch"], "nosuch"),
        (["--variants", ","], "no variant"),
    ],
)
def test_what_cannot_be_learnt_is_refused(tmp_path, capsys, words, said):
    assert train(tmp_path / "run", *words) == 2
    assert said in capsys.readouterr().err


def test_a_variant_that_is_too_large_is_refused():
    with pytest.raises(ConfigError, match="120 squares; a network takes 100 at most"):
        SelfPlayPPO([load(LARGE)], SelfPlayPPOOptions(**SMALL))


def test_a_run_of_another_algorithm_is_refused(tmp_path, capsys):
    spec = RulesSpec(8, 4, 1)
    checkpoint.save(tmp_path / "zero", untrained(0, spec), checkpoint.Card(spec, "alphazero"))
    assert main(["train", "selfplay-ppo", "--resume", str(tmp_path / "zero")]) == 2
    assert "but of 'alphazero'" in capsys.readouterr().err
    train(tmp_path / "ppo", "--moves", "8")
    assert main(["train", "alphazero", "--resume", str(tmp_path / "ppo")]) == 2
    assert "not a run of alphazero" in capsys.readouterr().err


def test_a_state_of_another_shape_is_refused():
    run = short()
    arrays, plan = run.state()
    for more in ({"games": 4}, {"stored": 8}, {"width": 16}):
        with pytest.raises(FileError):
            SelfPlayPPO([GARDNER], SelfPlayPPOOptions(**{**SMALL, **more})).restore(run.network, arrays, plan)
    with pytest.raises(FileError):
        SelfPlayPPO([GARDNER, load("minishogi")], SelfPlayPPOOptions(**SMALL)).restore(
            run.network, arrays, plan
        )
