"""A small causal transformer in plain torch: pre-norm blocks, rotary positions, tied embeddings.

Keys and values of a prompt can be kept, and further tokens can then be laid on it as a tree: each sees the
prompt and its own ancestors. That is how all legal acts are weighed in one pass.

``ternary=True`` rounds the weights of every linear layer to -1, 0 or 1 times their mean absolute value
on the way forward, and passes gradients straight through to the full weights.

Sources: A. Vaswani et al., "Attention is all you need" (2017); J. Su et al., "RoFormer" (2021);
N. Shazeer, "GLU variants improve transformer" (2020); S. Ma et al., "The era of 1-bit LLMs" (2024), for
ternary weights; Y. Bengio, N. Leonard, A. Courville (2013), for the straight-through gradient.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Annotated, Any

import torch
from msgspec import Meta
from torch import Tensor, nn
from torch.nn import functional

from gyges.envs.errors import ConfigError
from gyges.envs.options import check_options

MAX_PARAMETERS = 100_000_000
SHORT = 256
"""Longest text in tokens whose attention weights are held whole, in bfloat16."""


@dataclasses.dataclass(frozen=True)
class Shape:
    """Sizes of a model.

    The default has 2.9 million parameters with 1,024 tokens.
    """

    vocabulary: Annotated[int, Meta(ge=2, le=1 << 16)] = 1024
    """Tokens."""
    context: Annotated[int, Meta(ge=2, le=1 << 14)] = 256
    """Longest text, in tokens."""
    width: Annotated[int, Meta(ge=8, le=4096)] = 192
    """Numbers in a token's vector; a multiple of twice the heads."""
    layers: Annotated[int, Meta(ge=1, le=64)] = 6
    """Blocks."""
    heads: Annotated[int, Meta(ge=1, le=64)] = 6
    """Attention heads a block."""
    ternary: bool = False
    """Weights of -1, 0 and 1 times a scale."""

    def __post_init__(self) -> None:
        """Raise ConfigError where a size is out of range."""
        check_options(self)
        if self.width % (2 * self.heads):
            raise ConfigError(f"width {self.width} is no multiple of twice the {self.heads} heads")
        if self.parameters > MAX_PARAMETERS:
            raise ConfigError(f"{self.parameters:,} parameters; a model has at most {MAX_PARAMETERS:,}")

    @property
    def hidden(self) -> int:
        """Hidden units of the gated layer, a multiple of 16."""
        return -(-self.width * 8 // 3 // 16) * 16

    @property
    def parameters(self) -> int:
        """Number of parameters."""
        block = 4 * self.width**2 + 3 * self.width * self.hidden + 2 * self.width
        return self.vocabulary * self.width + self.layers * block + self.width


class Past:
    """Keys and values of prompts, one pair [B, H, L, D] a block, and how long each prompt is [B]."""

    def __init__(self, keys: Sequence[Tensor], values: Sequence[Tensor], length: Tensor) -> None:
        self.keys, self.values, self.length = list(keys), list(values), length

    def take(self, rows: Tensor) -> Past:
        """The prompts of some rows, cut to the longest of them."""
        length = self.length[rows]
        most = int(length.max())
        keys = [k[rows, :, :most] for k in self.keys]
        return Past(keys, [v[rows, :, :most] for v in self.values], length)


class _Straight(torch.autograd.Function):
    """Ternary weights forward, gradients straight through."""

    @staticmethod
    def forward(ctx: Any, weight: Tensor) -> Tensor:
        return ternary(weight)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:  # type: ignore[override]
        return gradient


def ternary(weight: Tensor) -> Tensor:
    """Each weight as -1, 0 or 1 times the mean absolute value of the matrix."""
    scale = weight.abs().mean().clamp(min=1e-8)
    return (weight / scale).round().clamp(-1, 1) * scale


class Linear(nn.Linear):
    """Without bias; ternary where asked."""

    def __init__(self, inputs: int, outputs: int, rounded: bool) -> None:
        super().__init__(inputs, outputs, bias=False)
        self.rounded = rounded

    def forward(self, x: Tensor) -> Tensor:
        weight: Any = self.weight
        if self.rounded:
            weight = _Straight.apply(weight)  # type: ignore[no-untyped-call]
        return functional.linear(x, weight)


class Block(nn.Module):
    """Attention, then a gated layer."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        w = shape.width
        self.heads = shape.heads
        self.before = nn.RMSNorm(w, eps=1e-5)
        self.mix = Linear(w, 3 * w, shape.ternary)
        self.out = Linear(w, w, shape.ternary)
        self.between = nn.RMSNorm(w, eps=1e-5)
        self.gate = Linear(w, 2 * shape.hidden, shape.ternary)
        self.down = Linear(shape.hidden, w, shape.ternary)

    def forward(
        self, x: Tensor, turn: tuple[Tensor, Tensor], mask: Tensor | None, past: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """One block [B, T, W]; also its own keys and values."""
        b, t, w = x.shape
        q, k, v = self.mix(self.before(x)).view(b, t, 3, self.heads, w // self.heads).unbind(2)
        q, k, v = rotate(q, turn).transpose(1, 2), rotate(k, turn).transpose(1, 2), v.transpose(1, 2)
        keys, values = (k, v) if past is None else (torch.cat((past[0], k), 2), torch.cat((past[1], v), 2))
        seen = attend(q, keys, values, mask)
        x = x + self.out(seen.transpose(1, 2).reshape(b, t, w))
        gate, up = self.gate(self.between(x)).chunk(2, dim=-1)
        return x + self.down(functional.silu(gate) * up), k, v


def rotate(x: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
    """Turn pairs of numbers of [B, T, H, D] by their positions' angles."""
    a, b = x.chunk(2, dim=-1)
    cos, sin = (part.to(x.dtype) for part in turn)
    return torch.cat((a * cos - b * sin, a * sin + b * cos), dim=-1)


def attend(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
    """Attention [B, H, T, D]; without a mask each token sees those before it.

    On processors, torch's fused attention takes three to five times as long in bfloat16 as in float32 when
    going backwards, so that short texts in bfloat16 are attended to by plain products of matrices.
    """
    if mask is not None or q.dtype != torch.bfloat16 or q.device.type != "cpu" or q.shape[2] > SHORT:
        return functional.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=mask is None)
    b, h, t, d = q.shape
    later = torch.full((t, t), -torch.inf, dtype=q.dtype).triu(1).expand(b * h, t, t)
    weight = torch.baddbmm(later, q.flatten(0, 1), k.flatten(0, 1).transpose(1, 2), alpha=1 / math.sqrt(d))
    return (weight.softmax(-1).to(v.dtype) @ v.flatten(0, 1)).view(b, h, t, d)


class Transformer(nn.Module):
    """Predicts the next token.

    Args:
        shape: sizes.
        seed: of the first weights.
    """

    def __init__(self, shape: Shape, seed: int = 0) -> None:
        super().__init__()
        self.shape = shape
        self.embed = nn.Embedding(shape.vocabulary, shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.last = nn.RMSNorm(shape.width, eps=1e-5)
        half = shape.width // shape.heads // 2
        angle = torch.arange(shape.context)[:, None] * 10000.0 ** (-torch.arange(half) / half)
        self.register_buffer("cos", angle.cos()[:, None], persistent=False)
        self.register_buffer("sin", angle.sin()[:, None], persistent=False)
        self._start(seed)

    def _start(self, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        scale = 1 / math.sqrt(2 * self.shape.layers)
        for name, p in self.named_parameters():
            if p.dim() == 2 and p.device.type != "meta":
                small = scale if name.endswith(("out.weight", "down.weight")) else 1.0
                nn.init.normal_(p, 0.0, 0.02 * small, generator=generator)

    def turn(self, position: Tensor) -> tuple[Tensor, Tensor]:
        """Rotations for positions [B, T] or [T]."""
        return self.cos[position], self.sin[position]  # type: ignore[index]

    def states(self, tokens: Tensor) -> Tensor:
        """Last vectors [B, T, W] of whole texts [B, T], each token seeing those before it."""
        x = self.embed(tokens)
        turn = self.turn(torch.arange(tokens.shape[1], device=tokens.device))
        for block in self.blocks:
            x, _, _ = block(x, turn, None, None)
        return self.last(x)  # type: ignore[no-any-return]

    def logits(self, states: Tensor) -> Tensor:
        """Scores of the next token [..., V]."""
        return functional.linear(states, self.embed.weight)

    def forward(self, tokens: Tensor) -> Tensor:
        """Scores of the next token [B, T, V]."""
        return self.logits(self.states(tokens))

    def prompt(self, tokens: Tensor, length: Tensor) -> tuple[Tensor, Past]:
        """ParsedAnswer prompts [B, L], padded at the end to the longest.

        Returns:
            The vector of each prompt's last token [B, W], and what to keep.
        """
        x = self.embed(tokens)
        turn = self.turn(torch.arange(tokens.shape[1], device=tokens.device))
        keys, values = [], []
        for block in self.blocks:
            x, k, v = block(x, turn, None, None)
            keys.append(k)
            values.append(v)
        end = x[torch.arange(len(x), device=x.device), length - 1]
        return self.last(end), Past(keys, values, length)

    def beyond(self, tokens: Tensor, depth: Tensor, sees: Tensor, past: Past) -> Tensor:
        """Vectors [B, M, W] of tokens laid on prompts as a tree.

        Args:
            tokens: [B, M].
            depth: how many tokens after its prompt each stands [M], 0 for the first.
            sees: which of the M each sees, itself included [M, M] bool.
            past: the prompts.
        """
        b, m = tokens.shape
        longest = past.keys[0].shape[2]
        old = torch.arange(longest, device=tokens.device)[None] < past.length[:, None]
        mask = torch.cat((old[:, None].expand(b, m, longest), sees[None].expand(b, m, m)), dim=2)[:, None]
        x = self.embed(tokens)
        turn = self.turn(past.length[:, None] + depth[None])
        for j, block in enumerate(self.blocks):
            x, _, _ = block(x, turn, mask, (past.keys[j], past.values[j]))
        return self.last(x)  # type: ignore[no-any-return]
