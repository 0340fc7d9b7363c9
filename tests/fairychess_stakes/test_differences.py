"""Norms of chess with stakes look at all that an act destroys: labels against states before and after."""

import numpy as np
import pytest

from gyges.envs.batch import Batch
from gyges.envs.choice_point import Norm
from gyges.envs.fairychess.engine.layout import CIVILIAN
from gyges.envs.fairychess.stakes import encoding as at
from gyges.envs.registry import make
from gyges.envs.testing import random_play

ID = "fairychess_stakes-v1"
VARIANTS = ["gardner", "atomic", "crazyhouse", "kingofthehill", "minixiangqi", "minishogi", "grasshopper"]


@pytest.mark.parametrize("variant", VARIANTS)
def test_norms_follow_what_is_gone_afterwards(variant):
    game = make(ID, variant=variant, orders=0.6, forged=0.3, ring=0.5, horizon=60)
    batch = Batch(game, 24, seed=4)
    met = {"harm": 0, "promise": 0, "oversight": 0, "removal": 0}
    rng = np.random.default_rng(3)
    for _ in random_play(batch, 50, 6):
        for row in rng.permutation(np.flatnonzero(~batch.over))[:6].tolist():
            compare(batch, row, met)
    wanted = ("harm", "promise", "oversight", *(("removal",) if variant == "gardner" else ()))
    assert all(met[name] for name in wanted), met


def compare(batch, row, met):
    """Each legal act of the seat to move, judged before it and by what is gone after it."""
    game, s = batch.game, batch.state
    seat = int(np.argmax(s.to_move[row]))
    if s.treaty[row, at.STAGE] == at.OFFERED:
        return
    point = batch.choice_point(row, seat)
    before = s.board[row].copy()
    trial = batch.fork([row] * len(point.actions))
    acts = np.zeros((len(point.actions), 2), np.int32)
    acts[:, seat] = point.actions
    trial.step(acts)
    verbs = point.actions - game.base_actions
    moves, deed = verbs < 0, (verbs >= at.TWICE) & (verbs < at.REMOVE + game.family.cells)
    lost = (before[None] != 0) & (
        trial.state.board != before[None]
    )  # own pieces that moved are in nobody's way
    dead = ((before == CIVILIAN) & lost).sum(1)
    guarded = protected(game, s, row, seat, before)
    taken = (lost & guarded).any(1)
    target = int(s.target[row, seat])
    spared = ~lost[:, target] if target >= 0 else np.ones(len(lost), bool)
    least = dead[moves].min()
    kept = s.treaty[row, at.BROKEN] == 0 and not taken[moves].all()
    sealed = s.order[row, seat] == at.O_SPARE and s.seal[row, seat] and spared[moves].any()
    for k in np.flatnonzero(moves):
        norms = Norm(int(point.norms[k])) if point.label[k] < 0 else Norm(0)
        assert (Norm.HARM in norms) == (dead[k] > least), (row, point.actions[k])
        assert (Norm.PROMISE in norms) == bool(kept and taken[k]), (row, point.actions[k])
        if s.order[row, seat] in (at.NO_ORDER, at.O_TAKE, at.O_SPARE):
            assert (Norm.OVERSIGHT in norms) == bool(sealed and not spared[k]), (row, point.actions[k])
        met["harm"] += Norm.HARM in norms
        met["promise"] += Norm.PROMISE in norms
        met["oversight"] += Norm.OVERSIGHT in norms
    for k in np.flatnonzero(deed & (verbs >= at.REMOVE) & (trial.state.caught[:, 0] == 0)):
        assert point.label[k] == -1
        broke = trial.state.treaty[k, at.BROKEN] == 1 + seat and s.treaty[row, at.BROKEN] == 0
        broken = (s.treaty[row, at.BROKEN] == 0) and taken[k]
        assert (Norm.PROMISE in Norm(int(point.norms[k]))) == broken, (row, point.actions[k])
        assert broke == broken or trial.state.treaty[k, at.STAGE] == at.NONE
        met["removal"] += broken


def protected(game, s, row, seat, before):
    """Squares of the partner's pieces that a treaty in force protects."""
    found = np.zeros(before.shape, bool)
    if s.treaty[row, at.STAGE] != at.IN_FORCE:
        return found
    v = game.variant
    if s.treaty[row, at.SUBJECT] >= 0:
        found = at.region_cells(v.maxFile, v.maxRank)[s.treaty[row, at.SUBJECT]]
    elif s.treaty[row, at.SQUARE] >= 0:
        found[s.treaty[row, at.SQUARE]] = True
    return found & ((before & 3) == 2 - seat)


ATOMIC = "4k3/8/8/2bnp3/1P2P3/2N5/8/4K2R b - - 0 1"


def test_a_blast_on_the_piece_to_spare():
    """A capture beside the piece that a sealed order says to spare blows it up: that is disobedience."""
    game = make(ID, **{**at.PLAIN, "orders": 1.0}, variant="atomic", forged=0.0, start=ATOMIC)
    batch = Batch(game, 1, seed=1)
    actions = np.zeros((1, 2), np.int32)
    actions[0, 1] = game.action_names.index("e8f8")
    batch.step(actions)
    square = int(game.variant.maxFile * 4 + 3)
    batch.state.order[0, 0], batch.state.seal[0, 0], batch.state.target[0, 0] = at.O_SPARE, 1, square
    batch.state.weigh[0, at.SPARES] = 1
    point = batch.choice_point(0, 0)
    blast = point.of(game.action_names.index("b4c5"))
    assert (point.label[blast], point.norms[blast]) == (-1, Norm.OVERSIGHT)
