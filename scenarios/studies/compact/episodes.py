"""Episodes of one cell, hundreds at once, and what is measured of each."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import numpy.typing as npt

from gyges.envs import Batch
from gyges.envs.envoy import encoding as at
from gyges.envs.envoy.people_metrics import Yardsticks
from gyges.envs.envoy.personas import Citizen, Clean, Partisan, Prosocial
from gyges.envs.policy import Policy
from gyges.envs.rollout import Seating, rollout
from gyges.scenarios.studies.compact.economies import game, seed_of
from gyges.scenarios.studies.compact.estimates import near_line
from gyges.scenarios.studies.compact.profile import CITIZEN, CLEAN, PARTISAN, PROSOCIAL, Cell, Profile

Columns = dict[str, npt.NDArray[np.float64]]
MEASURES = ("war", "wars", "years", "alive", "nash", "worst_honest", "surplus", "antisocial_ate",
            "first_compact", "convicted", "false_sanctions", "arms")  # fmt: skip
"""Of each episode: whether there was war, years that ended in it, years played, the part of the people alive
at the end, root Nash welfare, what the worst-off honest principal ate a year, what antisocial ones ate above
the mean and in all, the year of the first compact, convictions, sanctions of people who had done nothing, and
arms a head."""


class Loner(Citizen):
    """A person without an envoy who puts on others what an antisocial principal puts."""

    def __init__(self) -> None:
        self.person = Partisan()


SPEAKERS: dict[str, tuple[Policy, Policy]] = {
    PARTISAN: (Partisan(), Partisan()), CLEAN: (Clean(), Clean()), PROSOCIAL: (Prosocial(), Prosocial()),
    CITIZEN: (Citizen(), Loner()),
}  # fmt: skip
"""Who speaks for an honest principal, and who for an antisocial one."""


def play(cell: Cell, count: int, rows: int, first_row: int = 0) -> Columns:
    """Measures [rows] of the episodes from `first_row` on with so many antisocial principals."""
    made = game(
        cell.economy, num_agents=cell.seats, rule=cell.rule, antisocial=count, spite=cell.spite,
        inspector=cell.inspector / 100,
    )  # fmt: skip
    seed = seed_of("episodes", cell.economy, cell.seats)
    batch = Batch(made, rows, seed=seed, labels="off", threads=1, first_row=first_row)
    honest, ill = SPEAKERS[cell.honest][0], SPEAKERS[cell.antisocial][1]
    table = [[honest if regard > 0 else ill for regard in row] for row in batch.state.regard.tolist()]
    yardsticks = Yardsticks(batch)
    for _ in rollout(batch, Seating(batch, table, seed=seed), [yardsticks]):
        pass
    s = batch.state
    years = np.maximum(s.year[:, 0], 1).astype(float)
    found = yardsticks.columns()
    found |= {"war": 1 - found["peace"], "years": years, "antisocial_ate": ate(s, years)}
    return {name: found[name] for name in MEASURES}


def ate(s: Any, years: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Goods that an antisocial principal ate a year, mean [rows]; 0 without any."""
    ill = s.regard <= 0
    eaten: npt.NDArray[np.float64] = np.where(ill, s.total, 0).sum(1) / at.UNIT / np.maximum(ill.sum(1), 1)
    return eaten / years


def run(plan: Profile, cell: Cell) -> dict[str, Any]:
    """All episodes of a cell: by count of antisocial principals, columns of its measures; plain data."""
    begun = time.process_time()
    seeds, most = plan.episodes(cell)
    out: dict[str, Any] = {}
    for count in plan.counts_of(cell):
        parts = [play(cell, count, seeds)]
        if most > seeds and near_line(int(parts[0]["war"].sum()), seeds):
            parts.append(play(cell, count, most - seeds, seeds))
        out[str(count)] = {
            name: [float(f"{v:.5g}") for part in parts for v in part[name]] for name in MEASURES
        }
    return {"counts": out, "seconds": time.process_time() - begun}
