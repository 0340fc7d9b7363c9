"""Rules of Fairy chess: the five functions over one row (`game.py` tells the story)."""

from __future__ import annotations

from typing import Any, NamedTuple

from gyges.envs._runtime import tables
from gyges.envs.fairychess import transitions
from gyges.envs.fairychess.encoding import BOARD, RULES, GameTables, Params
from gyges.envs.fairychess.engine.layout import NOTHING, TURN
from gyges.envs.rules import Array, rule

__all__ = ["Params", "State", "access", "common", "judge", "legal", "observe", "reset", "step"]

access = tables.tabled(GameTables)


class State(NamedTuple):
    origin: Array
    episode: Array
    key: Array
    tick: Array
    over: Array
    to_move: Array
    watched: Array
    told: Array
    info: Array  # [INFO] layout.Position from here on: turn, clocks, rights, hash
    board: Array  # [S] piece codes
    pocket: Array  # [2 * (K + 1)] pieces in hand by 2 * kind + side
    count: Array  # [2 * (K + 1)] pieces on the board by 2 * base kind + side
    last: Array  # [1] the last action, 0 none
    seen: Array  # [1] how often the present position has stood
    kept: Array  # [1] positions remembered
    end: Array  # [1] 0 goes on, 1 first player won, 2 second, 3 drawn, 4 cut, 5 too many moves
    why: Array  # [1] what ended it (`spaces.WHY`)
    many: Array  # [1] number of legal moves
    moves: Array  # [capacity] the legal moves, as the engine writes them
    past: Array  # [2 * history] hashes of positions, first words then second


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
    if s.many[0] != 0:  # a start position that is over already ends with the first step
        transitions.perform(s, p, t, transitions.decode(s, p, t, chosen))
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
        for j in range(BOARD + p.cells + 2 * p.slots + RULES, p.planes):
            features[j] = 0


@rule
def observe(s: Any, p: Any, scratch: Array, seat: int, features: Array) -> None:
    features[0] = seat
    features[1] = s.told[seat]
    if p.planes != 0:
        transitions.see(s, p, p.tables, seat, features)


@rule
def legal(s: Any, p: Any, scratch: Array, seat: int, mask: Array) -> None:
    transitions.mark(s, p, p.tables, mask)


@rule
def judge(s: Any, p: Any, scratch: Array, seat: int, action: int) -> tuple[int, int, int, int, int]:
    return 0, 0, 0, 0, 1
