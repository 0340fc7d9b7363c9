"""The middle of the round of Envoy: the compact as a scroll, the proposals, the pot and the purse."""

from __future__ import annotations

import pygame

from gyges.envs.envoy import encoding as at
from gyges.envs.envoy.compacts import NO_CAP, Compact
from gyges.render.board.facts import Facts
from gyges.render.envoy import sprites
from gyges.render.envoy.desk import GOOD
from gyges.render.envoy.scene import EnvoyScene
from gyges.render.kit import draw
from gyges.render.kit.theme import Theme, mix

INK, FADED, SEAL = (56, 42, 26), (128, 104, 70), (168, 36, 44)
AGAINST = (204, 62, 120)
RULES = {
    "none": "no compact can be made", "majority": "a majority decides", "supermajority": "two thirds decide",
    "unanimity": "all must agree", "nash": "the fairest by the table stands",
    "leader": "an elected leader decides", "king": "a king decides",
}  # fmt: skip
CORE = ("raid nobody, but in return", "declare need as it is", "keep your deals")


def terms(compact: Compact) -> tuple[str, ...]:
    """A compact in short lines."""
    cap = (
        "arms are free"
        if compact.cap == NO_CAP
        else f"{compact.cap} arms at most"
        if compact.cap
        else "no arms"
    )
    audits = "●" * compact.enforcement + "○" * (3 - compact.enforcement)
    return (
        f"tax: {compact.tax} good{'s' if compact.tax != 1 else ''} a year",
        "need is met first" if compact.floor else "equal shares, no floor",
        f"audits {audits}",
        *(["hardship is excused"] if compact.hardship else []),
        cap,
        *(["lower town shut out"] if compact.shut else []),
    )


