"""``python -m gyges.envs.fairychess check|perft|moves FILE``."""

from __future__ import annotations

import sys


def main(words: list[str]) -> int:
    """Run one command; returns its exit code."""
    from gyges.envs.fairychess import cli

    commands = {"check": cli.check, "perft": cli.perft_file, "moves": cli.moves_file}
    words = [w for w in words if w != "--file"]
    if len(words) != 2 or words[0] not in commands:
        print("usage: python -m gyges.envs.fairychess check|perft|moves FILE", file=sys.stderr)
        return 2
    try:
        return commands[words[0]](words[1])
    except cli.FileError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
