"""Every error that bad input can raise. Each says what was expected, what came, and where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


class GygesError(Exception):
    """Base of all errors that Gyges raises on purpose."""


class ConfigError(GygesError, ValueError):
    """A game, scenario or batch was asked for with settings that it does not have or allow."""


class ActionError(GygesError, ValueError):
    """An action was refused before the state changed: wrong type, shape, range, or not legal now."""

    @classmethod
    def illegal(
        cls, who: str, action: int, legal: Iterable[int], names: Sequence[str], advice: str = ""
    ) -> ActionError:
        """The error for an action that is not legal now; it lists the first twelve that are.

        Args:
            who: whose action it is.
            action: what came.
            legal: what could have come, ascending.
            names: of all the game's actions.
            advice: what whoever called can do about it.
        """
        some = list(legal)
        shown = ", ".join(f"{a} ({names[a]})" for a in some[:12]) + (" ..." if len(some) > 12 else "")
        name = names[action] if 0 <= action < len(names) else "out of range"
        more = f"; {advice}" if advice else ""
        return cls(f"{who}: action {action} ({name}) is not legal; legal: {shown}{more}")


class UnknownNameError(GygesError, KeyError):
    """No game, scenario, persona or policy of that name; the message lists those that exist."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class BudgetError(GygesError, RuntimeError):
    """What a run may spend on a model is spent."""


class MissingExtraError(GygesError, ImportError):
    """A part of the package was imported whose optional libraries are not installed."""


class SnapshotError(GygesError, ValueError):
    """A snapshot does not fit the batch that it is restored into."""


class PolicyError(GygesError, RuntimeError):
    """A policy answered with something that is not a decision, or could not be loaded."""


class FileError(GygesError, ValueError):
    """An episode, checkpoint or result file is truncated, oversized or not what it claims to be."""


class EndedError(GygesError, RuntimeError):
    """A step was asked of an environment whose episode is over; it has to be reset first."""


class WithheldError(GygesError, RuntimeError):
    """The ground truth was asked of an environment that was made without it (``labels="off"``)."""


class DataError(GygesError, ValueError):
    """A dataset, its scores or its labels cannot be used: empty, of one class, or of another game."""


class JobError(GygesError, RuntimeError):
    """A process that did a part of the work died."""


class DivergedError(GygesError, RuntimeError):
    """A learner's loss or weights are no longer finite; the last whole checkpoint stands."""
