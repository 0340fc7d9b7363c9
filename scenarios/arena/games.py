"""Games between two policies: every opening twice, with colours swapped."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gyges.agents.load import resolve
from gyges.agents.sandbox.process import Limits
from gyges.envs.batch import Batch, Snapshot
from gyges.envs.fairychess.game import FairyChess
from gyges.envs.fairychess.notation.pgn import record_of
from gyges.envs.rollout import rollout
from gyges.scenarios.evaluation.play import ForfeitSeating, opened

HORIZON = 160
"""Plies after the opening at which a game is drawn."""


class Pairing(NamedTuple):
    """A job: two policies, and the openings that they play.

    Attributes:
        variant: text of its section of variants.ini, or a library name.
        first, second: names of policies.
        openings: numbers and FENs.
        horizon: plies after the opening at which a game is drawn.
        seed: of the policies' luck.
        limits: what a submitted policy may use.
    """

    variant: str
    first: str
    second: str
    openings: tuple[tuple[int, str], ...]
    horizon: int
    seed: int
    limits: Limits


class Played(NamedTuple):
    """One game, as the first policy of the pairing sees it."""

    opening: int
    fen: str  # of the opening
    swapped: bool  # whether the first policy had the second player's pieces
    score: float  # 1, 0.5 or 0
    moves: tuple[str, ...]  # UCI
    forfeit: str  # who lost their seat and why; "" where nobody did


def play_pairs(job: Pairing) -> list[Played]:
    """Play every opening of a pairing twice, all games side by side.

    A policy that fails, or names an illegal move, has lost the game; it is played on by first legal moves
    for the record only.

    Raises:
        UnknownNameError, PolicyError, ConfigError: a policy or variant that does not exist or fit.
    """
    game = FairyChess(variant=job.variant, horizon=job.horizon)
    batch = begun(game, [fen for _, fen in job.openings])
    with (
        opened(resolve(job.first, game), game, job.limits) as first,
        opened(resolve(job.second, game), game, job.limits) as second,
    ):
        table = [[first, second], [second, first]] * len(job.openings)
        seating = ForfeitSeating(batch, table, seed=job.seed)
        taken: list[list[int]] = [[] for _ in table]
        won = np.zeros((batch.rows, 2))
        movers = batch.state.to_move.copy() != 0
        for step in rollout(batch, seating):
            for row in np.flatnonzero(step.running).tolist():
                taken[row] += step.actions[row, movers[row]].tolist()
            won += batch.reward / game.reward_scale
            movers = batch.state.to_move.copy() != 0
    found = []
    for row, actions in enumerate(taken):
        number, fen = job.openings[row // 2]
        swapped = bool(row % 2)
        score, why = _outcome(won[row], seating, row)
        moves = record_of(game, actions, fen=fen).moves
        found.append(Played(number, fen, swapped, 1 - score if swapped else score, moves, why))
    return found


def begun(game: FairyChess, fens: list[str]) -> Batch:
    """A batch in which rows 2 k and 2 k + 1 stand at the k-th position."""
    rows: list[npt.NDArray[np.int32]] = []
    for fen in fens:
        there = FairyChess(variant=game.config.variant, horizon=game.config.horizon, start=fen)
        one = Batch(there, 1, threads=1)
        rows += [one.packed[0], one.packed[0]]
    batch = Batch(game, len(rows), threads=1)
    batch.restore(Snapshot(game.id, np.stack(rows)))
    return batch


def _outcome(won: npt.NDArray[np.float64], seating: ForfeitSeating, row: int) -> tuple[float, str]:
    """The score of seat 0, and why a seat was lost."""
    if seating.forfeits[row]:
        lost = seating.forfeits[row][0]
        who = ("first", "second")[lost.seat]
        return float(lost.seat), f"{who} player, ply {lost.step + 1}: {lost.reason}"
    return 0.5 + float(won[0] - won[1]) / 4, ""
