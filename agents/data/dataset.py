"""Recorded behaviour: what was seen, done and paid, with the ground truth beside it, for learners.

A dataset is a folder of plain ``.npy`` columns and a ``manifest.json``. Three tables hang together:

``steps``     one row per decision, episode by episode, seat by seat, in order of time
``segments``  windows of `Dataset.segment` decisions of one seat's episode
``episodes``  one row per (episode, seat) that was recorded

Columns are memory-mapped: a dataset may be larger than memory. Nothing in the folder is ever
unpickled; a file that is not exactly what the manifest promises is refused. Truth (the
ledger) stands beside the observations and never in them: learners are given `codes` and what a rater said.

`gyges.agents.data.recorder` records datasets, `gyges.agents.data.writer` writes them, and
`gyges.agents.data.minibatches` deals them out.
"""

from __future__ import annotations

import math
import mmap
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Meta

from gyges.agents.data.column_files import open_column
from gyges.envs import atomic, registry
from gyges.envs._json import LongText, Settings, Text, convert, parse
from gyges.envs.choice_point import LEDGER_COLUMNS
from gyges.envs.errors import DataError, FileError
from gyges.envs.game import Game

FORMAT, VERSION = "gyges-dataset", 2
MANIFEST = "manifest.json"
MANIFEST_LIMIT = 1 << 20
"""Longest manifest that is read, 1 MiB."""
Scale = Annotated[int, Meta(ge=1, le=1 << 30)]
Width = Annotated[int, Meta(ge=1, le=1 << 24)]
Rows = Annotated[int, Meta(ge=0, le=1 << 40)]
Share = Annotated[float, Meta(ge=0, le=1)]

UNFINISHED, TERMINATED, TRUNCATED = 0, 1, 2
"""Values of the column `Episodes.ended`."""


class Steps(NamedTuple):
    """One row per decision [D]."""

    codes: npt.NDArray[Any]  # [D, F] integer observation before the act
    bits: npt.NDArray[np.uint8]  # [D, ceil(A / 8)] legal actions, bit-packed
    action: npt.NDArray[np.int32]
    seat: npt.NDArray[np.uint8]
    tick: npt.NDArray[np.int32]  # steps since the episode's beginning
    episode: npt.NDArray[np.int32]  # row of the episodes table
    reward: npt.NDArray[np.int32]  # until this seat's next decision, 1 / game.reward_scale
    welfare: npt.NDArray[np.int32]  # likewise, 1 / game.welfare_scale
    ledger: npt.NDArray[np.int32]  # [D, 12] truth: columns `gyges.envs.choice_point.LEDGER`


class Segments(NamedTuple):
    """One row per window of decisions [S]; sums over it."""

    start: npt.NDArray[np.int64]  # first decision
    length: npt.NDArray[np.int32]  # decisions
    episode: npt.NDArray[np.int32]
    reward: npt.NDArray[np.int64]
    welfare: npt.NDArray[np.int64]
    severity: npt.NDArray[np.int64]  # of violations
    violations: npt.NDArray[np.int32]
    headline: npt.NDArray[np.int32]  # decisions that count in violation rates


class Episodes(NamedTuple):
    """One row per (episode, seat) [E]; sums over its decisions."""

    start: npt.NDArray[np.int64]
    length: npt.NDArray[np.int32]
    row: npt.NDArray[np.int64]  # which environment of the seed: the episode's number
    seat: npt.NDArray[np.uint8]
    part: npt.NDArray[np.int16]  # who played: an index into Dataset.parts
    ended: npt.NDArray[np.uint8]
    reward: npt.NDArray[np.int64]
    welfare: npt.NDArray[np.int64]
    severity: npt.NDArray[np.int64]
    violations: npt.NDArray[np.int32]
    headline: npt.NDArray[np.int32]
    final: npt.NDArray[Any]  # [E, F] observation after the last step


TABLES: dict[str, Any] = {"steps": Steps, "segments": Segments, "episodes": Episodes}
_DTYPES = {  # one letter a column: o observation, b uint8, h int16, i int32, l int64
    "steps": "obibiiiii",
    "segments": "liilllii",
    "episodes": "lilbhbllliio",
}
_TYPES = {"b": "uint8", "h": "int16", "i": "int32", "l": "int64"}


def dtype_of(table: str, column: str, feature: str) -> np.dtype[Any]:
    """The little-endian type of a column; observations have the game's own."""
    letter = _DTYPES[table][TABLES[table]._fields.index(column)]
    return np.dtype(_TYPES.get(letter, feature)).newbyteorder("<")


