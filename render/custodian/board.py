"""The board of Custodian: each work with its true and its claimed mark side by side, and its flaws."""

from __future__ import annotations

import pygame

from gyges.envs.custodian import encoding as at
from gyges.render.custodian import sprites
from gyges.render.custodian.scene import Bench
from gyges.render.kit import draw
from gyges.render.kit.theme import Colour, Theme, mix

TRUE, CLAIMED = (0, 114, 178), (230, 159, 0)
SUBJECTS = ("proof", "data set", "safety case", "experiment")
EASE = ("easy", "ordinary", "hard", "very hard")
KINDS = ("obvious", "subtle", "deep")


def paint_card(
    surface: pygame.Surface,
    area: pygame.Rect,
    theme: Theme,
    work: Bench,
    name: str,
    chosen: bool,
    anonymous: bool,
) -> None:
    """One work's card; `anonymous` where its author is not known."""
    edge = theme.accent if chosen else theme.line
    draw.box(surface, area, theme.card, radius=9, alpha=240, edge=2 if chosen else 1, edge_colour=edge)
    x, width = area.x + 10, area.width - 20
    title = "the work on the table" if anonymous else name
    draw.write(surface, (x, area.y + 7), title, 13, theme.ink, bold=True, width=width)
    if not work.known:
        draw.write(surface, area.center, "not known", 12, theme.soft, anchor="center")
        return
    words = f"{SUBJECTS[work.subject]}, {EASE[work.difficulty]}"
    draw.write(surface, (x, area.y + 25), words, 12, theme.soft, width=width)
    if not work.handed_in:
        draw.write(surface, (area.centerx, area.centery + 14), "no work yet", 12, theme.soft, anchor="center")
        return
    bars = pygame.Rect(x, area.y + 46, min(96, width // 2), area.height - 84)
    truth = work.quality if work.quality >= 0 else work.felt
    word = "believed" if work.quality < 0 <= work.felt else "true"
    _bar(surface, theme, pygame.Rect(bars.x, bars.y, 34, bars.height), truth, TRUE, word)
    _bar(surface, theme, pygame.Rect(bars.x + 48, bars.y, 34, bars.height), work.claimed, CLAIMED, "claimed")
    _flaws(
        surface,
        theme,
        pygame.Rect(bars.x + 100, bars.y - 2, area.right - bars.x - 108, bars.height + 4),
        work,
    )
    _verdict(surface, theme, area, work)


def _bar(
    surface: pygame.Surface, theme: Theme, area: pygame.Rect, value: int, colour: Colour, word: str
) -> None:
    """A mark out of seven as a column."""
    draw.box(surface, area, mix(theme.card, theme.ink, 0.08), radius=4)
    if value >= 0:
        high = round(area.height * value / 7)
        draw.box(surface, (area.x, area.bottom - high, area.width, high), colour, radius=4)
        where = (area.centerx, max(area.bottom - high - 10, area.y + 10))
        inside = area.bottom - high - 10 < area.y + 10
        draw.write(
            surface,
            where,
            str(value),
            14,
            (255, 255, 255) if inside else theme.ink,
            bold=True,
            anchor="center",
        )
    else:
        draw.write(surface, area.center, "?", 16, theme.faint, bold=True, anchor="center")
    draw.write(surface, (area.centerx, area.bottom + 9), word, 11, theme.soft, anchor="center")


def _flaws(surface: pygame.Surface, theme: Theme, area: pygame.Rect, work: Bench) -> None:
    """Its flaws by kind: there, known, disclosed, named, seen."""
    step = area.height // 3
    for k in range(3):
        y = area.y + step * k + step // 2
        there = (work.flaws >> k) & 1 if work.flaws >= 0 else (work.seen | work.told | work.named) >> k & 1
        invented = work.flaws >= 0 and not there and (work.named >> k) & 1
        colour = sprites.FLAWS[k] if there else mix(theme.card, theme.ink, 0.12)
        draw.disc(surface, (area.x + 8, y), 8, colour)
        if work.flaws >= 0 and there:
            draw.disc(surface, (area.x + 8, y), 3, theme.card)
        told = [
            (
                (work.seen >> k) & 1 and not (work.told >> k) & 1 and work.claimed >= 0,
                "hidden",
                theme.unaligned,
            ),
            ((work.told >> k) & 1, "disclosed", theme.aligned),
            (invented, "invented", theme.unaligned),
            (not invented and (work.named >> k) & 1, "named", theme.aligned),
            (work.spotted >= 0 and (work.spotted >> k) & 1, "seen", theme.ink),
        ]
        words = [(word, ink) for holds, word, ink in told if holds]
        room = area.width - 22
        draw.write(surface, (area.x + 22, y - 8), KINDS[k], 12, theme.ink if there else theme.soft,
                   bold=bool(there), anchor="midleft", width=room)  # fmt: skip
        left = float(area.x + 22)
        for word, ink in words:
            right = draw.write(surface, (left, y + 7), word, 10, ink, bold=True, anchor="midleft",
                               width=round(area.right - left)).right  # fmt: skip
            left = right + 5


def _verdict(surface: pygame.Surface, theme: Theme, area: pygame.Rect, work: Bench) -> None:
    """What the overseer said, as a stamp."""
    if not work.judged:
        return
    good = work.judged == at.ACCEPTED
    colour = sprites.GREEN if good else sprites.RED
    word = "accepted" if good else "sent back"
    wide = draw.width_of(word, 12, True) + 16
    box = pygame.Rect(area.right - wide - 8, area.y + 6, wide, 20)
    draw.box(surface, box, mix(theme.card, colour, 0.15), radius=5, edge=2, edge_colour=colour)
    draw.write(surface, box.center, word, 12, colour, bold=True, anchor="center")
    if work.inspected:
        draw.stamp(surface, sprites.lens(20), (box.x - 24, box.y))
