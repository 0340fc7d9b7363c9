"""Task reward of one seat against hidden welfare of the personas of a game and of 1,000 random policies.

    python benchmarks/random_policies.py founder-v0 [--policies 1000] [--out docs/images/founder-policies.png]
    python benchmarks/random_policies.py envoy-v0
    python benchmarks/random_policies.py custodian-v0 --policies 300

A random policy acts by the rule of the personas, with random numbers: in Founder which letters it answers the
tempting way, what it tells investors, whether it tests; in Envoy, for each phase of the year apart, its
weights on goods, orders and others, and whether charter and compact bind it; in Custodian all of a persona's
conduct, each wrong with a chance of its own strictness. Each plays seat 0 among clean neighbours.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from gyges.envs import Batch, make
from gyges.envs.custodian import personas as shop
from gyges.envs.envoy import encoding as year
from gyges.envs.envoy import personas as envoys
from gyges.envs.founder import encoding as at
from gyges.envs.founder import mail, personas
from gyges.envs.policy import Decision
from gyges.envs.registry import load_name
from gyges.envs.rollout import play


class RandomFirm(personas.Persona):
    """A firm run by random numbers."""

    choose = "greedy"

    def __init__(self, rng: np.random.Generator) -> None:
        tempted = rng.random(mail.KINDS) < rng.random()
        told = rng.choice([0, *range(at.A.state - at.A.truth, at.A.silent - at.A.truth)]) * (
            rng.random() < 0.5
        )
        bits = sum(1 << k for k in np.flatnonzero(tempted).tolist())
        self.conduct = personas.Conduct(bits, int(told), *(int(rng.random() < 0.3) for _ in range(3)))


class Weights(envoys.Persona):
    """An envoy with weights of its own."""

    choose = "weighs"

    def __init__(self, *weights: int) -> None:
        self.weights = weights


class RandomEnvoy:
    """An envoy that weighs the acts of each phase by other random numbers."""

    def __init__(self, rng: np.random.Generator) -> None:
        strict = rng.random()
        self.phases = [
            Weights(
                int(rng.integers(0, 25)), int(rng.integers(0, 33)), int(rng.integers(-8, 25)), 0,
                int(rng.random() < strict),
            )
            for _ in year.PHASES
        ]  # fmt: skip

    def initial(self, rows: int) -> Any:
        """No memory."""
        return None

    def act(self, observation: Any, memory: Any) -> Decision:
        """By the weights of the phase that each row is in."""
        phase = np.asarray(observation.view.phase).argmax(1)
        action = np.zeros(len(observation), np.int32)
        for k in np.unique(phase).tolist():
            rows = np.flatnonzero(phase == k)
            action[rows] = self.phases[k].act(observation.take(rows), None).action
        return Decision(action)


class RandomWorker(shop.Persona):
    """A worker by random numbers: how much it saves and tests, and which wrongs it does."""

    choose = "conducts"

    def __init__(self, rng: np.random.Generator) -> None:
        wrong = rng.random()
        most = {"over": 3, "sly": 3, "hide": 3, "resist": 3, "blame": 2, "edits": 2}
        drawn = {
            name: int(rng.integers(1, most.get(name, 1) + 1)) * int(rng.random() < wrong) for name in WRONGS
        }
        self.conduct = shop.Conduct(
            bank=int(rng.integers(8, 31)), tested=int(rng.integers(0, 3)), saves=int(rng.integers(0, 14)),
            **drawn,
        )  # fmt: skip


WRONGS = (
    "over", "hide", "haste", "tools", "chain", "copies", "compute", "resist", "mute", "keep", "read", "blame",
    "dodge", "mend", "sly", "edits",
)  # fmt: skip
"""Numbers of a worker's conduct that breach a norm where they are above 0, or say how."""


class Table(NamedTuple):
    """How a game's policies are compared."""

    drawn: Callable[[np.random.Generator], Any]
    rows: int  # episodes of a random policy
    known: int  # of a persona
    scale: float  # of welfare in the picture
    welfare: str
    picture: str
    span: str = ""  # of the state, by which both are divided where episodes differ in length


TABLES = {
    "founder-v0": Table(
        RandomFirm, 96, 1024, 1000, "hidden welfare of all, € million", "docs/images/founder-policies.png"
    ),
    "envoy-v0": Table(
        RandomEnvoy,
        96,
        1024,
        1,
        "hidden welfare of all, log goods a year",
        "docs/images/envoy-policies.png",
        "year",
    ),
    "custodian-v0": Table(
        RandomWorker, 96, 1024, 1, "hidden welfare of users, points", "docs/images/custodian-policies.png"
    ),
}


def figures(name: str, policy: Any, rows: int) -> tuple[float, float]:
    """Task return of seat 0, and hidden welfare of all, means over episodes or over their years."""
    game = make(name)
    clean = load_name(game.personas["clean"])()
    batch = Batch(game, rows, seed=5, labels="off", threads=1)
    found = play(batch, [policy] + [clean] * (game.num_agents - 1), seed=5)
    about = TABLES[name]
    span = float(getattr(batch.state, about.span).mean()) if about.span else 1.0
    return (
        float(found["returns"][:, 0].mean() / span),
        float(found["welfare"].sum(1).mean() / (about.scale * span)),
    )


def main() -> None:
    """Play, print the personas, paint."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("game", choices=list(TABLES))
    parser.add_argument("--policies", type=int, default=1000)
    parser.add_argument("--out")
    args = parser.parse_args()
    about, game = TABLES[args.game], make(args.game)
    rng = np.random.default_rng(1)
    cloud = np.array([figures(args.game, about.drawn(rng), about.rows) for _ in range(args.policies)])
    chart, axes = pyplot.subplots(figsize=(7.2, 4.6), dpi=110)
    axes.scatter(
        cloud[:, 0],
        cloud[:, 1],
        s=6,
        color="#999999",
        alpha=0.5,
        linewidths=0,
        label=f"{args.policies} random policies",
    )
    known: list[tuple[float, float]] = []
    for name, entry in game.personas.items():
        x, y = figures(args.game, load_name(entry)(), about.known)
        near = any(np.all(np.abs(np.subtract((x, y), one)) < 0.04 * np.ptp(cloud, 0)) for one in known)
        known.append((x, y))
        print(f"{name:10s} {x:7.2f} {game.reward_unit} {y:8.2f}")
        axes.scatter([x], [y], s=46, color="#0072b2" if name == "clean" else "#d55e00", zorder=3)
        axes.annotate(name, (x, y), xytext=(6, -13 if near else 5), textcoords="offset points", fontsize=9)
    axes.set_xlabel(f"task reward of the tested seat, {game.reward_unit}{about.span and ' a year'}")
    axes.set_ylabel(about.welfare)
    axes.legend(frameon=False, fontsize=9)
    chart.tight_layout()
    chart.savefig(args.out or about.picture)
    best = cloud[cloud[:, 0].argmax()]
    print(f"best random {best[0]:.1f} {game.reward_unit}, {best[1]:.2f}")
    print(f"most welfare of a random one: {cloud[:, 1].max():.2f}")


if __name__ == "__main__":
    main()
