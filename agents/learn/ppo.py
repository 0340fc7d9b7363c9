"""Proximal policy optimisation (Schulman et al. 2017) on batches, for one seat, some seats or self-play.

Read from top to bottom: the options, the advantages, one update and its loss, the loop, what a checkpoint
keeps. Rollouts are played by `gyges.agents.learn.collector`; `ppo_gradient` has the same loss's gradient
written out by hand, which is quicker for an mlp on a CPU and otherwise not needed.
Where this departs from the common single-file versions:

* one decision is one sample: a seat that is not to move has no choice, gives no sample, and what it is
  paid meanwhile belongs to its last decision (discounted per step, lambda per decision);
* a seat cut by a time limit is bootstrapped from the value of its last observation; one that ended by
  the rules is not;
* rewards are divided by the running standard deviation of the discounted return, as in Engstrom et al.,
  "Implementation matters in deep policy gradients" (ICLR 2020);
* a penalty on the log-ratio to a data policy is part of the reward, so that it counts what later steps
  will cost as well (Jaques et al. 2017; Ouyang et al. 2022); so is one on the chi-square divergence of the
  occupancies (`gyges.agents.learn.occupancy`).
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import torch
from msgspec import Meta
from torch import Tensor, nn

from gyges.agents.data.dataset import Dataset
from gyges.agents.learn.collector import Collector, Rollout
from gyges.agents.learn.occupancy import Occupancy, penalty
from gyges.agents.learn.ppo_gradient import ManualGradient, eligible
from gyges.agents.nn import checkpoint, optimiser, pytree
from gyges.agents.nn.devices import device_of
from gyges.agents.nn.networks import ActorCritic, check_network
from gyges.agents.nn.normaliser import merge_moments, unit_of
from gyges.agents.rewards import Conscience, RewardSource, TaskReward, check_source
from gyges.envs.errors import ConfigError, DivergedError, FileError
from gyges.envs.game import Game
from gyges.envs.options import Options
from gyges.envs.policy import Seats

IDLE = 1000
"""Rollouts without a decision to learn from after which training ends."""


@dataclasses.dataclass(frozen=True)
class PPOConfig(Options):
    """Options of PPO."""

    frames: Annotated[int, Meta(ge=1, le=1 << 40)] = 2_000_000
    """Decisions to learn from before the end."""
    rows: Annotated[int, Meta(ge=1, le=1 << 40)] = 128
    """Environments played at once."""
    steps: Annotated[int, Meta(ge=1, le=1 << 40)] = 64
    """Steps of each environment a rollout."""
    epochs: Annotated[int, Meta(ge=1, le=1 << 40)] = 4
    """Passes over each rollout."""
    minibatch: Annotated[int, Meta(ge=1, le=1 << 40)] = 512
    """Decisions a gradient step (for a trunk with memory, in whole sequences)."""
    learning_rate: Annotated[float, Meta(ge=0, le=10)] = 1e-3
    """Of Adam, at the start."""
    anneal: bool = True
    """Whether the learning rate falls to 0 in a straight line over `frames`."""
    gamma: Annotated[float, Meta(ge=0, le=1)] = 0.997
    """Discount per step."""
    lam: Annotated[float, Meta(ge=0, le=1)] = 0.95
    """Trace decay of the advantages, per decision."""
    clip: Annotated[float, Meta(ge=1e-6, le=10)] = 0.2
    """How far the probability ratio may move before its gradient stops."""
    entropy: Annotated[float, Meta(ge=0, le=100)] = 0.01
    """Weight of the entropy bonus."""
    value_weight: Annotated[float, Meta(ge=0, le=100)] = 0.5
    """Weight of the value's squared error."""
    max_grad_norm: Annotated[float, Meta(ge=1e-9, le=1e9)] = 0.5
    """Gradients longer than this are shortened to it."""
    target_kl: Annotated[float, Meta(ge=0, le=100)] = 0.0
    """Stop the passes over a rollout once the policy has moved so far, in nats; 0: never."""
    bootstrap: bool = True
    """Whether a time limit is a cut (its last observation is valued) or an end (of value 0)."""
    standardise: bool = True
    """Whether a fresh network's features are standardised by their running mean and deviation."""
    stagger: bool = True
    """Whether the rows are spread over the episode before the first rollout."""
    scale_rewards: bool = True
    """Whether rewards are divided by the running deviation of the discounted return."""
    kl_weight: Annotated[float, Meta(ge=0, le=1e6)] = 0.0
    """Price of a nat of log-ratio to the data policy, in the game's reward unit."""
    chi2_weight: Annotated[float, Meta(ge=0, le=1e6)] = 0.0
    """Price of a unit of sqrt(chi-square) between the learner's occupancy and a dataset's, in the game's
    reward unit."""
    conscience: Annotated[float, Meta(ge=0, le=1e9)] = 0.0
    """Reward taken away for each estimated violation, in the game's reward unit."""
    condition: int = -1
    """Condition token of the network in training and play; -1: none."""
    trunk: str = "mlp"
    """mlp, gru or attention; or module:Class of one's own."""
    hidden: tuple[int, ...] = (64, 64)
    """Units of the hidden layers."""
    seat_token: bool = False
    """Whether the seat is an input of the network."""
    separate: bool = False
    """One network per seat instead of one for all."""
    labels: bool = False
    """Judge every decision, to log the rate of violations."""
    seed: int = 0
    """Of weights, environments and draws. The same seed, device and thread count give the same run."""
    device: str = "cpu"
    """cpu or cuda."""
    threads: Annotated[int, Meta(ge=0, le=1024)] = 0
    """CPU threads; 0: all cores."""

    def __post_init__(self) -> None:
        """Raise ConfigError where an option is out of bounds."""
        object.__setattr__(self, "hidden", tuple(self.hidden))
        super().__post_init__()


