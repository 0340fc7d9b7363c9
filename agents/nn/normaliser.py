"""Training in standardised observations, with the standardisation folded into the weights afterwards.

Observations come in units that suit readers, some spread over hundredths and some over hundreds. SGD
does better when each has mean 0 and deviation 1. A `Normaliser` shows them so while a network is trained;
its first layers are changed on the way in and back on the way out such that the network computes the
same function of plain observations before and after (up to rounding).
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from gyges.agents.data.dataset import Dataset
from gyges.agents.nn.networks import ActorCritic
from gyges.agents.nn.torsos import MLP

SAMPLE = 1 << 16
"""Decisions that mean and deviation are taken over."""
BLOCK = 1 << 10
"""Decisions that are read in one stretch: scattered ones would draw all of the file into memory."""


class Normaliser:
    """Recorded integers as standardised network inputs.

    Args:
        data: whose observations; mean and deviation are those of stretches evenly spaced over it.
        device: where the inputs are wanted.
    """

    def __init__(self, data: Dataset, device: str | torch.device = "cpu") -> None:
        self.device = torch.device(device)
        scale = data.game().scale.astype(np.float64)
        starts = np.linspace(0, max(len(data) - BLOCK, 0), SAMPLE // BLOCK).astype(np.int64)
        blocks = [data.steps.codes[a : a + BLOCK] for a in np.unique(starts)]
        seen = np.concatenate(blocks) * scale
        data.release()
        deviation = seen.std(axis=0)
        deviation[deviation < 1e-6] = 1.0  # what never changes stays as it is
        self.mean = torch.from_numpy(seen.mean(axis=0)).float().to(self.device)
        self.deviation = torch.from_numpy(deviation).float().to(self.device)
        self.factor = torch.from_numpy(scale).float().to(self.device) / self.deviation
        self.shift = -self.mean / self.deviation

    def __call__(self, codes: npt.NDArray[np.integer]) -> Tensor:
        """Inputs float32 [..., F] of recorded integers [..., F]."""
        plain = torch.from_numpy(np.array(codes, np.float32)).to(self.device)
        return torch.addcmul(self.shift, plain, self.factor)

    def plain(self, network: ActorCritic) -> ActorCritic:
        """A copy for plain observations of a network that sees standardised ones."""
        made = copy.deepcopy(network)
        self._off(first_layers(made))
        return made

    def _off(self, layers: list[nn.Linear]) -> None:
        size = len(self.mean)
        with torch.no_grad():
            for layer in layers:
                layer.weight[:, :size] /= self.deviation
                layer.bias.sub_(layer.weight[:, :size] @ self.mean)

    @contextlib.contextmanager
    def on(self, *networks: ActorCritic) -> Iterator[None]:
        """Let networks see standardised observations for a while, and plain ones again afterwards."""
        layers = [layer for network in networks for layer in first_layers(network)]
        size = len(self.mean)
        with torch.no_grad():
            for layer in layers:
                layer.bias.add_(layer.weight[:, :size] @ self.mean)
                layer.weight[:, :size] *= self.deviation
        try:
            yield
        finally:
            self._off(layers)

    def begin(self, *networks: ActorCritic) -> None:
        """Take fresh networks' first weights as weights on standardised inputs: nothing is learned yet."""
        for network in networks:
            self._off(first_layers(network))


def first_layers(network: ActorCritic) -> list[nn.Linear]:
    """The layers that read observations; features are their first inputs."""
    found = []
    for role in network.roles:
        bodies = (role.actor, role.critic) if isinstance(role, MLP) else (role.encoder,)
        found += [body[0] for body in bodies if isinstance(body, nn.Sequential)]
    return [layer for layer in found if isinstance(layer, nn.Linear)]


def merge_moments(old: Tensor, batch: Tensor) -> Tensor:
    """Count, mean and sum of squared deviations, float64 [3, F], with a batch [n, F] added.

    Source: Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm" (1979).
    """
    n = len(batch)
    mean = batch.mean(0)
    var, mean = (batch - mean).square_().mean(0).double(), mean.double()  # quicker here than torch.var_mean
    total, gap = old[0] + n, mean - old[1]
    return torch.stack([total, old[1] + gap * n / total, old[2] + var * n + gap**2 * old[0] * n / total])
