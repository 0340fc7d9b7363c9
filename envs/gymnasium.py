"""Gymnasium environments of every game: one seat among background policies.

    import gymnasium
    import gyges.envs

    env = gymnasium.make("gyges/Steward-v1", seat=0, background={1: "greedy", 2: "gyges"})
    batch = gymnasium.make_vec("gyges/Steward-v1", num_envs=64, background="clean")

One step of the environment is one step of the game; while the seat is not to move, its mask allows
NOOP alone. The action mask is in ``info["action_mask"]`` and, as `MaskablePPO` asks for it, in
``env.unwrapped.action_masks()``.

Seeds: ``env.reset(seed=s)`` is row 0 of a batch seeded s. Row k of a vector environment seeded s is
the environment (s, k). (Gymnasium's own vector environments give environment k the seed s + k;
``reset(seed=[s, s + 1, ...])`` does that here.) ``reset()`` goes on to the next episode.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from gyges.envs._single_env import RENDER_MODES, SingleEnv
from gyges.envs._spaces import LegalDiscrete, LegalMultiDiscrete, observation_box
from gyges.envs.choice_point import ChoicePoint
from gyges.envs.errors import ActionError, ConfigError, EndedError
from gyges.envs.game import Game
from gyges.envs.seat_env import ExternalSeats, game_of, one_action, require_labels, seat_info


class OverError(EndedError, ResetNeeded):
    """A step after the end of an episode, or before the first reset; also Gymnasium's ResetNeeded."""


