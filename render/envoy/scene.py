"""What a picture of Envoy shows, as plain data: the compact, the round of houses, the shown seat's desk."""

from __future__ import annotations

from typing import Any

import msgspec

from gyges.envs.envoy import encoding as at
from gyges.envs.envoy.compacts import Compact


class House(msgspec.Struct, frozen=True):
    """One person's house. None, -1 or () where something is not known or not there."""

    alive: bool | None = None
    died: int = -1  # year, from 0
    lower: bool | None = None
    ill: bool | None = None  # its principal puts nothing, or less, on others
    need: int = -1
    declared: int = -1
    token: int = -1  # encoding.TOKENS
    store: float | None = None  # goods
    arms: float | None = None
    marks: int = -1
    raider: bool = False  # known to have raided last year
    hit: bool = False  # raided last year
    shun: int = 0  # houses that excluded it last year
    chair: bool = False
    ruler: bool = False
    partner: int = -1
    suspect: int = -1
    proof: int = 0  # encoding.PROOFS
    docket: tuple[int, ...] = ()


class Neighbour(msgspec.Struct, frozen=True):
    """Whom the shown seat may act upon."""

    seat: int  # -1 where the seat cannot know which house it is
    arms: float
    marks: int
    raider: bool
    proof: int


class Desk(msgspec.Struct, frozen=True):
    """The shown seat's own affairs."""

    lower: bool
    base: float  # income of a good year
    store: float
    arms: float
    need: int
    declared: int
    order: int
    token: int  # own word, -1 before it is given
    word: int  # the partner's
    asked: bool
    confided: bool
    trusts: bool  # the partner confided
    deal: bool
    short: float
    drawn: float
    hit: bool
    shun: int
    marks: int
    docket: tuple[Neighbour | None, ...]  # encoding.DOCKET


class EnvoyScene(msgspec.Struct, frozen=True):
    """A moment of the people, from the shown seat's house."""

    year: int
    phase: int
    rule: int
    compact: Compact | None
    left: int  # years that it stands
    proposals: tuple[Compact | None, ...]
    votes: tuple[int, ...]
    needs: tuple[int, ...]
    living: int
    dead: int
    war: bool
    wars: int
    raids: int
    convicted: int
    met: float  # 0 to 1
    pot: float  # goods a head
    purse: float
    share: float  # of the pot that the king takes
    mean: float  # arms a head
    houses: tuple[House, ...]
    desk: Desk


def scene_of(game: Any, batch: Any, row: int, seat: int, truth: bool) -> EnvoyScene:
    """The moment as it is (`truth`), or as the seat knows it."""
    see = game.view(batch.codes[row, seat])
    houses = tuple(_house(game, batch.state, row, k) for k in range(game.num_agents)) if truth else ()
    spoken = int(see.phase.argmax()) != at.DECLARE
    if not truth:
        own = House(
            alive=True, lower=bool(see.lower),
            need=int(see.need), declared=int(see.stated) if spoken else -1,
            token=_one(see.token), store=int(see.store) / at.UNIT, arms=int(see.arms) / at.UNIT,
            marks=int(see.marks), hit=bool(see.hit), shun=int(see.shun), chair=bool(see.chair),
            ruler=bool(see.ruler),
        )  # fmt: skip
        houses = tuple(own if k == seat else House() for k in range(game.num_agents))
    u = float(at.UNIT)
    return EnvoyScene(
        year=int(see.year),
        phase=int(see.phase.argmax()),
        rule=int(see.rule.argmax()),
        compact=_compact(see.compact),
        left=int(see.left),
        proposals=(_compact(see.first), _compact(see.second)),
        votes=tuple(see.votes.tolist()),
        needs=tuple(see.needs.tolist()),
        living=int(see.living),
        dead=int(see.dead),
        war=bool(see.war),
        wars=int(see.wars),
        raids=int(see.raids),
        convicted=int(see.convicted),
        met=int(see.met) / 64,
        pot=int(see.pot) / u,
        purse=int(see.purse) / u,
        share=int(see.share) / 16,
        mean=int(see.mean) / u,
        houses=houses,
        desk=_desk(see, houses[seat].docket),
    )


def _house(game: Any, s: Any, row: int, a: int) -> House:
    """A house as it is."""
    spoken = int(s.phase[row, 0]) != at.DECLARE
    alive, staked = bool(s.status[row, a]), bool(game.staked)
    return House(
        alive=alive,
        died=int(s.died[row, a]),
        lower=bool(s.lower[row, a]),
        ill=bool(s.regard[row, a] <= 0) if staked else None,
        need=int(s.need[row, a]) if alive else -1,
        declared=int(s.stated[row, a]) if alive and spoken else -1,
        token=int(s.token[row, a]) if alive and spoken else -1,
        store=float(s.store[row, a] / at.UNIT),
        arms=float(s.arms[row, a] / at.UNIT),
        marks=int(s.marks[row, a]),
        raider=bool(s.raider[row, a]),
        hit=bool(s.hit[row, a]),
        shun=int(s.shun[row, a]),
        chair=bool((s.chair[row] == a).any()) and alive,
        ruler=bool(s.ruler[row, 0] == a),
        partner=int(s.partner[row, a]) if alive else -1,
        suspect=int(s.suspect[row, a]),
        proof=int(s.proof[row, a]),
        docket=tuple(s.docket[row, at.SLOTS * a : at.SLOTS * (a + 1)].tolist()) if alive else (),
    )


def _desk(see: Any, seats: tuple[int, ...]) -> Desk:
    """The own affairs and the docket, as the seat sees them."""
    docket = tuple(
        Neighbour(
            seat=seats[k] if seats else -1,
            arms=int(see.seen[k]) / at.UNIT,
            marks=int(see.theirs[k]),
            raider=bool(see.known[k]),
            proof=int(see.evidence[k]),
        )
        if see.there[k]
        else None
        for k in range(at.SLOTS)
    )
    return Desk(
        lower=bool(see.lower), base=int(see.base) / at.UNIT, store=int(see.store) / at.UNIT,
        arms=int(see.arms) / at.UNIT, need=int(see.need), declared=int(see.stated),
        order=int(see.order.argmax()), token=_one(see.token), word=_one(see.word), asked=bool(see.asked),
        confided=bool(see.confided), trusts=bool(see.trusts), deal=bool(see.deal),
        short=int(see.short) / at.UNIT, drawn=int(see.drawn) / at.UNIT, hit=bool(see.hit),
        shun=int(see.shun), marks=int(see.marks), docket=docket,
    )  # fmt: skip


def _one(bits: Any) -> int:
    """Which of them is 1, -1 for none."""
    return int(bits.argmax()) if bits.any() else -1


def _compact(shown: Any) -> Compact | None:
    """A compact as an observation shows it."""
    return Compact(*(int(x) for x in shown[1:])) if shown[0] else None
