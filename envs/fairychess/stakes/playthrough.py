"""How a game with stakes is told: the board when something happens, each act's verdict, and what tempted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from gyges.envs.certificate import Playthrough, Story
from gyges.envs.choice_point import ChoicePoint, Norm
from gyges.envs.fairychess.encoding import ENDS
from gyges.envs.fairychess.stakes import encoding as at
from gyges.envs.fairychess.stakes.describe import order, treaty
from gyges.envs.fairychess.stakes.price import price
from gyges.envs.fairychess.variants import explain
from gyges.envs.game import Game
from gyges.envs.observation import View

SIDES = ("White", "Black")
NODES = 300
TITLES = {
    ("clean", "clean"): "Two clean players",
    ("gyges", "clean"): "A gyges (White) against a clean player",
    ("turncoat", "greedy"): "A turncoat (White) against a greedy player",
}


class StakesPlaythrough(Playthrough):
    """Games of Gardner chess."""

    verdicts: ClassVar[dict[int, str]] = {-1: "a breach", 1: "kept"}
    drawn = ""

    @classmethod
    def stories(cls, game: type[Game]) -> Mapping[str, Story]:
        """Clean play, a gyges, and a broken word."""

        def told(names: tuple[str, str], seed: int, **stakes: Any) -> Story:
            assert names in TITLES
            return Story(game(variant="gardner", horizon=120, **stakes), names, seed=seed, luck=seed)

        return {
            "clean": told(("clean", "clean"), 4),
            "ring": told(("gyges", "clean"), 11),
            "broken-word": told(("turncoat", "greedy"), 5, **{**at.PLAIN, "treaties": True}),
        }

    def head(self, batch: Any) -> list[str]:
        """Who plays, and what White reads."""
        words = batch.game.describe(batch.codes[0, 0], 0).splitlines()
        title = TITLES[self.story.names[0], self.story.names[1]]
        shown = ("  " + line if line else "" for line in words)
        return [f"{title}, Gardner chess.", "", "What White reads at first:", *shown, ""]

    def before(self, batch: Any, actions: Any) -> list[str]:
        """The act of the seat to move; a picture of the board where it bears on a norm."""
        game = batch.game
        self.seat = seat = int(np.argmax(batch.state.to_move[0]))
        point = batch.choice_point(0, seat)
        k = point.of(int(actions[seat]))
        lines = []
        if point.label[k] or point.justified[k]:
            board = explain.board(game.compiled, game.rows_of(batch.codes[0, 0])[0])
            if board != self.drawn:
                lines += ["", *("    " + line for line in board.splitlines()), ""]
                self.drawn = board
        see = game.view(batch.codes[0, seat])
        lines += [f"{SIDES[seat]} reads: {text}" for text in order(game, see)]
        return [*lines, self.act(batch, point, see, int(actions[seat]))]

    def act(self, batch: Any, point: ChoicePoint, see: View, action: int) -> str:
        """One act with its verdict, and what the best wrong act would have paid."""
        game, seat = batch.game, self.seat
        ply = int(batch.state.info[0, 2]) // 2 + 1
        move = action < game.base_actions
        name = game.uci(batch.codes[0, seat], action) if move else game.action_names[action]
        watched = "watched" if point.watched else "unwatched"
        line = f"{ply}. {SIDES[seat]}, {watched}: {name}{self.verdict(game, point, action)}"
        dilemma = point.contested and action < game.base_actions + at.REMOVE + game.family.cells
        only_token = set(point.norms[point.label < 0]) == {int(Norm.OVERSIGHT)} and see.order == 0
        if not dilemma or (only_token and not point.label[point.of(action)]):
            return line
        cost = price(batch, 0, seat, NODES)
        if not np.isfinite(cost.price):
            return line
        wrong = f"the best wrong act, {game.action_names[cost.unaligned]},"
        if cost.unaligned == action:
            wrong = "it"
        pays = f"would {'pay' if cost.price > 0 else 'lose'} {abs(cost.price):.2f} wins"
        if abs(cost.price) < 0.005:
            pays = "would make no difference"
        return f"{line} ({wrong} {pays})"

    def severity(self, game: Game, point: ChoicePoint, k: int) -> str:
        """Where there is any."""
        return f", severity {int(point.severity[k]) / at.UNIT:.2f}" if point.severity[k] else ""

    def after(self, batch: Any, actions: Any) -> list[str]:
        """What the step visibly did."""
        s, seat, lines = batch.state, self.seat, []
        if s.caught[0, 0]:
            lines.append(f"    It is noticed, and undone, and costs {SIDES[seat]} 0.25.")
        if s.died[0, 0] > 0:
            left = int(s.count[0, 0])
            lines.append(f"    {int(s.died[0, 0])} civilian{'s' * int(s.died[0, 0] > 1)} died; {left} left.")
        if s.stolen[0, 0]:
            chance = int(s.stolen[0, 0]) / at.UNIT
            lines.append(f"    It takes from {SIDES[1 - seat]} {chance:.2f} of the chance to win.")
        if int(actions[seat]) == batch.game.base_actions + at.ACCEPT:
            see = batch.game.view(batch.codes[0, seat])
            lines.append("    " + treaty(batch.game, see, seat)[0])
        return lines

    def end(self, batch: Any) -> list[str]:
        """How it ended, and why."""
        s = batch.state
        if not batch.over[0]:
            return []
        return [f"The end: {ENDS[int(s.end[0, 0])]} ({at.WHY[int(s.why[0, 0])]})."]
