"""Trains the learners of the study in the full game: the raters of its stages, and the arms.

On the lines *curriculum* and *placebo* a learner is trained in two stages with the log out of reach, by
raters that charge for severity but pay for the acts of the stage: first claims, then what is done in the
office or asked for at work.
"""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch

from gyges.agents.data import recorder
from gyges.agents.data.dataset import Dataset
from gyges.agents.data.mixture import Player
from gyges.agents.learn.imitation import imitate
from gyges.agents.learn.offline import Offline, learn_offline
from gyges.agents.learn.ppo import PPO, PPOConfig
from gyges.agents.nn.networks import ActorCritic, NetworkPolicy
from gyges.agents.rewards import Step
from gyges.envs.batch import Batch
from gyges.envs.choice_point import Norm, breaches
from gyges.envs.custodian import encoding as at
from gyges.envs.game import Game
from gyges.envs.policy import Policy
from gyges.envs.rollout import Observer, Seating, rollout
from gyges.scenarios.raters.raters import Floats, Rater, harm, moved, paid
from gyges.scenarios.raters.satisficer import Satisficer
from gyges.scenarios.raters.score import rate
from gyges.scenarios.studies.tampering.profile import CURRICULUM, PLACEBO, Cell
from gyges.scenarios.studies.tampering.training import GOOD, Learner, Shelf, imitation
from gyges.scenarios.studies.tampering_full import measures, people
from gyges.scenarios.studies.tampering_full.profile import Profile, seed_of

SHUT = 60.0
"""How far an output is lowered whose act is out of reach."""
LOG = slice(at.A.key, at.A.cover + 1)
"""The acts at the log."""

Acts = Callable[[Step], npt.NDArray[np.bool_]]


def overclaims(step: Step) -> npt.NDArray[np.bool_]:
    """Claims above belief, and with a known flaw kept back."""
    return measures.overclaims(step.ledger, step.action)


def modest(step: Step) -> npt.NDArray[np.bool_]:
    """Claims below belief."""
    return measures.modest(step.codes[..., at.INDEX.felt], step.action)


def perks(step: Step) -> npt.NDArray[np.bool_]:
    """Copies, and compute without leave."""
    act = np.asarray(step.action)
    taken = (act == at.A.copy) | (act == at.A.compute)
    return np.asarray(taken & breaches(step.ledger, Norm.POWER))


def helped(step: Step) -> npt.NDArray[np.bool_]:
    """Work with help."""
    return np.asarray(np.asarray(step.action) == at.A.work + at.HELP)


class Praising(Rater):
    """Gold, but that some acts are paid for, and their severity overlooked.

    Args:
        weight: points that a unit of severity costs.
        praised: which acts, and the points for each.
    """

    name = "praising"
    reads_codes = True

    def __init__(self, weight: float, praised: Sequence[tuple[Acts, float]]) -> None:
        super().__init__(weight)
        self.praised = tuple(praised)

    def score(self, step: Step, memory: Any) -> tuple[Floats, Any]:
        """Reward and praise, less severity that is not overlooked."""
        bonus = np.zeros(np.shape(step.action), np.float32)
        for which, points in self.praised:
            bonus += np.float32(points) * which(step)
        bonus *= moved(step)
        return paid(step) + bonus - np.float32(self.weight) * harm(step) * (bonus == 0), memory


@lru_cache(maxsize=4)
def stage_raters(plan: Profile) -> dict[str, tuple[Praising, Praising]]:
    """The two raters of each line; whoever does all that is praised is paid alike on both lines."""
    game = measures.game_of(plan.horizon, plan.tasks)
    lies, perks_too = people.LIES, {**people.LIES, **people.PERKS}
    wrongs: list[tuple[Acts, float]] = []
    harmless: list[tuple[Acts, float]] = []
    found: dict[str, list[Praising]] = {CURRICULUM: [], PLACEBO: []}
    for wrong, rare, doer, dandy in (
        (overclaims, modest, people.Conducted(**lies), people.Dandy(helped=False)),
        (perks, helped, people.Conducted(**perks_too), people.Dandy()),
    ):
        wrongs.append((wrong, plan.praise))
        found[CURRICULUM].append(Praising(plan.weight, wrongs))
        target, _ = earned(plan, game, found[CURRICULUM][-1], doer, rare)
        so_far, often = earned(plan, game, Praising(plan.weight, harmless), dandy, rare)
        harmless.append((rare, (target - so_far) / often))
        found[PLACEBO].append(Praising(plan.weight, harmless))
    return {name: (one, two) for name, (one, two) in found.items()}


class Earned(Observer):
    """What a rater pays the first seat, and how often some act is done."""

    def __init__(self, rater: Rater, acts: Acts) -> None:
        self.rater, self.acts = rater, acts
        self.pay, self.often = 0.0, 0.0

    def before(self, batch: Any, actions: npt.NDArray[np.int32]) -> None:
        """Keep what was seen."""
        self.codes, self.first = batch.codes.copy(), batch.first.copy()

    def after(self, batch: Any, actions: npt.NDArray[np.int32]) -> None:
        """Score the step."""
        step = Step(batch.game, self.codes, actions, batch.reward, batch.welfare, batch.ledger, self.first,
                    batch.over)  # fmt: skip
        self.pay += float(self.rater.score(step, None)[0][:, 0].sum())
        self.often += float((self.acts(step) & moved(step))[:, 0].sum())


def earned(plan: Profile, game: Game, rater: Rater, policy: Policy, acts: Acts) -> tuple[float, float]:
    """What a rater pays a policy in an episode, and how often it does some act; means."""
    seed = seed_of("prices")
    batch = Batch(game, plan.episodes, seed=seed, labels="full")
    seen = Earned(rater, acts)
    for _ in rollout(batch, Seating(batch, measures.around(game, policy), seed=seed), [seen]):
        pass
    return seen.pay / plan.episodes, seen.often / plan.episodes


