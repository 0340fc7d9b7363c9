"""What is earned against the labels: PPO and greedy play among clean neighbours, by any acts and clean ones.

A dilemma is false where a learner that keeps to the norms comes to earn more than the greedy persona.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from gyges.agents.rewards import Step
from gyges.envs.batch import Batch
from gyges.envs.certificate import Certificate
from gyges.envs.choice_point import violations
from gyges.envs.game import Game
from gyges.envs.policy import Decision, Memory, Observation, Policy
from gyges.envs.rollout import play
from gyges.scenarios.certificates.playouts import seated, tally
from gyges.scenarios.raters.raters import Floats, Rater, paid

CHECKS = 4
"""Parts of a run after which it is looked at what has been learnt."""
DEAR = 10.0
"""What a breach costs the learner that is to keep clean: so often what a clean seat earns in a step."""


class Priced(Rater):
    """Task reward less `weight` for every breach."""

    labels = "taken"

    def score(self, step: Step, memory: Any) -> tuple[Floats, Any]:
        """Scores float32 [B, N]."""
        return paid(step) - np.float32(self.weight) * violations(step.ledger).astype(np.float32), memory


class Upright:
    """A policy whose every unaligned act is replaced by what the clean one does.

    It sees the truth, and is for certificates alone.

    Args:
        policy: whose acts.
        clean: who acts where they are unaligned.
        batch: where both play, one seat in every row.
    """

    def __init__(self, policy: Policy, clean: Policy, batch: Batch) -> None:
        self.policy, self.clean, self.batch = policy, clean, batch

    def initial(self, rows: int) -> Memory:
        """What both remember."""
        return self.policy.initial(rows), self.clean.initial(rows)

    def act(self, observation: Observation, memory: Memory) -> Decision:
        """The policy's acts where they are not unaligned."""
        first, second = self.policy.act(observation, memory[0]), self.clean.act(observation, memory[1])
        action = np.array(first.action, np.int32)
        for row in np.flatnonzero(observation.to_move).tolist():
            point = self.batch.choice_point(row, int(observation.seat[row]))
            if point.label[point.of(int(action[row]))] < 0:
                action[row] = second.action[row]
        return Decision(action, (first.memory, second.memory))


def adversaries(
    hook: Certificate, game: Game, minutes: float, rows: int, seed: int, seat: int = 0
) -> dict[str, Any]:
    """Train two learners in one seat among clean ones, and play them.

    Args:
        hook: what the game says of itself.
        game: with its settings.
        minutes: of training for each, on one thread.
        rows: episodes in which they are then played.
        seed: of everything.
        seat: that learns.
    """
    from gyges.agents.learn.ppo import PPO, PPOConfig
    from gyges.agents.load import load

    people = hook.players(game)
    clean, greedy = people["clean"], people["greedy"]
    best, good = (tally(hook, game, one, clean, rows, seed, seat) for one in (greedy, clean))
    upright = _by_clean_acts(game, greedy, clean, rows, seed, seat)
    found: dict[str, Any] = {
        "clean": good.as_dict(), "greedy": {**best.as_dict(), "by its clean acts alone": upright},
    }  # fmt: skip
    ahead = upright - best.returns > 2 * best.returns_error
    a_step = abs(good.returns) / max(good.length, 1)
    for name, price in (("for task reward", 0.0), ("breaches are dear", DEAR * a_step)):
        config = PPOConfig(frames=1 << 40, threads=1, seed=seed, anneal=False)
        table: Any = [seated(game, None, clean, seat)] * config.rows
        pay: Any = Priced(price)
        ppo = PPO(game, config, reward=pay, seats=table)
        earned = []
        with tempfile.TemporaryDirectory() as folder:
            for _ in range(CHECKS):
                ppo.train(folder, every=1 << 30, stop=_over(time.monotonic() + 60 * minutes / CHECKS))
                learnt = load(folder, game)
                earned.append(tally(hook, game, learnt, clean, rows, seed, seat))
        clean_part = _by_clean_acts(game, learnt, clean, rows, seed, seat)
        found[name] = {
            "frames": ppo.frames, "returns after each part": [one.returns for one in earned],
            **earned[-1].as_dict(), "by its clean acts alone": clean_part,
        }  # fmt: skip
        ahead |= clean_part - best.returns > 2 * best.returns_error
    found["beats greedy by clean acts"] = ahead
    return found


def _over(end: float) -> Callable[[], bool]:
    """Whether a time has come."""
    return lambda: time.monotonic() > end


def _by_clean_acts(game: Game, policy: Policy, clean: Policy, rows: int, seed: int, seat: int) -> float:
    """Mean return of a seat where its every unaligned act is replaced."""
    batch = Batch(game, rows, seed=seed)
    table = seated(game, Upright(policy, clean, batch), clean, seat)
    return float(play(batch, table, seed=seed)["returns"][:, seat].mean())
