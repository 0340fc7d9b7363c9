"""A chess engine in a process of its own, spoken to over UCI.

Fairy-Stockfish is used where it is installed (Debian: the package ``fairy-stockfish``) and never comes with
this package. An engine may not know a variant, or read its text otherwise than we do, and play on with a
corrupted board. So before a game `UciEngine.pair` gives it the variant's text, has it `check` the text,
and compares its board and its move counts two plies deep with ours, in the start position and in others;
any difference is a `PairingError`.
"""

from __future__ import annotations

import contextlib
import os
import queue
import random
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from gyges.envs.errors import PolicyError
from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.engine.perft import divide
from gyges.envs.fairychess.variants.ini_files import Variant

VARIABLE = "GYGES_FAIRY_STOCKFISH"
PLACES = ("fairy-stockfish", "/usr/games/fairy-stockfish")
LONGEST = 65_536
"""Longest line that is read, in characters."""
PROBES = 4
"""Positions of random games in which legal moves are compared, besides the start position."""


class EngineError(PolicyError):
    """An engine is absent, does not answer in time, ended, or answered with what is no legal move."""


class PairingError(EngineError):
    """An engine does not play this variant as we do; the message says where it differs."""


def find_engine(path: str | None = None) -> str:
    """Where Fairy-Stockfish is: `path`, the variable GYGES_FAIRY_STOCKFISH, or the usual places.

    Raises:
        EngineError: nowhere; it says what to do.
    """
    asked = path or os.environ.get(VARIABLE)
    for place in (asked,) if asked else PLACES:
        found = shutil.which(str(place))
        if found:
            return found
    where = f"{asked} is no program" if asked else f"not in {' or '.join(PLACES)}"
    raise EngineError(
        f"Fairy-Stockfish was not found: {where}. Install it (Debian, Ubuntu: apt install "
        f"fairy-stockfish) or name its path in {VARIABLE}; every other opponent works without it"
    )


