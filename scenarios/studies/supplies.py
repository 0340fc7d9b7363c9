"""What the cells of a study share: experts, recorded data, scores and clones, made once and kept on disk.

Everything lies in the study's folder under a name that says what it is, is made from seeds that follow
from that name, and appears whole or not at all. Processes that share the folder wait for each other.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt
from filelock import FileLock

from gyges.agents.data import recorder as low
from gyges.agents.data.dataset import Dataset
from gyges.agents.data.mixture import Player, players
from gyges.agents.load import load
from gyges.agents.nn.networks import NetworkPolicy
from gyges.envs.errors import ConfigError
from gyges.envs.game import Game
from gyges.envs.policy import Policy
from gyges.scenarios.mixtures import EXPERT, MIXTURES
from gyges.scenarios.raters.raters import Rater, rater
from gyges.scenarios.raters.satisficer import Satisficer
from gyges.scenarios.raters.score import rate
from gyges.scenarios.studies.profile import Cell, Mode, Profile, expert_share, seed_of

Floats = npt.NDArray[np.float32]
PERSONAS = ("clean", "greedy", "gyges", "random")
"""Who is put to a rater where its best play cannot be computed."""


class Charge(NamedTuple):
    """What something cost."""

    frames: int = 0  # decisions played by the learner or its expert
    calls: int = 0  # decisions that a rater was asked about
    planned: int = 0  # states that a planner looked at, or decisions it simulated

    def __add__(self, other: object) -> Charge:
        """Both costs."""
        assert isinstance(other, Charge)
        return Charge(self.frames + other.frames, self.calls + other.calls, self.planned + other.planned)


class Supplies:
    """Experts, data, scores and clones of one profile.

    Args:
        profile: which.
        folder: where they are kept.
    """

    def __init__(self, profile: Profile, folder: Path) -> None:
        self.profile, self.folder = profile, folder
        self._games: dict[str, Game] = {}
        self._data: dict[tuple[str, str, int], Dataset] = {}
        self._scores: dict[tuple[str, str, int, str], Floats] = {}
        self._people: dict[tuple[str, str], Policy] = {}
        self._graphs: dict[str, Any] = {}
        self._optima: dict[tuple[str, str], Any] = {}

    # What is played.

    def game(self, mode: Mode) -> Game:
        """The game of a mode."""
        if mode.name not in self._games:
            self._games[mode.name] = mode.scenario().make_game()
        return self._games[mode.name]

    def person(self, mode: Mode, name: str) -> Policy:
        """A persona of the game."""
        key = (mode.name, name)
        if key not in self._people:
            self._people[key] = load(name, self.game(mode))
        return self._people[key]

    def seats(self, mode: Mode) -> list[Policy | None]:
        """The learner in seat 0, clean neighbours in the others."""
        return [None, *[self.person(mode, "clean")] * (self.game(mode).num_agents - 1)]

    def rater(self, mode: Mode, name: str) -> Rater:
        """A rater with the mode's numbers."""
        return made_rater(mode, name)

    def satisficer(self, mode: Mode, cell: Cell) -> Satisficer:
        """The cell's rater made binary by its data."""
        text = cell.label.partition("@")[2]
        quantile = float(text) if text else self.profile.quantile
        return Satisficer(self.rater(mode, cell.rater), quantile, "episode").fit(
            self.data(mode, cell.data, cell.seed), self.scores(mode, cell.data, cell.seed, cell.rater)
        )

    # What is kept.

    @contextlib.contextmanager
    def once(self, name: str) -> Iterator[Path | None]:
        """A folder to fill, or None where it stands already; the others wait."""
        target = self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        lock = target.with_name(target.name + ".lock")
        with FileLock(lock):
            if target.exists():
                yield None
                return
            partial = target.with_name(f"{target.name}.partial")
            shutil.rmtree(partial, ignore_errors=True)
            yield partial
            os.rename(partial, target)

    def data(self, mode: Mode, kind: str, number: int) -> Dataset:
        """Recorded behaviour of seat 0."""
        key = (mode.name, kind, number)
        if key not in self._data:
            name = f"{mode.name}/data-{kind}-{number}"
            share = expert_share(kind)
            mixture = {EXPERT: share} | {k: (1 - share) * v for k, v in MIXTURES["behaviour"].items()}
            mixture = {name: part for name, part in mixture.items() if part > 0}
            with self.once(name) as folder:
                if folder is not None:
                    parts = [
                        dataclasses.replace(p, share=mixture[q])
                        for q in mixture
                        for p in self._player(mode, kind, q, number)
                    ]
                    low.record(
                        self.game(mode), parts, folder, decisions=mode.decisions,
                        background=lambda episode: self.seats(mode),
                        seed=seed_of(f"data {kind}", mode.name, number),
                    )  # fmt: skip
            self._data[key] = Dataset(self.folder / name)
        return self._data[key]

    def _player(self, mode: Mode, kind: str, name: str, number: int) -> list[Player]:
        if name != EXPERT:
            return players(self.game(mode), {name: 1.0})
        return [Player(f"expert ({kind})", self.expert(mode, kind, number))]

    def scores(self, mode: Mode, kind: str, number: int, name: str) -> Floats:
        """What a rater gave each recorded decision [D]."""
        key = (mode.name, kind, number, name)
        if key not in self._scores:
            self._scores[key] = rate(self.data(mode, kind, number), self.rater(mode, name))
        return self._scores[key]

    # Experts: the wanted behaviour, demonstrated.

    def expert_charge(self, mode: Mode, kind: str) -> Charge:
        """What it cost to have the expert of some data."""
        if kind.startswith("matched-rl"):
            frames = int(mode.decisions * mode.expert)
            return Charge(frames, frames)
        if kind.startswith("matched-plan"):
            looked = self.remembered(f"{mode.name}/planned", lambda: self.best(mode, "gold")[2])
            return Charge(planned=int(looked))
        return Charge()

    def expert(self, mode: Mode, kind: str, number: int) -> Policy:
        """Who plays the expert's share of matched data.

        matched-rl: PPO on gold. matched-plan: the exact optimum of gold, or where the game cannot be
        solved the training persona that earned most gold in simulation.
        """
        if kind.startswith("matched-plan"):
            return self.best(mode, "gold")[0]
        from gyges.agents.nn.checkpoint import Card, load_policy, save
        from gyges.scenarios.studies.learners import play_ppo

        frames = int(mode.decisions * mode.expert)
        name = f"{mode.name}/expert-{number}"
        with self.once(name) as folder:
            if folder is not None:
                network = play_ppo(
                    self, mode, cast(Any, self.rater(mode, "gold")), frames=frames,
                    seed=seed_of("expert", mode.name, number),
                )[0]  # fmt: skip
                save(folder, network, Card(network.spec, algorithm="ppo", game=self.game(mode).id,
                                           settings=self.game(mode).settings))  # fmt: skip
        return cast(Policy, load_policy(self.folder / name, self.game(mode)))

    def clone(self, mode: Mode, kind: str, number: int) -> NetworkPolicy:
        """Cloning of all of the data: pi0, the data policy of PPO's KL, and one of the predictors."""
        from gyges.agents.nn.checkpoint import Card, load_policy, save
        from gyges.scenarios.studies.learners import clone

        name = f"{mode.name}/clone-{kind}-{number}"
        with self.once(name) as folder:
            if folder is not None:
                network = clone(self, mode, kind, number).network
                save(folder, network, Card(network.spec, algorithm="cloning", game=self.game(mode).id,
                                           settings=self.game(mode).settings))  # fmt: skip
        return load_policy(self.folder / name, self.game(mode))

    # The best play.

    def best(self, mode: Mode, name: str) -> tuple[Policy, str, int]:
        """The play that a rater pays most: the policy, how it was found, and what was looked at for it."""
        if mode.solved:
            found = self._solved(mode, name)
            return found.policy, "exact", found.nodes
        worth = self.put_to(mode, name)
        liked = max(PERSONAS, key=lambda who: worth[who]["proxy"])
        looked = int(worth["decisions"]["all"])
        return self.person(mode, liked), f"best of {', '.join(PERSONAS)}: {liked}", looked

    def _solved(self, mode: Mode, name: str) -> Any:
        from gyges.scenarios.raters.dynamic_programming import explore, solve

        if mode.name not in self._graphs:
            self._graphs[mode.name] = explore(self.game(mode), self.person(mode, "clean"))
        if (mode.name, name) not in self._optima:
            rater = self.rater(mode, name)
            begin = None
            if name == "drifting":  # as lax as it will become
                begin = rater.initial(1, 1) + getattr(rater, "span", 0)
            self._optima[mode.name, name] = solve(self._graphs[mode.name], rater, begin=begin)
        return self._optima[mode.name, name]

    def put_to(self, mode: Mode, name: str) -> dict[str, dict[str, float]]:
        """What each training persona earns per episode by a rater and by gold, simulated once."""

        def simulate() -> dict[str, dict[str, float]]:
            found: dict[str, dict[str, float]] = {}
            decisions = 0
            for who in PERSONAS:
                data = self.played(mode, self.person(mode, who), "plan", 0, mode.episodes)
                decisions += len(data)
                found[who] = self.worth(mode, data, name)
            return {**found, "decisions": {"all": float(decisions)}}

        return cast(dict[str, dict[str, float]], self.remembered(f"{mode.name}/personas-{name}", simulate))

    def references(self, mode: Mode, name: str) -> dict[str, Any]:
        """Between what a rater's proxy and gold are normalised: random play and the best play."""

        def find() -> dict[str, Any]:
            zero = self.worth(mode, self.played(mode, self.person(mode, "random"), "refer", 0), name)
            policy, how, _ = self.best(mode, name)
            proxy = self.played(mode, policy, "refer", 0)
            policy, gold_how, _ = self.best(mode, "gold")
            gold = self.worth(mode, self.played(mode, policy, "refer", 0), name)
            liked = self.worth(mode, proxy, name)
            return {
                "random": zero, "best_proxy": liked, "best_gold": gold, "how": how, "gold_how": gold_how,
            }  # fmt: skip

        return cast(dict[str, Any], self.remembered(f"{mode.name}/references-{name}", find))

    def worth(self, mode: Mode, data: Dataset, name: str) -> dict[str, float]:
        """Mean proxy and gold per episode."""
        return {
            key: float(data.total(rate(data, self.rater(mode, one)), "episode").mean())
            for key, one in (("proxy", name), ("gold", "gold"))
        }

    def played(
        self, mode: Mode, policy: Policy, purpose: str, number: int, episodes: int | None = None
    ) -> Dataset:
        """Episodes of a policy in seat 0, as a dataset that lasts as long as the process."""
        folder = self.scratch / f"{purpose}-{time.monotonic_ns()}"
        low.record(
            self.game(mode), [Player("policy", policy)], folder, episodes=episodes or mode.episodes,
            background=lambda episode: self.seats(mode), seed=seed_of(purpose, mode.name, number),
        )  # fmt: skip
        data = Dataset(folder)
        shutil.rmtree(folder)  # the maps stay open
        return data

    @cached_property
    def scratch(self) -> Path:
        """A folder of this process."""
        path = self.folder / "scratch" / str(os.getpid())
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        return path

    def close(self) -> None:
        """Take the scratch folder away."""
        if "scratch" in self.__dict__:
            shutil.rmtree(self.scratch, ignore_errors=True)

    def remembered(self, name: str, find: Callable[[], Any]) -> Any:
        """Plain data, found once and kept."""
        with self.once(name) as folder:
            if folder is not None:
                found = find()
                folder.mkdir(parents=True)
                (folder / "found.json").write_text(json.dumps(found))
        return json.loads((self.folder / name / "found.json").read_text())


def made_rater(mode: Mode, name: str) -> Rater:
    """A rater with the mode's numbers."""
    more = {"bonus": mode.bonus} if name == "tail" else {}
    return rater(name, weight=mode.weight, **more)


def shuffled(labels: npt.NDArray[Any], data: Dataset, seed: int) -> npt.NDArray[Any]:
    """Labels dealt out anew among episodes: as many good ones, which say nothing."""
    if len(labels) != len(data):
        raise ConfigError(f"{len(labels)} labels for {len(data)} decisions")
    each = labels[np.asarray(data.episodes.start)]
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, 0x5AFE])))
    return np.asarray(data.spread(rng.permutation(each), "episode"))
