"""PettingZoo environments of every game: parallel and AEC.

    from gyges.envs.pettingzoo import steward_v1

    env = steward_v1.parallel_env(num_agents=5, ring=0.5)
    observations, infos = env.reset(seed=7)
    while env.agents:
        actions = {agent: env.action_space(agent).sample() for agent in env.agents}
        observations, rewards, terminations, truncations, infos = env.step(actions)

``import gyges.envs`` registers them with PettingZoo, so that ``pettingzoo.make("parallel",
"gyges/Steward-v1")`` finds them as well.

=================  ===================================================================================
observation        parallel: float32 Box; AEC: Dict(observation, action_mask)
action mask        int8 [A]; parallel: ``infos[agent]["action_mask"]``; AEC: in the observation.
                   ``action_space(agent).sample()`` without a mask draws among the legal actions
reward             float, in the game's reward unit
infos              NumPy scalars: the ledger of the last step (`choice_point.Ledger`), harm, severity
                   and welfare in the game's welfare unit; nothing with ``labels="off"``
state()            every seat's observation, one after another, float32
seed               ``reset(seed=s)`` is row 0 of a batch seeded s; ``reset()`` goes on to the next
                   episode of the same environment
=================  ===================================================================================

A seat that ends leaves `agents` and does not come back. In AEC only seats that are to move are
selected; where several move at once their choices are collected, and the game advances when the last
of them has chosen, so that no seat sees another's choice of the same step.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Mapping
from typing import Any, ClassVar

import gymnasium
import numpy as np
import numpy.typing as npt
from pettingzoo.utils.env import AECEnv, ParallelEnv
from pettingzoo.utils.wrappers import OrderEnforcingWrapper

from gyges.envs._infos import Infos
from gyges.envs._single_env import RENDER_MODES, SingleEnv
from gyges.envs._spaces import LegalDiscrete, observation_box
from gyges.envs.batch import Batch
from gyges.envs.errors import ActionError, ConfigError, EndedError
from gyges.envs.game import NOOP, Game
from gyges.envs.options import check_choice
from gyges.envs.registry import games
from gyges.envs.seat_env import ADVICE, fresh_seed, game_of, one_action

ByAgent = dict[str, Any]
INT8 = np.dtype(np.int8)


class _Table(SingleEnv):
    """What both PettingZoo forms are made of."""

    metadata: dict[str, Any]
    MASKED = False  # whether infos hold the action mask

    def __init__(
        self,
        game: Game | str,
        *,
        max_cycles: int | None = None,
        labels: str = "taken",
        illegal: str = "refuse",
        render_mode: str | None = None,
        **settings: Any,
    ) -> None:
        self.game = game_of(game, settings)
        self._open(render_mode, labels)
        if max_cycles is not None and (not isinstance(max_cycles, (int, np.integer)) or max_cycles < 1):
            raise ConfigError(f"max_cycles is a number of steps from 1 on, not {max_cycles!r}")
        self._arguments = {
            "max_cycles": max_cycles, "labels": labels, "illegal": illegal, "render_mode": render_mode
        }  # fmt: skip
        self._replace = check_choice("illegal", illegal, ("refuse", "replace")) == "replace"
        self.max_cycles = max_cycles
        self.metadata = {
            "name": self.game.id.replace("-", "_"),
            "render_modes": list(RENDER_MODES),
            "render_fps": 4,
            "is_parallelizable": False,
        }
        self.batch = Batch(self.game, 1, seed=fresh_seed(), labels=labels)
        self.possible_agents = list(self.game.agents)
        self._discretes: dict[str, LegalDiscrete] = {}
        self._bind()
        self.agents: list[str] = []
        self.cycles = 0
        self._begun = False
        self._chosen = np.zeros((1, self.game.num_agents), np.int32)
        box = observation_box(self.game)
        self._boxes = {agent: self._space(box) for agent in self.possible_agents}
        low, high = (np.tile(x.ravel(), self.game.num_agents) for x in (box.low, box.high))
        self.state_space = gymnasium.spaces.Box(low, high, dtype=np.float32)

    def _space(self, box: gymnasium.spaces.Box) -> gymnasium.spaces.Space[Any]:
        return box

    def _bind(self) -> None:
        """Views of row 0, made once: the batch writes into the same arrays at every step."""
        batch = self.batch
        self._seats = {agent: seat for seat, agent in enumerate(self.possible_agents)}
        for agent, seat in self._seats.items():
            space = self._discretes.setdefault(agent, LegalDiscrete(self.game.num_actions))
            space.legal = functools.partial(self._mask_of, seat)
        self._codes, self._bits, self._ledger = batch.codes[0], batch.bits[0], batch.ledger[0]
        self._reward, self._welfare = batch.reward[0], batch.welfare[0]
        self._terminated, self._truncated = batch.terminated[0], batch.truncated[0]
        self._to_move, self._over = batch.state.to_move[0], batch.state.over[0]
        self._shape = (self.game.num_agents, *self.game.observation_shape)
        self._num_actions, self._scale = self.game.num_actions, self.game.scale
        self._unit = self.game.reward_scale
        self._scales = np.tile(self._scale, (self.game.num_agents, 1))
        more = (*["replaced"] * self._replace, *["action_mask"] * self.MASKED)
        self._judged = Infos(batch.labels, self.game.welfare_scale, more)

    def observation_space(self, agent: str) -> gymnasium.spaces.Space[Any]:
        """The space of one agent's observations, the same object every time."""
        return self._boxes[agent]

    def action_space(self, agent: str) -> gymnasium.spaces.Space[Any]:
        """The space of one agent's actions, the same object every time."""
        return self._discretes[agent]

    def state(self) -> npt.NDArray[np.float32]:
        """All seats' observations [N * F], for centralised critics; no hidden state, no labels."""
        return np.asarray(self._observations().ravel())

    def _observations(self) -> Any:
        flat = self._codes.astype(np.float32)
        flat *= self._scales
        return flat if len(self._shape) == 2 else flat.reshape(self._shape)

    def _masks(self) -> Any:
        bits = np.unpackbits(self._bits, 1, self._num_actions, "little")  # names would cost a third more
        return bits.view(INT8)

    def _mask_of(self, seat: int) -> Any:
        bits = np.unpackbits(self._bits[seat], count=self._num_actions, bitorder="little")
        return bits.view(INT8)

    def _begin(self, seed: int | None) -> None:
        if seed is not None:
            self.batch.reset(seed)
        elif self._begun:
            self.batch.reset()
        self._begun = True
        self.cycles = 0
        self._chosen[:] = NOOP
        self.agents = list(self.possible_agents)

    def _infos(self, replaced: list[bool]) -> list[dict[str, Any]]:
        """The infos of the last step, one flat dictionary a seat."""
        infos = self._judged(self._ledger, self._welfare)
        if self._replace:
            for info, was in zip(infos, replaced, strict=True):
                info["replaced"] = np.int64(was)
        return infos

    def _cut(self) -> bool:
        return self.max_cycles is not None and self.cycles >= self.max_cycles

    def _one(self, seat: int, action: Any, mask: Any) -> tuple[int, bool]:
        """A seat's action, checked; and whether it was replaced."""
        who = self.possible_agents[seat]
        value = one_action(action, self._num_actions, who)
        if mask[value]:
            return value, False
        if not self._replace:
            raise ActionError.illegal(who, value, np.flatnonzero(mask), self.game.action_names, ADVICE)
        return int(mask.argmax()), True


