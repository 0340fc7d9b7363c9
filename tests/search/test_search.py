"""The tree search: what it finds, the same for a seed and for rows alone, by the game's own rules."""

import dataclasses

import numpy as np
import pytest

from gyges.agents.load import load as load_policy
from gyges.agents.load import resolve
from gyges.agents.sandbox.process import Limits
from gyges.agents.search.player import SearchPlayer, parse
from gyges.agents.search.trees import KEPT, Search, Trees, halving
from gyges.envs.batch import Batch
from gyges.envs.errors import ConfigError, FileError
from gyges.envs.fairychess.board import Board, uci
from gyges.envs.fairychess.engine.variant_tables import compiled
from gyges.envs.fairychess.game import FairyChess
from gyges.envs.fairychess.variants.ini_files import load
from gyges.envs.registry import make
from gyges.envs.rollout import Seating
from gyges.scenarios.arena.games import Pairing, play_pairs

torch = pytest.importorskip("torch")

from gyges.agents.search.network import Evaluator, untrained  # noqa: E402

GARDNER = compiled(load("gardner"))
MATE_IN_TWO = "r2k1/p2np/b1PP1/P3Q/2R1K w - - 3 14"
MATED_IN_TWO = "1Rr1k/2P2/3K1/2PQ1/2b2 b - - 5 21"
MATE_IN_ONE = "r1b1k/pB2p/q1n2/5/RN2K b - - 3 11"


@pytest.fixture(scope="module")
def asked():
    return Evaluator(untrained())


def trees_of(*fens, nodes=400, c=GARDNER):
    rows = np.stack([Board(c.variant, fen).row for fen in fens])
    return Trees(c, rows, np.zeros((len(fens), KEPT), np.int64), nodes)


def searched(fens, asked, simulations=300, candidates=64, **more):
    trees = trees_of(*fens, **more)
    if asked is not None:
        trees.enter(asked)
    noise = np.zeros((len(fens), int(trees.count[:, 0].max())))
    words = np.arange(len(fens), dtype=np.int64) + 7
    return trees, trees.search(Search(simulations, candidates), asked, noise, words)


def follow(fen, trees, found, row=0):
    board = Board(GARDNER.variant, fen)
    board.play(int(trees.moves[row, found.edge[row]]))
    return board


@pytest.mark.parametrize("guided", [True, False])
def test_it_finds_a_mate_in_one(asked, guided):
    trees, found = searched([MATE_IN_ONE], asked if guided else None)
    assert follow(MATE_IN_ONE, trees, found).result() == (True, 1)


def test_it_finds_a_mate_in_two_and_knows_what_it_is_worth(asked):
    trees, found = searched([MATE_IN_TWO, MATED_IN_TWO], asked, 1500, nodes=1502)
    board = follow(MATE_IN_TWO, trees, found)
    from gyges.envs.fairychess.search.alphabeta import search

    assert search(board, 3000).mate == -2
    assert found.value[0] > 0.8
    assert found.value[1] < -0.8
    few = searched([MATE_IN_TWO, MATED_IN_TWO], asked, 20)[1]
    assert few.value[0] < found.value[0]
    assert few.value[1] > found.value[1]


def test_the_improved_policy_is_a_distribution_and_shifts_to_what_wins(asked):
    trees, found = searched([MATE_IN_ONE], asked)
    assert found.policy[0].sum() == pytest.approx(1)
    prior = np.exp(trees.logit[0, : trees.count[0, 0]])
    assert found.policy[0, found.edge[0]] > 5 * prior[found.edge[0]]


def test_rows_are_searched_as_they_are_alone():
    network = untrained()
    with torch.no_grad():  # without ties, which the last bits of a batch decide
        for p in network.parameters():
            p.add_(0.1 * torch.randn(p.shape, generator=torch.Generator().manual_seed(p.numel())))
    asked = Evaluator(network)
    fens = [MATE_IN_TWO, MATED_IN_TWO, MATE_IN_ONE, GARDNER.variant.startFen]
    for guide in (asked, None):
        together, found = searched(fens, guide, 60)
        for row, fen in enumerate(fens):
            trees = trees_of(fen)
            if guide is not None:
                trees.enter(guide)
            n = int(trees.count[0, 0])
            alone = trees.search(Search(60, 64), guide, np.zeros((1, n)), np.array([row + 7]))
            assert (trees.visits[0, :n] == together.visits[row, :n]).all()
            assert alone.edge[0] == found.edge[row]
            assert alone.value[0] == pytest.approx(found.value[row], abs=1e-5)


def test_halving_spends_all_simulations_evenly_in_each_round():
    assert halving(8, 4)[4].tolist() == [0, 0, 0, 0, 1, 1, 2, 2]
    for simulations in (1, 7, 32):
        for many, plan in enumerate(halving(simulations, 16)[1:], 1):
            visits = [0] * many
            for wanted in plan:
                visits[visits.index(wanted)] += 1
            assert sum(visits) == simulations


