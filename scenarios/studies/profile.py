"""What the comparison of RL and SGD consists of: game modes, arms, and the cells of each profile.

A cell is (mode, rater, data, arm, label, seed): one learner trained once and measured once. Everything
that a cell does follows from its key and the profile, so that it can be made again from the key alone.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from gyges.envs.errors import ConfigError, UnknownNameError
from gyges.scenarios.scenario import Scenario

NONE = "none"
"""Stands for no rater, no data or no label in a key."""

DATA = ("behaviour", "matched-rl", "matched-plan")
"""Kinds of recorded data: what one would find, and with a fifth by an expert made by RL or by a planner.
Another share of the expert's stands behind an @, as in ``matched-plan@0.5``."""
SHARE = 0.2
"""The expert's share of matched data."""


def expert_share(data: str) -> float:
    """Which share of the episodes of a kind of data the expert plays."""
    kind, _, text = data.partition("@")
    return 0.0 if kind == "behaviour" else float(text) if text else SHARE


class Arm(NamedTuple):
    """One way to use what a rater said.

    Attributes:
        family: "fixed", "sgd", "offline" or "rl".
        labels: which signals it can be given: "binary", "scalar", "random" (labels shuffled), or none.
        data: whether it depends on recorded data.
        rater: whether it depends on the rater.
        words: for tables.
    """

    family: str
    labels: tuple[str, ...]
    data: bool
    rater: bool
    words: str


ARMS: dict[str, Arm] = {
    "random": Arm("fixed", (NONE,), False, False, "uniformly random play"),
    "best-gold": Arm("fixed", (NONE,), False, False, "the best play by gold"),
    "best-proxy": Arm("fixed", (NONE,), False, True, "the best play by the rater"),
    "cloning": Arm("sgd", (NONE,), True, False, "cloning of all data"),
    "filtered": Arm("sgd", ("binary",), True, True, "cloning of what was called good"),
    "conditioned": Arm("sgd", ("binary", "random"), True, True, "SGD with the label as a token"),
    "return": Arm("sgd", ("scalar",), True, True, "SGD with the rank of the score to come as a token"),
    "awr": Arm("offline", ("binary", "scalar"), True, True, "advantage-weighted regression"),
    "iql": Arm("offline", ("binary", "scalar"), True, True, "implicit Q-learning"),
    "cql": Arm("offline", ("binary", "scalar"), True, True, "conservative Q-learning"),
    "q": Arm("offline", ("binary", "scalar"), True, True, "plain offline Q-learning"),
    "ppo": Arm("rl", ("binary", "scalar"), False, True, "PPO"),
    "ppo-kl": Arm("rl", ("binary", "scalar"), True, True, "PPO from the clone, with a price on leaving it"),
}
"""PPO needs data for a binary label only: they set the threshold."""


class Cell(NamedTuple):
    """One learner, trained once."""

    mode: str
    rater: str
    data: str
    arm: str
    label: str
    seed: int

    @property
    def key(self) -> str:
        """The cell as one word: ``tabular/tail/behaviour/ppo-kl@0.5/binary/0``."""
        return "/".join(str(part) for part in self)

    @property
    def kind(self) -> str:
        """The arm without its dial."""
        return self.arm.partition("@")[0]

    @property
    def dial(self) -> float:
        """The arm's dial (PPO's price of a nat); NaN where it has none."""
        text = self.arm.partition("@")[2]
        return float(text) if text else float("nan")

    @property
    def signal(self) -> str:
        """The label without its quantile."""
        return self.label.partition("@")[0]


def parse(key: str) -> Cell:
    """The cell that a key names; ConfigError where it names none."""
    parts = key.split("/")
    if len(parts) != 6 or parts[3].partition("@")[0] not in ARMS or not parts[5].isdigit():
        raise ConfigError(f"a cell is mode/rater/data/arm/label/seed, not {key!r}")
    mode, rater, data, arm, label, seed = parts
    return Cell(mode, rater, data, arm, label, int(seed))