class ParallelGame(_Table, ParallelEnv):  # type: ignore[misc]
    """All live agents act at once.

    Args:
        game: id (``steward-v1``) or made game.
        max_cycles: steps after which the episode is truncated, besides the game's own horizon.
        labels: "taken", "full" (also what else was open), or "off" (no ledger, no choice points).
        illegal: "refuse" raises ActionError; "replace" plays the lowest-numbered legal action instead
            and says so in ``infos[agent]["replaced"]``.
        render_mode: "rgb_array", "human" or None.
        settings: of the game, where it is given by id.
    """

    KEPT: ClassVar[tuple[str, ...]] = ("agents", "cycles")
    MASKED = True

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[ByAgent, ByAgent]:
        """Begin an episode; options are ignored.

        Returns:
            observations and infos by agent.
        """
        self._begin(seed)
        self._refresh()
        self._show()
        return self._views(self._infos([False] * len(self.agents)))

    def _refresh(self) -> None:
        self._live = [(agent, self._seats[agent]) for agent in self.agents]
        self._goes_on = dict.fromkeys(self.agents, False)

    def _views(self, infos: list[dict[str, Any]]) -> tuple[ByAgent, ByAgent]:
        seen: ByAgent = {}
        told: ByAgent = {}
        every = zip(self.possible_agents, self._observations(), self._masks(), infos, strict=True)
        for agent, observation, mask, info in every:
            info["action_mask"] = mask
            seen[agent] = observation
            told[agent] = info
        if len(self.agents) < len(seen):
            return {a: seen[a] for a in self.agents}, {a: told[a] for a in self.agents}
        return seen, told

    def step(self, actions: Mapping[str, Any]) -> tuple[ByAgent, ByAgent, ByAgent, ByAgent, ByAgent]:
        """Advance by one step.

        Args:
            actions: one legal action for every agent in `agents`.

        Returns:
            observations, rewards, terminations, truncations, infos of the agents that acted; five
            empty dictionaries where no agent is left and none acts.

        Raises:
            ActionError: an agent is missing or unknown, or an action is refused. Nothing has changed.
            EndedError: actions were given after the end, or before the first reset.
        """
        if type(actions) is not dict:
            actions = self._plain(actions)
        if not self.agents:
            if actions:
                raise EndedError(f"{self.game.id}: no agent is left to act: call reset()")
            return {}, {}, {}, {}, {}
        replaced = self._write(actions)
        self.batch.step(self._chosen)
        self.cycles += 1
        observations, infos = self._views(self._infos(replaced))
        unit, cut, live = self._unit, self._cut(), self._live
        reward = self._reward.tolist()
        terminated, truncated = self._terminated.tolist(), self._truncated.tolist()
        rewards = {a: reward[s] / unit for a, s in live}
        terminations, truncations = self._goes_on.copy(), self._goes_on.copy()
        if cut or 1 in terminated or 1 in truncated:
            terminations = {a: terminated[s] != 0 for a, s in live}
            truncations = {a: cut or truncated[s] != 0 for a, s in live}
            self.agents = [a for a in self.agents if not (terminations[a] or truncations[a])]
            self._refresh()
        self._show()
        return observations, rewards, terminations, truncations, infos

    def _plain(self, actions: Mapping[str, Any]) -> ByAgent:
        """Actions as a plain dictionary, which has no defaults."""
        if not isinstance(actions, Mapping):
            raise ActionError(f"actions are a mapping from agents to actions, not {type(actions).__name__}")
        return dict(actions)

    def _write(self, actions: ByAgent) -> list[bool]:
        """Put the agents' actions into `_chosen`; which of them were replaced [N]."""
        if len(actions) != len(self._live):
            strange = [a for a in actions if a not in self.agents]
            if strange:
                raise ActionError(f"{strange[0]!r} is not among the agents {', '.join(self.agents)}")
        chosen = [NOOP] * len(self.possible_agents)
        replaced = [False] * len(self.possible_agents)
        masks, count = self._masks() if self._replace else None, self._num_actions
        for agent, seat in self._live:
            try:
                action = actions[agent]
            except KeyError:
                raise ActionError(f"no action was given for {agent}") from None
            if masks is not None:
                chosen[seat], replaced[seat] = self._one(seat, action, masks[seat])
            elif type(action) is int and 0 <= action < count:
                chosen[seat] = action
            else:
                chosen[seat] = one_action(action, count, agent)
        self._chosen[0] = chosen
        return replaced


