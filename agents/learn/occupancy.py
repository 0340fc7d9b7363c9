"""How far a learner's state-action occupancy is from that of recorded behaviour: chi-square, by a classifier.

With mu the occupancy of the learner and nu that of the data, chi2 = E_mu[mu / nu] - 1. A classifier that
tells the learner's decisions from the data's gives the ratio: its logit tends to log(mu / nu). The penalty
w * sqrt(chi2) has as its gradient that of the reward -w * (mu / nu) / sqrt(chi2), as in Laidlaw, Singhal and
Dragan, "Correlated proxies: a new definition and improved mitigation for reward hacking" (ICLR 2025). The
ratio less 1 is taken here, which changes no gradient where episodes are of one length.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from gyges.agents.data.dataset import Dataset
from gyges.agents.nn import optimiser
from gyges.agents.nn.normaliser import standardised, unit_of
from gyges.agents.nn.torsos import draw_weights, one_hot, tanh_layers
from gyges.envs.errors import DataError, DivergedError

MOST = 1 << 16
"""Recorded decisions that are held."""
BATCH = 512
"""Decisions of each side in a gradient step."""
HIGHEST = 5.0
"""Greatest log-ratio that is believed."""
FLOOR = 0.1
"""Least sqrt(chi2) that the penalty is divided by."""


class Occupancy:
    """The ratio of a learner's occupancy to the data's, learnt as the learner moves.

    Args:
        data: recorded decisions of the same game.
        seed: of the sample and of the classifier's weights.
        device: where the learner's rollouts lie.
        hidden: units per hidden layer.
        learning_rate: of Adam.
    """

    def __init__(
        self, data: Dataset, *, seed: int = 0, device: str = "cpu", hidden: tuple[int, ...] = (64, 64),
        learning_rate: float = 3e-3,
    ) -> None:  # fmt: skip
        game = data.game()
        rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, 0x0CC])))
        where = np.sort(rng.choice(len(data), min(len(data), MOST), replace=False))
        features = torch.from_numpy(data.steps.codes[where].astype(np.float32) * game.scale)
        data.release()
        deviation, mean = torch.std_mean(features, 0, correction=0)
        self.mean, self.gain = mean.to(device), (1 / unit_of(deviation)).to(device)
        self.num_actions = game.num_actions
        self.data = self.inputs(features.to(device), torch.from_numpy(data.steps.action[where]).to(device))
        layers = (*tanh_layers(self.data.shape[1], hidden), nn.Linear(hidden[-1], 1))
        self.net = nn.Sequential(*layers).to(device)
        draw_weights(self.net, seed)
        with torch.no_grad():
            self.net[-1].weight.mul_(0.01)  # type: ignore[operator]
        self.optimiser = torch.optim.Adam(self.net.parameters(), lr=learning_rate, fused=True)

    def inputs(self, features: Tensor, action: Tensor) -> Tensor:
        """What the classifier sees of decisions: float32 [n, F + A]."""
        plain = standardised(features, self.mean, self.gain)
        return torch.cat([plain, one_hot(action.long(), self.num_actions)], 1)

    def fit(self, features: Tensor, action: Tensor, generator: torch.Generator, steps: int) -> float:
        """Learn to tell the learner's decisions [n] from recorded ones; the mean loss (log 2: no difference).

        Raises:
            DataError: there are no decisions.
            DivergedError: the loss is no longer finite.
        """
        if not len(action):
            raise DataError("an occupancy needs at least one decision of the learner")
        mine = self.inputs(features, action)
        total = 0.0
        for _ in range(steps):
            sides = []
            for side in (mine, self.data):
                index = torch.randint(len(side), (BATCH,), generator=generator, device=side.device)
                sides.append(self.net(side[index]).squeeze(1))
            loss = (functional.softplus(-sides[0]).mean() + functional.softplus(sides[1]).mean()) / 2
            self.optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            total += float(loss.detach())
            self.optimiser.step()
        if not math.isfinite(total):
            raise DivergedError(f"the occupancy's classifier has a loss of {total}")
        return total / steps

    def ratio(self, features: Tensor, action: Tensor) -> Tensor:
        """mu / nu of decisions [n], at most exp(5)."""
        with torch.no_grad():
            logit: Tensor = self.net(self.inputs(features, action)).squeeze(1)
            return logit.clamp(max=HIGHEST).exp()

    # What is saved with a run.

    def state(self) -> dict[str, Any]:
        """Weights and optimiser, as a tree of arrays."""
        parameters = list(self.net.parameters())
        adam = optimiser.state_of(self.optimiser, parameters)
        return {"weights": [p.detach() for p in parameters], "adam": adam}

    def take(self, state: dict[str, Any]) -> None:
        """Go on from a saved state."""
        parameters = list(self.net.parameters())
        for p, saved in zip(parameters, state["weights"], strict=True):
            with torch.no_grad():
                p.copy_(torch.from_numpy(saved))
        optimiser.restore(self.optimiser, parameters, state["adam"], "the occupancy's classifier")


def penalty(ratio: Tensor, moved: Tensor) -> tuple[Tensor, float]:
    """The reward [T, R] whose gradient is that of -sqrt(chi2), and chi2.

    Args:
        ratio: of the decisions, in the order of `moved`'s true entries [n].
        moved: which entries are decisions, bool [T, R].
    """
    chi2 = max(float(ratio.mean()) - 1, 0.0)
    paid = torch.zeros(moved.shape, device=ratio.device)
    paid[moved] = -(ratio - 1) / max(math.sqrt(chi2), FLOOR)
    return paid, chi2
