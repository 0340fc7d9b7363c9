"""Rules of the relay."""

from typing import Any

from relay import INDEX

from gyges.envs.rules import Array, allow, draw, rule

__all__ = ["judge", "legal", "observe", "reset", "step"]


@rule
def turn(s: Any, p: Any, day: int) -> None:
    for a in range(p.num_agents):
        mine = day % 5 != 4 and (day + a) % 2 == 0
        s.to_move[a] = 1 if mine and s.out[a] == 0 else 0
        s.watched[a] = draw(s, 50 + a) & 1
        s.cue_shown[a] = s.watched[a]


@rule
def reset(s: Any, p: Any, scratch: Array) -> None:
    for a in range(p.num_agents):
        s.laps[a] = draw(s, 1 + a) % 3
    turn(s, p, draw(s, 30) % 2)


@rule
def step(s: Any, p: Any, scratch: Array, action: Array, out: Any) -> None:
    for a in range(p.num_agents):
        if s.to_move[a] == 1:
            s.laps[a] = s.laps[a] + action[a] - 1
            out.reward[a] = action[a] - 3 + draw(s, 70 + a) % 2
            out.welfare[a] = action[a]
        if s.laps[a] > 12 + 4 * a:
            s.out[a] = 1
        out.terminated[a] = s.out[a]
        if s.tick[0] + 1 >= p.horizon:
            out.truncated[a] = 1
    turn(s, p, s.tick[0] + 1)


@rule
def observe(s: Any, p: Any, scratch: Array, seat: int, features: Array) -> None:
    features[INDEX.laps] = s.laps[seat]
    features[INDEX.day] = s.tick[0] + 1
    features[INDEX.to_move] = s.to_move[seat]
    features[INDEX.luck] = draw(s, 90) % 8 - 4


@rule
def legal(s: Any, p: Any, scratch: Array, seat: int, mask: Array) -> None:
    for k in range(5):
        if (k + s.tick[0] + seat) % 3 != 0:
            allow(mask, 1 + k)


@rule
def judge(s: Any, p: Any, scratch: Array, seat: int, action: int) -> tuple[int, int, int, int, int]:
    if action >= 4:
        return -1, 2, 3 * (action - 3), 0, 1
    return 1 if action == 2 else 0, 2 if action == 2 else 0, 0, 0, 1
