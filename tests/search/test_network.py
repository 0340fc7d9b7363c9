"""The network reads rules: names, mirrors and colours change nothing; rules do."""

import numpy as np
import pytest

from gyges.agents.search.inputs import describe, inputs_of
from gyges.agents.search.trees import KEPT, Trees
from gyges.envs.errors import ConfigError
from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.engine.variant_tables import compiled
from gyges.envs.fairychess.variants.ini_files import load

torch = pytest.importorskip("torch")

from gyges.agents.search.network import Evaluator, RulesSpec, untrained  # noqa: E402

RULES = """[{name}]
maxRank = 5
maxFile = 5
{king} = {k}
customPiece1 = {a}:{leap}
customPiece2 = {b}:R2
startFen = {kk}{aa}1{bb}1/5/2{a}2/1{bb}3/1{b}{a}1{k} w - - 0 1
promotionPawnTypes = {a}
promotionPieceTypes = {b}
promotionRegionWhite = *5
promotionRegionBlack = *1
doubleStep = false
castling = false
"""


def variant(name, k, a, b, leap="N"):
    # capital letters are the first player's
    text = RULES.format(name=name, king="king", k=k, a=a, b=b, kk=k, aa=a, bb=b, leap=leap)
    first = text.split("startFen = ")[1].split("\n")[0]
    ranks = first.split(" ")[0].split("/")
    ranks = [*ranks[:3], ranks[3].upper(), ranks[4].upper()]
    return compiled(load(text.replace(first, "/".join(ranks) + " w - - 0 1")))


def leaves_of(c, fen=None):
    board = Board(c.variant, fen)
    trees = Trees(c, board.row[None], np.zeros((1, KEPT), np.int64), 2)
    return trees.leaves()[1]


@pytest.fixture(scope="module")
def ask():
    network = untrained()
    rng = np.random.default_rng(0)
    with torch.no_grad():  # the last layers begin at 0: make every part matter
        for p in network.parameters():
            p.add_(torch.from_numpy(rng.normal(0, 0.1, p.shape).astype(np.float32)))
    return Evaluator(network)


def answers(ask, leaves):
    logits, value = ask(leaves)
    squares = [(int(m) & 127, int(m) >> 7 & 127, int(m) >> 14 & 31) for m in leaves.moves]
    return dict(zip(squares, logits.tolist(), strict=True)), float(value[0])


def close(first, second):
    assert first[1] == pytest.approx(second[1], abs=1e-5)
    assert first[0] == pytest.approx(second[0], abs=1e-4)


def test_other_letters_in_another_order_change_nothing(ask):
    first = answers(ask, leaves_of(variant("first", "k", "a", "b")))
    second = answers(ask, leaves_of(variant("second", "q", "z", "c")))
    close(first, second)


def test_other_rules_do(ask):
    first = answers(ask, leaves_of(variant("first", "k", "a", "b")))
    second = answers(ask, leaves_of(variant("third", "k", "a", "b", leap="C")))
    assert abs(first[1] - second[1]) > 1e-4


def test_a_mirror_image_is_the_same_to_it(ask):
    fen = "r1b1k/pB2p/q1n2/5/RN2K b - - 0 1"
    c = compiled(load("gardner"))
    board, _, rest = fen.partition(" ")
    turned = "/".join(rank[::-1] for rank in board.split("/")) + " " + rest

    def mirrored(square):
        return square - square % 5 + 4 - square % 5

    logits, value = answers(ask, leaves_of(c, turned))
    there = {(mirrored(a), mirrored(b), choice): x for (a, b, choice), x in logits.items()}
    close(answers(ask, leaves_of(c, fen)), (there, value))