@pytest.mark.parametrize("name", ["gardner", "minishogi", "antichess", "crazyhouse", "3check"])
def test_games_in_trees_are_games_by_the_rules(name):
    """Moves and ends, repetition and perpetual check among them, are those of `Board`."""
    c = compiled(load(name))
    rng = np.random.default_rng(5)
    for game in range(3):
        board = Board(c.variant)
        row, past = board.row[None].copy(), np.zeros((1, KEPT), np.int64)
        for ply in range(70):
            trees = Trees(c, row, past, 3)
            listed, result = board.listed()
            assert not result.over
            assert trees.moves[0, : trees.count[0, 0]].tolist() == listed
            quiet = listed[-2:] if game == 0 and ply > 4 else listed  # the last pieces go to and fro
            move = quiet[int(rng.integers(len(quiet)))]
            node = int(trees.play(np.array([listed.index(move)], np.int32))[0])
            board.play(move)
            result = board.result()
            assert bool(trees.done[0, node]) == result.over, board.fen
            if result.over:
                mover = int(board.row[0])
                expected = 0 if result.winner == -1 else 1 if result.winner == mover else -1
                assert trees.value[0, node] == expected
                break
            row = trees.rows[node][None]
            past = np.concatenate([past[:, 1:], trees.keys[:, :1]], 1)


def test_repetition_along_the_path_of_a_search_is_a_draw(asked):
    """Two kings and a rook each that shuffle: the third time is seen below the root."""
    trees = trees_of("r3k/5/5/5/R3K w - - 0 1", nodes=12)
    board = Board(GARDNER.variant, "r3k/5/5/5/R3K w - - 0 1")
    to_and_fro = ["e1d1", "e5d5", "d1e1", "d5e5"] * 2
    row, past = trees.rows[:1], np.zeros((1, KEPT), np.int64)
    for name in to_and_fro[:-1]:
        trees = Trees(GARDNER, row, past, 3)
        names = [uci(GARDNER, row[0], int(m)) for m in trees.moves[0, : trees.count[0, 0]]]
        node = int(trees.play(np.array([names.index(name)], np.int32))[0])
        board.push(name)
        row, past = trees.rows[node][None], np.concatenate([past[:, 1:], trees.keys[:, :1]], 1)
    trees = Trees(GARDNER, row, past, 3)
    names = [uci(GARDNER, row[0], int(m)) for m in trees.moves[0, : trees.count[0, 0]]]
    node = int(trees.play(np.array([names.index(to_and_fro[-1])], np.int32))[0])
    assert (trees.done[0, node], trees.value[0, node], trees.seen[0, node]) == (1, 0, 3)


# As policies.


def test_it_plays_whole_games_by_name_and_the_same_by_seed():
    openings = ((0, GARDNER.variant.startFen),)
    names = ("search:untrained?simulations=3", "mcts?simulations=3")
    first, again, other = (
        play_pairs(Pairing("gardner", *names, openings, 30, seed, Limits())) for seed in (1, 1, 2)
    )
    assert [one.moves for one in first] == [one.moves for one in again]
    assert [one.moves for one in first] != [one.moves for one in other]
    assert not any(one.forfeit for one in first)


def test_the_network_alone_plays_its_likeliest_move(asked):
    game = FairyChess(variant="gardner")
    player = load_policy("search:untrained?simulations=0", game)
    assert isinstance(player, SearchPlayer)
    assert player.how.simulations == 0
    trees = trees_of(MATE_IN_TWO)
    trees.enter(asked)
    found = trees.search(Search(0), asked, np.zeros((1, int(trees.count[0, 0]))))
    assert found.edge[0] == trees.logit[0, : trees.count[0, 0]].argmax()


def test_it_plays_the_game_with_stakes_where_acts_are_not_moves_alone():
    game = make("fairychess_stakes", variant="gardner", horizon=12)
    batch = Batch(game, 3, seed=4)
    seating = Seating(batch, [load_policy("mcts?simulations=2", game)] * 2, seed=4)
    while not batch.over.all():
        seating.step()
    assert batch.state.tick.max() > 4


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("mcts?simulations=0", "1 simulation or more"),
        ("mcts?simulations=x", "are numbers"),
        ("search:untrained?depth=3", "search:FOLDER"),
        ("search:untrained?simulations=-1", "0 to 1,000,000"),
        ("search:untrained?candidates=0", "1 to 1,024"),
    ],
)
def test_names_of_another_form_are_refused(name, words):
    with pytest.raises(ConfigError, match=words):
        load_policy(name, FairyChess(variant="gardner"))


def test_variants_too_large_are_refused_by_name():
    with pytest.raises(ConfigError, match="duck: moves put walls"):
        load_policy("mcts", FairyChess(variant="duck"))
    wide = "[wide]\nmaxRank = 10\nmaxFile = 12\nking = k\nrook = r\n"
    wide += "startFen = r10k/12/12/12/12/12/12/12/12/K10R w - - 0 1\n"
    with pytest.raises(ConfigError, match=r"wide: 120 squares; .* 100 at most"):
        load_policy("search:untrained", FairyChess(variant=wide))
    with pytest.raises(ConfigError, match="nodes together"):
        trees_of(MATE_IN_ONE, nodes=30_000_000)


def test_a_folder_without_a_checkpoint_is_refused(tmp_path):
    with pytest.raises(FileError, match=r"rules-network\.json"):
        resolve(f"search:{tmp_path}", FairyChess(variant="gardner"))


def test_settings_are_read_from_the_name():
    assert parse("search:a/b?simulations=5&candidates=3&noise=1") == (
        "search",
        "a/b",
        Search(5, 3, 1.0),
        False,
    )
    assert parse("mcts") == ("mcts", "", Search(), False)
    assert dataclasses.asdict(parse("zero?simulations=9")[2])["simulations"] == 9
