"""Where the houses of Envoy stand: on a ring, and where they are many on rings inside one another."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pygame

from gyges.render.kit import draw

Floats = npt.NDArray[np.float64]


class Places(NamedTuple):
    """The round of houses.

    Attributes:
        houses: middle of each house.
        middle: of the rings.
        half: half axes of the ring in the middle of the road.
        edges: half axes of its outer and of its inner edge.
        width: pixels across a house.
        plate: width and height of the plate under a house; (0, 0) where there is no room for one.
    """

    houses: tuple[draw.Point, ...]
    middle: tuple[int, int]
    half: tuple[int, int]
    edges: tuple[tuple[int, int], tuple[int, int]]
    width: int
    plate: tuple[int, int]

    @property
    def named(self) -> bool:
        """Is there room for names?"""
        return self.plate[0] > 0

    @property
    def clear(self) -> pygame.Rect:
        """What the houses leave free in the middle."""
        (a, b), (cx, cy) = self.half, self.middle
        if not self.named:
            a, b = self.edges[1]
            return pygame.Rect(cx - a, cy - b + 2, 2 * a, 2 * b - 4)
        high = self.width + self.plate[1]
        top, bottom = cy - b + high // 2 + 6, cy + b - high // 2 - 20
        return pygame.Rect(cx - a + self.plate[0] // 2, top, 2 * a - self.plate[0], bottom - top)

    def curve(self, a: int, b: int, depth: float = 0.6) -> list[draw.Point]:
        """From house to house, bent towards the middle; less so between neighbours."""
        p, q, (cx, cy) = self.houses[a], self.houses[b], self.middle
        depth *= min(1.0, math.dist(p, q) / self.half[1])
        x, y = (p[0] + q[0]) / 2, (p[1] + q[1]) / 2
        x, y = x + (cx - x) * depth, y + (cy - y) * depth
        reach = max(math.dist(p, q), 1.0)
        first, steps = min(0.3, self.width * 0.5 / reach), 20
        out = []
        for j in range(steps + 1):
            t = first + (1 - 2 * first) * j / steps
            k, l, m = (1 - t) ** 2, 2 * t * (1 - t), t * t
            out.append((k * p[0] + l * x + m * q[0], k * p[1] + l * y + m * q[1]))
        return out


def oval(half: tuple[float, float]) -> Floats:
    """A line around the origin, [721, 2], a little squarer than an ellipse; from the top, clockwise."""
    turn = np.linspace(-np.pi / 2, 3 * np.pi / 2, 721)
    axes = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    return np.asarray(np.sign(axes) * np.abs(axes) ** 0.8 * np.array(half))


def _round(count: int, half: tuple[float, float], cell: tuple[float, float]) -> list[draw.Point]:
    """Points around an oval, so far apart that cells of that shape overlap as little as may be."""
    line = oval(half)
    steps = np.abs(np.diff(line, axis=0)) / np.array(cell)
    far = np.concatenate([[0.0], np.cumsum(steps.max(axis=1))])
    at = far[-1] * (np.arange(count) + 0.5) / count
    found = zip(np.interp(at, far, line[:, 0]).tolist(), np.interp(at, far, line[:, 1]).tolist(), strict=True)
    return [(float(a), float(b)) for a, b in found]


@lru_cache(maxsize=16)
def places(area: tuple[int, int, int, int], count: int) -> Places:
    """Places for so many houses in a rectangle (x, y, w, h)."""
    box = pygame.Rect(area)
    scale = min(1.0, box.width / 840, box.height / 480)
    if count <= 12:
        width, plate, rings = 64, (112, 48), 1
    elif count <= 30:
        width, plate, rings = 42, (76, 29), 1
    elif count <= 80:
        width, plate, rings = 28, (0, 0), 2
    else:
        width, plate, rings = 20, (0, 0), 4
    width = max(14, round(width * max(scale, 0.72)))
    if plate[0]:
        plate = (round(plate[0] * max(scale, 0.8)), round(plate[1] * max(scale, 0.88)))
    across, high = max(plate[0], width) + 8, width + plate[1] + 12
    cx, cy = box.centerx, box.centery
    a, b = (box.width - across) / 2, (box.height - high) / 2
    cell = (across, high + (4 if plate[0] else 0))
    inner = 1 - 0.13 * (rings - 1)
    factors = [1 - (1 - inner) * r / max(rings - 1, 1) for r in range(rings)]
    ring = [_round(count, (a * f, b * f), cell) for f in factors]
    lift = plate[1] / 2
    houses = tuple((cx + x, cy + y - lift) for x, y in (ring[k % rings][k] for k in range(count)))
    mean, side = (1 + inner) / 2, width * 0.55
    half = (round(a * mean), round(b * mean))
    edges = ((round(a + side), round(b + side)), (round(a * inner - side), round(b * inner - side)))
    return Places(houses, (cx, cy), half, edges, width, plate)
