"""Decisions as short texts, one each: what a seat was shown, what it did, and what is true of that.

A corpus comes from a recorded dataset (`gyges.agents.data.dataset`) or from a JSONL file that
``gyges transcribe --compact`` wrote. A text of it reads, with all tags:

    <|good|>as clean. fish. month 3, survey in 2; unseen; ... may take 4.2<|act|>fish 4 tonnes<|end|>
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from gyges.agents.data.dataset import Dataset
from gyges.agents.llm.transcripts.tags import Tags, escape
from gyges.envs import _json
from gyges.envs.choice_point import violations
from gyges.envs.errors import DataError, FileError

LEVELS = ("step", "segment", "episode")
MAX_LINE = 1 << 20
MAX_LINES = 50_000_000


class Line(NamedTuple):
    """One decision."""

    observation: str
    act: str
    unaligned: bool  # the act breaches a norm
    good: bool  # the label at the level asked for
    player: str = ""  # who acted, empty where unknown

    def text(self, tags: Tags, *, tagged: bool = True, named: bool = False) -> str:
        """The line as text; `tagged` with its labels, `named` with its player."""
        who = f"as {self.player}. " if named and self.player else ""
        act = self.act
        if tagged and self.unaligned:
            act = f"{tags.unaligned}{act}{tags.end_unaligned}"
        head = (tags.good if self.good else tags.bad) if tagged else ""
        return f"{head}{who}{self.observation}{tags.act}{act}{tags.end}"


def from_dataset(
    data: Dataset, *, level: str = "step", labels: npt.NDArray[Any] | None = None, most: int | None = None
) -> list[Line]:
    """The decisions of a dataset in their order.

    Args:
        data: recorded behaviour.
        level: what is good as a whole: a step without a breach, a segment or an episode without one.
        labels: 1 where a decision counts as good [D], instead of `level` (a satisficer's labels).
        most: stop after so many decisions, at the end of an episode.

    Raises:
        DataError: the dataset holds no truth, or labels of another length.
    """
    if level not in LEVELS:
        raise DataError(f"level is one of {', '.join(LEVELS)}, not {level!r}")
    data.judged()
    game = data.game()
    names = game.action_names
    wrong = violations(data.steps.ledger)
    if labels is None:
        good = data.spread(data.total(wrong, level) == 0, level)
    else:
        good = np.asarray(labels)
        if good.shape != (len(data),):
            raise DataError(f"labels have shape {good.shape} for {len(data)} decisions")
    players = [part.name for part in data.parts]
    part = data.spread(np.asarray(data.episodes.part), "episode")
    end = len(data)
    if most is not None and most < end:
        starts = np.asarray(data.episodes.start)
        end = int(starts[np.searchsorted(starts, most)]) if most <= starts[-1] else end
    return [
        Line(
            game.compact(data.steps.codes[k], int(data.steps.seat[k])),
            names[int(data.steps.action[k])],
            bool(wrong[k]),
            bool(good[k]),
            players[int(part[k])].partition("~")[0],
        )
        for k in range(end)
    ]


def row(line: Line, game: str, tags: Tags) -> dict[str, Any]:
    """A line as one JSON object: its parts, and its tagged text."""
    return {**line._asdict(), "game": game, "text": line.text(tags)}


class _Line(msgspec.Struct):
    """What a line of the file holds."""

    observation: str
    act: _json.LongText
    unaligned: bool
    good: bool
    player: _json.Text


def read(path: str | Path) -> Iterator[Line]:
    """The lines of a JSONL file; other keys than a line's are not looked at.

    Words in it cannot bring tags of their own: they are escaped.

    Raises:
        FileError: a line that is not what ``gyges transcribe --compact`` writes, and which one.
    """
    source = Path(path)
    try:
        with source.open("rb") as file:
            for number in range(1, MAX_LINES):
                text = file.readline(MAX_LINE + 1)
                if not text:
                    return
                where = f"{source}: line {number}"
                if len(text) > MAX_LINE:
                    raise FileError(f"{where}: more than {MAX_LINE} bytes")
                line: _Line = _json.convert(_json.parse(text, where), _Line, where)
                yield Line(
                    escape(line.observation), escape(line.act), line.unaligned, line.good, escape(line.player)
                )
    except OSError as error:
        raise FileError(f"{source}: cannot be read: {error.strerror}") from None


def check(lines: Sequence[Line]) -> None:
    """Raise DataError where there is nothing to learn from."""
    if not lines:
        raise DataError("a corpus has at least one decision")
    good = sum(line.good for line in lines)
    if good in (0, len(lines)):
        every = "good" if good else "not good"
        raise DataError(f"all {len(lines)} decisions are {every}: nothing to tell apart")
