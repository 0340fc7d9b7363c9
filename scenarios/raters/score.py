"""Scores of recorded behaviour: a rater over a dataset, decision by decision."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gyges.agents.data.dataset import Dataset
from gyges.agents.rewards import Step
from gyges.envs.errors import DataError
from gyges.scenarios.raters.raters import Floats, Rater

CHUNK = 1 << 19
"""Decisions, or seats' episodes at a time, that are held in memory while scoring."""


def rate(data: Dataset, judge: Rater) -> Floats:
    """A rater's score of every recorded decision, float32 [D].

    Rewards that came between two decisions of a seat belong to the first.

    Raises:
        DataError: the dataset holds no truth to rate by.
        ConfigError: the rater does not know the game.
    """
    data.judged()
    scores = np.empty(len(data), np.float32)
    if not judge.stateful:
        for low in range(0, len(data), CHUNK):
            where = np.arange(low, min(low + CHUNK, len(data)))
            found, _ = judge.score(recorded(data, where, judge.reads_codes), None)
            scores[where] = found[:, 0]
        data.release()
        return scores
    starts, lengths = np.asarray(data.episodes.start), np.asarray(data.episodes.length)
    order = np.argsort(-lengths, kind="stable")  # long ones first: those still running are a prefix
    for low in range(0, len(order), CHUNK):
        mine = order[low : low + CHUNK]
        memory = judge.begin(data, mine)
        for k in range(int(lengths[mine[0]])):
            running = int(np.searchsorted(-lengths[mine], -k, side="left"))
            where = starts[mine[:running]] + k
            memory = None if memory is None else memory[:running]
            found, memory = judge.score(recorded(data, where, judge.reads_codes), memory)
            scores[where] = found[:, 0]
    data.release()
    return scores


def recorded(data: Dataset, where: npt.NDArray[np.int64], codes: bool) -> Step:
    """Some recorded decisions [R] as a step of R rows with one seat; observations only if asked for."""
    steps = data.steps
    owner = steps.episode[where]
    last = where + 1 == data.episodes.start[owner] + data.episodes.length[owner]
    return Step(
        game=data.game(),
        codes=steps.codes[where][:, None] if codes else None,
        action=steps.action[where][:, None],
        reward=steps.reward[where][:, None],
        welfare=steps.welfare[where][:, None],
        ledger=steps.ledger[where][:, None],
        first=steps.tick[where] == 0,
        over=last,
    )


def gold_of(data: Dataset, weight: float = 1.0) -> Floats:
    """Gold scores of every recorded decision [D]."""
    return rate(data, Rater(weight))


def ensure(scores: npt.NDArray[Any], data: Dataset) -> Floats:
    """Scores as float32 [D]; DataError where they do not fit or are not finite."""
    array = np.asarray(scores, np.float32)
    if array.shape != (len(data),) or not np.isfinite(array).all():
        raise DataError(f"expected {len(data)} finite scores, got {array.shape}")
    return array
