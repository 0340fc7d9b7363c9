"""SGD on judged games: labels are the engine's, the network is told them, a stopped run goes on alike."""

import numpy as np
import pytest

from gyges.agents.search.trees import Trees
from gyges.envs.fairychess.engine.variant_tables import compiled
from gyges.envs.fairychess.game import FairyChess
from gyges.envs.fairychess.search.alphabeta import search
from gyges.envs.fairychess.search.piece_values import worth
from gyges.envs.fairychess.variants.ini_files import load
from gyges.scenarios.cli.main import main

torch = pytest.importorskip("torch")

from chess_runs import files, words  # noqa: E402
from chess_runs import train as run_command  # noqa: E402

from gyges.agents.load import load as load_policy  # noqa: E402
from gyges.agents.search import checkpoint  # noqa: E402
from gyges.agents.search.engine_sgd import EngineSGD, EngineSGDOptions, Judged, level_values  # noqa: E402
from gyges.agents.search.learner import Control  # noqa: E402
from gyges.agents.search.network import RulesNetwork, RulesSpec  # noqa: E402

GARDNER = load("gardner")
SMALL = {
    "games": 8, "nodes": 20, "cap": 12, "openings": 4, "warmup": 40, "batch": 16, "width": 8, "message": 4,
    "layers": 1, "log_every": 32,
}  # fmt: skip
WORDS = words(SMALL)


def train(folder, *given):
    return run_command("engine-sgd", folder, *WORDS, *given)


def turns(many, **how):
    """Positions before each turn, what was played and how it was judged."""
    rng = np.random.default_rng(1)
    table = Judged(compiled(GARDNER), EngineSGDOptions(**SMALL | how), rng)
    for _ in range(many):
        trees = Trees(table.compiled, table.rows, table.past, 2)
        rows, moves, rates = table.rows.copy(), trees.moves.copy(), table.rates.copy()
        past = [[int(key) for key in one if key] for one in table.past]
        found, good = table.judged(trees, rng)
        for k in range(len(rows)):
            yield rows[k], past[k], int(moves[k, found.edge[k]]), found, good, k, rates[k]
        table.move(trees, found, rng, good=good)


def test_moves_are_judged_by_what_the_engine_would_keep():
    c, bad, all_of = compiled(GARDNER), 0, 0
    for row, past, played, found, good, k, _ in turns(20):
        best = search((c, row), 20, None, past)
        lost = best.win_probability - search((c, row), 20, [played], past).win_probability
        assert good[k] == (played == best.move or lost <= 0.05)
        assert found.policy[k].sum() == found.policy[k, found.edge[k]] == 1
        assert found.value[k] == 2 * best.win_probability - 1
        bad, all_of = bad + (not good[k]), all_of + 1
    assert 0.1 < bad / all_of < 0.7


def test_players_err_as_often_as_they_may():
    c = compiled(GARDNER)
    assert all(
        played == search((c, row), 20, None, past).move for row, past, played, *_ in turns(6, mistakes=0)
    )
    rates = np.array([rate for *_, rate in turns(12, mistakes=0.5)])
    assert rates.min() >= 0
    assert 0.4 < rates.max() <= 0.5
    assert (rates[:, 0] != rates[:, 1]).any()


def test_the_prejudice_is_that_all_pieces_are_worth_the_same():
    level, own = level_values(GARDNER), worth(GARDNER)
    values = own.term("value")
    assert len(set(values[values > 0])) > 3
    assert len(set(level.term("value")[values > 0])) == 1
    assert (level.term("value")[values == 0] == 0).all()
    losses = []
    for row, past, *_ in turns(10):
        place = (compiled(GARDNER), row)
        best, prejudiced = search(place, 20, None, past), search(place, 20, None, past, level)
        kept = search(place, 20, [prejudiced.move], past)
        losses.append(best.win_probability - kept.win_probability)
    assert 0.2 < np.mean(np.array(losses) > 0.05) < 0.8


