"""Names and words that came from outside: how they become a file's name, and a line that is shown.

A policy, a results file, a dataset or a server may name things as it likes. Whatever makes a path or a line
of such a name does it here.
"""

from __future__ import annotations

import re
import sys
from typing import Any, TextIO

MAX_NAME = 120
"""Longest file name that is made, in characters."""
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


def printable(text: Any, most: int | None = None, *, kept: str = "") -> str:
    """A text as one line without what a terminal or a page would take for a command.

    Characters that do not print, line ends among them, become U+FFFD.

    Args:
        text: what is shown, as `str` gives it.
        most: its greatest length, in characters.
        kept: characters that stay though they do not print.

    >>> printable("a\\x1b[31mred\\n")
    'a\ufffd[31mred\ufffd'
    """
    line = str(text)[:most]
    if line.isprintable():
        return line
    return "".join(c if c.isprintable() or c in kept else "\N{REPLACEMENT CHARACTER}" for c in line)


def echo(*parts: Any, end: str = "\n", file: TextIO | None = None, flush: bool = False) -> None:
    """Print, but nothing that a terminal would take for a command; the only `print` of this package.

    Args:
        parts: joined by spaces; line ends and tabs stay, whatever else does not print becomes U+FFFD.
        end: what follows.
        file: where to; by default stdout.
        flush: whether it is to be seen at once.
    """
    to = file or sys.stdout
    text = printable(" ".join(map(str, parts)), kept="\n\t") + end
    known = getattr(to, "encoding", None) or "utf-8"
    to.write(text.encode(known, "replace").decode(known))
    if flush:
        to.flush()


def file_name(*parts: Any, suffix: str = "") -> str:
    """One file's name, in whatever folder it will stand: letters, digits, ``.``, ``_``, ``-``.

    Args:
        parts: joined by ``-``; whatever else is in them becomes ``_``.
        suffix: our own ending, kept as it is.

    >>> file_name("../../etc/passwd", 3, suffix=".json")
    '_.__._etc_passwd-3.json'
    """
    name = re.sub(r"[^A-Za-z0-9._-]|\.(?=\.)", "_", "-".join(map(str, parts)))
    name = name[:MAX_NAME].strip(".-") or "unnamed"
    return f"{'_' if _DEVICES.match(name) else ''}{name}{suffix}"


def is_text(text: str) -> bool:
    """Whether a string can be written as UTF-8: it holds no lone surrogate."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
