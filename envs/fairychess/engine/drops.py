"""Drops: where a piece in hand may be put."""

# Conditions are nested where the inner one reads memory that the outer one guards.
# ruff: noqa: SIM102

from __future__ import annotations

from typing import Any

from gyges.envs.fairychess.engine.attacks import has
from gyges.envs.fairychess.engine.layout import (
    DOUBLED_COUNT,
    DROP,
    DROP_MATE,
    FILES,
    FROM,
    KINDS,
    KING,
    NO_DOUBLED,
    OPPOSITE_BISHOP,
    RANKS,
    SQUARES,
    TEST,
    TURN,
)
from gyges.envs.rules import rule


@rule
def shades(s: Any, t: Any, code: int) -> int:
    """The colours of squares (bits 0 and 1) on which a piece stands."""
    files = t.head[FILES]
    found = 0
    for u in range(t.head[SQUARES]):
        if s.board[u] == code:
            found |= 1 << ((u % files + u // files) & 1)
    return found


@rule
def reserved(s: Any, t: Any, bishop: int) -> int:
    """Colours whose last free squares are kept for a bishop in hand that needs them."""
    side, files = int(s.info[TURN]), t.head[FILES]
    missing = 3 & ~shades(s, t, 4 * bishop + 1 + side)
    hand = s.pocket[2 * bishop + side]
    kept = 0
    for colour in range(2):
        if (missing >> colour) & 1 == 0 or hand < (2 if missing == 3 else 1):
            continue
        free = 0
        for u in range(t.head[SQUARES]):
            if s.board[u] == 0 and t.drop[(2 * bishop + side) * t.head[SQUARES] + u] != 0:
                if ((u % files + u // files) & 1) == colour:
                    free += 1
        if free <= 1:
            kept |= 1 << colour
    return kept


@rule
def drops(
    s: Any, t: Any, out: Any, n: int, top: int, counting: bool, every: bool, checks: int,
    alo: int, ahi: int, llo: int, lhi: int,
) -> tuple[int, int]:  # fmt: skip
    """Append the player's drops; returns the list's new length, and how many were only counted."""
    info, board, head = s.info, s.board, t.head
    side = int(info[TURN])
    squares, files = head[SQUARES], head[FILES]
    free = 0
    if alo == 0 and ahi == 0 and not every:
        return n, free
    bishop = head[OPPOSITE_BISHOP]
    kept = reserved(s, t, bishop) if bishop != 0 else 0
    for kind in range(1, head[KINDS] + 1):
        if s.pocket[2 * kind + side] == 0:
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
            colours = shades(s, t, own)
        mating = kind == head[DROP_MATE]
        rival = int(info[KING + 1 - side])
        for to in range(squares):
            if board[to] != 0 or t.drop[at + to] == 0:
                continue
            if barred != 0 and (barred >> (to % files)) & 1 != 0:
                continue
            if colours != 0 and (colours >> ((to % files + to // files) & 1)) & 1 != 0:
                continue
            if not every and has(alo, ahi, to) == 0:
                continue
            flag = TEST if every or has(llo, lhi, to) != 0 else 0
            if mating and (to - rival == files or rival - to == files):
                flag = TEST
            if counting and flag == 0:
                free += 1
                continue
            if n < top:
                out[n] = to | kind << FROM | DROP | flag
            n += 1
    return n, free
