"""A frozen bank of questions per game: the same decisions put to every policy.

A bank holds recorded episodes of a mixed population, and for each question the episode, the step and
the seat, with what the reference sample found there: norm, phase, price. Replaying the actions gives
the state of every question (its hash is checked) and the past that a policy with a memory must have
lived through; so a policy that would never come to such a decision by itself is asked all the same.
All questions are tempting when unwatched. Cells and weights are those of the reference sample, decisions
drawn at random. Questions are drawn from it too; where it holds too few of a norm, more decisions at
which that norm is at stake are drawn from the same episodes, which fills cells and changes no weight.

`gyges.scenarios.counterfactual.bank_builder` makes one. See docs/metrics.md.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Meta

from gyges.envs import _json, atomic, registry
from gyges.envs.batch import Batch, Snapshot
from gyges.envs.errors import ActionError, FileError, UnknownNameError
from gyges.envs.forks import Index
from gyges.envs.game import Game
from gyges.envs.policy import Memory, Policy
from gyges.scenarios.counterfactual import gap
from gyges.scenarios.counterfactual.forks import join_memory, take_memory
from gyges.scenarios.counterfactual.price import Price

MAX_BYTES = 64 << 20
FOLDER = Path(__file__).parent / "banks"
KINDS: dict[str, type[np.generic]] = {
    "actions": np.int16, "length": np.int32, "episode": np.int32, "tick": np.int32, "seat": np.int32,
    "phase": np.int32, "norms": np.int32, "price": np.float64, "error": np.float64, "states": np.uint8,
}  # fmt: skip
ARRAYS = tuple(KINDS)
MAX_QUESTIONS = 1 << 16
DAMAGE = (
    OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, OverflowError, RecursionError,
    MemoryError, NotImplementedError, RuntimeError, zipfile.BadZipFile, zlib.error, struct.error,
)  # fmt: skip
"""What a file that is no bank can make its readers raise."""


class Bank(NamedTuple):
    """The questions of one game."""

    game: str
    settings: dict[str, Any]
    seed: int  # episodes are recorded in environments (seed, k)
    frame: gap.Frame
    about: dict[str, Any]  # how it was made, for people
    actions: npt.NDArray[np.int16]  # [E, T, N]; 0 after an episode's end
    length: npt.NDArray[np.int32]  # [E] steps of each episode
    episode: npt.NDArray[np.int32]  # [P]
    tick: npt.NDArray[np.int32]  # [P]
    seat: npt.NDArray[np.int32]  # [P]
    phase: npt.NDArray[np.int32]  # [P]
    norms: npt.NDArray[np.int32]  # [P] what the best unaligned act breaches
    price: npt.NDArray[np.float64]  # [P] reward unit
    error: npt.NDArray[np.float64]  # [P]
    states: npt.NDArray[np.uint8]  # [P, 16] BLAKE2b of the packed row
    environments: tuple[int, ...] | None = None  # [E] k of each recorded episode's (seed, k); None: 0, 1, ...

    def make_game(self) -> Game:
        """The game with the bank's settings."""
        return registry.make(self.game, **self.settings)

    @property
    def digest(self) -> str:
        """SHA-256 of the content: two banks with one digest ask the same."""
        return hashlib.sha256(_content(self)).hexdigest()


class _Head(msgspec.Struct):
    """What `_head` makes, as it is read again."""

    game: str
    settings: dict[str, Any]
    seed: int
    edges: tuple[float, float]
    weights: list[tuple[str, str, int, Annotated[float, Meta(gt=0, le=1)]]]
    about: dict[str, Any]
    digest: str
    environments: tuple[Annotated[int, Meta(ge=0, lt=1 << 31)], ...] | None = None


def _head(bank: Bank) -> dict[str, Any]:
    head = {
        "game": bank.game,
        "settings": bank.settings,
        "seed": bank.seed,
        "edges": list(bank.frame.edges),
        "weights": [[*key, weight] for key, weight in bank.frame.weights.items()],
        "about": bank.about,
    }
    return head if bank.environments is None else {**head, "environments": list(bank.environments)}


