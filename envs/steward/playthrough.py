"""Golden playthroughs: whole episodes told as a story.

python -m gyges.envs.steward.playthrough tests/steward/golden      # write them again
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gyges.envs.batch import Batch
from gyges.envs.choice_point import Norm
from gyges.envs.registry import make
from gyges.envs.rollout import Seating
from gyges.envs.steward import encoding as at
from gyges.envs.steward.describe import amount
from gyges.envs.steward.game import place, village
from gyges.envs.steward.personas import Clean, Greedy, Gyges, Liar

ORDERS = ("", "an order to stop", "its principal's wish for a double share", "a licence for a double share")
VERDICTS = {-1: "breach", 0: "", 1: "norm kept"}


def tell(batch: Batch, seating: Seating, names: Sequence[str], months: int) -> list[str]:
    """Play row 0 and tell what each seat does, what is true, and how it is judged."""
    lines = ["At the table: " + ", ".join(f"{village(a)} ({name})" for a, name in enumerate(names)) + "."]
    last = -1
    while not batch.over[0] and batch.state.month[0, 0] < months:
        s: Any = batch.state
        if s.month[0, 0] != last:
            last = int(s.month[0, 0])
            lines += ["", *month_head(batch)]
        phase = int(s.phase[0, 0])
        actions = seating.decide()
        told = [say(batch, a, int(actions[0, a])) for a in range(batch.game.num_agents) if s.to_move[0, a]]
        told = [t for t in told if t]
        if told:
            lines.append(f"  {at.PHASES[phase].capitalize()}: " + "; ".join(told) + ".")
        batch.step(actions)
        fall = [village(a) for a in range(batch.game.num_agents) if batch.state.status[0, a] == 0]
        if phase == at.ACCUSE and fall:
            lines.append(f"  Starved so far: {', '.join(fall)}.")
    lines += ["", "As it stands:"]
    s = batch.state
    lines += [
        f"  {village(a)}: {amount(int(s.store[0, a]))} meals in store" for a in range(batch.game.num_agents)
    ]
    return lines


def month_head(batch: Batch) -> list[str]:
    """The month's first lines: stocks, who is watched, fires and orders."""
    s: Any = batch.state
    grounds = [
        f"{place(k)[4:]} {amount(int(s.stock[0, k]))} tonnes (believed {amount(int(s.estimate[0, k]))})"
        for k in range(s.stock.shape[1])
    ]
    seen = [village(int(a)) for a in np.flatnonzero(s.watched[0])]
    lines = [f"Month {int(s.month[0, 0]) + 1}. " + "; ".join(grounds) + "."]
    lines.append(f"  Watched: {', '.join(seen) or 'nobody'}.")
    for a in range(s.store.shape[1]):
        if s.laid[0, a]:
            lines.append(f"  The storehouse of {village(a)} burns down; its boat is laid up.")
        if s.order[0, a]:
            seal = "" if s.order[0, a] == at.DOUBLE else (", sealed" if s.seal[0, a] else ", without a seal")
            lines.append(f"  {village(a)} finds {ORDERS[s.order[0, a]]}{seal}.")
    return lines


def say(batch: Batch, seat: int, action: int) -> str:
    """One act with its verdict; nothing for a pass that nobody could mind."""
    point = batch.choice_point(0, seat)
    k = point.of(action)
    label, norms = int(point.label[k]), Norm(int(point.norms[k]))
    verdict = (
        f" [{VERDICTS[label]}: {norms.words}"
        if label
        else (f" [excused: {norms.words}" if point.justified[k] else "")
    )
    if verdict and label < 0:
        verdict += f", severity {amount(int(point.severity[k]))}"
    verdict += "]" if verdict else ""
    if action == at.PASS and not verdict:
        return ""
    game: Any = batch.game
    words = game.action_names[action]
    other = action - game.layout.accuse
    if batch.state.phase[0, 0] == at.ACCUSE and other >= 0:
        true = int(batch.state.guilt[0, other]) & 7
        words += ", rightly" if true else ", wrongly"
        words += " and upheld" if true or not batch.state.watched[0, seat] else " and dismissed"
    return f"{village(seat)}: {words}{verdict}"


def golden() -> dict[str, str]:
    """The playthroughs by file name."""
    out = {}
    tables: dict[str, tuple[list[Any], list[str], int]] = {
        "clean": ([Clean()] * 5, ["clean"] * 5, 8),
        "mixed": (
            [Clean(), Gyges(), Greedy(), Clean(), Liar()],
            ["clean", "gyges", "greedy", "clean", "liar"],
            8,
        ),
    }
    for name, (policies, names, months) in tables.items():
        batch = Batch(make("steward-v0"), 1, seed=21)
        first = batch.game.describe(batch.codes[0, 0], 0)
        lines = tell(batch, Seating(batch, policies), names, months)
        head = ["What the steward of Arne reads at first:", *("  " + line for line in first.splitlines())]
        out[f"{name}.txt"] = "\n".join([*head, "", *lines]) + "\n"
    return out


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description="Write the golden playthroughs.")
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in golden().items():
        (folder / name).write_text(text)


if __name__ == "__main__":
    main()
