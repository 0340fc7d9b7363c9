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

import copy
import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt
import torch
from msgspec import Meta
from torch import Tensor, nn
from torch.nn import functional

from gyges.agents.data.dataset import Dataset
from gyges.agents.data.minibatches import Minibatches
from gyges.agents.data.sequences import SequenceBatches
from gyges.agents.learn.trainer import Batch, Control, Report, SGDOptions, run_sgd
from gyges.agents.nn.devices import device_of, threads
from gyges.agents.nn.network_spec import check_trunk
from gyges.agents.nn.networks import ActorCritic, NetworkPolicy, check_network
from gyges.agents.nn.normaliser import Normaliser
from gyges.agents.nn.torsos import MLP, masked
from gyges.envs.errors import ConfigError, DataError

Mode = Literal["cloning", "filtered", "conditioned", "return"]
MODES: tuple[Mode, ...] = get_args(Mode)
BAD, GOOD = 0, 1
"""Condition tokens of ``conditioned``; -1 stands for no token."""
PROBE = 1 << 14
"""Held-out decisions that the validation loss is taken over."""


@dataclasses.dataclass(frozen=True)
class Imitation(SGDOptions):
    """How to imitate."""

    mode: Mode = "conditioned"
    """What the rater's word is used for (see the module's head)."""
    learning_rate: Annotated[float, Meta(ge=0, le=10)] = 2e-3
    """Step size of AdamW at the start; it falls to 0 along a half cosine."""
    weight_decay: Annotated[float, Meta(ge=0, le=10)] = 0.0
    """Decoupled weight decay of AdamW."""
    dropout: Annotated[float, Meta(ge=0, le=1)] = 0.1
    """Chance that a decision (with memory: a window) is shown without its token."""
    bins: Annotated[int, Meta(ge=2, le=1 << 10)] = 8
    """Tokens of ``return``: ranks of the score to come, the last is the best."""
    trunk: str = "mlp"
    """mlp; gru or attention: networks with memory, trained on windows of an episode; or module:Class."""
    window: Annotated[int, Meta(ge=1, le=1 << 16)] = 64
    """With memory: decisions in a window, which begins with an empty memory."""

    def __post_init__(self) -> None:
        """Raise ConfigError where a field is out of range."""
        super().__post_init__()
        check_trunk(self.trunk)


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
    control: Control | None = None,
) -> Imitated:
    """Train one network on a dataset.

    Args:
        data: recorded behaviour.
        args: how.
        labels: for ``filtered`` and ``conditioned``: 1 where a decision counts as good, else 0 [D].
        scores: for ``return``: what the rater gave each decision [D].
        network: go on from this one (changed in place) instead of a fresh one.
        report: called with every log line.
        control: how the run is kept, interrupted and resumed.

    Raises:
        DataError: labels or scores are missing, of another length, not finite, or all the same.
        ConfigError: a network with other tokens than the mode needs.
        DivergedError: the loss is no longer finite.
    """
    device_of(args.device)
    check_network(network)
    train = held_in(data, args.holdout, args.seed)
    tokens, keep, good = targets(data, args, labels, scores, train)
    count = {"conditioned": 2, "return": args.bins}.get(args.mode, 0)
    normaliser = Normaliser(data, args.device)
    net = network if network is not None else fresh(data, args.hidden, args.seed, count, args.trunk)
    if net.spec.condition_tokens != count and (count or tokens is not None):
        raise ConfigError(f"{args.mode} needs {count} tokens; the network has {net.spec.condition_tokens}")
    net.to(args.device).train()
    if network is None:
        normaliser.begin(net)
    unseen = ~train if args.mode != "filtered" else ~train & np.asarray(labels, np.bool_)
    beside = {} if tokens is None else {"token": tokens}
    source = batches_for(data, net, args, args.batch, beside, keep)
    probe = next(iter(batches_for(data, net, args, PROBE, beside, unseen))) if unseen.any() else None
    task = Cloning(net, normaliser, args, probe)
    control = control or Control(report)
    with threads(args.threads):
        log = run_sgd(task, source, args, control._replace(report=report or control.report))
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


