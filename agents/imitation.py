"""Imitation by plain SGD on recorded behaviour: one loss, four ways to use what a rater said.

``cloning``      cross-entropy on every decision; the rater is not asked
``filtered``     cross-entropy on the decisions called good, the others left out
``conditioned``  cross-entropy on every decision, with the label as an input token; played under *good*
``return``       the same with the rank of the score still to come as the token; played under the top

The token is dropped at a set rate, so that the same network also plays unconditioned. Filtered cloning
is what a label must beat: report it wherever ``conditioned`` is reported (`compare` trains all four
with the same data, order, network and number of gradient steps).

Sources: label conditioning as in Korbak et al., "Pretraining language models with human preferences"
(ICML 2023); return conditions as in Chen et al., "Decision transformer" (NeurIPS 2021), simplified to a
token without history as in Emmons et al., "RvS" (ICLR 2022); dropping the condition as in Ho and
Salimans, "Classifier-free diffusion guidance" (2022).

`docs/imitation.md` explains every number that is logged.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from gyges.agents.dataset import Batches, Dataset
from gyges.agents.networks import MLP, ActorCritic, NetworkPolicy, masked
from gyges.agents.whitening import Lens
from gyges.envs.errors import ConfigError, DataError, DivergedError

Mode = Literal["cloning", "filtered", "conditioned", "return"]
MODES: tuple[Mode, ...] = ("cloning", "filtered", "conditioned", "return")
BAD, GOOD = 0, 1
"""Condition tokens of ``conditioned``; -1 stands for no token."""

Report = Callable[[dict[str, float]], None]


@dataclasses.dataclass(frozen=True)
class Imitation:
    """How to imitate."""

    mode: Mode = "conditioned"
    """What the rater's word is used for (see the module's head)."""
    steps: int = 5000
    """Gradient steps."""
    batch: int = 1024
    """Decisions in a gradient step."""
    learning_rate: float = 2e-3
    """Step size of AdamW at the start; it falls to 0 along a half cosine."""
    weight_decay: float = 0.0
    """Decoupled weight decay of AdamW."""
    dropout: float = 0.1
    """Chance that a decision is shown without its token."""
    bins: int = 8
    """Tokens of ``return``: ranks of the score to come, the last is the best."""
    hidden: tuple[int, ...] = (64, 64)
    """Units per hidden layer."""
    holdout: float = 0.05
    """Share of the episodes that is kept for the validation loss and never trained on."""
    seed: int = 0
    """Of the initial weights, the order of the data and the dropped tokens."""
    device: str = "cpu"
    """Where to train."""
    threads: int = 1
    """CPU threads. Minibatches of this size gain little from a second one."""
    log_every: int = 200
    """Gradient steps between two log lines."""

    def __post_init__(self) -> None:
        """Raise ConfigError where a field is out of range."""
        if self.mode not in MODES:
            raise ConfigError(f"mode is one of {', '.join(MODES)}, not {self.mode!r}")
        for name, low, high in (
            ("steps", 1, 1 << 40), ("batch", 1, 1 << 24), ("bins", 2, 1 << 10), ("log_every", 1, 1 << 40),
            ("threads", 1, 1 << 10),
            ("learning_rate", 0.0, 10.0), ("weight_decay", 0.0, 10.0), ("dropout", 0.0, 1.0),
            ("holdout", 0.0, 0.9),
        ):  # fmt: skip
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
                raise ConfigError(f"Imitation.{name} lies between {low} and {high}, not {value!r}")


class Imitated(NamedTuple):
    """What came of it."""

    network: ActorCritic
    condition: int | None  # the token to play under; None without one
    log: list[dict[str, float]]  # a line every `log_every` steps
    good: float  # share of the trained decisions that were called good; NaN where none was asked

    def policy(self, *, greedy: bool = False, unconditioned: bool = False) -> NetworkPolicy:
        """The network as a policy: under the good token, or in its unconditioned mode."""
        return NetworkPolicy(self.network, None if unconditioned else self.condition, greedy)


def imitate(
    data: Dataset,
    args: Imitation,
    *,
    labels: npt.NDArray[Any] | None = None,
    scores: npt.NDArray[Any] | None = None,
    network: ActorCritic | None = None,
    report: Report | None = None,
) -> Imitated:
    """Train one network on a dataset.

    Args:
        data: recorded behaviour.
        args: how.
        labels: for ``filtered`` and ``conditioned``: 1 where a decision counts as good, else 0 [D].
        scores: for ``return``: what the rater gave each decision [D].
        network: go on from this one (changed in place) instead of a fresh one.
        report: called with every log line.

    Raises:
        DataError: labels or scores are missing, of another length, not finite, or all the same.
        ConfigError: a network with memory, or with other tokens than the mode needs.
        DivergedError: the loss is no longer finite.
    """
    train = held_in(data, args.holdout, args.seed)
    tokens, keep, good = targets(data, args, labels, scores, train)
    count = {"conditioned": 2, "return": args.bins}.get(args.mode, 0)
    lens = Lens(data, args.device)
    net = network if network is not None else fresh(data, args.hidden, args.seed, count).to(args.device)
    if net.layout.condition_tokens != count and (count or tokens is not None):
        raise ConfigError(f"{args.mode} needs {count} tokens; the network has {net.layout.condition_tokens}")
    if net.layout.memory_size:
        raise ConfigError("imitation trains networks without memory: trunk 'mlp'")
    net.to(args.device).train()
    if network is None:
        lens.begin(net)
    beside = {} if tokens is None else {"token": tokens}
    batches = Batches(data, args.batch, seed=args.seed, beside=beside, keep=keep)
    unseen = ~train if args.mode != "filtered" else ~train & np.asarray(labels, np.bool_)
    probe = Probe(data, unseen, tokens, net, lens) if unseen.any() else None
    with threads(args.threads), lens.on(net):
        log = _descend(net, batches, args, lens, probe, report)
    return Imitated(net.eval(), count - 1 if count else None, log, good)


def compare(
    data: Dataset,
    args: Imitation,
    *,
    labels: npt.NDArray[Any],
    scores: npt.NDArray[Any],
    modes: Sequence[str] = MODES,
) -> dict[str, Imitated]:
    """All modes side by side with everything else equal; ``filtered`` comes with ``conditioned``."""
    wanted = [m for m in MODES if m in modes or (m == "filtered" and "conditioned" in modes)]
    return {
        mode: imitate(data, dataclasses.replace(args, mode=mode), labels=labels, scores=scores)
        for mode in wanted
    }


def targets(
    data: Dataset,
    args: Imitation,
    labels: npt.NDArray[Any] | None,
    scores: npt.NDArray[Any] | None,
    train: npt.NDArray[np.bool_],
) -> tuple[npt.NDArray[np.int16] | None, npt.NDArray[np.bool_], float]:
    """Tokens [D] or None, decisions to train on [D], share of them called good."""
    if args.mode == "cloning":
        return None, train, math.nan
    if args.mode == "return":
        return ranks(data, checked_scores(data, scores), args.bins), train, math.nan
    good = checked_labels(data, labels)
    share = float(good[train].mean())
    if not 0.0 < share < 1.0:
        raise DataError(f"{data.path}: after the holdout every decision has the label {int(share)}")
    if args.mode == "filtered":
        return None, train & good, share
    return good.astype(np.int16), train, share


def checked_labels(data: Dataset, labels: npt.NDArray[Any] | None) -> npt.NDArray[np.bool_]:
    """Labels as bool [D].

    Raises:
        DataError: none were given, of another length, other values than 0 and 1, or of one class only.
    """
    if labels is None:
        raise DataError("this mode needs labels: 1 where a decision counts as good, else 0")
    array = np.asarray(labels)
    if array.shape != (len(data),):
        raise DataError(f"labels have shape {array.shape} for {len(data)} decisions")
    if array.dtype != np.bool_ and not np.isin(array, (0, 1)).all():
        raise DataError("labels are 0 or 1")
    good = array.astype(np.bool_)
    if good.all() or not good.any():
        raise DataError(
            f"all {len(good)} decisions have the label {int(good[0])}: there is nothing to tell apart"
        )
    return good


def checked_scores(data: Dataset, scores: npt.NDArray[Any] | None) -> npt.NDArray[np.float32]:
    """Scores as float32 [D].

    Raises:
        DataError: none were given, of another length, not finite, or all the same.
    """
    if scores is None:
        raise DataError("this learner needs scores: what a rater gave each decision")
    array = np.asarray(scores, np.float32)
    if array.shape != (len(data),):
        raise DataError(f"scores have shape {array.shape} for {len(data)} decisions")
    if not np.isfinite(array).all():
        raise DataError(f"{int((~np.isfinite(array)).sum())} scores are not finite")
    if array.min() == array.max():
        raise DataError(f"all scores are {array[0]}: there is nothing to tell apart")
    return array


def ranks(data: Dataset, scores: npt.NDArray[np.float32], bins: int) -> npt.NDArray[np.int16]:
    """Token [D]: in which of `bins` equal parts the score to come lies, among decisions at the same tick.

    Equal scores share a bin, the highest that any of them reaches; the best is always in the last.
    """
    ahead = data.to_go(scores)
    tick = np.asarray(data.steps.tick)
    order = np.lexsort((ahead, tick))
    cuts = np.flatnonzero(np.diff(tick[order], prepend=-1))
    out = np.empty(len(data), np.int16)
    for low, high in zip(cuts, [*cuts[1:], len(order)], strict=True):
        values = ahead[order[low:high]]
        below = np.searchsorted(values, values, side="right") / len(values)
        out[order[low:high]] = np.ceil(below * bins - 1e-9) - 1
    return out


def held_in(data: Dataset, holdout: float, seed: int) -> npt.NDArray[np.bool_]:
    """Which decisions are trained on [D]: all of an environment's episode or nothing of it."""
    rows = np.asarray(data.episodes.row)
    numbers = np.unique(rows)
    out = int(len(numbers) * holdout)
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, 0x401D])))
    return np.asarray(data.spread(~np.isin(rows, rng.choice(numbers, out, replace=False)), "episode"))


