"""The desk of Envoy: the shown seat's own affairs, and the docket of those whom it may act upon."""

from __future__ import annotations

import pygame

from gyges.envs.envoy import encoding as at
from gyges.render.board.facts import Facts
from gyges.render.envoy import sprites
from gyges.render.envoy.scene import Desk, EnvoyScene, Neighbour
from gyges.render.kit import draw
from gyges.render.kit.signs import letter
from gyges.render.kit.theme import Theme, mix, seat_colour

HIGH = 116
GOOD = (0, 158, 115)
ORDERED = {
    "claim": "claim its due", "insist": "insist on the exception", "lie": "declare more than is true",
    "evade": "evade the tax", "arm": "buy two arms", "break": "break the deal", "spy": "use the confidence",
    "raid": "raid somebody", "shut": "shut somebody out", "hide": "hide the books",
}  # fmt: skip
SAID = ("promises a deal", "declines", "warns")
WORDS = ("a deal promised", "no deal", "a warning given")
DOCKET = ("partner", "left neighbour", "right neighbour", "suspect")


def fitting(name: str, size: int, room: int) -> str:
    """A house's name, or its number alone where there is no room."""
    return name if draw.width_of(name, size, True) <= room else name.split()[-1]


def paint_desk(surface: pygame.Surface, area: pygame.Rect, theme: Theme, facts: Facts) -> None:
    """Paint it into a rectangle `HIGH` pixels high."""
    scene: EnvoyScene = facts.scene
    draw.box(surface, area, theme.card, radius=12, alpha=240, edge=1, edge_colour=theme.line)
    own = pygame.Rect(area.x, area.y, round(area.width * 0.42), area.height)
    _own(surface, own, theme, facts)
    wide = (area.right - own.right - 8) // at.SLOTS
    for k, one in enumerate(scene.desk.docket):
        card = pygame.Rect(own.right + wide * k, area.y + 8, wide - 6, area.height - 16)
        _neighbour(surface, card, theme, facts, k, one)


def _own(surface: pygame.Surface, area: pygame.Rect, theme: Theme, facts: Facts) -> None:
    desk: Desk = facts.scene.desk
    x, right = area.x + 14, area.right - 12
    draw.disc(surface, (x + 7, area.y + 19), 7, seat_colour(facts.seat))
    town = f"{'lower' if desk.lower else 'upper'} town, income {desk.base:.1f}"
    name = draw.write(
        surface, (x + 20, area.y + 19), facts.shown.name, 15, theme.ink, bold=True, anchor="midleft"
    )
    draw.write(
        surface,
        (name.right + 8, area.y + 20),
        town,
        12,
        theme.soft,
        anchor="midleft",
        width=right - name.right - 8,
    )
    if facts.scene.houses[facts.seat].alive is False:
        draw.write(surface, (x, area.y + 48), "The principal is dead.", 13, theme.soft)
        return
    y, left = area.y + 45, float(x)
    for made, value in ((sprites.sack, desk.store), (sprites.sword, desk.arms)):
        draw.stamp(surface, made(20), (left, y - 10))
        left = (
            draw.write(
                surface, (left + 24, y), f"{value:.1f}", 14, theme.ink, bold=True, anchor="midleft"
            ).right
            + 12
        )
    said = f", declared {desk.declared}" if desk.token >= 0 else ""
    wrong = bool(said) and desk.declared > desk.need + desk.hit
    draw.write(surface, (left, y), f"need {desk.need}{said}", 13, theme.unaligned if wrong else theme.ink,
               bold=True, anchor="midleft", width=round(right - left))  # fmt: skip
    y = area.y + 66
    order = ORDERED.get(at.ORDERS[desk.order])
    if order:
        draw.stamp(surface, letter(desk.order >= at.LIE, theme.night), (x, y - 2))
        draw.write(
            surface,
            (x + 25, y + 9),
            f"ordered to {order}",
            13,
            theme.ink,
            bold=True,
            anchor="midleft",
            width=right - x - 25,
        )
    notes = (
        (desk.token >= 0 and not desk.deal, WORDS[desk.token]), (desk.deal, "a deal stands"),
        (desk.trusts, "the partner confided"),
        (desk.confided, "confided"), (desk.short > 0, f"{desk.short:.1f} of the tax evaded"),
        (desk.drawn > 0, f"{desk.drawn:.1f} drawn without need"), (desk.hit, "raided last year"),
        (desk.shun > 0, f"excluded by {desk.shun}"), (desk.marks > 0, f"marks: {desk.marks}"),
        (desk.asked, "the principal was asked"),
    )  # fmt: skip
    words = " · ".join(word for true, word in notes if true)
    lines = 1 if order else 2
    draw.paragraph(surface, (x, y + 22 if order else y), words, 12, theme.soft, right - x, lines)


def _neighbour(
    surface: pygame.Surface, area: pygame.Rect, theme: Theme, facts: Facts, slot: int, one: Neighbour | None
) -> None:
    wrong = one is not None and (one.proof > 0 or one.raider)
    fill = mix(theme.paper, theme.unaligned, 0.12) if wrong else theme.paper
    draw.box(surface, area, fill, radius=9, edge=1, edge_colour=theme.unaligned if wrong else theme.line)
    x, room = area.x + 8, area.width - 14
    draw.write(surface, (x, area.y + 5), DOCKET[slot], 11, theme.soft, width=room)
    if one is None:
        draw.write(surface, area.center, "–", 16, theme.faint, anchor="center")
        return
    y = area.y + 22
    if one.seat >= 0:
        draw.disc(surface, (x + 6, y + 8), 6, seat_colour(one.seat))
        name = fitting(facts.seats[one.seat].name, 12, room - 16)
        draw.write(surface, (x + 16, y), name, 12, theme.ink, bold=True)
        y += 18
    draw.stamp(surface, sprites.sword(16), (x - 1, y))
    left = draw.write(surface, (x + 18, y + 8), f"{one.arms:.1f}", 12, theme.ink, anchor="midleft").right + 6
    for made, count in ((sprites.shield, min(one.marks, 3)), (sprites.torch, int(one.raider))):
        for _ in range(count):
            draw.stamp(surface, made(16), (left, y))
            left += 13
    y += 21
    desk: Desk = facts.scene.desk
    if slot == 0 and desk.word >= 0:
        draw.write(surface, (x, y), SAID[desk.word], 11, theme.ink, width=room)
        y += 15
    if one.proof and y < area.bottom - 12:
        words = at.PROOFS[one.proof].removeprefix("a ")
        draw.write(surface, (x, y), words, 11, theme.unaligned, bold=True, width=room)
