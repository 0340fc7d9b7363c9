"""What networks are built of: trunks with their two heads, tanh layers, and masks on logits.

A trunk is made of a `NetworkSpec`. Its ``forward(x, memory)`` takes inputs [R, I] and memory [R, M] and gives
logits [R, A] (no mask on them yet), values [R] and the memory after. So does one of your own, named by its
import path; it has ``memory_size(spec) -> M`` where it has a memory. Its matrices are drawn orthogonal,
vectors named ``weight`` begin as ones, other vectors as zeros.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from gyges.agents.nn.devices import threads
from gyges.agents.nn.network_spec import NetworkSpec
from gyges.envs.errors import ConfigError, PolicyError
from gyges.envs.registry import load_name

FORBIDDEN = -1e9
"""Logit of an illegal action: its probability is exactly 0 in float32, and 0 * log p stays 0."""


class MLP(nn.Module):
    """Tanh layers; actor and critic apart unless `NetworkSpec.shared`."""

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__()
        self.actor = tanh_layers(spec.num_inputs, spec.hidden)
        self.critic = None if spec.shared else tanh_layers(spec.num_inputs, spec.hidden)
        self.policy_head = nn.Linear(spec.hidden[-1], spec.num_actions)
        self.value_head = nn.Linear(spec.hidden[-1], 1)

    def forward(self, x: Tensor, memory: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits [R, A], value [R], memory as it came."""
        hidden = self.actor(x)
        worth = hidden if self.critic is None else self.critic(x)
        return self.policy_head(hidden), self.value_head(worth).squeeze(1), memory


