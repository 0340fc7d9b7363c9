"""A UCI engine for tests, on python-chess's rules of nobody: it says what its mode tells it to.

fake_engine.py MODE: good, hangs, crashes, illegal, none, deaf, liar, remarks, talks.
"""

import sys
import time

from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.engine.perft import divide

mode = sys.argv[1]
board = Board("gardner")


def say(text: str) -> None:
    print(text, flush=True)


if mode == "deaf":
    time.sleep(60)
for line in sys.stdin:
    words = line.split()
    if words[0] == "uci":
        say("option name UCI_Variant type combo default chess var chess var gardner var gyges-gardner")
        say("uciok")
    elif words[0] == "check" and mode == "remarks":
        say("Invalid option: promotionRegionWhite")
    elif words[0] == "isready":
        say("readyok")
    elif words[0] == "position":
        board = Board("gardner", " ".join(words[2:]) if words[1] == "fen" else None)
    elif words[0] == "d":
        fen = board.fen.replace("PPPPP", "PPPP1") if mode == "liar" else board.fen
        say(f"Fen: {fen}")
        say("Checkers: ")
    elif words[:2] == ["go", "perft"]:
        counts = divide(board, int(words[2]))
        for name, count in counts.items():
            say(f"{name}: {count}")
        say(f"Nodes searched: {sum(counts.values())}")
    elif words[0] == "go":
        if mode == "hangs":
            time.sleep(60)
        if mode == "crashes":
            sys.exit(1)
        while mode == "talks":
            say("info string still thinking")
        say("bestmove " + {"illegal": "a1a5", "none": "(none)"}.get(mode, min(board.moves())))
    elif words[0] == "quit":
        break
