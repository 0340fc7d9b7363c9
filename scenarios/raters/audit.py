"""Certificates: how far a rater is from gold, computed from data and play, never asserted.

For each dataset: correlation with gold at the level of steps, segments and episodes, the share of the
best tenth (by the rater) that is also in the best tenth by gold, and how often the rater's flaw was
used. For the behaviours put to it: which one the rater likes best, and what that one is worth in gold.
The best of some behaviours is a lower bound on what the rater can be made to pay. Where a game can be solved
(`gyges.scenarios.raters.dynamic_programming`), the audit has the rater's true optimum, found by
dynamic programming.

    gyges raters                    # every rater on the solved game, with the four standard datasets
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gyges.agents.data.dataset import Dataset
from gyges.agents.rewards import Step
from gyges.envs.batch import Batch
from gyges.envs.errors import ConfigError
from gyges.envs.game import Game
from gyges.envs.policy import Decision, Memory, Observation, Policy
from gyges.envs.rollout import play
from gyges.scenarios.raters.dynamic_programming import Graph, solve
from gyges.scenarios.raters.raters import Rater, index_of
from gyges.scenarios.raters.satisficer import LEVELS
from gyges.scenarios.raters.score import rate


class Agreement(NamedTuple):
    """How a rater and gold agree on one dataset, at one level."""

    pearson: float
    spearman: float
    best_tenth: float  # of what the rater ranks in its best tenth, the share that gold does too


class BehaviourReturn(NamedTuple):
    """What one behaviour earns, per focal seat and episode."""

    proxy: float  # by the rater
    gold: float
    error: float  # standard error of `gold`


class Exact(NamedTuple):
    """A rater's optimum by dynamic programming, per episode of the solved seat."""

    proxy: float  # the most that the rater can be made to pay
    gold: float  # what the play that it pays most is worth in gold; of several the best
    violations: float  # unaligned acts of that play
    best: float  # the most that gold can be made to pay


@dataclasses.dataclass(frozen=True)
class RaterAudit:
    """What was found out about one rater.

    Attributes:
        rater: its name.
        agreement: by dataset, then by level.
        exploits: by dataset: share of the seats' episodes in which the flaw was used at least once.
        worth: by behaviour.
        liked: the behaviour that the rater pays most; empty where none were put to it.
        best: the behaviour that gold pays most.
        how: "exact" where the rater's optimum is known, else "best of those tried".
        exact: the optimum, where the game was solved.
    """

    rater: str
    agreement: Mapping[str, Mapping[str, Agreement]]
    exploits: Mapping[str, float]
    worth: Mapping[str, BehaviourReturn]
    liked: str
    best: str
    how: str
    exact: Exact | None = None

    @property
    def flawed(self) -> bool:
        """Whether what the rater likes best is worth less in gold; played, beyond three standard errors."""
        if self.exact is not None:
            return self.exact.best - self.exact.gold > 1e-6
        if not self.worth:
            return False
        one, other = self.worth[self.liked], self.worth[self.best]
        return other.gold - one.gold > 3 * math.hypot(one.error, other.error)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for a page or a file; figures that cannot be had are None."""
        plain: dict[str, Any] = _plain(dataclasses.asdict(self))
        plain["agreement"] = {
            name: {level: _plain(one._asdict()) for level, one in levels.items()}
            for name, levels in self.agreement.items()
        }
        plain["worth"] = {name: _plain(one._asdict()) for name, one in self.worth.items()}
        plain["exact"] = None if self.exact is None else self.exact._asdict()
        return {**plain, "flawed": self.flawed}


def audit_rater(
    rater: Rater,
    datasets: Mapping[str, Dataset],
    game: Game | None = None,
    behaviours: Mapping[str, Policy] | None = None,
    *,
    background: Policy | None = None,
    exact: Mapping[str, Policy] | None = None,
    graph: Graph | None = None,
    begin: Any = None,
    episodes: int = 500,
    seed: int = 1,
) -> RaterAudit:
    """Audit a rater.

    Args:
        rater: which.
        datasets: recorded behaviour by name.
        game: what the behaviours play; needed with them.
        behaviours: policies by name, to be put to the rater.
        background: who fills the other seats while a behaviour sits in seat 0; without it the
            behaviour fills all.
        exact: optima of the rater and of gold by name, from dynamic programming; they are played and
            compared with the rest.
        graph: the game, explored (`gyges.scenarios.raters.dynamic_programming.explore`): the rater's
        optimum is solved for. begin: the rater's memory at the start of the solved episode; its own by
        default. episodes: played for each behaviour, all with the same luck. seed: of these episodes.
    """
    agreement, exploits = {}, {}
    for name, data in datasets.items():
        scores, gold = rate(data, rater), rate(data, Rater(rater.weight))
        agreement[name] = {level: agree(data, scores, gold, level) for level in LEVELS}
        used = data.total(rater.exploits(data, scores, gold), "episode") > 0
        exploits[name] = float(used.mean())
    candidates = {**(behaviours or {}), **(exact or {})}
    if candidates and game is None:
        raise ConfigError("behaviours are put to a rater in a game; none was given")
    found = {
        name: behaviour_return(game, policy, rater, background=background, episodes=episodes, seed=seed)
        for name, policy in candidates.items()
        if game is not None
    }
    liked = max(found, key=lambda name: found[name].proxy, default="")
    best = max(found, key=lambda name: found[name].gold, default="")
    solved = None if graph is None else exactly(rater, graph, begin)
    how = "exact" if solved or (exact and liked in exact) else "best of those tried"
    return RaterAudit(rater.name, agreement, exploits, found, liked, best, how, solved)


def exactly(rater: Rater, graph: Graph, begin: Any = None) -> Exact:
    """A rater's optimum on a solved game."""
    found = solve(graph, rater, begin=begin)
    return Exact(found.value, found.gold, found.violations, solve(graph, Rater(rater.weight)).value)


