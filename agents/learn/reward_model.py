"""A reward model learned from pairwise comparisons of recorded segments.

The model scores one decision from what the seat saw and did; a segment's score is the sum. It is
fitted so that the segment with the higher sum is the one that was preferred, as in Christiano et al.,
"Deep reinforcement learning from human preferences" (NeurIPS 2017), with the choice model of Bradley
and Terry (1952).
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from gyges.agents.data.dataset import Dataset
from gyges.agents.nn.devices import threads
from gyges.agents.nn.normaliser import Normaliser
from gyges.agents.nn.optimiser import adamw
from gyges.agents.nn.torsos import draw_weights, one_hot, tanh_layers
from gyges.envs.errors import ConfigError, DataError, DivergedError


@dataclasses.dataclass(frozen=True)
class Comparisons:
    """How to learn from comparisons."""

    pairs: int = 5000
    """Comparisons that are asked for: what the judge is charged."""
    temperature: float = 1.0
    """Reward units by which one segment must be better for odds of e to 1; 0 for a judge without doubt."""
    steps: int = 1000
    """Gradient steps."""
    batch: int = 256
    """Comparisons in a gradient step."""
    learning_rate: float = 2e-3
    """Step size of AdamW."""
    weight_decay: float = 1e-3
    """Decoupled weight decay of AdamW."""
    hidden: tuple[int, ...] = (64, 64)
    """Units per hidden layer."""
    seed: int = 0
    """Of the pairs, the judge's doubt and the weights."""

    def __post_init__(self) -> None:
        """Raise ConfigError where a field is out of range."""
        if self.pairs < 2 or self.steps < 1 or self.batch < 1 or not self.temperature >= 0:
            raise ConfigError("comparisons take at least 2 pairs, 1 step, a batch of 1, a temperature of 0")


class RewardModel(nn.Module):
    """Scores decisions from observation and action.

    Args:
        num_features, num_actions: of the game.
        hidden: units per layer.
        seed: of the weights.
    """

    def __init__(self, num_features: int, num_actions: int, hidden: tuple[int, ...], seed: int) -> None:
        super().__init__()
        self.num_actions = num_actions
        self.body = tanh_layers(num_features + num_actions, hidden)
        self.head = nn.Linear(hidden[-1], 1)
        draw_weights(self, seed)
        with torch.no_grad():
            self.head.weight.mul_(0.1)
        self.scale = 1.0
        self.normaliser: Normaliser | None = None

    def forward(self, features: Tensor, action: Tensor) -> Tensor:
        """Scores [...] of features [..., F] and actions [...]."""
        flat = features.reshape(-1, features.shape[-1])
        x = torch.cat([flat, one_hot(action.reshape(-1), self.num_actions)], 1)
        score: Tensor = self.head(self.body(x)).view(action.shape)
        return score

    def score(self, codes: npt.NDArray[Any], action: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Scores float32 [...] of recorded observations [..., F] and actions [...], in the judge's unit.

        Raises:
            DataError: nothing was learned yet.
        """
        if self.normaliser is None:
            raise DataError("a reward model needs fit before it can score")
        with threads(1), torch.inference_mode():
            answer = self(
                self.normaliser.standardised(codes), torch.from_numpy(np.ascontiguousarray(action)).long()
            )
        return np.asarray(answer.numpy() * np.float32(self.scale), np.float32)


def fit(
    data: Dataset, scores: npt.NDArray[Any], args: Comparisons, model: RewardModel | None = None
) -> tuple[RewardModel, float]:
    """Learn a reward model from a judge's comparisons of segments.

    Args:
        data: where the segments come from.
        scores: the judge's score of every decision [D]; only which of two segments it prefers is used.
        args: how.
        model: go on from this one (changed in place).

    Returns:
        The model, and the share of the last tenth of the comparisons, held out, that it gets right.

    Raises:
        DataError: fewer than two segments, or all with the same score.
        DivergedError: the loss is no longer finite.
    """
    totals = data.total(np.asarray(scores), "segment")
    if len(totals) < 2 or totals.min() == totals.max():
        raise DataError(f"{data.path}: {len(totals)} segments that cannot be told apart")
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([args.seed, 0xC0A1])))
    pairs = rng.integers(len(totals), size=(args.pairs, 2))
    ahead = totals[pairs[:, 0]] - totals[pairs[:, 1]]
    if args.temperature > 0:
        prefers = rng.random(args.pairs) < 1 / (1 + np.exp(-np.clip(ahead / args.temperature, -60, 60)))
    else:
        prefers = np.where(ahead == 0, rng.random(args.pairs) < 0.5, ahead > 0)
    net = model or RewardModel(data.num_features, data.num_actions, args.hidden, args.seed)
    # A unit of the model is one standard deviation of the judge's decisions; only the unit is taken over.
    net.scale = float(np.std(scores)) or 1.0
    train, test = np.split(rng.permutation(args.pairs), [max(1, int(0.9 * args.pairs))])
    net.normaliser = net.normaliser or Normaliser(data)
    optimiser = adamw(net.parameters(), args.learning_rate, args.weight_decay)
    with threads(1):
        _run_sgd(net, optimiser, data, pairs, prefers, train, args, rng)
    data.release()
    if not len(test):
        return net, math.nan
    with threads(1), torch.inference_mode():
        right = (_margin(net, data, pairs[test]).numpy() > 0) == prefers[test]
    return net, float(right.mean())


def _margin(net: RewardModel, data: Dataset, pairs: npt.NDArray[np.int64]) -> Tensor:
    """How much the first segment of each pair is ahead [P], in the model's unit."""
    which = pairs.reshape(-1)
    start, length = data.segments.start[which], data.segments.length[which]
    index = start[:, None] + np.arange(int(length.max()))
    inside = np.arange(int(length.max())) < length[:, None]
    index = np.where(inside, index, start[:, None])
    assert net.normaliser is not None
    features = net.normaliser.standardised(data.steps.codes[index])
    action = torch.from_numpy(data.steps.action[index]).long()
    sums = (net(features, action) * torch.from_numpy(inside.astype(np.float32))).sum(1)
    first, second = sums.view(-1, 2).unbind(1)
    return torch.sub(first, second)


def _run_sgd(
    net: RewardModel,
    optimiser: torch.optim.Optimizer,
    data: Dataset,
    pairs: npt.NDArray[np.int64],
    prefers: npt.NDArray[np.bool_],
    train: npt.NDArray[np.int64],
    args: Comparisons,
    rng: np.random.Generator,
) -> None:
    for step in range(args.steps):
        chosen = rng.choice(train, min(args.batch, len(train)), replace=False)
        margin = _margin(net, data, pairs[chosen])
        target = torch.from_numpy(prefers[chosen].astype(np.float32))
        loss = functional.binary_cross_entropy_with_logits(margin, target)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        if not math.isfinite(float(loss.detach())):
            raise DivergedError(f"the reward model's loss is {float(loss.detach())} at step {step}")
        optimiser.step()
