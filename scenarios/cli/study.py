"""``gyges study``: register a study, run it or what is missing of it, or judge stored tables anew.

gyges study register --profile ci --out study
gyges study rl_vs_sgd --profile ci --out study
gyges study compact --profile small --out compact
gyges study tampering --profile small --out tampering
gyges study tampering_full --profile small --out tampering_full
gyges study oversight --profile small --out oversight
gyges study transfer --profile small --workers 2 --out transfer
gyges study rl_vs_sgd --profile ci --out study --cell tabular/tail/behaviour/conditioned/binary/0
"""

from __future__ import annotations

import dataclasses
import importlib
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from gyges.envs.errors import ConfigError
from gyges.envs.foreign import echo
from gyges.scenarios.cli import dry_run
from gyges.scenarios.clusters.options import Cluster, Jobs
from gyges.scenarios.studies.ledger import Ledger
from gyges.scenarios.studies.profile import profile
from gyges.scenarios.studies.registration import NAME, register
from gyges.scenarios.studies.restate import restate
from gyges.scenarios.studies.rl_vs_sgd import RESULTS, again, meta, publish, side_by_side, work


@dataclasses.dataclass(frozen=True)
class Study:
    """Run a study, or what is missing of it; several processes may share a folder."""

    name: Annotated[
        Literal[
            "rl_vs_sgd",
            "compact",
            "tampering",
            "tampering_full",
            "oversight",
            "transfer",
            "register",
            "restate",
        ],
        tyro.conf.Positional,
    ] = "rl_vs_sgd"
    """Which study; or register: freeze its predictions, verdict code, profile and budgets under one hash,
    in a file to commit before data; or restate: judge the tables of a published folder anew and rewrite
    its page."""
    of: Literal["rl_vs_sgd", "compact", "tampering", "tampering_full", "oversight", "transfer"] = "rl_vs_sgd"
    """Which study `register` and `restate` are for."""
    profile: Literal["ci", "small", "long", "sweep", "gpu", "learners", "full"] = "ci"
    """rl_vs_sgd: ci: some minutes; small: some hours at most, pilot-grade; long: rich Steward alone, five
    times as long; sweep: expert share, quantile and price of leaving the data, eight seeds; gpu: thirty
    seeds.
    compact: ci: seconds; small: half an hour of one core; full: 37 minutes of two cores.
    tampering: ci: seconds; small: some ten minutes of one core.
    tampering_full: ci: seconds; small: twenty minutes of one core.
    oversight: ci: seconds; small: some ten minutes of one core.
    transfer: ci: minutes; small: three hours of two cores; learners: an hour; full: some days."""
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
    jobs: Jobs = dataclasses.field(default_factory=Cluster)
    """Where jobs run instead."""
    dry_run: bool = False
    """Say what would be done, and do nothing."""


def run(args: Study) -> int:
    """Do what the options say; returns the exit status."""
    if {"compact", "tampering", "tampering_full", "oversight", "transfer"} & {args.name, args.of}:
        return run_whole(args)
    plan = profile(args.profile)
    if args.dry_run:
        cells = [one for one in plan.cells() if one.key.startswith(args.only or "")]
        budget = ", ".join(f"{mode.name} {mode.decisions:,} decisions a learner" for mode in plan.modes)
        return dry_run.said(f"{args.name} under {plan.name}: {len(cells)} cells; {budget}", writes=[args.out])
    if args.name == "restate":
        return restate(args.out)
    if args.name == "register" or not (args.out / RESULTS).exists():
        registered = register(plan, args.out)
        echo(f"registered {registered} in {args.out / NAME}", flush=True)
        if args.name == "register":
            return 0
    if args.cell:
        return again(plan, args.out, args.cell)
    with Ledger(args.out / RESULTS, meta(plan, args.out)) as ledger:
        if args.list:
            return listed(plan, ledger)
        if not args.page:
            with args.jobs.executor(args.workers) as executor:
                if executor.here:
                    work(plan, ledger, args.out, args.only)
                else:
                    side_by_side(plan, args.out, args.only, executor)
        return publish(plan, ledger, args.out)


def listed(plan: Any, ledger: Ledger) -> int:
    """Print a plan's cells, and which are finished."""
    done = ledger.done()
    for cell in plan.cells():
        echo("done" if cell.key in done else "    ", cell.key)
    return 0


def run_whole(args: Study) -> int:
    """A study that is run whole, without single cells; returns the exit status."""
    name = args.of if args.name in ("register", "restate") else args.name
    module, report, profiles = (
        importlib.import_module(f"gyges.scenarios.studies.{name}.{part}")
        for part in ("study", "report", "profile")
    )
    study = module.STUDY
    if args.cell or args.only:
        raise ConfigError(f"the study {name} is played whole: it has neither --cell nor --only")
    plan = profiles.profile(args.profile)
    if args.dry_run:
        words = ", ".join(f"{count:,} {what}" for what, count in study.facts(plan)["budgets"].items())
        return dry_run.said(f"{name} under {plan.name}: {words}", writes=[args.out])
    if args.name == "restate":
        report.publish(args.out)
        return 0
    if args.name == "register" or not (args.out / RESULTS).exists():
        echo(f"registered {study.register(plan, args.out)} in {args.out / NAME}", flush=True)
        if args.name == "register":
            return 0
    if args.list:
        with study.results(plan, args.out) as ledger:
            return listed(plan, ledger)
    if not args.page:
        with args.jobs.executor(args.workers) as executor:
            study.side_by_side(plan, args.out, executor)
    study.publish(plan, args.out)
    return 0
