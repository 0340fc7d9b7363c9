"""Actor-critic networks over features, masks, seats and an optional condition token.

One network serves every learner here (PPO, cloning, conditioned SGD, offline methods) and, wrapped in
`NetworkPolicy`, every place that takes a policy. Three trunks, or one of your own:

``mlp``        tanh layers, no memory; actor and critic have their own layers unless ``shared``
``gru``        one tanh layer, then a gated recurrent unit (Cho et al. 2014) that both heads read
``attention``  one tanh layer, then one attention head over the last ``window`` inputs of the episode

Initial weights are orthogonal (gain sqrt 2, 0.01 for the policy head, 1 for the value head), as in
Andrychowicz et al., "What matters for on-policy deep actor-critic methods?" (ICLR 2021). They depend on
the seed given and on no global generator.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from gyges.agents.nn.network_spec import NetworkSpec, fits
from gyges.agents.nn.normaliser import standardised, unit_of
from gyges.agents.nn.torsos import FORBIDDEN, TRUNK, checked, draw_weights, masked, one_hot, trunk_of
from gyges.envs.errors import ConfigError, PolicyError
from gyges.envs.game import Game
from gyges.envs.policy import Decision, Memory, Observation

LARGEST = 1 << 28
"""Parameters that a network may have at most."""


class Answer(NamedTuple):
    """What a network says of R rows."""

    logits: Tensor  # float32 [R, A], `FORBIDDEN` where the mask is off
    value: Tensor  # float32 [R]
    memory: Tensor  # float32 [R, M]


class ActorCritic(nn.Module):
    """Policy logits and a value for each row.

    Args:
        features_shape, num_actions, num_seats, condition_tokens, trunk, hidden, options: see `NetworkSpec`.
        seed: of the initial weights.
    """

    def __init__(
        self,
        features_shape: Sequence[int],
        num_actions: int,
        num_seats: int,
        condition_tokens: int = 0,
        trunk: str = "mlp",
        hidden: Sequence[int] = (64, 64),
        *,
        seed: int = 0,
        **options: Any,
    ) -> None:
        super().__init__()
        self.spec = NetworkSpec(
            tuple(features_shape), num_actions, num_seats, condition_tokens, trunk, tuple(hidden), **options
        )
        with torch.device("meta"):  # shapes first: no memory, and no global generator touched
            self.roles = nn.ModuleList([trunk_of(self.spec) for _ in range(self.spec.num_roles)])
            width = self.spec.num_features
            self.shift = nn.Parameter(torch.zeros(width), requires_grad=False)  # see `standardise`
            self.gain = nn.Parameter(torch.ones(width), requires_grad=False)
        if sum(p.numel() for p in self.parameters()) > LARGEST:
            raise ConfigError(f"a network has at most {LARGEST:,} parameters")
        if torch.get_default_device().type != "meta":
            self.to_empty(device=torch.get_default_device())
            self.initialise(seed)

    @classmethod
    def of(cls, spec: NetworkSpec, *, seed: int = 0) -> ActorCritic:
        """A network of a given spec."""
        return cls(**dataclasses.asdict(spec), seed=seed)

    @classmethod
    def for_game(cls, game: Game, *, seed: int = 0, **options: Any) -> ActorCritic:
        """A network that fits a game; options as in `NetworkSpec`."""
        return cls(game.observation_shape, game.num_actions, game.num_agents, seed=seed, **options)

    def initialise(self, seed: int) -> None:
        """Draw all weights anew from `seed`."""

        def gain(name: str) -> float:
            return 0.01 if "policy_head" in name else 1.0 if "value_head" in name else math.sqrt(2)

        draw_weights(self, seed, gain)
        with torch.no_grad():
            self.gain.fill_(1)

    def standardise(self, mean: Tensor, deviation: Tensor) -> None:
        """From now on feed features less their mean, over their deviation; both [F].

        Where a feature hardly varies its unit stays (`gyges.agents.nn.normaliser`). Saved with the weights;
        no learner's gradient touches them.
        """
        with torch.no_grad():
            self.shift.copy_(mean.reshape(-1))
            self.gain.copy_(1 / unit_of(deviation.reshape(-1)))

    @property
    def device(self) -> torch.device:
        """Where the weights lie."""
        return next(self.parameters()).device

    def initial(self, rows: int) -> Tensor:
        """Memory [R, M] at the start of an episode: zeros."""
        return torch.zeros(rows, self.spec.memory_size, device=self.device)

    def inputs(self, features: Tensor, seat: Tensor | None, condition: Tensor | None) -> Tensor:
        """First layer's inputs [R, inputs]. A row without a condition (None, or -1) has no token set."""
        spec = self.spec
        if features.ndim > 2 or spec.num_features != features.shape[-1]:
            features = features.reshape(len(features), -1)
        if features.shape[1] != spec.num_features:
            raise PolicyError(f"the network takes {spec.num_features} features, not {features.shape[1]}")
        parts = [standardised(features, self.shift, self.gain)]
        if spec.seat_token:
            if seat is None:
                raise PolicyError("this network reads the seat; none was given")
            parts.append(one_hot(seat, spec.num_seats))
        if spec.condition_tokens:
            if condition is None:
                parts.append(features.new_zeros(len(features), spec.condition_tokens))
            else:
                parts.append(one_hot(condition, spec.condition_tokens))
        elif condition is not None:
            raise PolicyError("this network has no condition tokens; a condition was given")
        return parts[0] if len(parts) == 1 else torch.cat(parts, 1)

    def forward(
        self,
        features: Tensor,
        mask: Tensor,
        seat: Tensor | None = None,
        condition: Tensor | None = None,
        memory: Tensor | None = None,
        first: Tensor | None = None,
    ) -> Answer:
        """One step of R rows.

        Args:
            features: float32 [R, ...] in network units (codes * game.scale).
            mask: legal actions, bool [R, A] or packed uint8 [R, ceil(A / 8)].
            seat: integers [R]; needed by a seat token or by several roles.
            condition: integers [R] in 0 ... C - 1, -1 for none; None for no row.
            memory: float32 [R, M]; None at the start.
            first: bool [R], rows whose memory is to be forgotten first.
        """
        x = self.inputs(features, seat, condition)
        memory = x.new_zeros(len(x), self.spec.memory_size) if memory is None else memory
        if first is not None and self.spec.memory_size:
            memory = memory * (~first).unsqueeze(1)
        if len(self.roles) == 1:
            answer = self.roles[0](x, memory)
            own = self.spec.trunk not in TRUNK
            logits, value, memory = checked(self.spec, len(x), answer) if own else answer
        else:
            logits, value, memory = self._by_role(x, seat, memory)
        return Answer(masked(logits, mask), value, memory)

    def unroll(
        self,
        features: Tensor,
        mask: Tensor,
        seat: Tensor | None = None,
        condition: Tensor | None = None,
        memory: Tensor | None = None,
        first: Tensor | None = None,
    ) -> Answer:
        """T steps of R rows, memory carried along: what training runs.

        Args:
            features, mask, first: as in `forward` with a leading dimension T.
            seat: integers [R]; the same at every step.
            condition: integers [R] or [T, R].
            memory: float32 [R, M] before the first step.

        Returns:
            logits [T, R, A], value [T, R], and memory [R, M] after the last step.
        """
        steps, rows = features.shape[:2]
        wide = None if condition is None else condition.expand(steps, rows)
        if not self.spec.memory_size:
            flat = self(
                features.flatten(0, 1),
                mask.flatten(0, 1),
                None if seat is None else seat.expand(steps, rows).flatten(),
                None if wide is None else wide.flatten(),
            )
            return Answer(
                flat.logits.unflatten(0, (steps, rows)), flat.value.view(steps, rows), flat.memory[:rows]
            )
        carried = self.initial(rows) if memory is None else memory
        logits, values = [], []
        for t in range(steps):
            begun = None if first is None else first[t]
            answer = self(features[t], mask[t], seat, None if wide is None else wide[t], carried, begun)
            carried = answer.memory
            logits.append(answer.logits)
            values.append(answer.value)
        return Answer(torch.stack(logits), torch.stack(values), carried)

    def _by_role(self, x: Tensor, seat: Tensor | None, memory: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        if seat is None:
            raise PolicyError("a network with several roles needs the seat")
        role = torch.as_tensor(self.spec.roles, device=x.device)[seat.long()]
        logits = x.new_zeros(len(x), self.spec.num_actions)
        value, kept = x.new_zeros(len(x)), memory
        for k, net in enumerate(self.roles):
            rows = (role == k).nonzero().squeeze(1)
            some, worth, after = net(x[rows], memory[rows])
            logits = logits.index_copy(0, rows, some)
            value = value.index_copy(0, rows, worth)
            kept = kept.index_copy(0, rows, after)
        return logits, value, kept


class NetworkPolicy:
    """A network as a policy: plays anywhere a policy plays, and forks with its memory.

    Args:
        network: an `ActorCritic` (or anything with its `forward`, `spec` and `initial`).
        condition: token given at every step; None for none.
        greedy: take the most probable action (the lowest on a tie) instead of drawing one.
    """

    def __init__(self, network: ActorCritic, condition: int | None = None, greedy: bool = False) -> None:
        tokens = network.spec.condition_tokens
        if condition is not None and not 0 <= condition < tokens:
            raise PolicyError(f"the network has {tokens} condition tokens; there is no token {condition}")
        self.network = network.eval()
        self.condition = condition
        self.greedy = greedy

    def initial(self, rows: int) -> npt.NDArray[np.float32]:
        """Zeros [R, M]."""
        return np.zeros((rows, self.network.spec.memory_size), np.float32)

    def act(self, observation: Observation, memory: Memory) -> Decision:
        """Draw from the policy (or take its mode), with `observation.uniform` as the only luck."""
        probabilities, value, memory = self._look(observation, memory)
        return choose(probabilities, observation, self.greedy, memory, value=value)

    def probabilities(self, observation: Observation, memory: Memory) -> npt.NDArray[np.float64]:
        """Probability of each action [R, A] at the next act; all on one action when greedy."""
        probabilities, _, _ = self._look(observation, memory)
        return certain(probabilities) if self.greedy else probabilities

    def _look(self, observation: Observation, memory: Memory) -> tuple[npt.NDArray[np.float64], Any, Any]:
        fits(self.network.spec, observation.game)
        device = self.network.device
        condition = None
        if self.condition is not None:
            condition = torch.full((len(observation),), self.condition, device=device)
        with torch.inference_mode():
            answer = self.network(
                torch.from_numpy(observation.features).to(device),
                torch.from_numpy(np.ascontiguousarray(observation.bits)).to(device),
                torch.from_numpy(observation.seat).to(device),
                condition,
                torch.from_numpy(np.ascontiguousarray(memory)).to(device),
                torch.from_numpy(np.ascontiguousarray(observation.first)).to(device),
            )
        logits = answer.logits.cpu().numpy().astype(np.float64)
        if not np.isfinite(logits).all():
            raise PolicyError("the network's logits are not finite")
        weight = np.exp(logits - logits.max(1, keepdims=True)) * (logits > FORBIDDEN / 2)
        probabilities = weight / weight.sum(1, keepdims=True)
        return probabilities, answer.value.cpu().numpy(), answer.memory.cpu().numpy()


def choose(
    probabilities: npt.NDArray[np.float64],
    observation: Observation,
    greedy: bool,
    memory: Memory,
    **extras: Any,
) -> Decision:
    """A draw by `observation.uniform`, or the mode, with its log-probability among the extras."""
    action = probabilities.argmax(1) if greedy else draw(probabilities, observation.uniform())
    chosen = np.take_along_axis(probabilities, action[:, None], 1)[:, 0]
    return Decision(action.astype(np.int32), memory, {"log_probability": np.log(chosen), **extras})


def certain(probabilities: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """All on each row's most probable action [R, A], the lowest on a tie."""
    out = np.zeros_like(probabilities)
    out[np.arange(len(out)), probabilities.argmax(1)] = 1
    return out


def check_network(*networks: Any) -> None:
    """Raise ConfigError where something else than a network (or None) is given as one."""
    for network in networks:
        if network is not None and not isinstance(network, ActorCritic):
            raise ConfigError(
                f"a network is an ActorCritic, not {type(network).__name__}; layers of your own are a trunk: "
                "ActorCritic.for_game(game, trunk='module:Class')"
            )


def draw(probabilities: npt.NDArray[np.float64], uniform: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """One action per row by the inverse of the distribution function.

    Args:
        probabilities: [R, A]; an action of probability 0 is never drawn.
        uniform: numbers in [0, 1) [R].
    """
    total = np.cumsum(probabilities, axis=1)
    point = uniform[:, None] * total[:, -1:]
    return np.asarray(np.argmax(total > point, axis=1), np.int64)
