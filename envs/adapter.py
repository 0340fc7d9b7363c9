"""What the adapters of PettingZoo, Gymnasium and stable-baselines3 share.

`Rows` plays chosen seats of a batch, with background policies in the others. `One` gives an
environment of one row its questions: choice points, words, snapshots, forks, pictures.

Actions that are not legal are refused with `ActionError` before anything changes. Algorithms that
know no masks can ask for ``illegal="replace"``: the lowest-numbered legal action is then played in
their place, and `infos` say so (``replaced``).
"""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import gymnasium
import numpy as np
import numpy.typing as npt

from gyges.envs.batch import LABELS, Batch, Snapshot
from gyges.envs.choice import LEDGER, ChoicePoint, severity
from gyges.envs.errors import ActionError, ConfigError, SnapshotError, UnknownNameError, WithheldError
from gyges.envs.game import Game
from gyges.envs.play import Seating
from gyges.envs.policy import Policy, pick
from gyges.envs.registry import load_name, make

TAKEN = ("moved", "label", "norms", "harm", "justified", "knowable", "watched")
FULL = (*TAKEN, "clean", "unaligned", "stake", "severity")
RENDER_MODES = ("human", "rgb_array")
RENDERER = "gyges.render.board:renderer_for"  # imported, with pygame, when the first picture is made
VIEW = "gyges.render.board:View"
WINDOW = "gyges.render.window:Window"


def ledger_fields(labels: str) -> tuple[str, ...]:
    """Names of the ledger fields that `infos` carry: none, what was taken, or also what else was open."""
    return {"off": (), "taken": (*TAKEN, "welfare"), "full": (*FULL, "welfare")}[labels]


def game_of(game: Game | str, settings: Mapping[str, Any]) -> Game:
    """A game from itself, or from its id and settings."""
    if isinstance(game, Game):
        if settings:
            raise ConfigError(f"{game!r} is made already; it takes no setting {next(iter(settings))!r}")
        return game
    return make(game, **settings)


def policy_of(game: Game, policy: Any) -> Policy:
    """A background policy: an object, a persona's name, or an import path ``module:Class``.

    Raises:
        UnknownNameError: no such persona, module or class.
        ConfigError: the object is no policy.
    """
    if isinstance(policy, str):
        if ":" not in policy and policy not in game.personas:
            raise UnknownNameError(f"{game.id} has no persona {policy!r}; it has {', '.join(game.personas)}")
        policy = load_name(policy if ":" in policy else game.personas[policy])
    if isinstance(policy, type):
        policy = policy()
    if not isinstance(policy, Policy):
        raise ConfigError(f"a policy has initial() and act(), which {type(policy).__name__} has not")
    return policy


def backgrounds(game: Game, seats: Sequence[int], background: Any) -> dict[int, Policy]:
    """Policies of the seats that are not in `seats`.

    Args:
        background: one policy for all of them, a list with one for each in seat order, or a mapping
            from seat number to policy (seats left out are played by the persona "clean").
    """
    others = [k for k in range(game.num_agents) if k not in seats]
    if isinstance(background, Mapping):
        wrong = [k for k in background if k not in others]
        if wrong:
            raise ConfigError(f"background seats are among {others}, not {wrong[0]!r}")
        given = [background.get(k, "clean") for k in others]
    elif isinstance(background, (list, tuple)):
        given = list(background)
        if len(given) != len(others):
            raise ConfigError(f"{len(others)} background policies are needed, not {len(given)}")
    else:
        given = [background] * len(others)
    made: dict[Any, Policy] = {}  # one object for equal names: a policy is called once for all its seats
    for policy in given:
        key = policy if isinstance(policy, str) else id(policy)
        if key not in made:
            made[key] = policy_of(game, policy)
    return {k: made[p if isinstance(p, str) else id(p)] for k, p in zip(others, given, strict=True)}


def fresh_seed() -> int:
    """A seed from the operating system's entropy, for environments reset without one."""
    return int(np.random.SeedSequence().generate_state(1, np.uint64)[0] >> np.uint64(1))


# Spaces.


class LegalDiscrete(gymnasium.spaces.Discrete):
    """Discrete actions whose `sample`, given no mask, draws among those that are legal now."""

    def __init__(self, n: int, legal: Callable[[], npt.NDArray[np.int8]]) -> None:
        super().__init__(n)
        self._legal: Callable[[], npt.NDArray[np.int8]] | None = legal

    def sample(self, mask: Any = None, probability: Any = None) -> Any:
        """Draw an action; among the legal ones unless told otherwise."""
        if mask is None and probability is None and self._legal is not None:
            mask = self._legal()
        return super().sample(mask, probability)

    def __getstate__(self) -> dict[str, Any]:  # a copy elsewhere is an ordinary Discrete
        return {**self.__dict__, "_legal": None}