def advantages(
    rollout: Rollout, reward: Tensor, gamma: float, lam: float, bootstrap: bool = True
) -> tuple[Tensor, Tensor]:
    """Generalised advantage estimates (Schulman et al. 2016), one per decision.

    Args:
        rollout: T steps of R pairs.
        reward: what is learnt from, float32 [T, R].
        gamma: discount per step.
        lam: trace decay per decision.
        bootstrap: whether a cut by a time limit takes its last observation's value.

    Returns:
        advantage float32 [T, R], and which entries [T, R] are samples: decisions whose future is known
        up to a value. (A decision after which the rollout ends amid others' moves is left out.)
    """
    tail = rollout.last_value.clone()  # value of what follows step t
    carry = torch.zeros_like(tail)  # traces of later decisions
    known = rollout.last_moves.clone()
    advantage = torch.zeros_like(reward)
    sample = torch.zeros_like(rollout.moved)
    for t in reversed(range(len(reward))):
        done, moved = rollout.done[t], rollout.moved[t]
        after = torch.where(done, rollout.cut[t], tail) if bootstrap else tail * ~done
        tail = reward[t] + gamma * after
        carry = gamma * carry * ~done
        known = known | done
        sample[t] = moved & known
        own = tail - rollout.value[t] + carry
        advantage[t] = torch.where(sample[t], own, 0.0)
        tail = torch.where(moved, rollout.value[t], tail)
        carry = torch.where(moved, lam * advantage[t], carry)
        known = known | moved
    return advantage, sample


