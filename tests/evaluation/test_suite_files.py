"""A suite is a file: what differs from a parent; whatever else stands in it is refused by name."""

import re
import tomllib
from pathlib import Path

import pytest

from gyges.envs.errors import ConfigError, FileError, UnknownNameError
from gyges.scenarios import scenario as registry
from gyges.scenarios.cli.main import main
from gyges.scenarios.executor import Executor
from gyges.scenarios.scenario import (
    Scenario,
    read_suite,
    register_suite,
    register_suite_file,
    scenario,
    scenarios,
    suites,
)

FOLDER = Path(registry.__file__).with_name("suites")
WHOLE = 'title = "A"\ndescription = "B"\ngame = "well-v0"\n'
FISH = """
[fish-one]
title = "One"
description = "A household."
game = "well-v0"
settings = { num_agents = 4, ring = 0.5 }
focal = [2]
background = { clean = 1, greedy = 0.5 }
mode = "visitor"
episodes = 3
tags = ["a", "b"]

[fish-two]
parent = "fish-one"
settings = { ring = 0.0 }
background = ["clean", "greedy", "gyges"]

[fish-three]
parent = "steward-visitor"
title = "Elsewhere"
"""


@pytest.fixture(autouse=True)
def _as_before(monkeypatch):
    for name in ("_SCENARIOS", "_SUITES", "_LAZY", "_OWN"):
        monkeypatch.setattr(registry, name, dict(getattr(registry, name)))


@pytest.fixture
def fish(tmp_path):
    path = tmp_path / "fish-pond.toml"
    path.write_text(FISH)
    return path


def test_a_file_says_what_differs(fish):
    assert register_suite_file(fish) == "fish-pond"
    one, two, three = scenarios("fish-pond")
    assert one == Scenario(
        id="fish-one", title="One", description="A household.", game="well-v0",
        settings={"num_agents": 4, "ring": 0.5}, focal=(2,), background={"clean": 1, "greedy": 0.5},
        mode="visitor", episodes=3, tags=("a", "b"),
    )  # fmt: skip
    ordered = ("clean", "greedy", "gyges")
    assert two == one.with_(id="fish-two", settings={"ring": 0.0}, background=ordered)
    assert three == scenario("steward-visitor").with_(id="fish-three", title="Elsewhere")
    assert register_suite_file(fish) == "fish-pond"  # the same again
    fish.write_text(FISH.replace('title = "Elsewhere"', "episodes = 9"))
    with pytest.raises(ConfigError, match="another scenario 'fish-three'"):
        register_suite_file(fish)


def test_the_packages_suites_say_nothing_twice():
    assert {path.stem for path in FOLDER.iterdir()} <= set(suites())
    for path in FOLDER.iterdir():
        found = {one.id: one for one in scenarios(path.stem)}
        for id, table in tomllib.loads(path.read_text()).items():
            if parent := found.get(table.pop("parent", "")):
                settings = table.pop("settings", {})
                assert not {k for k, v in settings.items() if parent.settings.get(k) is v}
                assert not {k for k in table if getattr(found[id], k) == getattr(parent, k)}, id


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no scenario"),
        ("x", "Expected '='"),
        ("x = 1", "x: a scenario is a table"),
        (f"[a]\n{WHOLE}[a]\n", "Cannot declare"),
        (f"[a]\n{WHOLE}x = {'[' * 99_999}", "recursion"),
        ('[a]\ntitle = "A"', "a: without a parent it needs description, game"),
        ('[a]\nparent = "b"', "a: parent: no scenario 'b'"),
        (f'[a]\nparent = "b"\n[b]\n{WHOLE}', "a: parent: no scenario 'b'"),
        (f'[a]\nparent = "a"\n{WHOLE}', "a: parent: no scenario 'a'"),
        (f"[A]\n{WHOLE}", "A: a scenario id is lower-case"),
        (f"[a.b]\n{WHOLE}", "a: Object contains unknown field `b`"),
        (f'[a]\nid = "b"\n{WHOLE}', "a: Object contains unknown field `id`"),
        (f"[a]\n{WHOLE}episode = 1", "a: Object contains unknown field `episode`"),
        (f"[a]\n{WHOLE}episodes = true", "a: Expected `int`, got `bool` - at `$.episodes`"),
        (f"[a]\n{WHOLE}episodes = {10**30}", "a: episodes is 1 to 1000000"),
        (f'[a]\n{WHOLE}focal = [0, "x"]', "a: Expected `int`, got `str` - at `$.focal[1]`"),
        (f"[a]\n{WHOLE}focal = -1", "a: Expected `int` >= 0"),
        (f"[a]\n{WHOLE}focal = {10**30}", "a: Expected `int` <= 65535"),
        (f"[a]\n{WHOLE}settings = [1]", "got `array` - at `$.settings`"),
        (f"[a]\n{WHOLE}settings = {{ ring = 1979-05-27 }}", "a: settings.ring: "),
        (f"[a]\n{WHOLE}settings = {{ ring = [1] }}", "a: settings.ring: "),
        (f"[a]\n{WHOLE}background = {{ clean = nan }}", "a: background weights"),
        (f"[a]\n{WHOLE}background = {{ clean = inf }}", "a: background weights"),
        (f'[a]\n{WHOLE}background = {{ clean = "x" }}', "got `str` - at `$.background"),
        (f'[a]\n{WHOLE}mode = "guest"', "a: Invalid enum value 'guest' - at `$.mode`"),
    ],
)
def test_what_is_no_suite_is_refused_by_name(text, said):
    with pytest.raises(FileError, match=rf"^mine\.toml: .*{re.escape(said)}"):
        read_suite(text.encode(), "mine.toml")


