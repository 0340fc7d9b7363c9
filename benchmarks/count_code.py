"""Lines of code of each game's folder: what is left without blank lines, comments and docstrings.

python benchmarks/count_code.py [FOLDER ...]
"""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from pathlib import Path

ROOT = Path(__file__).parents[1]
GAMES = {
    "the Well": ("examples/well/well", ()),
    "Tabular Steward": ("envs/tabular_steward", ()),
    "Tabular Custodian": ("envs/tabular_custodian", ()),
    "Steward, without its certificate": (
        "envs/steward",
        ("certificate.py", "one_ground_dp.py", "playthrough.py"),
    ),
    "Fairy chess": ("envs/fairychess", ()),
}
"""Folder of each game, and files that are not counted."""
SILENT = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


def count(text: str) -> int:
    """Lines of a source text that hold code; a statement over three lines counts three."""
    told: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        body = getattr(node, "body", None)
        for one in body if isinstance(body, list) else ():  # docstrings, and those of attributes
            if (
                isinstance(one, ast.Expr)
                and isinstance(one.value, ast.Constant)
                and isinstance(one.value.value, str)
            ):
                told.update(range(one.lineno, (one.end_lineno or one.lineno) + 1))
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in SILENT:
            lines.update(range(token.start[0], token.end[0] + 1))
    return len(lines - told)


def folder(path: Path, left: tuple[str, ...] = ()) -> dict[str, int]:
    """Lines of each Python file under a folder."""
    files = sorted(file for file in path.rglob("*.py") if file.name not in left)
    return {str(file.relative_to(path)): count(file.read_text("utf-8")) for file in files}


def main() -> None:
    """Print the tables."""
    wanted = {name: (Path(name), ()) for name in sys.argv[1:]} or {
        name: (ROOT / place, left) for name, (place, left) in GAMES.items()
    }
    for name, (place, left) in wanted.items():
        found = folder(place, left)
        print(f"{sum(found.values()):6}  {name}")
        for file, lines in found.items():
            print(f"{lines:10}  {file}")


if __name__ == "__main__":
    main()
