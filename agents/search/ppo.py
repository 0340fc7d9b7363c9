"""PPO by self-play, without a search: what a network learns of chess variants by trial alone.

Read from top to bottom: options, returns, games, what the network says, a rollout, an update and its loss.
The network is AlphaZero's (`gyges.agents.search.network`), and so are its checkpoints; it chooses among the
listed legal moves. One player's gain is the other's loss:

* values are chances of win, draw and loss for the player to move; win and loss change places where the next
  decision is the other player's. Returns are TD(lambda)'s without discount, and win less loss of what they
  add is generalised advantage estimation (Schulman et al. 2016);
* in some games one of at most twelve earlier selves, drawn anew for every rollout, plays a seat. Its moves
  belong to what happens to the learner, and are not learnt from;
* some games begin at positions of earlier games.

Rollouts and gradient steps take turns in one process, so that a run that is killed goes on bit for bit.
Variants take turns too, a rollout each. Schulman et al. 2017.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NamedTuple

import gyges.agents.nn  # noqa: F401  # isort: skip  (says which extra is missing)

import numpy as np
import numpy.typing as npt
import torch
from msgspec import Meta
from torch import Tensor
from torch.nn import functional
from torch.nn.utils import clip_grad_norm_, parameters_to_vector, vector_to_parameters

from gyges.agents.nn import optimiser, pytree
from gyges.agents.search.inputs import describe, inputs_of
from gyges.agents.search.learner import Run
from gyges.agents.search.network import RulesNetwork, Shape, about, tensors, untrained
from gyges.agents.search.restarts import Bools, Games, Ints, Shares, pick, within
from gyges.agents.search.selfplay import Terms
from gyges.agents.search.trees import IMPOSSIBLE, Leaves, Search, Trees
from gyges.envs.errors import DivergedError
from gyges.envs.fairychess.engine import layout as at
from gyges.envs.fairychess.variants.ini_files import Variant

Arrays = dict[str, npt.NDArray[Any]]
Floats = npt.NDArray[np.float32]
SELVES = 12
"""Earlier selves that are kept, at most."""


@dataclasses.dataclass(frozen=True)
class SelfPlayPPOOptions(Shape):
    """Options of a run; those of the network's shape come first."""

    moves: Annotated[int, Meta(ge=1, le=1 << 40)] = 1_000_000
    """Moves of self-play."""
    games: Annotated[int, Meta(ge=1, le=1 << 16)] = 64
    """Games of a variant that are played side by side."""
    steps: Annotated[int, Meta(ge=1, le=1 << 16)] = 64
    """Moves of each game a rollout."""
    openings: Annotated[int, Meta(ge=0, le=64)] = 6
    """Up to so many random plies begin a game."""
    cap: Annotated[int, Meta(ge=2, le=1 << 16)] = 160
    """Plies after which a game is drawn."""
    restarts: Annotated[float, Meta(ge=0, le=1)] = 0.25
    """Share of games that begin at a position of an earlier game."""
    stored: Annotated[int, Meta(ge=1, le=1 << 24)] = 4096
    """Such positions of a variant that are kept, one of each game; new ones take the place of any."""
    earlier: Annotated[float, Meta(ge=0, le=1)] = 0.25
    """Share of games in which an earlier self plays a seat."""
    epochs: Annotated[int, Meta(ge=1, le=1 << 10)] = 3
    """Passes over each rollout."""
    batch: Annotated[int, Meta(ge=1, le=1 << 20)] = 512
    """Decisions in a gradient step."""
    learning_rate: Annotated[float, Meta(gt=0, le=10)] = 1e-3
    """Step size of AdamW."""
    fall: Annotated[float, Meta(ge=0, le=1)] = 0.25
    """In so much of the run, its end, the step size falls to a tenth."""
    weight_decay: Annotated[float, Meta(ge=0, le=10)] = 1e-4
    """Of AdamW."""
    lam: Annotated[float, Meta(ge=0, le=1)] = 0.95
    """Trace decay of returns and advantages, per decision."""
    clip: Annotated[float, Meta(ge=1e-6, le=10)] = 0.2
    """How far the probability ratio may move before its gradient stops."""
    entropy: Annotated[float, Meta(ge=0, le=100)] = 0.01
    """Weight of the entropy bonus, over the listed moves."""
    value_weight: Annotated[float, Meta(ge=0, le=100)] = 0.5
    """Weight of the cross-entropy of win, draw and loss."""
    max_grad_norm: Annotated[float, Meta(ge=1e-9, le=1e9)] = 0.5
    """Gradients longer than this are shortened to it."""
    target_kl: Annotated[float, Meta(ge=0, le=100)] = 0.0
    """Stop the passes over a rollout once the policy has moved so far, in nats; 0: never."""
    seed: int = 0
    """Of weights, games and the order of learning."""
    device: str = "cpu"
    """Where the network computes."""
    threads: Annotated[int, Meta(ge=1, le=1 << 10)] = 1
    """CPU threads of the network."""
    log_every: Annotated[int, Meta(ge=1, le=1 << 40)] = 4096
    """Moves between two log lines."""


