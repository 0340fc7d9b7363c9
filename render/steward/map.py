"""The painted lagoon under the Steward map: land, beach, water, and the light of the lighthouse."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pygame

from gyges.render.kit import draw
from gyges.render.kit.theme import DAY, NIGHT, Colour, Theme, mix
from gyges.render.steward import sprites

Floats = npt.NDArray[np.float64]


def _hashed(x: Any, y: Any, salt: int) -> Floats:
    """Numbers in [0, 1) from integer coordinates, the same on every machine."""
    word = np.asarray(x, np.int64) * 374761393 + np.asarray(y, np.int64) * 668265263 + salt * 2147483647
    word = word & 0x7FFFFFFF
    word = (word ^ (word >> 13)) * 1274126177 & 0x7FFFFFFF
    return np.asarray(((word ^ (word >> 16)) & 0xFFFFFF) / float(1 << 24))


def _noise(width: int, height: int, cell: int, salt: int) -> Floats:
    """Smooth noise in [0, 1), [H, W]."""
    x, y = np.arange(width) / cell, np.arange(height)[:, None] / cell
    x0, y0 = np.floor(x).astype(int), np.floor(y).astype(int)
    fx, fy = x - x0, y - y0
    fx, fy = fx * fx * (3 - 2 * fx), fy * fy * (3 - 2 * fy)
    a, b = _hashed(x0, y0, salt), _hashed(x0 + 1, y0, salt)
    c, d = _hashed(x0, y0 + 1, salt), _hashed(x0 + 1, y0 + 1, salt)
    return np.asarray((a * (1 - fx) + b * fx) * (1 - fy) + (c * (1 - fx) + d * fx) * fy)


def _step(value: Floats, edge: float, soft: float) -> Floats:
    t = np.clip((value - edge) / soft + 0.5, 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


ROOM = 192
"""Pixels of height that houses and nameplates take above and below the water."""


class Map:
    """The fixed part of the map.

    Args:
        size: width and height in pixels.
        grounds, villages: how many.

    Attributes:
        grounds: centres of the fishing grounds, pixels.
        reach: half axes of a fishing ground.
        villages: centres of the villages.
        lighthouse: the lamp of the lighthouse.
    """

    def __init__(self, size: tuple[int, int], grounds: int, villages: int) -> None:
        self.size = size
        width, height = size
        self.middle = (width / 2, height / 2 + 4)
        self.half = (width * 0.352, (height - ROOM) / (2 * 1.11))
        cx, cy = self.middle
        rx, ry = self.half
        spots = {
            1: [(0.0, 0.22)],
            2: [(-0.48, -0.02), (0.48, -0.02)],
            3: [(-0.52, -0.26), (0.52, -0.26), (0.0, 0.50)],
            4: [(-0.48, -0.44), (0.48, -0.44), (-0.48, 0.44), (0.48, 0.44)],
        }[grounds]
        self.grounds = [(cx + x * rx, cy + y * ry) for x, y in spots]
        scale = {1: (0.42, 0.44), 2: (0.33, 0.42), 3: (0.31, 0.27), 4: (0.31, 0.25)}[grounds]
        self.reach = (scale[0] * rx, scale[1] * ry)
        self.lighthouse = (cx, cy - {1: 0.62, 2: 0.10, 3: 0.34, 4: 0.10}[grounds] * ry)
        self.villages = [self._shore(j, villages) for j in range(villages)]

    def _shore(self, j: int, count: int) -> tuple[float, float]:
        turn = -math.pi / 2 + 2 * math.pi * (j + 0.5) / count
        a, b = self.half[0] * 1.10, self.half[1] * 1.11
        return self.middle[0] + a * math.cos(turn), self.middle[1] + b * math.sin(turn)

    def inward(self, village: int, share: float) -> tuple[float, float]:
        """A point from a village towards the middle of the lagoon."""
        (x, y), (cx, cy) = self.villages[village], self.middle
        return x + (cx - x) * share, y + (cy - y) * share

    @lru_cache(maxsize=4)  # noqa: B019  a renderer keeps one map for its life
    def base(self, night: bool) -> pygame.Surface:
        """The map without people."""
        theme = NIGHT if night else DAY
        surface = self._painted(theme)
        self._trees(surface, night)
        for at in self.grounds:
            self._ground(surface, at, theme)
        x, y = self.lighthouse
        draw.stamp(surface, sprites.lighthouse(night, False), (x - 32, y - 30))
        return surface

    def _painted(self, theme: Theme) -> pygame.Surface:
        width, height = self.size
        x = (np.arange(width) - self.middle[0]) / self.half[0]
        y = (np.arange(height)[:, None] - self.middle[1]) / self.half[1]
        angle, far = np.arctan2(y, x), np.hypot(x, y)
        wobble = (
            1 + 0.022 * np.sin(3 * angle + 1) + 0.016 * np.sin(5 * angle + 2.4) + 0.010 * np.sin(11 * angle)
        )
        far = far / wobble
        far = far + 0.012 * (_noise(width, height, 26, 1) - 0.5)
        pixel = 1.6 / self.half[1]
        rough = _noise(width, height, 90, 2) - 0.5
        fine = _noise(width, height, 7, 3) - 0.5
        colour = self._field(mix(theme.water, (0, 0, 0), 0.10 if not theme.night else 0.25), far)
        colour = self._over(colour, theme.water, _step(far + 0.05 * rough, 0.62, 0.5))
        colour = self._over(colour, mix(theme.water, theme.shore, 0.34), _step(far, 0.955, 0.09))
        foam = mix(theme.water, (255, 255, 255), 0.55 if not theme.night else 0.16)
        colour = self._over(colour, foam, _step(far, 0.985, pixel))
        colour = self._over(colour, theme.shore, _step(far, 1.0, pixel))
        colour = self._over(colour, mix(theme.shore, theme.land, 0.55), _step(far, 1.075, 0.02))
        colour = self._over(colour, theme.land, _step(far, 1.09, 0.015))
        shade = (1 + 0.07 * rough + 0.035 * fine)[..., None]
        made = draw.canvas(self.size)
        pixels = np.clip(colour * shade, 0, 255).astype(np.uint8)
        pygame.surfarray.blit_array(made, pixels.swapaxes(0, 1))
        return made

    @staticmethod
    def _field(colour: Colour, like: Floats) -> Floats:
        return np.broadcast_to(np.array(colour, float), (*like.shape, 3)).copy()

    @staticmethod
    def _over(below: Floats, colour: Colour, share: Floats) -> Floats:
        return np.asarray(below + (np.array(colour, float) - below) * share[..., None])

    def _trees(self, surface: pygame.Surface, night: bool) -> None:
        width, height = self.size
        cells = [(i, j) for j in range(height // 26 + 1) for i in range(width // 26 + 1)]
        for i, j in cells:
            x = 26 * i + 22 * float(_hashed(i, j, 11))
            y = 26 * j + 22 * float(_hashed(i, j, 12))
            far = math.hypot((x - self.middle[0]) / self.half[0], (y - self.middle[1]) / self.half[1])
            free = all(math.dist((x, y), v) > 58 for v in self.villages)
            if far > 1.16 and free and float(_hashed(i, j, 13)) < 0.34:
                draw.stamp(surface, sprites.tree(night, int(_hashed(i, j, 14) * 3)), (x, y), centre=True)

    def _ground(self, surface: pygame.Surface, at: tuple[float, float], theme: Theme) -> None:
        rx, ry = (round(v) for v in self.reach)

        def paint(s: pygame.Surface, k: int) -> None:
            box = s.get_rect()
            pygame.draw.ellipse(s, (*theme.ground, 210), box)
            pygame.draw.ellipse(s, (*mix(theme.ground, theme.water, 0.5), 255), box, width=2 * k)

        draw.stamp(surface, draw.shape(2 * rx, 2 * ry, paint), at, centre=True)

    @lru_cache(maxsize=16)  # noqa: B019
    def lit(self, night: bool, watched: tuple[bool, ...]) -> pygame.Surface:
        """The map with beams from the lighthouse to the villages that are watched."""
        surface = self.base(night).copy()
        if any(watched):
            x, y = self.lighthouse
            draw.stamp(surface, sprites.lighthouse(night, True), (x - 32, y - 30))
            strength = np.zeros((self.size[1], self.size[0]), np.uint8)
            for seat, seen in enumerate(watched):
                if seen:
                    np.maximum(strength, self._light(seat), out=strength)
            share = (strength.T.astype(np.int32) * (205 if night else 159)) >> 8
            lamp = np.array((255, 205, 110) if night else (255, 246, 206), np.int32)
            below = pygame.surfarray.array3d(surface).astype(np.int32)
            below += ((lamp - below) * share[..., None]) >> 8
            pygame.surfarray.blit_array(surface, below.astype(np.uint8))
        return surface

    @lru_cache(maxsize=16)  # noqa: B019
    def _light(self, seat: int) -> npt.NDArray[np.uint8]:
        """Strength of the beam to one village and of the light around both its ends, [H, W]."""
        width, height = self.size
        x, y = np.arange(width), np.arange(height)[:, None]
        (lx, ly), (vx, vy) = self.lighthouse, self.villages[seat]
        far = math.dist((vx, vy), (lx, ly))
        ux, uy = (vx - lx) / far, (vy - ly) / far
        along = ((x - lx) * ux + (y - ly) * uy) / far
        side = np.abs((x - lx) * uy - (y - ly) * ux)
        wide = 4 + 44 * np.clip(along, 0, 1)
        beam = np.clip(1 - (side / wide) ** 2, 0, 1) * _step(along, 0.04, 0.05) * (0.30 + 0.25 * (1 - along))
        beam *= 1 - _step(along, 1.0, 0.25)
        pool = 0.85 * np.clip(1 - np.hypot(x - vx, y - vy) / 84, 0, 1) ** 1.4
        glow = np.clip(1 - np.hypot(x - lx, y - ly) / 60, 0, 1) ** 2
        strongest = np.maximum(np.maximum(beam, pool), glow)
        return np.asarray(255 * np.clip(strongest, 0, 1), np.uint8)


@lru_cache(maxsize=4)
def map_of(size: tuple[int, int], grounds: int, villages: int) -> Map:
    """The map of this size, painted once however many renderers show it."""
    return Map(size, grounds, villages)
