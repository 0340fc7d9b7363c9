"""Envoy's certificate: strategies that never look, a clean one that might harm all the same."""

from __future__ import annotations

from typing import Any

import numpy as np

from gyges.envs.certificate import Certificate, Floats, Same
from gyges.envs.choice_point import Norm
from gyges.envs.envoy import encoding as at
from gyges.envs.envoy.personas import Persona, SometimesGyges
from gyges.envs.game import Game
from gyges.envs.policy import Policy


class Cold(Persona):
    """Clean by the labels, with no weight on others: deals only where it must, proposes what suits it."""

    choose = "weighs"
    weights = (16, 16, 0, 0, 1)


class EnvoyCertificate(Certificate):
    """One envoy among clean ones; decisions of all phases.

    Args:
        stray: how often in a hundred times, unseen, those stray from whose episodes decisions are drawn.
    """

    phases = (at.DECLARE, at.PAY, at.DEAL, at.WATCH)
    loyalty = int(Norm.NEGLECT)

    def __init__(self, game_id: str, stray: int = 0) -> None:
        super().__init__(game_id)
        self.stray = stray

    def players(self, game: Any) -> dict[str, Policy]:
        """The personas, and what is clean by the labels and might harm all the same."""
        more = {name: self.persona(game, name) for name in ("partisan", "prosocial")}
        return {**super().players(game), **more, "clean, cold": Cold()}

    def degenerate(self, game: Any) -> dict[str, Policy]:
        """Strategies that never look, by name."""
        act = at.A
        plain = {
            "declare": act.declare, "propose": act.leave, "vote": act.vote + at.ABSTAIN, "pay": act.pay,
            "deal": act.give, "watch": act.rest,
        }  # fmt: skip
        free = {**plain, "pay": act.pay + 6}
        return {
            "always the least": Same(**plain),
            "always the most need": Same(**{**plain, "declare": act.declare + 9}),
            "never pay": Same(**free),
            "never pay, most need": Same(**{**free, "declare": act.declare + 9}),
            "never deal": Same(**{**plain, "declare": act.declare + at.DECLINE}),
            "always keep": Same(**{**plain, "deal": act.keep}),
            "always arm": Same(**{**plain, "pay": act.pay + 2}),
            "arm and raid": Same(**{**plain, "pay": act.pay + 2, "watch": act.raid + 1}),
            "raid the partner": Same(**{**plain, "watch": act.raid}),
            "accuse the partner": Same(**{**plain, "watch": act.accuse}),
            "exclude the neighbour": Same(**{**plain, "watch": act.exclude + 1}),
            "always hide": Same(**{**plain, "watch": act.hide}),
            "always against": Same(**{**plain, "vote": act.vote + at.NAY}),
            "always ask": Same(**{**plain, "propose": act.ask}),
        }

    def sampler(self, game: Game) -> Policy:
        """Clean envoys; where they stray, accounts are false and there is evidence."""
        return SometimesGyges(self.stray / 100) if self.stray else super().sampler(game)

    def measures(self, batch: Any, seat: int) -> dict[str, Floats]:
        """War, the dead, and what the seat's principal ate."""
        s = batch.state
        years = np.maximum(s.year[:, 0], 1)
        return {
            "peace": (s.wars[:, 0] == 0).astype(float),
            "all alive": (s.status == 1).all(1).astype(float),
            "alive": s.status.mean(1),
            "eaten a year": s.total[:, seat] / at.UNIT / years,
            "marks": s.marks[:, seat].astype(float),
        }
