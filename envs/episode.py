"""Episode files: what was played, and nothing that can be computed again from it.

An episode is one row played from its reset: the game and its settings, the seed, who sat where, and
every action. Observations, rewards, labels and prices follow from these by `Episode.replay`, which
checks the rules and the states on the way. A file proves that its numbers follow from its actions,
not who chose the actions.

The file is one JSON object (``*.episode.json``). Loading is strict: a missing, unknown, mistyped or
oversized part raises `FileError` and says what was expected.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import os
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Meta

from gyges.envs import atomic, registry
from gyges.envs._json import Count, LongText, Settings, Strings, Text, convert, parse
from gyges.envs.errors import ActionError, FileError, GygesError

if TYPE_CHECKING:
    from gyges.envs.batch import Batch
    from gyges.envs.game import Game
    from gyges.envs.rollout import Seating

FORMAT = 1
SUFFIX = ".episode.json"
MAX_BYTES = 32 << 20
"""Largest episode file that is read, 32 MiB."""
MAX_STEPS = 1_000_000
MAX_TEXT = 65_536
"""Longest text of one act, in characters."""
HASH_EVERY = 16
Digest = Annotated[str, Meta(max_length=64)]
_Actions = Annotated[list[list[Annotated[int, Meta(ge=-(1 << 31), lt=1 << 31)]]], Meta(max_length=MAX_STEPS)]


class Seat(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who sat in one seat."""

    name: Text
    focal: bool  # the policy under test, not part of the background
    source: LongText  # how the policy was named when it was loaded: persona, module:Class, file
    hash: Text  # SHA-256 of its source, empty where it has none (a person)


class Word(NamedTuple):
    """Free text that a seat said beside an act."""

    step: Count
    seat: Count
    text: Annotated[str, Meta(max_length=MAX_TEXT)]
    origin: Annotated[str, Meta(max_length=MAX_TEXT)] = ""
    """Where it is from besides the seat's source, as in ``request 3f9a0c…``; mostly empty."""


class Answer(NamedTuple):
    """What came of the question to a language model that stands behind an act."""

    step: Count
    seat: Count
    outcome: Digest  # ok, repaired, illegal, refusal, truncated, infrastructure
    request: Digest  # first digits of the request's SHA-256, empty where there was none


class Forfeit(NamedTuple):
    """A seat whose policy failed; from this step on it took the first legal action."""

    step: Count
    seat: Count
    reason: LongText


class StateHash(NamedTuple):
    """Hash of the row's state before a step; the last one stands after the last act."""

    step: Count
    hash: Digest


