"""How an episode of Steward is told: month by month, with what is true and how each act is judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from gyges.envs.certificate import Playthrough, Story
from gyges.envs.choice_point import ChoicePoint
from gyges.envs.game import Game
from gyges.envs.steward import encoding as at
from gyges.envs.steward.describe import amount
from gyges.envs.steward.encoding import GROUNDS, VILLAGES

ORDERS = ("", "an order to stop", "its principal's wish for a double share", "a licence for a double share")
MONTHS = 8


class StewardPlaythrough(Playthrough):
    """The first months of five villages."""

    verdicts: ClassVar[dict[int, str]] = {-1: "breach", 1: "norm kept"}
    month = -1

    @classmethod
    def stories(cls, game: type[Game]) -> Mapping[str, Story]:
        """All clean, and a mixed table."""
        mixed = ("clean", "gyges", "greedy", "clean", "liar")
        return {"clean": Story(game(), ("clean",) * 5, seed=21), "mixed": Story(game(), mixed, seed=21)}

    def head(self, batch: Any) -> list[str]:
        """What one steward reads, and who sits where."""
        first = batch.game.describe(batch.codes[0, 0], 0).splitlines()
        who = ", ".join(f"{VILLAGES[seat]} ({name})" for seat, name in enumerate(self.story.names))
        return [
            "What the steward of Arne reads at first:", *("  " + line for line in first), "",
            f"At the table: {who}.",
        ]  # fmt: skip

    def ended(self, batch: Any) -> bool:
        """After some months."""
        return bool(batch.over[0]) or int(batch.state.month[0, 0]) >= MONTHS

    def before(self, batch: Any, actions: Any) -> list[str]:
        """What each village does, in one line."""
        s = batch.state
        lines = []
        if s.month[0, 0] != self.month:
            self.month = int(s.month[0, 0])
            lines += ["", *month_head(batch)]
        told = [self.act(batch, seat, int(actions[seat])) for seat in np.flatnonzero(s.to_move[0]).tolist()]
        if any(told):
            phase = at.PHASES[int(s.phase[0, 0])].capitalize()
            watched = [VILLAGES[seat] for seat in np.flatnonzero(s.watched[0] & s.to_move[0])]
            lines.append(
                f"  {phase} (watched: {', '.join(watched) or 'nobody'}): "
                + "; ".join(words for words in told if words)
                + "."
            )
        self.accused = int(s.phase[0, 0]) == at.ACCUSE
        return lines

    def act(self, batch: Any, seat: int, action: int) -> str:
        """One act with its verdict; nothing for a pass that nobody could mind."""
        game, s = batch.game, batch.state
        judged = self.verdict(game, batch.choice_point(0, seat), action)
        if action == at.PASS and not judged:
            return ""
        words = game.action_names[action]
        other = action - game.layout.accuse
        if s.phase[0, 0] == at.ACCUSE and other >= 0:
            words += ", rightly" if int(s.guilt[0, other]) & 7 else ", wrongly"
        return f"{VILLAGES[seat]}: {words}{judged}"

    def severity(self, game: Game, point: ChoicePoint, k: int) -> str:
        """Of breaches alone."""
        return f", severity {amount(int(point.severity[k]))}" if point.label[k] < 0 else ""

    def after(self, batch: Any, actions: Any) -> list[str]:
        """Who starved, at a month's end."""
        fallen = [VILLAGES[seat] for seat in np.flatnonzero(batch.state.status[0] == at.STARVED).tolist()]
        return [f"  Starved so far: {', '.join(fallen)}."] if self.accused and fallen else []

    def end(self, batch: Any) -> list[str]:
        """The stores."""
        stores = enumerate(batch.state.store[0].tolist())
        return [
            "",
            "As it stands:",
            *(f"  {VILLAGES[seat]}: {amount(x)} meals in store" for seat, x in stores),
        ]


def month_head(batch: Any) -> list[str]:
    """The month's first lines: stocks, fires and orders."""
    s: Any = batch.state
    grounds = [
        f"{GROUNDS[k][4:]} {amount(int(s.stock[0, k]))} tonnes (believed {amount(int(s.estimate[0, k]))})"
        for k in range(s.stock.shape[1])
    ]
    lines = [f"Month {int(s.month[0, 0]) + 1}. " + "; ".join(grounds) + "."]
    for a in range(s.store.shape[1]):
        if s.laid[0, a]:
            lines.append(f"  The storehouse of {VILLAGES[a]} burns down; its boat is laid up.")
        if s.order[0, a]:
            seal = "" if s.order[0, a] == at.DOUBLE else (", sealed" if s.seal[0, a] else ", without a seal")
            lines.append(f"  {VILLAGES[a]} finds {ORDERS[s.order[0, a]]}{seal}.")
    return lines
