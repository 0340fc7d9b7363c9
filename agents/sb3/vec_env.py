"""Games for stable-baselines3: a VecEnv over a batch, with action masks.

    from sb3_contrib import MaskablePPO
    from gyges.agents.sb3.vec_env import SeatVecEnv

    env = SeatVecEnv("steward-v1", rows=64)            # self-play: every seat of every row is one env
    MaskablePPO("MlpPolicy", env).learn(100_000)

PPO, A2C and DQN know no masks: give them ``illegal="replace"``, which plays the lowest-numbered legal
action in place of an illegal one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from stable_baselines3.common.vec_env import VecEnv

from gyges.envs._spaces import observation_box
from gyges.envs.game import Game
from gyges.envs.seat_env import ExternalSeats, game_of, require_labels


class SeatVecEnv(VecEnv):
    """Chosen seats of a batch, each one environment to stable-baselines3.

    A row begins its next episode when all of its chosen seats have ended; a seat that ends before
    the others idles (NOOP alone, no reward) until then.

    Args:
        game: id (``steward-v1``) or made game.
        rows: rows B of the batch; num_envs = B * number of chosen seats, row by row.
        seats: seat or seats that learn; all of them (self-play) by default.
        background: who plays the other seats (`gyges.envs.seat_env.backgrounds`).
        labels: "off" by default (training without labels costs nothing); else the ledger is in `infos`.
        illegal: "refuse" raises ActionError; "replace" plays the lowest-numbered legal action.
        threads: CPU threads, all cores by default.
        settings: of the game, where it is given by id.
    """

    render_mode: str | None = None

    def __init__(
        self,
        game: Game | str,
        rows: int = 1,
        *,
        seats: int | Sequence[int] | None = None,
        background: Any = "clean",
        labels: str = "off",
        illegal: str = "refuse",
        threads: int | None = None,
        **settings: Any,
    ) -> None:
        self.game = game_of(game, settings)
        everyone = range(self.game.num_agents) if seats is None else seats
        chosen = [everyone] if isinstance(everyone, int) else everyone
        self.seats = ExternalSeats(
            self.game, rows, chosen, background=background, labels=labels, illegal=illegal, threads=threads
        )
        self._shape = (rows, len(chosen))
        space = gymnasium.spaces.Discrete(self.game.num_actions)
        super().__init__(rows * len(chosen), observation_box(self.game), space)

    def reset(self) -> Any:
        """Begin anew; after ``seed(s)``, as the environments (s, k)."""
        self.seats.reset(self._seeds[0])
        self._reset_seeds()
        self.reset_infos = self._infos()
        return self._flat(self.seats.observations)

    def step_async(self, actions: Any) -> None:
        """Take the actions [num_envs]."""
        self._actions = np.asarray(actions).reshape(self._shape)

    def step_wait(self) -> Any:
        """Step; rows that are over give ``terminal_observation`` and begin their next episode."""
        seats = self.seats
        seats.step(self._actions)
        rewards = self._flat(seats.rewards).astype(np.float32)
        terminated, truncated = seats.terminated, seats.truncated
        ended = np.asarray((terminated | truncated).all(axis=1))
        infos = self._infos()
        if ended.any():
            last = self._flat(seats.observations)
            cut = self._flat(truncated & ~terminated)
            for k in np.flatnonzero(np.repeat(ended, self._shape[1])):
                infos[k]["terminal_observation"] = last[k]
                infos[k]["TimeLimit.truncated"] = bool(cut[k])
            seats.reset_rows(ended)
        return self._flat(seats.observations), rewards, np.repeat(ended, self._shape[1]), infos

    def _flat(self, array: Any) -> Any:
        return array.reshape(self.num_envs, *array.shape[2:])

    def _infos(self) -> list[dict[str, Any]]:
        columns = {k: self._flat(v).tolist() for k, v in self.seats.infos.items() if k != "action_mask"}
        return [{name: values[k] for name, values in columns.items()} for k in range(self.num_envs)]

    def action_masks(self) -> Any:
        """Legal actions bool [num_envs, A]; `MaskablePPO` asks by ``env_method("action_masks")``."""
        return self._flat(self.seats.masks)

    def choice_point(self, index: int) -> Any:
        """The ground truth on every legal action of one environment's seat."""
        require_labels(self.seats.batch)
        row, k = divmod(index, self._shape[1])
        return self.seats.batch.choice_point(row, self.seats.seats[k])

    def env_method(
        self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any
    ) -> list[Any]:
        """`action_masks` or `choice_point` of chosen environments."""
        if method_name == "action_masks":
            masks = self.action_masks()
            return [masks[k] for k in self._get_indices(indices)]
        if method_name == "choice_point":
            return [self.choice_point(k) for k in self._get_indices(indices)]
        raise AttributeError(f"environments have action_masks and choice_point, not {method_name!r}")

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """The same attribute of this object for each chosen environment."""
        return [getattr(self, attr_name) for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Set an attribute of this object; environments have none of their own."""
        setattr(self, attr_name, value)

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        """Environments are never wrapped."""
        return [False for _ in self._get_indices(indices)]

    def close(self) -> None:
        """Nothing is held open."""