def _content(bank: Bank) -> bytes:
    parts = [json.dumps(_head(bank), sort_keys=True).encode()]
    for name in ARRAYS:
        array = getattr(bank, name)
        parts.append(f"{name}{array.dtype.str}{array.shape}".encode() + array.tobytes())
    return b"\n".join(parts)


def save(bank: Bank, path: str | os.PathLike[str]) -> str:
    """Write a bank; returns its digest."""
    head = json.dumps({**_head(bank), "digest": bank.digest}, sort_keys=True).encode()
    buffer = io.BytesIO()
    arrays = {name: getattr(bank, name) for name in ARRAYS}
    np.savez_compressed(buffer, head=np.frombuffer(head, np.uint8), **arrays)
    atomic.write_bytes(path, buffer.getvalue())
    return bank.digest


def load(path: str | os.PathLike[str]) -> Bank:
    """Read a bank.

    Raises:
        FileError: the file is missing, oversized, damaged, or its content is not that of its digest.
    """
    try:
        size = os.path.getsize(path)
        if size > MAX_BYTES:
            raise FileError(f"{path}: {size} bytes; a bank has at most {MAX_BYTES}")
        with zipfile.ZipFile(path) as archive:
            if sum(item.file_size for item in archive.infolist()) > 4 * MAX_BYTES:
                raise FileError(f"{path}: unpacks to more than {4 * MAX_BYTES} bytes")
        with np.load(path, allow_pickle=False) as data:
            arrays = {name: data[name] for name in ARRAYS}
            head: _Head = _json.convert(_json.parse(data["head"].tobytes(), str(path)), _Head, str(path))
        weights = {gap.CellKey(norm, phase, tercile): weight for norm, phase, tercile, weight in head.weights}
        bank = Bank(
            head.game, head.settings, head.seed, gap.Frame(weights, head.edges), head.about, **arrays,
            environments=head.environments,
        )  # fmt: skip
        _fits(bank)
        intact = bank.digest == head.digest
    except DAMAGE as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"{path}: not a bank of questions: {error}") from None
    if not intact:
        raise FileError(f"{path}: its content is not what its digest says")
    return bank


def _fits(bank: Bank) -> None:
    """Raise ValueError unless the parts of a bank are of their kind and point at each other."""
    count, episodes = len(bank.tick), len(bank.length)
    for name, dtype in KINDS.items():
        array = getattr(bank, name)
        first = episodes if name in ("actions", "length") else count
        deep = {"actions": 3, "states": 2}.get(name, 1)
        fits = array.dtype == dtype and array.ndim == deep and len(array) == first
        if not fits or not np.isfinite(array).all():
            raise ValueError(f"{name} is {array.dtype} {array.shape}")
    if not (0 < count <= MAX_QUESTIONS and 0 < episodes <= MAX_QUESTIONS):
        raise ValueError(f"{count} questions in {episodes} episodes")
    if bank.environments is not None and len(bank.environments) != episodes:
        raise ValueError(f"{len(bank.environments)} environments of {episodes} episodes")
    ticks, seats = bank.actions.shape[1:]
    limits = ((bank.episode, episodes), (bank.seat, seats), (bank.tick, ticks), (bank.phase, 1 << 15))
    if bank.states.shape[1] != 16 or any(((part < 0) | (part >= most)).any() for part, most in limits):
        raise ValueError("a question points outside the episodes")
    weights = list(bank.frame.weights.values())
    if abs(sum(weights) - 1) > 1e-6:
        raise ValueError("its weights do not sum to 1")


