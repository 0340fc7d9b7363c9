"""Standardised observations, in one way for every learner: their mean, their deviation, and its floor.

Observations come in units that suit readers, some spread over hundredths and some over hundreds. SGD does
better when each has mean 0 and deviation 1. A feature that hardly ever changed while it was learnt from tells
nothing of its unit: it keeps its own, so that a change met later is not taken for thousands of deviations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from gyges.agents.data.dataset import Dataset

if TYPE_CHECKING:
    from gyges.agents.nn.networks import ActorCritic

FLOOR = 1e-3
"""Deviations below it count as none."""
CLIP = 5.0
"""Standardised inputs lie within plus and minus so many deviations."""
SAMPLE = 1 << 16
"""Decisions that mean and deviation are taken over."""
BLOCK = 1 << 10
"""Decisions that are read in one stretch: scattered ones would draw all of the file into memory."""


def unit_of(deviation: Tensor) -> Tensor:
    """What to divide by: the deviation, or 1 where it is below `FLOOR`."""
    return torch.where(deviation < FLOOR, 1.0, deviation)


def standardised(features: Tensor, mean: Tensor, gain: Tensor) -> Tensor:
    """Features [..., F] less their mean, times their gain, within `CLIP`."""
    return ((features - mean) * gain).clamp(-CLIP, CLIP)


class Normaliser:
    """Recorded integers as network inputs, and the moments by which networks standardise them.

    Args:
        data: whose observations; mean and deviation are those of stretches evenly spaced over it.
        device: where the inputs are wanted.
    """

    def __init__(self, data: Dataset, device: str | torch.device = "cpu") -> None:
        self.device = torch.device(device)
        scale = data.game().scale
        starts = np.linspace(0, max(len(data) - BLOCK, 0), SAMPLE // BLOCK).astype(np.int64)
        blocks = [data.steps.codes[a : a + BLOCK] for a in np.unique(starts)]
        seen = np.concatenate(blocks) * scale.astype(np.float64)
        data.release()
        self.scale = torch.from_numpy(scale).to(self.device)
        self.mean = torch.from_numpy(seen.mean(axis=0)).float().to(self.device)
        self.deviation = torch.from_numpy(seen.std(axis=0)).float().to(self.device)

    def tensor(self, array: npt.NDArray[Any]) -> Tensor:
        """An array on the device."""
        return torch.from_numpy(np.require(array, requirements=("C", "W"))).to(self.device)

    def features(self, codes: npt.NDArray[np.integer]) -> Tensor:
        """Inputs of a network, float32 [..., F], of recorded integers [..., F]."""
        return torch.mul(self.tensor(codes), self.scale)

    def standardised(self, codes: npt.NDArray[np.integer]) -> Tensor:
        """Standardised inputs float32 [..., F], for what does not standardise them itself."""
        return standardised(self.features(codes), self.mean, 1 / unit_of(self.deviation))

    def begin(self, network: ActorCritic) -> ActorCritic:
        """Let a fresh network standardise by these moments; returns it."""
        network.standardise(self.mean, self.deviation)
        return network


def merge_moments(old: Tensor, batch: Tensor) -> Tensor:
    """Count, mean and sum of squared deviations, float64 [3, F], with a batch [n, F] added.

    Source: Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm" (1979).
    """
    n = len(batch)
    mean = batch.mean(0)
    var, mean = (batch - mean).square_().mean(0).double(), mean.double()  # quicker here than torch.var_mean
    total, gap = old[0] + n, mean - old[1]
    return torch.stack([total, old[1] + gap * n / total, old[2] + var * n + gap**2 * old[0] * n / total])
