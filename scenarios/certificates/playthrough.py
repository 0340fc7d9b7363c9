"""Golden playthroughs: whole episodes told so that a person can read them.

``gyges certify GAME --playthroughs FOLDER`` writes a game's files again.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from gyges.envs.batch import Batch
from gyges.envs.certificate import Playthrough
from gyges.envs.registry import game_class, load_name
from gyges.envs.rollout import Seating, rollout


def tell(words: Playthrough) -> str:
    """Play one episode and tell it."""
    story = words.story
    batch = Batch(story.game, 1, seed=story.seed, labels="full")
    seating = Seating(batch, story.seats(), seed=story.luck)
    lines = _Lines(words, words.head(batch))
    for _ in rollout(batch, seating, [lines]):
        if words.ended(batch):
            break
    return "\n".join([*lines.written, *words.end(batch)]) + "\n"


class _Lines:
    """Writes down what the words say of each step."""

    def __init__(self, words: Playthrough, written: list[str]) -> None:
        self.words, self.written = words, written

    def before(self, batch: Batch, actions: npt.NDArray[np.int32]) -> None:
        self.written += self.words.before(batch, actions[0])

    def after(self, batch: Batch, actions: npt.NDArray[np.int32]) -> None:
        self.written += self.words.after(batch, actions[0])


def golden(id: str) -> dict[str, str]:
    """The playthroughs of a game, by file name."""
    kind = game_class(id)
    words: type[Playthrough] = Playthrough if kind.playthrough is None else load_name(kind.playthrough)
    return {f"{name}.txt": tell(words(story)) for name, story in words.stories(kind).items()}


def write(id: str, folder: Path) -> list[Path]:
    """Write a game's playthroughs into a folder; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, text in golden(id).items():
        paths.append(folder / name)
        paths[-1].write_text(text, encoding="utf-8")
    return paths
