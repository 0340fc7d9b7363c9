"""PPO's loss and gradients for an mlp on a CPU, written out by hand.

The same numbers as `PPO._loss` with autograd, up to rounding, at less cost: inputs are standardised once a
rollout, actor and critic share the product of their first layers, and every intermediate result goes into
memory that is kept. What remains is mostly matrix products.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from gyges.agents.nn.networks import ActorCritic
from gyges.agents.nn.torsos import MLP, barred


def eligible(network: ActorCritic) -> bool:
    """Whether a network can be trained so: one mlp for all seats, actor and critic apart, on a CPU."""
    role = network.roles[0]
    plain = type(role) is MLP and role.critic is not None
    return plain and len(network.roles) == 1 and network.device.type == "cpu"


class ManualGradient:
    """Gradients of the clipped objective.

    Args:
        network: `eligible`; its parameters' ``grad`` are written.
        clip, entropy, value_weight: of `PPOConfig`.
    """

    def __init__(self, network: ActorCritic, clip: float, entropy: float, value_weight: float) -> None:
        role = network.roles[0]
        assert isinstance(role, MLP)
        assert role.critic is not None
        self.network, self.clip, self.entropy, self.value_weight = network, clip, entropy, value_weight
        self.bodies = [[x for x in body if isinstance(x, nn.Linear)] for body in (role.actor, role.critic)]
        self.policy_head, self.value_head = role.policy_head, role.value_head
        self.kept: dict[str, Tensor] = {}
        self.columns = self.inputs = self.bits = self.action = torch.zeros(0)
        for parameter in network.parameters():
            if parameter.requires_grad:
                parameter.grad = torch.zeros_like(parameter)

    def begin(
        self, inputs: Tensor, bits: Tensor, action: Tensor, old: Tensor, advantage: Tensor, target: Tensor
    ) -> None:
        """Take a rollout, flat [n, ...]: network inputs, packed masks, acts, their old log-probabilities."""
        self.inputs, self.bits, self.action = inputs, bits, action
        self.columns = torch.stack([old, advantage, target], 1)

    def room(self, name: str, rows: int, width: int) -> Tensor:
        """Memory [rows, width] that lasts until the next minibatch."""
        held = self.kept.get(name)
        if held is None or len(held) < rows or held.shape[1] != width:
            held = self.kept[name] = torch.empty(rows, width)
        return held[:rows]

    @torch.no_grad()
    def gradients(self, part: Tensor) -> list[Tensor]:
        """Write the gradients of one minibatch, indices [m]; what is logged of it.

        Returns policy loss, value loss, entropy, approximate KL, share clipped.
        """
        m, first = len(part), [body[0] for body in self.bodies]
        x = torch.index_select(self.inputs, 0, part, out=self.room("x", m, self.inputs.shape[1]))
        width = first[0].out_features
        weight = torch.cat([layer.weight for layer in first])
        both = self.room("first", m, 2 * width)
        torch.addmm(torch.cat([layer.bias for layer in first]), x, weight.t(), out=both)
        tanh_(both)
        hidden = [[both[:, :width]], [both[:, width:]]]
        for k, body in enumerate(self.bodies):
            for j, layer in enumerate(body[1:]):
                z = self.room(f"hidden {k} {j}", m, layer.out_features)
                hidden[k].append(tanh_(torch.addmm(layer.bias, hidden[k][-1], layer.weight.t(), out=z)))
        logits = self.room("logits", m, self.policy_head.out_features)
        torch.addmm(self.policy_head.bias, hidden[0][-1], self.policy_head.weight.t(), out=logits)
        logits += barred(self.bits.index_select(0, part), logits.shape[1])
        value = torch.addmm(self.value_head.bias, hidden[1][-1], self.value_head.weight.t()).squeeze(1)
        parts, slope, error = self._head(logits, value, part)
        self._back(0, self.policy_head, slope, hidden[0], both)
        self._back(1, self.value_head, error.unsqueeze(1), hidden[1], both)
        into = self.room("into first", m, 2 * width)
        deep = into.t() @ x
        bias = into.sum(0)
        for k, layer in enumerate(first):
            assert layer.weight.grad is not None
            assert layer.bias.grad is not None
            layer.weight.grad.copy_(deep[k * width : (k + 1) * width])
            layer.bias.grad.copy_(bias[k * width : (k + 1) * width])
        return parts

    def _head(self, logits: Tensor, value: Tensor, part: Tensor) -> tuple[list[Tensor], Tensor, Tensor]:
        """What is logged, and the loss's slope in the logits [m, A] and in the value [m]."""
        m = len(part)
        old, advantage, target = self.columns.index_select(0, part).unbind(1)
        action = self.action.index_select(0, part).unsqueeze(1)
        shares = torch.log_softmax(logits, 1, out=self.room("shares", *logits.shape))
        chance = torch.softmax(logits, 1, out=self.room("chance", *logits.shape))
        spread = -torch.mul(chance, shares, out=logits).sum(1)
        shift = shares.gather(1, action).squeeze(1) - old
        ratio = shift.exp()
        raw, cut = ratio * advantage, ratio.clamp(1 - self.clip, 1 + self.clip) * advantage
        pull = torch.where(raw <= cut, raw, 0.0) / m  # slope of the gain in the act's log-probability
        slope = shares.add_(spread.unsqueeze(1)).mul_(self.entropy / m).add_(pull.unsqueeze(1)).mul_(chance)
        slope.scatter_add_(1, action, -pull.unsqueeze(1))
        miss = value - target
        parts = [
            -torch.minimum(raw, cut).mean(), miss.square().mean(), spread.mean(), (ratio - 1 - shift).mean(),
            ((ratio - 1).abs() > self.clip).float().mean(),
        ]  # fmt: skip
        return parts, slope, miss.mul_(self.value_weight / m)

    def _back(self, k: int, head: Any, slope: Tensor, hidden: list[Tensor], both: Tensor) -> None:
        """Through one body, from its head down to what goes into the first layer."""
        m = len(slope)
        layers = [*self.bodies[k][1:], head]
        for j in range(len(layers) - 1, -1, -1):
            layer = layers[j]
            torch.mm(slope.t(), hidden[j], out=layer.weight.grad)
            torch.sum(slope, 0, out=layer.bias.grad)
            if j:
                out = self.room(f"back {k} {j}", m, layer.in_features)
            else:
                width = both.shape[1] // 2
                out = self.room("into first", m, 2 * width)[:, k * width : (k + 1) * width]
            torch.mm(slope, layer.weight, out=out)
            slope = torch.ops.aten.tanh_backward(out, hidden[j], grad_input=out)


def tanh_(x: Tensor) -> Tensor:
    """tanh in place, by the sigmoid (see `torsos.Tanh`)."""
    return x.mul_(2).sigmoid_().mul_(2).sub_(1)
