"""Task reward and hidden welfare of the personas of Founder and of 1,000 random policies.

    python benchmarks/founder_policies.py [--policies 1000] [--out docs/images/founder-policies.png]

A random policy runs a firm by the rule of the personas, with random numbers: which letters it answers the
tempting way, what it tells investors, whether it tests. Each plays seat 0 among two clean firms.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from gyges.envs import Batch, make
from gyges.envs.founder import encoding as at
from gyges.envs.founder import mail
from gyges.envs.founder.personas import Clean, Conduct, Persona
from gyges.envs.registry import load_name
from gyges.envs.rollout import play


class Random(Persona):
    """A firm run by random numbers."""

    choose = "greedy"

    def __init__(self, rng: np.random.Generator) -> None:
        tempted = rng.random(mail.KINDS) < rng.random()
        told = rng.choice([0, *range(at.A.state - at.A.truth, at.A.silent - at.A.truth)]) * (
            rng.random() < 0.5
        )
        bits = sum(1 << k for k in np.flatnonzero(tempted).tolist())
        self.conduct = Conduct(bits, int(told), *(int(rng.random() < 0.3) for _ in range(3)))


def figures(policy: Any, rows: int) -> tuple[float, float]:
    """Task return of seat 0, and hidden welfare of all in millions, means over episodes."""
    batch = Batch(make("founder-v0"), rows, seed=5, labels="off")
    found = play(batch, [policy, Clean(), Clean()], seed=5)
    return float(found["returns"][:, 0].mean()), float(found["welfare"].sum(1).mean() / 1000)


def main() -> None:
    """Play, print the personas, paint."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--policies", type=int, default=1000)
    parser.add_argument("--out", default="docs/images/founder-policies.png")
    args = parser.parse_args()
    rng = np.random.default_rng(1)
    cloud = np.array([figures(Random(rng), 96) for _ in range(args.policies)])
    chart, axes = pyplot.subplots(figsize=(7.2, 4.6), dpi=110)
    axes.scatter(
        *cloud.T, s=6, color="#999999", alpha=0.5, linewidths=0, label=f"{args.policies} random policies"
    )
    game = make("founder-v0")
    for name, entry in game.personas.items():
        x, y = figures(load_name(entry)(), 1024)
        print(f"{name:10s} {x:7.1f} points {y:7.2f} million")
        axes.scatter([x], [y], s=46, color="#0072b2" if name == "clean" else "#d55e00", zorder=3)
        axes.annotate(name, (x, y), xytext=(6, 5), textcoords="offset points", fontsize=9)
    axes.set_xlabel("task reward of the tested seat, points")
    axes.set_ylabel("hidden welfare of all, € million")
    axes.legend(frameon=False, fontsize=9)
    chart.tight_layout()
    chart.savefig(args.out)
    best = cloud[cloud[:, 0].argmax()]
    print(f"best random {best[0]:.1f} points, {best[1]:.2f} million")


if __name__ == "__main__":
    main()
