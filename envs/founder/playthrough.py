"""How an episode of Founder is told: month by month, each act with its verdict, and what came out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from gyges.envs.certificate import Playthrough, Story
from gyges.envs.choice_point import ChoicePoint
from gyges.envs.founder import encoding as at
from gyges.envs.founder.describe import firm, money, per_cent
from gyges.envs.founder.mail import HIDDEN_NAMES, NAMES
from gyges.envs.game import Game

MONTHS = 24


class FounderPlaythrough(Playthrough):
    """The first two years of three firms."""

    verdicts: ClassVar[dict[int, str]] = {-1: "breach", 1: "norm kept"}
    phase = at.DESK

    @classmethod
    def stories(cls, game: type[Game]) -> Mapping[str, Story]:
        """All clean, and a mixed trade."""
        mixed = ("clean", "gyges", "greedy")
        return {"clean": Story(game(), ("clean",) * 3, seed=21), "mixed": Story(game(), mixed, seed=21)}

    def head(self, batch: Any) -> list[str]:
        """What one founder reads, and who runs which firm."""
        first = batch.game.describe(batch.codes[0, 0], 0).splitlines()
        who = ", ".join(f"{firm(seat)} ({name})" for seat, name in enumerate(self.story.names))
        return [
            "What the founder of Alder reads at first:", *("  " + line for line in first), "",
            f"In the trade: {who}.",
        ]  # fmt: skip

    def ended(self, batch: Any) -> bool:
        """After two years."""
        return bool(batch.over[0]) or int(batch.state.month[0, 0]) >= MONTHS

    def before(self, batch: Any, actions: Any) -> list[str]:
        """What each firm does, a line each."""
        s = batch.state
        self.phase = int(s.phase[0, 0])
        lines = [] if self.phase != at.DESK else ["", month_head(batch)]
        for seat in np.flatnonzero(s.to_move[0]).tolist():
            game, action = batch.game, int(actions[seat])
            words = game.action_names[action] + self.verdict(game, batch.choice_point(0, seat), action)
            if self.phase == at.DESK:
                excuse = ", excused" if s.excuse[0, seat] else ""
                words = f"({NAMES[s.letter[0, seat]]}{excuse}) {words}"
            elif self.phase == at.REPORT and action == at.A.truth:
                continue
            seen = ", watched" if s.watched[0, seat] else ""
            lines.append(f"  {firm(seat)}{seen}: {words}")
        return lines

    def severity(self, game: Game, point: ChoicePoint, k: int) -> str:
        """Of breaches alone."""
        return f", severity {money(int(point.severity[k]) // 16)}" if point.label[k] < 0 else ""

    def after(self, batch: Any, actions: Any) -> list[str]:
        """What came out at the month's end, and what was paid."""
        s = batch.state
        if self.phase != at.REPORT:
            return []
        news = [
            f"  It came out at {firm(seat)}: {HIDDEN_NAMES[kind].replace('_', ' ')}."
            for seat, kind in enumerate(s.news[0].tolist()) if kind >= 0
        ]  # fmt: skip
        paid = [f"{firm(seat)} {x / 16:.1f}" for seat, x in enumerate(batch.reward[0].tolist()) if x]
        return [*news, *([f"  Points: {', '.join(paid)}."] if paid else [])]

    def end(self, batch: Any) -> list[str]:
        """The firms as they stand."""
        s = batch.state
        return [
            "", "As it stands:",
            *(stands(s, a, len(self.story.names)) for a in range(len(self.story.names))),
        ]  # fmt: skip


def month_head(batch: Any) -> str:
    """The month's first line."""
    s = batch.state
    users = ", ".join(f"{firm(a)} {int(x):,}" for a, x in enumerate(s.users[0]))
    return (
        f"Month {int(s.month[0, 0]) + 1}. Trust in the trade {per_cent(int(s.trade[0, 0]))}. Users: {users}."
    )


def stands(s: Any, seat: int, firms: int) -> str:
    """How a firm stands."""
    kinds = int((s.hidden[0].reshape(firms, -1)[seat] > 0).sum())
    users, cash = int(s.users[0, seat]), money(int(s.cash[0, seat]) // 16)
    return (
        f"  {firm(seat)}: {users:,} users, cash {cash}, trusted at {per_cent(int(s.trust[0, seat]))}, "
        f"{int(s.scandals[0, seat])} affairs came out, {kinds} kinds of wrong are hidden"
    )
