"""Asks pyffish (Fairy-Stockfish) about positions, in a child process since it can abort.

Run as a script it is that child: one JSON request a line, one JSON answer a line.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any


class OracleDied(RuntimeError):
    """The child process ended while it was asked something."""


class Oracle:
    """A pyffish in a process of its own."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[str] | None = None
        self.looks = 0

    def _ask(self, **request: Any) -> Any:
        if self._child is None or self._child.poll() is not None:
            self._child = subprocess.Popen(
                [sys.executable, __file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        try:
            self._child.stdin.write(json.dumps(request) + "\n")
            self._child.stdin.flush()
            while True:  # the engine prints remarks of its own between the answers
                line = self._child.stdout.readline()
                if not line:
                    raise OracleDied(str(request)[:300])
                if line.startswith('{"answer"'):
                    return json.loads(line)["answer"]
        except BrokenPipeError as error:
            raise OracleDied(str(request)[:300]) from error

    def load(self, ini: str) -> list[str]:
        """Give it variants; returns the names it knows afterwards."""
        answer: list[str] = self._ask(ini=ini)
        return answer

    def look(
        self, variant: str, fen: str, moves: list[str], chess960: bool = False, whole: bool = True
    ) -> dict[str, Any]:
        """Legal moves after `moves`, how the game stands, and, asked for the whole, FEN and check."""
        self.looks += 1
        answer: dict[str, Any] = self._ask(
            variant=variant, fen=fen, moves=moves, chess960=chess960, whole=whole
        )
        return answer

    def perft(self, variant: str, fen: str, depth: int, chess960: bool = False) -> int:
        """Leaves so many plies below a position; slow."""
        return int(self._ask(variant=variant, fen=fen, depth=depth, chess960=chess960))

    def close(self) -> None:
        """End the child."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            for pipe in (self._child.stdin, self._child.stdout):
                if pipe is not None:
                    pipe.close()
            self._child = None


def _perft(sf: Any, variant: str, fen: str, moves: list[str], depth: int, chess960: bool) -> int:
    legal = sf.legal_moves(variant, fen, moves, chess960)
    if depth == 1:
        return len(legal)
    return sum(_perft(sf, variant, fen, [*moves, move], depth - 1, chess960) for move in legal)


def _serve() -> None:
    import pyffish as sf

    for line in sys.stdin:
        request = json.loads(line)
        answer: Any
        if "ini" in request:
            sf.load_variant_config(request["ini"])
            answer = sf.variants()
        elif "depth" in request:
            answer = _perft(sf, request["variant"], request["fen"], [], request["depth"], request["chess960"])
        else:
            args = request["variant"], request["fen"], request["moves"]
            legal = sf.legal_moves(*args, request["chess960"])
            over, value = not legal, 0  # it lists no moves once the game is over; each call costs 2 ms
            if over:
                ended, value = sf.is_immediate_game_end(*args)
                if not ended:
                    value = sf.game_result(*args)
            answer = {
                "moves": legal,
                "fen": sf.get_fen(*args, request["chess960"]) if request["whole"] else None,
                "check": sf.gives_check(*args) if request["whole"] else None,
                "over": over,
                "value": (value > 0) - (value < 0) if over else None,
            }
        print("\n" + json.dumps({"answer": answer}), flush=True)


if __name__ == "__main__":
    _serve()