def fresh(data: Dataset, hidden: tuple[int, ...], seed: int, tokens: int = 0) -> ActorCritic:
    """A network for what was recorded."""
    game = data.game()
    return ActorCritic(
        game.observation_shape, game.num_actions, game.num_agents, tokens, hidden=hidden, seed=seed
    )


def tensor(array: npt.NDArray[Any], like: Lens) -> Tensor:
    """An array on the device of a lens."""
    return torch.from_numpy(np.ascontiguousarray(array)).to(like.device)


def policy_logits(
    net: ActorCritic, features: Tensor, bits: Tensor, seat: Tensor, token: Tensor | None
) -> Tensor:
    """Masked logits [b, A]; an mlp's critic is not run for them."""
    role = net.roles[0]
    if len(net.roles) > 1 or not isinstance(role, MLP):
        return net(features, bits, seat, token).logits  # type: ignore[no-any-return]
    return masked(role.policy_head(role.actor(net.inputs(features, seat, token))), bits)


class Probe:
    """Held-out decisions, to measure the loss on.

    Args:
        data: the dataset.
        which: decisions that are not trained on, bool [D].
        tokens: their tokens, or None.
        net: whose loss.
        lens: what it sees through.
    """

    MOST = 1 << 14

    def __init__(
        self,
        data: Dataset,
        which: npt.NDArray[np.bool_],
        tokens: npt.NDArray[Any] | None,
        net: ActorCritic,
        lens: Lens,
    ) -> None:
        beside = {} if tokens is None else {"token": tokens}
        source = Batches(data, self.MOST, seed=1, keep=which, beside=beside)
        self.batch, self.net = next(iter(source)), net
        self.lens = lens

    def loss(self) -> float:
        """Mean cross-entropy in nats per decision, each with its token."""
        with torch.inference_mode():
            return float(loss_of(self.net, self.batch, self.lens, None))


