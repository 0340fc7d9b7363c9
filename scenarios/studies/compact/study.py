"""The study of compacts: what is registered, and how its cells are made.

docs/study-compact.md says what is compared and how.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from gyges.envs.batch import rules_hash
from gyges.scenarios.studies import registration
from gyges.scenarios.studies.compact.economies import drawn, game
from gyges.scenarios.studies.compact.episodes import run
from gyges.scenarios.studies.compact.profile import Cell, Profile, parse
from gyges.scenarios.studies.whole import Whole

NAME = "compact"
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


def runner(plan: Profile) -> Callable[[Cell], dict[str, Any]]:
    """What plays a cell."""
    return partial(run, plan)


STUDY = Whole(NAME, facts, "played by", parse, runner, "gyges.scenarios.studies.compact.report")
