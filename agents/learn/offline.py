"""Offline reinforcement learning on recorded behaviour: what a score buys without playing.

``awr``  advantage-weighted regression: cloning, each decision weighted by exp(advantage / beta), the
         advantage being the score that followed less a fitted value (Peng et al., 2019)
``iql``  implicit Q-learning: values by expectile regression, never asking for unseen acts; the policy by
         weighted cloning (Kostrikov, Nair, Levine, ICLR 2022)
``cql``  conservative Q-learning: a Q-function held down on acts that are not in the data (Kumar et al.,
         NeurIPS 2020), double targets (van Hasselt et al., AAAI 2016)
``q``    the same without the holding down: plain offline Q, which believes its own overestimates

Every decision carries a score (a rater's, or a `Satisficer`'s pay). A score ends with the episode, cut
or not, as it does in evaluation, so nothing is bootstrapped beyond the last decision. Scores are divided
by the standard deviation of what follows a decision; values are in that unit.

`docs/imitation.md` explains every number that is logged.
"""

from __future__ import annotations

import copy
import dataclasses
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
from gyges.agents.learn.imitation import checked_scores, fresh, held_in, policy_logits, soft_copy
from gyges.agents.learn.trainer import Batch, Control, Report, SGDOptions, run_sgd
from gyges.agents.nn.devices import device_of, threads
from gyges.agents.nn.networks import ActorCritic, NetworkPolicy
from gyges.agents.nn.normaliser import Normaliser
from gyges.envs.errors import ConfigError

Algorithm = Literal["awr", "iql", "cql", "q"]
ALGORITHMS: tuple[Algorithm, ...] = get_args(Algorithm)
HEAVIEST = 20.0
"""Greatest weight of a decision in weighted cloning."""
RUNAWAY = 1e4
"""Mean absolute value, in standard deviations of the scores to come, at which a run counts as diverged."""

Values = dict[str, Tensor]


@dataclasses.dataclass(frozen=True)
class Offline(SGDOptions):
    """How to learn from scored records."""

    algorithm: Algorithm = "iql"
    """Which (see the module's head)."""
    discount: Annotated[float, Meta(ge=0, le=1)] = 0.99
    """What a score one decision later is worth."""
    beta: Annotated[float, Meta(ge=1e-6, le=1e6)] = 0.3
    """awr, iql: how many standard deviations of the advantage make a decision weigh e times as much."""
    expectile: Annotated[float, Meta(ge=0.5, le=0.999)] = 0.8
    """iql: which expectile of Q the value follows; 0.5 is the mean, 1 the best act in the data."""
    alpha: Annotated[float, Meta(ge=0, le=1e6)] = 0.1
    """cql: weight of the penalty on acts that are not in the data."""
    target_rate: Annotated[float, Meta(ge=1e-6, le=1)] = 0.01
    """iql, cql, q: how far the target network moves to the learned one at each step."""


class Learnt(NamedTuple):
    """What came of it."""

    network: ActorCritic  # the policy, or for cql and q the Q-function in place of logits
    greedy: bool  # whether to play the highest output
    log: list[dict[str, float]]

    def policy(self) -> NetworkPolicy:
        """The network as a policy."""
        return NetworkPolicy(self.network, None, self.greedy)


