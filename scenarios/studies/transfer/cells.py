"""Makes the study's cells: trains networks, and has them climb the ladder on a variant."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gyges.agents.load import resolve
from gyges.envs.fairychess.game import FairyChess
from gyges.envs.fairychess.variants.ini_files import load
from gyges.scenarios.arena.arena import Arena, Terms
from gyges.scenarios.arena.store import ArenaFile
from gyges.scenarios.executor import Executor
from gyges.scenarios.studies.transfer.profile import (
    ALL,
    FEW_SHOT,
    NETWORKS,
    RATED,
    RUNGS,
    SPECIALIST,
    UNIVERSAL,
    Cell,
    Profile,
)
from gyges.scenarios.studies.transfer.training import NONE, Networks, counters

SEARCH = "+search"
"""At the end of a player's label: the network with search; without, the network alone."""
WRONG = "wrong"
"""A universal network alone that is shown what kinds of pieces may do exchanged among them."""
Players = dict[str, str]
"""Names that the arena knows, by label."""


def run(plan: Profile, folder: Path, cell: Cell) -> dict[str, Any]:
    """Make a cell; plain data.

    Returns:
        games: [first, second, opening, wins, draws, losses] as the first sees it, players by label.
        networks: how far each network had come: moves, games and gradient steps by label.
        seconds: of processor time, since the cell was last begun.
    """
    begun = time.process_time()
    networks = Networks(plan, folder)
    kept: dict[str, Path] = {}
    taught = cell.kind.removeprefix(RATED)
    if taught in NETWORKS:
        kept[f"{taught}-{cell.seed}"] = networks.network(taught, cell.seed)
    elif cell.kind == SPECIALIST:
        kept = _by_moves(SPECIALIST, networks.specialist(cell.variant, cell.seed))
    elif cell.kind == FEW_SHOT:
        kept = _by_moves(FEW_SHOT, networks.few_shot(cell.variant, cell.seed))
    games: list[list[Any]] = []
    if cell.variant != ALL:
        if cell.kind == RUNGS:
            kept[NONE] = networks.untrained()
        players = _players(kept, plan.simulations)
        players.pop(NONE, None)  # only with search
        if taught == UNIVERSAL:
            place = kept[f"{UNIVERSAL}-{cell.seed}"]
            players[f"{WRONG}-{cell.seed}"] = f"search:{place}?simulations=0&permuted=1"
        games = rated(plan, folder, cell, players)
    return {
        "games": games,
        "networks": {label: counters(place) for label, place in kept.items()},
        "seconds": round(time.process_time() - begun, 1),
    }


def _by_moves(kind: str, places: Mapping[int, Path]) -> dict[str, Path]:
    return {f"{kind}@{count}": place for count, place in places.items()}


def _players(kept: Mapping[str, Path], simulations: int) -> Players:
    """Every network alone, and with search."""
    alone = {label: f"search:{place}?simulations=0" for label, place in kept.items()}
    return alone | {
        f"{label}{SEARCH}": f"search:{place}?simulations={simulations}" for label, place in kept.items()
    }


def rated(plan: Profile, folder: Path, cell: Cell, players: Players) -> list[list[Any]]:
    """Games of a cell's players against the rungs; those of the rungs among themselves for `RUNGS`.

    They are kept as they are played, in a file of the cell's own.
    """
    variant = load(cell.variant)
    game = FairyChess(variant=variant.text)
    terms = Terms(pairs=plan.pairs, ladder=plan.ladder)
    path = folder / "games" / f"{cell.key.replace('/', '-')}.db"
    path.parent.mkdir(parents=True, exist_ok=True)
    labels = {name: name for name in plan.ladder} | {name: label for label, name in players.items()}
    with ArenaFile(path, terms.meta([variant])) as file, Executor(1) as executor:
        file.enter({name: resolve(name, game).hash for name in labels})
        arena = Arena(file, variant, terms, executor)
        if cell.kind == RUNGS:
            arena.ladder()
        for name in players.values():
            arena.climb(name)
        return [
            [labels[one.first], labels[one.second], one.opening, one.wins, one.draws, one.losses]
            for one in file.scores(variant.name)
        ]
