"""What there is, as plain data: what ``gyges list --json`` prints.

Environments by every API's id, their settings and personas; scenarios; suites; norms; renderers.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from gyges.envs import registry
from gyges.envs.choice_point import Norm
from gyges.envs.episode import versions
from gyges.scenarios.scenario import scenarios, suites


def catalogue() -> dict[str, Any]:
    """Everything there is, JSON-able; keys are stable within a format number."""
    found = {suite: [one.id for one in scenarios(suite)] for suite in suites()}
    by_id = {one.id: one for suite in suites() for one in scenarios(suite)}
    return {
        "format": 1,
        "version": versions()["gyges"],
        "environments": [_environment(id) for id in sorted(registry.games())],
        "scenarios": [{**one.as_dict(), "hash": one.hash()} for one in by_id.values()],
        "suites": found,
        "norms": [_norm(norm) for norm in Norm],
    }


def _environment(id: str) -> dict[str, Any]:
    kind = registry.game_class(id)
    game = kind()
    public = registry.public_id(id)
    return {
        "id": id,
        "title": kind.title,
        "gymnasium": public,
        "pettingzoo": {"parallel": public, "aec": public},
        "agents": game.num_agents,
        "actions": game.num_actions,
        "observation": list(game.observation_shape),
        "settings": {f.name: getattr(game.config, f.name) for f in dataclasses.fields(game.config)},
        "personas": {
            name: {"entry": entry, "held_out": name in kind.held_out} for name, entry in kind.personas.items()
        },
        "renderer": kind.renderer,
    }


def _norm(norm: Norm) -> dict[str, Any]:
    return {"name": str(norm.name).lower(), "bit": int(norm)}


def show(data: dict[str, Any]) -> None:
    """Print a catalogue as tables."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(title="Environments", padding=0)
    for name in ("id", "title", "agents", "actions", "personas"):
        table.add_column(name, no_wrap=name == "id", overflow="fold")
    for game in data["environments"]:
        personas = ", ".join(
            name + (" (held out)" if one["held_out"] else "") for name, one in game["personas"].items()
        )
        table.add_row(game["id"], game["title"], str(game["agents"]), str(game["actions"]), personas)
    console.print(table)
    table = Table(title="Scenarios", padding=0)
    for name in ("scenario", "title", "mode", "arm", "background"):
        table.add_column(name, no_wrap=name == "scenario", overflow="fold")
    for one in data["scenarios"]:
        others = one["background"]
        shown = others if isinstance(others, str) else ", ".join(others)
        table.add_row(one["id"], one["title"], one["mode"], one["arm"], shown)
    console.print(table)
    for suite, members in data["suites"].items():
        console.print(f"suite [bold]{suite}[/bold]: {len(members)} scenarios")
    console.print("norms: " + ", ".join(norm["name"] for norm in data["norms"]))
