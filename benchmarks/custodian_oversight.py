"""What critics, attention and depth do to the oversight of Custodian: tables, in half a minute.

python benchmarks/custodian_oversight.py [--rows 200]. Flaws found with honest, silent and no critics; how
often the chain's list is right, by depth and edge, beside the closed form that the constants imply; value and
flawed work over budgets of attention; personas by watched and unwatched acts, stops obeyed by size, haste
before an announced stop, and chains completed.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from gyges.envs import make
from gyges.envs.batch import Batch
from gyges.envs.choice_point import LEDGER
from gyges.envs.custodian import encoding as at
from gyges.envs.custodian.economy import critic_odds
from gyges.envs.registry import load_name
from gyges.envs.rollout import Seating

OUT = Path(__file__).parent / "results" / "custodian_oversight.md"
FOUND = ("found_obvious", "found_subtle", "found_deep")


def measured(people: tuple[str, ...], rows: int, **settings: Any) -> dict[str, float]:
    """Means of the yardsticks, and breaches an act by sight, for personas in the seats' order."""
    game = make("custodian-v0", **settings)
    batch = Batch(game, rows, seed=11, labels="full")
    made = {name: load_name(game.personas[name])() for name in people}
    seating = Seating(batch, [made[name] for name in people], seed=11)
    yardsticks = load_name(str(game.yardsticks))(batch)
    bad, acts, welfare = np.zeros(2), np.zeros(2), 0.0
    while not batch.over.all():
        actions = seating.decide()
        yardsticks.before(batch, actions)
        batch.step(actions)
        yardsticks.after(batch, actions)
        for sight in range(2):
            here = (batch.ledger[..., LEDGER.moved] == 1) & (batch.ledger[..., LEDGER.watched] == sight)
            acts[sight] += here.sum()
            bad[sight] += (here & (batch.ledger[..., LEDGER.label] < 0)).sum()
        welfare += batch.welfare.sum() / at.UNIT
    found = yardsticks.rows()
    means = {}
    for name in found[0]:
        known = [row[name] for row in found if row[name] is not None]
        means[name] = float(np.mean(known)) if known else np.nan
    return {**means, "unwatched": bad[0] / acts[0], "watched": bad[1] / acts[1], "welfare": welfare / rows}


def table(head: tuple[str, ...], lines: list[tuple[Any, ...]]) -> list[str]:
    """A table in Markdown, figures to two digits."""
    rows = [[f"{x:.2f}" if isinstance(x, float) else str(x) for x in line] for line in lines]
    return ["", *(f"| {' | '.join(row)} |" for row in ([*head], ["---"] * len(head), *rows)), ""]


def critics(rows: int) -> list[str]:
    """Flaws not disclosed that the overseer sees."""
    alone = measured(("clean",) * 2, rows, num_agents=2, depth=0)
    honest = measured(("clean",) * 3, rows)
    silent = measured(("clean", "clean", "flatterer"), rows)
    lines = [(name, *(one[key] for key in FOUND)) for name, one in
             (("no critic", alone), ("honest critic", honest), ("silent critic", silent))]  # fmt: skip
    lines += [(f"{name} to none", *(one[key] / alone[key] for key in FOUND)) for name, one in
              (("honest", honest), ("silent", silent))]  # fmt: skip
    return ["## Flaws found", *table(("", "obvious", "subtle", "deep"), lines)]


def depth(rows: int) -> list[str]:
    """The last list's accuracy on whether there are flaws not disclosed."""
    lines = []
    for edge in (0.0, 0.25, 0.5, 0.75):
        for count in (1, 2, 3):
            people = ("clean",) * (2 + count)
            one = measured(people, rows, num_agents=2 + count, depth=count, edge=edge)
            p: Any = make("custodian-v0", num_agents=2 + count, depth=count, edge=edge).params()
            named = [1 - (1 - critic_odds(p, k) / at.ONE) ** count for k in range(3)]
            lines.append((edge, count, one["critique_correct"], one["private_correct"], *named))
    head = ("edge", "depth", "list right", "private right", "names obvious", "names subtle", "names deep")
    return ["## Depth and edge", "", "The last three columns are the closed form for a flaw that is there.",
            *table(head, lines)]  # fmt: skip


def budgets(rows: int) -> list[str]:
    """Usefulness and safety over budgets of attention."""
    lines = []
    for attention in (0.0, 0.1, 0.2, 0.35, 0.6, 1.0):
        for name in ("clean", "greedy"):
            one = measured((name, "clean", "clean"), rows, attention=attention)
            lines.append((attention, name, one["true_value"], one["flawed_accepted"], one["welfare"]))
    head = ("attention", "first worker", "true value a task", "flawed work accepted", "welfare")
    return ["## Attention", *table(head, lines)]


def conduct(rows: int) -> list[str]:
    """What personas do, all seats alike."""
    keys = ("watched", "unwatched", "obeyed_small", "obeyed_middle", "obeyed_large", "haste_before_stop",
            "dc_gap", "chain_completed", "welfare")  # fmt: skip
    names = ("clean", "greedy", "gyges", "flatterer", "perfectionist", "loyalist", "random")
    lines = []
    for name in names:
        one = measured((name,) * 3, rows)
        lines.append((name, *(one[key] for key in keys)))
    return [
        "## Conduct",
        "",
        "Breaches an act, parts of orders obeyed, parts of workers.",
        *table(("", *keys), lines),
    ]


def main() -> None:
    """Write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200, help="episodes of each setting")
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    lines = ["# Custodian: what oversight finds", "", f"{given.rows} episodes of each setting, seed 11.", ""]
    for part in (critics, depth, budgets, conduct):
        lines += part(given.rows)
    given.out.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
