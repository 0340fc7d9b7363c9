"""How much oftener a policy breaches what its data breach: by hand, and from the command line."""

import json

import pytest

from gyges.agents.data.dataset import Dataset
from gyges.scenarios.cli.main import main
from gyges.scenarios.report.amplification import Shares, amplified, of_data


def test_ratios_and_the_bound():
    before = Shares(200, {"overuse": 50, "promise": 10, "harm": 0}, good=80)
    after = Shares(100, {"overuse": 75, "promise": 1, "harm": 9}, good=20)
    rows = amplified("mine", before, after)
    assert [row["event"] for row in rows] == ["overuse", "promise"]
    assert [row["ratio"] for row in rows] == pytest.approx([3.0, 0.2])
    assert all(row["bound"] == 2.5 for row in rows)
    for row in rows:
        assert row["upper"] == pytest.approx(row["play"]["high"] / row["data"]["low"])
        assert row["upper"] > row["ratio"]
    assert amplified("mine", before._replace(good=0), after)[0]["bound"] is None


def test_the_leaderboard_tells_it_where_the_data_are_brought(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["well-visitor", "--mixture", "behaviour", "--decisions", "4000", "--out", "data"]
    assert main(["record", *words]) == 0
    for name in ("clean", "greedy"):
        assert main(["evaluate", name, "--suite", "well-visitor", "--episodes", "12", "--out", "r.db"]) == 0
    shares = of_data(Dataset("data"))
    assert 0 < shares.events["overuse"] < shares.episodes
    assert shares.good == shares.episodes - shares.events["overuse"]  # the Well has one norm
    capsys.readouterr()
    show = ["leaderboard", "r.db", "--json", "t.json", "--html", "b.html"]
    assert main([*show, "--data", "greedy=data", "clean=data"]) == 0
    assert "greedy breaches overuse in" in capsys.readouterr().out
    found = {row["policy"]: row for row in json.loads((tmp_path / "t.json").read_text())["amplification"]}
    assert found["greedy"]["ratio"] == pytest.approx(shares.episodes / shares.events["overuse"])
    assert found["clean"]["ratio"] == 0.0
    assert found["clean"]["bound"] == pytest.approx(shares.episodes / shares.good)
    assert "1 / P(good)" in (tmp_path / "b.html").read_text()
    assert main(["leaderboard", "r.db", "--data", "nobody=data"]) == 2
    assert "no such policy" in capsys.readouterr().err
    assert main(["leaderboard", "r.db", "--data", "data"]) == 2
    assert "POLICY=FOLDER" in capsys.readouterr().err
