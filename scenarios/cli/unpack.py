"""``gyges unpack``: a packed dataset, or one of Minari's, as a recorded dataset."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from tyro.conf import Positional

from gyges.scenarios.cli.record import show
from gyges.scenarios.unpack import unpack

MINARI = "minari:"


@dataclasses.dataclass
class Unpack:
    """Make a recorded dataset of what `gyges pack` wrote, its hashes checked, or of one exported to Minari.

    Commands that take a dataset take a packed one as it is; unpacked, it need not be read anew each time.
    """

    source: Positional[str]
    """Folder of a packed dataset; or minari:ID, a dataset of Minari's local store that gyges exported."""
    out: Path
    """A new folder."""


def run(command: Unpack) -> int:
    """Write it, and print what it holds."""
    if command.source.startswith(MINARI):
        from gyges.agents.data import minari

        show(minari.read(command.source.removeprefix(MINARI), command.out))
    else:
        show(unpack(Path(command.source), command.out))
    return 0