def test_a_network_is_told_what_was_good_and_plays_as_if_told_so():
    spec = RulesSpec(8, 4, 1, conditioned=True)
    network = RulesNetwork(spec)
    from gyges.agents.search.inputs import describe, inputs_of
    from gyges.agents.search.network import about, tensors

    c = compiled(GARDNER)
    leaves = Trees(c, c.table("setup")[None].repeat(2, 0).copy(), np.zeros((2, 4), np.int64), 2).leaves()[1]
    given = tensors(
        inputs_of(c, leaves.rows, leaves.seen, leaves.moves, leaves.counts, "edges"), torch.device("cpu")
    )
    described = about(describe(c, "edges"), torch.device("cpu"))
    with torch.no_grad():
        network.good.weight.normal_()
        network.layers[0].out.weight.normal_()
        plain = network(described, given)
        good, bad = (network(described, given, torch.full((2,), k)) for k in (1, 0))
    assert torch.equal(plain[0], good[0])
    assert not torch.allclose(good[0], bad[0])


def test_labels_are_shuffled_or_left_out_and_the_games_stay():
    runs = {}
    for labels in ("engine", "shuffled", "none"):
        run = EngineSGD([GARDNER], EngineSGDOptions(moves=8 * 30, seed=2, labels=labels, **SMALL))
        lines = []
        run.run(Control(report=lines.append))
        runs[labels] = run
        assert run.steps > 0
        assert 0.3 < lines[-1]["good"] < 1
    games = {name: [game for _, game in run.replay.games] for name, run in runs.items()}
    for one, other, third in zip(*games.values(), strict=True):
        assert (one.rows == other.rows).all()
        assert (one.rows == third.rows).all()
    said = {name: np.concatenate([game.good for game in some]) for name, some in games.items()}
    assert (said["engine"] == said["none"]).all()
    assert (said["engine"] != said["shuffled"]).any()
    assert abs(said["engine"].mean() - said["shuffled"].mean()) < 0.05
    assert runs["none"].network.spec.conditioned is False


def test_a_network_learns_what_labels_say_of_moves():
    """Moves are likelier to it beside their own labels than beside the others', unless these are shuffled."""
    how = SMALL | {"width": 16, "message": 8, "games": 16, "warmup": 200, "batch": 64, "cap": 40}
    gains = {}
    for labels in ("engine", "shuffled"):
        run = EngineSGD([GARDNER], EngineSGDOptions(moves=16 * 160, seed=3, ratio=6, labels=labels, **how))
        run.run(Control())
        (one,) = run.replay.sample(np.random.default_rng(0), 600)
        with torch.no_grad():
            own, other = (
                float(run._losses([one._replace(good=good)])[0]) for good in (one.good, 1 - one.good)
            )
        gains[labels] = other - own
    assert gains["engine"] > 0.05
    assert abs(gains["shuffled"]) < gains["engine"] / 2


def test_a_stopped_run_goes_on_bit_for_bit(tmp_path):
    whole, part = tmp_path / "whole", tmp_path / "part"
    assert train(whole, "--moves", "320") == 0
    run = EngineSGD([GARDNER], EngineSGDOptions(moves=320, **SMALL))
    run.run(Control(stop=lambda: run.moves >= 200))
    arrays, plan = run.state()
    again = EngineSGD([GARDNER], EngineSGDOptions(moves=320, **SMALL))
    again.restore(run.network, arrays, plan)
    again.run(Control())
    run.run(Control())
    for one, other in zip(run.network.parameters(), again.network.parameters(), strict=True):
        assert torch.equal(one, other)
    assert train(part, "--moves", "320", "--every", "64") == 0
    assert files(part) == files(whole)


def test_a_run_plays_by_name(tmp_path):
    train(tmp_path / "run", "--moves", "64")
    game = FairyChess(variant="gardner")
    player = load_policy(f"search:{tmp_path / 'run'}?simulations=0", game)
    assert player.evaluate.network.spec.conditioned
    assert checkpoint.read_card(tmp_path / "run")[0].algorithm == "engine-sgd"


def test_what_cannot_be_learnt_is_refused(tmp_path, capsys):
    assert train(tmp_path / "run", "--variants", "duck") == 2
    assert "walls" in capsys.readouterr().err


def test_it_is_not_taken_up_by_another_learner(tmp_path, capsys):
    train(tmp_path / "run", "--moves", "64")
    assert main(["train", "alphazero", "--resume", str(tmp_path / "run")]) == 2
    assert "but of 'engine-sgd'" in capsys.readouterr().err
