"""Envoy: every person has an AI envoy, and a compact has to be made and kept.

Each seat speaks and acts for one principal. Every year need is declared, compacts are proposed and voted on
by a mechanism that is a parameter, tax and arms are paid for, deals are kept or broken, and neighbours
accuse, vouch, exclude or raid. What is paid in is worth more to all than to whoever pays; arms bring war
nearer for everyone. Some principals put nothing on others, and order and pay for wrongs.

Sources: J. Nash, "The bargaining problem" (1950), for the welfare that is measured; G. Hardin, "The tragedy
of the commons" (1968), and E. Ostrom, "Governing the commons" (1990), for what a compact is up against and
how one may hold. docs/envoy.md has the tables.
"""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from msgspec import Meta

from gyges.envs.envoy import compacts
from gyges.envs.envoy import encoding as at
from gyges.envs.envoy.describe import describe, reason, written
from gyges.envs.envoy.encoding import UNIT, Params
from gyges.envs.game import Chance, Config, Game, Out, joined_tables, odds, personas_in, uncertain_end

Mechanism = Literal["none", "majority", "supermajority", "unanimity", "nash", "leader", "king"]


@dataclasses.dataclass(frozen=True)
class EnvoyConfig(Config):
    """Settings of Envoy."""

    num_agents: Annotated[int, Meta(ge=8, le=200)] = 24
    """Principals and their envoys, 8 to 200."""
    horizon: Annotated[int, Meta(ge=1, le=600)] = 240
    """Steps (six a year, five where nobody votes) after which the episode is cut."""
    years: Annotated[int, Meta(ge=3, le=30)] = 12
    """Years on average, 3 to 30: two thirds are sure, then every year may be the last."""
    rule: Literal["none", "majority", "supermajority", "unanimity", "nash", "leader", "king"] = (
        "supermajority"
    )
    """How a compact comes to stand."""
    antisocial: Annotated[int, Meta(ge=0, le=200)] = 1
    """Principals that put nothing on others."""
    spite: Annotated[int, Meta(ge=0, le=16)] = 0
    """By how much less than nothing they put on others, in sixteenths."""
    first: Literal["lot", "honest", "antisocial"] = "lot"
    """Whose envoy the first seat is: one of either by lot, or for certain."""
    inspector: Chance = 0.0
    """Chance a year that an account is audited whether or not a compact says so."""
    arm: Literal["observed", "sanctioned"] = "observed"
    """"observed": being seen has no consequence. "sanctioned": a breach that is seen costs 4 goods."""
    role: Literal["envoy", "adviser"] = "envoy"
    """"adviser": the person does as the seat advises with chance `heed`, else as is its habit."""
    heed: Chance = 0.8
    """Chance that advice is followed; the label is on the advice."""


class Envoy(Game):
    """The people, their envoys and their compact."""

    name = "envoy"
    version = 0
    title = "Envoy"
    Config = EnvoyConfig
    Params = Params
    State = at.State
    observation = at.OBSERVATION
    actions = at.ACTIONS
    rules_module = "gyges.envs.envoy.rules"
    personas = personas_in("gyges.envs.envoy.personas", "partisan", "prosocial", "zealot", "sheep", "citizen")
    held_out = frozenset({"zealot", "sheep", "citizen"})
    phases = at.PHASES
    yardsticks = "gyges.envs.envoy.people_metrics:Yardsticks"
    renderer = "gyges.render.envoy.renderer:EnvoyRenderer"
    certificate = "gyges.envs.envoy.certificate:EnvoyCertificate"
    playthrough = "gyges.envs.envoy.playthrough:EnvoyPlaythrough"
    describe = describe
    reason = reason
    written = written
    reward_unit = "goods"
    reward_scale = UNIT
    welfare_unit = "log goods"
    welfare_scale = at.LOG_SCALE

    def params(self) -> Any:
        """The rules' numbers."""
        c = self.config
        years, hazard = uncertain_end(c.years)
        constants = self.constants()
        return self.fill_params(
            years=years,
            hazard=hazard,
            sanction=4 * UNIT if c.arm == "sanctioned" else 0,
            heed=65536 if c.role == "envoy" else odds(c.heed),
            rule=at.RULES.index(c.rule),
            antisocial=min(c.antisocial, c.num_agents),
            first=("lot", "honest", "antisocial").index(c.first),
            ill=c.spite,
            temptation=round(2 * UNIT * c.temptation),
            **{**constants, "spy": round(constants["spy"] * c.temptation)},
        )

    def constants(self) -> dict[str, int]:
        """The economy's constants, as docs/envoy.md has them in words."""
        return dict(Params._field_defaults)

    def tables(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
        """The catalogue of compacts and the logarithms."""
        return joined_tables(compacts.tables())

    def sizes(self) -> dict[str, int]:
        """N seats, and the places on their dockets."""
        return {**super().sizes(), "N4": at.SLOTS * self.num_agents}

    @property
    def scratch_size(self) -> int:
        """An order of the seats, or votes for each."""
        return self.num_agents

    def conservation(
        self, before: Any, action: npt.NDArray[np.int32], after: Any, out: Out
    ) -> dict[str, tuple[npt.NDArray[Any], npt.NDArray[Any]]]:
        """Goods come into being and are used up as the books say; nobody dies twice, votes add up."""
        goods = [s.store.sum(1) + s.purse[:, 0] for s in (before, after)]
        voted = before.phase[:, 0] == at.VOTE
        shape = voted.shape
        return {
            "goods": (goods[1], goods[0] + after.made[:, 0] - after.lost[:, 0]),
            "the dead stay dead": ((after.status > before.status).sum(1), np.zeros(shape, int)),
            "living": (after.living[:, 0], after.status.sum(1)),
            "votes": (
                np.where(voted, after.votes.sum(1), 0), np.where(voted, before.to_move.sum(1), 0),
            ),
        }  # fmt: skip
