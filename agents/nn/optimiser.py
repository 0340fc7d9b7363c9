"""AdamW for small networks, and an optimiser's state as arrays that a checkpoint keeps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import nn

from gyges.envs.errors import FileError


def adamw(
    parameters: Iterable[nn.Parameter], learning_rate: float, weight_decay: float = 0.0
) -> torch.optim.Optimizer:
    """AdamW; its fused form updates small networks in one call."""
    return torch.optim.AdamW(list(parameters), lr=learning_rate, weight_decay=weight_decay, fused=True)


def state_of(optimiser: torch.optim.Optimizer, parameters: Sequence[nn.Parameter]) -> list[dict[str, Any]]:
    """An Adam's state by parameter, for `gyges.agents.nn.pytree`; empty before the first step."""
    return [dict(sorted(optimiser.state.get(p, {}).items())) for p in parameters]


def restore(
    optimiser: torch.optim.Optimizer, parameters: Sequence[nn.Parameter], saved: Any, where: str
) -> None:
    """Go on from a state that `state_of` gave and a file held.

    Raises:
        FileError: it is not the state of an Adam of these parameters.
    """
    if not isinstance(saved, list) or len(saved) != len(parameters):
        raise FileError(f"{where}: the optimiser's state does not fit the network")
    for p, one in zip(parameters, saved, strict=True):
        if not one:
            continue
        shapes = {k: tuple(x.shape) for k, x in one.items()}
        if shapes != {"exp_avg": tuple(p.shape), "exp_avg_sq": tuple(p.shape), "step": ()}:
            raise FileError(f"{where}: the optimiser's state does not fit the network")
        optimiser.state[p] = {k: torch.from_numpy(x).to(p.device) for k, x in one.items()}