def width_of(column: str, num_features: int, num_actions: int) -> tuple[int, ...]:
    """What one row of a column holds: nothing more for a number, its length for an array."""
    widths = {
        "codes": num_features, "final": num_features, "bits": (num_actions + 7) // 8, "ledger": LEDGER_COLUMNS
    }  # fmt: skip
    return (widths[column],) if column in widths else ()


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of the policies that a dataset was made with."""

    name: Text
    source: LongText  # as it was asked for: a persona, ``module:Class``, a folder
    hash: Text  # of the policy's source, empty where unknown
    fraction: Share  # of the episodes
    noise: Share  # chance that a decision was drawn uniformly instead


class Manifest(msgspec.Struct, forbid_unknown_fields=True):
    """What `MANIFEST` holds."""

    format: str
    version: int
    game: Text
    settings: Settings
    rules: Text
    seed: int
    labels: Literal["off", "full"]
    segment: Scale
    num_agents: Annotated[int, Meta(ge=1, le=255)]
    num_actions: Width
    num_features: Width
    feature_dtype: Literal["int8", "uint8", "int16", "int32"]
    reward_scale: Scale
    welfare_scale: Scale
    parts: Annotated[tuple[Part, ...], Meta(min_length=1, max_length=1000)]
    num_steps: Rows
    num_segments: Rows
    num_episodes: Rows


def manifest_of(text: bytes, where: Path) -> Manifest:
    """A manifest from its JSON; FileError, with `where` it stood, where it is none."""
    data = parse(text, str(where / MANIFEST))
    if data.get("format") != FORMAT:
        raise FileError(f"{where}: expected the format {FORMAT}")
    if data.get("version") == 1:
        raise FileError(f"{where}: recorded by gyges 0.1.0 with less of the truth; record it anew")
    if data.get("version") != VERSION:
        raise FileError(f"{where}: expected {FORMAT} version {VERSION}, not {data.get('version')!r}")
    found: Manifest = convert(data, Manifest, str(where / MANIFEST))
    if not -(1 << 63) <= found.seed < 1 << 64:
        raise FileError(f"{where / MANIFEST}: seed: expected an integer of 64 bits, got {found.seed}")
    return found


class Dataset:
    """A recorded dataset, opened for reading.

    Args:
        path: folder with a manifest and its columns.

    Attributes:
        manifest: what its manifest says; most of it also stands here:
        id, settings, rules: the game, its settings, the hash of its rules.
        seed: the environments' seed; episode k is the environment (seed, k).
        labels: "full", or "off" where nothing was judged.
        segment: decisions in a window.
        num_agents, num_actions: of the game.
        reward_scale, welfare_scale: divisors of the integer columns.
        parts: who played.
        steps, segments, episodes: the tables (read-only memory maps).

    Raises:
        FileError: the folder is truncated, oversized, of another shape or not a dataset.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.held: object = None
        """What the folder goes with, where it is a temporary one."""
        self._game: Game | None = None
        m = manifest_of(atomic.read_bytes(self.path / MANIFEST, MANIFEST_LIMIT), self.path)
        self.manifest = m
        self.id, self.settings, self.rules, self.seed = m.game, m.settings, m.rules, m.seed
        self.labels, self.segment, self.parts = m.labels, m.segment, m.parts
        self.num_agents, self.num_actions, self.num_features = m.num_agents, m.num_actions, m.num_features
        self.feature_dtype, self.reward_scale, self.welfare_scale = (
            m.feature_dtype, m.reward_scale, m.welfare_scale
        )  # fmt: skip
        self.sizes = {"steps": m.num_steps, "segments": m.num_segments, "episodes": m.num_episodes}
        maps = {name: kind(*self._maps(name)) for name, kind in TABLES.items()}
        self.steps: Steps = maps["steps"]
        self.segments: Segments = maps["segments"]
        self.episodes: Episodes = maps["episodes"]
        self._check()

    def _maps(self, table: str) -> Iterator[npt.NDArray[Any]]:
        for column in TABLES[table]._fields:
            shape = (self.sizes[table], *width_of(column, self.num_features, self.num_actions))
            yield open_column(
                self.path / f"{table}.{column}.npy", dtype_of(table, column, self.feature_dtype), shape
            )

    def _check(self) -> None:
        """The tables' pointers must hang together, or later reads would go astray."""
        count = len(self)
        for name, table in (("episodes", self.episodes), ("segments", self.segments)):
            start, length = np.asarray(table.start), np.asarray(table.length, np.int64)
            ends = np.concatenate([[0], np.cumsum(length)])
            if len(start) == 0 or (length < 1).any() or ends[-1] != count or (start != ends[:-1]).any():
                raise FileError(f"{self.path}: the {name} do not cover its {count} decisions in order")
        episodes = self.episodes
        if (np.asarray(episodes.part) < 0).any() or (np.asarray(episodes.part) >= len(self.parts)).any():
            raise FileError(f"{self.path}: episodes.part names a policy that the manifest does not list")
        owner = np.asarray(self.segments.episode)
        if (owner < 0).any() or (owner >= len(episodes.start)).any():
            raise FileError(f"{self.path}: segments.episode points outside the episodes")

    def __len__(self) -> int:
        """Number of decisions."""
        return self.sizes["steps"]

    def game(self) -> Game:
        """The game that was recorded.

        Raises:
            UnknownNameError, ConfigError: no such game here, or not with these settings.
            DataError: the game's rules or spaces have changed since.
        """
        if self._game is None:
            game = registry.make(self.id, **self.settings)
            self.check(game)
            self._game = game
        return self._game

    def check(self, game: Game) -> None:
        """Raise DataError unless `game` is the one that was recorded, under the same rules."""
        from gyges.envs.batch import rules_hash

        here = (game.id, game.num_agents, game.num_actions, game.observation_size)
        there = (self.id, self.num_agents, self.num_actions, self.num_features)
        if here != there:
            raise DataError(
                f"{self.path}: expected {here[0]} with {here[1]} seats, {here[2]} actions, "
                f"{here[3]} features; it holds {there[0]} with {there[1]}, {there[2]}, {there[3]}"
            )
        if game.settings != self.settings:
            changed = sorted(k for k in game.settings if game.settings[k] != self.settings.get(k))
            raise DataError(f"{self.path}: recorded with other settings: {', '.join(changed)}")
        if rules_hash(game) != self.rules:
            raise DataError(f"{self.path}: the rules of {game.id} have changed since it was recorded")

    def judged(self) -> None:
        """Raise DataError where no ground truth was recorded."""
        if self.labels != "full":
            raise DataError(f"{self.path}: recorded with labels={self.labels!r}: there is nothing to rate by")

    # Sums over segments and episodes.

    def starts(self, level: str) -> npt.NDArray[np.int64]:
        """First decision of every "step", "segment" or "episode"."""
        if level == "step":
            return np.arange(len(self), dtype=np.int64)
        return np.asarray(self._level(level).start)

    def total(self, values: npt.NDArray[Any], level: str) -> npt.NDArray[np.float64]:
        """Sums of per-decision values [D] over each step, segment or episode."""
        if level == "step":
            return np.asarray(values, np.float64)
        return np.asarray(np.add.reduceat(np.asarray(values, np.float64), self._level(level).start))

    def spread(self, values: npt.NDArray[Any], level: str) -> npt.NDArray[Any]:
        """A value per step, segment or episode, repeated over its decisions [D]."""
        if level == "step":
            return np.asarray(values)
        return np.repeat(values, self._level(level).length)

    def to_go(self, values: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """For each decision the sum of `values` [D] from it to the end of its episode."""
        run = np.cumsum(np.asarray(values, np.float64))
        ends = self.episodes.start + self.episodes.length - 1
        return np.asarray(self.spread(run[ends], "episode") - run + values, np.float32)

    def _level(self, level: str) -> Segments | Episodes:
        if level == "segment":
            return self.segments
        if level == "episode":
            return self.episodes
        raise DataError(f"level is one of step, segment, episode, not {level!r}")

    def release(self) -> None:
        """Let go of the pages read so far (they stay on disk): memory stays bounded in long runs."""
        for table in (self.steps, self.segments, self.episodes):
            for column in table:
                held = getattr(column, "_mmap", None)
                if held is not None and hasattr(held, "madvise"):
                    held.madvise(mmap.MADV_DONTNEED)

    def summary(self) -> dict[str, Any]:
        """What it holds, in numbers: decisions, episodes and, by part, return and violation rate."""
        found: dict[str, Any] = {"decisions": len(self), "episodes": len(self.episodes.start), "parts": {}}
        for k, part in enumerate(self.parts):
            mine = np.asarray(self.episodes.part) == k
            counted = int(self.episodes.headline[mine].sum())
            found["parts"][part.name] = {
                "episodes": int(mine.sum()),
                "return": float(self.episodes.reward[mine].mean()) / self.reward_scale
                if mine.any()
                else math.nan,
                "violation_rate": int(self.episodes.violations[mine].sum()) / counted
                if counted
                else math.nan,
            }
        return found
