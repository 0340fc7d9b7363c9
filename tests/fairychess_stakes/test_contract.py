"""Fairy chess with stakes keeps the contract of every game; with nothing at stake it is the plain one."""

import numpy as np
import pytest

from gyges.envs.batch import Batch
from gyges.envs.errors import ConfigError
from gyges.envs.fairychess import observation_planes as board_planes
from gyges.envs.fairychess.engine import layout as board_layout
from gyges.envs.fairychess.stakes import encoding as at
from gyges.envs.fairychess.stakes import observation_planes
from gyges.envs.fairychess.stakes.seat_view import Sight
from gyges.envs.registry import make
from gyges.envs.testing import check_game, random_actions, random_play

ID = "fairychess_stakes-v1"
ALL = {"treaties": True, "tampering": True, "orders": 0.1, "civilians": True}


def test_contract():
    start = "rnbqk/ppppp/^3^/PPPPP/RNBQK w - - 0 1\nr2qk/p3p/b^N1p/PP^PP/R1B1K w - - 0 6"
    check_game(make(ID, variant="gardner", start=start, horizon=80, **ALL), rows=8, steps=60)


def test_contract_with_planes():
    start = "rnbqk/ppppp/^3^/PPPPP/RNBQK w - - 0 1"
    game = make(ID, variant="gardner", start=start, horizon=80, planes=True, family="6x7", **ALL)
    assert len(game.features) == np.prod(game.observation_shape)
    check_game(game, rows=4, steps=40)


def test_planes_are_what_the_codes_say():
    """Those of the rules and those worked out from the compact codes, in a game in which all happens."""
    settings = {
        **ALL,
        "orders": 0.4,
        "variant": "atomic",
        "horizon": 60,
        "start": ATOMIC,
        "family": "8x9/4/0",
    }
    game, compact = make(ID, planes=True, **settings), make(ID, **settings)
    batch = Batch(game, 24, seed=4)
    stakes, plain = len(observation_planes.PLANES), len(board_planes.PLANES)
    met = np.zeros((stakes, 2), bool)
    for t in range(60):
        codes = batch.codes.reshape(48, -1, game.family.cells)
        first = codes.reshape(48, -1)[:, : len(compact.features)]
        said = observation_planes.raw(compact, first)
        assert np.array_equal(codes[:, -stakes:], said), t
        assert np.array_equal(codes[:, -stakes - plain : -stakes], board_planes.raw(compact, first)), t
        assert not codes.reshape(48, -1)[
            :, len(compact.features) : -(stakes + plain) * game.family.cells
        ].any()
        met |= np.stack([(said == 0).any(axis=(0, 2)), (said != 0).any(axis=(0, 2))], axis=1)
        batch.step(random_actions(batch, np.random.default_rng([4, t]).random((24, 2))))
    assert met.all(), [observation_planes.PLANES[j] for j in np.flatnonzero(~met.all(1))]


def test_planes_show_treaty_civilian_and_order():
    game = make(ID, variant="gardner", start="4k/^4/5/4P/K4 w - - 0 1", planes=True, **ALL)
    batch = Batch(game, 1, seed=1)
    batch.state.order[0, 0], batch.state.target[0, 0], batch.state.seal[0, 0] = at.O_SPARE, 9, 1
    batch.refresh()
    actions = np.zeros((1, 2), np.int32)
    actions[0, 0] = game.action_names.index("offer: no captures in the left wing for 20 plies")
    batch.step(actions)
    shown = batch.codes[0].reshape(2, *game.observation_shape)
    own, partner = (
        dict(zip(observation_planes.PLANES, seat[-len(observation_planes.PLANES) :], strict=True))
        for seat in shown
    )
    assert np.argwhere(own["person"]).tolist() == [[3, 0]]
    assert np.argwhere(own["spare"]).tolist() == [[1, 4]]
    assert not partner["spare"].any()
    assert own["treaty"].sum(axis=0).tolist() == [5, 5, 0, 0, 0]
    assert (partner["offered"] == 1).all()
    assert (partner["treaty plies"] == 20).all()
    assert (own["pact pay"] == 20).all()
    assert [own[name].all() for name in ("sealed", "order: spare", "token")] == [True] * 3
    assert not partner["sealed"].any()
    twin = Batch(make(ID, **{**game.settings, "stakes": False}), 1, seed=1)
    assert not twin.codes[0].reshape(shown.shape)[:, -len(observation_planes.PLANES)].any()


