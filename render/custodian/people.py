"""The people of Custodian: workers at their benches, critics, and what each is about to do."""

from __future__ import annotations

import pygame

from gyges.envs.custodian import encoding as at
from gyges.render.board.facts import Facts, SeatFacts
from gyges.render.custodian import sprites
from gyges.render.custodian.scene import Bench, Critic, ShopScene
from gyges.render.kit import draw
from gyges.render.kit.theme import SIGNS, Theme, mix, seat_colour

LEAVES = ("", "haste", "the log", "the button", "compute", "keep still")
PLATE = 50


def paint_people(surface: pygame.Surface, theme: Theme, facts: Facts, floor: pygame.Rect) -> None:
    """Benches from the left, critics on the right."""
    scene: ShopScene = facts.scene
    workers, critics = len(scene.benches), len(scene.critics)
    column = floor.width / (workers + 0.8 * critics)
    hidden = not facts.truth and scene.seat_kind != at.WORKER
    size = min(90, round((floor.height - PLATE) * 0.42))
    for k, bench in enumerate(scene.benches):
        area = pygame.Rect(round(column * k), floor.y, round(column), floor.height)
        _bench(surface, theme, facts, Bench() if hidden else bench, k, area, size)
    for j, critic in enumerate(scene.critics):
        left = round(column * workers + 0.8 * column * j)
        area = pygame.Rect(left, floor.y, round(0.8 * column), floor.height)
        _critic(surface, theme, facts, critic, workers + j, area, size)
    for seat in range(workers + critics):
        share = seat if seat < workers else workers + 0.8 * (seat - workers)
        wide = column if seat < workers else 0.8 * column
        foot = floor.bottom - PLATE - 10 - round(1.36 * size)
        paint_act(surface, theme, facts.seats[seat], (column * share + wide / 2, foot), round(wide) - 12)


def _spot(
    surface: pygame.Surface, theme: Theme, facts: Facts, seat: int, where: draw.Point, size: int
) -> None:
    """Light where the seat is watched, a ring where it is the shown one."""
    if facts.seats[seat].watched:
        draw.disc(surface, where, round(0.86 * size), (255, 226, 140), alpha=70 if theme.night else 95)
    if seat == facts.seat:
        ring = round(0.62 * size)
        draw.disc(surface, where, ring, theme.accent, hole=ring - 3)


def _bench(
    surface: pygame.Surface, theme: Theme, facts: Facts, bench: Bench, seat: int, area: pygame.Rect, size: int
) -> None:
    wide, x = min(area.width - 24, 2 * size), area.centerx
    base = area.bottom - PLATE - round(0.36 * size)
    _spot(surface, theme, facts, seat, (x, base - size // 2), size)
    colour = seat_colour(seat)
    if bench.copy:
        ghost = sprites.person(colour, theme.night, size, True)
        draw.stamp(surface, ghost, (x - 1.1 * size, base - 1.05 * size), alpha=120)
    worker = sprites.person(colour, theme.night, size, bench.known)
    draw.stamp(surface, worker, (x - size / 2, base - 1.1 * size))
    table = sprites.bench(bench.subject, theme.night, wide, bench.known)
    draw.stamp(surface, table, (x - wide / 2, base - 0.26 * wide))
    notes = []
    if bench.known:
        notes = [f"{bench.hours} h"]
        for holds, words in (
            (bench.copy, f"copy {bench.copy}"), (bench.due, "hand-over due"), (bench.late, "a late flaw"),
            (bench.charge, "charged"), (bench.dodge, "dodges"),
        ):  # fmt: skip
            notes += [words] if holds else []
        if bench.leave:
            notes.append(f"leave: {LEAVES[bench.leave]}{'' if bench.sealed else ' (no seal)'}")
    _plate(surface, theme, facts, seat, area, " · ".join(notes), bench.marks)


def _critic(
    surface: pygame.Surface,
    theme: Theme,
    facts: Facts,
    critic: Critic,
    seat: int,
    area: pygame.Rect,
    size: int,
) -> None:
    x, base = area.centerx, area.bottom - PLATE - round(0.36 * size)
    _spot(surface, theme, facts, seat, (x, base - size // 2), size)
    reader = sprites.person(seat_colour(seat), theme.night, size, critic.known)
    draw.stamp(surface, reader, (x - size / 2, base - 0.86 * size))
    draw.stamp(surface, sprites.lens(round(0.4 * size)), (x + 0.2 * size, base - 0.36 * size))
    for k in range(3):
        strong, weak = (critic.strong >> k) & 1, (critic.weak >> k) & 1
        if critic.reads and (strong or weak):
            where = (min(x + 0.7 * size, area.right - 8), base - 0.46 * size + 15 * k)
            draw.disc(surface, where, 6, sprites.FLAWS[k], hole=0 if strong else 3)
    words = f"trusted {round(100 * critic.faith)} %" if critic.known else ""
    _plate(surface, theme, facts, seat, area, words)


def _plate(
    surface: pygame.Surface,
    theme: Theme,
    facts: Facts,
    seat: int,
    area: pygame.Rect,
    words: str,
    marks: int = 0,
) -> None:
    """Who sits there, and what is known of it."""
    box = pygame.Rect(area.x + 7, area.bottom - PLATE - 8, area.width - 14, PLATE)
    chosen, stands = seat == facts.seat, facts.seats[seat]
    rim = theme.accent if chosen else theme.line
    draw.box(surface, box, theme.card, radius=8, alpha=238, edge=2 if chosen else 1, edge_colour=rim)
    draw.disc(surface, (box.x + 13, box.y + 14), 6, seat_colour(seat))
    name = (box.x + 24, box.y + 14)
    right = draw.write(surface, name, stands.name, 13, theme.ink, bold=True, anchor="midleft").right
    where, room = (right + 7, box.y + 15), max(box.right - right - 12, 1)
    draw.write(surface, where, stands.player, 11, theme.soft, anchor="midleft", width=room)
    x = box.x + 9
    for _ in range(marks):
        draw.stamp(surface, sprites.mark(16), (x, box.y + 27))
        x += 17
    draw.write(surface, (x, box.y + 36), words, 11, theme.soft, anchor="midleft", width=box.right - x - 6)


def paint_act(surface: pygame.Surface, theme: Theme, stands: SeatFacts, foot: draw.Point, room: int) -> None:
    """What a seat is about to do, in a box that ends at its foot."""
    if not stands.act:
        return
    label = stands.act_label
    colour = theme.soft if label is None else theme.label(label)
    sign = "" if label is None else f"{SIGNS[label]} "
    lines = draw.wrap(sign + stands.act_name, 12, min(room, 210) - 16, True)[:4]
    wide, high = max(draw.width_of(line, 12, True) for line in lines) + 16, 16 * len(lines) + 8
    wrong = label is not None and label < 0
    box = pygame.Rect(round(foot[0] - wide / 2), round(foot[1] - high), wide, high)
    fill = mix(theme.card, colour, 0.16 if wrong else 0)
    draw.box(surface, box, fill, radius=9, edge=2, edge_colour=colour)
    for j, line in enumerate(lines):
        where = (box.centerx, box.y + 12 + 16 * j)
        draw.write(surface, where, line, 12, colour if wrong else theme.ink, bold=True, anchor="center")
