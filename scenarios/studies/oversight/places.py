"""Variants of the study, their positions, and the games that say what nodes are worth in Elo."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import pairwise

from gyges.envs.errors import ConfigError
from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.engine import layout as at
from gyges.envs.fairychess.search.alphabeta import key, search
from gyges.envs.fairychess.variants.ini_files import Variant, VariantError, load
from gyges.envs.fairychess.variants.invent import draw
from gyges.scenarios.arena.openings import openings
from gyges.scenarios.arena.ratings import Score
from gyges.scenarios.studies.oversight.agents import Agent, Position, own_values
from gyges.scenarios.studies.oversight.profile import RUNGS, Profile, seed_of

DRAWN = 1
"""Version of the distribution that variants are drawn from."""
TRIAL_NODES, TRIAL_GAMES, TRIAL_DECISIVE = 100, 12, 0.6
"""A variant is fit where so much of so many games between searches of so many nodes has a winner."""
SIDES = (0.2, 0.8)
"""Between which the first player's part of decisive games lies in a fit variant."""
SHORTEST = 16
"""Mean plies of a fit variant's games at least."""
ON_FROM_OPENING = 20
"""Plies at most that are played on from an opening to a position."""
STRAY = 0.2
"""Chance that such a ply is any legal move."""
LEAST_MOVES = 8
EVEN = 500
"""Centipawns within which a position is for the reference."""


def variant_of(seed: int) -> Variant:
    """The variant of a seed."""
    return load(draw(seed, version=DRAWN))


def game(variant: Variant, fen: str, sides: Sequence[Agent], horizon: int) -> tuple[float, int]:
    """Play a game; the first player's points, and plies. It is drawn at the horizon."""
    board = Board(variant, fen)
    past: list[int] = []
    while not board.result().over and len(past) < horizon:
        who = sides[int(board.row[at.TURN])]
        found = search(board, who.nodes, history=past, values=who.values)
        past.append(key(board.compiled, board.row))
        board.play(int(found.move or 0))
    winner = board.result().winner
    return (1.0 - winner if winner in (0, 1) else 0.5), len(past)


def agent(variant: Variant, nodes: int, spread: float, *purpose: object) -> Agent:
    """An agent with values of its own."""
    return Agent(nodes, own_values(variant, seed_of("values", variant.name, *purpose), spread))


def fit(seed: int, spread: float, horizon: int) -> bool:
    """Is a variant worth playing under search: mostly decisive, by either side, and not at once?"""
    try:
        variant = variant_of(seed)
        starts = openings(variant, TRIAL_GAMES, seed_of("trial", seed))
    except (ConfigError, VariantError):
        return False
    wins, plies = [0, 0], 0
    for k, fen in enumerate(starts):
        sides = [agent(variant, TRIAL_NODES, spread, "trial", k, who) for who in range(2)]
        points, length = game(variant, fen, sides, horizon)
        plies += length
        if points != 0.5:
            wins[int(points)] += 1
    decided = sum(wins)
    return (
        decided >= TRIAL_DECISIVE * TRIAL_GAMES
        and plies >= SHORTEST * TRIAL_GAMES
        and SIDES[0] <= wins[1] / decided <= SIDES[1]
    )


def scale(plan: Profile, seed: int) -> list[Score]:
    """Games of adjacent rungs, each opening with both colours, every side of every game with values of its
    own: scores by pairing and opening."""
    variant = variant_of(seed)
    found = []
    for k, fen in enumerate(openings(variant, plan.openings, seed_of("openings", seed))):
        for low, high in pairwise(RUNGS):
            points = []
            for swapped in range(2):
                sides = [
                    agent(variant, nodes, plan.spread, "scale", k, swapped, nodes) for nodes in (low, high)
                ]
                score = game(variant, fen, sides[::-1] if swapped else sides, plan.horizon)[0]
                points.append(1 - score if swapped else score)
            found.append(
                Score(str(low), str(high), k, points.count(1.0), points.count(0.5), points.count(0.0))
            )
    return found


def positions(plan: Profile, seed: int, reference: Agent) -> Iterator[Position]:
    """Positions of seeded play: an opening, then some plies between searches, a part of them any move."""
    variant = variant_of(seed)
    luck = random.Random(seed_of("positions", seed))
    starts = openings(variant, plan.positions, seed_of("places", seed))
    made = tries = 0
    while made < plan.positions and tries < 20 * plan.positions:
        sides = [agent(variant, TRIAL_NODES, plan.spread, "places", tries, who) for who in range(2)]
        board = Board(variant, starts[made])
        tries += 1
        for _ in range(luck.randrange(ON_FROM_OPENING + 1)):
            moves, result = board.listed()
            if result.over:
                break
            stray = luck.random() < STRAY
            who = sides[int(board.row[at.TURN])]
            board.play(
                luck.choice(moves) if stray else int(who.look(Position(board.compiled, board.row)).move or 0)
            )
        here = Position(board.compiled, board.row.copy())
        if len(here.legal()) >= LEAST_MOVES and abs(reference.look(here).cp) <= EVEN:
            made += 1
            yield here
