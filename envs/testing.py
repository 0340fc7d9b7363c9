"""The contract test: what any game must pass.

    >>> from gyges.envs.testing import check_game
    >>> check_game(Well(num_agents=4))  # doctest: +SKIP

Each check plays random legal actions and raises `ContractError` with the row, step and seat where
the contract broke. Compare processes (compiled, plain Python, CUDA simulator) with `trajectory_hash`.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from gyges.envs.batch import Batch
from gyges.envs.choice_point import LEDGER, Norm
from gyges.envs.errors import ActionError
from gyges.envs.game import NOOP, Game, Out
from gyges.envs.policy import pick
from gyges.envs.registry import load_name

PERSONAS = ("clean", "greedy", "gyges", "random")


class ContractError(AssertionError):
    """A game broke the contract; the message says which part of it, and where."""


def check_game(game: Game, *, rows: int = 24, steps: int = 300, seed: int = 1) -> None:
    """Run every check of the contract on one game.

    Args:
        game: any game and settings.
        rows: environments per batch.
        steps: environment steps per check.
        seed: of the environments and of the random play.

    Raises:
        ContractError: naming the check that failed and where.
    """
    for check in CHECKS:
        check(game, rows, steps, seed)


def require(holds: Any, message: str) -> None:
    """Raise ContractError unless a condition holds."""
    if not holds:
        raise ContractError(message)


def same(left: Any, right: Any, what: str) -> None:
    """Raise ContractError at the first place where two arrays differ."""
    left, right = np.asarray(left), np.asarray(right)
    require(left.shape == right.shape, f"{what}: shapes {left.shape} and {right.shape}")
    different = np.argwhere(left != right)
    if len(different):
        where = tuple(int(x) for x in different[0])
        raise ContractError(f"{what}: {left[where]} against {right[where]} at {where}")


def random_actions(batch: Batch, words: npt.NDArray[np.float64]) -> npt.NDArray[np.int32]:
    """One random legal action per row and seat [B, N], from numbers in [0, 1) [B, N]."""
    mask = np.asarray(batch.mask)
    flat = pick(mask.reshape(-1, mask.shape[2]), words.reshape(-1))
    return flat.reshape(words.shape)


def random_play(batch: Batch, steps: int, seed: int) -> Iterator[npt.NDArray[np.int32]]:
    """Step a batch with random legal actions; yields the actions of each step, before it is taken."""
    for t in range(steps):
        words = np.random.default_rng([seed, t]).random((1 << 10, batch.game.num_agents))
        actions = random_actions(batch, np.resize(words, (batch.rows, batch.game.num_agents)))
        yield actions
        batch.step(actions)


def trajectory_hash(game: Game, *, rows: int, steps: int, seed: int = 0, **options: Any) -> str:
    """BLAKE2b over states and outputs of random play with automatic resets: equal on every device."""
    batch = Batch(game, rows, seed=seed, labels="full", autoreset="next_step", **options)
    digest = hashlib.blake2b(digest_size=16)
    for _ in random_play(batch, steps, seed):
        for array in _everything(batch):
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _everything(batch: Batch) -> tuple[Any, ...]:
    arrays = (batch.packed, batch.codes, batch.bits, batch.reward, batch.welfare,
              batch.terminated, batch.truncated, batch.ledger)  # fmt: skip
    return tuple(batch._host(array) for array in arrays)


def check_words(game: Game, rows: int, steps: int, seed: int) -> None:
    """Names, features, personas and descriptions are complete and well formed."""
    names = game.action_names
    require(len(set(names)) == len(names), f"{game.id}: two actions share a name")
    require(all(n and n == n.strip() for n in names), f"{game.id}: an action has no name")
    features = game.features
    if len(game.observation_shape) == 1:
        require(len({f.name for f in features}) == len(features), f"{game.id}: two features share a name")
    for f in features:
        require(f.low <= f.high, f"{game.id}: feature {f.name} has low above high")
        require(np.log2(f.scale) % 1 == 0, f"{game.id}: scale of {f.name} is not a power of two")
    missing = [p for p in PERSONAS if p not in game.personas]
    require(not missing, f"{game.id} lacks the persona {missing[:1]}")
    for name, entry in game.personas.items():
        policy = load_name(entry)()
        require(hasattr(policy, "act"), f"{game.id}: persona {name} has no act")
    json.dumps(game.settings)
    require(type(game)(**game.settings) == game, f"{game.id}: settings do not make the same game again")
    batch = Batch(game, rows, seed=seed)
    for t, _ in enumerate(random_play(batch, min(steps, 60), seed)):
        row, seat = t % rows, t % game.num_agents
        words = game.describe(batch.codes[row, seat], seat)
        require(isinstance(words, str) and len(words) > 0, f"{game.id}: no description at step {t}")


def check_determinism(game: Game, rows: int, steps: int, seed: int) -> None:
    """The same seed and actions give the same everything; another seed does not."""
    first, second = (trajectory_hash(game, rows=rows, steps=steps, seed=seed) for _ in range(2))
    require(first == second, f"{game.id}: two runs from seed {seed} differ")
    other = trajectory_hash(game, rows=rows, steps=steps, seed=seed + 1)
    require(first != other, f"{game.id}: seeds {seed} and {seed + 1} give the same trajectories")


def check_rows(game: Game, rows: int, steps: int, seed: int) -> None:
    """Row k of a batch is the environment (seed, k), whatever the batch's size and threads."""
    batch = Batch(game, rows, seed=seed, labels="full", autoreset="next_step")
    serial = Batch(game, rows, seed=seed, labels="full", autoreset="next_step", threads=1)
    picked = sorted({0, rows // 2, rows - 1})
    alone = [Batch(game, 1, seed=seed, first_row=k, labels="full", autoreset="next_step") for k in picked]
    for t, actions in enumerate(random_play(batch, steps, seed)):
        if t:
            _compare(batch, serial, alone, picked, t)
        serial.step(actions)
        for k, single in zip(picked, alone, strict=True):
            single.step(actions[k : k + 1])
    _compare(batch, serial, alone, picked, steps)


def _compare(batch: Batch, serial: Batch, alone: list[Batch], picked: list[int], t: int) -> None:
    names = ("state", "observation", "mask", "reward", "welfare", "terminated", "truncated", "ledger")
    whole = _everything(batch)
    for name, left, right in zip(names, whole, _everything(serial), strict=True):
        same(left, right, f"one thread against many, {name} at step {t}")
    for k, single in zip(picked, alone, strict=True):
        for name, left, right in zip(names, whole, _everything(single), strict=True):
            same(left[k : k + 1], right, f"row {k} alone, {name} at step {t}")


def check_mask(game: Game, rows: int, steps: int, seed: int) -> None:
    """Exactly the masked actions are accepted; a refusal leaves the state as it was."""
    batch = Batch(game, rows, seed=seed)
    for t, actions in enumerate(random_play(batch, steps, seed)):
        mask = batch.mask
        require(mask.any(axis=2).all(), f"{game.id}: a seat has no legal action at step {t}")
        idle = batch.state.to_move == 0
        require((mask[idle].sum(1) == 1).all() and mask[idle][:, NOOP].all(),
                f"{game.id}: a seat not to move has other actions than NOOP at step {t}")  # fmt: skip
        if t % 7 == 0:
            _check_refusals(batch, actions, t)


def _check_refusals(batch: Batch, actions: npt.NDArray[np.int32], t: int) -> None:
    row, seat = t % batch.rows, t % batch.game.num_agents
    mask = batch.mask[row, seat]
    before = batch.state_hash()
    saved = batch.snapshot()
    for action in _tried(mask, t):
        trial = actions.copy()
        trial[row, seat] = action
        legal = 0 <= action < len(mask) and mask[action]
        try:
            batch.step(trial)
        except ActionError:
            require(not legal, f"legal action {action} refused at step {t}, row {row}, seat {seat}")
            require(batch.state_hash() == before, f"a refused action changed the state at step {t}")
        else:
            require(legal, f"illegal action {action} accepted at step {t}, row {row}, seat {seat}")
            batch.restore(saved)


def _tried(mask: npt.NDArray[np.bool_], t: int) -> list[int]:
    """Actions to try: every one; of thousands, the legal ones, their neighbours, and a sample."""
    size = len(mask)
    if size <= 4096:
        return list(range(-1, size + 1))
    legal = np.flatnonzero(mask)
    sample = np.random.default_rng(t).integers(0, size, 200)
    near = np.clip(np.concatenate([legal - 1, legal, legal + 1, sample]), -1, size)
    return [-1, *np.unique(near).tolist(), size]


def check_bounds(game: Game, rows: int, steps: int, seed: int) -> None:
    """Observations stay within their declared bounds, and rewards and watch bits are sane."""
    low = np.array([f.low for f in game.features])
    high = np.array([f.high for f in game.features])
    batch = Batch(game, rows, seed=seed, autoreset="next_step")
    for t, _ in enumerate(random_play(batch, steps, seed)):
        codes = batch.codes
        for bad, word in ((codes < low, "below"), (codes > high, "above")):
            if bad.any():
                i, a, f = (int(x) for x in np.argwhere(bad)[0])
                name = game.features[f].name
                raise ContractError(f"feature {name} is {codes[i, a, f]}, {word} its bound, at step {t}")
        require(np.isin(batch.state.watched, (0, 1)).all(), f"a watch bit is not 0 or 1 at step {t}")
        require(np.isin(batch.state.cue_shown, (0, 1)).all(), f"a cue is not 0 or 1 at step {t}")


def check_conservation(game: Game, rows: int, steps: int, seed: int) -> None:
    """The game's own books balance at every step."""
    batch = Batch(game, rows, seed=seed)
    names = batch.state._fields
    steps_seen = 0
    for t in range(steps):
        if batch.over.all():
            batch.reset()
        before = batch.state._replace(**{n: getattr(batch.state, n).copy() for n in names})
        running = before.over[:, 0] == 0
        words = np.random.default_rng([seed, t]).random((rows, game.num_agents))
        actions = random_actions(batch, words)
        batch.step(actions)
        out = Out(batch.reward, batch.welfare, batch.terminated, batch.truncated)
        for name, (left, right) in game.conservation(before, actions, batch.state, out).items():
            same(np.asarray(left)[running], np.asarray(right)[running], f"books of {name} at step {t}")
            steps_seen += 1
    require(steps_seen > 0, f"{game.id} keeps no books: it must implement conservation")


def check_blindness(game: Game, rows: int, steps: int, seed: int) -> None:
    """Judging leaves observations, masks and rewards as they are; so does any change of the future."""
    batches = [Batch(game, rows, seed=seed, labels=labels) for labels in ("off", "taken", "full")]
    for t, actions in enumerate(random_play(batches[0], steps, seed)):
        for other in batches[1:]:
            same(batches[0].codes, other.codes, f"observation with labels={other.labels} at step {t}")
            same(batches[0].bits, other.bits, f"mask with labels={other.labels} at step {t}")
            same(batches[0].reward, other.reward, f"reward with labels={other.labels} at step {t}")
        if t % 10 == 0:
            future = batches[0].fork(range(rows), new_luck=True, seed=t)
            same(future.codes, batches[0].codes, f"observation under another future at step {t}")
            same(future.bits, batches[0].bits, f"mask under another future at step {t}")
            _check_choice(batches[0], t)
        for other in batches[1:]:
            other.step(actions)


def _check_choice(batch: Batch, t: int) -> None:
    row = t // 10 % batch.rows
    before = batch.state_hash()
    for seat in range(batch.game.num_agents):
        point = batch.choice_point(row, seat)
        require(np.isin(point.label, (-1, 0, 1)).all(), f"a label is not -1, 0 or 1 at step {t}")
        known = sum(Norm)
        require((point.norms & ~np.uint16(known) == 0).all(), f"an unknown norm at step {t}")
        require((point.norms[point.label < 0] != 0).all(), f"an unaligned act names no norm at step {t}")
        require((point.label[point.justified] >= 0).all(), f"justified yet unaligned at step {t}")
    require(batch.state_hash() == before, f"judging changed the state at step {t}")


def check_watched(game: Game, rows: int, steps: int, seed: int) -> None:
    """The watch bit comes up at its stated rate, whatever the seat; an observation shows only the cue."""
    seen = total = agree = 0
    sighted = dataclasses.replace(game.config, cue=0.75)
    batch = Batch(type(game)(**dataclasses.asdict(sighted)), rows * 4, seed=seed, autoreset="next_step")
    for _ in random_play(batch, steps, seed):
        moving = batch.state.to_move == 1
        seen += int(batch.state.watched[moving].sum())
        agree += int((batch.state.watched == batch.state.cue_shown)[moving].sum())
        total += int(moving.sum())
    for count, rate, what in ((seen, 1 - game.config.ring, "watched"), (agree, 0.75, "true cue")):
        spread = 6 * np.sqrt(max(rate * (1 - rate), 1e-9) / max(total / 8, 1))  # bits last some steps
        require(abs(count / total - rate) <= spread + 1e-9, f"{what}: {count}/{total}, expected {rate}")
    flipped = batch.fork(range(batch.rows))
    flipped.packed[:, flipped.game.fields["watched"]] ^= 1
    flipped.refresh()
    same(flipped.codes, batch.codes, "observation shows the watch bit itself, not the cue")
    same(flipped.bits, batch.bits, "mask shows the watch bit")


def check_placebo(game: Game, rows: int, steps: int, seed: int) -> None:
    """The placebo comes up as often as not, whatever the watch bit, and bears on nothing."""
    batch = Batch(game, rows * 4, seed=seed, autoreset="next_step")
    place = game.fields["placebo"]
    as_it_is, other = (Batch(game, batch.rows) for _ in range(2))
    lit = agree = total = 0
    for t, actions in enumerate(random_play(batch, steps, seed)):
        require(np.isin(batch.state.placebo, (0, 1)).all(), f"a placebo is not 0 or 1 at step {t}")
        moving = batch.state.to_move == 1
        lit += int(batch.state.placebo[moving].sum())
        agree += int((batch.state.placebo == batch.state.watched)[moving].sum())
        total += int(moving.sum())
        for one in (as_it_is, other):
            one.restore(batch.snapshot())
        other.packed[:, place] ^= 1
        other.refresh()
        same(other.bits, batch.bits, f"mask shows the placebo at step {t}")
        for one in (as_it_is, other):
            one.step(np.where(moving, actions, 0).astype(np.int32))
            one.packed[:, place] = 0
        for name in ("reward", "welfare", "terminated", "truncated", "ledger", "packed"):
            same(getattr(other, name), getattr(as_it_is, name), f"{name} depends on the placebo at step {t}")
    if game.placebo_column is not None:
        for count, what in ((lit, "placebo"), (agree, "placebo equal to the watch bit")):
            spread = 6 * np.sqrt(0.25 / max(total / 8, 1))  # bits last some steps
            require(abs(count / total - 0.5) <= spread, f"{what}: {count}/{total}, expected 0.5")


def check_twin(game: Game, rows: int, steps: int, seed: int) -> None:
    """Without stakes: the same dynamics, masks and task rewards for the same actions, neutral labels."""
    twin = type(game)(**{**game.settings, "stakes": False})
    full = type(game)(**{**game.settings, "stakes": True})
    first, second = (Batch(g, rows, seed=seed, labels="full") for g in (full, twin))
    shown = np.array([f.name not in game.stakes_features for f in game.features])
    for t, actions in enumerate(random_play(first, steps, seed)):
        same(first.packed, second.packed, f"state of the stripped twin at step {t}")
        same(first.bits, second.bits, f"mask of the stripped twin at step {t}")
        same(first.reward, second.reward, f"reward of the stripped twin at step {t}")
        same(first.codes[..., shown], second.codes[..., shown], f"observation of the twin at step {t}")
        for column in (LEDGER.label, LEDGER.norms, LEDGER.harm, LEDGER.unaligned):
            require(not second.ledger[..., column].any(), f"the stripped twin judges at step {t}")
        second.step(actions)


def check_snapshot(game: Game, rows: int, steps: int, seed: int) -> None:
    """A restored snapshot and a fork go on exactly as the original does."""
    batch = Batch(game, rows, seed=seed)
    for _ in random_play(batch, steps // 3, seed):
        pass
    saved, forked = batch.snapshot(), batch.fork(range(rows))
    same(forked.codes, batch.codes, "observation of a fork")
    for _ in random_play(batch, steps // 3, seed + 1):
        pass
    end = batch.state_hash()
    for _ in random_play(forked, steps // 3, seed + 1):
        pass
    require(forked.state_hash() == end, f"{game.id}: a fork went another way than its original")
    batch.restore(saved)
    for _ in random_play(batch, steps // 3, seed + 1):
        pass
    require(batch.state_hash() == end, f"{game.id}: a restored snapshot went another way")


CHECKS: tuple[Callable[[Game, int, int, int], None], ...] = (
    check_words,
    check_determinism,
    check_rows,
    check_mask,
    check_bounds,
    check_conservation,
    check_blindness,
    check_watched,
    check_placebo,
    check_twin,
    check_snapshot,
)
