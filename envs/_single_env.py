"""What an environment of one row can be asked, whatever its API: truth, words, snapshots, forks, pictures."""

from __future__ import annotations

import copy
from typing import Any, ClassVar, NamedTuple

import gymnasium
import numpy as np
import numpy.typing as npt

from gyges.envs.batch import LABELS, Batch, Snapshot
from gyges.envs.choice_point import ChoicePoint
from gyges.envs.errors import SnapshotError, UnknownNameError
from gyges.envs.game import Game
from gyges.envs.options import check_choice
from gyges.envs.registry import load_name
from gyges.envs.seat_env import require_labels

RENDER_MODES = ("human", "rgb_array")
RENDERER = "gyges.render:renderer_for"  # imported, with pygame, when the first picture is made
VIEW = "gyges.render:View"
WINDOW = "gyges.render:Window"


class EnvSnapshot(NamedTuple):
    """A snapshot of one environment: the game's row and what the adapter keeps beside it."""

    rows: Snapshot
    kept: dict[str, Any]


class SingleEnv:
    """The questions that an environment of one row answers, whatever its API."""

    game: Game
    batch: Batch
    render_mode: str | None
    KEPT: ClassVar[tuple[str, ...]] = ()  # attributes that snapshots carry
    _arguments: dict[str, Any]
    metadata: dict[str, Any]
    _renderer: Any = None
    _window: Any = None

    def _open(self, render_mode: str | None, labels: str) -> None:
        check_choice("labels", labels, tuple(LABELS))
        if render_mode is not None:
            check_choice("render_mode", render_mode, RENDER_MODES)
        self.render_mode = render_mode

    def seat(self, agent: Any) -> int:
        """Seat number of an agent's name; a number stands for itself."""
        names = self.game.agents
        if agent in names:
            return names.index(agent)
        if isinstance(agent, (int, np.integer)) and 0 <= agent < len(names):
            return int(agent)
        raise UnknownNameError(f"no agent {agent!r}; there are {', '.join(names)}")

    def choice_point(self, agent: Any) -> ChoicePoint:
        """The ground truth on every legal action of one seat, before it acts.

        Raises:
            WithheldError: the environment was made with ``labels="off"``.
        """
        require_labels(self.batch)
        return self.batch.choice_point(0, self.seat(agent))

    def describe(self, agent: Any) -> str:
        """What one seat knows, in words: its observation, no more."""
        seat = self.seat(agent)
        return self.game.describe(self.batch.codes[0, seat], seat)

    def state_hash(self) -> str:
        """Hash of the game's state, luck included."""
        return self.batch.state_hash(0)

    def snapshot(self) -> EnvSnapshot:
        """Everything needed to return to this moment."""
        return EnvSnapshot(self.batch.snapshot(), {k: copy.deepcopy(getattr(self, k)) for k in self.KEPT})

    def restore(self, snapshot: EnvSnapshot) -> None:
        """Return to the moment of a snapshot; the last step's ledger reads as zero.

        Raises:
            SnapshotError: the snapshot is of another game or kind of environment.
        """
        if not isinstance(snapshot, EnvSnapshot) or set(snapshot.kept) != set(self.KEPT):
            raise SnapshotError(f"{type(self).__name__} cannot restore a {type(snapshot).__name__}")
        self.batch.restore(snapshot.rows)
        for name, value in snapshot.kept.items():
            setattr(self, name, copy.deepcopy(value))
        self._refresh()

    def fork(self, *, new_luck: bool = False, seed: int = 0) -> Any:
        """A second environment at the same moment; by default it meets the same luck (`Batch.fork`)."""
        other: Any = type(self)(self.game, **self._arguments)  # type: ignore[call-arg]
        rows = self.batch.fork([0], new_luck=new_luck, seed=seed).snapshot()
        other.restore(self.snapshot()._replace(rows=rows))
        return other

    def __getstate__(self) -> dict[str, Any]:
        """What `copy` and `pickle` take: all but windows, which the copy opens for itself."""
        return {**vars(self), "_renderer": None, "_window": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._bind()

    def _bind(self) -> None:
        """Make what refers to this very object: views of its batch, spaces that know its masks."""

    def _refresh(self) -> None:
        """Recompute what is derived from the row after a restore."""

    def shown_seat(self) -> int:
        """Whose choice the picture shows."""
        return 0

    def render(self) -> npt.NDArray[np.uint8] | None:
        """A picture uint8 [H, W, 3], or None after showing it in a window.

        Without labels the picture shows no more than the seat knows.
        """
        if self.render_mode is None:
            gymnasium.logger.warn("render() does nothing: make the environment with a render_mode")
            return None
        if self._renderer is None:
            self._renderer = load_name(RENDERER)(self.game)
        judged = self.batch.labels != "off"
        view = load_name(VIEW)(seat=self.shown_seat(), judged=judged, truth=judged)
        frame = np.array(self._renderer.frame(self.batch, 0, view), np.uint8)
        if self.render_mode == "rgb_array":
            return frame
        if self._window is None:
            self._window = load_name(WINDOW)(self.game.title, self.metadata["render_fps"])
        self._window.show(frame)
        return None

    def _show(self) -> None:
        """In "human" mode the window follows the game by itself."""
        if self.render_mode == "human":
            self.render()

    def close(self) -> None:
        """Close the window, if there is one. Calling it twice is allowed."""
        if self._window is not None:
            self._window.close()
        self._window = self._renderer = None