class SeatEnv(SingleEnv, gymnasium.Env[npt.NDArray[np.float32], Any]):
    """One seat of one environment.

    Args:
        game: id (``steward-v1``) or made game.
        seat: the seat that acts from outside.
        background: who plays the others: a persona's name, an import path ``module:Class`` or a policy
            for all of them; a list with one for each; or a mapping from seat number to any of these
            (the rest are played by "clean").
        labels: "taken", "full" (also what else was open), or "off" (no ledger, no choice points).
        illegal: "refuse" raises ActionError; "replace" plays the lowest-numbered legal action instead
            and says so in ``info["replaced"]``.
        render_mode: "rgb_array", "human" or None.
        settings: of the game, where it is given by id.
    """

    metadata: dict[str, Any] = {"render_modes": list(RENDER_MODES), "render_fps": 4}  # noqa: RUF012
    KEPT: ClassVar[tuple[str, ...]] = ("_done", "_memories", "_replaced")

    def __init__(
        self,
        game: Game | str,
        *,
        seat: int = 0,
        background: Any = "clean",
        labels: str = "taken",
        illegal: str = "refuse",
        render_mode: str | None = None,
        **settings: Any,
    ) -> None:
        self.game = game_of(game, settings)
        self._open(render_mode, labels)
        self._arguments = {
            "seat": seat, "background": background, "labels": labels, "illegal": illegal,
            "render_mode": render_mode,
        }  # fmt: skip
        self.seats = ExternalSeats(
            self.game, 1, [seat], background=background, labels=labels, illegal=illegal
        )
        self.batch = self.seats.batch
        self.own = self.seats.seats[0]
        self._who = self.game.agents[self.own]
        self.observation_space = observation_box(self.game)  # type: ignore[assignment]
        self.action_space = LegalDiscrete(self.game.num_actions)
        self._bind()
        self._done = True

    def _bind(self) -> None:
        self.action_space.legal = lambda: self.action_masks().astype(np.int8)  # type: ignore[attr-defined]

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[npt.NDArray[np.float32], dict[str, Any]]:
        """Begin an episode; options are ignored."""
        super().reset(seed=seed)
        self.seats.reset(seed)
        self._done = False
        self._show()
        return self.seats.observations[0, 0], self._info()

    def step(self, action: Any) -> tuple[npt.NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Act for the seat; the background policies act for the others.

        Raises:
            ActionError: the action is refused. Nothing has changed.
            OverError: the episode is over, or the environment was never reset.
        """
        if self._done:
            raise OverError(f"{self.game.id}: the episode is over: call reset()")
        value = one_action(action, self.game.num_actions, self._who)
        self.seats.step([[value]])
        batch, own = self.batch, self.own
        terminated, truncated = bool(batch.terminated[0, own]), bool(batch.truncated[0, own])
        self._done = terminated or truncated
        self._show()
        reward = int(batch.reward[0, own]) / self.game.reward_scale
        return self.seats.observations[0, 0], reward, terminated, truncated, self._info()

    def _info(self) -> dict[str, Any]:
        replaced = bool(self.seats.replaced[0, 0]) if self.seats.replace else None
        return seat_info(self.batch, 0, self.own, replaced, self.action_masks().astype(np.int8))

    def shown_seat(self) -> int:
        """Whose choice the picture shows: the own seat's."""
        return self.own

    def action_masks(self) -> npt.NDArray[np.bool_]:
        """Legal actions now, bool [A]."""
        return np.asarray(self.seats.masks[0, 0])

    def choice_point(self, agent: Any = None) -> ChoicePoint:
        """The ground truth on every legal action, by default of the own seat (`SingleEnv.choice_point`)."""
        return super().choice_point(self.own if agent is None else agent)

    def describe(self, agent: Any = None) -> str:
        """What the own seat knows, in words."""
        return super().describe(self.own if agent is None else agent)

    @property
    def _memories(self) -> Any:
        seating = self.seats.seating
        return seating.since, [group.memory for group in seating.groups]

    @_memories.setter
    def _memories(self, value: Any) -> None:
        seating = self.seats.seating
        seating.since = value[0]
        for group, memory in zip(seating.groups, value[1], strict=True):
            group.memory = memory

    @property
    def _replaced(self) -> Any:
        return self.seats.replaced

    @_replaced.setter
    def _replaced(self, value: Any) -> None:
        self.seats.replaced = value


class SeatVectorEnv(VectorEnv[Any, Any, Any]):
    """One seat in each row of a batch; arguments as in `SeatEnv`, and besides:

    Args:
        num_envs: rows B.
        autoreset_mode: NEXT_STEP, SAME_STEP (``infos["final_obs"]``, ``infos["final_info"]``) or
            DISABLED (``reset(options={"reset_mask": bool [B]})``), as Gymnasium defines them.
        max_episode_steps: steps after which an episode is truncated, besides the game's own horizon.
        threads: CPU threads, all cores by default.
    """

    def __init__(
        self,
        game: Game | str,
        num_envs: int = 1,
        *,
        seat: int = 0,
        background: Any = "clean",
        labels: str = "taken",
        illegal: str = "refuse",
        render_mode: str | None = None,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        max_episode_steps: int | None = None,
        threads: int | None = None,
        **settings: Any,
    ) -> None:
        self.game = game_of(game, settings)
        if render_mode is not None:
            raise ConfigError("vector environments do not render: render a row with gymnasium.make")
        self.autoreset_mode = AutoresetMode(autoreset_mode)
        self.metadata = {**SeatEnv.metadata, "render_modes": [], "autoreset_mode": self.autoreset_mode}
        self.num_envs = num_envs
        self.seats = ExternalSeats(
            self.game,
            num_envs,
            [seat],
            background=background,
            labels=labels,
            illegal=illegal,
            threads=threads,
        )
        self.batch = self.seats.batch
        self.single_observation_space = observation_box(self.game)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.single_action_space = gymnasium.spaces.Discrete(self.game.num_actions)
        self.action_space = LegalMultiDiscrete(self.game.num_actions, num_envs, self.action_masks)
        self.max_episode_steps = max_episode_steps
        self._length = np.zeros(num_envs, np.int64)
        self._done = np.ones(num_envs, np.bool_)

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.action_space.legal = self.action_masks  # type: ignore[attr-defined]

    def reset(  # type: ignore[override]
        self, *, seed: int | Sequence[int] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[npt.NDArray[np.float32], dict[str, Any]]:
        """Begin anew in every row, or in the rows of ``options["reset_mask"]`` (bool [B])."""
        if options is not None and "reset_mask" in options:
            which = self._reset_mask(options["reset_mask"], seed)
            self._reset_rows(which)
            return self._observations(), self._infos(which)
        super().reset(seed=seed if isinstance(seed, (int, np.integer)) else None)
        self.seats.reset(seed)
        self._length[:] = 0
        self._done[:] = False
        return self._observations(), self._infos(np.ones(self.num_envs, np.bool_))

    def _reset_mask(self, mask: Any, seed: Any) -> npt.NDArray[np.bool_]:
        if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_ or mask.shape != (self.num_envs,):
            raise ConfigError(f"reset_mask is a NumPy array of {self.num_envs} booleans, not {mask!r}")
        if not mask.any():
            raise ConfigError("reset_mask chooses no row")
        if seed is not None:
            raise ConfigError("chosen rows go on to their next episode; they take no seed")
        return mask

    def _reset_rows(self, which: npt.NDArray[np.bool_]) -> None:
        self.seats.reset_rows(which)
        self._length[which] = 0
        self._done[which] = False

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """Act for the seat in every row.

        Raises:
            ActionError: an action is refused. No row has changed.
            OverError: no reset yet, or, with DISABLED, a row is over.
        """
        waiting = self._done.copy()
        if waiting.any() and (self.autoreset_mode is not AutoresetMode.NEXT_STEP or not self.seats.begun):
            raise OverError(f"{self.game.id}: row {int(waiting.argmax())} is over: call reset()")
        seats = self.seats
        seats.step(_column(actions, self.num_envs), waiting)
        if waiting.any():
            self._reset_rows(waiting)
        self._length += ~waiting
        rewards, terminated, truncated = seats.rewards[:, 0], seats.terminated[:, 0], seats.truncated[:, 0]
        if self.max_episode_steps is not None:
            truncated = truncated | (self._length >= self.max_episode_steps)
        self._done = terminated | truncated
        everyone = np.ones(self.num_envs, np.bool_)
        if self.autoreset_mode is not AutoresetMode.SAME_STEP or not self._done.any():
            return self._observations(), rewards, terminated, truncated, self._infos(everyone)
        ended = self._done.copy()
        last, final = self._observations(), self._infos(ended)
        self._reset_rows(ended)
        infos = self._infos(everyone)
        infos["final_obs"] = np.full(self.num_envs, None, object)
        for k in np.flatnonzero(ended):
            infos["final_obs"][k] = last[k]
        infos.update({"_final_obs": ended, "final_info": final, "_final_info": ended.copy()})
        return self._observations(), rewards, terminated, truncated, infos

    def _observations(self) -> npt.NDArray[np.float32]:
        return self.seats.observations[:, 0]

    def _infos(self, present: npt.NDArray[np.bool_]) -> dict[str, Any]:
        """Infos as Gymnasium's vector environments give them: an array and a presence mask per key."""
        infos: dict[str, Any] = {}
        for name, column in self.seats.infos.items():
            values = column[:, 0].copy()
            values[~present] = 0
            infos[name], infos[f"_{name}"] = values, present.copy()
        return infos

    def action_masks(self) -> npt.NDArray[np.bool_]:
        """Legal actions now, bool [B, A]."""
        return self.seats.masks[:, 0]

    def choice_point(self, row: int) -> ChoicePoint:
        """The ground truth on every legal action of the seat in one row, before it acts."""
        require_labels(self.batch)
        return self.batch.choice_point(row, self.seats.seats[0])

    def describe(self, row: int) -> str:
        """What the seat of one row knows, in words."""
        seat = self.seats.seats[0]
        return self.game.describe(self.batch.codes[row, seat], seat)


def _column(actions: Any, rows: int) -> npt.NDArray[Any]:
    """Actions [B] as [B, 1]."""
    try:
        array = np.asarray(actions)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ActionError(f"actions must be an integer array: {error}") from None
    if array.shape != (rows,):
        raise ActionError(f"actions are integers of shape {(rows,)}, not {array.dtype} of {array.shape}")
    return array[:, None]
