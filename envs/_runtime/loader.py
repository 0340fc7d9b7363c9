"""The compiled loop of each game: how it is made, called for the first time, and known by its hash."""

from __future__ import annotations

import functools
import importlib.util
import sys
import threading
from collections import namedtuple
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from gyges.envs._runtime.modes import BEGIN, CHOOSE, OBSERVE, STEP
from gyges.envs._runtime.stamps import cache_stamp
from gyges.envs._runtime.threads import crew
from gyges.envs.choice_point import LEDGER_COLUMNS
from gyges.envs.foreign import echo
from gyges.envs.game import Game


def _executed(file: str, name: str, **bound: Any) -> ModuleType:
    """Execute a module of this folder anew, as `name`, with names bound in it beforehand."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(file))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    vars(module).update(bound)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@functools.cache
def _loaded(name: str, rules: ModuleType, state: Any, params: Any, pointers: bool) -> Any:
    """The game's own execution of `kernels`, with its rules bound; CUDA takes arrays, not pointers."""
    from gyges.envs._runtime import memory

    access = getattr(rules, "access", memory.access)  # a game with tables says how they are seen
    seen = access(state, params, pointers=pointers)
    own = f"gyges.envs._runtime.kernels_{name}" + ("" if pointers else "_arrays")
    return _executed("kernels.py", own, R=rules, **seen, STAMP=cache_stamp(rules))


def launcher(game: Game) -> Any:
    """The compiled loop of a game; it compiles, or comes from the cache, at its first call."""
    return _built(_loaded(game.name, game.rules(), game.State, game.Params, True))


@functools.cache
def _built(module: ModuleType) -> Any:
    return module.build(module.STAMP)


class Loop:
    """The compiled loop of a game over one batch's buffers, by purpose.

    One compiled function serves them all: each entry of its own would compile the rules again.

    Args:
        game: the game.
        buffers: the batch's arrays [B, ...] by the names that `Batch` gives them, with offsets and par.
        autoreset, labels: codes of `modes`.
    """

    def __init__(self, game: Game, buffers: dict[str, Any], autoreset: int, labels: int) -> None:
        self.compiled = launcher(game)
        self._game = game
        self._before = tuple(buffers[name] for name in ("packed", "offsets", "par", "scratch"))
        outputs = ("reward", "welfare", "terminated", "truncated", "codes", "bits", "ledger", "final")
        self._after = (*(buffers[name] for name in outputs), autoreset, labels, game.num_actions)
        self._rows = len(buffers["packed"])

    def step(self, actions: npt.NDArray[np.int32]) -> int:
        """Step every row, or none where an action is illegal: row * N + seat of the first, else -1."""
        return int(self.compiled(STEP, 0, self._rows, *self._before, actions, *self._after, True))

    def steps(self, actions: npt.NDArray[np.int32], ranges: list[tuple[int, int]], helpers: int) -> int:
        """The same, ranges of rows side by side on this thread and `helpers` more."""
        arguments = (*self._before, actions, *self._after)
        calls = [(STEP, lo, hi, *arguments, False) for lo, hi in ranges]
        return crew.run(self.compiled, (STEP, 0, 0, *arguments, True), calls, helpers)

    def begin(self, which: npt.NDArray[Any]) -> None:
        """Reset those rows that have a one in `which` [B], and write what is seen there."""
        self._all_rows(BEGIN, which)

    def observe(self) -> None:
        """Write observations and masks of every row."""
        self._all_rows(OBSERVE, np.zeros(self._rows, np.int32))

    def _all_rows(self, mode: int, which: npt.NDArray[Any]) -> None:
        with notice(self._game, self.compiled):
            column = which.astype(np.int32)[:, None]
            self.compiled(mode, 0, self._rows, *self._before, column, *self._after, False)

    def choose(self, row: npt.NDArray[np.int32], seat: int, actions: npt.NDArray[np.int32]) -> Any:
        """The truth on actions [L] of a seat of one packed row [1, W]: a ledger [L, columns]."""
        _, offsets, par, scratch = self._before
        ledger = np.zeros((1, len(actions), LEDGER_COLUMNS), np.int32)
        arguments = (row, offsets, par, np.zeros_like(scratch[:1]), actions[None], *self._after[:6], ledger)
        self.compiled(CHOOSE, 0, seat, *arguments, *self._after[7:], False)
        return ledger[0]


def cuda_launchers(game: Game) -> Any:
    """The CUDA kernels of a game."""
    return _built_cuda(game.name, _loaded(game.name, game.rules(), game.State, game.Params, False))


@functools.cache
def _built_cuda(name: str, loaded: ModuleType) -> Any:
    return _executed("kernels_cuda.py", f"gyges.envs._runtime.kernels_cuda_{name}", L=loaded).build()


@functools.cache
def _personas(
    name: str,
    module: ModuleType,
    rules: tuple[Any, ...],
    columns: tuple[Any, ...],
    params: Any,
    own_access: Any,
) -> Any:
    from gyges.envs._runtime import memory

    shown: Any = namedtuple  # its fields are known only here
    kind = shown("See", [column for column, _ in columns])
    access = (own_access or memory.access)(kind, params, pointers=True)
    see = memory.seen(kind, [one for _, one in columns], access.pop("tail"))
    own = f"gyges.envs._runtime.persona_loop_{name}_{module.__name__.replace('.', '_')}"
    bound = {**access, "see": see, "CHOOSE": memory.chosen(rules), "STAMP": cache_stamp(module)}
    loaded = _executed("persona_loop.py", own, **bound)
    return loaded.build(loaded.STAMP)


def persona_loop(game: Game, module: ModuleType, rules: tuple[Any, ...]) -> Any:
    """The compiled loop of a game's personas (`gyges.envs.personas`), whose rules lie in `module`."""
    columns = tuple((name, isinstance(place, int)) for name, place in game.columns.items())
    return _personas(game.name, module, rules, columns, game.Params, getattr(game.rules(), "access", None))


def parameters(game: Game) -> npt.NDArray[np.int64]:
    """The integers that rules read: the game's parameters, and its tables where it has some."""
    tables = game.tables()
    if tables is None:
        return np.array(tuple(game.params()), np.int64)
    from gyges.envs._runtime.tables import packed

    found: npt.NDArray[np.int64] = packed(game.params(), *tables)
    return found


class notice:
    """Says so on a terminal when a first call compiles for more than a second."""

    def __init__(self, game: Game, loop: Any) -> None:
        self.quiet = not hasattr(loop, "signatures") or bool(loop.signatures)
        self.game, self.loop = game, loop
        self.done = threading.Event()

    def __enter__(self) -> None:
        if not self.quiet:
            threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while not self.done.wait(1.0):
            if self.loop.stats.cache_misses:  # else it is being read from the cache
                echo(f"gyges: compiling the rules of {self.game.name} (once; later starts use the cache)",
                      file=sys.stderr, flush=True)  # fmt: skip
                return

    def __exit__(self, *_: object) -> None:
        self.done.set()
