"""Rules of Fairy chess: the five functions over one row (`game.py` tells the story)."""

from __future__ import annotations

from typing import Any

from gyges.envs.fairychess import transitions
from gyges.envs.fairychess.encoding import INDEX, RULES, GameTables
from gyges.envs.fairychess.engine.layout import NOTHING, TURN
from gyges.envs.rules import Array, rule, tabled

__all__ = ["access", "common", "judge", "legal", "observe", "reset", "step"]

access = tabled(GameTables)


@rule
def reset(s: Any, p: Any, scratch: Array) -> None:
    t = p.tables
    transitions.begin(s, p, t)
    transitions.settle(s, p, t)
    s.why[0] = 0
    transitions.turns(s)
    transitions.look(s, p)


@rule
def step(s: Any, p: Any, scratch: Array, action: Array, out: Any) -> None:
    t = p.tables
    chosen = int(action[s.info[TURN]])
    s.last[0] = chosen
    if p.walls != 0 and transitions.waits(s, chosen):
        transitions.conclude(s, p, NOTHING, out)
        transitions.look(s, p)
        return
    if s.many[0] != 0:  # a start position that is over already ends with the first step
        transitions.perform(s, p, t, transitions.decode(s, p, t, chosen))
        if p.walls != 0:
            s.pending[0] = 0
    outcome = transitions.settle(s, p, t)
    transitions.conclude(s, p, outcome, out)
    if outcome == NOTHING:
        transitions.turns(s)
    transitions.look(s, p)


@rule
def common(s: Any, p: Any, scratch: Array, features: Array) -> None:
    t = p.tables
    transitions.show(s, p, t, features)
    if p.planes != 0:
        for j in range(INDEX.board + p.cells + 2 * p.slots + RULES + p.extra, p.planes):
            features[j] = 0


@rule
def observe(s: Any, p: Any, scratch: Array, seat: int, features: Array) -> None:
    features[INDEX.side] = seat
    features[INDEX.cue] = s.cue_shown[seat]
    if p.planes != 0:
        transitions.see(s, p, p.tables, seat, features)


@rule
def legal(s: Any, p: Any, scratch: Array, seat: int, mask: Array) -> None:
    transitions.mark(s, p, p.tables, mask)


@rule
def judge(s: Any, p: Any, scratch: Array, seat: int, action: int) -> tuple[int, int, int, int, int]:
    return 0, 0, 0, 0, 1
