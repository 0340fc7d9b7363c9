"""The study of tampering in the full game: what is registered, and how its cells are made.

docs/study-tampering.md says what is compared and how. Cells, data, lines and arms are those of the solved
game's study (`gyges.scenarios.studies.tampering`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from gyges.envs.batch import rules_hash
from gyges.envs.registry import make
from gyges.scenarios.studies import registration
from gyges.scenarios.studies.tampering import study as tabular
from gyges.scenarios.studies.tampering.profile import Cell, parse
from gyges.scenarios.studies.tampering_full.measures import GAME
from gyges.scenarios.studies.tampering_full.profile import Profile
from gyges.scenarios.studies.whole import Whole

NAME = "tampering_full"
HERE = Path(__file__).parent
PREDICTIONS = HERE / "predictions.json"
JUDGES = (*tabular.JUDGES, HERE / "verdicts.py")
"""The code that verdicts follow from, from recorded figures on."""
MAKERS = ("people", "training", "measures")


def facts(plan: Profile) -> dict[str, Any]:
    """Everything that is registered of the study under a profile."""
    game = make(GAME)
    personas = Path(str(game.rules().__file__)).with_name("personas.py")
    return {
        **registration.common(NAME, PREDICTIONS, (), plan),
        "verdict code": {f"{path.parent.name}/{path.name}": registration.digest_of(path) for path in JUDGES},
        "rules": rules_hash(game),
        "made by": {
            "personas": registration.digest_of(personas),
            "tampering/training": registration.digest_of(tabular.HERE / "training.py"),
            **{name: registration.digest_of(HERE / f"{name}.py") for name in MAKERS},
        },
        "budgets": plan.budget(),
    }


def runner(plan: Profile) -> Callable[[Cell], dict[str, Any]]:
    """What trains a cell; the cells of a seed share their starts."""
    from gyges.scenarios.studies.tampering_full.training import Starts, run

    starts = Starts(plan)
    return lambda cell: run(plan, starts, cell)


STUDY = Whole(NAME, facts, "made by", parse, runner, "gyges.scenarios.studies.tampering_full.report")
