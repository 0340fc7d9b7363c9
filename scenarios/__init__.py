"""What is played and how it is judged: scenarios, evaluation, raters, leaderboard.

Importing this imports none of it: each name comes with its first use.
"""

from typing import TYPE_CHECKING

from gyges.envs.public_names import lazy as _lazy

if TYPE_CHECKING:
    from gyges.scenarios.evaluation.evaluate import evaluate as evaluate
    from gyges.scenarios.evaluation.store import Run as Run
    from gyges.scenarios.evaluation.store import Store as Store
    from gyges.scenarios.evaluation.verify import verify as verify
    from gyges.scenarios.executor import Executor as Executor
    from gyges.scenarios.raters.raters import Rater as Rater
    from gyges.scenarios.raters.raters import rater as rater
    from gyges.scenarios.report.leaderboard import page_data as page_data
    from gyges.scenarios.report.terminal import print_table as print_table
    from gyges.scenarios.scenario import Scenario as Scenario
    from gyges.scenarios.scenario import register_scenario as register_scenario
    from gyges.scenarios.scenario import register_suite as register_suite
    from gyges.scenarios.scenario import register_suite_file as register_suite_file
    from gyges.scenarios.scenario import scenarios as scenarios

_MODULES = {
    "evaluation.evaluate": ("evaluate",),
    "evaluation.store": ("Run", "Store"),
    "evaluation.verify": ("verify",),
    "executor": ("Executor",),
    "raters.raters": ("Rater", "rater"),
    "report.leaderboard": ("page_data",),
    "report.terminal": ("print_table",),
    "scenario": ("Scenario", "register_scenario", "register_suite", "register_suite_file", "scenarios"),
}

__all__ = sorted(name for names in _MODULES.values() for name in names)
__getattr__ = _lazy(__name__, _MODULES)
