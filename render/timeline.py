"""A played episode as a strip of moments that can be shown in any order.

A `Timeline` is made once from a replay, or observes a rollout, and keeps what a picture of
any moment needs: the packed rows, the acts, the ledger, rewards.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from gyges.envs.batch import Batch, Snapshot
from gyges.envs.choice_point import LEDGER, LEDGER_COLUMNS, severity, violations
from gyges.envs.errors import ConfigError, FileError
from gyges.envs.game import Game
from gyges.render.board.facts import View

MOST_BYTES = 1 << 30
"""Largest timeline that is kept in memory."""


class Timeline:
    """Moments 0 to T of one row: moment t is the state before act t, moment T the end.

    Args:
        game: the game.
        names: who plays each seat; may be empty.

    Attributes:
        rows: packed states [T + 1, W].
        actions: int32 [T, N].
        ledger: int32 [T, N, 10], columns by `gyges.envs.choice_point.LEDGER`.
        totals: task reward before each moment [T + 1, N], in the game's reward unit.
        breaches: unaligned acts before each moment [T + 1, N].
        prices: price of the choice (step, seat), where it is known.
        words: what was said, by (step, seat).
        blame: what each seat cost by the end, in the game's welfare unit, where it is known.
    """

    def __init__(self, game: Game, names: Sequence[str] = ()) -> None:
        self.game = game
        self.names = tuple(str(n) for n in names)
        self.prices: dict[tuple[int, int], float] = {}
        self.words: dict[tuple[int, int], str] = {}
        self.blame: tuple[float, ...] = ()
        self._rows: list[npt.NDArray[np.int32]] = []
        self._actions: list[npt.NDArray[np.int32]] = []
        self._ledger: list[npt.NDArray[np.int32]] = []
        self._reward: list[npt.NDArray[np.float64]] = []
        self._sums: tuple[Any, Any] = ((), ())
        self._batch = Batch(game, 1, labels="full")

    def __len__(self) -> int:
        return len(self._rows)

    # Recording.

    def begin(self, batch: Batch) -> None:
        """Note the state before the first act."""
        self._note(batch)

    def before(self, batch: Batch, actions: npt.NDArray[np.int32]) -> None:
        """Begin here, where nothing was noted yet."""
        if not self._rows:
            self.begin(batch)

    def after(self, batch: Batch, actions: npt.NDArray[np.int32]) -> None:
        """Note what `actions` [B, N] have just led to in row 0."""
        n = self.game.num_agents
        self._actions.append(np.array(actions[0], np.int32))
        kept = batch.ledger[0] if batch.labels != "off" else np.zeros((n, LEDGER_COLUMNS), np.int32)
        self._ledger.append(np.array(kept))
        self._reward.append(batch.reward[0] / self.game.reward_scale)
        self._note(batch)

    def _note(self, batch: Batch) -> None:
        self._rows.append(batch.packed[0].copy())
        if len(self._rows) * self._rows[0].nbytes > MOST_BYTES:
            raise FileError(f"an episode of {len(self._rows)} steps is too long to be shown")

    @classmethod
    def of(cls, replay: Iterable[tuple[Batch, int, Any]], game: Game, names: Sequence[str] = ()) -> Timeline:
        """From `gyges.envs.episode.Episode.replay`.

        Raises:
            FileError: the replay breaks off.
        """
        timeline = cls(game, names)
        acts = None
        for batch, _, now in replay:
            if acts is None:
                timeline.begin(batch)
            else:
                timeline.after(batch, acts)
            acts = None if now is None else np.array(now)
        if not len(timeline):
            raise FileError("the episode is empty")
        return timeline

    @classmethod
    def load(cls, path: Any, *, verify: bool = True) -> Timeline:
        """From an episode file.

        Raises:
            FileError: it is not an episode, or does not replay.
        """
        from gyges.envs.episode import Episode

        episode = Episode.load(path)
        timeline = cls.of(episode.replay(verify=verify), episode.make_game(), [s.name for s in episode.seats])
        timeline.words = {(w.step, w.seat): w.text for w in episode.words}
        return timeline

    # Reading.

    @property
    def steps(self) -> int:
        """Number of acts T."""
        return len(self._actions)

    @property
    def rows(self) -> npt.NDArray[np.int32]:
        """Packed states [T + 1, W]."""
        return np.stack(self._rows)

    @property
    def actions(self) -> npt.NDArray[np.int32]:
        """Acts int32 [T, N]."""
        return np.array(self._actions, np.int32).reshape(-1, self.game.num_agents)

    @property
    def ledger(self) -> npt.NDArray[np.int32]:
        """Ledger int32 [T, N, 10]."""
        return np.array(self._ledger, np.int32).reshape(-1, self.game.num_agents, LEDGER_COLUMNS)

    @property
    def totals(self) -> npt.NDArray[np.float64]:
        """Task reward before each moment [T + 1, N]."""
        return _before(np.array(self._reward, np.float64).reshape(-1, self.game.num_agents))

    @property
    def breaches(self) -> npt.NDArray[np.float64]:
        """Unaligned acts before each moment [T + 1, N]."""
        return _before(self.unaligned)

    @property
    def unaligned(self) -> npt.NDArray[np.bool_]:
        """Which acts were unaligned, bool [T, N]."""
        return np.asarray((self.ledger[..., LEDGER.moved] == 1) & violations(self.ledger))

    @property
    def contested(self) -> npt.NDArray[np.bool_]:
        """Which decisions had a clean and an unaligned option, bool [T, N]."""
        kept = self.ledger
        return np.asarray((kept[..., LEDGER.clean] > 0) & (kept[..., LEDGER.unaligned] > 0))

    @property
    def severity(self) -> npt.NDArray[np.float64]:
        """Severity of the acts in welfare units [T, N]."""
        return severity(self.ledger) / self.game.welfare_scale

    @property
    def watched(self) -> npt.NDArray[np.bool_]:
        """Whether each seat was watched at each moment, bool [T + 1, N]."""
        named = self._batch._named(self.rows)
        return np.asarray(named.watched != 0)

    @property
    def moving(self) -> npt.NDArray[np.bool_]:
        """Which seats act at each moment, bool [T + 1, N]."""
        return np.asarray(self._batch._named(self.rows).to_move != 0)

    def mover(self, t: int, otherwise: int = 0) -> int:
        """The first seat that acts at moment t; at the end, `otherwise`."""
        found = np.flatnonzero(self._batch._named(self._rows[t][None]).to_move[0])
        return int(found[0]) if len(found) else otherwise

    def seen(self, seat: int | None) -> npt.NDArray[np.bool_]:
        """Whether a seat was watched at each moment, bool [T + 1]; for None whoever moved."""
        if seat is not None:
            return self.watched[:, seat]
        first = np.argmax(self.moving, axis=1)
        return np.asarray(np.take_along_axis(self.watched, first[:, None], axis=1)[:, 0])

    def at(self, t: int) -> Batch:
        """A batch of one row that stands at moment t (shared; do not step it)."""
        if not 0 <= t < len(self):
            raise ConfigError(f"a moment is 0 to {len(self) - 1}, not {t}")
        self._batch.restore(Snapshot(self.game.id, self._rows[t][None]))
        return self._batch

    def view(self, t: int, seat: int, **changes: Any) -> View:
        """What a picture of moment t shows besides the state."""
        if len(self._sums[0]) != len(self):
            self._sums = (self.totals, self.breaches)
        settings: dict[str, Any] = {
            "seat": seat,
            "actions": self._actions[t] if t < self.steps else None,
            "names": self.names,
            "totals": tuple(float(v) for v in self._sums[0][t]),
            "breaches": tuple(int(v) for v in self._sums[1][t]),
            "blame": self.blame,
            "price": self.prices.get((t, seat)),
        }
        return View(**{**settings, **changes})

    def next(self, t: int, seat: int | None, kind: str, step: int = 1) -> int | None:
        """The next moment after t (before it with step -1) with a decision of some kind, or None.

        Args:
            t: where to start; not itself returned.
            seat: of this seat, or of any where None.
            kind: "contested", "unaligned" or "moving".
        """
        table = {"contested": self.contested, "unaligned": self.unaligned, "moving": self.moving[:-1]}[kind]
        hit = table.any(axis=1) if seat is None else table[:, seat]
        found = np.flatnonzero(hit)
        later = found[found > t] if step > 0 else found[found < t]
        return None if len(later) == 0 else int(later[0] if step > 0 else later[-1])


def _before(values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    zero = np.zeros((1, values.shape[1]))
    return np.concatenate([zero, np.cumsum(values, axis=0)])