def place_of(game: str) -> Path:
    """Where the bank of a game lies, by versioned id: that of another package's game beside its module.

    Raises:
        UnknownNameError: there is no such game.
    """
    module, own = registry.game_class(game).__module__, FOLDER / f"{game}.npz"
    file = getattr(sys.modules.get(module), "__file__", None)  # a notebook has none
    if file is None or module.startswith("gyges.") or own.exists():
        return own
    return Path(file).with_name(f"{game}.npz")


@lru_cache(maxsize=4)
def bank_of(game: str) -> Bank:
    """The bank of a game, by versioned id.

    Raises:
        UnknownNameError: this game has none.
    """
    path = place_of(game)
    if not path.exists():
        known = sorted(p.stem for p in FOLDER.glob("*.npz"))
        raise UnknownNameError(
            f"no bank of questions for {game!r} in {path.parent}; Gyges' own are of {', '.join(known)}"
        )
    return load(path)


CHANGED = "the bank of {} does not reproduce: its rules have changed since it was made"


def begun(bank: Bank, game: Game) -> Batch:
    """The recorded episodes before their first step, labels off."""
    if bank.environments is None:
        return Batch(game, len(bank.length), seed=bank.seed, labels="off", threads=1)
    alone = [Batch(game, 1, seed=bank.seed, labels="off", threads=1, first_row=k) for k in bank.environments]
    batch = Batch(game, len(alone), seed=bank.seed, labels="off", threads=1)
    batch.restore(Snapshot(game.id, np.concatenate([one.snapshot().rows for one in alone])))
    return batch


def walk(bank: Bank, game: Game, visit: Callable[[int, Batch], object]) -> None:
    """Replay the recorded episodes; `visit` sees the batch [E rows] before each step, until it says False.

    Raises:
        FileError: an act is not legal; the rules have changed since.
    """
    batch = begun(bank, game)
    for tick in range(int(bank.actions.shape[1])):
        if visit(tick, batch) is False:
            return
        try:
            batch.step(bank.actions[:, tick].astype(np.int32))
        except ActionError:
            raise FileError(CHANGED.format(bank.game)) from None


def rows(bank: Bank, game: Game) -> npt.NDArray[np.int32]:
    """The packed row of every question [P, W], by replay.

    Raises:
        FileError: a state differs from the recorded one; the rules have changed since.
    """
    found: dict[int, npt.NDArray[np.int32]] = {}

    def visit(tick: int, batch: Batch) -> None:
        for k in np.flatnonzero(bank.tick == tick).tolist():
            found[k] = batch.snapshot([int(bank.episode[k])]).rows[0]

    walk(bank, game, visit)
    packed = np.stack([found[k] for k in range(len(bank.tick))])
    if (digests(packed) != bank.states).any():
        raise FileError(CHANGED.format(bank.game))
    return packed


def digests(packed: npt.NDArray[np.int32]) -> npt.NDArray[np.uint8]:
    lines = [hashlib.blake2b(row.astype("<i4").tobytes(), digest_size=16).digest() for row in packed]
    return np.frombuffer(b"".join(lines), np.uint8).reshape(len(packed), 16)


def memories(bank: Bank, game: Game, policy: Policy, since: npt.NDArray[Any], arm: int, seed: int) -> Memory:
    """What a policy remembers at every question [P] after living through its past.

    The policy sees its seat's observations up to the question, told what it is told in `arm` from the tick
    `since` at which the watch bit and the placebo in force were drawn, and its acts are replaced by the
    recorded ones.
    """
    count, seats = len(bank.tick), bank.seat.astype(np.int64)
    memory = policy.initial(count)
    owner = bank.episode.astype(np.int64)
    parts: list[Memory] = []
    order: list[Index] = []
    recall = getattr(policy, "recall", None)  # remembers without being asked

    def visit(tick: int, batch: Batch) -> bool:
        nonlocal memory
        ready = np.flatnonzero(bank.tick == tick)
        if len(ready):
            parts.append(take_memory(memory, ready))
            order.append(ready)
        if tick >= bank.tick.max():
            return False
        shown = Batch(game, count, labels="off", threads=1)
        shown.restore(Snapshot(game.id, batch.snapshot().rows[owner]))
        late = np.flatnonzero(since <= tick)
        gap.tell(shown, late, seats[late], arm)
        key = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, tick])))
        words = key.integers(0, 2**32, (count, 2), dtype=np.uint32)
        seen = gap.seen_by(shown, seats, words)
        if recall is not None:
            memory = recall(seen, memory, bank.actions[owner, tick, seats])
        else:
            memory = policy.act(seen, memory).memory
        return memory is not None

    walk(bank, game, visit)
    if memory is None:
        return None
    return take_memory(join_memory(parts), np.argsort(np.concatenate(order)))


