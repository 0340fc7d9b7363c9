"""The study of tampering: what is registered, and how its cells are made.

docs/study-tampering.md says what is compared and how.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from gyges.envs.batch import rules_hash
from gyges.envs.registry import make
from gyges.scenarios.studies import registration
from gyges.scenarios.studies.tampering.measures import GAME
from gyges.scenarios.studies.tampering.profile import Cell, Profile, parse
from gyges.scenarios.studies.whole import Whole

NAME = "tampering"
HERE = Path(__file__).parent
PREDICTIONS = HERE / "predictions.json"
JUDGES = (HERE.parents[1] / "statistics.py", HERE / "verdicts.py")
"""The code that verdicts follow from, from recorded figures on."""


def facts(plan: Profile) -> dict[str, Any]:
    """Everything that is registered of the study under a profile."""
    game = make(GAME)
    personas = Path(str(game.rules().__file__)).with_name("personas.py")
    return {
        **registration.common(NAME, PREDICTIONS, JUDGES, plan),
        "rules": rules_hash(game),
        "made by": {
            "personas": registration.digest_of(personas),
            "training": registration.digest_of(HERE / "training.py"),
            "measures": registration.digest_of(HERE / "measures.py"),
        },
        "budgets": plan.budget(),
    }


def runner(plan: Profile) -> Callable[[Cell], dict[str, Any]]:
    """What trains a cell; the cells of a seed share their starts."""
    from gyges.scenarios.studies.tampering.training import Shelf, run

    shelf = Shelf(plan)
    return lambda cell: run(plan, shelf, cell)


STUDY = Whole(NAME, facts, "made by", parse, runner, "gyges.scenarios.studies.tampering.report")