def learn_offline(
    data: Dataset,
    args: Offline,
    *,
    scores: npt.NDArray[Any] | None,
    network: ActorCritic | None = None,
    report: Report | None = None,
    control: Control | None = None,
) -> Learnt:
    """Train one network on scored records.

    Args:
        data: recorded behaviour.
        args: how.
        scores: of every decision [D].
        network: a policy to go on from (changed in place) instead of a fresh one, for awr.
        report: called with every log line.
        control: how the run is kept, interrupted and resumed.

    Raises:
        DataError: scores are missing, of another length, not finite, or all the same.
        ConfigError: a network for an algorithm that cannot go on from one.
        DivergedError: a loss is no longer finite, or the values run away.
    """
    device_of(args.device)
    given = checked_scores(data, scores)
    train = held_in(data, args.holdout, args.seed)
    ahead = discounted(data, given, args.discount)
    unit = float(ahead[train].std()) or 1.0
    beside = {"score": given / np.float32(unit), "ahead": ahead / np.float32(unit)}
    batches = Minibatches(
        data, args.batch, seed=args.seed, keep=train, beside=beside, after=args.algorithm != "awr"
    )
    learner = LEARNERS[args.algorithm](data, args)
    if network is not None:
        if args.algorithm != "awr":
            raise ConfigError(f"{args.algorithm} does not go on from a policy; awr does")
        learner.network = network.to(args.device).train()
        learner.trained = [network]
    control = control or Control()
    with threads(args.threads):
        log = run_sgd(learner, batches, args, control._replace(report=report or control.report))
    return Learnt(learner.network.eval(), learner.greedy, log)


def discounted(data: Dataset, scores: npt.NDArray[np.float32], discount: float) -> npt.NDArray[np.float32]:
    """For each decision [D] the discounted sum of the scores from it to the end of its episode."""
    if discount == 1.0:
        return data.to_go(scores)
    starts, lengths = np.asarray(data.episodes.start), np.asarray(data.episodes.length)
    order = np.argsort(-lengths, kind="stable")
    starts, lengths = starts[order], lengths[order]
    out = np.array(scores, np.float32)
    for k in range(int(lengths[0]) - 2, -1, -1):  # row k + 1 of every episode that has one
        longer = int(np.searchsorted(-lengths, -(k + 1), side="left"))
        where = starts[:longer] + k
        out[where] += np.float32(discount) * out[where + 1]
    return out


class Minibatch:
    """A minibatch as tensors."""

    def __init__(self, batch: Mapping[str, npt.NDArray[Any]], normaliser: Normaliser) -> None:
        self.features = normaliser.features(batch["codes"])
        self.bits, self.seat = normaliser.tensor(batch["bits"]), normaliser.tensor(batch["seat"])
        self.action = normaliser.tensor(batch["action"]).long()
        self.score, self.ahead = normaliser.tensor(batch["score"]), normaliser.tensor(batch["ahead"])
        if "last" in batch:
            self.next_features = normaliser.features(batch["next_codes"])
            self.next_bits = normaliser.tensor(batch["next_bits"])
            self.going_on = normaliser.tensor(~batch["last"]).float()

    def taken(self, table: Tensor) -> Tensor:
        """The entry [b] of each decision's action in a table [b, A]."""
        return table.gather(1, self.action.unsqueeze(1)).squeeze(1)


class AWR:
    """Advantage-weighted regression."""

    greedy = False
    weight_decay = 0.0

    def __init__(self, data: Dataset, args: Offline) -> None:
        self.data, self.args = data, args
        self.name: str = args.algorithm
        self.normaliser = Normaliser(data, args.device)
        self.network = self._fresh(args.seed)
        self.trained: Sequence[nn.Module] = [self.network]
        self.others: Sequence[nn.Module] = []

    def _fresh(self, seed: int) -> ActorCritic:
        net = fresh(self.data, self.args.hidden, seed).to(self.args.device).train()
        return self.normaliser.begin(net)

    def losses(self, batch: Batch, step: int) -> tuple[Tensor, Values]:
        """The loss of a minibatch, and what to log."""
        return self.loss(Minibatch(batch, self.normaliser))

    def loss(self, batch: Minibatch) -> tuple[Tensor, Values]:
        """The loss, and what to log."""
        answer = self.network(batch.features, batch.bits, batch.seat)
        advantage = batch.ahead - answer.value
        value_loss = advantage.square().mean()
        policy_loss = self.cloning(answer.logits, batch, advantage.detach())
        found = {"value_loss": value_loss, "policy_loss": policy_loss, "value": answer.value.mean()}
        return value_loss + policy_loss, found

    def cloning(self, logits: Tensor, batch: Minibatch, advantage: Tensor) -> Tensor:
        """Cross-entropy with each decision weighted by its advantage."""
        unit = self.args.beta * advantage.std(correction=0) + 1e-8
        weight = (advantage / unit).exp().clamp(max=HEAVIEST)
        return (weight * functional.cross_entropy(logits, batch.action, reduction="none")).mean()

    def after(self) -> None:
        """What is to be done after a gradient step."""

    def plain(self) -> ActorCritic:
        """A copy of the network."""
        return copy.deepcopy(self.network)

    def metrics(self) -> dict[str, float]:
        """Nothing more."""
        return {}

    def check(self, parts: Mapping[str, float]) -> bool:
        """Whether the values are still within reason."""
        return abs(parts["value"]) <= RUNAWAY


