"""What the adapters of PettingZoo, Gymnasium and stable-baselines3 share.

`ExternalSeats` lets chosen seats of a batch act from outside, with background policies in the others.
Beside it stand the spaces (`gyges.envs._spaces`) and what an environment of one row can be asked
(`gyges.envs._single_env`).

Actions that are not legal are refused with `ActionError` before anything changes. Algorithms that
know no masks can ask for ``illegal="replace"``: the lowest-numbered legal action is then played in
their place, and `infos` say so (``replaced``).
"""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from gyges.envs.batch import Batch
from gyges.envs.choice_point import LEDGER, severity
from gyges.envs.errors import ActionError, ConfigError, UnknownNameError, WithheldError
from gyges.envs.game import Game
from gyges.envs.options import check_choice
from gyges.envs.policy import Decision, Observation, Policy
from gyges.envs.registry import load_name, make
from gyges.envs.rollout import External, Seating

ADVICE = (
    'an algorithm that knows no masks plays with illegal="replace": the lowest-numbered legal action instead'
)
TAKEN = ("moved", "label", "norms", "harm", "justified", "knowable", "watched")
FULL = (*TAKEN, "clean", "unaligned", "stake", "counted", "severity")


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


# Actions.


def one_action(action: Any, num_actions: int, who: str) -> int:
    """One seat's action as an int.

    Raises:
        ActionError: not an integer, or out of range.
    """
    try:
        value = None if isinstance(action, (bool, np.bool_)) else operator.index(action)
    except TypeError:
        value = None
    if value is None:
        raise ActionError(f"{who}: an action is an integer, not {action!r}")
    if not 0 <= value < num_actions:
        raise ActionError(f"{who}: actions lie between 0 and {num_actions - 1}, not {value}")
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


def seat_info(batch: Batch, row: int, seat: int, replaced: bool | None, mask: Any) -> dict[str, Any]:
    """The same of one seat of one row, as NumPy scalars: what wrappers read a type and a shape of."""
    info: dict[str, Any] = {"action_mask": mask}
    if replaced is not None:
        info["replaced"] = np.int64(replaced)
    if batch.labels == "off":
        return info
    entry, scale = batch.ledger[row, seat].astype(np.int64), batch.game.welfare_scale
    for name in TAKEN if batch.labels == "taken" else FULL[:-1]:
        info[name] = entry[getattr(LEDGER, name)]
    info["harm"] = info["harm"] / scale
    if batch.labels == "full":
        info["severity"] = np.float64(int(severity(entry)) / scale)
    info["welfare"] = np.float64(batch.welfare[row, seat] / scale)
    return info


def require_labels(batch: Batch) -> None:
    """Raise WithheldError where a batch keeps no labels."""
    if batch.labels == "off":
        raise WithheldError(f'{batch.game.id} was made with labels="off": no choice points')


# Several rows, some seats.


class ExternalSeats:
    """Chosen seats of every row of a batch act from outside; background policies play the others.

    Rows are not reset by themselves: the adapters do that by their own rules. Arrays are indexed by
    row and chosen seat [B, K].

    Args:
        game: the game.
        rows: environments B.
        seats: the chosen seats, K of them.
        background: as in `backgrounds`.
        labels: as in `Batch`.
        illegal: "refuse" or "replace".
        seed, first_row: of the environments, as in `Batch`, and seed of the background policies' randomness;
            by default environments that nobody can foresee until they are reset with a seed.
        threads: as in `Batch`.

    Attributes:
        batch: the environments, autoreset disabled.
        seating: who sits at them.
        seats: the chosen seats.
        replaced: whose last action was replaced [B, K].
        begun: whether they were ever reset.

    Raises:
        ConfigError: no such seat, one seat twice, or a background that does not fit.
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
        seed: int | None = None,
        first_row: int = 0,
        threads: int | None = None,
    ) -> None:
        for k in seats:
            if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or not 0 <= k < game.num_agents:
                raise ConfigError(f"{game.id} has seats 0 to {game.num_agents - 1}, not {k!r}")
        self.game = game
        self.seats = [int(k) for k in seats]
        if len(set(self.seats)) < len(self.seats):
            raise ConfigError(f"a seat is chosen once, not {self.seats}")
        self.replace = check_choice("illegal", illegal, ("refuse", "replace")) == "replace"
        others = backgrounds(game, self.seats, background)
        self.batch = Batch(game, rows, seed=fresh_seed() if seed is None else seed, labels=labels,
                           first_row=first_row, threads=threads)  # fmt: skip
        self._external = External()
        table = [others.get(k, self._external) for k in range(game.num_agents)]
        self.seating = Seating(self.batch, table, seed=seed or 0)
        self._columns: Any = slice(None) if self.seats == [*range(game.num_agents)] else self.seats
        self._order: Any = slice(None) if self.seats == sorted(self.seats) else np.argsort(self.seats)
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
        self._external.next = Decision(chosen[:, self._order].reshape(-1))
        self.seating.step()
        self.replaced = replaced

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
        inside = np.clip(array, 0, self.game.num_actions - 1).astype(np.int32)
        bits = np.take_along_axis(self.batch.bits[:, self._columns], (inside >> 3)[..., None], axis=2)[..., 0]
        wrong = (bits >> (inside & 7)) & 1 == 0
        replaced = wrong & counts
        if not wrong.any():
            return inside, replaced
        masks = self.masks
        if replaced.any() and not self.replace:
            row, k = (int(x) for x in np.argwhere(replaced)[0])
            who, legal = f"row {row}, seat {self.seats[k]}", np.flatnonzero(masks[row, k])
            raise ActionError.illegal(who, int(array[row, k]), legal, self.game.action_names, ADVICE)
        return np.where(wrong, masks.argmax(axis=2), inside).astype(np.int32), replaced

    def observation(self) -> Observation:
        """What the chosen seats see as a policy would, their pairs in row-major order."""
        return self.seating.observation(self.seating.group(self._external))

    @property
    def masks(self) -> npt.NDArray[np.bool_]:
        """Legal actions [B, K, A]."""
        bits = self.batch.bits[:, self._columns]
        return np.unpackbits(bits, axis=2, count=self.game.num_actions, bitorder="little").view(np.bool_)

    @property
    def observations(self) -> npt.NDArray[np.float32]:
        """Observations float32 [B, K, *observation_shape], a new array."""
        codes = self.batch.codes[:, self._columns]
        flat = np.multiply(codes, self.game.scale, dtype=np.float32)
        return np.asarray(flat.reshape(*codes.shape[:2], *self.game.observation_shape))

    @property
    def rewards(self) -> npt.NDArray[np.float64]:
        """Task rewards of the last step [B, K], in the game's reward unit."""
        return np.asarray(self.batch.reward[:, self._columns] / self.game.reward_scale)

    @property
    def terminated(self) -> npt.NDArray[np.bool_]:
        """Whose part has ended by the rules [B, K]."""
        return np.asarray(self.batch.terminated[:, self._columns] != 0)

    @property
    def truncated(self) -> npt.NDArray[np.bool_]:
        """Whose episode was cut [B, K]."""
        return np.asarray(self.batch.truncated[:, self._columns] != 0)

    @property
    def infos(self) -> dict[str, npt.NDArray[Any]]:
        """Infos as arrays [B, K]."""
        replaced = self.replaced if self.replace else None
        return info_columns(self.batch, self._columns, replaced, self.masks.astype(np.int8))
