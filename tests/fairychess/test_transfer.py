"""The frozen variants: what they hold, that every command knows them, and that they are as they were."""

from pathlib import Path

import pytest

from gyges.envs import Batch
from gyges.envs.fairychess import names as library
from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.game import FairyChess
from gyges.envs.fairychess.variants import transfer
from gyges.envs.fairychess.variants.ini_files import load, transfer_names
from gyges.envs.fairychess.variants.invent import HELD_RULES, RULES, SPLITS, draw, held_out, rule_of
from gyges.envs.fairychess.variants.rule_distance import distance
from gyges.scenarios.arena.arena import Terms
from gyges.scenarios.cli.main import main
from gyges.scenarios.transfer.candidates import BAR

PAGE = Path(__file__).parents[2] / "docs" / "fairychess-inventing.md"
DIGEST = "52b51b5622f908abf7598291a997097757fcb03d39078bf5a8bcacf1d18d1287"


def test_it_is_as_it_was_frozen():
    assert transfer.computed_digest() == transfer.digest() == DIGEST
    assert transfer.names() == transfer_names()
    assert not set(transfer_names()) & set(library())


@pytest.mark.parametrize("split", SPLITS)
def test_every_split_holds_what_it_says_and_was_drawn_from_its_seeds(split):
    entries = [one for one in transfer.entries() if one.split == split]
    assert [one.name for one in entries] == list(transfer.names(split))
    assert len(entries) == transfer.PLACES[split]
    for one in entries:
        variant = load(one.name)
        size = (6, 6) if split == "size" else (5, 5)
        assert variant.name == one.name
        assert (variant.maxFile, variant.maxRank) == size
        assert held_out(variant) == (set() if split == "train" else {split})
        text = load(draw(one.seed, size, 2)).text
        assert variant.text == text.replace(f"[invented-2-{one.seed}]", f"[{one.name}]")
        assert not Board(variant).in_check
        assert one.drawn <= BAR.most_drawn
        assert BAR.first[0] <= one.first <= BAR.first[1]
        assert one.score >= BAR.least_score
    rules = [rule_of(load(one.name)) for one in entries]
    counts = [rules.count(rule) for rule in (HELD_RULES if split == "rule" else RULES)]
    assert max(counts) - min(counts) <= 1
    with pytest.raises(ValueError, match="no split 'x'"):
        transfer.names("x")


def test_no_two_have_the_same_rules_and_the_nearest_is_the_nearest():
    variants = {name: load(name) for name in transfer.names()}
    training = transfer.names("train")
    for name, variant in variants.items():
        apart = {other: distance(variant, variants[other]).whole for other in training if other != name}
        other, least = transfer.nearest(name)
        assert apart[other] == least == min(apart.values()) > 0


def test_the_statistics_say_under_what_they_were_taken():
    said = transfer.statistics()
    assert said["bar"] == BAR.plain()
    assert said["draw"] == 2
    assert all(said["played"][split] >= places for split, places in transfer.PLACES.items())


def test_the_page_has_every_variant_with_its_figures():
    lines = PAGE.read_text(encoding="utf-8").split("\n")
    for one in transfer.entries():
        (line,) = [line for line in lines if line.startswith(f"| `{one.name}` |")]
        figures = [f"{one.drawn:.0%}", f"{one.first:.0%}", f"{one.plies:.0f}", f"{one.score:.0%}"]
        assert line.strip("| ").split(" | ")[3:7] == figures
    assert transfer.digest()[:12] in PAGE.read_text(encoding="utf-8")


def test_a_game_and_commands_take_them_by_name(tmp_path, capsys):
    game = FairyChess(variant="transfer-size-1")
    assert game.variant.maxFile == 6
    assert Batch(game, 1).rows == 1
    assert main(["fairychess", "check", "transfer-atom-1"]) == 0
    assert "transfer-atom-1" in capsys.readouterr().out
    assert main(["draw", "transfer-train-1", "transfer-rule-1", "--png", str(tmp_path / "a.png")]) == 0
    assert (tmp_path / "a.png").stat().st_size > 1000


def test_the_name_of_a_split_stands_for_its_variants(capsys):
    assert transfer.expanded(["gardner", "transfer-atom"]) == ("gardner", *transfer.names("atom"))
    assert main(["arena", "--variant", "transfer-train", "--dry-run"]) == 0
    assert "19,200 games in 32 variants" in capsys.readouterr().out


def test_an_arena_that_plays_them_says_of_which_distribution_they_are():
    terms = Terms()
    assert terms.meta([load("transfer-atom-1"), load("gardner")])["transfer"] == transfer.digest()
    assert "transfer" not in terms.meta([load("gardner")])