@dataclasses.dataclass(frozen=True, eq=False)
class Episode:
    """One played row.

    Attributes:
        scenario: id of the scenario, or empty where it was played outside one.
        game: versioned id, as in ``steward-v1``.
        settings: the game's settings, plain data.
        versions: package versions at the time, by name.
        rules: SHA-256 of the rule sources (`gyges.envs.batch.rules_hash`).
        seed, row: the environment (seed, row).
        seats: who sat where, N of them.
        actions: int32 [T, N].
        words: what was said beside the acts, in order of step.
        forfeits: seats whose policies failed.
        answers: what came of each question to a language model, in order of step.
        hashes: state hashes, ascending; the last is of the state after the last act.
        commitment: SHA-256 (hex) of the nonce that the seed derives from; empty where there is none.
        nonce: the nonce (hex) once revealed, else empty.

    Raises:
        FileError: parts that do not fit each other.
    """

    scenario: Text
    game: Text
    settings: Settings
    versions: Strings
    rules: Text
    seed: int
    row: Annotated[int, Meta(ge=0, lt=1 << 32)]
    seats: Annotated[tuple[Seat, ...], Meta(min_length=1, max_length=4096)]
    actions: npt.NDArray[np.int32]
    words: Annotated[tuple[Word, ...], Meta(max_length=MAX_STEPS)] = ()
    forfeits: Annotated[tuple[Forfeit, ...], Meta(max_length=4096)] = ()
    hashes: Annotated[tuple[StateHash, ...], Meta(max_length=MAX_STEPS + 1)] = ()
    commitment: Text = ""
    nonce: Text = ""
    answers: Annotated[tuple[Answer, ...], Meta(max_length=MAX_STEPS * 16)] = ()

    def __post_init__(self) -> None:
        if not -(1 << 63) <= self.seed < 1 << 64:
            raise FileError(f"seed: expected an integer of 64 bits, got {self.seed}")
        if self.actions.ndim != 2 or self.actions.dtype != np.int32:
            raise FileError(f"actions are int32 [T, N], not {self.actions.dtype} {self.actions.shape}")
        if self.actions.shape[1] != len(self.seats):
            raise FileError(f"actions have {self.actions.shape[1]} seats, seats lists {len(self.seats)}")
        beside: tuple[Word | Forfeit | Answer, ...] = (*self.words, *self.forfeits, *self.answers)
        for one in beside:
            if not (0 <= one.step < max(self.steps, 1) and 0 <= one.seat < len(self.seats)):
                what = f"a word, forfeit or answer at step {one.step}, seat {one.seat}"
                raise FileError(f"{what} lies outside the episode")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Episode) and self.to_json() == other.to_json()

    def __hash__(self) -> int:
        return hash((self.scenario, self.seed, self.row))

    @property
    def steps(self) -> int:
        """Number of steps T."""
        return int(self.actions.shape[0])

    @property
    def focal(self) -> npt.NDArray[np.bool_]:
        """Which seats took the policy under test, bool [N]."""
        return np.array([seat.focal for seat in self.seats], np.bool_)

    # Text.

    def to_json(self) -> str:
        """The file's text."""
        data = {"format": FORMAT, **{f.name: getattr(self, f.name) for f in dataclasses.fields(self)}}
        data["actions"] = self.actions.tolist()
        data["seats"] = [msgspec.structs.asdict(seat) for seat in self.seats]
        data["words"] = [word if word.origin else word[:3] for word in self.words]
        if not self.answers:
            del data["answers"]
        return json.dumps(data, separators=(",", ":"), ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, text: str | bytes, where: str = "episode") -> Episode:
        """Read the file's text.

        Raises:
            FileError: what was expected, what came, and where.
        """
        if len(text) > MAX_BYTES:
            raise FileError(f"{where}: {len(text)} bytes; an episode has at most {MAX_BYTES}")
        data = parse(text, where)
        names = {"format", *(field.name for field in dataclasses.fields(cls))}
        for name in names - {"answers", *data}:
            raise FileError(f"{where}: {name} is missing")
        for name in data.keys() - names:
            raise FileError(f"{where}: unknown part {name[:60]!r}")
        if data["format"] != FORMAT:
            found = repr(data["format"])[:60]
            raise FileError(f"{where}: episode format {found}; this version reads format {FORMAT}")
        seats = len(data["seats"]) if isinstance(data["seats"], list) else 0

        def actions(kind: type, rows: Any) -> npt.NDArray[np.int32]:
            return np.array(convert(rows, _Actions, where), np.int32).reshape(len(rows), seats)

        episode: Episode = convert(data, cls, where, actions)
        return episode

    # Files.

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the file whole or not at all, and return its path.

        Raises:
            FileError: the text is larger than any reader would accept, or the file cannot be written.
        """
        target = Path(path)
        text = self.to_json().encode()
        if len(text) > MAX_BYTES:
            raise FileError(f"{target}: {len(text)} bytes; an episode has at most {MAX_BYTES}")
        return atomic.write_bytes(target, text)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Episode:
        """Read a file.

        Raises:
            FileError: it cannot be read, is too large, or is not an episode.
        """
        return cls.from_json(atomic.read_bytes(path, MAX_BYTES), str(path))

    # Playing it again.

    def make_game(self) -> Game:
        """The game with the episode's settings.

        Raises:
            FileError: this installation has no such game, or it refuses the settings.
        """
        try:
            game = registry.make(self.game, **self.settings)
        except GygesError as error:
            raise FileError(f"episode of {self.game}: {error}") from None
        if game.num_agents != len(self.seats):
            raise FileError(f"episode of {self.game}: {game.num_agents} agents, but {len(self.seats)} seats")
        return game

    def replay(self, *, verify: bool = True) -> Iterator[tuple[Batch, int, npt.NDArray[np.int32] | None]]:
        """Play it again, step by step, on a batch of one row with ``labels="full"``.

        Yields (batch, t, actions [1, N]) before each act, so that choice points can be asked, and
        (batch, T, None) after the last.

        Args:
            verify: refuse where rules or states are not those that the file records.

        Raises:
            FileError: other rules, another state, an illegal action, or acts after the end.
        """
        from gyges.envs.batch import Batch, rules_hash

        game = self.make_game()
        if verify and rules_hash(game) != self.rules:
            raise FileError(
                f"episode of {self.game}: recorded under rules {self.rules[:12]}, "
                f"these are {rules_hash(game)[:12]}; replay it with versions {self.versions}"
            )
        try:
            batch = Batch(game, 1, seed=self.seed, first_row=self.row, labels="full")
        except (ValueError, TypeError, OverflowError) as error:  # settings of the wrong kind
            raise FileError(f"episode of {self.game}: it cannot be set up: {error}"[:300]) from None
        expected = {h.step: h.hash for h in self.hashes} if verify else {}
        for t in range(self.steps):
            self._compare(batch, t, expected)
            if batch.over[0]:
                raise FileError(f"episode of {self.game}: over after {t} steps, but lists {self.steps}")
            actions = self.actions[t : t + 1].copy()
            yield batch, t, actions
            try:
                batch.step(actions)
            except ActionError as error:
                raise FileError(f"episode of {self.game}, step {t}: {error}") from None
        self._compare(batch, self.steps, expected)
        yield batch, self.steps, None

    def _compare(self, batch: Batch, t: int, expected: dict[int, str]) -> None:
        if t in expected and batch.state_hash(0) != expected[t]:
            raise FileError(f"episode of {self.game}: the state before step {t} is not the recorded one")


class Tape:
    """An observer that records the rows of a batch from their reset, to make episodes of them.

    Args:
        batch: at the start of its episodes.
        seating: who decides; what is said beside its acts is recorded with them.
        every: steps between two state hashes.
    """

    def __init__(self, batch: Batch, seating: Seating | None = None, *, every: int = HASH_EVERY) -> None:
        self.batch, self.seating = batch, seating
        self.every = every
        self.actions: list[npt.NDArray[np.int32]] = []
        self.length = np.zeros(batch.rows, np.int64)
        self.hashes: list[list[StateHash]] = [[] for _ in range(batch.rows)]
        self.words: list[list[Word]] = [[] for _ in range(batch.rows)]
        self.answers: list[list[Answer]] = [[] for _ in range(batch.rows)]

    def before(self, batch: Batch, actions: npt.NDArray[np.int32]) -> None:
        """Note what is about to be done, and what was said beside it."""
        if self.seating is not None:
            self._listen(self.seating)
        t = len(self.actions)
        running = ~self.batch.over
        if t % self.every == 0:
            for row in np.flatnonzero(running):
                self.hashes[row].append(StateHash(t, self.batch.state_hash(int(row))))
        self.length += running
        self.actions.append(np.array(actions, np.int32))

    def after(self, batch: Batch, actions: npt.NDArray[np.int32]) -> None:
        """Nothing: what came of it is computed again."""

    def _listen(self, seating: Seating) -> None:
        """Note what was said beside the acts that `seating` has just decided."""
        step, running = len(self.actions), ~self.batch.over
        for group in seating.groups:
            extras = group.decision.extras if group.decision is not None else {}
            words = extras.get("words") or [None] * len(group.rows)
            answers = extras.get("answers") or [None] * len(group.rows)
            pairs = zip(group.rows.tolist(), group.seats.tolist(), words, answers, strict=True)
            for row, seat, word, answer in pairs:
                if not running[row]:
                    continue
                origin = ""
                if answer is not None:
                    found = Answer(step, seat, str(answer[0])[:32], str(answer[1])[:12])
                    self.answers[row].append(found)
                    origin = f"request {found.request}" if found.request else ""
                if word:
                    self.words[row].append(Word(step, seat, str(word), origin))

    def episode(self, row: int, **parts: Any) -> Episode:
        """The episode of one row. ``parts``: scenario, seats, rules, forfeits, commitment, nonce."""
        batch = self.batch
        length = int(self.length[row])
        stacked = np.stack([a[row] for a in self.actions[:length]]) if length else self._none()
        return Episode(
            game=batch.game.id,
            settings=batch.game.settings,
            versions=versions(),
            seed=batch.seed,
            row=int(np.uint32(batch.state.origin[row, 2])),
            actions=stacked,
            words=tuple(self.words[row]),
            answers=tuple(self.answers[row]),
            hashes=(*self.hashes[row], StateHash(length, batch.state_hash(row))),
            **parts,
        )

    def _none(self) -> npt.NDArray[np.int32]:
        return np.zeros((0, self.batch.game.num_agents), np.int32)


def versions() -> dict[str, str]:
    """Versions of this package and of NumPy."""
    return {"gyges": _own_version(), "numpy": np.__version__}


@functools.cache
def _own_version() -> str:
    try:
        return version("gyges")
    except PackageNotFoundError:
        return "unknown"
