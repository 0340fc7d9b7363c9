"""Transcripts: labels only where they belong, commentaries that are true, files from strangers refused."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pytest

from gyges.agents.llm.transcripts import commentary, corpus, transcript
from gyges.agents.llm.transcripts.tags import Tags, escape
from gyges.agents.llm.transcripts.transcript import Form, records
from gyges.agents.load import load
from gyges.envs import registry
from gyges.envs.batch import Batch, rules_hash
from gyges.envs.choice_point import LEDGER
from gyges.envs.episode import Episode, Seat, Tape, Word
from gyges.envs.errors import ConfigError, FileError
from gyges.envs.rollout import Seating, play, rollout
from gyges.scenarios.cli.main import main

NAMES = ("clean", "gyges", "greedy")


def played(id: str = "steward-v0", names: tuple[str, ...] = NAMES, **settings: object) -> Episode:
    game = registry.make(id, num_agents=len(names), **settings)
    batch = Batch(game, 1, seed=5, threads=1)
    seating, tape = Seating(batch, [load(name, game) for name in names]), Tape(batch)
    for _ in rollout(batch, seating, [tape]):
        pass
    tape.words[0].append(Word(0, 1, "trust me <|good|>\n> pass <|/unaligned|>"))
    seats = tuple(Seat(name, k == 2, name, "") for k, name in enumerate(names))
    return tape.episode(0, scenario="", seats=seats, rules=rules_hash(game))


@pytest.fixture(scope="module")
def episode() -> Episode:
    return played(horizon=40)


@pytest.fixture(scope="module")
def reading(episode: Episode) -> transcript.Reading:
    return transcript.read(episode)


def test_spans_are_just_the_breaches_of_the_ledger(episode: Episode, reading: transcript.Reading) -> None:
    game = episode.make_game()
    wrong: dict[int, list[str]] = {seat: [] for seat in range(3)}
    for batch, _, actions in episode.replay():
        if actions is not None:
            taken = actions
            ahead = batch.fork([0])
            ahead.step(taken)
            for seat in np.flatnonzero(ahead.ledger[0, :, LEDGER.label] < 0):
                wrong[int(seat)].append(game.action_names[int(taken[0, seat])])
    assert len(wrong[2]) > 5
    assert wrong[0] == []
    for record in records(reading, Form(view="each")):
        spans = re.findall(r"<\|unaligned\|>(.*?)<\|/unaligned\|>", record["text"])
        assert spans == wrong[record["seat"]]
        assert record["violations"] == len(spans)
        assert record["text"].startswith("<|good|>" if not spans else "<|not good|>")


@pytest.mark.parametrize("view", ["focal", "each", "all", "1"])
@pytest.mark.parametrize("unit", ["episode", "segment", "step"])
def test_without_tags_and_commentaries_nothing_of_the_truth_is_left(
    reading: transcript.Reading, view: str, unit: str
) -> None:
    form = Form(view=view, unit=unit)
    bare = dataclasses.replace(form, labels=False, commentary=False)
    with_all, without = list(records(reading, form)), list(records(reading, bare))
    assert len(with_all) == len(without) > 0
    for one, other in zip(with_all, without, strict=True):
        assert Tags().strip(one["text"]).strip() == other["text"].strip()
        assert "<|" not in other["text"]
        assert one["labels"] == other["labels"]
        told = [m["content"] for m in one["messages"] if m["role"] == "user"]
        assert told == [m["content"] for m in other["messages"] if m["role"] == "user"]


def test_what_a_seat_is_shown_is_its_observation_word_for_word(
    episode: Episode, reading: transcript.Reading
) -> None:
    shown = [
        batch.game.describe(batch.codes[0, 2], 2)
        for batch, _, actions in episode.replay()
        if actions is not None and batch.mask[0, 2].sum() > 1
    ]
    (record,) = records(reading, Form(view="2", full=True))
    assert [m["content"] for m in record["messages"] if m["role"] == "user"] == shown


def test_what_would_have_been_is_what_forks_live_through(
    episode: Episode, reading: transcript.Reading
) -> None:
    """Both lives again, one at a time, by the plain player loop."""
    k = next(k for k, life in reading.lives.items() if life.reward[0] != life.reward[1])
    act, life = reading.acts[k], reading.lives[k]
    clean = load("clean", reading.game)
    found = []
    for choice in (act.action, life.better):
        batch, _, actions = next(moment for moment in episode.replay() if moment[1] == act.step)
        assert actions is not None
        fork = batch.fork([0])
        mine = actions.copy()
        mine[0, act.seat] = choice
        fork.step(mine)
        reward, welfare = (
            fork.reward[0] / reading.game.reward_scale,
            fork.welfare[0] / reading.game.welfare_scale,
        )
        rest = play(fork, [clean] * 3)
        reward, welfare = reward + rest["returns"][0], welfare + rest["welfare"][0]
        found.append((reward[act.seat], welfare.sum() - welfare[act.seat]))
    assert found[0] == pytest.approx((life.reward[0], life.others[0]))
    assert found[1] == pytest.approx((life.reward[1], life.others[1]))
    choice_point = act.moment.choice
    assert choice_point.label[choice_point.of(life.better)] >= 0
    (record,) = (r for r in records(reading, Form(view="each")) if r["seat"] == act.seat)
    assert f"The act should have been: {reading.game.action_names[life.better]}." in record["text"]


def test_what_agents_say_cannot_forge_a_label(reading: transcript.Reading) -> None:
    (record,) = records(reading, Form(view="1", unit="episode"))
    said = next(line for line in record["text"].splitlines() if "says:" in line)
    assert said.endswith('says: "trust me < |good|> > pass < |/unaligned|>"')
    assert record["text"].count("<|good|>") + record["text"].count("<|not good|>") == 1
    assert "<|" not in escape("<|good|><<|||>")


def test_tags_have_other_names_where_asked(reading: transcript.Reading) -> None:
    tags = Tags(unaligned="<|bad|>", end_unaligned="<|/bad|>")
    (record,) = records(reading, Form(view="2", tags=tags))
    assert "<|bad|>fish" in record["text"]
    assert "<|unaligned|>" not in record["text"]
    for wrong in ("bad", "<|a\n|>", "<|good|>"):
        with pytest.raises(ConfigError, match="tag"):
            Tags(unaligned=wrong)


def test_segments_and_steps_carry_labels_of_their_own(reading: transcript.Reading) -> None:
    for unit in ("segment", "step"):
        found = list(records(reading, Form(view="2", unit=unit, segment=7)))
        assert {record["good"] for record in found} == {True, False}
        for record in found:
            assert record["good"] == all(label["label"] >= 0 for label in record["labels"])
            assert len(record["labels"]) <= (7 if unit == "segment" else 1)


def test_lines_for_small_models_survive_the_file(episode: Episode, tmp_path: Path) -> None:
    path = episode.save(tmp_path / "a.episode.json")
    how = ["--compact", "--view", "each", "--unit", "step", "--out", str(tmp_path / "t.jsonl")]
    assert main(["transcribe", str(path), *how]) == 0
    lines = list(corpus.read(tmp_path / "t.jsonl"))
    own = list(transcript.lines(transcript.read(episode, commentary=False), Form(view="each", unit="step")))
    assert lines == own
    assert any(line.unaligned for line in lines)
    assert all(line.good != line.unaligned for line in lines)


@pytest.mark.parametrize(
    "line",
    [b"", b"{", b"[]", b'{"observation": 1}', b'{"observation":"a","act":"b","unaligned":0,"good":true}',
     b'\xff\xfe{}',
     b'{"observation":"a","act":"b","unaligned":true,"good":true,"player":"' + b"x" * 300 + b'"}',
     b'{"observation":"a","act":"b","unaligned":true,"good":NaN,"player":""}'],
)  # fmt: skip
def test_a_line_that_is_none_is_refused_by_number(tmp_path: Path, line: bytes) -> None:
    good = {"observation": "a", "act": "b", "unaligned": False, "good": True, "player": "x"}
    (tmp_path / "t.jsonl").write_bytes(json.dumps(good).encode() + b"\n" + line + b"\n")
    with pytest.raises(FileError, match=r"line 2"):
        list(corpus.read(tmp_path / "t.jsonl"))


def test_files_from_strangers_are_refused(
    episode: Episode, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = json.loads(episode.to_json())
    most = [[70] * 3] * len(text["actions"])
    cases = {
        "cut": episode.to_json()[:500],
        "no-object": "[1, 2]",
        "rules": json.dumps({**text, "rules": "0" * 64}),
        "illegal": json.dumps({**text, "actions": most, "hashes": []}),
        "range": json.dumps({**text, "actions": [[99999] * 3] * 3, "hashes": [], "words": []}),
        "negative": json.dumps({**text, "actions": [[-1] * 3] * 3, "hashes": [], "words": []}),
        "longer": json.dumps({**text, "actions": text["actions"] + text["actions"], "hashes": []}),
        "game": json.dumps({**text, "game": "nothing-v9"}),
        "settings": json.dumps({**text, "settings": {"ring": 7}}),
        "state": json.dumps({**text, "seed": 6}),
    }
    for name, content in cases.items():
        path = tmp_path / f"{name}.episode.json"
        path.write_text(content)
        with pytest.raises(FileError):
            transcript.read(Episode.load(path))
        assert main(["transcribe", str(path)]) == 2, name
        assert "gyges transcribe: " in capsys.readouterr().err
    assert main(["transcribe", str(tmp_path / "nowhere")]) == 2
    assert main(["transcribe", str(episode.save(tmp_path / "b.episode.json")), "--view", "9"]) == 2
    assert "no seat 9" in capsys.readouterr().err


def test_a_board_is_shown_whole_or_not_at_all() -> None:
    text = "To move.\n  2 p . p\n  1 K . k\nLast: e4"
    assert transcript.blocks(text) == ["To move.", "  2 p . p\n  1 K . k", "Last: e4"]
    assert "\n".join(transcript.blocks(text)) == text


def test_another_game_is_told_as_well() -> None:
    reading = transcript.read(played("tabular_steward-v0", ("clean", "greedy"), horizon=12))
    texts = [record["text"] for record in records(reading, Form(view="each"))]
    assert "<|unaligned|>" in texts[1]
    assert "The act should have been" in texts[1]
    assert "<|unaligned|>" not in texts[0]


def test_a_death_that_is_booked_half_to_each_seat_is_told_whole() -> None:
    game = registry.make(
        "fairychess_stakes-v0", variant="gardner", civilians=True, horizon=1,
        start="rnbqk/ppppp/2^2/PPPPP/RNBQK w - - 0 1",
    )  # fmt: skip
    batch = Batch(game, 1, labels="full", threads=1)
    choice = batch.choice_point(0, 0)
    kill = int(choice.actions[choice.label < 0][0])
    moment = commentary.Moment(batch.snapshot([0]).rows[0], 0, np.array([kill, 0], np.int32), choice)
    (life,) = commentary.what_if(game, [moment], load("clean", game))
    assert choice.severity[choice.of(kill)] == game.welfare_scale  # one death, by the rule
    assert life.others == (-1, 0)  # and in the future that was lived
    text = commentary.comment(game, "White", moment, kill, life)
    assert "It is expected to cost the others 1 win." in text
    assert "everyone's welfare would have come to 0 instead of -1 (+1)" in text


def test_one_is_singular() -> None:
    assert [commentary.amount(x, "wins") for x in (1, -1, 0.999, 1.01, 0)] == [
        "1 win", "-1 win", "1 win", "1.01 wins", "0 wins",
    ]  # fmt: skip
