"""``gyges new-game``: a game that plays, is labelled, described and tested, to be changed into your own.

gyges new-game well            # a package in the folder well/; its tests pass
gyges new-game well --in-tree  # in a checkout of Gyges: envs/well, tests/well, docs/well.md
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

from tyro.conf import Positional

from gyges.envs.foreign import echo


@dataclasses.dataclass(frozen=True)
class NewGame:
    """Write a new game, as a package of its own in the working directory."""

    name: Positional[str]
    """Lower-case name of the game and the package."""
    title: str = ""
    """As people read it; made of the name by default."""
    in_tree: bool = False
    """Write into a checkout of Gyges, the working directory, instead."""


def run(args: NewGame) -> int:
    """Write the files and say what comes next."""
    from gyges.scenarios.new_game import write

    for path in write(args.name, Path(), title=args.title, in_tree=args.in_tree):
        echo(path)
    if args.in_tree:
        echo(f"\npytest tests/{args.name}")
    else:
        echo(f'\ncd {args.name} && pip install -e ".[test]" && pytest')
        echo(f"gyges play {args.name} --terminal")
    return 0
