"""PPO: exact advantages, whose moves count, time limits, resuming, and that it learns."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from well.game import Well
from well.personas import Clean, Greedy

from gyges.agents.learn.collector import Collector, Rollout
from gyges.agents.learn.ppo import PPO, PPOConfig, advantages
from gyges.agents.nn import checkpoint
from gyges.agents.nn.networks import ActorCritic, NetworkPolicy
from gyges.agents.nn.normaliser import merge_moments
from gyges.agents.progress import Progress, read_curves
from gyges.agents.rewards import Conscience, Step, TaskReward
from gyges.envs import registry
from gyges.envs.batch import Batch
from gyges.envs.errors import ConfigError, DivergedError, FileError, UnknownNameError
from gyges.envs.rollout import play
from gyges.scenarios.cli import train

GAME = Well(horizon=8)
SMALL = PPOConfig(frames=10_000, rows=6, steps=5, minibatch=16, epochs=2, hidden=(12, 12), threads=1, seed=3)


def weights(learner: PPO) -> list[torch.Tensor]:
    return [p.detach().clone() for p in learner.network.parameters()]


def same(a: list[torch.Tensor], b: list[torch.Tensor]) -> bool:
    return all(torch.equal(x, y) for x, y in zip(a, b, strict=True))


def invented(steps: int, rows: int, seed: int, all_move: bool = False) -> Rollout:
    """A rollout of made-up numbers."""
    rng = np.random.default_rng(seed)

    def numbers(*shape: int) -> torch.Tensor:
        return torch.from_numpy(rng.normal(size=shape).astype(np.float32))

    def bits(chance: float, *shape: int) -> torch.Tensor:
        return torch.from_numpy(rng.random(shape) < chance)

    moved = bits(1.0 if all_move else 0.5, steps, rows)
    done = bits(0.2, steps, rows)
    cut = torch.where(done & bits(0.5, steps, rows), numbers(steps, rows), torch.zeros(()))
    empty = torch.zeros(steps, rows)
    return Rollout(
        numbers(steps, rows, 4), torch.full((steps, rows, 1), 31, dtype=torch.uint8), done, moved.long(),
        -empty - 1.6, numbers(steps, rows), numbers(steps, rows), moved, done, cut, torch.zeros(rows, 0),
        numbers(rows), bits(1.0 if all_move else 0.5, rows), {},
    )  # fmt: skip


def slow_advantages(r: Rollout, gamma: float, lam: float) -> tuple[np.ndarray, np.ndarray]:
    """By the definition: decision by decision, forward, one pair at a time."""
    steps, rows = r.reward.shape
    out, use = np.zeros((steps, rows)), np.zeros((steps, rows), bool)

    def following(t: int, k: int) -> tuple[float, float, int | None, bool]:
        """(reward until the next decision, discounted worth at its end, that decision, known)"""
        paid, factor = 0.0, 1.0
        while True:
            paid += factor * float(r.reward[t, k])
            factor *= gamma
            if r.done[t, k]:
                return paid + factor * float(r.cut[t, k]), 0.0, None, True
            t += 1
            if t == steps:
                return paid + factor * float(r.last_value[k]), 0.0, None, bool(r.last_moves[k])
            if r.moved[t, k]:
                return paid + factor * float(r.value[t, k]), factor, t, True

    for k in range(rows):
        for t in range(steps):
            if not r.moved[t, k]:
                continue
            total, weight, here, known = 0.0, 1.0, t, True
            while True:
                worth, factor, after, sure = following(here, k)
                if not sure:
                    known = here != t
                    break
                total += weight * (worth - float(r.value[here, k]))
                if after is None:
                    break
                weight, here = weight * factor * lam, after
            if known:
                out[t, k], use[t, k] = total, True
    return out, use


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("all_move", [True, False])
def test_advantages_are_those_of_the_definition(seed: int, all_move: bool) -> None:
    rollout = invented(12, 20, seed, all_move)
    found, sample = advantages(rollout, rollout.reward, 0.9, 0.8)
    wanted, use = slow_advantages(rollout, 0.9, 0.8)
    np.testing.assert_array_equal(sample.numpy(), use)
    np.testing.assert_allclose(found.numpy(), wanted, atol=1e-5)
    assert not all_move or use.all()


def test_time_limits_are_bootstrapped_and_ends_are_not() -> None:
    network = ActorCritic.for_game(GAME, hidden=(12, 12))
    collector = Collector(GAME, network, rows=4, steps=20, seed=1, threads=1)
    batch, wanted = collector.batch, []
    real = batch.step

    def step(*given: Any, **options: Any) -> None:
        real(*given, **options)
        cut = batch.truncated.reshape(-1) != 0
        last = torch.from_numpy(batch.final.reshape(12, -1) * GAME.scale)
        worth = network(last, torch.ones(12, 5, dtype=torch.bool)).value.detach().numpy()
        wanted.append(np.where(cut, worth, 0))

    batch.step = step  # type: ignore[method-assign]
    rollout = collector.collect()
    np.testing.assert_allclose(rollout.cut.numpy(), np.stack(wanted), atol=1e-6)
    assert rollout.done[7].all()
    assert rollout.done.sum() == 2 * 12
    assert (rollout.cut[7] != 0).all()
    assert rollout.first[8].all()
    ends = advantages(rollout, rollout.reward, 1.0, 1.0, bootstrap=False)[0] + rollout.value
    torch.testing.assert_close(ends[0], rollout.reward[:8].sum(0))


def test_a_terminated_seat_is_worth_nothing_more() -> None:
    rollout = invented(6, 5, 0, all_move=True)
    rollout.done[:] = False
    rollout.done[3], rollout.cut[3] = True, 0
    advantage, _ = advantages(rollout, rollout.reward, 1.0, 1.0)
    torch.testing.assert_close((advantage + rollout.value)[0], rollout.reward[:4].sum(0))


def test_the_rollout_is_what_was_played() -> None:
    network = ActorCritic.for_game(GAME, hidden=(12, 12), seed=2)
    collector = Collector(GAME, network, rows=3, steps=8, seed=5, threads=1)
    rollout = collector.collect()
    twin = Batch(GAME, 3, seed=5, threads=1)
    for t in range(8):
        assert (rollout.features[t].numpy() == twin.codes.reshape(9, -1) * GAME.scale).all()
        assert (rollout.bits[t].numpy() == twin.bits.reshape(9, -1)).all()
        answer = network(rollout.features[t], rollout.bits[t])
        torch.testing.assert_close(answer.value, rollout.value[t])
        shares = answer.logits.log_softmax(1).gather(1, rollout.action[t].unsqueeze(1)).squeeze(1)
        torch.testing.assert_close(shares, rollout.log_probability[t])
        twin.step(rollout.action[t].numpy().astype(np.int32).reshape(3, 3))
        assert (rollout.reward[t].numpy() == twin.reward.reshape(-1)).all()
    assert rollout.tally["episodes"] == 9
    assert rollout.tally["return"] == float(rollout.reward.sum())


def test_seats_without_a_choice_teach_nothing() -> None:
    results = []
    for noise in (0.0, 5.0):
        learner = PPO(GAME, SMALL)
        rollout = learner.collector.collect()
        rollout.moved[1::2] = False
        idle = (~rollout.moved).float()
        rollout.features.add_(noise * idle.unsqueeze(2))
        advantage, sample = advantages(rollout, rollout.reward, 0.9, 0.8)
        assert not sample[1::2].any()
        rollout.value.add_(noise * idle)
        learner._learn(rollout, advantage + noise * idle, advantage + rollout.value, sample)
        results.append(weights(learner))
    assert same(*results)


def test_an_update_learns_from_those_who_moved() -> None:
    learner = PPO(GAME, SMALL)
    before = weights(learner)
    learner.update()
    assert not same(before, weights(learner))


def table(rows: int, *seats: Any) -> list[list[Any]]:
    return [list(seats)] * rows


def test_personas_sit_where_they_are_put() -> None:
    clean, greedy = Clean(), Greedy()
    mixed = [[None, clean, greedy], [greedy, None, clean]]
    network = ActorCritic.for_game(GAME, hidden=(12, 12))
    collector = Collector(GAME, network, rows=2, steps=6, seed=0, seats=mixed, threads=1)
    batch, seen = collector.batch, []
    real = batch.step

    def step(actions: Any, **options: Any) -> None:
        seen.append((actions.copy(), batch.codes[..., 2].copy()))
        real(actions, **options)

    batch.step = step  # type: ignore[method-assign]
    rollout = collector.collect()
    assert rollout.action.shape == (6, 2)
    for t, (actions, fair) in enumerate(seen):
        assert actions[0, 0] == rollout.action[t, 0]
        assert actions[1, 1] == rollout.action[t, 1]
        assert actions[0, 2] == actions[1, 0] == 4
        assert actions[0, 1] == 1 + fair[0, 1]
        assert actions[1, 2] == 1 + fair[1, 2]
    with pytest.raises(ConfigError, match="no seat is left"):
        Collector(GAME, network, rows=2, steps=6, seats=table(2, clean, clean, clean))
    with pytest.raises(ConfigError, match="shape"):
        Collector(GAME, network, rows=2, steps=6, seats=table(2, None, clean))


class Counting:
    """Pays one unit for every third decision in a row that drew most: remembers."""

    labels = "taken"

    def initial(self, rows: int, seats: int) -> Any:
        return np.zeros((rows, seats), np.uint64)

    def __call__(self, step: Step, memory: Any) -> tuple[Any, Any]:
        run = np.where(step.action == 4, memory + np.uint64(1), np.uint64(0))
        paid = (run == 3).astype(np.float32)
        return paid, np.where(step.over[:, None] | (run == 3), np.uint64(0), run)


KINDS: dict[str, dict[str, Any]] = {
    "mlp": {},
    "gru": {"trunk": "gru"},
    "attention": {"trunk": "attention", "seat_token": True},
    "separate": {"separate": True, "scale_rewards": False, "target_kl": 0.001},
    "condition": {"condition": 1, "conscience": 2.0},
}


def make(kind: str, seed: int = 3) -> PPO:
    config = dataclasses.replace(SMALL, seed=seed, **KINDS[kind])
    seats = table(6, None, Clean(), None) if kind in ("mlp", "gru") else None
    reference = (ActorCritic.for_game(GAME, trunk="gru", seed=9), None) if kind == "gru" else None
    return PPO(GAME, config, reward=Counting(), seats=seats, reference=reference)


@pytest.mark.parametrize("kind", KINDS)
def test_resuming_is_exact(kind: str, tmp_path: Path) -> None:
    straight = make(kind)
    for _ in range(5):
        straight.update()
    first = make(kind)
    for _ in range(2):
        first.update()
    first.save(tmp_path)
    second = make(kind)
    second.load(tmp_path)
    assert (second.frames, second.updates) == (first.frames, 2)
    for _ in range(3):
        second.update()
    assert same(weights(straight), weights(second))
    assert straight.moments == second.moments
    assert straight.collector.batch.state_hash() == second.collector.batch.state_hash()


def test_the_seed_decides() -> None:
    runs = []
    for seed in (3, 3, 4):
        learner = make("mlp", seed)
        torch.manual_seed(len(runs))  # global generators have no say
        for _ in range(2):
            learner.update()
        runs.append(weights(learner))
    assert same(runs[0], runs[1])
    assert not same(runs[0], runs[2])


def test_runs_of_other_options_are_not_resumed(tmp_path: Path) -> None:
    make("mlp").save(tmp_path)
    with pytest.raises(FileError, match="other options"):
        PPO(GAME, dataclasses.replace(SMALL, lam=0.5)).load(tmp_path)
    with pytest.raises(FileError, match="other options"):
        PPO(Well(horizon=9), SMALL).load(tmp_path)


class Poison:
    """Pays NaN from the third rollout on."""

    labels = "off"

    def initial(self, rows: int, seats: int) -> Any:
        return np.zeros((rows, seats), np.int32)

    def __call__(self, step: Step, memory: Any) -> tuple[Any, Any]:
        bad = memory >= 3 * SMALL.steps
        return np.where(bad, np.nan, step.reward).astype(np.float32), memory + 1


def test_a_diverging_run_leaves_its_last_checkpoint(tmp_path: Path) -> None:
    learner = PPO(GAME, dataclasses.replace(SMALL, stagger=False), reward=Poison())
    with pytest.raises(DivergedError, match="Poison paid a reward that is not finite"):
        learner.train(tmp_path, every=1)
    assert checkpoint.read_card(tmp_path)[0].about["updates"] == 3
    checkpoint.load_policy(tmp_path, GAME)


def test_losses_that_are_not_finite_are_named(tmp_path: Path) -> None:
    learner = PPO(GAME, dataclasses.replace(SMALL, learning_rate=10.0, anneal=False))
    learner.save(tmp_path)
    with torch.no_grad():
        next(iter(learner.network.roles[0].parameters()))[0, 0] = float("nan")
    with pytest.raises(DivergedError, match="not finite"):
        learner.train(tmp_path, every=1)
    with pytest.raises(DivergedError, match="weights are not finite"):
        learner.save(tmp_path)
    checkpoint.load_policy(tmp_path, GAME)


def test_merged_statistics() -> None:
    data = torch.randn(50, 3, dtype=torch.float64) * 4 + 2
    state = torch.zeros(3, 3, dtype=torch.float64)
    for part in data.split([7, 1, 42]):
        state = merge_moments(state, part)
    torch.testing.assert_close(state[1], data.mean(0))
    torch.testing.assert_close(state[2] / state[0], data.var(0, correction=0))


def test_rows_are_spread_over_the_episode() -> None:
    collector = Collector(GAME, ActorCritic.for_game(GAME), rows=16, steps=4, seed=0, threads=1)
    collector.stagger()
    ticks = np.bincount(collector.batch.state.tick[:, 0], minlength=8)
    assert (ticks == 2).all()
    rollout = collector.collect()
    assert rollout.tally["episodes"] > 0
    assert rollout.tally["return"] / rollout.tally["episodes"] < 8 * 3


def test_reward_sources() -> None:
    game = Well(horizon=8, num_agents=2)
    batch = Batch(game, 3, labels="taken", threads=1)
    before = batch.codes.copy()
    actions = np.array([[4, 1], [4, 4], [1, 1]], np.int32)
    batch.step(actions)
    step = Step(game, before, actions, batch.reward, batch.welfare, batch.ledger, batch.first, batch.over)
    task, _ = TaskReward()(step, None)
    assert task.tolist() == batch.reward.tolist()
    breach = (actions - 1) > before[..., 2]
    assert breach.any()
    assert not breach.all()
    np.testing.assert_allclose(Conscience(TaskReward(), 3.0)(step, None)[0], batch.reward - 3.0 * breach)


def optimum(n: int, horizon: int) -> dict[int, float]:
    """Most that seat 0 can draw among greedy households, by first water: dynamic programming."""
    top = 6 * n
    worth = np.zeros(top + 1)
    for tick in reversed(range(horizon)):
        best = np.zeros(top + 1)
        for water in range(top + 1):
            for mine in range(4):
                left, got = water, 0
                for j in range(n):
                    taken = min(mine if (j + tick) % n == 0 else 3, left)
                    left -= taken
                    got = taken if (j + tick) % n == 0 else got
                best[water] = max(best[water], got + worth[min(left + left // 2, top)])
        worth = best
    return {5 * n + k: float(worth[5 * n + k]) for k in range(n + 1)}


def test_it_learns_to_nine_tenths_of_the_optimum() -> None:
    game = Well()
    config = PPOConfig(
        frames=60_000,
        rows=64,
        steps=20,
        minibatch=256,
        gamma=1.0,
        bootstrap=False,
        threads=1,
        learning_rate=2e-3,
    )
    learner = PPO(game, config, seats=table(64, None, Greedy(), Greedy()))
    start = learner.update()
    assert start["frames"] > 0
    learner.train()
    batch = Batch(game, 400, seed=77, threads=1)
    water = batch.state.water[:, 0].copy()
    seats = [NetworkPolicy(learner.network, greedy=True), Greedy(), Greedy()]
    found = play(batch, seats, seed=1)["returns"][:, 0].mean()
    best = optimum(3, 20)
    assert found <= np.mean([best[int(w)] for w in water]) + 1e-9
    assert found >= 0.9 * np.mean([best[int(w)] for w in water])


def test_a_conscience_is_heeded() -> None:
    game = Well(horizon=8, num_agents=2)
    rates = []
    for weight in (0.0, 6.0):
        config = PPOConfig(
            frames=25_000, rows=32, steps=16, minibatch=256, conscience=weight, labels=True, threads=1,
            learning_rate=3e-3,
        )  # fmt: skip
        seen: list[float] = []
        PPO(game, config).train(on_update=lambda one, seen=seen: seen.append(one["violation_rate"]))  # type: ignore[misc]
        rates.append(np.mean(seen[-5:]))
    assert rates[0] > 0.6
    assert rates[1] < 0.15


def test_a_data_policy_holds_the_learner() -> None:
    game = Well(horizon=8, num_agents=2)
    gaps = []
    for weight in (0.0, 30.0):
        config = PPOConfig(
            frames=15_000, rows=32, steps=16, minibatch=256, kl_weight=weight, threads=1, learning_rate=3e-3,
            entropy=0.0,
        )  # fmt: skip
        seen: list[float] = []
        reference = (ActorCritic.for_game(game, seed=8), None)
        learner = PPO(game, config, reference=reference)
        learner.train(on_update=lambda one, seen=seen: seen.append(one["reference_kl"]))  # type: ignore[misc]
        gaps.append(np.mean(seen[-5:]))
    assert gaps[0] > 0.25
    assert gaps[1] < 0.05
    with pytest.raises(ConfigError, match="needs a data policy"):
        PPO(game, dataclasses.replace(SMALL, kl_weight=1.0))


def test_a_token_that_the_network_lacks() -> None:
    config = dataclasses.replace(SMALL, condition=1)
    with pytest.raises(ConfigError, match="condition 1: the network has 1"):
        PPO(GAME, config, network=ActorCritic.for_game(GAME, condition_tokens=1))


@pytest.mark.parametrize(
    "wrong",
    [
        {"rows": 0},
        {"gamma": 1.5},
        {"steps": 2.5},
        {"learning_rate": float("nan")},
        {"clip": "x"},
        {"threads": -1},
    ],
)
def test_options_that_cannot_be_meant(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        PPOConfig(**wrong)


# The command.

SHORT = ["ppo", "--scenario", "well.game:Well", "--set", "horizon=8", "--frames", "900", "--rows", "6",
         "--steps", "5", "--threads", "1", "--hidden", "8", "8", "--no-tensorboard", "--quiet"]  # fmt: skip


def test_one_command_trains_and_the_folder_plays(tmp_path: Path) -> None:
    assert train.main([*SHORT, "--out", str(tmp_path / "a"), "--rater", "gold", "--labels"]) == 0
    card = checkpoint.read_card(tmp_path / "a")[0]
    assert card.about["frames"] >= 900
    assert card.settings["horizon"] == 8
    assert read_curves(tmp_path / "a")[-1]["frames"] == card.about["frames"]
    play(Batch(GAME, 2, threads=1), [checkpoint.load_policy(tmp_path / "a", GAME)] * 3)
    with pytest.raises(ConfigError, match="holds a run"):
        train.main([*SHORT, "--out", str(tmp_path / "a")])
    assert train.main([*SHORT, "--out", str(tmp_path / "b"), "--init", str(tmp_path / "a"), "--data-policy",
                       str(tmp_path / "a"), "--kl-weight", "1"]) == 0  # fmt: skip


def test_seeds_get_a_folder_each(tmp_path: Path) -> None:
    assert train.main([*SHORT, "--out", str(tmp_path), "--seeds", "2", "--seed", "5"]) == 0
    one, two = (checkpoint.load_network(tmp_path / f"seed-{k}")[0] for k in (5, 6))
    assert any(not torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))


def test_ctrl_c_stops_cleanly_and_resuming_ends_as_if_it_had_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert train.main([*SHORT, "--out", str(tmp_path / "whole")]) == 0
    real = Progress.log

    def log(self: Progress, numbers: Any) -> None:
        real(self, numbers)
        if len(read_curves(tmp_path / "cut")) == 4:
            os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    with monkeypatch.context() as patch:
        patch.setattr(Progress, "log", log)
        assert train.main([*SHORT, "--out", str(tmp_path / "cut")]) == 130
    assert signal.getsignal(signal.SIGINT) is before
    assert checkpoint.read_card(tmp_path / "cut")[0].about["updates"] == 4
    assert train.main(["ppo", "--resume", str(tmp_path / "cut"), "--quiet", "--no-tensorboard"]) == 0
    one, two = (checkpoint.load_network(tmp_path / name)[0] for name in ("whole", "cut"))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
    lines = [[line["frames"], line["entropy"]] for line in read_curves(tmp_path / "cut")]
    assert lines == [[line["frames"], line["entropy"]] for line in read_curves(tmp_path / "whole")]


def test_pay_for_what_is_good_enough(tmp_path: Path) -> None:
    from gyges.agents.data.mixture import players
    from gyges.agents.data.recorder import record

    registry.register("well-v0", "well.game:Well")
    data = tmp_path / "data"
    record(GAME, players(GAME, {"clean": 1, "greedy": 1}), data, episodes=40, seed=0)
    folder = tmp_path / "a"
    assert train.main([*SHORT, "--out", str(folder), "--rater", "gold", "--dataset", str(data),
                       "--quantile", "0.5"]) == 0  # fmt: skip
    scores = [line["episode_score"] for line in read_curves(folder) if "episode_score" in line]
    assert scores
    assert all(0 <= score <= 1 for score in scores)
    with pytest.raises(ConfigError, match="needs a dataset"):
        train.main([*SHORT, "--out", str(tmp_path / "b"), "--quantile", "0.5"])


@pytest.mark.parametrize("name", ["ppo", "a2c", "dqn", "maskable-ppo"])
def test_stable_baselines_trains_by_the_same_command(name: str, tmp_path: Path) -> None:
    steps = [] if name == "dqn" else ["--hyper", "n_steps=8"]
    steps += ["batch_size=24"] if "ppo" in name else []
    status = train.main([f"sb3-{name}", "--scenario", "well.game:Well", "--set", "horizon=8",
                         "--frames", "100", "--rows", "2", "--quiet",
                         "--out", str(tmp_path / "a"), *steps])  # fmt: skip
    assert status == 0
    assert json.loads((tmp_path / "a" / "sb3.json").read_text())["frames"] >= 100
    assert (tmp_path / "a" / "sb3-model.zip").stat().st_size > 1000


def test_wrong_names(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UnknownNameError, match="no algorithm 'ppp'"):
        train.main(["ppp"])
    assert train.main([]) == 0
    assert "ppo" in capsys.readouterr().out