def paint_middle(surface: pygame.Surface, theme: Theme, facts: Facts, area: pygame.Rect) -> None:
    """Paint what lies in the middle into a rectangle that the houses leave free."""
    scene: EnvoyScene = facts.scene
    high = min(214, area.height - 58)
    room = pygame.Rect(0, 0, area.width, high)
    room.midtop = (area.centerx, min(area.centery - (high + 50) // 2 + 14, area.bottom - high - 50))
    voted = any(one is not None for one in scene.proposals)
    if scene.phase in (at.PROPOSE, at.VOTE) and voted and not facts.over:
        _ballot(surface, theme, facts, room)
    else:
        wide = min(232, room.width)
        sheet = pygame.Rect(room.centerx - wide // 2, room.y, wide, room.height)
        if scene.compact is None:
            _sheet(surface, theme, sheet, "The core charter", CORE, RULES[at.RULES[scene.rule]], bare=True)
        else:
            years = f"{scene.left} year{'s' if scene.left != 1 else ''} left"
            _sheet(surface, theme, sheet, "The compact", terms(scene.compact), years)
            _seal(surface, theme, sheet, str(scene.left))
    _common(surface, theme, scene, area, room.bottom + 4)


def _sheet(surface: pygame.Surface, theme: Theme, at_sheet: pygame.Rect, title: str, lines: tuple[str, ...],
           foot: str, bare: bool = False, spare: int = 0) -> None:  # fmt: skip
    """A sheet with its lines; `spare` pixels are left free above the foot."""
    draw.stamp(surface, sprites.scroll(*at_sheet.size, theme.night, bare), at_sheet.topleft)
    step = min(22, (at_sheet.height - 80 - spare) // max(len(lines), 1))
    x, width = at_sheet.centerx, at_sheet.width - 30
    draw.write(surface, (x, at_sheet.y + 20), title, 16, INK, bold=True, anchor="midtop", width=width)
    y = at_sheet.y + 44
    for line in lines:
        wrong = "shut out" in line
        sizes = range(min(14, max(10, step - 4)), 8, -1)
        size = next((size for size in sizes if draw.width_of(line, size, wrong) <= width), 9)
        draw.write(surface, (x, y), line, size, SEAL if wrong else INK, bold=wrong, anchor="midtop")
        y += step
    draw.write(surface, (x, at_sheet.bottom - 34), foot, 12, FADED, anchor="midtop", width=width)


def _seal(surface: pygame.Surface, theme: Theme, sheet: pygame.Rect, word: str) -> None:
    where = (sheet.right - 22, sheet.bottom - 20)
    draw.disc(surface, where, 17, mix(SEAL, (0, 0, 0), 0.25))
    draw.disc(surface, where, 14, SEAL)
    draw.write(surface, where, word, 15, (252, 240, 226), bold=True, anchor="center")


def _ballot(surface: pygame.Surface, theme: Theme, facts: Facts, room: pygame.Rect) -> None:
    """Both proposals with the votes about to be cast, and what stands."""
    scene: EnvoyScene = facts.scene
    cast = [0] * 5
    for seat in facts.seats:
        if seat.act is not None and at.A.vote <= seat.act < at.A.pay:
            cast[seat.act - at.A.vote] += 1
    counted = sum(cast) > 1  # a person who plays sees no vote before it is counted
    ayes = (cast[at.AYE_FIRST] + cast[at.AYE_BOTH], cast[at.AYE_SECOND] + cast[at.AYE_BOTH])
    wide = min(190, room.width // 2 - 60)
    for j, (proposal, sign) in enumerate(zip(scene.proposals, ("First", "Second"), strict=True)):
        left = room.centerx - wide - 3 if j == 0 else room.centerx + 3
        sheet = pygame.Rect(left, room.y, wide, room.height)
        if proposal is None:
            words = ("nothing", "is proposed")
            _sheet(surface, theme, sheet, f"{sign} proposal", words, "", bare=True)
            continue
        foot = f"for {proposal.term} years"
        _sheet(surface, theme, sheet, f"{sign} proposal", terms(proposal), foot, bare=True, spare=16)
        if counted:
            _tally(surface, sheet, ayes[j], sum(cast) - cast[at.ABSTAIN])


def _tally(surface: pygame.Surface, sheet: pygame.Rect, ayes: int, cast: int) -> None:
    """Votes for and against as a bar over the foot of a proposal."""
    bar = pygame.Rect(sheet.x + 18, sheet.bottom - 56, sheet.width - 36, 16)
    full = round(bar.width * ayes / max(cast, 1))
    draw.box(surface, bar, AGAINST, radius=7)
    if full:
        draw.box(surface, (bar.x, bar.y, full, bar.height), GOOD, radius=7)
    for count, word, where, anchor in (
        (ayes, "for", (bar.x + 7, bar.centery), "midleft"),
        (cast - ayes, "not", (bar.right - 7, bar.centery), "midright"),
    ):
        if count:
            draw.write(surface, where, f"{count} {word}", 11, (255, 255, 255), bold=True, anchor=anchor)


def _common(surface: pygame.Surface, theme: Theme, scene: EnvoyScene, area: pygame.Rect, y: int) -> None:
    """Pot, purse and arms a head, in one row of small signs."""
    shown = [
        (sprites.pot, f"{scene.pot:.1f}", "pot a head"),
        (sprites.purse, f"{scene.purse:.1f}", "purse a head"),
        (sprites.sword, f"{scene.mean:.1f}", "arms a head"),
    ]
    roomy = area.width > 400
    wide = 106 if roomy else 78
    left = area.centerx - wide * len(shown) / 2
    draw.box(surface, (left - 6, y, wide * len(shown) + 12, 44), theme.card, radius=12, alpha=215)
    for j, (made, value, words) in enumerate(shown):
        x = left + wide * j
        draw.stamp(surface, made(26), (x + 2, y + 8))
        draw.write(surface, (x + 33, y + 5), value, 15, theme.ink, bold=True)
        words = words if roomy else words.split()[0]
        draw.write(surface, (x + 33, y + 25), words, 10, theme.soft, width=wide - 34)
