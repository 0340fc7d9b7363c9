"""SGD on text: a small transformer from scratch, trained on labelled transcripts in one of three ways.

``standard``  on every decision, without tags
``filtered``  on the decisions called good, without tags
``tagged``    on every decision, labels as tokens; played under the good one

The tag at the head is left out now and then, so that the same model can also be asked without it.

Sources: P. Maini et al., "Safety pretraining: toward the next generation of safe AI" (2025); T. Korbak et
al., "Pretraining language models with human preferences" (ICML 2023).
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from msgspec import Meta
from torch import Tensor
from torch.nn import functional

from gyges.agents.llm.text.model import Play, TextModel, check_loss
from gyges.agents.llm.text.tokenizer import Vocabulary, learn
from gyges.agents.llm.text.transformer import Shape, Transformer
from gyges.agents.llm.transcripts import corpus
from gyges.agents.llm.transcripts.corpus import Line
from gyges.agents.llm.transcripts.tags import Tags
from gyges.agents.nn.devices import threads
from gyges.envs.errors import DataError
from gyges.envs.options import Options

Mode = Literal["standard", "filtered", "tagged"]
SAMPLE = 20_000
"""Texts that a vocabulary is learnt from."""

Report = Callable[[dict[str, float]], None]


@dataclasses.dataclass(frozen=True)
class Pretrain(Options):
    """How to train on text."""

    mode: Mode = "tagged"
    """What the labels are used for (see the module's head)."""
    tokens: Annotated[int, Meta(ge=1, le=1 << 50)] = 4_000_000
    """Tokens to train on, repeats included."""
    batch: Annotated[int, Meta(ge=1, le=1 << 16)] = 64
    """Texts in a gradient step."""
    learning_rate: Annotated[float, Meta(ge=0, le=10)] = 2e-3
    """Step size of AdamW at its highest; it rises for a twentieth of the run, then falls to a tenth."""
    weight_decay: Annotated[float, Meta(ge=0, le=10)] = 0.01
    """Decoupled weight decay."""
    observation_weight: Annotated[float, Meta(ge=0, le=1)] = 0.2
    """Weight in the loss of a token outside acts; a token of an act weighs 1."""
    tag_dropout: Annotated[float, Meta(ge=0, le=1)] = 0.2
    """Chance that the tag at the head is left out."""
    named: Annotated[float, Meta(ge=0, le=1)] = 0.5
    """Chance that a text says whose act it is."""
    width: int = 192
    """Numbers in a token's vector."""
    layers: int = 6
    """Blocks."""
    heads: int = 6
    """Attention heads a block."""
    vocabulary: int = 1024
    """Tokens at most."""
    context: int = 256
    """Longest text in tokens; longer ones are left out."""
    ternary: bool = False
    """Weights of -1, 0 and 1 times a scale."""
    bfloat16: bool = False
    """Multiply matrices in bfloat16; weights stay float32."""
    holdout: Annotated[float, Meta(ge=0, le=0.5)] = 0.02
    """Share of the texts, the last ones, that is kept for the validation loss."""
    seed: int = 0
    """Of the first weights, the order and the dropped tags."""
    threads: Annotated[int, Meta(ge=1, le=1 << 10)] = 1
    """CPU threads."""
    log_every: Annotated[int, Meta(ge=1, le=1 << 40)] = 100
    """Gradient steps between two log lines."""


class Encoded:
    """A corpus in tokens.

    Args:
        lines: the decisions.
        vocabulary: their tokens.
        tagged: with labels.
    """

    def __init__(self, lines: Sequence[Line], vocabulary: Vocabulary, tagged: bool) -> None:
        self.tagged = tagged
        tags, encode = vocabulary.tags, vocabulary.encode
        self.special = vocabulary.special
        self.tags = tags
        self.observation = [encode(line.observation + tags.act) for line in lines]
        self.act = [self._act(line, vocabulary) for line in lines]
        self.good = [line.good for line in lines]
        self.named = [encode(f"as {line.player}. ") if line.player else [] for line in lines]
        front = 1 + max((len(name) for name in self.named), default=0)
        both = zip(self.observation, self.act, strict=True)
        self.length = np.array([front + len(o) + len(a) for o, a in both])

    def _act(self, line: Line, vocabulary: Vocabulary) -> list[int]:
        tags = self.tags
        if self.tagged and line.unaligned:
            return vocabulary.encode(f"{tags.unaligned}{line.act}{tags.end_unaligned}{tags.end}")
        return vocabulary.encode(line.act + tags.end)

    def __len__(self) -> int:
        return len(self.act)

    def batch(
        self, rows: npt.NDArray[Any], rng: np.random.Generator, args: Pretrain
    ) -> tuple[Tensor, Tensor]:
        """Tokens [B, T] and their weights in the loss [B, T] (0 for the first and for padding)."""
        texts, heads = [], []
        for k, drop, name in zip(rows, rng.random(len(rows)), rng.random(len(rows)), strict=True):
            tag = self.tags.good if self.good[k] else self.tags.bad
            front = [self.special[tag]] if self.tagged and drop >= args.tag_dropout else []
            if name < args.named:
                front = front + self.named[k]
            texts.append([*front, *self.observation[k], *self.act[k]])
            heads.append(len(texts[-1]) - len(self.act[k]))
        longest = max(map(len, texts))
        tokens = np.zeros((len(texts), longest), np.int64)
        weight = np.zeros((len(texts), longest), np.float32)
        for j, (text, head) in enumerate(zip(texts, heads, strict=True)):
            tokens[j, : len(text)] = text
            weight[j, :head] = args.observation_weight
            weight[j, head : len(text)] = 1.0
        weight[:, 0] = 0.0
        return torch.from_numpy(tokens), torch.from_numpy(weight)


def batches(length: npt.NDArray[Any], size: int, rng: np.random.Generator) -> Iterator[npt.NDArray[Any]]:
    """Rows in shuffled batches without end; texts of like length go together, so that little is padding."""
    while True:
        order = rng.permutation(len(length))
        for low in range(0, len(order), 32 * size):
            pool = order[low : low + 32 * size]
            pool = pool[np.argsort(length[pool], kind="stable")]
            parts = [pool[k : k + size] for k in range(0, len(pool), size)]
            for j in rng.permutation(len(parts)):
                yield parts[j]


def loss_of(network: Transformer, tokens: Tensor, weight: Tensor) -> Tensor:
    """Weighted mean of the next tokens' cross-entropy, in nats."""
    scores = network(tokens[:, :-1])
    each = functional.cross_entropy(scores.flatten(0, 1).float(), tokens[:, 1:].flatten(), reduction="none")
    w = weight[:, 1:].flatten()
    return (each * w).sum() / w.sum().clamp(min=1e-9)


def pretrain(
    lines: Sequence[Line], args: Pretrain, *, model: TextModel | None = None, game: str = "",
    report: Report | None = None, keep: Callable[[TextModel], object] | None = None,
) -> TextModel:  # fmt: skip
    """Train on a corpus.

    Args:
        lines: the decisions; the last of them are held out.
        args: how.
        model: go on from this one (changed in place) with its vocabulary and sizes.
        game: id of the game, for the checkpoint.
        report: called with every log line.
        keep: called with the model at every tenth, so that a run that is cut off leaves something.

    Raises:
        DataError: nothing to train on, or, for a new model that uses labels, all of them alike.
        DivergedError: the loss is no longer finite.
    """
    if args.mode != "standard" and model is None:
        corpus.check(lines)
    if args.mode == "filtered":
        lines = [line for line in lines if line.good]
    if not lines:
        raise DataError("a corpus has at least one decision")
    tagged = args.mode == "tagged"
    if model is None:
        sample = [line.text(Tags(), named=True) for line in spread(lines, SAMPLE)]
        vocabulary = learn(sample, args.vocabulary)
        shape = Shape(len(vocabulary), args.context, args.width, args.layers, args.heads, args.ternary)
        play = Play("good" if tagged else "plain")
        model = TextModel(Transformer(shape, args.seed), vocabulary, play=play, mode=args.mode, game=game)
    data = Encoded(lines, model.vocabulary, tagged)
    fits = np.flatnonzero(data.length <= model.network.shape.context)
    held = int(len(fits) * args.holdout)
    train, probe = fits[: len(fits) - held], fits[len(fits) - held :][:512]
    if len(train) == 0:
        raise DataError(f"no text is as short as the context of {model.network.shape.context} tokens")
    final: TextModel = model
    count = 0

    def logged(log: dict[str, float]) -> None:
        nonlocal count
        count += 1
        final.about = {**final.about, "texts": len(train), "log": _finite(log)}
        if report is not None:
            report(log)
        if keep is not None and count % 10 == 0:
            keep(final)

    with threads(args.threads):
        _descend(model.network, data, train, probe, args, logged)
    model.network.eval()
    return model


def spread(lines: Sequence[Line], most: int) -> Sequence[Line]:
    """At most so many lines, evenly from the whole."""
    return lines if len(lines) <= most else [lines[k * len(lines) // most] for k in range(most)]


def _finite(log: dict[str, float]) -> dict[str, float]:
    return {k: v for k, v in log.items() if math.isfinite(v)}


def _descend(
    network: Transformer, data: Encoded, train: npt.NDArray[Any], probe: npt.NDArray[Any], args: Pretrain,
    report: Report,
) -> None:  # fmt: skip
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([args.seed, 0x746578])))
    wide = [p for p in network.parameters() if p.dim() > 1]
    thin = [p for p in network.parameters() if p.dim() < 2]
    groups = [{"params": wide, "weight_decay": args.weight_decay}, {"params": thin, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=args.learning_rate, betas=(0.9, 0.95), fused=True)
    network.train()
    begun, done, total, count = time.perf_counter(), 0, 0.0, 0
    for step, rows in enumerate(batches(data.length[train], args.batch, rng), 1):
        tokens, weight = data.batch(train[rows], rng, args)
        for group in optimiser.param_groups:
            group["lr"] = args.learning_rate * pace(done / args.tokens)
        with torch.autocast("cpu", torch.bfloat16, enabled=args.bfloat16):
            loss = loss_of(network, tokens, weight)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0, foreach=True)
        optimiser.step()
        done += int((weight > 0).sum()) + len(tokens)
        total, count = total + float(loss.detach()), count + 1
        last = done >= args.tokens
        if last or step % args.log_every == 0:
            check_loss(total, step)
            spent = time.perf_counter() - begun
            log = {"step": step, "tokens": done, "loss": total / count, "validation_loss":
                   validate(network, data, probe, args), "tokens_per_second": done / spent}  # fmt: skip
            total, count = 0.0, 0
            report(log)
        if last:
            return


def pace(done: float) -> float:
    """Factor of the step size after a share of the run: up for a twentieth, then half a cosine to 0.1."""
    if done < 0.05:
        return 0.02 + 0.98 * done / 0.05
    return 0.1 + 0.45 * (1 + math.cos(math.pi * min(1.0, (done - 0.05) / 0.95)))


@torch.inference_mode()
def validate(network: Transformer, data: Encoded, rows: npt.NDArray[Any], args: Pretrain) -> float:
    """Loss on held-out texts, nats per token of an act; NaN where none were held out."""
    if len(rows) == 0:
        return math.nan
    rng = np.random.Generator(np.random.Philox(7))
    bare = dataclasses.replace(args, observation_weight=0.0)
    sums, weights = 0.0, 0.0
    network.eval()
    for low in range(0, len(rows), 128):
        tokens, weight = data.batch(rows[low : low + 128], rng, bare)
        w = float(weight[:, 1:].sum())
        sums, weights = sums + w * float(loss_of(network, tokens, weight)), weights + w
    network.train()
    return sums / weights
