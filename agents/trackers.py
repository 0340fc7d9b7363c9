"""Where a run's numbers go besides its own curves: TensorBoard's files, Weights & Biases, or both."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from gyges.envs.extras import require


class Tracker(Protocol):
    """Something that keeps numbers."""

    def log(self, numbers: Mapping[str, float], step: int) -> None:
        """Keep a line of numbers."""

    def close(self) -> None:
        """Write what is left."""


class Trackers(NamedTuple):
    """Which of them a run uses."""

    tensorboard: bool = True
    """TensorBoard, where it is installed."""
    wandb: str = ""
    """Project of Weights & Biases, which heeds its own variables (WANDB_MODE=offline); none where empty."""

    def begin(self, folder: Path, title: str, start: float) -> list[Tracker]:
        """Begin to keep a run's numbers in them.

        Args:
            folder: of the run.
            title: of the run.
            start: the step at which it goes on.

        Raises:
            MissingExtraError: W&B was asked for and is not installed.
        """
        found: list[Tracker] = []
        if self.tensorboard and (board := _TensorBoard.of(folder, start)) is not None:
            found.append(board)
        if self.wandb:
            found.append(_WandB(self.wandb, folder, title))
        return found


TENSORBOARD = Trackers()
NONE = Trackers(tensorboard=False)


class _TensorBoard:
    def __init__(self, writer: Any) -> None:
        self.writer = writer

    @classmethod
    def of(cls, folder: Path, start: float) -> _TensorBoard | None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            return None
        purge = int(start) + 1 if start else None
        return cls(SummaryWriter(str(folder / "tensorboard"), purge_step=purge))  # type: ignore[no-untyped-call]

    def log(self, numbers: Mapping[str, float], step: int) -> None:
        for name, value in numbers.items():
            self.writer.add_scalar(name, value, step)

    def close(self) -> None:
        self.writer.close()


class _WandB:
    """A run of the project; one that is gone on with keeps its id, which follows from its folder."""

    def __init__(self, project: str, folder: Path, title: str) -> None:
        require("track", "wandb", part="--wandb")
        import wandb

        name = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]
        self.run = wandb.init(project=project, name=title, id=name, resume="allow", dir=str(folder))

    def log(self, numbers: Mapping[str, float], step: int) -> None:
        self.run.log(dict(numbers), step=step)

    def close(self) -> None:
        self.run.finish()