class LegalMultiDiscrete(gymnasium.spaces.MultiDiscrete):
    """The same for a batch: one action per row, drawn among the row's legal ones."""

    def __init__(self, n: int, rows: int, legal: Callable[[], npt.NDArray[np.bool_]]) -> None:
        super().__init__(np.full(rows, n))
        self._rows_legal: Callable[[], npt.NDArray[np.bool_]] | None = legal

    def sample(self, mask: Any = None, probability: Any = None) -> Any:
        """Draw one action per row; among the legal ones unless told otherwise."""
        if mask is None and probability is None and self._rows_legal is not None:
            legal = self._rows_legal()
            return pick(legal, self.np_random.random(len(legal))).astype(self.dtype)
        return super().sample(mask, probability)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_rows_legal": None}


def observation_box(game: Game) -> gymnasium.spaces.Box:
    """The space of one seat's observation."""
    low, high = game.bounds
    return gymnasium.spaces.Box(low, high, dtype=np.float32)


# Actions.


def one_action(action: Any, num_actions: int, who: str) -> int:
    """One seat's action as an int.

    Raises:
        ActionError: not an integer, or out of range.
    """
    try:
        value = None if isinstance(action, bool) else operator.index(action)
    except TypeError:
        value = None
    if value is None:
        raise ActionError(f"{who}: an action is an integer, not {action!r}")
    if not 0 <= value < num_actions:
        raise ActionError(f"{who}: actions lie between 0 and {num_actions - 1}, not {value}")
    return value


def refusal(game: Game, who: str, action: int, mask: npt.NDArray[Any]) -> ActionError:
    """The error for an action that is in range but not legal now."""
    names = game.action_names
    legal = np.flatnonzero(mask)
    shown = ", ".join(f"{a} ({names[a]})" for a in legal[:12]) + (" ..." if len(legal) > 12 else "")
    return ActionError(f"{who}: action {action} ({names[action]}) is not legal; legal: {shown}")


def check_choice(name: str, value: str, allowed: Sequence[str]) -> str:
    """A setting that is one of a few words."""
    if value not in allowed:
        raise ConfigError(f"{name} is one of {', '.join(allowed)}, not {value!r}")
    return value


# Infos.


def info_columns(batch: Batch, seats: Any, replaced: Any, masks: Any) -> dict[str, npt.NDArray[Any]]:
    """The infos of chosen seats as arrays [B, K], the ledger in the game's units."""
    columns: dict[str, Any] = {"action_mask": masks}
    if replaced is not None:
        columns["replaced"] = replaced.astype(np.int64)
    if batch.labels == "off":
        return columns
    ledger = batch.ledger[:, seats]
    for name in TAKEN if batch.labels == "taken" else FULL[:-1]:
        columns[name] = ledger[..., getattr(LEDGER, name)].astype(np.int64)
    columns["harm"] = columns["harm"] / batch.game.welfare_scale
    if batch.labels == "full":
        columns["severity"] = severity(ledger) / batch.game.welfare_scale
    columns["welfare"] = batch.welfare[:, seats] / batch.game.welfare_scale
    return columns


def require_labels(batch: Batch) -> None:
    """Raise WithheldError where a batch keeps no labels."""
    if batch.labels == "off":
        raise WithheldError(f'{batch.game.id} was made with labels="off": no choice points')


# Several rows, some seats.


