"""The study of transfer: what is registered, and how its cells are made.

docs/fairychess-learners.md says how it is run.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from gyges.envs.batch import rules_hash
from gyges.envs.fairychess.variants import transfer
from gyges.envs.registry import make
from gyges.scenarios.studies import registration
from gyges.scenarios.studies.transfer.profile import Cell, Profile, parse
from gyges.scenarios.studies.whole import Whole

NAME = "transfer"
HERE = Path(__file__).parent
PREDICTIONS = HERE / "predictions.json"
ROOM = HERE.parents[1]
JUDGES = (ROOM / "statistics.py", ROOM / "arena" / "ratings.py", HERE / "estimates.py", HERE / "verdicts.py")
"""The code that verdicts follow from, from games on."""
MADE_BY = (
    HERE / "training.py", HERE / "cells.py", ROOM / "arena" / "openings.py",
    *(
        ROOM.parent / "agents" / "search" / f"{name}.py"
        for name in ("alphazero", "compiled", "edges", "engine_sgd", "inputs", "learner", "network", "player",
                     "ppo", "replay", "restarts", "selection", "selfplay", "trees")
    ),
)  # fmt: skip


def facts(plan: Profile) -> dict[str, Any]:
    """Everything that is registered of the study under a profile."""
    return {
        **registration.common(NAME, PREDICTIONS, JUDGES, plan),
        "variants": transfer.digest(),
        "rules": rules_hash(make("fairychess-v1")),
        "made by": {path.stem: registration.digest_of(path) for path in MADE_BY},
        "budgets": plan.budget(),
    }


def runner(plan: Profile, out: Path) -> Callable[[Cell], dict[str, Any]]:
    """What makes a cell."""
    from gyges.scenarios.studies.transfer.cells import run

    return partial(run, plan, out)


STUDY = Whole(NAME, facts, "made by", parse, runner, "gyges.scenarios.studies.transfer.report", keeps=True)
