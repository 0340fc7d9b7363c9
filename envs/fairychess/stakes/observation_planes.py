"""Planes of what is at stake, for networks: they follow those of the plain game (`fairychess.planes`).

A plane is a number for every cell. The first say something of squares, the rest hold one number all over
the board, as the observing seat sees it.

=============================  ======================================================================
person                         1 where a civilian stands who is a person (a crate is only "neutral")
treaty                         1 on the squares, or the piece's, of a treaty offered or in force
spare                          1 where the piece stands that the seat's order says to spare
barred from, barred to         squares of the move that may not be played again
watched                        1 where the seat is told that it is watched
offered                        1 where a treaty awaits its answer
in force                       1 where one stands and nobody has broken it
broken by me, by the partner   1 where one stands and was broken
treaty plies                   that it has to run, in sixteenths
pact pay                       still to be had, hundredths, in sixteenths
rest                           plies before a treaty may be offered, in eighths
token                          1 where the seat may still tamper
order ..., sealed              which order the seat holds, and whether it bears the seal
moves again                    1 where whoever moves now moves again
placebo                        1 where the lamp is lit, which means nothing
=============================  ======================================================================
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gyges.envs.fairychess import encoding
from gyges.envs.fairychess.engine.layout import CIVILIAN
from gyges.envs.fairychess.stakes import encoding as at

Bounds = tuple[int, int, float]
_FLAG: Bounds = (0, 1, 1.0)
SQUARES = ("person", "treaty", "spare", "barred from", "barred to")
BOUNDS: dict[str, Bounds] = {
    **dict.fromkeys(SQUARES, _FLAG),
    **dict.fromkeys(("watched", "offered", "in force", "broken by me", "broken by the partner"), _FLAG),
    "treaty plies": (0, 20, 1 / 16),
    "pact pay": (0, 20, 1 / 16),
    "rest": (0, at.REST, 1 / 8),
    **dict.fromkeys(("token", "order: draw", "order: stop", "order: spare", "order: take"), _FLAG),
    **dict.fromkeys(("sealed", "moves again", "placebo"), _FLAG),
}
"""Least, greatest and scale of each plane's whole numbers, in order."""
PLANES = tuple(BOUNDS)


def raw(game: Any, codes: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
    """Planes [R, P, C] of observations [R, F] of a `StakesChess` as whole numbers."""
    codes = np.atleast_2d(np.asarray(codes)).astype(np.int64)
    see = game.view(codes)
    seat, family, v = see.side, game.family, game.variant
    rows, inside = np.arange(len(codes)), encoding.cells_of(game.compiled, family)
    found = np.zeros((len(codes), len(PLANES), family.cells), np.int32)
    plane = {name: found[:, j] for j, name in enumerate(PLANES)}
    board = codes[:, game.slices["board"]]
    plane["person"][:] = (board == CIVILIAN) & (see.people * see.civilians)[:, None]
    region = np.zeros((len(at.REGIONS), family.cells), np.int32)
    region[:, inside] = at.region_cells(v.maxFile, v.maxRank)
    named = see.region >= 0
    plane["treaty"][named] = region[see.region[named]]
    for name, cell in (
        ("treaty", see.piece),
        ("spare", see.target),
        ("barred from", see.barred_from),
        ("barred to", see.barred_to),
    ):
        there = cell >= 0
        plane[name][rows[there], cell[there]] = 1
    stage, broken = see.stage, see.broken_by
    numbers = [
        see.cue,
        stage == at.OFFERED,
        (stage == at.IN_FORCE) & (broken == 0),
        broken == 1 + seat,
        broken == 2 - seat,
        see.left,
        see.purse,
        see.wait,
        see.token,
        *(see.order == kind for kind in (at.O_DRAW, at.O_STOP, at.O_SPARE, at.O_TAKE)),
        see.sealed,
        see.extra,
        see.placebo,
    ]
    for j, number in enumerate(numbers, len(SQUARES)):
        found[:, j] = number[:, None]
    return found