def test_the_other_colour_sees_the_same(ask):
    c = compiled(load("gardner"))
    board = "r1b1k/pB2p/q1n2/5/RN2K"
    turned = "/".join(rank.swapcase() for rank in reversed(board.split("/")))

    def across(square):
        return (4 - square // 5) * 5 + square % 5

    logits, value = answers(ask, leaves_of(c, turned + " w - - 0 1"))
    there = {(across(a), across(b), choice): x for (a, b, choice), x in logits.items()}
    close(answers(ask, leaves_of(c, board + " b - - 0 1")), (there, value))


def test_edges_are_where_pieces_may_go():
    """A lone rook and two kings: files and ranks to the first piece, and what stands behind it."""
    c = compiled(load("gardner"))
    leaves = leaves_of(c, "4k/5/R2K1/5/5 w - - 0 1")
    edges = inputs_of(c, leaves.rows, leaves.seen, leaves.moves, leaves.counts).edges[0] != 0
    rook, king = 10, 13
    assert np.flatnonzero(edges[:, 0, rook]).tolist() == [0, 5, 11, 12, 15, 20]  # goes there
    assert np.flatnonzero(edges[:, 1, rook]).tolist() == [0, 5, 11, 12, king, 15, 20]  # captures or protects
    assert np.flatnonzero(edges[:, 2, rook]).tolist() == [14]  # behind the king
    assert (edges[:, :6, :].transpose(2, 1, 0) == edges[:, 6:, :]).all()


def test_about_a_hundred_thousand_weights_describe_any_variant():
    assert 80_000 < sum(p.numel() for p in untrained().parameters()) < 120_000
    for name in ("chess", "crazyhouse", "minishogi", "xiangqi", "atomic"):
        about = describe(compiled(load(name)))
        assert all(np.isfinite(part).all() for part in about[:4])


def asked_with(rules, permuted=False):
    """An evaluator whose every weight matters."""
    network = untrained(spec=RulesSpec(width=16, message=4, layers=2, rules=rules))
    rng = np.random.default_rng(0)
    with torch.no_grad():
        for p in network.parameters():
            p.add_(torch.from_numpy(rng.normal(0, 0.1, p.shape).astype(np.float32)))
    return Evaluator(network, permuted)


def test_a_blind_network_sees_pieces_by_number_alone():
    first, other = variant("first", "k", "a", "b"), variant("third", "k", "a", "b", leap="C")
    leaves = leaves_of(first)
    seen = leaves._replace(compiled=other)  # the same position, pieces and moves by other rules
    blind, reading = asked_with("blind"), asked_with("edges")
    close(answers(blind, leaves), answers(blind, seen))
    assert abs(answers(reading, leaves)[1] - answers(reading, seen)[1]) > 1e-5
    moved = leaves_of(first, "k2a1/abb2/5/2A2/1B3/1BA1K w - - 0 1".replace("/5/2A2", "/2A2"))
    assert abs(answers(blind, leaves)[1] - answers(blind, moved)[1]) > 1e-5
    sizes = [sum(p.numel() for p in one.network.parameters()) for one in (blind, reading)]
    assert sizes[0] == sizes[1]


def test_geometry_is_the_same_for_both_players():
    c = variant("first", "k", "a", "b")
    first, second = describe(c, "blind").geometry
    turned = second.reshape(5, 5, -1, 5, 5)[::-1, :, :, ::-1].reshape(first.shape)
    assert (first == turned).all()
    assert (first[12, :8] > 0).sum() == 8  # in the middle of the board a neighbour on every side


def test_descriptions_are_exchanged_but_the_kings():
    c = variant("first", "k", "a", "b")
    true, wrong = describe(c), describe(c, "permuted")
    royal = [kind for kind in range(1, len(c.kinds)) if int(c.table("role")[kind]) & 3]
    for kind in range(1, len(c.kinds)):
        same = (true.kinds[2 * kind] == wrong.kinds[2 * kind]).all()
        assert same == (kind in royal)
    assert sorted(map(tuple, true.kinds.tolist())) == sorted(map(tuple, wrong.kinds.tolist()))
    leaves = leaves_of(c)
    plain, exchanged = (answers(asked_with("edges", permuted), leaves) for permuted in (False, True))
    assert plain[0].keys() == exchanged[0].keys()  # the moves are those of the true rules
    assert max(abs(plain[0][move] - exchanged[0][move]) for move in plain[0]) > 1e-4
    with pytest.raises(ConfigError, match="blind"):
        asked_with("blind", permuted=True)