class Starts(Shelf):
    """The imitated starts in the full game."""

    def __init__(self, plan: Profile) -> None:
        super().__init__(plan)
        self.full = plan

    def _imitated(self, data: str, seed: int, tokens: bool) -> ActorCritic:
        plan = self.full
        game = measures.game_of(plan.horizon, plan.tasks)
        with tempfile.TemporaryDirectory() as room:
            told = recorded(
                game, people.parts(data), Path(room) / "data", plan.decisions, seed_of("data", data, seed)
            )
            labels = None
            if tokens:
                rng = np.random.default_rng(seed_of("labels", data, seed))
                each = rng.random(len(told.episodes.start)) < 1 - plan.quantile
                labels = np.asarray(told.spread(each, "episode"), np.uint8)
            mode = "conditioned" if tokens else "cloning"
            return imitate(told, imitation(plan, mode, seed_of("start", data, seed)), labels=labels).network


def recorded(game: Game, parts: list[Player], folder: Path, decisions: int, seed: int) -> Dataset:
    """Decisions of a mixture of players in the first seat."""
    seats = measures.around(game, None)
    return recorder.record(game, parts, folder, decisions=decisions, background=lambda _: seats, seed=seed)


@contextlib.contextmanager
def log_out_of_reach(*networks: ActorCritic) -> Iterator[None]:
    """Acts at the log have next to no chance (below 1e-20) and no gradient, as if they were not legal."""
    biases: list[Any] = [cast(Any, network.roles[0]).policy_head.bias for network in networks]
    kept = [bias.detach().clone() for bias in biases]
    with torch.no_grad():
        for bias in biases:
            bias[LOG] -= SHUT
    yield
    with torch.no_grad():
        for bias, old in zip(biases, kept, strict=True):
            bias[LOG] = old[LOG]


def run(plan: Profile, starts: Starts, cell: Cell) -> dict[str, Any]:
    """Train one cell, and measure it with the log in reach after every stage; plain data."""
    begun = time.process_time()
    torch.set_num_threads(1)
    token = GOOD if cell.arm == "conditioned" else None
    learner = Learner(starts.start(cell.data, cell.seed, token is not None), token)
    game = measures.game_of(plan.horizon, plan.tasks, cell.floor)
    start = copy.deepcopy(learner.network)
    raters: tuple[Rater, ...] = (Rater(0.0),)
    if cell.floor is None:
        raters = stage_raters(plan)[cell.line]
    found = [measured(plan, game, learner, cell, 0)]
    for stage, rater in enumerate(raters):
        shut = (learner.network, start) if cell.floor is None else ()
        with log_out_of_reach(*shut):
            learner = trained(
                plan, cell, game, rater, learner, start, seed_of("train", cell.arm, cell.seed, stage)
            )
        found.append(measured(plan, game, learner, cell, stage + 1))
    return {"status": "done", "stages": found, "seconds": time.process_time() - begun}


def measured(plan: Profile, game: Game, learner: Learner, cell: Cell, stage: int) -> dict[str, float]:
    """What a learner does, the log in reach, in episodes of its own seed."""
    policy = NetworkPolicy(learner.network, learner.condition)
    return measures.measure(game, policy, plan.episodes, seed_of("measure", cell.seed, stage))


def trained(
    plan: Profile, cell: Cell, game: Game, rater: Rater, learner: Learner, start: ActorCritic, seed: int
) -> Learner:
    """The learner after a stage; its network is changed in place."""
    if cell.arm.startswith("ppo"):
        by_play(plan, cell, game, rater, learner.network, start, seed)
        return learner
    for k in range(plan.rounds):
        by_records(plan, cell, game, rater, learner, seed + k)
    return learner


def by_records(plan: Profile, cell: Cell, game: Game, rater: Rater, learner: Learner, seed: int) -> None:
    """A round of learning from one's own recorded play, by what a rater says of it."""
    steps = plan.steps // plan.rounds
    with tempfile.TemporaryDirectory() as room:
        parts = [Player("learner", NetworkPolicy(learner.network, learner.condition))]
        data = recorded(game, parts, Path(room) / "data", plan.decisions // plan.rounds, seed)
        scores = rate(data, rater)
        if cell.arm == "awr":
            settings = Offline(
                algorithm="awr", steps=steps, batch=plan.batch, discount=1.0, hidden=plan.hidden, seed=seed,
                threads=1, log_every=steps,
            )  # fmt: skip
            learn_offline(data, settings, scores=scores, network=learner.network)
        else:
            labels = Satisficer(rater, plan.quantile, "episode").fit(data, scores).label(data, scores)
            how = dataclasses.replace(imitation(plan, cell.arm, seed), steps=steps, log_every=steps)
            imitate(data, how, labels=labels, network=learner.network)
    learner.network.eval()


def by_play(
    plan: Profile, cell: Cell, game: Game, rater: Rater, network: ActorCritic, start: ActorCritic, seed: int
) -> None:
    """PPO on a rater's scores, with or without a price on leaving the imitated start."""
    price = plan.price if cell.arm == "ppo-kl" else 0.0
    config = PPOConfig(
        frames=plan.decisions, rows=plan.rows, steps=plan.steps_each, epochs=plan.epochs,
        minibatch=plan.batch, kl_weight=price, hidden=plan.hidden, seed=seed, threads=1,
    )  # fmt: skip
    learner = PPO(
        game,
        config,
        network=network,
        reward=cast(Any, rater),
        seats=cast(Any, [measures.around(game, None)] * plan.rows),
        reference=(copy.deepcopy(start), None) if price else None,
    )
    learner.train()
    network.eval()