def test_a_file_that_cannot_be_read_is_refused_by_name(tmp_path, monkeypatch):
    with pytest.raises(FileError, match=r"nothing.toml: cannot be read: No such file"):
        register_suite_file(tmp_path / "nothing.toml")
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(FileError, match=r"folder.toml: cannot be read: Is a directory"):
        register_suite_file(tmp_path / "folder.toml")
    (tmp_path / "bytes.toml").write_bytes(b"[a]\ntitle = '\xff'")
    with pytest.raises(FileError, match=r"bytes.toml: 'utf-8'"):
        register_suite_file(tmp_path / "bytes.toml")
    monkeypatch.setattr(registry, "MAX_FILE", 100)
    two = f"[a]\n{WHOLE}#{'x' * (len(WHOLE) % 2)}{'é' * 30}\n[b]\n{WHOLE}"
    for text in ("#" * 101, two):
        (tmp_path / "long.toml").write_text(text, encoding="utf-8")
        with pytest.raises(FileError, match=r"long.toml: more than 100 bytes"):
            register_suite_file(tmp_path / "long.toml")


@pytest.mark.parametrize("name", ["Mine", "my suite", "1", "a..b", "-"])
def test_a_suite_is_named_by_words(tmp_path, name):
    path = tmp_path / f"{name}.toml"
    path.write_text(f"[a]\n{WHOLE}")
    with pytest.raises(ConfigError, match="lower-case words"):
        register_suite_file(path)


def test_names_that_are_taken_stay_as_they_are(tmp_path):
    before = scenarios("steward")
    path = tmp_path / "steward.toml"
    path.write_text(f"[a]\n{WHOLE}")
    with pytest.raises(ConfigError, match="another suite 'steward'"):
        register_suite_file(path)
    path = path.rename(tmp_path / "mine.toml")
    path.write_text(f"[b]\n{WHOLE}[steward-visitor]\n{WHOLE}")
    with pytest.raises(ConfigError, match="another scenario 'steward-visitor'"):
        register_suite_file(path)
    assert scenarios("steward") == before


def test_a_parent_that_is_nowhere_ends_the_search(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "carp_package").mkdir()
    (tmp_path / "carp_package" / "__init__.py").write_text("")
    (tmp_path / "carp_package" / "carp.toml").write_text(FISH)
    register_suite("carp", "carp_package:carp.toml")
    with pytest.raises(FileError, match=r"carp_package:carp.toml: fish-three: parent: .*'steward-visitor'"):
        scenarios("carp")  # a suite of a package stands by itself
    (tmp_path / "carp_package" / "carp.toml").write_text(FISH.partition("[fish-three]")[0])
    assert [one.id for one in scenarios("carp")] == ["fish-one", "fish-two"]


def test_processes_know_what_a_file_brought(fish):
    register_suite_file(fish)
    with Executor(2) as executor:
        found = executor.map(scenario, {"a": "fish-one", "b": "fish-three"})
    assert found == [scenario("fish-one"), scenario("fish-three")]


def test_the_command_takes_a_file(fish, tmp_path, capsys):
    fish.write_text(FISH.partition("[fish-three]")[0])
    words = ["evaluate", "greedy", "--out", str(tmp_path / "r.db"), "--probes", "0", "--suite"]
    assert main([*words, str(fish)]) == 0
    assert "greedy on fish-pond" in capsys.readouterr().out
    assert main(["leaderboard", str(tmp_path / "r.db"), "--suite", str(fish), "--verify"]) == 0
    fish.write_text("[a]\n")
    with pytest.raises(SystemExit) as ended:
        main([*words, str(fish)])
    assert ended.value.code == 2
    assert "a: without a parent it needs" in " ".join(capsys.readouterr().err.split())
    with pytest.raises(UnknownNameError):
        scenarios(str(fish))  # a name in a results file reads none
