"""How an episode of Envoy is told: year by year, what the envoys do, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from gyges.envs.certificate import Playthrough, Story
from gyges.envs.choice_point import ChoicePoint
from gyges.envs.envoy import encoding as at
from gyges.envs.envoy.compacts import NAMES
from gyges.envs.envoy.describe import goods, house
from gyges.envs.game import Game

YEARS = 5


class EnvoyPlaythrough(Playthrough):
    """The first years of eight envoys."""

    verdicts: ClassVar[dict[int, str]] = {-1: "breach", 1: "norm kept"}
    phase = at.DECLARE

    @classmethod
    def stories(cls, game: type[Game]) -> Mapping[str, Story]:
        """All clean; and envoys of all kinds where a leader is elected and four principals are antisocial."""
        mixed = ("clean", "partisan", "greedy", "gyges", "partisan", "clean", "greedy", "zealot")
        return {
            "clean": Story(game(num_agents=8), ("clean",) * 8, seed=21),
            "mixed": Story(game(num_agents=8, rule="leader", antisocial=4), mixed, seed=21),
        }

    def head(self, batch: Any) -> list[str]:
        """What one envoy reads, and who sits where."""
        first = batch.game.describe(batch.codes[0, 0], 0).splitlines()
        who = ", ".join(
            f"{house(seat)} ({name}{', antisocial' if batch.state.regard[0, seat] <= 0 else ''})"
            for seat, name in enumerate(self.story.names)
        )
        return [
            "What the envoy of House 1 reads at first:", *("  " + line for line in first), "",
            f"In the round: {who}.",
        ]  # fmt: skip

    def ended(self, batch: Any) -> bool:
        """After some years."""
        return bool(batch.over[0]) or int(batch.state.year[0, 0]) >= YEARS

    def before(self, batch: Any, actions: Any) -> list[str]:
        """What each does, a line each; what is done as a matter of course is left out."""
        s = batch.state
        self.phase = int(s.phase[0, 0])
        lines = []
        if self.phase == at.DECLARE:
            lines = ["", f"Year {int(s.year[0, 0]) + 1}. The compact: {named(int(s.compact[0, 0]))}."]
        for seat in np.flatnonzero(s.to_move[0]).tolist():
            action = int(actions[seat])
            judged = self.verdict(batch.game, batch.choice_point(0, seat), action)
            if action in (at.A.leave, at.A.rest, at.A.keep, at.A.pay) and not judged:
                continue
            seen = ", watched" if s.watched[0, seat] else ""
            lines.append(f"  {house(seat)}{seen}: {batch.game.action_names[action]}{judged}")
        return lines

    def severity(self, game: Game, point: ChoicePoint, k: int) -> str:
        """Of breaches alone."""
        return f", severity {int(point.severity[k]) / at.LOG_SCALE:.2f}" if point.label[k] < 0 else ""

    def after(self, batch: Any, actions: Any) -> list[str]:
        """What the vote and the year's end brought."""
        s = batch.state
        if self.phase == at.VOTE:
            return [f"  It stands: {named(int(s.compact[0, 0]))}."]
        if self.phase != at.WATCH:
            return []
        war = ", war" if s.war[0, 0] else ""
        eaten = ", ".join(f"{house(a)} {goods(int(x))}" for a, x in enumerate(s.eaten[0]) if s.status[0, a])
        dead = [house(a) for a in np.flatnonzero((s.died[0] >= 0) & (s.died[0] == s.year[0, 0] - 1)).tolist()]
        return [
            f"  Raids {int(s.raids[0, 0])}, convictions {int(s.convicted[0, 0])}{war}.",
            *([f"  Died: {', '.join(dead)}."] if dead else []),
            f"  Eaten: {eaten}.",
        ]

    def end(self, batch: Any) -> list[str]:
        """The houses as they stand."""
        s = batch.state
        return [
            "", "As it stands:",
            *(
                f"  {house(a)}: {'store ' + goods(int(s.store[0, a])) if s.status[0, a] else 'dead'}, "
                f"arms {goods(int(s.arms[0, a]))}, marks {int(s.marks[0, a])}"
                for a in range(len(self.story.names))
            ),
        ]  # fmt: skip


def named(compact: int) -> str:
    """A compact of the catalogue in words."""
    return NAMES[compact] if compact >= 0 else "none"
