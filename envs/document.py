"""Tables of what a game declares, for its page: the fields of its row and the features of its observation.

python -m gyges.envs.document steward-v1
"""

from __future__ import annotations

import argparse

from gyges.envs.foreign import echo
from gyges.envs.game import Game
from gyges.envs.state import CORE, Field


def state_table(game: Game) -> str:
    """The fields of a game's row, after the core fields, as a table in Markdown."""
    own = {name: field for name, field in game.State.declared.items() if name not in CORE}
    return _fields(own)


def core_table() -> str:
    """The fields that begin every game's row, as a table in Markdown."""
    return _fields(CORE)


def observation_table(game: Game) -> str:
    """The features of a game's observation with their bounds in this game, as a table in Markdown."""
    lines = ["| index | name | feature | values | |", "|---|---|---|---|---|"]
    for name, feature in game.observation.declared.items():
        elements = game.observation.elements_of(game, name)
        shown = feature.name or name.replace("_", " ")
        if isinstance(feature.size, str):
            shown = shown.replace("{}", feature.size.lower())
        elif isinstance(feature.size, tuple):
            shown = ", ".join(one.name for one in elements)
        index = _index(game.observation.place(name), feature.length)
        low, high = (elements[0].low, elements[0].high) if elements else ("", "")
        lines.append(
            f"| {index} | `{name}` | {shown} | {low} to {high} | {_words(feature.unit, feature.doc)} |"
        )
    return "\n".join(lines)


def _fields(fields: dict[str, Field]) -> str:
    lines = ["| field | integers | |", "|---|---|---|"]
    lines += [f"| `{n}` | {field.size} | {_words(field.unit, field.doc)} |" for n, field in fields.items()]
    return "\n".join(lines)


def _index(place: tuple[int, ...], length: int | str) -> str:
    """Where a feature's elements are: ``27 + 2K + k``."""
    names = getattr(place, "_fields", ())[1:]
    terms = [
        f"{times if times > 1 else ''}{name}" for name, times in zip(names, place[1:], strict=True) if times
    ]
    begin = " + ".join([str(place[0]), *terms])
    if isinstance(length, str):
        return f"{begin} + {length.lower()}"
    return begin if length == 1 else f"{begin} to {place[0] + length - 1}"


def _words(unit: str, doc: str) -> str:
    return "; ".join(part for part in (unit, doc) if part)


def main() -> None:
    """Print the tables of a game."""
    from gyges.envs.registry import load_plugins, make

    load_plugins()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("game", help="as in steward-v1")
    game = make(parser.parse_args().game)
    echo(f"{observation_table(game)}\n\n{state_table(game)}")


if __name__ == "__main__":
    main()
