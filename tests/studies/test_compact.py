"""The study of compacts: end to end, its statistics on planted data, verdicts from published tables."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from gyges.envs import make
from gyges.envs.envoy.people_metrics import Yardsticks
from gyges.envs.errors import ConfigError, FileError
from gyges.scenarios.cli import study as command
from gyges.scenarios.studies.compact import (
    directions,
    economies,
    episodes,
    estimates,
    pictures,
    report,
    study,
)
from gyges.scenarios.studies.compact.directions import Effect, judge
from gyges.scenarios.studies.compact.profile import (
    COUNTS,
    PARTISAN,
    PROFILES,
    Cell,
    Profile,
    parse,
    profile,
)
from gyges.scenarios.studies.registration import NAME
from gyges.scenarios.studies.whole import RESULTS

DOCS = Path(__file__).parents[2] / "docs" / "study"
TINY = Profile("ci", 4, 6, 1, 3, 1, loyalties=(), rules=("none", "supermajority"), counts=(0, 10))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A study of the ci profile's kind, smaller still, played by the command."""
    out = tmp_path_factory.mktemp("compact")
    known = dict(PROFILES)
    PROFILES["ci"] = TINY
    try:
        assert command.run(command.Study(name="compact", profile="ci", out=out)) == 0
        yield out
    finally:
        PROFILES.clear()
        PROFILES.update(known)


# The whole.


def test_the_command_plays_judges_and_paints(folder, capsys):
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["coverage"] == {"done": len(TINY.cells()), "of": len(TINY.cells()), "complete": True}
    assert summary["registration"] == json.loads((folder / NAME).read_text())["hash"]
    assert {one["verdict"] for one in summary["verdicts"]} == {
        "not enough data"
    }  # one economy decides nothing
    assert (folder / "phases.png").stat().st_size > 10_000
    rows = report.stored(folder)["cells"]
    assert {(r["rule"], r["count"]) for r in rows} == {(r, k) for r in TINY.rules for k in (0.0, 10.0)}
    assert all(r["war_low"] <= r["war"] <= r["war_high"] and r["hazard"] <= r["wars"] for r in
               [{**r, "wars": 1.0} for r in rows])  # fmt: skip
    assert command.run(command.Study(name="restate", of="compact", out=folder)) == 0
    assert json.loads((folder / "summary.json").read_text()) == summary
    assert command.run(command.Study(name="compact", profile="ci", out=folder, list=True)) == 0
    assert capsys.readouterr().out.count("done ") == len(TINY.cells())
    with pytest.raises(ConfigError, match="played whole"):
        command.run(command.Study(name="compact", out=folder, cell="x"))


def test_whoever_goes_on_after_a_kill_gets_the_same_table(folder, tmp_path, monkeypatch):
    """A run that dies within a cell loses that cell and nothing else."""
    study.STUDY.register(TINY, tmp_path)
    played = []

    def dies(plan, cell):
        played.append(cell)
        if len(played) == 3:
            raise KeyboardInterrupt
        return episodes.run(plan, cell)

    monkeypatch.setattr(study, "run", dies)
    with pytest.raises(KeyboardInterrupt):
        study.STUDY.work(TINY, tmp_path)
    study.STUDY.work(TINY, tmp_path)
    assert len(played) == len(TINY.cells()) + 1
    study.STUDY.publish(TINY, tmp_path)
    for name in ("effects.csv", "cells.csv", "critical.csv"):
        assert (tmp_path / name).read_text() == (folder / name).read_text()