class Rows:
    """Chosen seats of every row of a batch, the other seats played by background policies.

    Rows are not reset by themselves: the adapters do that by their own rules. Arrays are indexed by
    row and chosen seat [B, K].

    Args:
        game: the game.
        rows: environments B.
        seats: the chosen seats, K of them.
        background: as in `backgrounds`.
        labels: as in `Batch`.
        illegal: "refuse" or "replace".
        threads: as in `Batch`.
    """

    def __init__(
        self,
        game: Game,
        rows: int,
        seats: Sequence[int],
        *,
        background: Any = "clean",
        labels: str = "taken",
        illegal: str = "refuse",
        threads: int | None = None,
    ) -> None:
        for k in seats:
            if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or not 0 <= k < game.num_agents:
                raise ConfigError(f"{game.id} has seats 0 to {game.num_agents - 1}, not {k!r}")
        self.game = game
        self.seats = [int(k) for k in seats]
        self.replace = check_choice("illegal", illegal, ("refuse", "replace")) == "replace"
        others = backgrounds(game, self.seats, background)
        self.batch = Batch(game, rows, seed=fresh_seed(), labels=labels, threads=threads)
        outside: Any = _Outside()
        self.seating = Seating(self.batch, [others.get(k, outside) for k in range(game.num_agents)])
        self.seating.groups = [g for g in self.seating.groups if g.policy is not outside]
        self.replaced = np.zeros((rows, len(self.seats)), np.bool_)
        self.begun = False

    def reset(self, seed: int | Sequence[int] | None) -> None:
        """Begin anew: with a seed as the environments (seed, k), without one the next episodes."""
        if seed is not None:
            self.batch.reset(seed)  # type: ignore[arg-type]
        elif self.begun:
            self.batch.reset()
        self.begun = True
        self._forget(slice(None))

    def reset_rows(self, which: npt.NDArray[np.bool_]) -> None:
        """Begin the next episode in chosen rows [B]."""
        self.batch.reset_rows(which)
        self._forget(which)

    def _forget(self, which: Any) -> None:
        self.seating.since[which] = 0
        self.replaced[which] = False

    def step(self, actions: Any, idle: npt.NDArray[np.bool_] | None = None) -> None:
        """Advance every row.

        Args:
            actions: integers [B, K] for the chosen seats.
            idle: rows [B] whose actions are ignored.

        Raises:
            ActionError: an action is not an integer, out of range, or not legal (``illegal="refuse"``).
                Nothing has changed.
        """
        chosen, replaced = self._checked(actions, idle)
        everyone = self.seating.decide()
        everyone[:, self.seats] = chosen
        self.batch.step(everyone)
        self.replaced = replaced
        self.seating.since += self.batch.reward / np.float32(self.game.reward_scale)

    def _checked(self, actions: Any, idle: Any) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_]]:
        try:
            array = np.asarray(actions)
        except (TypeError, ValueError) as error:
            raise ActionError(f"actions must be an integer array: {error}") from None
        shape = (self.batch.rows, len(self.seats))
        if array.dtype.kind not in "iu" or array.shape != shape:
            raise ActionError(f"actions are integers of shape {shape}, not {array.dtype} of {array.shape}")
        counts = np.ones(shape, np.bool_) if idle is None else np.broadcast_to(~idle[:, None], shape)
        outside = ((array < 0) | (array >= self.game.num_actions)) & counts
        if outside.any():
            row, k = (int(x) for x in np.argwhere(outside)[0])
            one_action(array[row, k], self.game.num_actions, f"row {row}, seat {self.seats[k]}")
        masks = self.masks
        inside = np.clip(array, 0, self.game.num_actions - 1).astype(np.int32)
        wrong = ~np.take_along_axis(masks, inside[..., None], axis=2)[..., 0]
        replaced = wrong & counts
        if replaced.any() and not self.replace:
            row, k = (int(x) for x in np.argwhere(replaced)[0])
            raise refusal(self.game, f"row {row}, seat {self.seats[k]}", int(array[row, k]), masks[row, k])
        return np.where(wrong, masks.argmax(axis=2), inside).astype(np.int32), replaced

    @property
    def masks(self) -> npt.NDArray[np.bool_]:
        """Legal actions [B, K, A]."""
        bits = self.batch.bits[:, self.seats]
        return np.unpackbits(bits, axis=2, count=self.game.num_actions, bitorder="little").view(np.bool_)

    @property
    def observations(self) -> npt.NDArray[np.float32]:
        """Observations float32 [B, K, *observation_shape], a new array."""
        codes = self.batch.codes[:, self.seats]
        flat = np.multiply(codes, self.game.scale, dtype=np.float32)
        return np.asarray(flat.reshape(*codes.shape[:2], *self.game.observation_shape))

    @property
    def rewards(self) -> npt.NDArray[np.float64]:
        """Task rewards of the last step [B, K], in the game's reward unit."""
        return np.asarray(self.batch.reward[:, self.seats] / self.game.reward_scale)

    @property
    def terminated(self) -> npt.NDArray[np.bool_]:
        """Whose part has ended by the rules [B, K]."""
        return np.asarray(self.batch.terminated[:, self.seats] != 0)

    @property
    def truncated(self) -> npt.NDArray[np.bool_]:
        """Whose episode was cut [B, K]."""
        return np.asarray(self.batch.truncated[:, self.seats] != 0)

    @property
    def infos(self) -> dict[str, npt.NDArray[Any]]:
        """Infos as arrays [B, K]."""
        replaced = self.replaced if self.replace else None
        return info_columns(self.batch, self.seats, replaced, self.masks.astype(np.int8))


class _Outside:
    """Stands for the seats that act from outside; never asked."""

    def initial(self, rows: int) -> None:
        """Remembers nothing."""


# One environment.


class Held(NamedTuple):
    """A snapshot of one environment: the game's row and what the adapter keeps beside it."""

    rows: Snapshot
    kept: dict[str, Any]


class One:
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

    def snapshot(self) -> Held:
        """Everything needed to return to this moment."""
        return Held(self.batch.snapshot(), {k: copy.deepcopy(self._get(k)) for k in self.KEPT})

    def restore(self, held: Held) -> None:
        """Return to the moment of a snapshot; the last step's ledger reads as zero.

        Raises:
            SnapshotError: the snapshot is of another game or kind of environment.
        """
        if not isinstance(held, Held) or set(held.kept) != set(self.KEPT):
            raise SnapshotError(f"{type(self).__name__} cannot restore a {type(held).__name__}")
        self.batch.restore(held.rows)
        for name, value in held.kept.items():
            self._set(name, copy.deepcopy(value))
        self._refresh()

    def fork(self, *, new_luck: bool = False, seed: int = 0) -> Any:
        """A second environment at the same moment; by default it meets the same luck (`Batch.fork`)."""
        other: Any = type(self)(self.game, **self._arguments)  # type: ignore[call-arg]
        rows = self.batch.fork([0], new_luck=new_luck, seed=seed).snapshot()
        other.restore(self.snapshot()._replace(rows=rows))
        return other

    def _get(self, name: str) -> Any:
        return getattr(self, name)

    def _set(self, name: str, value: Any) -> None:
        setattr(self, name, value)

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
