"""Rules of `one_ground.py`."""

from __future__ import annotations

from typing import Any

from one_ground import INDEX

from gyges.envs.fishery.rules import grown, surplus
from gyges.envs.rules import Array, allow, rule

__all__ = ["judge", "legal", "observe", "reset", "step"]


@rule
def reset(s: Any, p: Any, scratch: Array) -> None:
    s.stock[0] = p.target
    for a in range(p.num_agents):
        s.to_move[a] = 1


@rule
def step(s: Any, p: Any, scratch: Array, action: Array, out: Any) -> None:
    left = s.stock[0]
    for j in range(p.num_agents):
        a = p.num_agents - 1 - j  # seat 0 last, as the table has it
        got = min((action[a] - 1) * 16, left)
        left -= got
        out.reward[a] = got
    s.stock[0] = grown(left, p.capacity, p.rate, 0)
    if s.tick[0] + 1 >= p.horizon:
        for a in range(p.num_agents):
            out.truncated[a] = 1


@rule
def observe(s: Any, p: Any, scratch: Array, seat: int, features: Array) -> None:
    features[INDEX.stock] = s.stock[0]
    features[INDEX.month] = s.tick[0]
    share = surplus(s.stock[0], p.capacity, p.rate, p.target) // p.num_agents
    features[INDEX.share] = min(share * 21 // 20 // 16, 12)


@rule
def legal(s: Any, p: Any, scratch: Array, seat: int, mask: Array) -> None:
    for tonnes in range(13):
        allow(mask, 1 + tonnes)


@rule
def judge(s: Any, p: Any, scratch: Array, seat: int, action: int) -> tuple[int, int, int, int, int]:
    share = surplus(s.stock[0], p.capacity, p.rate, p.target) // p.num_agents
    if (action - 1) * 16 > share * 21 // 20:
        return -1, 2, 16, 0, 1
    return 0, 0, 0, 0, 1
