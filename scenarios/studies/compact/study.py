"""The study of compacts: register, play what is missing, judge, publish.

docs/study-compact.md says what is compared and how.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
from pathlib import Path
from typing import Any

from gyges.envs.batch import rules_hash
from gyges.envs.errors import FileError
from gyges.envs.foreign import echo
from gyges.scenarios.executor import Executor
from gyges.scenarios.studies import registration
from gyges.scenarios.studies.compact.economies import drawn, game
from gyges.scenarios.studies.compact.episodes import run
from gyges.scenarios.studies.compact.profile import Profile, parse
from gyges.scenarios.studies.ledger import Ledger

NAME = "compact"
RESULTS = "results.db"
HERE = Path(__file__).parent
PREDICTIONS = HERE / "predictions.json"
JUDGES = (HERE.parents[1] / "statistics.py", HERE / "estimates.py", HERE / "directions.py")
"""The code that verdicts follow from, from recorded episodes on."""
PLAYERS = ("personas", "weighing", "bargain", "people_metrics")
"""Files of the game, beside its rules, that episodes hang on."""


def facts(plan: Profile) -> dict[str, Any]:
    """Everything that is registered of the study under a profile."""
    made = game(0)
    folder = Path(str(made.rules().__file__)).parent
    cells = plan.cells()
    return {
        "study": NAME,
        "predictions": registration.digest_of(PREDICTIONS),
        "verdict code": {path.name: registration.digest_of(path) for path in JUDGES},
        "profile": dataclasses.asdict(plan),
        "economies": [drawn(k) for k in range(plan.first, plan.first + plan.economies)],
        "rules": rules_hash(made),
        "played by": {
            **{name: registration.digest_of(folder / f"{name}.py") for name in PLAYERS},
            "episodes": registration.digest_of(HERE / "episodes.py"),
        },
        "budgets": {
            "cells": len(cells),
            "episodes": sum(len(plan.counts_of(one)) * plan.episodes(one)[0] for one in cells),
            "episodes at most": sum(len(plan.counts_of(one)) * plan.episodes(one)[1] for one in cells),
        },
    }


def meta(plan: Profile, out: Path) -> dict[str, str]:
    """What a results file is bound to.

    Raises:
        FileError: nothing is registered in the folder, or what was registered has changed.
    """
    return {"study": NAME, "profile": plan.name, "registration": standing(plan, out)}


def register(plan: Profile, out: Path) -> str:
    """Freeze predictions, verdict code, profile, economies and budgets; returns the hash.

    Raises:
        FileError: as `gyges.scenarios.studies.registration.freeze`.
    """
    return registration.freeze(facts(plan), out)


def standing(plan: Profile, out: Path) -> str:
    """The hash under which a folder's results are made.

    Raises:
        FileError: as `gyges.scenarios.studies.registration.unchanged`.
    """
    return registration.unchanged(facts(plan), out)


def results(plan: Profile, out: Path) -> Ledger:
    """The results file of a folder.

    Raises:
        FileError: it was made under another registration.
    """
    return Ledger(out / RESULTS, meta(plan, out), parse)


def work(plan: Profile, out: Path) -> None:
    """Play cells until none is left that nobody else has in hand."""
    told, cells = standing(plan, out), plan.cells()
    code = hashlib.sha256(json.dumps(facts(plan)["played by"]).encode()).hexdigest()[:16]
    with results(plan, out) as ledger:
        left = [cell for cell in cells if cell.key not in ledger.done()]
        while (cell := ledger.claim(left)) is not None:
            begun = time.perf_counter()
            try:
                found = run(plan, cell)
            except BaseException:
                ledger.release(cell)
                raise
            ledger.add(cell, found, registration=told, code=code)
            left.remove(cell)
            took = time.perf_counter() - begun
            echo(f"{len(ledger.done()):5}/{len(cells)}  {took:6.1f} s  {cell.key}", flush=True)


def side_by_side(plan: Profile, out: Path, workers: int) -> None:
    """Play in several processes, each of which takes the next cell that nobody has in hand."""
    if workers == 1:
        work(plan, out)
        return
    with Executor(workers) as executor:
        executor.map(_worker, {f"worker {k}": (plan, out) for k in range(workers)})


def _worker(job: tuple[Profile, Path]) -> None:
    work(*job)


def publish(plan: Profile, out: Path) -> None:
    """Write tables, verdicts and pictures of what is finished.

    Raises:
        FileError: a result was made under another registration.
    """
    from gyges.scenarios.studies.compact.report import write

    told = standing(plan, out)
    with results(plan, out) as ledger:
        found = ledger.results()
    wrong = [one.cell.key for one in found if one.registration != told]
    if wrong:
        raise FileError(f"{wrong[0]} and {len(wrong) - 1} others were run under another registration")
    if not found:
        echo("nothing is finished yet")
        return
    write(plan, found, out, told)
