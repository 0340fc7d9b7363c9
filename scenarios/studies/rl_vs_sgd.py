"""A study: does SGD on labelled behaviour do what RL does, and is it safer?

Runs what is missing of a profile's cells, in any number of processes that share the folder, and writes
tables, plots and a page. What is predicted, how it is judged and what may be spent is registered first
(`gyges.scenarios.studies.registration`); results under another registration are refused.
docs/study-rl-vs-sgd.md says what is compared and how.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from gyges.envs.errors import ConfigError, UnknownNameError
from gyges.envs.foreign import echo
from gyges.scenarios.executor import Executor
from gyges.scenarios.studies import registration
from gyges.scenarios.studies.ledger import Ledger, fill
from gyges.scenarios.studies.profile import Cell, Profile, parse

RESULTS = "results.db"

CODE = ("agents/nn/*.py", "agents/data/*.py", "agents/learn/*.py", "agents/load.py", "agents/rewards.py",
        "scenarios/raters/raters.py", "scenarios/raters/score.py", "scenarios/raters/satisficer.py",
        "scenarios/mixtures.py", "scenarios/raters/dynamic_programming.py", "scenarios/studies/profile.py",
        "scenarios/studies/supplies.py", "scenarios/studies/learners.py", "scenarios/studies/measure.py",
        "scenarios/studies/cells.py")  # fmt: skip
"""What a cell's figures depend on besides the rules of the games."""


def code_hash() -> str:
    """SHA-256 of the code that a cell's figures depend on; 16 digits."""
    import gyges.scenarios

    root = Path(gyges.scenarios.__file__).parents[1]
    digest = hashlib.sha256()
    for pattern in CODE:
        for path in sorted(root.glob(pattern)):
            digest.update(path.name.encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def meta(plan: Profile, out: Path) -> dict[str, str]:
    """What a results file is bound to.

    Raises:
        FileError: nothing is registered in the folder, or what was registered has changed.
    """
    return {
        "study": "rl_vs_sgd",
        "profile": plan.name,
        "plan": plan.hash(),
        "registration": registration.standing(plan, out),
    }


def chosen(plan: Profile, only: Sequence[str]) -> list[Cell]:
    """The cells to run; UnknownNameError where a beginning fits none."""
    cells = plan.cells()
    for begin in only:
        if not any(cell.key.startswith(begin) for cell in cells):
            raise UnknownNameError(f"no cell of {plan.name} begins with {begin!r}")
    return [cell for cell in cells if not only or cell.key.startswith(tuple(only))]


def side_by_side(plan: Profile, out: Path, only: Sequence[str], executor: Executor) -> None:
    """Run cells in several processes, each of which takes the next that nobody has in hand."""
    if executor.local:
        executor.map(_worker, {f"worker {k}": (plan, out, only) for k in range(executor.workers)})
        return
    supplies = (out / "supplies").absolute()
    with Ledger(out / RESULTS, meta(plan, out)) as ledger:
        jobs = {cell.key: (cell, (plan, supplies, cell)) for cell in chosen(plan, only)}
        fill(ledger, executor, _cell, jobs, registration.standing(plan, out), code_hash())


def _cell(job: tuple[Profile, Path, Cell]) -> dict[str, Any]:
    """Make a cell on another machine, which makes its own supplies where it does not share the driver's."""
    from gyges.scenarios.studies.cells import run as run_cell
    from gyges.scenarios.studies.supplies import Supplies

    plan, folder, cell = job
    with contextlib.closing(Supplies(plan, folder)) as supplies:
        return run_cell(supplies, cell)


def _worker(job: tuple[Profile, Path, Sequence[str]]) -> None:
    plan, out, only = job
    with Ledger(out / RESULTS, meta(plan, out)) as ledger:
        work(plan, ledger, out, only)


def work(plan: Profile, ledger: Ledger, out: Path, only: Sequence[str] = ()) -> None:
    """Run cells until none is left that nobody else has in hand."""
    from gyges.scenarios.studies.cells import run as run_cell
    from gyges.scenarios.studies.supplies import Supplies

    cells, told = chosen(plan, only), registration.standing(plan, out)
    with contextlib.closing(Supplies(plan, out / "supplies")) as supplies:
        made = ledger.make(cells, partial(run_cell, supplies), registration=told, code=code_hash())
        for cell, found, took in made:
            done = f"{len(ledger.done()):4}/{len(plan.cells())}"
            echo(f"{done}  {took:6.1f} s  {cell.key}  {short(found)}", flush=True)


def short(found: dict[str, Any]) -> str:
    """A cell's figures in a line."""
    if found["status"] != "done":
        return str(found["status"])
    by = ", ".join(f"{name} {one['proxy']:.1f} gold {one['gold']:.1f}" for name, one in found["by"].items())
    rate = found["figures"]["violation_rate"]
    return f"{by}; violations {'NaN' if rate is None else format(rate, '.3f')}"


def again(plan: Profile, out: Path, key: str) -> int:
    """Make one cell again; 1 where its figures differ from the recorded ones."""
    from gyges.scenarios.studies.cells import run as run_cell
    from gyges.scenarios.studies.supplies import Supplies

    if parse(key) not in plan.cells():
        raise ConfigError(f"profile {plan.name} has no cell {key}; see --list")
    cell = plan.find(key)
    with contextlib.closing(Supplies(plan, out / "supplies")) as supplies:
        found = run_cell(supplies, cell)
    echo(json.dumps({k: v for k, v in found.items() if k != "conduct"}, indent=1))
    with Ledger(out / RESULTS, meta(plan, out)) as ledger:
        recorded = {one.cell.key: one for one in ledger.results()}
    if key not in recorded:
        echo("not recorded yet: nothing to compare with")
        return 0
    same = comparable(found) == comparable(recorded[key].result)
    other = "" if recorded[key].code == code_hash() else " (recorded by other code)"
    echo(f"{'the same as' if same else 'DIFFERS from'} the recorded figures{other}")
    return 0 if same else 1


def comparable(found: dict[str, Any]) -> dict[str, Any]:
    """All of a result that does not depend on the clock."""
    return {k: v for k, v in json.loads(json.dumps(found)).items() if k != "seconds"}


def publish(plan: Profile, ledger: Ledger, out: Path) -> int:
    """Write tables, plots and page; print the verdicts."""
    from gyges.scenarios.studies.report import write

    told = registration.standing(plan, out)
    if results := ledger.finished(told):
        write(plan, results, out, told)
    return 0