class PPO:
    """A learner: network, optimiser, and the environments it plays in.

    Args:
        game: what is learnt.
        config: options.
        network: to start from; a fresh one by default.
        reward: what the learner is paid; the task's reward by default. Its score is learnt from, the
            task's own return is logged beside it.
        seats: who sits where [B][N], None for the learner; self-play by default.
        reference: the data policy of `kl_weight`, and its condition token.
        data: recorded decisions, the occupancy that `chi2_weight` holds the learner to.

    Attributes:
        frames, updates: decisions learnt from, and rollouts, so far.
    """

    def __init__(
        self, game: Game, config: PPOConfig | None = None, *, network: ActorCritic | None = None,
        reward: RewardSource | None = None, seats: Seats | None = None,
        reference: tuple[ActorCritic, int | None] | None = None, data: Dataset | None = None,
    ) -> None:  # fmt: skip
        self.game, self.config = game, config or PPOConfig()
        c = self.config
        device_of(c.device)
        check_network(network, None if reference is None else reference[0])
        if c.kl_weight > 0 and reference is None:
            raise ConfigError("kl_weight needs a data policy")
        if c.chi2_weight > 0 and data is None:
            raise ConfigError("chi2_weight needs a dataset")
        self.standardises = network is None and c.standardise
        network = fresh(game, c) if network is None else network
        tokens = network.spec.condition_tokens
        if c.condition >= tokens:
            raise ConfigError(f"condition {c.condition}: the network has {tokens} condition tokens")
        self.network = network.to(c.device)
        source = TaskReward() if reward is None else reward
        check_source(source)
        if c.conscience > 0:
            source = Conscience(source, c.conscience)
        self.collector = Collector(
            game, self.network, rows=c.rows, steps=c.steps, seed=c.seed, device=c.device, reward=source,
            seats=seats, condition=c.condition if c.condition >= 0 else None, gamma=c.gamma,
            labels="taken" if c.labels else "off", threads=c.threads or None,
            reference=None if reference is None else (reference[0].to(c.device).eval(), reference[1]),
        )  # fmt: skip
        self.optimiser = torch.optim.Adam(self.network.parameters(), lr=c.learning_rate, eps=1e-5, fused=True)
        self.manual: ManualGradient | None = None
        if eligible(self.network):
            self.manual = ManualGradient(self.network, c.clip, c.entropy, c.value_weight)
        self.generator = self.collector.generator
        self.occupancy: Occupancy | None = None
        if c.chi2_weight > 0 and data is not None:
            data.check(game)
            self.occupancy = Occupancy(data, seed=c.seed, device=c.device)
        self.frames = self.updates = self.idle = 0
        self.moments = (0.0, 0.0, 0.0)  # count, mean, sum of squared deviations of discounted returns
        size = game.observation_size
        self.seen = torch.zeros(3, size, dtype=torch.float64, device=c.device)  # the same of each feature

    # One update.

    def update(self) -> dict[str, float]:
        """Collect one rollout and learn from it; returns what is logged (docs/ppo.md).

        Raises:
            DivergedError: rewards, losses or gradients are not finite.
        """
        c, begun = self.config, time.perf_counter()
        share = min(self.frames / c.frames, 1.0)
        rate = c.learning_rate * (1 - share) if c.anneal else c.learning_rate
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        if self.updates == 0 and c.stagger:
            self.collector.stagger()
        rollout = self.collector.collect()
        played = time.perf_counter()
        with torch.no_grad():
            reward = rollout.reward
            if c.kl_weight > 0:
                reward = reward - c.kl_weight * self.collector.divergence
        far: dict[str, float] = {}
        if self.occupancy is not None:
            held, far = self._hold(self.occupancy, rollout)
            reward = reward + c.chi2_weight * held
        with torch.no_grad():
            reward = reward * self._scale()
            advantage, sample = advantages(rollout, reward, c.gamma, c.lam, c.bootstrap)
            target = advantage + rollout.value
        count = int(sample.sum())
        logged = self._learn(rollout, advantage, target, sample) if count else {}
        self.idle = 0 if count else self.idle + 1
        if self.idle == IDLE:
            raise ConfigError(
                f"no decision of {IDLE} rollouts can be learnt from: their {c.steps} steps are few"
            )
        if self.standardises:
            self._standardise(rollout)
        self.frames += count
        self.updates += 1
        return {**self._summary(rollout, rate, begun, played), **far, **logged}

    def _hold(self, occupancy: Occupancy, rollout: Rollout) -> tuple[Tensor, dict[str, float]]:
        """The reward that holds the learner to the data's occupancy [T, R]; and how far off it is."""
        decided = (rollout.features[rollout.moved], rollout.action[rollout.moved])
        loss = occupancy.fit(*decided, self.generator, max(64, len(decided[1]) // self.config.minibatch))
        paid, chi2 = penalty(occupancy.ratio(*decided), rollout.moved)
        return paid, {"chi2": chi2, "occupancy_loss": loss}

    def _scale(self) -> float:
        """1 over the deviation of the discounted return, this rollout's included; 1 if it hardly varies."""
        if not self.config.scale_rewards:
            return 1.0
        runs = self.collector.runs.double().flatten()
        old = torch.tensor(self.moments, dtype=torch.float64, device=runs.device)
        count, mean, squares = merge_moments(old.unsqueeze(1), runs.unsqueeze(1)).flatten().tolist()
        self.moments = (count, mean, squares)
        return 1 / float(unit_of(torch.tensor(math.sqrt(squares / count))))

    def _standardise(self, rollout: Rollout) -> None:
        """Let the next rollout's features be standardised by all seen so far."""
        self.seen = merge_moments(self.seen, rollout.features.flatten(0, 1))
        self.network.standardise(self.seen[1].float(), (self.seen[2] / self.seen[0]).sqrt().float())

    def _learn(self, rollout: Rollout, advantage: Tensor, target: Tensor, sample: Tensor) -> dict[str, float]:
        c = self.config
        chosen = advantage[sample]
        advantage = (advantage - chosen.mean()) / (chosen.std(correction=0) + 1e-8)
        self._prepare(rollout, advantage, target)
        sums = torch.zeros(6, device=sample.device)
        passes = steps = 0
        for _ in range(c.epochs):
            moved = torch.zeros((), device=sample.device)
            parts = self._minibatches(sample)
            for part in parts:
                if self.manual is not None:
                    parts_of_loss = self.manual.gradients(part)
                else:
                    loss, parts_of_loss = self._loss(rollout, advantage, target, sample, part)
                    self.optimiser.zero_grad(set_to_none=True)
                    loss.backward()  # type: ignore[no-untyped-call]
                length = nn.utils.clip_grad_norm_(self.network.parameters(), c.max_grad_norm)
                self.optimiser.step()
                sums += torch.stack([*parts_of_loss, length])
                moved += parts_of_loss[3]
            passes, steps = passes + 1, steps + len(parts)
            if c.target_kl > 0 and float(moved) / len(parts) > c.target_kl:
                break
        means = [x / steps for x in sums.tolist()]
        if not all(math.isfinite(x) for x in means):
            raise DivergedError(f"update {self.updates + 1}: a loss or gradient is not finite")
        names = ("policy_loss", "value_loss", "entropy", "approx_kl", "clip_share", "grad_norm")
        spread = float(target[sample].var(correction=0))
        left = float((target - rollout.value)[sample].var(correction=0))
        explained = 1 - left / spread if spread > 0 else math.nan
        loss_parts = dict(zip(names, means, strict=True))
        return {**loss_parts, "explained_variance": explained, "passes": float(passes)}

    def _prepare(self, rollout: Rollout, advantage: Tensor, target: Tensor) -> None:
        """Hand a rollout to the gradients written by hand, where they serve."""
        if self.manual is None:
            return
        pairs = self.collector.seat.expand_as(rollout.action).flatten()
        with torch.no_grad():
            inputs = self.network.inputs(rollout.features.flatten(0, 1), pairs, self._token(len(pairs)))
        flat = (rollout.action, rollout.log_probability, advantage, target)
        self.manual.begin(inputs, rollout.bits.flatten(0, 1), *(x.flatten() for x in flat))

    def _minibatches(self, sample: Tensor) -> list[Tensor]:
        """Indices of shuffled minibatches: into flat samples, or into pairs where there is memory."""
        device, most = sample.device, self.config.minibatch
        if self.network.spec.memory_size:
            rows = sample.any(0).nonzero().squeeze(1)  # a pair without a sample has nothing to learn from
            rows = rows[torch.randperm(len(rows), generator=self.generator, device=device)]
            return list(rows.tensor_split(max(1, round(sample.numel() / most))))[: len(rows)]
        index = sample.flatten().nonzero().squeeze(1)
        order = torch.randperm(len(index), generator=self.generator, device=device)
        return list(index[order].tensor_split(max(1, round(len(index) / most))))

    def _loss(
        self, rollout: Rollout, advantage: Tensor, target: Tensor, sample: Tensor, part: Tensor
    ) -> tuple[Tensor, list[Tensor]]:
        """The clipped objective on one minibatch; and its parts, for the log."""
        c = self.config
        if self.network.spec.memory_size:
            pairs, used = part, sample[:, part].flatten()
            answer = self.network.unroll(
                rollout.features[:, pairs], rollout.bits[:, pairs], self.collector.seat[pairs],
                self._token(len(pairs)), rollout.memory[pairs], rollout.first[:, pairs],
            )  # fmt: skip
            logits, value = answer.logits.flatten(0, 1)[used], answer.value.flatten()[used]

            def of(array: Tensor) -> Tensor:
                return array[:, pairs].flatten()[used]

        else:

            def of(array: Tensor) -> Tensor:
                return array.flatten(0, 1).index_select(0, part)

            seat = self.collector.seat[part % sample.shape[1]]
            answer = self.network(of(rollout.features), of(rollout.bits), seat, self._token(len(part)))
            logits, value = answer.logits, answer.value
        shares = logits.log_softmax(1)
        now = shares.gather(1, of(rollout.action).unsqueeze(1)).squeeze(1)
        shift = now - of(rollout.log_probability)
        ratio = shift.exp()
        chosen = of(advantage)
        gain = torch.minimum(ratio * chosen, ratio.clamp(1 - c.clip, 1 + c.clip) * chosen).mean()
        error = (value - of(target)).square().mean()
        entropy = -(logits.softmax(1) * shares).sum(1).mean()  # exp is slow where shares are far below 0
        loss = -gain - c.entropy * entropy + 0.5 * c.value_weight * error
        with torch.no_grad():
            clipped = ((ratio - 1).abs() > c.clip).float().mean()
            return loss, [-gain, error, entropy, (ratio - 1 - shift).mean(), clipped]

    def _token(self, rows: int) -> Tensor | None:
        c = self.config
        return None if c.condition < 0 else torch.full((rows,), c.condition, device=self.collector.device)

    def _summary(self, rollout: Rollout, rate: float, begun: float, played: float) -> dict[str, float]:
        tally, now = rollout.tally, time.perf_counter()
        decisions = max(tally["decisions"], 1.0)
        logged = {
            "frames": float(self.frames), "learning_rate": rate,
            "frames_per_second": decisions / (now - begun), "rollout_share": (played - begun) / (now - begun),
        }  # fmt: skip
        if tally["episodes"]:
            logged["episode_return"] = tally["return"] / tally["episodes"]
            logged["episode_score"] = tally["score"] / tally["episodes"]
        if self.collector.labels != "off":
            logged["violation_rate"] = tally["violations"] / decisions
        if self.collector.reference is not None:
            logged["reference_kl"] = tally["divergence"] / decisions
        return logged

    # The loop.

    def train(
        self, folder: str | Path | None = None, *, every: int = 50, about: Mapping[str, Any] | None = None,
        on_update: Callable[[dict[str, float]], None] | None = None, stop: Callable[[], bool] | None = None,
    ) -> None:  # fmt: skip
        """Update until `frames` decisions are learnt from.

        Args:
            folder: where checkpoints go; none are kept without.
            every: updates between checkpoints; one more is written at the end.
            about: what else the checkpoint is to say of the run.
            on_update: called with what each update logs.
            stop: asked after each update; True ends the training there, with a checkpoint.

        Raises:
            DivergedError: the run diverged; the last checkpoint stands, whole.
            FileError: a checkpoint could not be written; the last one stands, whole.
        """
        if folder is not None and self.updates == 0:
            self.save(folder, about)  # an unwritable folder is found out before an hour's work
        while self.frames < self.config.frames:
            logged = self.update()
            if on_update is not None:
                on_update(logged)
            over = self.frames >= self.config.frames or (stop is not None and stop())
            if folder is not None and (over or self.updates % every == 0):
                self.save(folder, about)
            if over:
                return

    # What a checkpoint keeps, so that a run goes on exactly where it stopped.

    def save(self, folder: str | Path, about: Mapping[str, Any] | None = None) -> None:
        """Write a checkpoint from which `load` goes on exactly, and which plays as a policy.

        Raises:
            FileError: it could not be written; the older one stands.
            DivergedError: the weights are not finite; the older one stands.
        """
        if not all(bool(torch.isfinite(p).all()) for p in self.network.parameters()):
            raise DivergedError(f"update {self.updates}: the weights are not finite")
        arrays, plan = pytree.flatten(self._state())
        said = {
            **(about or {}), "config": dataclasses.asdict(self.config), "frames": self.frames,
            "updates": self.updates, "moments": list(self.moments), "state": plan,
        }  # fmt: skip
        token = self.config.condition if self.config.condition >= 0 else None
        card = checkpoint.Card(
            self.network.spec, "ppo", self.game.id, self.game.settings, condition=token, about=said
        )
        checkpoint.save(folder, self.network, card, arrays)

    def load(self, folder: str | Path) -> None:
        """Take up the training that a checkpoint holds; made with the same game, seats and options.

        `frames` and `threads` may differ.
        Resume only what you trust: the states of the environments are taken as they stand.

        Raises:
            FileError: it is not whole, or is of another run's shape.
        """
        network, card, arrays = checkpoint.load_training(folder)
        about, config = card.about, dataclasses.asdict(self.config)
        own = (self.network.spec, self.game.id, self.game.settings, lasting(config))
        if (card.spec, card.game, dict(card.settings), lasting(about.get("config"))) != own:
            raise FileError(f"{folder}: a run with other options, game or network: {about.get('config')}")
        state = pytree.restore(about.get("state"), arrays, self._state(), str(folder))
        counters = [about.get("frames"), about.get("updates"), *(about.get("moments") or ())]
        if len(counters) != 5 or not all(type(x) in (int, float) and x >= -1e300 for x in counters):
            raise FileError(f"{folder}: counters of the run are missing")
        optimiser.restore(self.optimiser, list(self.network.parameters()), state["adam"], str(folder))
        checkpoint.put(self.network, {k: p.detach().numpy() for k, p in network.named_parameters()})
        self.collector.take(state)
        self.seen.copy_(torch.from_numpy(state["seen"]))
        if self.occupancy is not None:
            self.occupancy.take(state["occupancy"])
        self.frames, self.updates = int(counters[0]), int(counters[1])
        self.moments = (float(counters[2]), float(counters[3]), float(counters[4]))

    def _state(self) -> dict[str, Any]:
        """Everything but the weights that the next update depends on, as a tree of arrays."""
        return {
            "adam": optimiser.state_of(self.optimiser, list(self.network.parameters())),
            "seen": self.seen,
            "occupancy": None if self.occupancy is None else self.occupancy.state(),
            **self.collector.state(),
        }


def fresh(game: Game, config: PPOConfig) -> ActorCritic:
    """An untrained network for a game."""
    roles = tuple(range(game.num_agents)) if config.separate else None
    return ActorCritic.for_game(
        game, trunk=config.trunk, hidden=config.hidden, roles=roles, seat_token=config.seat_token,
        condition_tokens=config.condition + 1, seed=config.seed,
    )  # fmt: skip


def lasting(config: Any) -> Any:
    """Options that a resumed run cannot change, as JSON gives them back."""
    found = config if isinstance(config, dict) else {}
    return {k: list(v) if k == "hidden" else v for k, v in found.items() if k not in ("frames", "threads")}
