"""Golden playthroughs: whole episodes told so that a person can read them.

``gyges certify GAME --playthroughs FOLDER`` writes a game's files again.
"""

from __future__ import annotations

from pathlib import Path

from gyges.envs.batch import Batch
from gyges.envs.certificate import Playthrough
from gyges.envs.registry import game_class, load_name
from gyges.envs.rollout import Seating


def tell(words: Playthrough) -> str:
    """Play one episode and tell it."""
    story = words.story
    batch = Batch(story.game, 1, seed=story.seed, labels="full")
    seating = Seating(batch, story.seats(), seed=story.luck)
    lines = words.head(batch)
    while not words.ended(batch):
        actions = seating.decide()[0]
        lines += words.before(batch, actions)
        batch.step(actions[None])
        lines += words.after(batch, actions)
    return "\n".join([*lines, *words.end(batch)]) + "\n"


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
