"""A network that reads the rules: messages along the edges of what pieces may do. Imports torch."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Literal

import gyges.agents.nn  # noqa: F401  # isort: skip  (says which extra is missing)

import numpy as np
import numpy.typing as npt
import torch
from msgspec import Meta
from torch import Tensor, nn

from gyges.agents.search.inputs import (
    DESCRIPTOR,
    FLAGS,
    NODE,
    RELATIONS,
    RULES,
    STATE,
    Description,
    Inputs,
    Rules,
    describe,
    inputs_of,
)
from gyges.agents.search.trees import Leaves
from gyges.envs.errors import ConfigError
from gyges.envs.options import Options


@dataclasses.dataclass(frozen=True)
class Shape(Options):
    """Options of a network's shape."""

    width: Annotated[int, Meta(ge=8, le=1024)] = 64
    """Numbers that a square holds."""
    message: Annotated[int, Meta(ge=4, le=256)] = 16
    """Numbers that go along an edge."""
    layers: Annotated[int, Meta(ge=1, le=32)] = 3
    """Rounds of messages."""
    rules: Literal["edges", "blind"] = "edges"
    """How the network is shown the rules: as edges of what pieces may do; or not at all, pieces by their
    number."""


@dataclasses.dataclass(frozen=True)
class RulesSpec(Shape):
    """What fixes the network."""

    conditioned: bool = False
    """Whether it is told of each move that it learns if it was good. Where it plays it is told so."""

    @classmethod
    def of(cls, shape: Shape, conditioned: bool = False) -> RulesSpec:
        """A network of that shape."""
        return cls(shape.width, shape.message, shape.layers, shape.rules, conditioned)


class Layer(nn.Module):
    """A round of messages: squares are scaled by the rules (FiLM), and receive along edges."""

    def __init__(self, spec: RulesSpec) -> None:
        super().__init__()
        width, received = spec.width, 2 * RELATIONS * spec.message
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.send = nn.Linear(width, spec.message, bias=False)
        self.receive = nn.Linear(received, width)
        self.keep = nn.Linear(width, width, bias=False)
        self.whole = nn.Linear(width, width, bias=False)
        self.out = nn.Linear(width, width)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x: Tensor, edges: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
        """Squares [B, S, D] after the round; edges [B, S * 2 RELATIONS, S], scale and shift [B, 1, D]."""
        batch, squares, _ = x.shape
        y = torch.addcmul(shift, self.norm(x), scale)
        received = torch.bmm(edges, self.send(y)).view(batch, squares, -1)
        z = self.receive(received) + self.keep(y) + self.whole(y.mean(1, keepdim=True))
        return torch.add(x, self.out(torch.relu(z)))


class RulesNetwork(nn.Module):
    """Logits of the listed moves, and of win, draw and loss for the player to move."""

    def __init__(self, spec: RulesSpec) -> None:
        super().__init__()
        self.spec = spec
        width = spec.width
        self.enter = nn.Linear(NODE, width)
        self.rules = nn.Linear(RULES + STATE, width // 2)
        self.film = nn.Linear(width // 2, 2 * width * spec.layers)
        self.layers = nn.ModuleList(Layer(spec) for _ in range(spec.layers))
        self.last = nn.LayerNorm(width)
        self.leaves, self.reaches = nn.Linear(width, width), nn.Linear(width, width, bias=False)
        self.becomes = nn.Linear(DESCRIPTOR, width, bias=False)
        self.flags = nn.Linear(FLAGS, width, bias=False)
        self.move = nn.Linear(width, 1, bias=False)
        self.summed = nn.Linear(width, width)
        self.value = nn.Linear(width + width // 2, width)
        self.outcome = nn.Linear(width, 3)
        if spec.conditioned:
            self.good = nn.Embedding(2, width // 2)
            nn.init.zeros_(self.good.weight)

    def forward(
        self, about: tuple[Tensor, Tensor], given: tuple[Tensor, ...], good: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Logits [T] of moves and [B, 3] of win, draw, loss.

        Args:
            about: kinds and rules of the variant (`inputs.Description`).
            given: the fields of `inputs.Inputs` as tensors.
            good: int64 [B], 1 or 0: whether the move to learn was good; None for all good. A network that is
                not conditioned does not look at it.
        """
        kinds, rules = about
        edges, nodes, state, moves, flags, _ = given
        batch, squares, _ = nodes.shape
        edges = edges.view(batch, -1, squares)
        context = self.rules(torch.cat([rules.expand(batch, -1), state], 1))
        if self.spec.conditioned:
            told = torch.ones(batch, dtype=torch.int64, device=state.device) if good is None else good
            context = context + self.good(told)
        context = torch.relu(context)
        film = self.film(context).view(batch, 1, len(self.layers), 2, -1)
        x = self.enter(nodes)
        for j, layer in enumerate(self.layers):
            x = layer(x, edges, 1 + film[:, :, j, 0], film[:, :, j, 1])
        x = self.last(x)
        flat = x.view(batch * squares, -1)
        becomes = self.becomes(kinds)
        parts = self.leaves(flat)[moves[:, 0]] + self.reaches(flat)[moves[:, 1]]
        hidden = torch.relu(parts + becomes[moves[:, 2]] + self.flags(flags))
        pooled = torch.cat([torch.relu(self.summed(x)).mean(1), context], 1)
        return self.move(hidden)[:, 0], self.outcome(torch.relu(self.value(pooled)))


def tensors(given: Inputs, device: torch.device) -> tuple[Tensor, ...]:
    """Inputs as tensors."""
    return tuple(torch.from_numpy(part).to(device) for part in given)


def about(described: Description, device: torch.device) -> tuple[Tensor, Tensor]:
    """A variant's inputs: kinds and rules."""
    return torch.from_numpy(described.kinds).to(device), torch.from_numpy(described.rules).to(device)


class Evaluator:
    """A network as a search asks it; all leaves in one call.

    Args:
        network: that is asked.
        permuted: show it what kinds of pieces may do exchanged among them.

    Raises:
        ConfigError: nothing can be exchanged before a network that is blind to rules.
    """

    def __init__(self, network: RulesNetwork, permuted: bool = False) -> None:
        if permuted and network.spec.rules == "blind":
            raise ConfigError("a network that is blind to rules has none to be shown exchanged")
        self.network = network
        self.shown: Rules = "permuted" if permuted else network.spec.rules
        self.device = next(network.parameters()).device

    def __call__(self, leaves: Leaves) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Logits [T] of moves and values [B]."""
        c = leaves.compiled
        given = inputs_of(c, leaves.rows, leaves.seen, leaves.moves, leaves.counts, self.shown)
        described = about(describe(c, self.shown), self.device)
        with torch.inference_mode():
            logits, outcome = self.network(described, tensors(given, self.device))
            chances = torch.softmax(outcome, 1)
            value = chances[:, 0] - chances[:, 2]
        return logits.cpu().numpy(), value.cpu().numpy()


def untrained(seed: int = 0, spec: RulesSpec | None = None) -> RulesNetwork:
    """A network with the weights that training would begin with."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return RulesNetwork(spec or RulesSpec())
