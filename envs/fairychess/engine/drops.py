"""Drops: where a piece in hand may be put."""

# Conditions are nested where the inner one reads memory that the outer one guards.
# ruff: noqa: SIM102

from __future__ import annotations

from typing import Any

from gyges.envs.fairychess.engine.attacks import has
from gyges.envs.fairychess.engine.layout import (
    DOUBLED_COUNT,
    DROP,
    DROP_CHECKS,
    DROP_MATE,
    DROP_PROMOTED,
    FILES,
    FROM,
    KINDS,
    KING,
    MUST_TYPE,
    NO_DOUBLED,
    OPPOSITE_BISHOP,
    RANKS,
    SQUARES,
    TEST,
    TURN,
)
from gyges.envs.rules import rule


@rule
def bishops_kept(s: Any, t: Any, bishop: int, own: bool) -> int:
    """Colours of squares (bits 0 and 1) barred for the sake of bishops that must stand on both.

    A bishop (`own`) may not come where half of them, rounded up, stand already; another piece on no square
    of a colour that the others need.
    """
    side, files = int(s.info[TURN]), t.head[FILES]
    light, dark, free_light, free_dark = 0, 0, 0, 0
    for u in range(t.head[SQUARES]):
        q = int(s.board[u])
        shade = (u % files + u // files) & 1
        if (q & 3) == 1 + side and t.base[q >> 2] == bishop:
            light += 1 - shade
            dark += shade
        elif q == 0 and t.drop[(2 * bishop + side) * t.head[SQUARES] + u] != 0:
            free_light += 1 - shade
            free_dark += shade
    every = light + dark + s.pocket[2 * bishop + side]
    if own:
        half = (every + 1) // 2
        return int(light >= half) | int(dark >= half) << 1
    spare_light, spare_dark = light + free_light - every // 2, dark + free_dark - every // 2
    if spare_light < 0 or spare_dark < 0:
        return 7
    return int(spare_light == 0) | int(spare_dark == 0) << 1


@rule
def drops(
    s: Any, t: Any, out: Any, n: int, top: int, counting: bool, every: bool, placing: bool,
    alo: int, ahi: int, llo: int, lhi: int,
) -> tuple[int, int]:  # fmt: skip
    """Append the player's drops; returns the list's new length, and how many were only counted.

    Where he must drop (`placing`) he drops the kind that he must.
    """
    info, board, head = s.info, s.board, t.head
    side = int(info[TURN])
    squares, files = head[SQUARES], head[FILES]
    free = 0
    if alo == 0 and ahi == 0 and not every:
        return n, free
    bishop = head[OPPOSITE_BISHOP]
    kept = bishops_kept(s, t, bishop, False) if bishop != 0 else 0
    for kind in range(1, head[KINDS] + 1):
        if s.pocket[2 * kind + side] == 0:
            if head[DROP_PROMOTED] == 0 or s.pocket[2 * t.hand[kind] + side] == 0:
                continue
        if placing and head[MUST_TYPE] != 0 and kind != head[MUST_TYPE]:
            continue
        at = (2 * kind + side) * squares
        barred = 0
        own = 4 * kind + 1 + side
        if kind == head[NO_DOUBLED]:
            for x in range(files):
                met = 0
                for y in range(head[RANKS]):
                    if board[y * files + x] == own:
                        met += 1
                if met >= head[DOUBLED_COUNT]:
                    barred |= 1 << x
        colours = kept
        if bishop != 0 and kind == bishop:
            colours = bishops_kept(s, t, bishop, True)
        elif kept == 7:
            continue
        tested = every or (t.role[kind] & 1) != 0 or head[DROP_CHECKS] == 0
        mating = kind == head[DROP_MATE]
        rival = int(info[KING + 1 - side])
        for to in range(squares):
            if board[to] != 0 or t.drop[at + to] == 0:
                continue
            if barred != 0 and (barred >> (to % files)) & 1 != 0:
                continue
            if colours != 0 and (colours >> ((to % files + to // files) & 1)) & 1 != 0:
                if t.drop[(2 * bishop + side) * squares + to] != 0:
                    continue
            if not every and has(alo, ahi, to) == 0:
                continue
            flag = TEST if tested or has(llo, lhi, to) != 0 else 0
            if mating and (to - rival == files or rival - to == files):
                flag = TEST
            if counting and flag == 0:
                free += 1
                continue
            if n < top:
                out[n] = to | kind << FROM | DROP | flag
            n += 1
    return n, free
