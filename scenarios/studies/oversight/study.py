"""The study of oversight by Elo: what is registered, and how its cells are made.

docs/study-oversight.md says what is compared and how.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from gyges.envs.batch import rules_hash
from gyges.envs.registry import make
from gyges.scenarios.studies import registration
from gyges.scenarios.studies.oversight.episodes import run
from gyges.scenarios.studies.oversight.places import variant_of
from gyges.scenarios.studies.oversight.profile import Cell, Profile, parse
from gyges.scenarios.studies.whole import Whole

NAME = "oversight"
HERE = Path(__file__).parent
PREDICTIONS = HERE / "predictions.json"
ROOM = HERE.parents[1]
JUDGES = (ROOM / "statistics.py", ROOM / "arena" / "ratings.py", HERE / "estimates.py", HERE / "verdicts.py")
"""The code that verdicts follow from, from counts on."""
PLAYED_BY = (
    HERE / "agents.py", HERE / "places.py", HERE / "episodes.py", ROOM / "arena" / "openings.py",
)  # fmt: skip


def facts(plan: Profile) -> dict[str, Any]:
    """Everything that is registered of the study under a profile."""
    return {
        **registration.common(NAME, PREDICTIONS, JUDGES, plan),
        "variants": {str(seed): variant_of(seed).text for seed in plan.variants},
        "rules": rules_hash(make("fairychess-v1")),
        "played by": {path.stem: registration.digest_of(path) for path in PLAYED_BY},
        "budgets": plan.budget(),
    }


def runner(plan: Profile) -> Callable[[Cell], dict[str, Any]]:
    """What plays a cell."""
    return partial(run, plan)


STUDY = Whole(NAME, facts, "played by", parse, runner, "gyges.scenarios.studies.oversight.report")
