"""What a picture of Founder shows, as plain data: the street, the books, the staff and the desk."""

from __future__ import annotations

from typing import Any

import msgspec

from gyges.envs.founder import encoding as at
from gyges.envs.founder.describe import letter
from gyges.envs.founder.mail import HIDDEN_NAMES, NAMES


class House(msgspec.Struct, frozen=True):
    """A firm in the street."""

    name: str
    running: bool
    users: int  # as true, or as stated where the truth is not shown; -1 unknown
    trust: float  # 0 to 1
    price: float  # euros
    scandals: int
    hidden: int  # kinds of wrong that are hidden, -1 where that is not shown


class Office(msgspec.Struct, frozen=True):
    """The shown firm's own affairs."""

    cash: int  # thousands
    income: int
    wages: int
    users: int
    stated: int  # -1 not stated
    esteem: float  # 1 = taken for what it is
    quality: float
    debt: float  # safety debt, points
    risky: bool
    heads: tuple[int, ...]
    morale: float
    patience: float
    kept: float
    title: str  # of the letter on the desk; empty for none
    letter: str
    hidden: tuple[str, ...]  # what is hidden, empty where that is not shown


class FounderScene(msgspec.Struct, frozen=True):
    """A moment of the trade, from the shown firm's office."""

    month: int
    phase: int
    trade: float  # trust in it, 0 to 1
    houses: tuple[House, ...]
    office: Office


def scene_of(game: Any, batch: Any, row: int, seat: int, truth: bool) -> FounderScene:
    """The moment as it is (`truth`), or as the seat knows it."""
    see = game.view(batch.codes[row, seat])
    s = batch.state if truth else None
    kinds = None if s is None else s.hidden[row].reshape(game.num_agents, -1) > 0

    def house(b: int) -> House:
        users = int(see.users) if b == seat else int(see.shown[b])
        return House(
            name=at.FIRMS[b],
            running=bool(see.status[b]),
            users=users if s is None else int(s.users[row, b]),
            trust=int(see.trust[b]) / at.ONE,
            price=int(see.price[b]) / 4,
            scandals=int(see.scandals[b]),
            hidden=-1 if kinds is None else int(kinds[b].sum()),
        )

    name = NAMES[see.letter] if see.letter >= 0 else ""
    secret = () if kinds is None else tuple(
        HIDDEN_NAMES[k].replace("_", " ") for k in kinds[seat].nonzero()[0].tolist()
    )  # fmt: skip
    office = Office(
        cash=int(see.cash), income=int(see.revenue), wages=int(see.wages), users=int(see.users),
        stated=int(see.shown[seat]), esteem=int(see.esteem) / at.TRUTH, quality=int(see.quality) / at.UNIT,
        debt=int(see.debt) / at.UNIT, risky=int(see.debt) > at.RISKY, heads=tuple(int(n) for n in see.heads),
        morale=int(see.morale) / at.ONE, patience=int(see.patience) / at.ONE, kept=int(see.kept) / at.ONE,
        title=name.replace("_", " "),
        letter=letter(see),
        hidden=secret,
    )  # fmt: skip
    phase = int(see.phase.argmax())
    houses = tuple(house(b) for b in range(game.num_agents))
    return FounderScene(int(see.month), phase, int(see.trade) / at.ONE, houses, office)
