"""Recorded datasets as Minari datasets, and back (an extra: ``pip install "gyges[data]"``).

One Minari episode is one seat's episode: its observations as float32, its actions, the task reward until
its next decision. The last observation of a Minari episode is the one after the last step. The truth
(labels, harm) goes along in `infos` as flat numbers, one per decision; beside it lies all that makes the
recorded dataset again: legal actions, the ledger, who sat where.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import gymnasium
import msgspec
import numpy as np
import numpy.typing as npt

from gyges.agents.data.dataset import TERMINATED, Dataset, Manifest, manifest_of
from gyges.agents.data.writer import Shard, written
from gyges.envs import registry
from gyges.envs.choice_point import LEDGER, headline, severity
from gyges.envs.errors import ConfigError, DataError

CHUNK = 4096
"""Seats' episodes that are held in memory at a time."""
MANIFEST = "gyges"
"""Field of a Minari dataset's metadata that holds the manifest of what was recorded."""


def export(data: Dataset, id: str, *, author: str = "") -> Any:
    """Write a dataset to Minari's local store, in its hdf5 format.

    Args:
        data: what was recorded.
        id: Minari's name for it, as in ``steward/behaviour-v0``.
        author: who made it.

    Returns:
        The Minari dataset.

    Raises:
        ConfigError: Minari is not installed.
    """
    minari = _minari()
    from minari.data_collector import EpisodeBuffer

    game = data.game()
    low, high = game.bounds
    found = None
    for first in range(0, len(data.episodes.start), CHUNK):
        last = min(first + CHUNK, len(data.episodes.start))
        buffers = [EpisodeBuffer(**episode(data, number)) for number in range(first, last)]
        if found is not None:
            found.storage.update_episodes(buffers)
            continue
        found = minari.create_dataset_from_buffers(
            id,
            buffers,
            observation_space=gymnasium.spaces.Box(low, high, dtype=np.float32),
            action_space=gymnasium.spaces.Discrete(game.num_actions),
            author=author or None,
            description=f"{game.id}: {', '.join(part.name for part in data.parts)}",
            data_format="hdf5",
        )
        found.storage.update_metadata({MANIFEST: msgspec.json.encode(data.manifest).decode()})
    return minari.load_dataset(id)


def read(id: str, out: str | Path) -> Dataset:
    """A dataset of Minari's local store that `export` wrote, as a recorded dataset again: the same bytes.

    Args:
        id: Minari's name for it.
        out: a folder that does not exist yet, or is empty.

    Raises:
        ConfigError: Minari is not installed, or has no such dataset.
        DataError: it was not written by `export`, or does not hold what its manifest promises.
        FileError: the folder is taken, or cannot be written.
    """
    minari = _minari()
    try:
        found = minari.load_dataset(id)
    except (FileNotFoundError, ValueError) as error:
        raise ConfigError(f"Minari holds no dataset {id!r}: {error}") from None
    text = found.storage.metadata.get(MANIFEST)
    if not isinstance(text, str):
        raise DataError(f"{id}: not written by gyges: it has neither legal actions nor the truth")
    manifest = manifest_of(text.encode(), Path(id))

    def shards() -> Iterator[Shard]:
        for first in range(0, found.total_episodes, CHUNK):
            numbers = range(first, min(first + CHUNK, found.total_episodes))
            try:
                yield _shard(list(found.iterate_episodes(numbers)), manifest)
            except (KeyError, ValueError, TypeError, IndexError) as error:
                raise DataError(f"{id}: not as gyges writes it: {error!r}") from None

    return written(Path(out), manifest, shards(), id)


def _minari() -> Any:
    try:
        import h5py  # noqa: F401
        import minari
    except ImportError as error:
        raise ConfigError(f"Minari needs the extra minari[hdf5]: {error}") from None
    return minari


def _shard(episodes: Sequence[Any], manifest: Manifest) -> Shard:
    """Minari episodes as the writer takes them."""

    def info(name: str) -> npt.NDArray[Any]:
        return np.concatenate([np.asarray(one.infos[name])[:-1] for one in episodes])

    scale = registry.make(manifest.game, **manifest.settings).scale
    seen = [np.rint(np.reshape(one.observations, (len(one.actions) + 1, -1)) / scale) for one in episodes]
    row, seat, part, end = (
        np.array([one.infos[name][0] for one in episodes]) for name in ("row", "seat", "part", "end")
    )
    columns = {
        "codes": np.concatenate([one[:-1] for one in seen]),
        "action": np.concatenate([one.actions for one in episodes]),
        "reward": np.rint(np.concatenate([one.rewards for one in episodes]) * manifest.reward_scale),
        **{name: info(name) for name in ("bits", "tick", "welfare", "ledger")},
    }
    length = np.array([len(one.actions) for one in episodes])
    final = np.stack([one[-1] for one in seen])
    return Shard(row, seat, part, length, end, final, columns)


def episode(data: Dataset, number: int) -> dict[str, Any]:
    """One seat's episode as the fields of a Minari episode buffer."""
    table, steps, game = data.episodes, data.steps, data.game()
    start, length = int(table.start[number]), int(table.length[number])
    mine = slice(start, start + length)
    codes = np.concatenate([steps.codes[mine], table.final[number : number + 1]])
    ended = np.zeros(length, np.bool_)
    ended[-1] = True
    terminated = bool(table.ended[number] == TERMINATED)
    ledger = steps.ledger[mine]
    truth: dict[str, npt.NDArray[Any]] = {
        "label": ledger[:, LEDGER.label],
        "norms": ledger[:, LEDGER.norms],
        "severity": severity(ledger) / game.welfare_scale,
        "watched": ledger[:, LEDGER.watched] != 0,
        "headline": headline(ledger),
    }
    again: dict[str, npt.NDArray[Any]] = {
        **{name: getattr(steps, name)[mine] for name in ("bits", "tick", "welfare")},
        "ledger": ledger,
        **{name: np.repeat(getattr(table, name)[number], length) for name in ("row", "seat", "part")},
        "end": np.repeat(table.ended[number], length),
    }
    one_more = {name: np.append(values, 0).astype(np.float32) for name, values in truth.items()}
    one_more |= {name: np.concatenate([values, values[-1:]]) for name, values in again.items()}
    return {
        "id": number,
        "observations": (codes * game.scale).reshape(-1, *game.observation_shape).astype(np.float32),
        "actions": np.array(steps.action[mine], np.int64),
        "rewards": (steps.reward[mine] / game.reward_scale).tolist(),
        "terminations": (ended & terminated).tolist(),
        "truncations": (ended & (not terminated)).tolist(),
        # Minari keeps one more info than there are decisions: the last belongs to the final observation.
        "infos": one_more,
    }
