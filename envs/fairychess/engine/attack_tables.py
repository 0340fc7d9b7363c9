"""Tables of attacks: what could capture on a square, seen from that square."""

from __future__ import annotations

from typing import Any

import numpy as np

from gyges.envs.fairychess.engine import layout as at
from gyges.envs.fairychess.engine.mobility import Kind, Lines
from gyges.envs.fairychess.notation.betza import FAR, Step, lame_path
from gyges.envs.fairychess.variants.ini_files import Piece, Variant

FLIGHT = (Step(0, 1, FAR), Step(0, -1, FAR), Step(1, 0, FAR), Step(-1, 0, FAR))
"""Where a king that may not face another one looks."""


def attacks(v: Variant, kinds: tuple[Kind, ...], lines: Lines) -> dict[str, Any]:
    """Tables rays, line, kind, hits, hops."""
    w, squares = v.maxFile, v.squares
    ways: dict[tuple[int, int, bool], int] = {}
    slides: set[int] = set()
    found: dict[tuple[int, int], dict[int, list[int]]] = {}  # (piece, square) -> direction -> [hits, hops]
    first: dict[Piece, int] = {}
    for k, kind in enumerate(kinds):
        if k and first.setdefault(kind.piece, k) != k:
            for side in (0, 1):
                for s in range(squares):
                    found[2 * k + side, s] = found[2 * first[kind.piece] + side, s]
            continue
        for side in (0, 1) if k else ():
            flip = -1 if side else 1
            for s in range(squares):
                y, x = divmod(s, w)
                reach: dict[int, list[int]] = {}
                steps = [step for step in lines.steps(kind.piece, side, x, y) if step.capture]
                if v.flyingGeneral and kind.piece.royal:
                    steps = [*steps, *FLIGHT]
                for j, step in enumerate(steps):
                    flying = v.flyingGeneral and kind.piece.royal and j >= len(steps) - len(FLIGHT)
                    d = ways.setdefault((step.dx * flip, step.dy * flip, step.lame), len(ways))
                    piece = Piece("", "", "") if flying else kind.piece
                    cells = lines.squares(piece, step, side, x, y)
                    if (step.reach > 1 or step.hop) and not step.lame:
                        slides.add(d)
                    entry = reach.setdefault(d, [0, 0])
                    bits = (2 << len(cells)) - 2
                    if cells and max(cells) >= at.NOLAND:
                        bits = sum(1 << (i + 1) for i, c in enumerate(cells) if not c & at.NOLAND)
                    if step.lame:
                        bits = 2 if cells else 0
                    if step.hop:
                        entry[1] |= bits | min(step.reach, 15) << 16
                    else:
                        entry[0] |= bits
                found[2 * k + side, s] = {d: e for d, e in reach.items() if any(e)}
    directions = len(ways)
    classes: dict[tuple[tuple[int, int, int], ...], int] = {(): 0}
    kind_of = [0] * (2 * len(kinds) * squares)
    for (pc, s), entries in found.items():
        key = tuple(sorted((d, e[0], e[1]) for d, e in entries.items()))
        kind_of[pc * squares + s] = classes.setdefault(key, len(classes))
    hits = np.zeros((len(classes), max(directions, 1)), np.int32)
    hops = np.zeros_like(hits)
    for key, c in classes.items():
        for d, hit, hop in key:
            hits[c, d], hops[c, d] = hit, hop
    rays, line = _towards(v, ways, slides)
    toward = [] if v.checking else _toward(v, ways, slides)
    return {
        "rays": rays,
        "line": line,
        "toward": toward,
        "kind": kind_of,
        "hits": hits.ravel(),
        "hops": hops.ravel(),
        "directions": max(directions, 1),
    }


def _towards(
    v: Variant, ways: dict[tuple[int, int, bool], int], slides: set[int]
) -> tuple[list[int], list[int]]:
    """Per square: rays (count; direction << 8 | squares, squares), leaps (count; direction << 7 |
    square), lame leaps (count; direction << 7 | square, blocks, the blocking squares)."""
    rays: list[int] = []
    line: list[int] = []
    for s in range(v.squares):
        y, x = divmod(s, v.maxFile)
        rays.append(len(line))
        long: list[list[int]] = []
        leaps: list[int] = []
        lame: list[int] = []
        lames = 0
        for (dx, dy, is_lame), d in ways.items():
            cells = []
            for l in range(1, 13 if d in slides else 2):
                ux, uy = x - dx * l, y - dy * l
                if not (0 <= ux < v.maxFile and 0 <= uy < v.maxRank):
                    break
                cells.append(uy * v.maxFile + ux)
            if not cells:
                continue
            if is_lame:
                lames += 1
                origin = cells[0]
                blocks = [(uy + by) * v.maxFile + ux + bx for bx, by in lame_path(dx, dy)]
                lame += [d << 7 | origin, len(blocks), *blocks]
            elif d in slides:
                long.append([d << 8 | len(cells), *cells])
            else:
                leaps.append(d << 7 | cells[0])
        line += [len(long), *(n for ray in long for n in ray), len(leaps), *leaps, lames, *lame]
    return rays, line


def _toward(v: Variant, ways: dict[tuple[int, int, bool], int], slides: set[int]) -> list[int]:
    """By target and square: direction << 8 | distance; nothing where two directions join squares."""
    found: dict[int, int] = {}
    for s in range(v.squares):
        y, x = divmod(s, v.maxFile)
        for (dx, dy, _), d in ways.items():
            for n in range(1, 13 if d in slides else 2):
                ux, uy = x - dx * n, y - dy * n
                if not (0 <= ux < v.maxFile and 0 <= uy < v.maxRank):
                    break
                if found.setdefault(s * v.squares + uy * v.maxFile + ux, d << 8 | n) != d << 8 | n:
                    return []
    return [found.get(j, 0) for j in range(v.squares**2)]