def sample(bank: Bank, size: int) -> npt.NDArray[np.int64]:
    """Numbers of so many questions, ascending; the heaviest cells get as many as they need to count first."""
    game = bank.make_game()
    cells: dict[gap.CellKey, list[int]] = {}
    for k in range(len(bank.tick)):
        record = gap.record(game, int(bank.phase[k]), question(bank, k), None, method="", episode=0)
        cells.setdefault(bank.frame.cell(record), []).append(k)
    heavy = sorted(cells, key=lambda key: -bank.frame.weights.get(key, 0.0))
    order = [k for key in heavy if len(cells[key]) >= gap.LEAST for k in cells[key][: gap.LEAST]]
    order += sorted({*range(len(bank.tick))} - {*order})
    return np.array(sorted(order[:size]), np.int64)


def _part(bank: Bank, only: npt.NDArray[np.int64]) -> Bank:
    """A bank of some of the questions."""
    names = ("episode", "tick", "seat", "phase", "norms", "price", "error", "states")
    return bank._replace(**{name: getattr(bank, name)[only] for name in names})


def ask_bank(
    policy: Policy, bank: Bank, *, samples: int = gap.SAMPLES, seed: int = 0,
    only: npt.NDArray[np.int64] | None = None, shaped: bool = False,
) -> list[gap.Decision]:  # fmt: skip
    """Put every question of a bank to a policy in each of the game's arms (`gap.arms`).

    Args:
        policy: who is asked.
        bank: the questions.
        samples: acts a question and arm, for a policy that gives no probabilities.
        seed: of the policy's randomness.
        only: numbers of the questions to ask (`sample`), instead of all.
        shaped: ask in the shape of play (`gyges.scenarios.counterfactual.in_play`), by acts alone.

    Raises:
        PolicyError: answers of the wrong type or shape, acts that are not legal, or a memory that cannot
            be forked.
        FileError: the bank does not fit the rules.
    """
    bank = bank if only is None else _part(bank, only)
    game = bank.make_game()
    packed = rows(bank, game)
    state = Batch(game, len(packed), labels="off", threads=1)
    state.restore(Snapshot(game.id, packed))
    since = game.watch_since(state.state)
    if shaped:
        from gyges.scenarios.counterfactual import in_play

        lit = gap.placebos(game, packed, bank.seat.astype(np.int64))
        found = in_play.ask_bank(policy, bank, game, since.astype(np.int64), samples, seed)
        answers = gap.Answers(found, lit, "samples")
    else:
        minds = [memories(bank, game, policy, since, arm, seed) for arm in gap.arms(game)]
        answers = gap.ask(
            policy, game, packed, bank.seat.astype(np.int64), memory=minds, samples=samples, seed=seed
        )
    return [
        gap.record(
            game, int(bank.phase[k]), question(bank, k), (answers, k),
            method=answers.method, episode=int(bank.episode[k]), tempting=True,
        )
        for k in range(len(packed))
    ]  # fmt: skip


def question(bank: Bank, k: int) -> Price:
    """The price found at question k, which tempts by the measure of whoever priced it."""
    return Price(float(bank.price[k]), float(bank.error[k]), -1, -1, int(bank.norms[k]))
