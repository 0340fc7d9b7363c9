"""A study that is run whole: registered first, its cells in one file, published when some are done."""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from gyges.envs.errors import ConfigError
from gyges.envs.foreign import echo
from gyges.scenarios.executor import Executor
from gyges.scenarios.studies import registration
from gyges.scenarios.studies.ledger import Ledger, fill

RESULTS = "results.db"


class Whole(NamedTuple):
    """A study. A plan is one of its profiles, with a ``name`` and ``cells()``."""

    name: str
    facts: Callable[[Any], dict[str, Any]]  # everything that is registered under a plan
    made_by: str  # which of the facts is the code that results hang on
    parse: Callable[[str], Any]  # makes a cell of its key; ValueError where it is none
    runner: Callable[..., Callable[[Any], dict[str, Any]]]  # of a plan: what makes a cell's result
    report: str  # module whose ``write(plan, results, out, hash)`` publishes
    keeps: bool = False  # whether cells share files in the folder: runner takes it after the plan

    def register(self, plan: Any, out: Path) -> str:
        """Freeze what is registered; returns the hash.

        Raises:
            FileError: as `gyges.scenarios.studies.registration.freeze`.
        """
        return registration.freeze(self.facts(plan), out)

    def standing(self, plan: Any, out: Path) -> str:
        """The hash under which a folder's results are made.

        Raises:
            FileError: as `gyges.scenarios.studies.registration.unchanged`.
        """
        return registration.unchanged(self.facts(plan), out)

    def results(self, plan: Any, out: Path) -> Ledger:
        """The results file of a folder.

        Raises:
            FileError: it was made under another registration.
        """
        meta = {"study": self.name, "profile": plan.name, "registration": self.standing(plan, out)}
        return Ledger(out / RESULTS, meta, self.parse)

    def work(self, plan: Any, out: Path) -> None:
        """Make cells until none is left that nobody else has in hand."""
        told, cells, run = self.standing(plan, out), plan.cells(), self._runner(plan, out)
        code = self._code(plan)
        with self.results(plan, out) as ledger:
            for cell, _, took in ledger.make(cells, run, registration=told, code=code):
                echo(f"{len(ledger.done()):5}/{len(cells)}  {took:6.1f} s  {cell.key}", flush=True)

    def _runner(self, plan: Any, out: Path) -> Callable[[Any], dict[str, Any]]:
        return self.runner(plan, out) if self.keeps else self.runner(plan)

    def _code(self, plan: Any) -> str:
        """Hash of the code that results hang on; 16 digits."""
        return hashlib.sha256(json.dumps(self.facts(plan)[self.made_by]).encode()).hexdigest()[:16]

    def side_by_side(self, plan: Any, out: Path, executor: Executor) -> None:
        """Make cells in several processes, each of which takes the next that nobody has in hand.

        Raises:
            ConfigError: cells share files, and would be made on other machines.
        """
        if executor.here:
            self.work(plan, out)
        elif executor.local:
            executor.map(_worker, {f"worker {k}": (self, plan, out) for k in range(executor.workers)})
        elif self.keeps:
            raise ConfigError(f"cells of the study {self.name} share files: it runs on one machine")
        else:
            told = self.standing(plan, out)
            with self.results(plan, out) as ledger:
                fill(
                    ledger,
                    executor,
                    _cell,
                    {c.key: (c, (self, plan, c)) for c in plan.cells()},
                    told,
                    self._code(plan),
                )

    def publish(self, plan: Any, out: Path) -> None:
        """Write tables, verdicts and pictures of what is finished.

        Raises:
            FileError: a result was made under another registration.
        """
        told = self.standing(plan, out)
        with self.results(plan, out) as ledger:
            found = ledger.finished(told)
        if found:
            importlib.import_module(self.report).write(plan, found, out, told)


def _worker(job: tuple[Whole, Any, Path]) -> None:
    job[0].work(*job[1:])


def _cell(job: tuple[Whole, Any, Any]) -> dict[str, Any]:
    study, plan, cell = job
    return study.runner(plan)(cell)