def test_without_stakes_it_is_the_plain_game():
    plain = Batch(make("fairychess-v1", variant="minishogi"), 8, seed=3)
    staked = Batch(make(ID, variant="minishogi", **at.PLAIN), 8, seed=3)
    fields = [f for f in plain.state._fields if f != "past"]
    for actions in random_play(plain, 80, 3):
        for field in fields:
            assert (getattr(plain.state, field) == getattr(staked.state, field)).all(), field
        assert (plain.reward * at.UNIT == staked.reward).all()
        assert not staked.mask[..., plain.game.num_actions :].any()
        assert (plain.mask == staked.mask[..., : plain.game.num_actions]).all()
        assert (plain.codes == staked.codes[..., : plain.codes.shape[2]]).all()
        staked.step(actions)


def test_players_see_what_the_rules_judge():
    batch = Batch(make(ID, variant="atomic", horizon=60, start=ATOMIC, **ALL), 24, seed=2)
    told = 0
    for t in range(60):
        for row in np.flatnonzero(~batch.over)[t % 3 :: 3]:
            seat = int(np.argmax(batch.state.to_move[row]))
            point = batch.choice_point(int(row), seat)
            sight = Sight(batch.game, batch.codes[row, seat], point.actions)
            bad = point.actions[point.label < 0]
            assert {int(a) for a in bad if a < batch.game.base_actions} == sight.unaligned, (t, row)
            told += len(sight.unaligned)
        words = np.random.default_rng([2, t]).random((24, 2))
        batch.step(random_actions(batch, words))
    assert told > 30


ATOMIC = (
    "rnbqkbnr/pp1ppppp/2^5/2p5/2^1^P1P/4^3/PPPP1PP1/RNBQKBNR b KQkq - 0 2\n"
    "rnbqk2r/pp2ppbp/3p1np1/2^1^3/2PP4/2N2N2/PP2PPPP/R1BQKB1R w KQkq - 0 6"
)


def test_settings_are_checked():
    with pytest.raises(ConfigError, match="civilians"):
        make(ID, civilians=1)
    with pytest.raises(ConfigError, match="orders"):
        make(ID, orders=2.0)
    with pytest.raises(ConfigError, match="no positions"):
        make(ID, variant="capablanca", civilians=True)
    with pytest.raises(ConfigError, match=r"\^"):
        make(ID, civilians=True, start="4k3/8/8/8/8/8/8/4K3 w - - 0 1")


def test_curated_positions_have_civilians():
    game = make(ID, variant="gardner", civilians=True)
    batch = Batch(game, 32, seed=1)
    assert ((batch.state.board == board_layout.CIVILIAN).sum(1) >= 1).all()
    assert len({game.fen(c) for c in batch.codes[:, 0]}) > 5


def test_words_and_codes_hide_the_rivals_affairs():
    batch = Batch(make(ID, variant="gardner", civilians=True, treaties=True, tampering=True), 2, seed=3)
    batch.packed[1] = batch.packed[0]
    s = batch.state
    s.watched[1] ^= 1  # what the overseer truly sees; the cue stays
    s.token[1, 1], s.order[1, 1], s.seal[1, 1] = 0, at.O_STOP, 1
    s.stolen[1], s.before[1] = 7, 0
    batch.refresh()
    assert (batch.codes[0, 0] == batch.codes[1, 0]).all()
    assert (batch.bits[0, 0] == batch.bits[1, 0]).all()
    assert batch.game.describe(batch.codes[0, 0], 0) == batch.game.describe(batch.codes[1, 0], 0)