@dataclasses.dataclass(frozen=True)
class Mode:
    """A game to be learnt, and how long for."""

    name: str
    game: str
    """Id of the game."""
    settings: dict[str, Any]
    """What differs from its own."""
    solved: bool
    """Whether the best play is found exactly."""
    decisions: int = 60_000
    """Recorded decisions, and decisions that PPO learns from in play."""
    batch: int = 512
    """Decisions in a gradient step."""
    epochs: int = 4
    """How often each decision is learnt from, on average: the gradient budget of every learner."""
    rows: int = 64
    """Environments that PPO plays at once."""
    episodes: int = 512
    """Episodes played to measure a policy."""
    expert: float = 2.0
    """How many times as long the expert of matched-rl is trained."""
    weight: float = 1.0
    """Raters' price of a unit of severity."""
    bonus: float = 100.0
    """What the tail rater pays for its chain."""
    hidden: tuple[int, ...] = (64, 64)
    """Units of every network."""
    data: tuple[str, ...] = DATA
    """Kinds of recorded data."""
    without: tuple[str, ...] = ()
    """Arms of the profile that this mode goes without."""

    @property
    def steps(self) -> int:
        """Gradient steps of every learner."""
        return self.decisions * self.epochs // self.batch

    def scenario(self) -> Scenario:
        """Seat 0 learns among clean neighbours."""
        return Scenario(
            id=f"study-{self.name}", title=self.name, description="Seat 0 learns among clean neighbours.",
            game=self.game, settings=self.settings, focal=(0,), background="clean",
        )  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Profile:
    """How much of the comparison is run."""

    name: str
    modes: tuple[Mode, ...]
    raters: tuple[str, ...]
    arms: tuple[str, ...]
    seeds: dict[str, int]
    """By mode."""
    quantile: float = 0.6
    """From which quantile of the data on an episode is good enough."""
    more: dict[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    """Further labels by arm, as in ``{"conditioned": ("binary@0.9",)}``."""
    less: dict[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    """Labels that an arm goes without."""
    device: str = "cpu"
    apart: bool = False
    """Whether raters, and shares of the expert, are judged apart."""

    def mode(self, name: str) -> Mode:
        """A mode by name; UnknownNameError where there is none."""
        for mode in self.modes:
            if mode.name == name:
                return mode
        raise UnknownNameError(f"profile {self.name} has no mode {name!r}: {[m.name for m in self.modes]}")

    def budget(self, mode: Mode) -> dict[str, int]:
        """What every learner of a mode may use, and what the expert of matched data costs besides.

        Keys: decisions (recorded or played), rater calls (decisions that a rater is asked about), gradient
        samples, episodes (to measure), expert decisions (of matched-rl), tuning trials (none: nothing is
        tuned).
        """
        return {
            "decisions": mode.decisions,
            "rater calls": mode.decisions,
            "gradient samples": mode.decisions * mode.epochs,
            "episodes": mode.episodes,
            "expert decisions": int(mode.decisions * mode.expert),
            "tuning trials": 0,
        }

    def hash(self) -> str:
        """SHA-256 of everything that bears on the results."""
        return hashlib.sha256(json.dumps(dataclasses.asdict(self), sort_keys=True).encode()).hexdigest()

    def cells(self) -> list[Cell]:
        """All cells, modes in proportion and seed by seed, so that what is finished early is balanced."""
        turns = [((seed + 1) / self.seeds[mode.name], seed, mode) for mode in self.modes
                 for seed in range(self.seeds[mode.name])]  # fmt: skip
        return [c for _, seed, mode in sorted(turns, key=lambda turn: turn[0]) for c in self._of(mode, seed)]

    def _of(self, mode: Mode, seed: int) -> Iterator[Cell]:
        if seed >= self.seeds[mode.name]:
            return
        for name in self.arms:
            arm = ARMS[name.partition("@")[0]]
            if arm.rater or name in mode.without:
                continue
            for data in mode.data if arm.data else (NONE,):
                yield Cell(mode.name, NONE, data, name, NONE, seed)
        for rater in self.raters:
            for name in self.arms:
                if name not in mode.without and ARMS[name.partition("@")[0]].rater:
                    yield from self._rated(mode, rater, name, seed)

    def _rated(self, mode: Mode, rater: str, name: str, seed: int) -> Iterator[Cell]:
        arm = ARMS[name.partition("@")[0]]
        for label in (*arm.labels, *self.more.get(name, ())):
            if label in self.less.get(name, ()):
                continue
            for data in mode.data if arm.data or label.startswith("binary") else (NONE,):
                yield Cell(mode.name, rater, data, name, label, seed)

    def find(self, key: str) -> Cell:
        """A cell of this profile by key; UnknownNameError where it has none."""
        cell = parse(key)
        if cell not in self.cells():
            raise UnknownNameError(f"profile {self.name} has no cell {key}")
        return cell


TABULAR = Mode(
    "tabular", "tabular_steward-v1", {"num_agents": 5, "horizon": 24, "rota": True}, solved=True,
    decisions=30_000, batch=256, epochs=4, rows=32, episodes=400, weight=1.5,
)  # fmt: skip
RICH = Mode(
    "rich", "steward-v1", {"num_agents": 5, "months": 12, "hazard": 1.0}, solved=False,
    decisions=100_000, batch=512, epochs=4, rows=48, episodes=384,
)  # fmt: skip

CORE = ("random", "best-gold", "best-proxy", "cloning", "filtered", "conditioned", "return", "awr", "q",
        "ppo")  # fmt: skip

PROFILES: dict[str, Profile] = {
    "ci": Profile(
        "ci",
        (dataclasses.replace(TABULAR, decisions=24_000, episodes=256, data=("behaviour", "matched-plan")),),
        ("tail",), (*CORE, "ppo-kl@0.5"), {"tabular": 2},
    ),
    "small": Profile(
        "small",
        (TABULAR, dataclasses.replace(RICH, data=("behaviour", "matched-plan"), without=("ppo-kl@0.05",))),
        ("gold", "biased", "tail", "flattered"), (*CORE, "ppo-kl@0.05", "ppo-kl@0.5"),
        {"tabular": 4, "rich": 2}, less={"ppo-kl@0.05": ("binary",)},
    ),
    "long": Profile(
        "long", (dataclasses.replace(RICH, decisions=500_000, data=("behaviour", "matched-plan")),),
        ("gold", "biased", "tail", "flattered"), (*CORE, "ppo-kl@0.5"), {"rich": 4},
    ),
    "sweep": Profile(
        "sweep",
        (
            dataclasses.replace(
                TABULAR,
                data=("behaviour", *(f"matched-plan@{share}" for share in (0.2, 0.5, 1.0))),
            ),
        ),
        ("gold", "biased", "tail", "flattered"),
        (*CORE, *(f"ppo-kl@{price}" for price in (0.02, 0.1, 0.5, 2.0))),
        {"tabular": 8}, apart=True,
        more={name: ("binary@0.9", "binary@0.97") for name in ("filtered", "conditioned", "ppo")},
    ),
    "gpu": Profile(
        "gpu",
        (
            dataclasses.replace(TABULAR, decisions=1_000_000, batch=4096, rows=1024, episodes=4096),
            dataclasses.replace(RICH, decisions=10_000_000, batch=8192, rows=4096, episodes=4096,
                                hidden=(256, 256)),
        ),
        ("gold", "noisy", "biased", "tail", "low_coverage", "drifting", "flattered"),
        (*CORE, "iql", "cql", "ppo-kl@0.05", "ppo-kl@0.5"), {"tabular": 30, "rich": 30},
        more={name: ("binary@0.9", "binary@0.97") for name in ("filtered", "conditioned", "ppo")},
        device="cuda",
    ),
}  # fmt: skip
"""ci: minutes; small: an hour or two on two cores, pilot-grade; long: the rich game alone, five times as
long, two hours or three; sweep: expert share x quantile and price of leaving the data, eight seeds, so that
curves are compared instead of points; gpu: thirty seeds, for another machine."""


def profile(name: str) -> Profile:
    """A profile by name; UnknownNameError where there is none."""
    if name not in PROFILES:
        raise UnknownNameError(f"no profile {name!r}; there are {', '.join(PROFILES)}")
    return PROFILES[name]


def seed_of(purpose: str, mode: str, number: int) -> int:
    """A seed for one purpose, 62 bits: what is learnt from is never what is measured on."""
    digest = hashlib.blake2b(f"gyges study:{purpose}:{mode}:{number}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 2
