"""Edges, nodes and moves of positions, written into arrays. Imports Numba."""

from __future__ import annotations

from typing import Any

from gyges.agents.search.inputs import DESCRIPTOR, NODE, PLACE, RELATIONS, WEIGHT
from gyges.agents.search.selection import compiled
from gyges.envs.fairychess.engine.layout import (
    AFTER,
    CAPTURE,
    CASTLE,
    CHECKS,
    CHOICE,
    CHOICES,
    CIVILIAN,
    CLOCK,
    COUNT,
    DROP,
    EP,
    EP0,
    FROM,
    GATE,
    HOP,
    LEAP,
    MOVE,
    N_MOVE,
    NOLAND,
    RIGHTS,
    SQ,
    TURN,
    WALL,
)

OWN, RIVAL, WALLED, NEUTRAL, CASTLES, PASSED, PIECE = range(7)
PLACED = PIECE + DESCRIPTOR


@compiled
def join(edges: Any, b: int, origin: int, target: int, relation: int) -> None:
    """Enter an edge, forwards and backwards."""
    edges[b, target, relation, origin] = WEIGHT
    edges[b, origin, RELATIONS + relation, target] = WEIGHT


@compiled
def walk(edges: Any, b: int, board: Any, origin: int, path: Any, j: int, base: int) -> None:
    """Enter where the piece on a square may go: free, onto a piece, and what lies behind the first piece."""
    end = j + 1 + path[j]
    j += 1
    while j < end:
        head = path[j]
        last = j + 1 + (head & COUNT)
        stopped, after = False, -1
        for k in range(j + 1, last):
            square = path[k] & SQ
            free = board[square] == 0
            if (head & LEAP) != 0:
                stopped = False
            if (head & HOP) != 0 and after < 0:  # on this side of the screen nothing can be reached
                after = -1 if free else (head >> AFTER) & 15
                continue
            if (head & HOP) != 0 and after == 0:
                break
            if (path[k] & NOLAND) == 0:
                if stopped:
                    join(edges, b, origin, square, base + 2)
                else:
                    if (head & MOVE) != 0 and free:
                        join(edges, b, origin, square, base)
                    if (head & CAPTURE) != 0:
                        join(edges, b, origin, square, base + 1)
                    elif not free:
                        join(edges, b, origin, square, base + 2)
            stopped = stopped or not free
            after -= 1
        j = last


@compiled
def fill(
    edges: Any, nodes: Any, state: Any, rows: Any, seen: Any, parts: Any, start: Any, path: Any, head: Any,
    kinds: Any, places: Any,
) -> None:  # fmt: skip
    """Write the edges, nodes and state of positions (`inputs.Inputs`) into arrays of zeros."""
    squares = edges.shape[1]
    for b in range(rows.shape[0]):
        row = rows[b]
        side = row[TURN]
        board = row[parts[1] : parts[2]]
        for s in range(squares):
            for k in range(PLACE):
                nodes[b, s, PLACED + k] = places[side, s, k]
            q = board[s]
            if q == 0:
                continue
            if q == WALL:
                nodes[b, s, WALLED] = 1
                continue
            if q >= CIVILIAN:
                nodes[b, s, NEUTRAL] = 1
                continue
            mine = (q & 3) == 1 + side
            nodes[b, s, OWN if mine else RIVAL] = 1
            for k in range(DESCRIPTOR):
                nodes[b, s, PIECE + k] = kinds[q >> 1, k]
            walk(edges, b, board, s, path, start[(q >> 1) * squares + s], 0 if mine else 3)
        for j in range(4):
            if row[RIGHTS + j] >= 0:
                nodes[b, row[RIGHTS + j], CASTLES] = 1
        for j in range(2):
            if row[EP0 + j] >= 0:
                nodes[b, row[EP0 + j], PASSED] = 1
        limit = 2 * head[N_MOVE] if head[N_MOVE] > 0 else 100
        state[b, 0] = min(row[CLOCK] / limit, 1.0)
        state[b, 1] = min(seen[b] - 1, 2) * 0.5
        state[b, 2] = row[CHECKS + side] * 0.25
        state[b, 3] = row[CHECKS + 1 - side] * 0.25
        for k in range(2, 2 * (kinds.shape[0] // 2)):
            held = row[parts[2] + k]
            if held != 0:
                base = 4 if (k & 1) == side else 4 + DESCRIPTOR
                for j in range(DESCRIPTOR):
                    state[b, base + j] += held * kinds[k, j] * 0.25


@compiled
def list_moves(
    numbers: Any, flags: Any, moves: Any, owner: Any, rows: Any, parts: Any, choice: Any, head: Any
) -> None:
    """Write what moves leave, reach and become, and their marks (`inputs.Inputs`)."""
    squares = parts[2] - parts[1]
    for j in range(moves.shape[0]):
        move, b = moves[j], owner[j]
        to, origin, option = move & SQ, (move >> FROM) & SQ, (move >> CHOICE) & 31
        side = rows[b, TURN]
        numbers[j, 1] = b * squares + to
        if (move & DROP) != 0:
            numbers[j, 0] = b * squares + to
            numbers[j, 2] = 2 * origin + side
            flags[j, 0] = 1
            continue
        numbers[j, 0] = b * squares + origin
        if (move & CASTLE) != 0:
            flags[j, 1] = 1
        elif option != 0:
            piece = rows[b, parts[1] + origin] >> 1
            numbers[j, 2] = 2 * choice[piece * head[CHOICES] + option - 1] + side
        if (move & GATE) != 0:
            flags[j, 2] = 1
            numbers[j, 2] = 2 * (move >> 24) + side
        if (move & EP) != 0:
            flags[j, 3] = 1
        if to == origin and option == 0:
            flags[j, 4] = 1


assert NODE == PLACED + PLACE