def returns(
    chances: Floats, turn: Ints, own: Bools, ended: Bools, result: Ints, last: Floats, last_turn: Ints,
    lam: float,
) -> Floats:  # fmt: skip
    """TD(lambda) returns without discount, as chances of win, draw and loss [T, R, 3].

    What follows a decision is the learner's next decision in the game, its end, or the position after the
    rollout; win and loss change places where another player moves there.

    Args:
        chances: float32 [T, R, 3] what the network gave to the player to move.
        turn: int32 [T, R] that player.
        own: bool [T, R] whether the learner decided; other decisions are passed over.
        ended: bool [T, R] whether the move ended the game.
        result: int32 [T, R] how it ended for who made the move: 1, 0 or -1.
        last: float32 [R, 3] chances after the rollout.
        last_turn: int32 [R] player to move there.
        lam: trace decay per decision.
    """
    found = np.zeros_like(chances)
    ahead, further, who = last, last, last_turn  # chances, return and player of what follows
    ends = np.eye(3, dtype=np.float32)[1 - result]
    for t in reversed(range(len(chances))):
        over, mine = ended[t][:, None], own[t][:, None]
        ahead, further = np.where(over, ends[t], ahead), np.where(over, ends[t], further)
        who = np.where(ended[t], turn[t], who)
        mixed = (1 - lam) * ahead + lam * further
        found[t] = np.where((who == turn[t])[:, None], mixed, mixed[:, ::-1])
        ahead, further = np.where(mine, chances[t], ahead), np.where(mine, found[t], further)
        who = np.where(own[t], turn[t], who)
    return found


def answers(network: RulesNetwork, leaves: Leaves, device: torch.device) -> tuple[Tensor, Tensor]:
    """Log-probabilities of the listed moves [B, most] (nothing behind them), and logits of win, draw and loss
    [B, 3] for the player to move."""
    c, shown = leaves.compiled, network.spec.rules
    given = inputs_of(c, leaves.rows, leaves.seen, leaves.moves, leaves.counts, shown)
    parts = tensors(given, device)
    logits, outcome = network(about(describe(c, shown), device), parts)
    listed = torch.full((len(leaves.rows), int(leaves.counts.max())), IMPOSSIBLE, device=device)
    listed[parts[-1], torch.from_numpy(within(leaves.counts)).to(device)] = logits
    return listed.log_softmax(1), outcome


class Experience(NamedTuple):
    """The learner's N decisions in a rollout, positions as the integers they are.

    Attributes:
        leaves: the positions and their legal moves.
        edge: int64 [N] which was played.
        shares: float32 [N] logarithm of its probability.
        advantage: float32 [N].
        outcome: float32 [N, 3] returns, as chances of win, draw and loss.
    """

    leaves: Leaves
    edge: npt.NDArray[np.int64]
    shares: Floats
    advantage: Floats
    outcome: Floats


