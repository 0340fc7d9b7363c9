"""The study of oversight: end to end, who says what, figures and verdicts on planted data."""

import json
from pathlib import Path

import numpy as np
import pytest

from gyges.envs.errors import FileError, UnknownNameError
from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.search.alphabeta import search
from gyges.envs.fairychess.search.piece_values import worth
from gyges.scenarios.cli import study as command
from gyges.scenarios.studies.oversight import episodes, estimates, places, report, verdicts
from gyges.scenarios.studies.oversight.agents import Agent, Position, own_values
from gyges.scenarios.studies.oversight.episodes import ARMS, Argument, Place
from gyges.scenarios.studies.oversight.estimates import Tables
from gyges.scenarios.studies.oversight.profile import PROFILES, RUNGS, Cell, Profile, parse, profile
from gyges.scenarios.studies.oversight.study import STUDY
from gyges.scenarios.studies.registration import NAME

TINY = Profile("ci", (1011, 1030), 2, 1, players=(100,), overseers=(30,), reference=300, moves=4, session=2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A study smaller than the ci profile's, run by the command."""
    out = tmp_path_factory.mktemp("oversight")
    known = dict(PROFILES)
    PROFILES["ci"] = TINY
    try:
        assert command.run(command.Study(name="oversight", profile="ci", out=out)) == 0
        yield out
    finally:
        PROFILES.clear()
        PROFILES.update(known)


# The whole.


def test_the_command_plays_judges_and_paints(folder, capsys):
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["coverage"] == {"done": 2, "of": 2, "complete": True}
    assert summary["registration"] == json.loads((folder / NAME).read_text())["hash"]
    assert {one["verdict"] for one in summary["verdicts"]} == {
        "not enough data"
    }  # two variants decide nothing
    assert (folder / "oversight.png").stat().st_size > 10_000
    said = {name: (folder / name).read_bytes() for name in ("cells.csv", "lines.csv", "summary.json")}
    assert command.run(command.Study(name="restate", of="oversight", out=folder)) == 0
    assert {name: (folder / name).read_bytes() for name in said} == said
    assert "O1   not enough data" in capsys.readouterr().out


def test_a_cell_is_the_same_again(folder):
    with STUDY.results(TINY, folder) as ledger:
        recorded = {one.cell: one.result for one in ledger.results()}
    again = episodes.run(TINY, Cell(1011))
    for name in ("games", "episodes"):
        assert json.loads(json.dumps(again[name])) == recorded[Cell(1011)][name]


def test_under_another_registration_it_does_not_go_on(folder):
    with pytest.raises(FileError, match="profile changed"):
        STUDY.standing(Profile(**{**TINY.__dict__, "bad": 0.3}), folder)


def test_cells_are_named_by_their_keys():
    cells = profile("small").cells()
    assert len(set(cells)) == len(cells) >= 20
    assert [parse(cell.key) for cell in cells] == cells
    with pytest.raises(ValueError, match="no cell"):
        parse("01")
    with pytest.raises(UnknownNameError, match="no profile"):
        profile("huge")


def test_variants_that_searches_do_not_decide_are_unfit():
    assert places.fit(1011, 0.15, 120)
    assert not places.fit(1004, 0.15, 120)


# Agents.


@pytest.fixture(scope="module")
def start():
    """The start position of an invented variant."""
    board = Board(places.variant_of(1011))
    return Position(board.compiled, board.row)


def test_agents_differ_in_what_pieces_are_worth(start):
    variant = start.compiled.variant
    base, one, other = worth(variant), own_values(variant, 1, 0.15), own_values(variant, 2, 0.15)
    assert own_values(variant, 1, 0.0) is base
    assert (own_values(variant, 1, 0.15).array == one.array).all()
    assert (one.array != other.array).any()
    assert (one.term("checks") == base.term("checks")).all()
    assert (one.term("flags") == base.term("flags")).all()
    kinds, squares = len(base.term("value")), variant.squares
    assert not one.term("table").reshape(2 * kinds, squares)[:2].any()  # empty squares
    ratio = one.term("value")[1:] / np.maximum(base.term("value")[1:], 1)
    assert (np.abs(np.log(ratio[ratio > 0])) < 1).all()


def test_a_search_goes_by_the_values_it_is_given(start):
    here = (start.compiled, start.row)
    plain = search(here, 200)
    assert search(here, 200, values=worth(start.compiled.variant)) == plain
    assert search(here, 200, values=own_values(start.compiled.variant, 3, 0.5)).cp != plain.cp


class Scripted(Agent):
    """Win probabilities by how a position was reached; a position's name is its moves."""

    def __init__(self, told):
        self.told = told

    def win(self, at):
        return self.told[at.name]


class Named:
    """A position that remembers the moves made."""

    def __init__(self, name=""):
        self.name = name

    def after(self, move):
        return Named(self.name + str(move))


def test_a_walk_gives_either_side_the_better_of_its_look_and_the_line():
    # After move 1 the opponent (0.4) has a line in which it wins a piece: 1 2 3 leaves the mover 0.1.
    scripted = Scripted({"": 0.6, "1": 0.4, "12": 0.2, "123": 0.9})
    assert scripted.walk(Named("1"), (2, 3)) == pytest.approx(0.8)
    assert scripted.end(Named("1"), (2, 3)) == pytest.approx(0.9)
    # A line in which the mover answers badly convinces one who looks on the way of nothing.
    made_up = Scripted({"": 0.6, "1": 0.4, "12": 0.6, "123": 0.9})
    assert made_up.walk(Named("1"), (2, 3)) == pytest.approx(0.4)
    assert made_up.end(Named("1"), (2, 3)) == pytest.approx(0.9)


def test_what_an_overseer_believes():
    mind = Scripted({"": 0.6, "1": 0.45, "12": 0.1, "3": 0.2, "34": 0.7})
    assert episodes.believed(mind, Named(), 1) == pytest.approx(0.6 - 0.55)
    said = Argument((2,), (3, 4))
    assert episodes.believed(mind, Named(), 1, said) == pytest.approx(0.7 - (1 - 0.9))
    assert episodes.believed(mind, Named(), 1, said, trusting=True) == pytest.approx(0.7 - 0.1)


def test_who_proposes_and_who_objects(start):
    plan = Profile("one", (1011,), 1, 1, players=(300,), overseers=(30,), reference=300, moves=30)
    reference = Agent(300, worth(start.compiled.variant))
    found = 0
    for number, here in enumerate(places.positions(Profile("three", (1011,), 4, 1), 1011, reference)):
        place = Place(plan, 1011, number, here, reference)
        player, moves = place.players[300], place.proposals(300, 30)
        assert moves["honest"][0] == player.look(here).move
        honest, against = place.arguments(300, moves["honest"][0])
        assert len(against.against) <= plan.plies
        assert against.better[0] != moves["honest"][0]
        told = place.judged(300, 30, moves["honest"][0])
        assert set(told) == set(ARMS)
        assert honest is not None or told["critic"] == told["alone"] == told["critic trusted"]
        if "sly" not in moves:
            continue
        found += 1
        for kind in ("sly", "blunt"):
            assert episodes.believed(player, here, moves[kind][0]) >= plan.sure
        assert moves["sly"][1] <= moves["blunt"][1]
        objection = place.arguments(300, moves["blunt"][0])[0]
        believes = episodes.believed(place.critics[300], here, moves["blunt"][0])
        assert (objection is not None) == (believes >= plan.objection)
    assert found


# Counting.


def episode(place, kind, loss, imagined, believed):
    return {"place": place, "player": 100, "overseer": 30, "kind": kind, "move": 1, "loss": loss,
            "imagined": imagined, "believed": dict.fromkeys(ARMS, believed)}  # fmt: skip


def test_a_patient_player_takes_the_best_moment_of_a_session():
    told = [episode(k, "sly", 0.3, imagined, 0.0) for k, imagined in enumerate((0.2, 0.1, 0.4, 0.3))]
    patient = [one for one in report.chosen(TINY, told) if one["kind"] == "patient"]
    assert [one["place"] for one in patient] == [1, 3]


def test_only_what_is_as_its_player_meant_is_counted():
    told = [
        episode(0, "honest", 0.0, 0.0, 0.0), episode(1, "honest", 0.0, 0.0, 0.2),
        episode(2, "honest", 0.3, 0.0, 0.2), episode(0, "sly", 0.3, 0.5, 0.2),
        episode(1, "sly", 0.1, 0.4, 0.2),
    ]  # fmt: skip
    rows = {row["kind"]: row for row in report.counted(TINY, 7, told)}
    assert {kind: (row["posed"], row["alone"]) for kind, row in rows.items()} == {
        "honest": (2, 1),
        "sly": (1, 1),
    }
    assert report.truths(TINY, told)["patient", 100, "between"] == 1


# Figures.


def tables_of(success, count=24, steps=(100, 200, 200, 300), kinds=("honest", "patient", "sly", "blunt")):
    """Tables of variants with strengths so far apart, and judgements right by `success(kind, arm, gap)`."""
    elo = np.cumsum([0, *steps])
    rng = np.random.default_rng(1)
    games, cells = [], []
    for seed in range(count):
        for k in range(len(RUNGS) - 1):
            part = 1 / (1 + 10 ** ((elo[k + 1] - elo[k]) / 400))
            wins = rng.binomial(200, part)
            games.append({"variant": seed, "low": RUNGS[k], "high": RUNGS[k + 1], "wins": wins, "draws": 0,
                          "losses": 200 - wins})  # fmt: skip
        for nodes in (100, 300, 1000, 3000):
            for own in (30, 100, 300, 1000):
                gap = elo[RUNGS.index(nodes)] - elo[RUNGS.index(own)]
                for kind in kinds:
                    judged = {arm: rng.binomial(60, success(kind, arm, gap)) for arm in ARMS}
                    row = {"variant": seed, "player": nodes, "overseer": own, "kind": kind, "posed": 60}
                    cells.append(row | judged)
    return Tables(games, cells, ARMS)


def logistic(start, fall, gap):
    return 1 / (1 + np.exp(-(start - fall * gap / 400)))


def test_the_scale_is_that_of_the_games():
    tables = tables_of(lambda kind, arm, gap: 0.5)
    assert np.abs(tables.elo(tables.once()) - [0, 100, 300, 500, 800]).max() < 25


def test_a_line_and_a_horizontal_shift_are_found_again():
    def planted(kind, arm, gap):
        return logistic(1.0, 0.8, gap - (150 if arm == "critic" else 0))

    tables = tables_of(planted)
    once = tables.once()
    found = estimates.line(tables.gaps(once), tables.success(once, "patient", "alone"))
    assert found == pytest.approx([1.0, 0.8], abs=0.08)
    at = estimates.estimate(tables, lambda w: estimates.success_at(tables, w, "patient", "alone"))[0]
    assert at.low < logistic(1.0, 0.8, 400) < at.high
    arms = ("patient", "critic", "alone")
    shift = estimates.estimate(tables, lambda w: estimates.worth_in_elo(tables, w, *arms))[0]
    assert shift.low < 150 < shift.high
    assert shift.high - shift.low < 100


def test_verdicts_follow_what_was_planted():
    def planted(kind, arm, gap):
        better = {"critic": 500, "judge": 900}.get(arm, 0)
        easier = {"sly": 200, "blunt": 500}.get(kind, 0)
        return logistic(0.6, 0.8, gap - better - easier)

    told = {one.id: one for one in verdicts.judge(tables_of(planted))}
    for name in ("O1", "O2", "O3", "O4", "O5", "O6", "O8", "O9", "O12", "O13"):
        assert told[name].verdict == "confirmed", name
    assert told["O10"].verdict == told["O11"].verdict == "open"  # of one slope, for both sides and all arms
    assert told["O10"].low < 0 < told["O10"].high
    worse = verdicts.judge(
        tables_of(lambda kind, arm, gap: planted(kind, "critic" if arm == "alone" else "", gap))
    )
    assert {one.verdict for one in worse if one.id in ("O4", "O9")} == {"refuted"}
    few = verdicts.judge(tables_of(planted, count=6))
    assert {one.verdict for one in few} == {"not enough data"}


def test_what_is_published_is_checked(tmp_path):
    with pytest.raises(FileError, match="not a study"):
        report.stored(tmp_path)


def test_published_verdicts_follow_from_published_tables():
    docs = Path(__file__).parents[2] / "docs" / "study" / "oversight"
    told = report.stored(docs)
    assert [report.plain(one) for one in told["verdicts"]] == told["summary"]["verdicts"]
    assert told["summary"]["registration"] == json.loads((docs / NAME).read_text())["hash"]
    variants = {*told["tables"].variants, *told["summary"]["without positions"]}
    assert {Cell(seed) for seed in variants} == set(profile(told["summary"]["profile"]).cells())
