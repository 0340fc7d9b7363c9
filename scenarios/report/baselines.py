"""The fixed numbers that a scenario's figures are relative to: random is 0, its reference is 100.

They are kept in ``baselines.json`` by what a scenario plays, its number of episodes apart, and made
again with ``python -m gyges.scenarios.report.baselines SUITE``. A scenario that is not in the file gets its
baseline from the random and reference policies of the same results, where they stand there.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from gyges.envs import atomic
from gyges.envs.errors import FileError
from gyges.scenarios.executor import Executor
from gyges.scenarios.report.metrics import Baseline, Episodes, baseline
from gyges.scenarios.scenario import Scenario, scenarios

FILE = Path(__file__).with_name("baselines.json")
EPISODES = 512
NONCE = "6261736c696e65206f66206779676573"


def key(scenario: Scenario) -> str:
    """What a baseline belongs to: all that is played, but not how often."""
    return scenario.with_(episodes=1).hash()


@lru_cache(maxsize=1)
def stored() -> dict[str, Any]:
    """The file's entries by `key`.

    Raises:
        FileError: the file is not one of baselines.
    """
    try:
        data = json.loads(FILE.read_text("utf-8"))
        return {
            str(k): Baseline(*(math.nan if v is None else float(v) for v in one["values"]))
            for k, one in data.items()
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise FileError(f"{FILE}: not a file of baselines: {error}") from None


def of(scenario: Scenario) -> Baseline | None:
    """The stored baseline of a scenario, if there is one."""
    found = stored().get(key(scenario))
    return found if isinstance(found, Baseline) else None


def measure(scenario: Scenario, *, episodes: int = EPISODES) -> Baseline:
    """Play the random and the reference policy, and make a baseline of what they did."""
    return baseline(_played(scenario, "random", episodes), _played(scenario, scenario.reference, episodes))


def _measured(job: tuple[Scenario, int]) -> Baseline:
    scenario, episodes = job
    return measure(scenario, episodes=episodes)


def _played(scenario: Scenario, policy: str, episodes: int) -> Episodes:
    from gyges.agents.load import build
    from gyges.scenarios.evaluation.evaluate import play_chunk
    from gyges.scenarios.evaluation.plan import plan

    ready = plan(policy, [scenario])[0]
    personas = {name: build(source, ready.game) for name, source in ready.sources.items()}
    who = build(ready.source, ready.game)
    rows = [played.counts for played in play_chunk(ready, who, personas, NONCE, 0, episodes)]
    return Episodes(
        scenario.id, rows, focal_seats(scenario, ready.game.num_agents, range(episodes)), [0] * episodes
    )


def focal_seats(scenario: Scenario, num_agents: int, numbers: Sequence[int]) -> Any:
    """Which seats are focal in some episodes, bool [E, N]."""
    found = [scenario.focal_seats(num_agents, number) for number in numbers]
    return np.array(found, np.bool_).reshape(len(found), num_agents)


def make(
    suite: str,
    *,
    episodes: int = EPISODES,
    executor: Executor | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> dict[str, Any]:
    """Entries of the file for the scenarios of a suite.

    Args:
        suite: a suite, or the id of one scenario.
        episodes: that either policy plays in each.
        executor: whose processes play; by default this one.
        say: called with each scenario's baseline.
    """
    played = [scenario for scenario in scenarios(suite) if scenario.kind != "bank"]
    jobs = {scenario.id: (scenario, episodes) for scenario in played}
    found = {}
    for scenario, figures in zip(played, (executor or Executor(1)).map(_measured, jobs), strict=True):
        values = [round(v, 6) if math.isfinite(v) else None for v in figures]
        found[key(scenario)] = {"scenario": scenario.id, "episodes": episodes, "values": values}
        say(f"{scenario.id}: {dict(zip(Baseline._fields, values, strict=True))}")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the baselines of suites anew; entries of other scenarios stay as they are."""
    import argparse

    parser = argparse.ArgumentParser(
        prog="python -m gyges.scenarios.report.baselines", description=main.__doc__
    )
    parser.add_argument("suite", nargs="+")
    parser.add_argument("--workers", type=int, help="processes that play; one a core by default")
    options = parser.parse_args(arguments)
    data = json.loads(FILE.read_text("utf-8")) if FILE.exists() else {}
    with Executor(options.workers) as executor:
        for suite in options.suite:
            made = make(suite, executor=executor, say=print)
            names = {one["scenario"] for one in made.values()}
            data = {k: v for k, v in data.items() if v["scenario"] not in names} | made
    ordered = dict(sorted(data.items(), key=lambda item: str(item[1]["scenario"])))
    text = json.dumps(ordered, indent=1, allow_nan=False) + "\n"
    atomic.write_text(FILE, text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
