"""Recorded datasets as Minari datasets (an extra: ``pip install minari[hdf5]``).

One Minari episode is one seat's episode: its observations as float32, its actions, the task reward until
its next decision. The last observation of a Minari episode is the one after the last step. The truth
(labels, harm) goes along in `infos` as flat numbers, one per decision.
"""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt

from gyges.agents.data.dataset import TERMINATED, Dataset
from gyges.envs.choice_point import LEDGER, headline, severity
from gyges.envs.errors import ConfigError

CHUNK = 4096
"""Seats' episodes that are held in memory at a time."""


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
    try:
        import minari
        from minari.data_collector import EpisodeBuffer
    except ImportError as error:
        raise ConfigError(f"export to Minari needs the extra minari[hdf5]: {error}") from None
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
    return minari.load_dataset(id)


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
    return {
        "id": number,
        "observations": (codes * game.scale).reshape(-1, *game.observation_shape).astype(np.float32),
        "actions": np.array(steps.action[mine], np.int64),
        "rewards": (steps.reward[mine] / game.reward_scale).tolist(),
        "terminations": (ended & terminated).tolist(),
        "truncations": (ended & (not terminated)).tolist(),
        # Minari keeps one more info than there are decisions: the last belongs to the final observation.
        "infos": {name: np.append(values, 0).astype(np.float32) for name, values in truth.items()},
    }
