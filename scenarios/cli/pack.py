"""``gyges pack``: a dataset or a checkpoint as a folder to publish."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from tyro.conf import Positional

from gyges.envs.foreign import echo
from gyges.scenarios.packs import pack


@dataclasses.dataclass
class Pack:
    """Write a dataset or a checkpoint as a folder to publish, in the layout of a Hugging Face repository.

    The folder holds a card with schema, hashes, licence and the command that makes it again.
    """

    source: Positional[Path]
    """What gyges record or gyges train wrote."""
    out: Path
    """A new folder."""
    license: str
    """Identifier of its licence, as in mit or cc-by-4.0."""
    title: str = ""
    """Heading of the card; the folder's name by default."""


def run(command: Pack) -> int:
    """Write it; say what to do with it."""
    made = pack(command.source, command.out, command.title or command.out.name, command.license)
    echo(f"written {made}; to publish: hf upload OWNER/NAME {made} (a dataset: --repo-type dataset)")
    return 0