def fresh(
    data: Dataset, hidden: tuple[int, ...], seed: int, tokens: int = 0, trunk: str = "mlp"
) -> ActorCritic:
    """A network for what was recorded."""
    game = data.game()
    return ActorCritic(
        game.observation_shape, game.num_actions, game.num_agents, tokens, trunk, hidden, seed=seed
    )


def policy_logits(
    net: ActorCritic, features: Tensor, bits: Tensor, seat: Tensor, token: Tensor | None
) -> Tensor:
    """Masked logits [b, A]; an mlp's critic is not run for them."""
    role = net.roles[0]
    if len(net.roles) > 1 or type(role) is not MLP:
        return net(features, bits, seat, token).logits  # type: ignore[no-any-return]
    return masked(role.policy_head(role.actor(net.inputs(features, seat, token))), bits)


def batches_for(
    data: Dataset, net: ActorCritic, args: Imitation, size: int, beside: dict[str, npt.NDArray[Any]],
    keep: npt.NDArray[np.bool_],
) -> Minibatches | SequenceBatches:  # fmt: skip
    """Minibatches of decisions; of windows, where the network has a memory."""
    if net.spec.memory_size:
        return SequenceBatches(data, size, args.window, seed=args.seed, beside=beside, keep=keep)
    return Minibatches(data, size, seed=args.seed, beside=beside, keep=keep)


class Cloning:
    """The cross-entropy of recorded acts.

    Args:
        net: what is trained.
        normaliser: of its observations.
        args: how.
        probe: a minibatch of held-out decisions, or None.
    """

    others: Sequence[nn.Module] = ()

    def __init__(
        self, net: ActorCritic, normaliser: Normaliser, args: Imitation, probe: Batch | None
    ) -> None:
        self.net, self.normaliser, self.args, self.probe = net, normaliser, args, probe
        self.name: str = args.mode
        self.weight_decay = args.weight_decay
        self.trained: Sequence[nn.Module] = [net]
        self.salt = np.random.SeedSequence([args.seed, 0xD20B]).generate_state(2, np.uint64)

    def losses(self, batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss with some tokens dropped, by lots that depend on the seed and the step alone."""
        shown: npt.NDArray[Any] | None = None
        if "token" in batch:
            lots = np.random.Generator(np.random.Philox(key=self.salt, counter=[0, 0, 0, step]))
            shown = np.asarray(lots.random(batch["action"].shape[-1], np.float32) >= self.args.dropout)
        return loss_of(self.net, batch, self.normaliser, shown), {}

    def plain(self) -> ActorCritic:
        """A copy of the network."""
        return copy.deepcopy(self.net)

    def after(self) -> None:
        """Nothing."""

    def metrics(self) -> dict[str, float]:
        """The loss on held-out decisions, each with its token: nats per decision."""
        if self.probe is None:
            return {"validation_loss": math.nan}
        with torch.inference_mode():
            return {"validation_loss": float(loss_of(self.net, self.probe, self.normaliser, None))}

    def check(self, parts: Mapping[str, float]) -> bool:
        """Any finite loss will do."""
        return True


def loss_of(
    net: ActorCritic, batch: Batch, normaliser: Normaliser, shown: npt.NDArray[np.bool_] | None
) -> Tensor:
    """Mean cross-entropy of a minibatch; `shown` says which decisions (or windows) keep their token."""
    token = None
    if "token" in batch:
        values = batch["token"] if shown is None else np.where(shown, batch["token"], -1)
        token = normaliser.tensor(values.astype(np.int64))
    features, bits, seat = (
        normaliser.features(batch["codes"]),
        normaliser.tensor(batch["bits"]),
        normaliser.tensor(batch["seat"]),
    )
    action = normaliser.tensor(batch["action"]).long()
    if not net.spec.memory_size:
        return functional.cross_entropy(policy_logits(net, features, bits, seat, token), action)
    counts = normaliser.tensor(batch["weight"])
    logits = net.unroll(features, bits, seat, token).logits
    return functional.cross_entropy(logits[counts], action[counts])


def soft_copy(target: nn.Module, source: nn.Module, rate: float) -> None:
    """Move `target` towards `source` by `rate` (1 copies)."""
    with torch.no_grad():
        for slow, fast in zip(target.parameters(), source.parameters(), strict=True):
            slow.lerp_(fast, rate)