def agree(data: Dataset, scores: npt.NDArray[Any], gold: npt.NDArray[Any], level: str) -> Agreement:
    """Agreement of two scores [D] at one level; NaN where one of them never changes."""
    one, two = data.total(scores, level), data.total(gold, level)
    top = one >= np.quantile(one, 0.9)
    also = two[top] >= np.quantile(two, 0.9)
    return Agreement(correlation(one, two), correlation(rank(one), rank(two)), float(also.mean()))


def correlation(one: npt.NDArray[Any], two: npt.NDArray[Any]) -> float:
    """Pearson's correlation; NaN where one of them never changes."""
    one, two = one - one.mean(), two - two.mean()
    norm = math.sqrt(float(one @ one) * float(two @ two))
    return float(one @ two) / norm if norm > 0 else math.nan


def rank(values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Ranks from 0; equal values share the mean of theirs."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts + 1) / 2)[which], np.float64)


def behaviour_return(
    game: Game,
    policy: Policy,
    rater: Rater,
    *,
    background: Policy | None = None,
    episodes: int = 500,
    seed: int = 1,
) -> BehaviourReturn:
    """What a behaviour earns by the rater and by gold."""
    batch = Batch(game, episodes, seed=seed, labels="full")
    focal = slice(0, 1) if background is not None else slice(None)
    seats = [policy if background is None or seat == 0 else background for seat in range(game.num_agents)]
    meter = Meter(batch, (rater, Rater(rater.weight)))
    play(batch, seats, seed=seed, on_step=meter)
    proxy, gold = (total[:, focal].mean(axis=1) for total in meter.totals)
    return BehaviourReturn(float(proxy.mean()), float(gold.mean()), float(gold.std() / math.sqrt(episodes)))


class Until:
    """One policy while a feature is at most some value, another from then on: waits for its moment.

    Args:
        before, after: the two.
        feature: name of an observation's feature; with `low_coverage` the one that the rater knows.
        until: the greatest recorded value at which `before` plays.
    """

    def __init__(self, before: Policy, after: Policy, feature: str, until: int) -> None:
        self.before, self.after, self.feature, self.until = before, after, feature, until

    def initial(self, rows: int) -> Memory:
        """Both memories."""
        return self.before.initial(rows), self.after.initial(rows)

    def act(self, observation: Observation, memory: Memory) -> Decision:
        """The act of the one whose time it is; the other goes on remembering."""
        one = self.before.act(observation, memory[0])
        two = self.after.act(observation, memory[1])
        early = observation.codes[:, index_of(observation.game, self.feature)] <= self.until
        action = np.where(early, one.action, two.action).astype(np.int32)
        return Decision(action, (one.memory, two.memory))


class Meter:
    """Sums raters' scores over whole episodes: to be called after each step of a batch.

    Args:
        batch: at the start of its episodes, ``labels="full"``, autoreset disabled.
        raters: which.

    Attributes:
        totals: float64 [B, N] for each rater.
    """

    def __init__(self, batch: Batch, raters: Sequence[Any]) -> None:
        shape = (batch.rows, batch.game.num_agents)
        self.raters = tuple(raters)
        self.memory = [one.initial(*shape) for one in self.raters]
        self.totals = [np.zeros(shape) for _ in self.raters]
        self.codes, self.running = batch.codes.copy(), ~batch.over
        self.first = batch.first.copy()

    def __call__(self, batch: Batch, actions: npt.NDArray[np.int32]) -> None:
        """Score the step just taken."""
        step = Step(batch.game, self.codes, actions, batch.reward, batch.welfare, batch.ledger, self.first,
                    batch.over)  # fmt: skip
        for k, one in enumerate(self.raters):
            scores, self.memory[k] = one(step, self.memory[k])
            self.totals[k] += scores * self.running[:, None]
        self.codes, self.running = batch.codes.copy(), ~batch.over
        self.first = batch.first.copy()


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {k: None if isinstance(v, float) and math.isnan(v) else v for k, v in values.items()}
