"""The option ``--suite`` of commands: a name, or a file of scenarios."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro

from gyges.scenarios.scenario import register_suite_file


def suite_named(word: str) -> str:
    """The name of a suite; one that is given as ``file.toml`` is registered first.

    Raises:
        FileError: the file is no suite.
        ConfigError: its name, or a scenario's id in it, is taken.
    """
    return register_suite_file(Path(word)) if word.endswith(".toml") else word


Suite = Annotated[
    str,
    tyro.constructors.PrimitiveConstructorSpec[str](
        nargs=1, metavar="SUITE", instance_from_str=lambda words: suite_named(words[0]),
        is_instance=lambda value: isinstance(value, str), str_from_instance=lambda value: [value],
    ),
]  # fmt: skip
"""A suite's name, one scenario's id, or a suite's file."""
