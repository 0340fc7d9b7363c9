"""Trains the arms of the comparison. One network, one budget: the same decisions, the same gradient samples.

All settings but the arm's own are equal, and those that matter were chosen by what the rater paid, never
by gold.
"""

from __future__ import annotations

import time
from typing import Any, NamedTuple, cast

import numpy as np
import torch

from gyges.agents.learn.imitation import Imitated, Imitation, imitate
from gyges.agents.learn.offline import Offline, learn_offline
from gyges.agents.learn.ppo import PPO, PPOConfig
from gyges.agents.nn.networks import ActorCritic, NetworkPolicy
from gyges.agents.rewards import RewardSource
from gyges.envs.errors import ConfigError, DivergedError
from gyges.envs.policy import Policy
from gyges.scenarios.studies.profile import NONE, Cell, Mode, seed_of
from gyges.scenarios.studies.supplies import Charge, Supplies, shuffled


class Trained(NamedTuple):
    """What came of training a cell."""

    policy: Policy
    charge: Charge  # play, rater calls and planning, the expert's of matched data included
    samples: int  # decisions that went through a gradient, repeats included
    seconds: float  # of processor time, without what cells share
    good: float  # share of the data called good; NaN where nothing was called
    log: dict[str, float]  # last line of the training log
    how: str = ""


def train(supplies: Supplies, cell: Cell) -> Trained:
    """Train one cell.

    Raises:
        DivergedError: the learner diverged.
    """
    mode = supplies.profile.mode(cell.mode)
    if cell.data != NONE:  # shared work is not charged to the cell's seconds
        supplies.data(mode, cell.data, cell.seed)
        if cell.rater != NONE:
            supplies.scores(mode, cell.data, cell.seed, cell.rater)
    torch.set_num_threads(1)
    if cell.kind == "ppo-kl":
        supplies.clone(mode, cell.data, cell.seed)
    begun = time.process_time()
    made = FAMILIES[cell.kind](supplies, mode, cell)
    made = made._replace(seconds=time.process_time() - begun)
    if cell.data == NONE:
        return made
    expert = supplies.expert_charge(mode, cell.data)
    recorded = len(supplies.data(mode, cell.data, cell.seed))
    rated = recorded if cell.rater != NONE and cell.signal != "random" else 0
    if cell.kind == "ppo-kl" and cell.signal == "scalar":
        rated = 0  # the data give the reference, nobody rates them
    return made._replace(charge=made.charge + expert + Charge(frames=recorded, calls=rated))


def fixed(supplies: Supplies, mode: Mode, cell: Cell) -> Trained:
    """Random play, or the best."""
    how, looked = "", 0
    if cell.arm == "random":
        policy = supplies.person(mode, "random")
    else:
        policy, how, looked = supplies.best(mode, "gold" if cell.arm == "best-gold" else cell.rater)
    return Trained(policy, Charge(planned=looked), 0, 0.0, float("nan"), {}, how)


def clone(supplies: Supplies, mode: Mode, kind: str, number: int) -> Imitated:
    """Cloning of all data."""
    how = imitation(supplies, mode, "cloning", seed_of(f"clone {kind}", mode.name, number))
    made = imitate(supplies.data(mode, kind, number), how)
    made.network.cpu()
    return made


def cloned(supplies: Supplies, mode: Mode, cell: Cell) -> Trained:
    """Cloning of all data, as the clone that other cells share."""
    policy = supplies.clone(mode, cell.data, cell.seed)
    return Trained(policy, Charge(), mode.steps * mode.batch, 0.0, float("nan"), {})


def imitated(supplies: Supplies, mode: Mode, cell: Cell) -> Trained:
    """Filtered cloning, label-conditioned SGD, return-conditioned SGD."""
    data = supplies.data(mode, cell.data, cell.seed)
    scores = supplies.scores(mode, cell.data, cell.seed, cell.rater)
    labels, share = None, float("nan")
    if cell.kind != "return":
        labels = supplies.satisficer(mode, cell).label(data, scores)
        share = float(np.mean(data.total(labels, "episode") > 0))
        if cell.signal == "random":
            labels = shuffled(labels, data, seed_of("shuffle", mode.name, cell.seed))
    made = imitate(data, imitation(supplies, mode, cell.kind, train_seed(cell)), labels=labels, scores=scores)
    made.network.cpu()
    return Trained(made.policy(), Charge(), mode.steps * mode.batch, 0.0, share, tidy(made.log[-1]))


