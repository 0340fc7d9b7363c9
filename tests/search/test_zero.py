"""The checkpoints that come with the package: small, whole, and opponents in `gyges play`."""

import pytest

from gyges.agents.load import resolve
from gyges.agents.progress import read_curves
from gyges.agents.sandbox.process import Limits
from gyges.agents.search.player import PACKAGED
from gyges.envs.fairychess.variants.ini_files import load
from gyges.envs.registry import make
from gyges.scenarios.arena.games import Pairing, play_pairs
from gyges.scenarios.cli.play import personas
from gyges.scenarios.studies.transfer.profile import profile

ZERO = PACKAGED["zero"]

torch = pytest.importorskip("torch")

from gyges.agents.search.checkpoint import load_network  # noqa: E402


def test_it_is_small_and_says_how_it_was_trained():
    assert sum(file.stat().st_size for file in ZERO.iterdir()) < 2_000_000
    card = load_network(ZERO)[1]
    assert card.algorithm == "alphazero"
    assert card.about["command"].startswith("gyges train alphazero --out runs/gardner ")
    assert list(card.variants) == ["gardner"]
    assert read_curves(ZERO)[-1]["moves"] <= card.about["moves"]


def test_the_universal_one_is_that_of_the_study():
    """One of the three that docs/study-transfer.md is about."""
    folder = PACKAGED["universal"]
    assert sum(file.stat().st_size for file in folder.iterdir()) < 200_000
    card = load_network(folder)[1]
    assert list(card.variants) == list(profile("small").training)
    assert card.about["moves"] == 16 * 50_000


def test_the_universal_one_beats_random_play_where_it_has_never_played():
    for name in ("transfer-atom-1", "transfer-size-2"):
        openings = ((0, load(name).startFen),)
        played = play_pairs(Pairing(name, "universal?simulations=8", "random", openings, 160, 1, Limits()))
        assert sum(one.score for one in played) >= 1.5, name


@pytest.mark.parametrize("player", ["zero", "universal"])
def test_a_person_can_ask_for_it(player):
    game = make("fairychess", variant="gardner")
    ((name, policy),) = personas(game, [player])
    assert name == player
    assert policy.how.simulations == 128


def test_settings_make_another_player():
    game = make("fairychess", variant="gardner")
    assert resolve("zero", game).hash != resolve("zero?simulations=4", game).hash


def test_it_beats_random_play_and_plays_what_it_never_saw():
    played = play_pairs(
        Pairing("gardner", "zero?simulations=8", "random", ((0, load("gardner").startFen),), 80, 1, Limits())
    )
    assert sum(one.score for one in played) == 2
    start = ((0, load("minishogi").startFen),)
    played = play_pairs(Pairing("minishogi", "zero?simulations=2", "random", start, 20, 1, Limits()))
    assert not any(one.forfeit for one in played)
