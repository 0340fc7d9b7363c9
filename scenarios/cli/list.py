"""``gyges list``: environments, scenarios, suites, personas, norms and renderers."""

from __future__ import annotations

import dataclasses
import json

from gyges.envs.foreign import echo
from gyges.scenarios.report.catalogue import catalogue, show


@dataclasses.dataclass
class List:
    """Say what there is: environments, scenarios, suites, personas, norms, renderers."""

    json: bool = False
    """As JSON, for tools."""


def run(command: List) -> int:
    """Print; returns the exit status."""
    data = catalogue()
    if command.json:
        echo(json.dumps(data, indent=2))
    else:
        show(data)
    return 0