class SelfPlayPPO(Run):
    """A run; arguments and errors are those of `Run`.

    Attributes:
        moves: that have been played.
        network: as it stands.
        selves: float32 [SELVES, P] weights of earlier selves; `kept` of them are filled, `apart` rollouts
            lie between two.
    """

    NAME = "selfplay-ppo"

    def __init__(self, variants: Sequence[Variant], options: SelfPlayPPOOptions) -> None:
        super().__init__(variants, options)
        self.rival: RulesNetwork = untrained(options.seed, self.network.spec).to(self.device)
        shares = Shares(options.restarts, options.stored, options.earlier)
        terms = Terms(Search(0), options.openings, 0, options.cap)
        self.tables = [
            Games(c, options.games, shares, terms, self._rng(0, k)) for k, c in enumerate(self.variants)
        ]
        self.rollouts = self.kept = 0
        self.apart = 1
        self.selves = np.zeros((SELVES, parameters_to_vector(self.network.parameters()).numel()), np.float32)

    def _turn(self) -> None:
        self._remember()
        self._learn(self._play())
        self.rollouts += 1

    def _remember(self) -> None:
        """Keep the network as it is, at even intervals since the run began; they double at the limit."""
        if self.rollouts % self.apart == 0 and self.kept == SELVES:
            self.selves[: SELVES // 2] = self.selves[::2]
            self.kept, self.apart = SELVES // 2, 2 * self.apart
        if self.rollouts % self.apart == 0:
            self.selves[self.kept] = parameters_to_vector(self.network.parameters()).detach().cpu().numpy()
            self.kept += 1

    def _play(self) -> Experience:
        """A rollout of the variant whose turn it is."""
        options, games = self.options, self.tables[self.rollouts % len(self.tables)]
        rng = self._rng(1, self.rollouts)
        earlier = torch.from_numpy(self.selves[rng.integers(self.kept)]).to(self.device)
        vector_to_parameters(earlier, self.rival.parameters())
        shape, every = (options.steps, options.games), np.arange(options.games)
        chances, shares = np.zeros((*shape, 3), np.float32), np.zeros(shape, np.float32)
        turn, result, edge = (np.zeros(shape, np.int32) for _ in range(3))
        own, ended = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
        seen: list[Leaves] = []
        for t in range(options.steps):
            trees = Trees(games.compiled, games.rows, games.past, 2)
            leaves = trees.leaves()[1]
            turn[t] = leaves.rows[:, at.TURN]
            own[t] = turn[t] != games.rival
            policy, chances[t] = self._asked(self.network, leaves)
            noise = rng.gumbel(size=(options.games, int(leaves.counts.max())))
            edge[t] = (policy + noise).argmax(1)
            shares[t] = policy[every, edge[t]]
            if len(others := np.flatnonzero(~own[t])):
                policy, _ = self._asked(self.rival, pick(leaves, others))
                edge[t, others] = (policy + noise[others, : policy.shape[1]]).argmax(1)
            ended[t], result[t] = games.advance(trees, edge[t], rng)
            self._tally(games, turn[t], ended[t], result[t])
            games.renew(ended[t], rng)
            seen.append(leaves)
        leaves = Trees(games.compiled, games.rows, games.past, 1).leaves()[1]
        _, last = self._asked(self.network, leaves)
        target = returns(chances, turn, own, ended, result, last, leaves.rows[:, at.TURN], options.lam)
        self.moves += own.size
        rows, times, moves, counts = (
            np.concatenate([getattr(one, part) for one in seen])
            for part in ("rows", "seen", "moves", "counts")
        )
        learnt = pick(Leaves(games.compiled, rows, times, moves, counts), np.flatnonzero(own))
        advantage = (target - chances) @ np.array([1, 0, -1], np.float32)
        return Experience(learnt, edge[own].astype(np.int64), shares[own], advantage[own], target[own])

    def _asked(self, network: RulesNetwork, leaves: Leaves) -> tuple[Floats, Floats]:
        """Log-probabilities of the listed moves, and chances of win, draw and loss."""
        with torch.inference_mode():
            shares, outcome = answers(network, leaves, self.device)
            return shares.cpu().numpy(), outcome.softmax(1).cpu().numpy()

    def _tally(self, games: Games, turn: Ints, ended: Bools, result: Ints) -> None:
        """Count the games that a move has ended."""
        self.games += int(ended.sum())
        self._count(games=ended.sum(), plies=games.ply[ended].sum(), draws=(result[ended] == 0).sum())
        met = ended & (games.rival >= 0)
        gained = np.where(turn == games.rival, -result, result)[met]
        self._count(met=met.sum(), score=((gained + 1) / 2).sum())

    def _learn(self, given: Experience) -> None:
        """Some passes over a rollout, in another order each."""
        options, many, rng = self.options, len(given.edge), self._rng(2, self.rollouts)
        self._step_size()
        for _ in range(options.epochs if many else 0):
            for part in np.array_split(rng.permutation(many), max(1, many // options.batch)):
                loss, parts = self._loss(given, part)
                if not math.isfinite(float(loss.detach())):
                    raise DivergedError(f"diverged at gradient step {self.steps + 1} (not taken)")
                self.adam.zero_grad(set_to_none=True)
                loss.backward()  # type: ignore[no-untyped-call]
                clip_grad_norm_(self.network.parameters(), options.max_grad_norm)
                self.adam.step()
                self.steps += 1
                self._count(steps=1, **parts)
                if options.target_kl and parts["kl"] > options.target_kl:
                    return

    def _loss(self, given: Experience, part: npt.NDArray[np.int64]) -> tuple[Tensor, dict[str, float]]:
        """The clipped objective on a minibatch; and its parts, for the log."""
        options = self.options
        edge, before, advantage, target = (
            torch.from_numpy(array[part]).to(self.device)
            for array in (given.edge, given.shares, given.advantage, given.outcome)
        )
        shares, outcome = answers(self.network, pick(given.leaves, part), self.device)
        shift = shares.gather(1, edge[:, None])[:, 0] - before
        ratio = shift.exp()
        advantage = (advantage - advantage.mean()) / (advantage.std(unbiased=False) + 1e-8)
        gain = torch.minimum(ratio * advantage, ratio.clamp(1 - options.clip, 1 + options.clip) * advantage)
        entropy = -(shares.exp() * shares).sum(1).mean()
        value = functional.cross_entropy(outcome, target)
        loss = -gain.mean() - options.entropy * entropy + options.value_weight * value
        with torch.no_grad():
            clipped = ((ratio - 1).abs() > options.clip).float().mean()
            parts = {"policy": -gain.mean(), "value": value, "entropy": entropy,
                     "kl": (ratio - 1 - shift).mean(), "clipped": clipped}  # fmt: skip
            return loss, {name: float(one) for name, one in parts.items()}

    def _own(self, sums: Mapping[str, float]) -> dict[str, float]:
        line = {"earlier_score": sums["score"] / sums["met"]} if sums.get("met") else {}
        if steps := sums.get("steps"):
            line |= {name: sums[name] / steps for name in ("entropy", "kl", "clipped")}
        return line

    # To go on.

    def state(self) -> tuple[Arrays, Any]:
        """All that going on needs besides weights and options, as arrays and their plan."""
        return pytree.flatten(self._like())

    def _like(self) -> dict[str, Any]:
        counts = [self.rollouts, self.moves, self.steps, self.games, self.kept, self.apart]
        return {
            "counts": np.array(counts, np.int64),
            "sums": {name: np.array(value) for name, value in self.sums.items()},
            "adam": optimiser.state_of(self.adam, list(self.network.parameters())),
            "selves": self.selves,
            "tables": [table.arrays() for table in self.tables],
        }

    def _take(self, state: Any) -> None:
        counts = [int(n) for n in state["counts"]]
        self.rollouts, self.moves, self.steps, self.games, self.kept, self.apart = counts
        self.selves = state["selves"]
        for table, held in zip(self.tables, state["tables"], strict=True):
            table.take(held)
