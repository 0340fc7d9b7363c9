"""Is a variant worth learning? A search plays itself and a weaker one from many openings.

A candidate is dropped as soon as it cannot pass any more, so that most of those that fail cost little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from gyges.envs.errors import ConfigError
from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.engine import layout as at
from gyges.envs.fairychess.search.alphabeta import key, search
from gyges.envs.fairychess.variants.ini_files import Variant
from gyges.scenarios.arena.games import HORIZON
from gyges.scenarios.arena.openings import EVEN, Balance, openings


@dataclass(frozen=True)
class Bar:
    """What a candidate has to pass.

    Attributes:
        nodes: positions a move of the search that plays itself.
        weak_nodes: of its weaker opponent.
        games: against itself, and as many against the weaker one.
        horizon: plies after the opening at which a game is drawn.
        start_nodes: positions looked at from the start position, from which it may see no forced end.
        most_drawn: share of the games against itself.
        first: least and greatest share that the first player wins of those that are decided.
        least_score: share of the points against the weaker one.
        balance: what is an even opening.
        seed: of openings.
    """

    nodes: int = 1_000
    weak_nodes: int = 30
    games: int = 100
    horizon: int = HORIZON
    start_nodes: int = 10_000
    most_drawn: float = 0.5
    first: tuple[float, float] = (0.3, 0.7)
    least_score: float = 0.6
    balance: Balance = EVEN
    seed: int = 18

    def plain(self) -> dict[str, Any]:
        """As plain data."""
        return {**asdict(self), "first": list(self.first), "balance": list(self.balance)}


BAR = Bar()


@dataclass(frozen=True)
class Measured:
    """What the games said: of those that were played, where a candidate was dropped.

    Attributes:
        why: what it failed at; empty where it passed.
        games: against itself.
        drawn: share of them.
        first: share of the decided ones that the first player won.
        plies: mean length after the opening.
        score: share of points against the weaker search.
        against: games against it.
    """

    why: str = ""
    games: int = 0
    drawn: float = 0.0
    first: float = 0.0
    plies: float = 0.0
    score: float = 0.0
    against: int = 0


def play(variant: Variant, fen: str, nodes: tuple[int, int], horizon: int) -> tuple[float, int]:
    """Play a game of the search against itself.

    Args:
        variant: its rules.
        fen: where it begins.
        nodes: positions a move, first player and second.
        horizon: plies at which it is drawn.

    Returns:
        The first player's score (1, 0.5 or 0), and plies played.
    """
    board = Board(variant, fen)
    past: list[int] = []
    while not (result := board.result()).over and len(past) < horizon:
        found = search(board, nodes[int(board.row[at.TURN])], None, past)
        past.append(key(board.compiled, board.row))
        board.play(int(found.move or 0))
    return {0: 1.0, 1: 0.0}.get(-1 if result.winner is None else result.winner, 0.5), len(past)


def measure(variant: Variant, bar: Bar = BAR) -> Measured:
    """Play a candidate until it has passed, or cannot."""
    if Board(variant).in_check:  # as the set-up is the same for both, the other king is attacked too
        return Measured("a king attacked at the start")
    if search(Board(variant), bar.start_nodes).mate is not None:
        return Measured("a forced end from the start position")
    try:
        for count in (
            bar.games // 10,
            bar.games,
        ):  # the first are the same: few tell early that there are none
            places = openings(variant, count, bar.seed, bar.balance)
    except ConfigError:
        return Measured("too few even openings")
    found = _against_itself(variant, places, bar)
    return found if found.why else _against_weaker(variant, places, bar, found)


def _against_itself(variant: Variant, places: Sequence[str], bar: Bar) -> Measured:
    scores: list[float] = []
    plies = 0
    why = ""
    for fen in places:
        score, length = play(variant, fen, (bar.nodes, bar.nodes), bar.horizon)
        scores.append(score)
        plies += length
        why = dropped(scores, bar)
        if why:
            break
    drawn = scores.count(0.5)
    decided = len(scores) - drawn
    return Measured(
        why, len(scores), drawn / len(scores), scores.count(1.0) / max(decided, 1), plies / len(scores)
    )


def dropped(scores: Sequence[float], bar: Bar) -> str:
    """Why further games against itself cannot make a candidate pass; empty where they can.

    Args:
        scores: the first player's in the games so far: 1, 0.5 or 0.
        bar: what it has to pass.
    """
    won, lost, drawn = scores.count(1.0), scores.count(0.0), scores.count(0.5)
    if drawn > bar.most_drawn * bar.games:
        return "too many draws"
    left = bar.games - len(scores)
    low, high = bar.first
    if won + lost + left and not low <= (won + left) / (won + lost + left):
        return "the second player wins too often"
    if won + lost + left and not won / (won + lost + left) <= high:
        return "the first player wins too often"
    return ""


def _against_weaker(variant: Variant, places: Sequence[str], bar: Bar, found: Measured) -> Measured:
    points, played, why = 0.0, 0, ""
    while played < bar.games and not why:  # every opening twice, with colours swapped
        swapped = played % 2 == 1
        nodes = (bar.weak_nodes, bar.nodes) if swapped else (bar.nodes, bar.weak_nodes)
        score, _ = play(variant, places[played // 2], nodes, bar.horizon)
        points += 1 - score if swapped else score
        played += 1
        if points + bar.games - played < bar.least_score * bar.games:
            why = "thinking further wins too little"
    return replace(found, why=why, score=points / played, against=played)
