"""``gyges study``: run a study, or what is missing of it.

gyges study rl_vs_sgd --profile ci --out study
gyges study rl_vs_sgd --profile ci --out study --cell tabular/tail/behaviour/conditioned/binary/0
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated, Literal

import tyro

from gyges.scenarios.studies.ledger import Ledger
from gyges.scenarios.studies.profile import profile
from gyges.scenarios.studies.rl_vs_sgd import RESULTS, again, meta, publish, side_by_side, work


@dataclasses.dataclass(frozen=True)
class Study:
    """Run a study, or what is missing of it; several processes may share a folder."""

    name: Annotated[Literal["rl_vs_sgd"], tyro.conf.Positional] = "rl_vs_sgd"
    """Which study."""
    profile: Literal["ci", "small", "long", "gpu"] = "ci"
    """ci: some minutes; small: some hours at most, pilot-grade; long: rich Steward alone, five times as long;
    gpu: thirty seeds."""
    out: Path = Path("study")
    """Folder of results, shared data, tables and page."""
    cell: str = ""
    """Run this one cell again, print its figures, and compare them with the recorded ones."""
    page: bool = False
    """Run nothing; write tables, plots and page of what is finished."""
    list: bool = False
    """Run nothing; list the cells and which are finished."""
    only: tuple[str, ...] = ()
    """Run only the cells whose keys begin with one of these, as in tabular/tail."""
    workers: int = 1
    """Processes that run cells side by side."""


def run(args: Study) -> int:
    """Do what the options say; returns the exit status."""
    plan = profile(args.profile)
    if args.cell:
        return again(plan, args.out, args.cell)
    with Ledger(args.out / RESULTS, meta(plan)) as ledger:
        print(f"predictions {ledger.meta()['predictions']}", flush=True)
        if args.list:
            done = ledger.done()
            for cell in plan.cells():
                print("done" if cell.key in done else "    ", cell.key)
            return 0
        if not args.page and args.workers == 1:
            work(plan, ledger, args.out, args.only)
        elif not args.page:
            side_by_side(plan, args.out, args.only, args.workers)
        return publish(plan, ledger, args.out)
