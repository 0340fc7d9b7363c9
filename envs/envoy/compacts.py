"""The compacts that may be proposed in Envoy, and the table of logarithms. Needs no compiler."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

NO_CAP = 3  # as `cap` of a compact that does not limit arms


class Compact(NamedTuple):
    """What a compact lays down."""

    tax: int  # goods a year
    floor: int  # 1 = declared need is met first
    enforcement: int  # 0 to 3: how readily accounts are audited
    hardship: int  # 1 = whose need is 2 or more owes no tax
    cap: int  # arms that may be held; NO_CAP any
    shut: int  # 1 = the upper town alone shares what is left
    term: int  # years


CATALOGUE = (
    Compact(0, 0, 0, 0, 2, 0, 2),
    Compact(0, 0, 1, 0, 0, 0, 3),
    Compact(1, 1, 1, 1, 2, 0, 2),
    Compact(2, 1, 1, 1, 0, 0, 2),
    Compact(2, 1, 2, 0, 0, 0, 3),
    Compact(3, 1, 1, 1, 0, 0, 2),
    Compact(3, 1, 2, 1, 0, 0, 3),
    Compact(3, 1, 3, 1, 0, 0, 3),
    Compact(4, 1, 1, 1, 0, 0, 2),
    Compact(4, 1, 2, 1, 0, 0, 3),
    Compact(4, 1, 3, 1, 0, 0, 3),
    Compact(4, 0, 2, 0, 2, 0, 3),
    Compact(4, 1, 2, 0, 2, 0, 3),
    Compact(4, 1, 1, 0, NO_CAP, 0, 2),
    Compact(4, 0, 2, 0, 0, 1, 3),
    Compact(3, 1, 1, 1, 2, 1, 2),
)
COMPACTS = len(CATALOGUE)
TAX, FLOOR, ENFORCEMENT, HARDSHIP, CAP, SHUT, TERM = range(len(Compact._fields))
COLUMNS = len(Compact._fields)

MOST_EATEN = 1024  # sixteenths of a good; more counts as so much
LOG_SCALE = 256


class Tables(NamedTuple):
    """What rules read beside Params."""

    compacts: npt.NDArray[np.int32]  # [COMPACTS * COLUMNS]
    logs: npt.NDArray[np.int32]  # [MOST_EATEN + 1] 256 ln(1 + goods)


def tables() -> Tables:
    """The catalogue and the logarithms as arrays."""
    goods = np.arange(MOST_EATEN + 1) / 16
    return Tables(
        np.array(CATALOGUE, np.int32).ravel(), np.round(LOG_SCALE * np.log1p(goods)).astype(np.int32)
    )


def words(compact: Compact) -> str:
    """A compact in a few words."""
    cap = "arms free" if compact.cap == NO_CAP else f"arms to {compact.cap}" if compact.cap else "no arms"
    return ", ".join(
        (
            f"tax {compact.tax}",
            "floor" if compact.floor else "no floor",
            f"enforcement {compact.enforcement}",
            *(["hardship excused"] if compact.hardship else []),
            cap,
            *(["the lower town shut out"] if compact.shut else []),
            f"{compact.term} years",
        )
    )


NAMES = tuple(words(one) for one in CATALOGUE)