class UciEngine:
    """One engine process.

    Args:
        command: program and arguments.
        seconds: how long an answer may take.

    Raises:
        EngineError: it cannot be started or does not speak UCI.
    """

    def __init__(self, command: list[str], seconds: float = 30.0) -> None:
        self.command = command
        self.seconds = seconds
        self.variant: Variant | None = None
        self._lines: queue.Queue[str | None] = queue.Queue(maxsize=100_000)
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise EngineError(f"engine {command[0]} cannot be started: {error.strerror}") from error
        threading.Thread(target=self._read, daemon=True).start()
        try:
            self.options = "\n".join(self.ask("uci", "uciok"))
        except EngineError:
            self.close()
            raise

    def _read(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(OSError, ValueError):
            while line := self._process.stdout.readline(LONGEST):
                self._lines.put(line.decode("utf-8", "replace").rstrip("\r\n"))
        self._lines.put(None)

    def tell(self, *lines: str) -> None:
        """Send lines."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write("".join(line + "\n" for line in lines).encode())
            self._process.stdin.flush()
        except (OSError, ValueError):
            raise EngineError(f"engine {self.command[0]} has ended") from None

    def ask(self, line: str, until: str) -> list[str]:
        """Send a line, and read up to the line that begins with `until`.

        Raises:
            EngineError: none came in time, or the engine ended; it is closed then.
        """
        self.tell(line)
        deadline = time.monotonic() + self.seconds
        answer: list[str] = []
        while True:
            try:
                got = self._lines.get(timeout=max(deadline - time.monotonic(), 0.001))
            except queue.Empty:
                self.close()
                raise EngineError(
                    f"engine {self.command[0]} gave no {until!r} within {self.seconds:g} seconds of {line!r}"
                ) from None
            if got is None:
                self.close()
                raise EngineError(f"engine {self.command[0]} ended at {line!r}")
            answer.append(got)
            if got.startswith(until):
                return answer
            if time.monotonic() > deadline:
                self.close()
                raise EngineError(f"engine {self.command[0]} talks on after {line!r} without {until!r}")

    def close(self) -> None:
        """End the process; may be called again."""
        process = self._process
        if process.poll() is None:
            process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def __enter__(self) -> UciEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Variants.

    def known(self) -> set[str]:
        """The variants that the engine offers."""
        found = re.search(r"option name UCI_Variant .*", self.options)
        return set(re.findall(r" var (\S+)", found[0])) if found else {"chess"}

    def pair(self, variant: Variant) -> None:
        """Make the engine play a variant, and make sure that it does.

        Our own text is tried first, then the engine's variant of the same name.

        Raises:
            PairingError: it plays neither as we do; nothing may be played then.
        """
        reasons = []
        for name, refused in self._candidates(variant):
            if refused:
                reasons.append(f"of our text it says {refused!r}")
                continue
            try:
                self._compare(name, variant)
            except PairingError as error:
                reasons.append(str(error))
                continue
            self.variant = variant
            return
        program = Path(self.command[0]).name
        raise PairingError(f"{program} does not play {variant.name} as we do: " + "; ".join(reasons))

    def _candidates(self, variant: Variant) -> Iterator[tuple[str, str]]:
        name = "gyges-" + re.sub(r"[^a-z0-9\-]", "-", variant.name.lower())
        text = re.sub(r"^\[.*\]", f"[{name}]", variant.text)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "variants.ini"
            file.write_text(text, encoding="utf-8")
            self.tell(f"check {file}")
            remarks = self.ask("isready", "readyok")
            wrong = [
                r for r in remarks if re.search(r"invalid|error|unable|unknown|missing", r, re.IGNORECASE)
            ]
            if not wrong:
                self.tell(f"setoption name VariantPath value {file}")
                self.ask("isready", "readyok")
                self.options = "\n".join(self.ask("uci", "uciok"))
                if name not in self.known():
                    wrong = [f"no variant {name} after reading {file.name}"]
        yield name, wrong[0][:200] if wrong else ""
        if variant.name in self.known():
            yield variant.name, ""
        else:
            yield variant.name, f"no variant {variant.name}"

    def _compare(self, name: str, variant: Variant) -> None:
        self.tell("setoption name UCI_Chess960 value " + ("true" if variant.chess960 else "false"))
        self.tell(f"setoption name UCI_Variant value {name}")
        self.ask("isready", "readyok")
        board = Board(variant)
        self._same(name, board, "position startpos", 2)
        for fen in probes(variant):
            self._same(name, Board(variant, fen), f"position fen {fen}", 1)

    def _same(self, name: str, board: Board, position: str, depth: int) -> None:
        """Compare board and move counts of one position."""
        self.tell(position)
        shown = self.ask("d", "Checkers")
        fen = next((line[5:] for line in shown if line.startswith("Fen: ")), "")
        if comparable(fen) != comparable(board.fen):
            raise PairingError(f"its {name} has the board {fen!r}, ours is {board.fen!r}")
        lines = self.ask(f"go perft {depth}", "Nodes searched")
        theirs = {m[1]: int(m[2]) for m in (re.fullmatch(r"(\S+): (\d+)", line) for line in lines) if m}
        ours = divide(board, depth)
        if ours != theirs:
            odd = sorted(m for m in ours.keys() | theirs.keys() if ours.get(m) != theirs.get(m))
            raise PairingError(
                f"its {name} counts {sum(theirs.values())} lines of {depth} plies from {board.fen!r}, we "
                f"{sum(ours.values())} (such as {', '.join(odd[:4])})"
            )

    # Play.

    def best(self, fen: str, nodes: int) -> str:
        """The engine's move in a position, by its UCI name; the same for the same position and nodes.

        Raises:
            EngineError: no answer, or none that names a move.
        """
        self.tell("ucinewgame")
        self.ask("isready", "readyok")
        self.tell(f"position fen {fen}")
        words = self.ask(f"go nodes {nodes}", "bestmove")[-1].split()
        if len(words) < 2 or words[1] in ("(none)", "0000"):
            raise EngineError(f"engine {self.command[0]} has no move in {fen!r}")
        return words[1]


def comparable(fen: str) -> tuple[str, ...]:
    """What two programs must agree on in a FEN: board, hands in any order, player to move."""
    board, _, hand = (fen.split() or [""])[0].partition("[")
    return (board.replace("~", ""), "".join(sorted(hand.strip("]-"))), *fen.split()[1:2])


def probes(variant: Variant) -> list[str]:
    """Some positions of a variant from random games, early and late."""
    found = []
    for k in range(PROBES):
        luck = random.Random(f"probe {k}")
        board = Board(variant)
        for _ in range(6 + 20 * k):
            before = board.fen
            moves = sorted(board.moves())
            board.push(luck.choice(moves))
            if not board.moves() or board.result_now().over:
                board = Board(variant, before)
                break
        found.append(board.fen)
    return found