def test_another_registration_is_refused(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(study, "PREDICTIONS", study.HERE / "profile.py")
    with pytest.raises(FileError, match="predictions changed since"):
        study.STUDY.publish(TINY, folder)
    monkeypatch.undo()
    (tmp_path / RESULTS).write_bytes((folder / RESULTS).read_bytes())
    with pytest.raises(FileError, match="after data"):
        study.STUDY.register(TINY, tmp_path)
    other = Profile(**{**vars(TINY), "seeds": 5})
    study.registration.freeze(study.facts(other), tmp_path / "other")
    (tmp_path / "other" / RESULTS).write_bytes((folder / RESULTS).read_bytes())
    with pytest.raises(FileError, match="made with registration"):
        study.STUDY.results(other, tmp_path / "other")


def test_keys_profiles_and_prior():
    for plan in map(profile, PROFILES):
        cells = plan.cells()
        assert len({cell.key for cell in cells}) == len(cells)
        assert all(parse(cell.key) == cell for cell in cells[:9])
    with pytest.raises(ValueError, match="no cell"):
        parse("00/24/none/partisan/partisan/0/0")
    small, full = profile("small"), profile("full")
    seen = {cell.economy for cell in small.cells()} & {cell.economy for cell in full.cells()}
    assert seen == {0}
    assert full.most == 1000
    assert full.economies == 50
    assert small.counts_of(Cell(0, 200, "none", PARTISAN, PARTISAN, 0, 0)) == (0, 8, 17, 25, 42, 83)
    assert small.counts_of(Cell(0, 24, "none", PARTISAN, PARTISAN, 0, 0)) == COUNTS
    for number in range(1, 40):
        drawn, temptation = economies.drawn(number)
        assert drawn["gift"] > drawn["deal"]
        assert drawn["wreck"] >= drawn["loot"]
        assert 0.5 <= temptation <= 2
    own, made = (one.params() for one in (economies.game(0), economies.game(7)))
    assert tuple(own) == tuple(make("envoy-v0").params())
    changed = {k for k, v in own._asdict().items() if v != made._asdict()[k]}
    assert changed >= {"works", "war_square", "gift"}


# Measures.


def test_the_dead_are_counted_once():
    """Whoever dies eats nothing from then on, in the product of everybody and of every year."""
    made = economies.game(0, num_agents=24, rule="none", antisocial=24, years=6)
    found = episodes.play(Cell(0, 24, "none", PARTISAN, PARTISAN, 0, 0), 24, 16)
    assert found["alive"].min() < 0.9
    from gyges.envs import Batch
    from gyges.envs.rollout import Seating, rollout

    batch = Batch(made, 8, seed=3, labels="off", threads=1)
    watch, logs, years = Yardsticks(batch), np.zeros((8, 24)), np.zeros(8)
    for step in rollout(batch, Seating(batch, [episodes.SPEAKERS[PARTISAN][1]] * 24, seed=3), [watch]):
        ended = step.running & (watch.ends)
        logs += np.where(ended[:, None] & (batch.state.status == 1), np.log1p(batch.state.eaten / 16), 0)
        years += ended
    columns = watch.columns()
    dead = (batch.state.status == 0).sum(1)
    assert dead.max() > 0
    assert columns["alive"] == pytest.approx(1 - dead / 24)
    assert columns["nash"] == pytest.approx(np.expm1(logs.mean(1) / years))


# Statistics.


def test_isotonic_fit_of_known_values():
    assert estimates.isotonic([1, 3, 2, 4], [1, 1, 1, 1]) == [1, 2.5, 2.5, 4]
    assert estimates.isotonic([3, 2, 1], [1, 1, 2]) == pytest.approx([1.75] * 3)
    assert estimates.isotonic([0, 0, 1], [9, 9, 9]) == [0, 0, 1]


def test_the_critical_count_of_planted_data():
    """Where P(war) grows by a hundredth a principal it passes 5 % at 5; the interval says so as it should."""
    rng, counts = np.random.default_rng(5), (0, 1, 2, 3, 5, 10)
    true = [0.005 + 0.01 * k for k in counts]
    inside, values = 0, []
    for _ in range(200):
        found = estimates.critical(counts, [int(rng.binomial(400, p)) for p in true], [400] * 6)
        inside += found.low <= 4.5 <= found.high
        values.append(found.value)
    assert inside >= 190
    assert np.median(values) == pytest.approx(4.5, abs=0.7)
    assert estimates.critical(counts, [0] * 6, [1000] * 6) == (math.inf, 10, math.inf)
    assert estimates.critical(counts, [900] * 6, [1000] * 6) == (0.0, 0, 0)


def test_where_more_episodes_are_played():
    assert estimates.near_line(10, 200)
    assert not estimates.near_line(0, 200)
    assert not estimates.near_line(40, 200)


def test_means_and_hazards():
    e = estimates.mean(np.array([1.0, 2.0, 3.0, 4.0]))
    assert e.value == 2.5
    assert e.high - e.value == pytest.approx(3.1824 * 0.6455 * (1 + 0.6 / 4), rel=1e-3)
    assert math.isnan(estimates.mean(np.ones(9)).low)
    h = estimates.hazard(np.array([0.0, 1, 0, 1]), np.array([12.0, 8, 12, 8]))
    assert h.value == 0.05
    assert h.low < 0.05 < h.high


# Verdicts.


def planted(name, parts, signs):
    """Effects of a direction of these signs in as many economies, the same for all parts."""
    return [Effect(k + 1, name, part, float(sign), math.nan, math.nan)
            for part in parts for k, sign in enumerate(signs)]  # fmt: skip


@pytest.mark.parametrize(("signs", "verdict"), [
    ([1] * 20, "confirmed"), ([-1] * 20, "refuted"), ([1] * 11 + [-1] * 9, "open"),
    ([1] * 14 + [0] * 6, "open"), ([1] * 5, "not enough data"),
])  # fmt: skip
def test_shares_of_economies_decide(signs, verdict):
    found = {one.id: one for one in judge(planted("D1", ["majority", "king"], signs))}
    assert found["D1"].verdict == verdict
    assert found["D3"].verdict == "not enough data"
    if verdict == "confirmed":
        assert found["D1"].parts[0].share == estimates.share(20, 20)


def test_one_part_that_is_reversed_refutes_and_the_game_s_own_economy_has_no_say():
    some = planted("D1", ["majority"], [1] * 30) + planted("D1", ["king"], [-1] * 30)
    assert judge(some)[0].verdict == "refuted"
    own = [Effect(0, "D1", "majority", 1.0, 0.5, 1.5)] * 30
    assert judge(own)[0].verdict == "not enough data"


def test_differences_are_of_the_same_luck():
    """A direction compares arms seed by seed: alike arms differ by nothing, whatever their luck."""
    luck = np.random.default_rng(1).random(50)
    names = ("war", "nash", "worst_honest", "alive", "first_compact", "antisocial_ate")
    played = {
        (Cell(3, 24, rule, *who, 0, 0), k): dict.fromkeys(names, luck + (rule == "none"))
        for rule in ("none", "majority")
        for who in (directions.ALIKE, directions.SOME_CLEAN, directions.CARING)
        for k in (0, 1, 10)
    }
    found = {(e.direction, e.part): e for e in directions.effects(directions.Economy(3, played))}
    assert found["D1", "majority"].value == pytest.approx(1.0)
    assert found["D3", "none, nash"].value == 0
    assert ("D2", "unanimity") not in found  # never played


# What is published.


@pytest.mark.parametrize("name", ["compact", "compact_full"])
def test_published_verdicts_follow_from_published_tables(name):
    folder = DOCS / name
    found = report.stored(folder)
    assert [report.plain(one) for one in found["verdicts"]] == found["summary"]["verdicts"]
    numbers = {one.economy for one in found["effects"]}
    assert numbers - {0} <= {cell.economy for cell in profile(found["summary"]["profile"]).cells()}
    assert found["summary"]["registration"] == json.loads((folder / NAME).read_text())["hash"]
    assert pictures.phases(found) is not None


def test_published_profiles_are_judged_alike_and_share_no_drawn_economy():
    small, full = (json.loads((DOCS / name / NAME).read_text()) for name in ("compact", "compact_full"))
    assert small["hash"] == study.registration.digest(small["registered"])
    assert full["hash"] == study.registration.digest(full["registered"])
    for what in ("predictions", "verdict code", "rules"):
        assert small["registered"][what] == full["registered"][what]
    first, others = (one["registered"]["economies"] for one in (small, full))
    assert len(first) == 30
    assert len(others) == 50
    assert not any(one in first for one in others)


@pytest.mark.parametrize("text", ["", "{}", '{"profile": "x"}', "[1]"])
def test_a_damaged_summary_is_named(tmp_path, text):
    (tmp_path / "summary.json").write_text(text)
    with pytest.raises(FileError):
        report.stored(tmp_path)
