"""Folders whose files may run code: those that the environment variable ``GYGES_TRUST`` lists.

Most of what is loaded here runs no code, whoever wrote the file. Two kinds do: models of stable-baselines3
(pickles), and checkpoints that name a module of their own. They are loaded only from a folder that lies in
one of those listed (`gyges evaluate --trust FOLDER` lists one for a command). Trust what you made yourself.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

TRUST = "GYGES_TRUST"
"""Environment variable: trusted folders, separated as in PATH."""


def trust(folders: Sequence[str | Path]) -> None:
    """Trust these folders too, in this process and in those that it starts from now on."""
    known = [part for part in os.environ.get(TRUST, "").split(os.pathsep) if part]
    os.environ[TRUST] = os.pathsep.join([*known, *(str(Path(one).resolve()) for one in folders)])


def trusted(folder: str | Path) -> bool:
    """Whether a folder lies in a trusted one, links followed."""
    here = Path(folder).resolve()
    roots = [Path(part).resolve() for part in os.environ.get(TRUST, "").split(os.pathsep) if part]
    return any(here == root or root in here.parents for root in roots)