class GRU(nn.Module):
    """A tanh layer, then a gated recurrent unit."""

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__()
        self.encoder = tanh_layers(spec.num_inputs, spec.hidden[:1])
        self.cell = nn.GRUCell(spec.hidden[0], spec.hidden[1])
        self.policy_head = nn.Linear(spec.hidden[1], spec.num_actions)
        self.value_head = nn.Linear(spec.hidden[1], 1)

    def forward(self, x: Tensor, memory: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits [R, A], value [R], the unit's state [R, M]."""
        hidden = self.cell(self.encoder(x), memory)
        return self.policy_head(hidden), self.value_head(hidden).squeeze(1), hidden


class Attention(nn.Module):
    """A tanh layer, then one head that attends from the present input to those before it."""

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__()
        encoded, width = spec.hidden
        self.window = spec.window
        self.encoder = tanh_layers(spec.num_inputs, (encoded,))
        self.query = nn.Linear(encoded, width)
        self.key = nn.Linear(encoded, width)
        self.read = nn.Linear(encoded, width)
        self.age = nn.Parameter(torch.zeros(spec.window))  # bias of a look back by so many steps
        self.mix = nn.Linear(encoded + width, width)
        self.policy_head = nn.Linear(width, spec.num_actions)
        self.value_head = nn.Linear(width, 1)

    def forward(self, x: Tensor, memory: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits [R, A], value [R], the last inputs encoded, each with a mark that it is there [R, M]."""
        now = self.encoder(x)
        marked = torch.cat([now, now.new_ones(len(now), 1)], 1).unsqueeze(1)
        past = memory.view(len(x), self.window - 1, now.shape[1] + 1)
        seen = torch.cat([past, marked], 1)  # [R, W, E + 1], oldest first
        inputs, there = seen[..., :-1], seen[..., -1]
        query = self.query(now).unsqueeze(2)
        score = (self.key(inputs) @ query).squeeze(2) / math.sqrt(query.shape[1]) + self.age
        weight = score.masked_fill(there == 0, FORBIDDEN).softmax(1)
        looked = (weight.unsqueeze(1) @ self.read(inputs)).squeeze(1)
        hidden = torch.tanh(self.mix(torch.cat([now, looked], 1)))
        kept = seen[:, 1:].reshape(len(x), -1)
        return self.policy_head(hidden), self.value_head(hidden).squeeze(1), kept


TRUNK: dict[str, type[nn.Module]] = {"mlp": MLP, "gru": GRU, "attention": Attention}


def trunk_of(spec: NetworkSpec) -> nn.Module:
    """A trunk as a spec says.

    Raises:
        UnknownNameError: there is nothing at its import path.
        ConfigError: what is there is no class of a module, or cannot be made of a spec.
    """
    kind = TRUNK.get(spec.trunk) or load_name(spec.trunk)
    if not isinstance(kind, type) or not issubclass(kind, nn.Module):
        raise ConfigError(f"trunk {spec.trunk}: expected a class of torch.nn.Module, got {kind!r}")
    try:
        return kind(spec)
    except TypeError as error:
        raise ConfigError(f"trunk {spec.trunk}: is not made of a NetworkSpec alone: {error}") from None


def checked(
    spec: NetworkSpec, rows: int, answer: tuple[Tensor, Tensor, Tensor]
) -> tuple[Tensor, Tensor, Tensor]:
    """What a trunk answered.

    Raises:
        PolicyError: other shapes than a trunk's.
    """
    wanted = [(rows, spec.num_actions), (rows,), (rows, spec.memory_size)]
    found = [tuple(part.shape) if isinstance(part, Tensor) else type(part).__name__ for part in answer]
    if found != wanted:
        raise PolicyError(f"trunk {spec.trunk}: expected logits, values and memory {wanted}, got {found}")
    return answer


class _Tanh(torch.autograd.Function):
    """tanh x = 2 sigmoid(2 x) - 1: on a CPU torch's sigmoid takes a sixth of its tanh's time."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        y = (x * 2).sigmoid_().mul_(2).sub_(1)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:  # type: ignore[override]
        return torch.ops.aten.tanh_backward(grad, ctx.saved_tensors[0])  # type: ignore[no-any-return]


class Tanh(nn.Module):
    """tanh, by the quickest way of the device; the ways differ by some 1e-7."""

    def forward(self, x: Tensor) -> Tensor:
        """tanh x."""
        if x.device.type != "cpu":
            return torch.tanh(x)
        return _Tanh.apply(x)  # type: ignore[no-any-return, no-untyped-call]


def tanh_layers(inputs: int, hidden: Sequence[int]) -> nn.Sequential:
    """Linear layers, each followed by tanh."""
    widths = [inputs, *hidden]
    layers: list[nn.Module] = []
    for before, after in itertools.pairwise(widths):
        layers += [nn.Linear(before, after), Tanh()]
    return nn.Sequential(*layers)


def draw_weights(
    module: nn.Module, seed: int, gain: Callable[[str], float] = lambda name: math.sqrt(2)
) -> None:
    """Draw a module's weights anew: matrices orthogonal, vectors 0, those named ``weight`` 1.

    They depend on no global generator and no number of threads (that of a factorisation would move them).

    Args:
        module: whose parameters.
        seed: of the draws.
        gain: of a matrix, by its name.
    """
    generator = torch.Generator().manual_seed(seed & 0x7FFF_FFFF_FFFF_FFFF)
    with threads(1), torch.no_grad():
        for name, parameter in module.named_parameters():
            fresh = torch.zeros(parameter.shape)
            if parameter.ndim >= 2:
                nn.init.orthogonal_(fresh, gain(name), generator=generator)
            elif name.rpartition(".")[2] == "weight":  # of a norm
                fresh += 1
            parameter.copy_(fresh)


def one_hot(index: Tensor, size: int) -> Tensor:
    """float32 [R, size]; a row of zeros where the index is -1."""
    return (index.unsqueeze(1) == torch.arange(size, device=index.device)).float()


def unpack(bits: Tensor, num_actions: int) -> Tensor:
    """Packed masks uint8 [..., ceil(A / 8)] as bool [..., A], on the tensor's device."""
    powers = torch.tensor([1, 2, 4, 8, 16, 32, 64, 128], dtype=torch.uint8, device=bits.device)
    wide = (bits.unsqueeze(-1) & powers) != 0
    return wide.flatten(-2)[..., :num_actions]


def masked(logits: Tensor, mask: Tensor) -> Tensor:
    """Logits with `FORBIDDEN` where the mask (bool, or packed uint8) is off.

    Raises:
        PolicyError: the mask is of another number of actions.
    """
    size = logits.shape[-1]
    if mask.shape[-1] != ((size + 7) // 8 if mask.dtype == torch.uint8 else size):
        raise PolicyError(f"the network has {size} actions; the mask has shape {tuple(mask.shape)}")
    return logits + (
        barred(mask, size) if mask.dtype == torch.uint8 else mask.float().sub_(1).mul_(-FORBIDDEN)
    )


def barred(bits: Tensor, size: int) -> Tensor:
    """What to add to logits by packed masks uint8 [..., ceil(A / 8)]: 0 or `FORBIDDEN`, float32 [..., A]."""
    return functional.embedding(bits.int(), _barred(bits.device)).flatten(-2)[..., :size]


@functools.cache
def _barred(device: torch.device) -> Tensor:
    """What to add to eight logits by the byte of their mask: 0 or `FORBIDDEN`, float32 [256, 8]."""
    with torch.inference_mode(False):  # kept for later calls, which may want gradients
        legal = (torch.arange(256).unsqueeze(1) >> torch.arange(8)) & 1
        return ((1 - legal) * FORBIDDEN).to(device)
