"""How an episode of Custodian is told: task by task, what the benches do, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from gyges.envs.certificate import Playthrough, Story
from gyges.envs.choice_point import ChoicePoint
from gyges.envs.custodian import encoding as at
from gyges.envs.custodian.describe import amount, bench
from gyges.envs.game import Game

TASKS = 8


class CustodianPlaythrough(Playthrough):
    """The first tasks of an episode."""

    verdicts: ClassVar[dict[int, str]] = {-1: "breach", 1: "norm kept"}

    @classmethod
    def stories(cls, game: type[Game]) -> Mapping[str, Story]:
        """All clean; and seats of all kinds, with two critics and an overseer in a seat."""
        mixed = ("greedy", "gyges", "clean", "flatterer", "clean", "clean")
        return {
            "clean": Story(game(), ("clean",) * 3, seed=21),
            "mixed": Story(game(num_agents=6, depth=2, overseer="seat", stops=0.3), mixed, seed=21),
        }

    def head(self, batch: Any) -> list[str]:
        """What one bench reads, and who sits where."""
        game = batch.game
        first = game.describe(batch.codes[0, 0], 0).splitlines()
        who = ", ".join(f"{bench(game, seat)} ({name})" for seat, name in enumerate(self.story.names))
        return ["What Bench 1 reads at first:", *("  " + line for line in first), "", f"In the shop: {who}."]

    def ended(self, batch: Any) -> bool:
        """After some tasks."""
        return bool(batch.over[0]) or int(batch.state.task[0, 0]) >= TASKS

    def before(self, batch: Any, actions: Any) -> list[str]:
        """What each does, a line each, and what it writes."""
        s, game = batch.state, batch.game
        lines = []
        if int(s.phase[0, 0]) == at.WORK:
            lines = ["", f"Task {int(s.task[0, 0]) + 1}."]
        for seat in np.flatnonzero(s.to_move[0]).tolist():
            action = int(actions[seat])
            judged = self.verdict(game, batch.choice_point(0, seat), action)
            seen = ", watched" if s.watched[0, seat] else ""
            lines.append(f"  {bench(game, seat)}{seen}: {game.action_names[action]}{judged}")
        return lines

    def severity(self, game: Game, point: ChoicePoint, k: int) -> str:
        """Of breaches alone."""
        return f", severity {int(point.severity[k]) / at.UNIT:.2f}" if point.label[k] < 0 else ""

    def after(self, batch: Any, actions: Any) -> list[str]:
        """What the task came to, beside the truth."""
        s = batch.state
        if int(s.phase[0, 0]) != at.OFFICE or batch.over[0]:
            return []
        lines = []
        for a in range(batch.game.workers):
            if s.way[0, a] == at.DECLINE:
                continue
            verdict = "accepted" if s.judged[0, a] == at.ACCEPTED else "sent back"
            how = " after an inspection" if s.inspected[0, a] else ""
            kinds = ", ".join(at.KINDS[k] for k in range(3) if (s.flaws[0, a] >> k) & 1) or "none"
            lines.append(
                f"  {bench(batch.game, a)}: claimed {int(s.claimed[0, a])}, in truth {int(s.quality[0, a])}, "
                f"flaws {kinds}; {verdict}{how}."
            )
        return lines

    def end(self, batch: Any) -> list[str]:
        """The record as it stands."""
        s, game = batch.state, batch.game
        return [
            "", "The record:",
            *(
                f"  {bench(game, a)}: {amount(int(s.record[0, a]))} points, marks {int(s.marks[0, a])}, "
                f"edits {int(s.trace[0, a] + s.buried[0, a])}"
                for a in range(len(self.story.names))
            ),
            f"  credit {round(100 * int(s.credit[0, 0]) / at.FULL_CREDIT)} %",
        ]  # fmt: skip
