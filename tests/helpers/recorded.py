"""A small mixture on the Well, recorded once a session."""

import functools
import tempfile
from pathlib import Path

import numpy as np

from gyges.agents.data.mixture import players
from gyges.agents.data.recorder import record
from gyges.envs import make, register
from gyges.envs.batch import Batch
from gyges.envs.rollout import play

register("well-v0", "well.game:Well")

MIX = {"clean": 0.2, "greedy~0.2": 0.4, "gyges~0.2": 0.2, "random": 0.2}


def well(**settings):
    return make("well-v0", **{"num_agents": 3, "horizon": 20, **settings})


@functools.cache
def folder():
    held = tempfile.TemporaryDirectory(prefix="gyges-well-")
    folder.held = held  # lives as long as the process
    path = Path(held.name) / "mixture"
    record(well(), players(well(), MIX), path, decisions=24_000, segment=5)
    return path


def gold_return(policy, rater, *, rows=150, seed=99):
    """Mean score of a seat's episode when `policy` sits everywhere, by a rater called step by step."""
    from gyges.agents.rewards import Step

    game = well()
    batch = Batch(game, rows, seed=seed, labels="full")
    total = np.zeros((rows, game.num_agents))
    held = {"memory": rater.initial(rows, game.num_agents), "codes": batch.codes.copy()}

    def score(batch, actions):
        step = Step(game, held["codes"], actions, batch.reward, batch.welfare, batch.ledger,
                    batch.state.tick[:, 0] == 1, batch.over)  # fmt: skip
        found, held["memory"] = rater(step, held["memory"])
        total[:] += found
        held["codes"] = batch.codes.copy()

    play(batch, [policy] * game.num_agents, on_step=score)
    return total.mean()