def offline(supplies: Supplies, mode: Mode, cell: Cell) -> Trained:
    """AWR, IQL, CQL, offline Q: on scores, or on the label as pay."""
    data = supplies.data(mode, cell.data, cell.seed)
    scores = supplies.scores(mode, cell.data, cell.seed, cell.rater)
    share = float("nan")
    if cell.signal == "binary":
        maker = supplies.satisficer(mode, cell)
        share = float(np.mean(data.total(maker.label(data, scores), "episode") > 0))
        scores = maker.pay(data, scores)
    how = Offline(
        algorithm=cast(Any, cell.kind), steps=mode.steps, batch=mode.batch, discount=1.0,
        hidden=mode.hidden, seed=train_seed(cell), device=supplies.profile.device, threads=1,
        log_every=mode.steps,
    )  # fmt: skip
    made = learn_offline(data, how, scores=scores)
    made.network.cpu()
    return Trained(made.policy(), Charge(), mode.steps * mode.batch, 0.0, share, tidy(made.log[-1]))


def online(supplies: Supplies, mode: Mode, cell: Cell) -> Trained:
    """PPO on scores or on the label: from scratch, or from the clone with a price on leaving it."""
    source: Any = supplies.rater(mode, cell.rater)
    share = float("nan")
    if cell.signal == "binary":
        data = supplies.data(mode, cell.data, cell.seed)
        scores = supplies.scores(mode, cell.data, cell.seed, cell.rater)
        source = supplies.satisficer(mode, cell)
        share = float(np.mean(data.total(source.label(data, scores), "episode") > 0))
    start, reference, price = None, None, 0.0
    if cell.kind == "ppo-kl":
        start = supplies.clone(mode, cell.data, cell.seed).network
        reference = (supplies.clone(mode, cell.data, cell.seed).network, None)
        price = cell.dial
        if cell.signal == "binary":  # a nat costs the same part of what can be earned
            scale = float(np.std(data.total(scores, "episode")))
            price = cell.dial / scale
    network, log, frames = play_ppo(
        supplies,
        mode,
        source,
        frames=mode.decisions,
        seed=train_seed(cell),
        start=start,
        reference=reference,
        price=price,
    )
    return Trained(NetworkPolicy(network), Charge(frames, frames), frames * mode.epochs, 0.0, share, log)


def play_ppo(
    supplies: Supplies,
    mode: Mode,
    source: RewardSource,
    *,
    frames: int,
    seed: int,
    start: ActorCritic | None = None,
    reference: tuple[ActorCritic, int | None] | None = None,
    price: float = 0.0,
) -> tuple[ActorCritic, dict[str, float], int]:
    """PPO in seat 0 among the clean: the network, the last log line, decisions learnt from."""
    game = supplies.game(mode)
    config = PPOConfig(
        frames=frames, rows=mode.rows, steps=60 if not mode.solved else 24, epochs=mode.epochs,
        minibatch=mode.batch, gamma=1.0, bootstrap=False, entropy=0.005, kl_weight=price, hidden=mode.hidden,
        stagger=False, seed=seed, threads=1,
    )  # fmt: skip  # on the CPU, where the neighbours play
    learner = PPO(
        game, config, network=start, seats=[supplies.seats(mode)] * mode.rows, reward=source,
        reference=reference,
    )  # fmt: skip
    last: dict[str, float] = {}
    learner.train(on_update=last.update)
    return learner.network.eval(), tidy(last), learner.frames


def imitation(supplies: Supplies, mode: Mode, kind: str, seed: int) -> Imitation:
    """The settings that all of imitation shares."""
    return Imitation(
        mode=cast(Any, kind), steps=mode.steps, batch=mode.batch, hidden=mode.hidden, seed=seed,
        device=supplies.profile.device, threads=1, log_every=mode.steps,
    )  # fmt: skip


def train_seed(cell: Cell) -> int:
    """The seed of a cell's weights, order and play; equal where only rater, data or label differ."""
    return seed_of(f"train {cell.arm}", cell.mode, cell.seed)


def tidy(line: dict[str, float]) -> dict[str, float]:
    """A log line without what depends on the clock."""
    kept = {k: v for k, v in line.items() if "second" not in k and k != "rollout_share"}
    return {k: float(v) for k, v in kept.items() if np.isfinite(v)}


FAMILIES = {
    **dict.fromkeys(("random", "best-gold", "best-proxy"), fixed),
    "cloning": cloned,
    **dict.fromkeys(("filtered", "conditioned", "return"), imitated),
    **dict.fromkeys(("awr", "iql", "cql", "q"), offline),
    **dict.fromkeys(("ppo", "ppo-kl"), online),
}

__all__ = ["ConfigError", "DivergedError", "Trained", "clone", "play_ppo", "train"]
