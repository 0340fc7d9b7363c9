"""Opponents at fairy chess: an alpha-beta of our own, and Fairy-Stockfish where it is installed.

Both see observations alone, and rebuild the position from them. By name: ``alphabeta``, ``alphabeta:20000``
(nodes a move), ``fairy-stockfish``, ``fairy-stockfish:20000``, ``fairy-stockfish:20000@/path/of/engine``.
`random` and `greedy` are the game's own personas.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import numpy as np

from gyges.agents.engines.uci import EngineError, UciEngine, find_engine
from gyges.envs.errors import ConfigError
from gyges.envs.fairychess.search.player import NODES, AlphaBeta, moves_seen
from gyges.envs.policy import Decision, Memory, Observation

NAMES = ("alphabeta", "fairy-stockfish")


class FairyStockfish:
    """Fairy-Stockfish at a fixed number of nodes, in a process of its own.

    Raises:
        EngineError: when it is first asked, where it is not installed or fails (`agents.uci`).
        PairingError: it does not play the variant as we do.
    """

    def __init__(self, nodes: int = NODES, path: str | None = None, seconds: float = 30.0) -> None:
        self.nodes, self.path, self.seconds = nodes, path, seconds
        self.name = f"fairy-stockfish:{nodes}"
        self._engine: UciEngine | None = None

    def start(self) -> None:
        """Look for the program before anything is played."""
        find_engine(self.path)

    def close(self) -> None:
        """End the process."""
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def engine(self, game: Any) -> UciEngine:
        """The process, paired with the game's variant."""
        if self._engine is None or self._engine.variant != game.variant:
            self.close()
            engine = UciEngine([find_engine(self.path)], self.seconds)
            try:
                engine.tell("setoption name Hash value 4", "setoption name Threads value 1")
                engine.pair(game.variant)
            except EngineError:
                engine.close()
                raise
            self._engine = engine
        return self._engine

    def initial(self, rows: int) -> Memory:
        """No memory."""
        return None

    def act(self, observation: Observation, memory: Memory) -> Decision:
        """The engine's move for each row that is to move."""
        actions = np.argmax(observation.mask, axis=1).astype(np.int32)
        for row in np.flatnonzero(observation.to_move):
            board, moves = moves_seen(observation, int(row))
            if not moves:
                continue
            engine = self.engine(observation.game)
            name = engine.best(board.fen, self.nodes)
            named = board.moves()
            by_move = {move: action for action, move in moves.items()}
            if named.get(name) not in by_move:
                self.close()
                raise EngineError(f"engine {engine.command[0]} plays {name!r}, not legal in {board.fen!r}")
            actions[row] = by_move[named[name]]
        return Decision(actions, memory)


def parse(text: str) -> tuple[str, int, str | None]:
    """Name, nodes and path of ``alphabeta:5000`` or ``fairy-stockfish:5000@/path``.

    Raises:
        ConfigError: it has another form.
    """
    found = re.fullmatch(rf"({'|'.join(NAMES)})(?::(\d{{1,9}}))?(?:@(.+))?", text)
    if not found or (found[3] and found[1] == "alphabeta"):
        raise ConfigError(
            f"an opponent is named alphabeta:NODES or fairy-stockfish:NODES@PATH, each part after the "
            f"name as wanted; not {text[:80]!r}"
        )
    return found[1], int(found[2] or NODES), found[3]


def make(text: str) -> AlphaBeta | FairyStockfish:
    """The opponent of that name."""
    name, nodes, path = parse(text)
    return AlphaBeta(nodes) if name == "alphabeta" else FairyStockfish(nodes, path)


def digest(text: str) -> str:
    """SHA-256 of what decides the opponent's moves: its name, our search, the engine's program."""
    name, _, path = parse(text)
    found = hashlib.sha256(text.encode())
    if name == "alphabeta":
        folder = Path(moves_seen.__code__.co_filename).parent
        for file in ("alphabeta.py", "compiled.py", "piece_values.py", "player.py"):
            found.update((folder / file).read_bytes())
    else:
        with open(find_engine(path), "rb") as program:
            found.update(hashlib.file_digest(program, "sha256").digest())
    found.update(Path(__file__).read_bytes())
    return found.hexdigest()
