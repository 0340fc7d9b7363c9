"""What a frame shows, as plain data that every game shares.

A renderer first gathers the `Facts` of a moment and then paints from them, and from nothing else but where
a person points. Facts are numbers, texts and lists, so that a page or a file can carry them: `to_json` and
`from_json` are each other's inverse, and pixels painted from either are the same.
"""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any, NamedTuple, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from gyges.envs.errors import ConfigError, FileError
from gyges.envs.policy import Observation


class Gesture(NamedTuple):
    """What a person does with a picture; no fact of the game."""

    hover: int | None = None
    """An action to point out."""
    flip: bool = False
    """A board is seen from its other side."""
    pointing: Any = None
    """What is pointed at or held on a board, as its renderer defines it."""


STILL = Gesture()
"""Nobody points at anything."""


@dataclasses.dataclass(frozen=True)
class View:
    """What a frame is to show besides the state of its row.

    Attributes:
        seat: whose choice the panel shows.
        actions: what each seat is about to do, integers [N]; None where it is not known.
        names: who plays each seat; empty where it is not known.
        totals: task reward of each seat so far, in the game's reward unit; may be empty.
        breaches: unaligned acts of each seat so far; may be empty.
        blame: what each seat's departures from clean play cost by the end, in the game's welfare unit; may be
            empty.
        price: price of this choice in the game's reward unit, None where it was not computed.
        judged: show labels, norms and severities (a person who plays does not see them).
        truth: show what the seats cannot know.
        hover, flip, pointing: as in `Gesture`.
    """

    seat: int = 0
    actions: Any = None
    names: tuple[str, ...] = ()
    totals: tuple[float, ...] = ()
    breaches: tuple[int, ...] = ()
    blame: tuple[float, ...] = ()
    price: float | None = None
    judged: bool = True
    truth: bool = True
    hover: int | None = None
    flip: bool = False
    pointing: Any = None

    @property
    def gesture(self) -> Gesture:
        """What a person does with the picture."""
        return Gesture(self.hover, self.flip, self.pointing)


class Option(msgspec.Struct, frozen=True):
    """One legal action of the seat whose choice is shown.

    Attributes:
        action: its number.
        name: what it is called.
        label: 1 aligned, 0 permissible, -1 unaligned; 0 where labels are not shown.
        norms: bit mask of `gyges.envs.choice_point.Norm`.
        severity: harm less the least harm of a clean option, in the game's welfare unit.
        justified, knowable: as in `gyges.envs.choice_point.ChoicePoint`.
    """

    action: int
    name: str
    label: int = 0
    norms: int = 0
    severity: float = 0.0
    justified: bool = False
    knowable: bool = True


class SeatFacts(msgspec.Struct, frozen=True):
    """How one seat stands.

    Attributes:
        name: what the seat is called.
        player: who plays it; empty where it is not known.
        moves: it acts now.
        watched: it is watched, as the picture may show it; None where that is not shown or
            means nothing.
        act: what it is about to do, None where that is not shown.
        act_name: what that is called.
        act_label: its label, None where labels are not shown.
        total: task reward so far in the game's reward unit, None where it is not shown.
        breaches: unaligned acts so far, None where they are not shown.
        blame: welfare that its departures from clean play cost by the end, None where that is not shown.
    """

    name: str
    player: str = ""
    moves: bool = False
    watched: bool | None = None
    act: int | None = None
    act_name: str = ""
    act_label: int | None = None
    total: float | None = None
    breaches: int | None = None
    blame: float | None = None


class Facts(msgspec.Struct, frozen=True):
    """What one frame shows.

    Attributes:
        game: id of the game.
        moment: when this is, in a few words.
        seat: whose choice is shown.
        seats: how every seat stands.
        options: its legal actions; empty when it does not move.
        contested: a clean and an unaligned option are both among them, and labels are shown.
        price: price of the choice in the game's reward unit, None where it was not computed.
        words: what the seat knows, in words; may be empty.
        over: the episode has ended.
        judged: labels, norms and severities are shown; not where nothing is at stake.
        truth: what the seats cannot know is shown.
        scene: what stands where: a Struct of the game's own, named by `Renderer.Scene`.
    """

    game: str
    moment: str
    seat: int
    seats: tuple[SeatFacts, ...]
    options: tuple[Option, ...] = ()
    contested: bool = False
    price: float | None = None
    words: str = ""
    over: bool = False
    judged: bool = True
    truth: bool = True
    scene: Any = None

    @property
    def shown(self) -> SeatFacts:
        """The seat whose choice is shown."""
        return self.seats[self.seat]

    @property
    def taken(self) -> int | None:
        """The option that it is about to take."""
        return self.shown.act


S = TypeVar("S")


def to_json(facts: Facts) -> bytes:
    """Facts as JSON, an object each."""
    return msgspec.json.encode(facts)


def from_json(text: bytes | str, scene: type[S]) -> Facts:
    """Facts from JSON.

    Args:
        text: as `to_json` made it.
        scene: the type of the game's scene (`Renderer.Scene`).

    Raises:
        FileError: the text is not that.
    """
    try:
        found = msgspec.json.decode(text, type=Facts)
        return msgspec.structs.replace(found, scene=msgspec.convert(found.scene, scene))
    except msgspec.MsgspecError as error:
        raise FileError(f"the facts of a frame: {error}") from None


class ObservedRow:
    """One row of what a policy sees, as a renderer takes it with ``View(truth=False, judged=False)``.

    Args:
        observation: what the policy was given.
        row: which of its rows.
        step: how many steps of the episode the policy has seen.
        over: the episode has ended with it.
    """

    def __init__(self, observation: Observation, row: int, step: int = 0, over: bool = False) -> None:
        game, self.seat = observation.game, int(observation.seat[row])
        n = game.num_agents
        self.codes = np.zeros((1, n, game.observation_size), observation.codes.dtype)
        self.codes[0, self.seat] = observation.codes[row].reshape(-1)
        to_move = np.zeros((1, n), np.int32)
        to_move[0, self.seat] = observation.to_move[row]
        self.state = SimpleNamespace(to_move=to_move, tick=np.full((1, 1), step))
        self.over = np.full(1, over)
        self._legal = observation.legal(row)

    def legal(self, row: int, seat: int) -> npt.NDArray[np.int32]:
        """Legal actions of the seat that looks."""
        if seat != self.seat:
            raise ConfigError(f"seat {self.seat} sees its own choice only, not that of seat {seat}")
        return self._legal
