"""Self-play and learning: games by the rules, targets in place, a stopped run that goes on bit for bit."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from gyges.agents.search import replay
from gyges.agents.search.trees import Search
from gyges.envs.errors import FileError, UnknownNameError
from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.engine.variant_tables import compiled
from gyges.envs.fairychess.game import FairyChess
from gyges.envs.fairychess.variants.ini_files import load
from gyges.scenarios.cli.main import main

torch = pytest.importorskip("torch")

from chess_runs import files, words  # noqa: E402
from chess_runs import train as run_command  # noqa: E402

from gyges.agents.load import load as load_policy  # noqa: E402
from gyges.agents.search import checkpoint  # noqa: E402
from gyges.agents.search.alphazero import AlphaZero, AlphaZeroOptions  # noqa: E402
from gyges.agents.search.learner import Control  # noqa: E402
from gyges.agents.search.network import Evaluator, untrained  # noqa: E402
from gyges.agents.search.selfplay import Table, Terms  # noqa: E402

GARDNER = load("gardner")
SMALL = {
    "games": 8, "simulations": 2, "cap": 12, "openings": 4, "warmup": 40, "batch": 16, "width": 8,
    "message": 4, "layers": 1, "log_every": 32,
}  # fmt: skip
WORDS = words(SMALL)


def train(folder, *given):
    return run_command("alphazero", folder, *WORDS, *given)


def games_of(moves, variant=GARDNER, cap=40):
    """Games that are over after so many moves of eight rows."""
    ended, table = [], None
    rng = np.random.default_rng(3)
    table = Table(compiled(variant), 8, Terms(Search(2, 4, 1.0), 4, 4, cap), rng)
    asked = Evaluator(untrained())
    for _ in range(moves):
        ended += table.play(asked, rng)
    return ended


@pytest.fixture(scope="module")
def games():
    return games_of(45)


def test_games_are_played_by_the_rules_and_end_as_they_say(games):
    c = compiled(GARDNER)
    assert len(games) >= 8
    decided = 0
    for game in games:
        board = Board(GARDNER)
        ends = np.cumsum(game.counts)
        for t, row in enumerate(game.rows):
            board.row = row.copy()
            listed = board.listed()[0]
            assert len(listed) == game.counts[t]
            policy = game.policy[ends[t] - game.counts[t] : ends[t]]
            assert policy.sum() == pytest.approx(1, abs=0.02)
            if t + 1 < len(game.rows):
                following = [Board(GARDNER) for _ in listed]
                for move, after in zip(listed, following, strict=True):
                    after.row = row.copy()
                    after.play(move)
                rows = [after.row.tolist() for after in following]
                assert game.rows[t + 1].tolist() in rows
        if game.result[-1]:  # who made the last move has mated: no draw by the cap is among these
            decided += 1
            board.row = game.rows[-1].copy()
            mates = []
            for move in listed:
                after = Board(GARDNER)
                after.row = board.row.copy()
                after.play(move)
                mates.append(after.result_now().over)
            assert any(mates)
            assert game.result[-1] == 1
        assert (game.result[::-1][::2] == game.result[-1]).all()
        assert (game.result[::-1][1::2] == -game.result[-1]).all()
    assert decided
    assert c.variant.name == "gardner"


def test_games_are_resigned_but_for_some_that_are_played_out():
    rng = np.random.default_rng(3)
    table = Table(compiled(GARDNER), 8, Terms(Search(0, 4, 1.0), 4, 4, 40, resign=0.5), rng)
    luck = np.random.default_rng(4)

    def asked(leaves):
        """Values by lot: one in four is low."""
        return np.zeros(len(leaves.moves), np.float32), luck.uniform(-1, 1, len(leaves.rows)).astype("f4")

    ended = []
    for turn in range(12):
        table.played_out[:] = np.arange(8) < 2
        before = [len(steps) for steps in table.steps]
        some = table.play(asked, rng)
        ended += some
        assert all(before[row] + 1 == table.ply[row] for row in range(2)), turn  # they go on
    assert len(ended) > 6
    for game in ended:
        assert (game.value[:-1] >= -0.5).all()
        assert game.value[-1] < -0.5
        assert game.result[-1] == -1  # who resigns has lost
    arrays, games = table.state()
    other = Table(compiled(GARDNER), 8, table.terms, rng)
    other.restore(arrays, games)
    assert (other.played_out == table.played_out).all()


def test_a_teacher_is_imitated_in_the_place_of_the_search():
    from gyges.envs.fairychess.search.alphabeta import search

    c = compiled(GARDNER)
    rng = np.random.default_rng(4)
    table = Table(c, 4, Terms(Search(2, 4, 1.0), 4, 0, 40), rng)
    looked = 0
    for _ in range(6):
        before = table.rows.copy()
        table.play(Evaluator(untrained()), rng, teacher=50)
        for row, steps in enumerate(table.steps):
            if steps and (steps[-1][0] == before[row]).all():
                board = Board(GARDNER)
                board.row = before[row].copy()
                best = search(board, 50)
                listed = board.listed()[0]
                assert listed[int(steps[-1][2].argmax())] == best.move
                assert steps[-1][3] == pytest.approx(2 * best.win_probability - 1)
                looked += 1
    assert looked > 12


def test_outcomes_to_learn_are_half_result_half_value():
    found = replay.outcomes(np.array([1, -1, 0]), np.array([0.5, 0.0, -1.0]))
    assert found.tolist() == [[0.75, 0.25, 0.0], [0.0, 0.5, 0.5], [0.0, 0.5, 0.5]]


def test_samples_hold_the_policies_of_their_positions_and_old_games_are_dropped(games):
    c = compiled(GARDNER)
    whole = replay.Replay([c], 10_000)
    for game in games:
        whole.add(0, game)
    assert whole.size == sum(len(game.rows) for game in games)
    (one,) = whole.sample(np.random.default_rng(0), 50)
    assert one.leaves.counts.sum() == len(one.policy)
    ends = np.cumsum(one.leaves.counts)
    for b, row in enumerate(one.leaves.rows):
        policy = one.policy[ends[b] - one.leaves.counts[b] : ends[b]]
        stored = [
            game.policy[game.counts[:t].sum() : game.counts[: t + 1].sum()].tolist()
            for game in games for t in range(len(game.rows)) if (game.rows[t] == row).all()
        ]  # fmt: skip
        assert policy.tolist() in stored
    few = replay.Replay([c], 30)
    for game in games:
        few.add(0, game)
    assert few.size <= 30 or len(few.games) == 1
    assert few.games[-1][1] is games[-1]


def test_games_are_the_same_after_they_were_arrays(games):
    c = compiled(GARDNER)
    back = replay.unpacked(replay.packed([(0, game) for game in games]), [c])
    for (k, found), game in zip(back, games, strict=True):
        assert k == 0
        assert all((a == b).all() for a, b in zip(found, game, strict=True))
    with pytest.raises(FileError, match="variant 1"):
        replay.unpacked(replay.packed([(1, games[0])]), [c])


def test_gradient_steps_lower_the_loss_on_the_same_positions(games):
    run = AlphaZero([GARDNER], AlphaZeroOptions(seed=1, **{**SMALL, "games": 2}))
    for game in games:
        run.replay.add(0, game)
    samples = run.replay.sample(np.random.default_rng(0), 64)
    before = float(sum(run._losses(samples)).detach())
    for _ in range(30):
        loss = sum(run._losses(samples))
        run.adam.zero_grad()
        loss.backward()
        run.adam.step()
    assert float(sum(run._losses(samples)).detach()) < before - 0.05


def test_one_network_learns_several_variants_in_turn():
    lines = []
    run = AlphaZero([GARDNER, load("minishogi")], AlphaZeroOptions(moves=8 * 40, seed=2, **SMALL))
    run.run(Control(report=lines.append))
    assert {k for k, _ in run.replay.games} == {0, 1}
    assert run.steps > 0
    assert lines[-1]["moves"] == 320
    assert all(np.isfinite(list(lines[-1].values())))


def test_a_stopped_run_goes_on_bit_for_bit(tmp_path):
    whole, part = tmp_path / "whole", tmp_path / "part"
    assert train(whole, "--moves", "320") == 0

    kept = []
    run = AlphaZero([GARDNER], AlphaZeroOptions(moves=320, **SMALL))
    run.run(Control(keep=kept.append, stop=lambda: run.moves >= 200))
    arrays, plan = run.state()
    assert kept == [run]
    assert run.moves == 200
    assert any(run.tables[0].steps)
    again = AlphaZero([GARDNER], AlphaZeroOptions(moves=320, **SMALL))
    again.restore(run.network, arrays, plan)
    again.run(Control())
    run.run(Control())
    for one, other in zip(run.network.parameters(), again.network.parameters(), strict=True):
        assert torch.equal(one, other)

    words = [sys.executable, "-m", "gyges.scenarios.cli", "train", "alphazero", "--out", str(part), *WORDS]
    words += ["--moves", "320", "--every", "64"]
    process = subprocess.Popen(words, env=os.environ, stderr=subprocess.DEVNULL)
    try:
        for _ in range(1200):
            if (part / checkpoint.FILE).exists() or process.poll() is not None:
                break
            time.sleep(0.1)
        process.send_signal(signal.SIGKILL)
    finally:
        process.wait()
    assert main(["train", "alphazero", "--resume", str(part), "--quiet", "--no-tensorboard"]) == 0
    assert files(part) == files(whole)


def test_a_run_plays_and_is_rated_by_name(tmp_path):
    train(tmp_path / "run", "--moves", "8")
    game = FairyChess(variant="gardner")
    name = f"search:{tmp_path / 'run'}?simulations=2"
    assert getattr(load_policy(name, game), "how") == Search(2)  # noqa: B009
    assert getattr(load_policy(str(tmp_path / "run"), game), "how") == Search()  # noqa: B009


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


def test_a_checkpoint_of_another_kind_is_refused(tmp_path, capsys):
    from gyges.agents.nn.checkpoint import save
    from gyges.agents.nn.network_spec import NetworkSpec
    from gyges.agents.nn.networks import ActorCritic

    save(tmp_path, ActorCritic.of(NetworkSpec((3,), 2, 2, hidden=(4,))))
    with pytest.raises(FileError, match="not of one that reads rules"):
        load_policy(f"search:{tmp_path}", FairyChess(variant="gardner"))
    assert main(["train", "alphazero", "--resume", str(tmp_path)]) == 2
    assert "not of one that reads rules" in capsys.readouterr().err
    run = tmp_path / "bare"
    checkpoint.save(run, untrained(), checkpoint.Card(untrained().spec, "alphazero"))
    assert main(["train", "alphazero", "--resume", str(run)]) == 2
    assert "holds a policy only" in capsys.readouterr().err


def test_a_missing_policy_is_named(tmp_path):
    with pytest.raises((FileError, UnknownNameError), match="nowhere"):
        load_policy(f"search:{tmp_path / 'nowhere'}", FairyChess(variant="gardner"))
