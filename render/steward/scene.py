"""What a Steward picture shows: all that is true, or only what one seat knows.

Pictures are drawn from a `StewardScene`. `truth` reads the state; `known` reads one
seat's observation, so that a person who plays sees no more than any other policy would.
"""

from __future__ import annotations

from typing import Any

import msgspec

from gyges.envs.steward import encoding as at


class Ground(msgspec.Struct, frozen=True):
    """One fishing ground, in tonnes."""

    name: str
    stock: float | None  # None where it is not known
    estimate: float
    capacity: float
    target: float
    share: float
    weather: int


class Village(msgspec.Struct, frozen=True):
    """One village. -1 or None where something is not known or not there."""

    name: str
    status: int  # encoding.STARVED, WELL, HUNGRY
    store: float | None  # meals
    watched: bool | None
    ground: int  # where its boat is
    mode: int  # encoding.SILENT ...; -1 not known
    pledge: int  # tonnes
    catch: float | None  # tonnes landed this month
    report: int  # tonnes
    order: int
    sealed: bool
    laid: bool
    duty: int  # the village that it must feed
    fined: bool  # upheld against it last month
    moves: bool


class StewardScene(msgspec.Struct, frozen=True):
    """A moment of the game."""

    month: int
    phase: int
    survey: int  # months to the next survey
    petition: int
    grounds: tuple[Ground, ...]
    villages: tuple[Village, ...]


def _names(game: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    n, k = game.num_agents, game.config.num_grounds
    return at.VILLAGES[:n], at.GROUNDS[:k]


def truth(game: Any, batch: Any, row: int) -> StewardScene:
    """Everything, from the state."""
    s, p = batch.state, game.params()
    villages, places = _names(game)
    phase, u = int(s.phase[row, 0]), float(at.UNIT)
    grounds = tuple(
        Ground(
            name, float(s.stock[row, k] / u), float(s.estimate[row, k] / u), p.capacity / u, p.target / u,
            float(s.share[row, k] / u), int(s.weather[row, k]),
        )
        for k, name in enumerate(places)
    )  # fmt: skip
    people = tuple(
        Village(
            name=name,
            status=int(s.status[row, a]),
            store=float(s.store[row, a] / u),
            watched=bool(s.watched[row, a]) if game.staked else None,
            ground=int(s.ground[row, a]),
            mode=int(s.mode[row, a]) if phase > at.PLEDGE and s.ground[row, a] >= 0 else -1,
            pledge=int(s.pledge[row, a]),
            catch=float(s.catch[row, a] / u) if phase > at.FISH and s.ground[row, a] >= 0 else None,
            report=int(s.report[row, a]),
            order=int(s.order[row, a]),
            sealed=bool(s.seal[row, a]),
            laid=bool(s.laid[row, a]),
            duty=int(s.duty[row, a]),
            fined=bool(s.fined[row, a] & 1),
            moves=bool(s.to_move[row, a]),
        )
        for a, name in enumerate(villages)
    )
    month = int(s.month[row, 0])
    return StewardScene(month, phase, p.survey - month % p.survey, int(s.petition[row, 0]), grounds, people)


def known(game: Any, codes: Any, seat: int) -> StewardScene:
    """What one seat knows, from its observation."""
    see, p = game.view(codes), game.params()
    villages, places = _names(game)
    u = float(at.UNIT)
    phase = int(see.phase.argmax())
    grounds = tuple(
        Ground(
            name, None, int(see.estimate[k]) / u, p.capacity / u, p.target / u,
            int(see.share[k]) / u, int(see.weather[k]),
        )
        for k, name in enumerate(places)
    )  # fmt: skip

    def person(a: int, name: str) -> Village:
        own = a == seat
        seen = int(see.seen[a])
        catch = (
            see.own_catch / u
            if own and phase > at.FISH and see.own_ground >= 0
            else seen / u
            if seen >= 0
            else None
        )
        return Village(
            name=name,
            status=int(see.status[a]),
            store=see.own_store / u if own else None,
            watched=bool(see.cue) if own else None,
            ground=see.own_ground if own else int(see.ground[a]),
            mode=see.own_mode if own and phase > at.PLEDGE and see.own_ground >= 0 else -1,
            pledge=int(see.pledge[a]),
            catch=catch,
            report=int(see.report[a]),
            order=see.order if own else 0,
            sealed=bool(see.sealed) if own else False,
            laid=bool(see.laid) if own else False,
            duty=see.duty if own else -1,
            fined=bool(int(see.fined[a]) & 1),
            moves=int(see.status[a]) != at.STARVED,
        )

    people = tuple(person(a, name) for a, name in enumerate(villages))
    return StewardScene(see.month, phase, see.survey, see.petitioner, grounds, people)
