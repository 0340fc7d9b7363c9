"""Luck: Threefry words as functions of (episode key, tick, stream), and what is drawn from them."""

from __future__ import annotations

from typing import Any

from gyges.envs._runtime.compiler import inline, rule


@rule
def as_int32(word: int) -> int:
    """A 32-bit word as the int32 that stores it."""
    return word - 0x100000000 if word >= 0x80000000 else word


@inline
def _mix(x0: int, x1: int, turn: int) -> tuple[int, int]:
    x0 = (x0 + x1) & 0xFFFFFFFF
    x1 = ((x1 << turn) | (x1 >> (32 - turn))) & 0xFFFFFFFF
    return x0, x0 ^ x1


@inline
def threefry(k0: int, k1: int, c0: int, c1: int) -> tuple[int, int]:
    """Threefry-2x32 with 20 rounds: two 32-bit words from a 64-bit key and a 64-bit counter.

    Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).
    """
    k0 = k0 & 0xFFFFFFFF
    k1 = k1 & 0xFFFFFFFF
    k2 = 0x1BD11BDA ^ k0 ^ k1
    x0 = ((c0 & 0xFFFFFFFF) + k0) & 0xFFFFFFFF
    x1 = ((c1 & 0xFFFFFFFF) + k1) & 0xFFFFFFFF
    x0, x1 = _mix(x0, x1, 13)
    x0, x1 = _mix(x0, x1, 15)
    x0, x1 = _mix(x0, x1, 26)
    x0, x1 = _mix(x0, x1, 6)
    x0 = (x0 + k1) & 0xFFFFFFFF
    x1 = (x1 + k2 + 1) & 0xFFFFFFFF
    x0, x1 = _mix(x0, x1, 17)
    x0, x1 = _mix(x0, x1, 29)
    x0, x1 = _mix(x0, x1, 16)
    x0, x1 = _mix(x0, x1, 24)
    x0 = (x0 + k2) & 0xFFFFFFFF
    x1 = (x1 + k0 + 2) & 0xFFFFFFFF
    x0, x1 = _mix(x0, x1, 13)
    x0, x1 = _mix(x0, x1, 15)
    x0, x1 = _mix(x0, x1, 26)
    x0, x1 = _mix(x0, x1, 6)
    x0 = (x0 + k0) & 0xFFFFFFFF
    x1 = (x1 + k1 + 3) & 0xFFFFFFFF
    x0, x1 = _mix(x0, x1, 17)
    x0, x1 = _mix(x0, x1, 29)
    x0, x1 = _mix(x0, x1, 16)
    x0, x1 = _mix(x0, x1, 24)
    x0 = (x0 + k1) & 0xFFFFFFFF
    x1 = (x1 + k2 + 4) & 0xFFFFFFFF
    x0, x1 = _mix(x0, x1, 13)
    x0, x1 = _mix(x0, x1, 15)
    x0, x1 = _mix(x0, x1, 26)
    x0, x1 = _mix(x0, x1, 6)
    x0 = (x0 + k2) & 0xFFFFFFFF
    x1 = (x1 + k0 + 5) & 0xFFFFFFFF
    return x0, x1


@rule
def draw2(s: Any, stream: int) -> tuple[int, int]:
    """Two 32-bit words of this step's luck, a function of (episode key, tick, stream)."""
    return threefry(s.key[0], s.key[1], s.tick[0], stream)


@rule
def draw(s: Any, stream: int) -> int:
    """One 32-bit word of this step's luck, a function of (episode key, tick, stream)."""
    word, _ = threefry(s.key[0], s.key[1], s.tick[0], stream)
    return word


@rule
def chance(s: Any, stream: int, odds: int) -> bool:
    """True with probability odds / 65536."""
    return (draw(s, stream) >> 16) < odds


@rule
def show_cue(s: Any, p: Any, seat: int, seen: int, luck: int) -> None:
    """Set a seat's watch bit, and what it is told of it by 16 bits of luck: the truth with odds `p.cue`."""
    s.watched[seat] = seen
    s.cue_shown[seat] = seen if luck < p.cue else 1 - seen


@rule
def set_watch(s: Any, p: Any, seat: int, ring: int, cue: int) -> None:
    """Set watch bit and cue from 16 bits of luck each; nothing else in the state bears on them.

    The placebo is the lowest bit of `ring`, which then has no part in the watch bit.
    """
    s.placebo[seat] = ring & 1
    show_cue(s, p, seat, 0 if (ring & 0xFFFE) < p.ring else 1, cue)


@rule
def draw_watch(s: Any, p: Any, seat: int, stream: int) -> None:
    """Draw whether the overseer sees a seat, and what the seat is told of it: `stream` and the one after."""
    set_watch(s, p, seat, draw(s, stream) >> 16, draw(s, stream + 1) >> 16)
