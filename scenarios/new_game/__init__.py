"""A new game as a package of its own, written from a template: `gyges new-game`."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template

from gyges.envs.errors import ConfigError

TEMPLATE = Path(__file__).parent / "template"
OWN = ("package", "tests")
"""Parts of the template; what lies beside them belongs to a package of its own alone."""


def write(name: str, folder: Path, *, title: str = "", in_tree: bool = False) -> list[Path]:
    """Write a game that plays, is labelled, described and tested.

    Args:
        name: lower-case, as in ``well``; the package's and the game's.
        folder: where the package's folder is made; with `in_tree`, the root of a checkout of Gyges.
        title: as people read it; made of the name where it is empty.
        in_tree: write ``envs/NAME``, ``tests/NAME`` and ``docs/NAME.md`` instead of a package.

    Returns:
        The files.

    Raises:
        ConfigError: the name is no lower-case identifier, or a file exists already.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ConfigError(f"a game's name is lower-case letters, digits and _, as in 'well', not {name!r}")
    words = name.split("_")
    title = title or "The " + " ".join(word.capitalize() for word in words)
    package = f"gyges.envs.{name}" if in_tree else name
    suite = f"gyges.scenarios.{name}_suite" if in_tree else f"{name}.suite"
    kind = "".join(map(str.capitalize, words))
    named = {"name": name, "Name": kind, "title": title, "package": package, "suite": suite,
             "slug": name.replace("_", "-")}  # fmt: skip
    found = {}
    for source in sorted(TEMPLATE.rglob("*.txt")):
        path = place(source.relative_to(TEMPLATE), name, in_tree)
        if path is not None:
            text = source.read_text(encoding="utf-8")
            found[folder / path] = text if path.suffix == ".txt" else Template(text).substitute(named)
    taken = next((path for path in found if path.exists()), None)
    if taken is not None:
        raise ConfigError(f"{taken} exists already")
    if in_tree:
        enter(folder / "envs" / "registry.py", "_GAMES", f"{name}-v0", f"{package}.game:{kind}")
        enter(folder / "scenarios" / "scenario.py", "_LAZY", name, f"{suite}:suite")
    for path, text in found.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(found)


def enter(path: Path, table: str, key: str, value: str) -> None:
    """Add a line to a dictionary of names in a source file.

    Raises:
        ConfigError: the file holds no such dictionary.
    """
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    head = f"{table}: dict[str, str] = {{\n"
    if head not in text:
        raise ConfigError(f"{path} has no {table}: --in-tree is for a checkout of Gyges, in its root")
    path.write_text(text.replace(head, f'{head}    "{key}": "{value}",\n', 1), encoding="utf-8")


def place(source: Path, name: str, in_tree: bool) -> Path | None:
    """Where a file of the template goes, under the folder; None where it is not wanted."""
    path = source.with_suffix("") if source.name.count(".") > 1 else source  # game.py.txt is game.py
    part, rest = path.parts[0], path.parts[1:]
    if not in_tree:
        return Path(name, name, *rest) if part == "package" else Path(name, *path.parts)
    if part == "package":
        return Path("scenarios", f"{name}_suite.py") if rest == ("suite.py",) else Path("envs", name, *rest)
    if part == "tests":
        return Path("tests", name, *rest)
    return Path("docs", f"{name}.md") if part == "README.md" else None