def loss_of(
    net: ActorCritic,
    batch: Mapping[str, npt.NDArray[Any]],
    lens: Lens,
    shown: npt.NDArray[np.bool_] | None,
) -> Tensor:
    """Mean cross-entropy of a minibatch; `shown` says which decisions keep their token."""
    token = None
    if "token" in batch:
        values = batch["token"] if shown is None else np.where(shown, batch["token"], -1)
        token = tensor(values.astype(np.int64), lens)
    features = lens(batch["codes"])
    bits, seat = tensor(batch["bits"], lens), tensor(batch["seat"], lens)
    logits = policy_logits(net, features, bits, seat, token)
    return functional.cross_entropy(logits, tensor(batch["action"], lens).long())


def _descend(
    net: ActorCritic,
    batches: Batches,
    args: Imitation,
    lens: Lens,
    probe: Probe | None,
    report: Report | None,
) -> list[dict[str, float]]:
    optimiser = adam(net.parameters(), args.learning_rate, args.weight_decay)
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([args.seed, 0xD20B])))
    source = batches.forever()
    log: list[dict[str, float]] = []
    begun, total, seen = time.perf_counter(), 0.0, 0
    for step in range(1, args.steps + 1):
        batch = next(source)
        shown = rng.random(len(batch["action"]), np.float32) >= args.dropout if "token" in batch else None
        for group in optimiser.param_groups:
            group["lr"] = args.learning_rate * 0.5 * (1 + math.cos(math.pi * (step - 1) / args.steps))
        loss = loss_of(net, batch, lens, shown)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        value = float(loss.detach())
        if not math.isfinite(value):
            raise DivergedError(
                f"the loss is {value} at gradient step {step}; the weights were not changed by it"
            )
        optimiser.step()
        total, seen = total + value, seen + len(batch["action"])
        if step % args.log_every == 0 or step == args.steps:
            lines = (step - 1) % args.log_every + 1
            line = {
                "step": float(step),
                "decisions": float(seen),
                "loss": total / lines,
                "validation_loss": math.nan if probe is None else probe.loss(),
                "decisions_per_second": seen / (time.perf_counter() - begun),
            }
            total = 0.0
            log.append(line)
            if report is not None:
                report(line)
    return log


@contextlib.contextmanager
def threads(count: int) -> Iterator[None]:
    """Let torch use so many CPU threads for a while."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def adam(parameters: Any, learning_rate: float, weight_decay: float = 0.0) -> torch.optim.Optimizer:
    """AdamW; its fused form updates small networks in one call."""
    return torch.optim.AdamW(list(parameters), lr=learning_rate, weight_decay=weight_decay, fused=True)


def soft_copy(target: nn.Module, source: nn.Module, rate: float) -> None:
    """Move `target` towards `source` by `rate` (1 copies)."""
    with torch.no_grad():
        for slow, fast in zip(target.parameters(), source.parameters(), strict=True):
            slow.lerp_(fast, rate)