class AECGame(_Table, AECEnv):  # type: ignore[misc]
    """One agent acts at a time; arguments as in `ParallelGame`."""

    KEPT: ClassVar[tuple[str, ...]] = (
        "agents", "cycles", "agent_selection", "rewards", "_cumulative_rewards", "terminations",
        "truncations", "infos", "_chosen", "_replaced", "_queue", "_skip_agent_selection", "_adrift",
    )  # fmt: skip
    agent_selection: Any = None
    _skip_agent_selection: Any = None

    def _space(self, box: gymnasium.spaces.Box) -> gymnasium.spaces.Space[Any]:
        mask = gymnasium.spaces.Box(0, 1, (self.game.num_actions,), np.int8)
        return gymnasium.spaces.Dict({"observation": box, "action_mask": mask})

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        """Begin an episode; options are ignored."""
        self._begin(seed)
        self._replaced = [False] * len(self.agents)
        self.rewards = dict.fromkeys(self.agents, 0.0)
        self._cumulative_rewards = dict.fromkeys(self.agents, 0.0)
        self.terminations = dict.fromkeys(self.agents, False)
        self.truncations = dict.fromkeys(self.agents, False)
        self.infos = dict(zip(self.agents, self._infos(self._replaced), strict=True))
        self._skip_agent_selection = None
        self._drift()
        self._accumulate_rewards()
        self._deads_step_first()
        self._show()

    def shown_seat(self) -> int:
        """Whose choice the picture shows: the selected agent's."""
        return self.seat(self.agent_selection)

    def _line_up(self) -> None:
        """Queue the seats that are to move, and select the first."""
        moving = self._to_move.tolist()
        self._queue = [a for a in self.agents if moving[self._seats[a]] and not self._ended(a)]
        self._adrift = not self._queue
        if self._queue:
            self.agent_selection = self._queue.pop(0)

    def observe(self, agent: str) -> dict[str, Any]:
        """One agent's observation and action mask, as before the choices of this step."""
        seat = self._seats[agent]
        flat = np.multiply(self._codes[seat], self._scale, dtype=np.float32)
        return {"observation": flat.reshape(self._shape[1:]), "action_mask": self._mask_of(seat)}

    def step(self, action: Any) -> None:
        """Choose for `agent_selection`; None for an agent that is terminated or truncated.

        Raises:
            ActionError: the action is refused. Nothing has changed.
            EndedError: no agent is left, or the environment was never reset.
        """
        if not self.agents:
            raise EndedError(f"{self.game.id}: no agent is left to act: call reset()")
        agent = self.agent_selection
        if self.terminations[agent] or self.truncations[agent]:
            if action is not None:
                raise ActionError(f"{agent} has ended: its only action is None, not {action!r}")
            self._was_dead_step(None)
            if self._adrift and self.agents and not any(self._ended(a) for a in self.agents):
                self._drift()
                self._accumulate_rewards()
                self._deads_step_first()
            return
        seat = self._seats[agent]
        value, replaced = self._one(seat, action, self._mask_of(seat))
        self._chosen[0, seat] = value
        self._replaced[seat] = replaced
        self._cumulative_rewards[agent] = 0.0
        self._clear_rewards()
        if self._queue:
            self.agent_selection = self._queue.pop(0)
            return
        self._advance()
        self._show()
        self._accumulate_rewards()
        self._deads_step_first()

    def _advance(self) -> None:
        """Step the game with the choices collected, on to the next decision or end."""
        self.batch.step(self._chosen)
        self._settle(self._infos(self._replaced))
        self._chosen[:] = NOOP
        self._replaced = [False] * len(self.possible_agents)
        self._drift()

    def _drift(self) -> None:
        """While nobody is to move and nobody has ended, let the game go on by itself."""
        while not any(self._ended(a) for a in self.agents) and not any(self._to_move.tolist()):
            self.batch.step(self._chosen)
            self._settle(None)
        self._line_up()

    def _ended(self, agent: str) -> bool:
        return self.terminations[agent] or self.truncations[agent]

    def _settle(self, infos: list[dict[str, Any]] | None) -> None:
        """Take over what the last step of the game gave."""
        self.cycles += 1
        cut, reward, unit = self._cut(), self._reward.tolist(), self.game.reward_scale
        terminated, truncated = self._terminated.tolist(), self._truncated.tolist()
        for agent in self.agents:
            seat = self._seats[agent]
            self.rewards[agent] += reward[seat] / unit
            self.terminations[agent] = terminated[seat] != 0
            self.truncations[agent] = cut or truncated[seat] != 0
            if infos is not None:
                self.infos[agent] = infos[seat]
            elif "welfare" in self.infos[agent]:
                self.infos[agent]["welfare"] += int(self._welfare[seat]) / self.game.welfare_scale


def parallel_env(game: Game | str, **arguments: Any) -> ParallelGame:
    """A parallel environment; arguments as in `ParallelGame`."""
    return ParallelGame(game, **arguments)


def raw_env(game: Game | str, **arguments: Any) -> AECGame:
    """An AEC environment without wrappers."""
    return AECGame(game, **arguments)


def env(game: Game | str, **arguments: Any) -> OrderEnforcingWrapper:
    """An AEC environment that also enforces PettingZoo's order of calls."""
    return OrderEnforcingWrapper(raw_env(game, **arguments))


def __getattr__(name: str) -> Any:
    """``steward_v1`` and its like: PettingZoo's usual namespace of env, raw_env and parallel_env."""
    base, _, version = name.rpartition("_v")
    if f"{base}-v{version}" not in games():
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    makers = {f.__name__: functools.partial(f, f"{base}-v{version}") for f in (env, raw_env, parallel_env)}
    return types.SimpleNamespace(__name__=name, **makers)
