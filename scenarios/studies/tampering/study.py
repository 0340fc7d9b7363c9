"""The study of tampering: register, train what is missing, judge, publish.

docs/study-tampering.md says what is compared and how.
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
from gyges.envs.registry import make
from gyges.scenarios.executor import Executor
from gyges.scenarios.studies import registration
from gyges.scenarios.studies.ledger import Ledger
from gyges.scenarios.studies.tampering.measures import GAME
from gyges.scenarios.studies.tampering.profile import Profile, parse

NAME = "tampering"
RESULTS = "results.db"
HERE = Path(__file__).parent
PREDICTIONS = HERE / "predictions.json"
JUDGES = (HERE.parents[1] / "statistics.py", HERE / "verdicts.py")
"""The code that verdicts follow from, from recorded figures on."""


def facts(plan: Profile) -> dict[str, Any]:
    """Everything that is registered of the study under a profile."""
    game = make(GAME)
    personas = Path(str(game.rules().__file__)).with_name("personas.py")
    return {
        "study": NAME,
        "predictions": registration.digest_of(PREDICTIONS),
        "verdict code": {path.name: registration.digest_of(path) for path in JUDGES},
        "profile": dataclasses.asdict(plan),
        "rules": rules_hash(game),
        "made by": {
            "personas": registration.digest_of(personas),
            "training": registration.digest_of(HERE / "training.py"),
            "measures": registration.digest_of(HERE / "measures.py"),
        },
        "budgets": plan.budget(),
    }


def standing(plan: Profile, out: Path) -> str:
    """The hash under which a folder's results are made.

    Raises:
        FileError: as `gyges.scenarios.studies.registration.unchanged`.
    """
    return registration.unchanged(facts(plan), out)


def register(plan: Profile, out: Path) -> str:
    """Freeze predictions, verdict code, profile and budgets; returns the hash.

    Raises:
        FileError: as `gyges.scenarios.studies.registration.freeze`.
    """
    return registration.freeze(facts(plan), out)


def results(plan: Profile, out: Path) -> Ledger:
    """The results file of a folder.

    Raises:
        FileError: it was made under another registration.
    """
    meta = {"study": NAME, "profile": plan.name, "registration": standing(plan, out)}
    return Ledger(out / RESULTS, meta, parse)


def work(plan: Profile, out: Path) -> None:
    """Train cells until none is left that nobody else has in hand."""
    from gyges.scenarios.studies.tampering.training import Shelf, run

    told, cells, shelf = standing(plan, out), plan.cells(), Shelf(plan)
    code = hashlib.sha256(json.dumps(facts(plan)["made by"]).encode()).hexdigest()[:16]
    with results(plan, out) as ledger:
        while (cell := ledger.claim(cells)) is not None:
            begun = time.perf_counter()
            try:
                found = run(plan, shelf, cell)
            except BaseException:
                ledger.release(cell)
                raise
            ledger.add(cell, found, registration=told, code=code)
            edits = " ".join(f"{one['edit']:.3f}" for one in found["stages"])
            took = time.perf_counter() - begun
            echo(f"{len(ledger.done()):4}/{len(cells)}  {took:5.1f} s  {cell.key}  {edits}", flush=True)


def side_by_side(plan: Profile, out: Path, workers: int) -> None:
    """Train in several processes, each of which takes the next cell that nobody has in hand."""
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
    from gyges.scenarios.studies.tampering.report import write

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
