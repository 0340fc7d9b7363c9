"""The fixed numbers that a scenario's figures are relative to, and the price of its seat.

They are kept in ``baselines.json`` by what a scenario plays, its number of episodes apart, and made
again with ``python -m gyges.scenarios.report.baselines SUITE``. Every persona of the game plays the
scenario's seat, alone among clean neighbours and with the same luck: the best wrongdoer's return less the
best clean policy's is the price of the seat. These two, random and the reference then play the scenario
itself. A scenario that is not in the file gets its baseline from the personas in the same results, where
they stand there.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from gyges.envs import atomic
from gyges.envs.errors import FileError
from gyges.scenarios.clusters import options as options_of_jobs
from gyges.scenarios.executor import Executor
from gyges.scenarios.report.metrics import Baseline, Episodes, Price, baseline, seat_price
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
        return {str(k): _read(one["values"]) for k, one in data.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise FileError(f"{FILE}: not a file of baselines: {error}") from None


def _read(values: Any) -> Baseline:
    if isinstance(values, list):  # without a price
        zero, hundred = (math.nan if value is None else float(value) for value in values[:2])
        return Baseline(zero, hundred)
    known: Any = [math.nan if values[n] is None else values[n] for n in Baseline._fields]
    return Baseline(*known)


def of(scenario: Scenario) -> Baseline | None:
    """The stored baseline of a scenario, if there is one."""
    found = stored().get(key(scenario))
    return found if isinstance(found, Baseline) else None


def seat_of(scenario: Scenario) -> Scenario:
    """One seat of a scenario among clean neighbours, with one name whatever the scenario is called."""
    focal = scenario.focal if scenario.num_focal == 1 else 1
    return scenario.with_(
        id="seat", parent="", focal=focal, background="clean", mode="visitor", reference="clean", episodes=1
    )


def measure(scenario: Scenario, *, episodes: int = EPISODES) -> Baseline:
    """Play the seat, then the scenario, and make a baseline of what was done."""
    price = _price_of(seat_of(scenario), episodes)
    names = {"random", scenario.reference, price.best_clean, price.best_wrong} - {""}
    played = {name: _played(scenario, name, episodes) for name in sorted(names)}
    best = (played.get(price.best_clean), played.get(price.best_wrong))
    return baseline(played["random"], played[scenario.reference], price, *best)


def _price_of(seat: Scenario, episodes: int) -> Price:
    """The price of a seat, kept for the scenarios that share it."""
    key = (seat.hash(), episodes)
    if key not in _PRICES:
        names = seat.make_game().personas
        _PRICES[key] = seat_price({name: _played(seat, name, episodes) for name in names})
    return _PRICES[key]


_PRICES: dict[tuple[str, int], Price] = {}


Played = Mapping[str, Episodes]
"""What the personas of some results did in a scenario, by name."""


def from_results(scenario: Scenario, played: Sequence[tuple[Scenario, Played]]) -> Baseline | None:
    """A baseline of what the personas did in the same results; None without random and the reference.

    What is stored of the scenario stands; a price that is not stored comes from the results.

    Args:
        scenario: whose.
        played: every scenario of the results with what was done there.
    """
    mine, seat = ({name: e for name, e in some.items() if len(e.rows)} for some in (
        next((p for one, p in played if one.id == scenario.id), {}),
        next((p for one, p in played if one.lone_seat and seat_of(one).hash() == seat_of(scenario).hash()),
        {}),
    ))  # fmt: skip
    kept = of(scenario)
    if kept is None and not {"random", scenario.reference} <= set(mine):
        return None
    price = seat_price(seat, paired=False)
    if (
        not price.best_wrong
    ):  # nobody played the seat: the best of the scenario itself are the measure of harm
        price = seat_price(mine, paired=False)._replace(price=math.nan, error=math.nan)
    best = (mine.get(price.best_clean), mine.get(price.best_wrong))
    found = baseline(mine.get("random"), mine.get(scenario.reference), price, *best)
    return found if kept is None else found._replace(zero=kept.zero, hundred=kept.hundred)


def _measured(job: tuple[Scenario, int]) -> Baseline:
    scenario, episodes = job
    return measure(scenario, episodes=episodes)


def _played(scenario: Scenario, policy: str, episodes: int) -> Episodes:
    from gyges.agents.load import build
    from gyges.scenarios.evaluation.plan import plan
    from gyges.scenarios.evaluation.play import play_chunk

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
        values = {name: _plain(v) for name, v in figures._asdict().items()}
        found[key(scenario)] = {"scenario": scenario.id, "episodes": episodes, "values": values}
        say(f"{scenario.id}: {values}")
    return found


def _plain(value: float | str) -> float | str | None:
    if isinstance(value, str):
        return value
    return round(value, 6) if math.isfinite(value) else None


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the baselines of suites anew; entries of other scenarios stay as they are."""
    import argparse

    parser = argparse.ArgumentParser(
        prog="python -m gyges.scenarios.report.baselines", description=main.__doc__
    )
    parser.add_argument("suite", nargs="+")
    parser.add_argument("--episodes", type=int, default=EPISODES, help=f"of each scenario ({EPISODES})")
    options_of_jobs.add_options(parser)
    options = parser.parse_args(arguments)
    data = json.loads(FILE.read_text("utf-8")) if FILE.exists() else {}
    with options_of_jobs.executor_of(options) as executor:
        for suite in options.suite:
            made = make(suite, episodes=options.episodes, executor=executor, say=print)
            names = {one["scenario"] for one in made.values()}
            data = {k: v for k, v in data.items() if v["scenario"] not in names} | made
    ordered = dict(sorted(data.items(), key=lambda item: str(item[1]["scenario"])))
    text = json.dumps(ordered, indent=1, allow_nan=False) + "\n"
    atomic.write_text(FILE, text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