class IQL(AWR):
    """Implicit Q-learning: the network's critic is V, a second network's outputs are Q."""

    def __init__(self, data: Dataset, args: Offline) -> None:
        super().__init__(data, args)
        self.q = self._fresh(args.seed + 1)
        self.target = copy.deepcopy(self.q).requires_grad_(False)
        self.trained, self.others = [self.network, self.q], [self.target]

    def loss(self, batch: Minibatch) -> tuple[Tensor, Values]:
        """The loss, and what to log."""
        answer = self.network(batch.features, batch.bits, batch.seat)
        with torch.no_grad():
            believed = batch.taken(policy_logits(self.target, batch.features, batch.bits, batch.seat, None))
            following = self.network(batch.next_features, batch.next_bits, batch.seat).value
            goal = batch.score + self.args.discount * batch.going_on * following
        advantage = believed - answer.value
        side = torch.where(advantage > 0, self.args.expectile, 1 - self.args.expectile)
        value_loss = (side * advantage.square()).mean()
        q = batch.taken(policy_logits(self.q, batch.features, batch.bits, batch.seat, None))
        q_loss = (q - goal).square().mean()
        policy_loss = self.cloning(answer.logits, batch, advantage.detach())
        found = {"value_loss": value_loss, "q_loss": q_loss, "policy_loss": policy_loss, "value": q.mean()}
        return value_loss + q_loss + policy_loss, found

    def after(self) -> None:
        """Move the target."""
        soft_copy(self.target, self.q, self.args.target_rate)


class CQL(AWR):
    """Q-learning with double targets, held down on acts that are not in the data."""

    greedy = True

    def __init__(self, data: Dataset, args: Offline) -> None:
        super().__init__(data, args)
        self.alpha = args.alpha
        self.target = copy.deepcopy(self.network).requires_grad_(False)
        self.others = [self.target]

    def loss(self, batch: Minibatch) -> tuple[Tensor, Values]:
        """The loss, and what to log."""
        table = policy_logits(self.network, batch.features, batch.bits, batch.seat, None)
        q = batch.taken(table)
        with torch.no_grad():
            following = (batch.next_features, batch.next_bits, batch.seat, None)
            best = policy_logits(self.network, *following).argmax(1, keepdim=True)
            worth = policy_logits(self.target, *following).gather(1, best).squeeze(1)
            goal = batch.score + self.args.discount * batch.going_on * worth
        q_loss = functional.smooth_l1_loss(q, goal)
        found = {"q_loss": q_loss, "value": q.mean()}
        if not self.alpha:
            return q_loss, found
        gap = (table.logsumexp(1) - q).mean()
        return q_loss + self.alpha * gap, {**found, "conservative_gap": gap}

    def after(self) -> None:
        """Move the target."""
        soft_copy(self.target, self.network, self.args.target_rate)


class PlainQ(CQL):
    """Q-learning on the data, nothing held down."""

    def __init__(self, data: Dataset, args: Offline) -> None:
        super().__init__(data, args)
        self.alpha = 0.0


LEARNERS: dict[str, type[AWR]] = {"awr": AWR, "iql": IQL, "cql": CQL, "q": PlainQ}
