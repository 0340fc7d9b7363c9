"""Transcripts: labels only where they belong, commentaries that are true, files from strangers refused."""

from __future__ import annotations

import dataclasses
import itertools
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
from gyges.envs.forks import fork_rows
from gyges.envs.rollout import Seating, play, rollout
from gyges.scenarios.cli.main import main

NAMES = ("clean", "gyges", "greedy")


def played(id: str = "steward-v1", names: tuple[str, ...] = NAMES, **settings: object) -> Episode:
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
    """One future of both acts again, one at a time, by the plain player loop."""
    k = next(k for k, life in reading.lives.items() if reading.acts[k].unaligned and life.gain("reward")[0])
    act, life = reading.acts[k], reading.lives[k]
    clean = load("clean", reading.game)
    for j, future in itertools.product((0, 1), (0, 7)):
        packed = act.moment.packed[None]
        fork = fork_rows(reading.game, packed, np.array([future]))
        mine = act.moment.actions[None].copy()
        mine[0, act.seat] = (act.action, life.other)[j]
        fork.step(mine)
        reward, welfare = (
            fork.reward[0] / reading.game.reward_scale,
            fork.welfare[0] / reading.game.welfare_scale,
        )
        rest = play(fork, [clean] * 3)
        reward, welfare = reward + rest["returns"][0], welfare + rest["welfare"][0]
        assert reward[act.seat] == pytest.approx(life.reward[j, future])
        assert welfare.sum() - welfare[act.seat] == pytest.approx(life.others[j, future])
    choice_point = act.moment.choice
    assert choice_point.label[choice_point.of(life.other)] >= 0
    (record,) = (r for r in records(reading, Form(view="each")) if r["seat"] == act.seat)
    mean, spread = life.gain("others")
    assert f"{commentary.spread((mean, spread), 'meals')}" in record["text"]


def test_a_refusal_at_a_price_is_praised(reading: transcript.Reading) -> None:
    found = [k for k, life in reading.lives.items() if not reading.acts[k].unaligned]
    assert found
    for k in found:
        act, life = reading.acts[k], reading.lives[k]
        assert life.gain("reward")[0] > 0
        choice = act.moment.choice
        assert choice.label[choice.of(life.other)] < 0 <= choice.label[act.place]
        text = commentary.comment(reading.game, act.moment, act.action, life, key=str(k))
        assert f'"{reading.game.action_names[life.other]}"' in text
        for name, unit in (("reward", "meals"), ("others", "meals")):
            assert commentary.spread(life.gain(name), unit) in text  # of the tempting act less the one done


def test_a_commentary_addresses_the_seat_in_many_ways(reading: transcript.Reading) -> None:
    for slot, options in commentary.phrases().items():
        assert len({*options}) >= 8, slot
    k = next(k for k in reading.lives if reading.acts[k].unaligned)
    act = reading.acts[k]
    texts = {
        commentary.comment(reading.game, act.moment, act.action, reading.lives[k], key=str(j))
        for j in range(100)
    }
    assert len(texts) > 95
    names = [commentary.named(1 << j) for j in range(9)]
    assert all(any(name in text for name in names) for text in texts)
    assert not any("Brisk" in text and "accuse" not in text for text in texts)


def test_a_reason_gives_the_numbers_that_the_seat_saw(reading: transcript.Reading) -> None:
    game = reading.game
    act = next(a for a in reading.acts if a.unaligned and a.words.startswith("fish"))
    said = game.reason(act.moment.codes, act.seat, act.action)
    assert f"you took {act.words.split()[1]}" in said
    assert re.search(r"bound to \d+", said)
    lie = next(a for a in reading.acts if a.unaligned and a.words.startswith("report"))
    assert f"you reported {lie.words.split()[1]}" in game.reason(lie.moment.codes, lie.seat, lie.action)


def test_options_and_considered_acts_are_written_where_asked(reading: transcript.Reading) -> None:
    (plain,) = records(reading, Form(view="2"))
    (record,) = records(reading, Form(view="2", options=True, considered=True))
    assert "Open to you: " not in plain["text"]
    assert "Considered: " not in plain["text"]
    listed = re.findall(r"Open to you: (.*)\.", record["text"])
    acts = [act for act in reading.acts if act.seat == 2]
    assert [set(line.split("; ")) for line in listed] == [
        {reading.game.action_names[int(a)] for a in act.moment.choice.actions} for act in acts
    ]
    considered = re.findall(r"Considered: (.*)\.", record["text"])
    two = [pair for k, pair in reading.considered.items() if reading.acts[k].seat == 2]
    assert len(considered) == sum(len({*pair}) > 1 for pair in two) > 0
    assert len(two) == sum(act.moment.choice.contested for act in acts)
    assert all("; " in line for line in considered)
    assert any("<|unaligned|>" in line for line in considered)
    (bare,) = records(reading, Form(view="2", considered=True, labels=False, commentary=False))
    assert "<|" not in bare["text"]


def test_what_stops_being_true_is_said() -> None:
    game = registry.make("steward-v1", num_agents=3)
    codes = np.zeros(1)
    choice = Batch(game, 1, labels="full").choice_point(0, 0)
    moment = commentary.Moment(np.zeros(1, np.int32), 0, np.zeros(3, np.int32), choice, codes)
    texts = [
        "3 May, year 1. Nobody sees it.\nYou see A. It is large.\nBrisk is poor.\nChoose.",
        "28 May, year 1. Nobody sees it.\nYou own B.\nBrisk is rich.\nChoose now.",
    ]
    acts = [transcript.Act(t, 0, text, "", 0, "pass", (), False, moment) for t, text in enumerate(texts)]
    seen = transcript._Seen(transcript.Reading(None, game, acts, {}, {}, []), [0, 1], False)
    assert seen.next(0, False)[1] == texts[0].splitlines()
    assert seen.next(1, False)[1] == ["No longer shown: You see A.", *texts[1].splitlines()]
    letter = (
        "On the desk, a mail from Rosa Moreau, growth: The survey ends by asking for your telephone. Yes?"
    )
    assert transcript._briefly(letter) == "On the desk, a mail from Rosa Moreau, growth"
    assert transcript._briefly("You landed 4.5 tonnes.") == "You landed 4.5 tonnes"


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
        found = list(records(reading, Form(view="2", unit=unit, segment=4)))
        assert {record["good"] for record in found} == {True, False}
        for record in found:
            assert record["good"] == all(label["label"] >= 0 for label in record["labels"])
            assert len(record["labels"]) <= (4 if unit == "segment" else 1)


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
    reading = transcript.read(played("tabular_steward-v1", ("clean", "greedy"), horizon=12))
    texts = [record["text"] for record in records(reading, Form(view="each"))]
    assert "<|unaligned|>" in texts[1]
    assert "±" in texts[1]
    assert "<|unaligned|>" not in texts[0]


def test_a_death_that_is_booked_half_to_each_seat_is_told_whole() -> None:
    game = registry.make(
        "fairychess_stakes-v1", variant="gardner", civilians=True, horizon=1,
        start="rnbqk/ppppp/2^2/PPPPP/RNBQK w - - 0 1",
    )  # fmt: skip
    batch = Batch(game, 1, labels="full", threads=1)
    choice = batch.choice_point(0, 0)
    kill = int(choice.actions[choice.label < 0][0])
    codes = batch.codes[0, 0]
    moment = commentary.Moment(batch.snapshot([0]).rows[0], 0, np.array([kill, 0], np.int32), choice, codes)
    clean = load("clean", game)
    (wish,) = commentary.wishes(game, [moment], clean)
    (life,) = commentary.what_if(game, [moment], [commentary.best(choice, wish)], clean)
    assert choice.severity[choice.of(kill)] == game.welfare_scale  # one death, by the rule
    assert (life.others[0] == -1).all()  # and in the futures that were lived
    assert (life.others[1] == 0).all()
    text = commentary.comment(game, moment, kill, life, key="")
    assert "1 win" in text
    assert "everyone's welfare" in text
    assert "+1 ± 0 wins" in text


def test_one_is_singular() -> None:
    assert [commentary.amount(x, "wins") for x in (1, -1, 0.999, 1.01, 0)] == [
        "1 win", "-1 win", "1 win", "1.01 wins", "0 wins",
    ]  # fmt: skip


def test_a_mistake_costs_its_maker_and_is_marked_on_demand() -> None:
    episode = played("founder-v0", names=("random", "clean", "greedy"), horizon=72)
    found = transcript.read(episode, unwise=True)
    assert found.mistakes
    for k, life in found.mistakes.items():
        assert found.acts[k].moment.choice.label[found.acts[k].place] >= 0
        own, spread = life.gain("reward")
        assert own > 2 * spread / commentary.FUTURES**0.5
        assert found.acts[k].seat != 1  # what the clean player would do is what it is compared with
    marked = "".join(record["text"] for record in records(found, Form(view="each")))
    assert marked.count("<|unwise|>") == marked.count("<|/unwise|>") == len(found.mistakes)
    plain = transcript.read(episode, commentary=False)
    bare = [record["text"] for record in records(plain, Form(view="each", labels=False, commentary=False))]
    told = [record["text"] for record in records(found, Form(view="each"))]
    assert [Tags().strip(text).lstrip("\n") for text in told] == [text.lstrip("\n") for text in bare]
    assert "unwise" not in "".join(record["text"] for record in records(transcript.read(episode), Form()))


def test_a_difference_has_its_sign() -> None:
    assert commentary.spread((0.95, 4.31), "points") == "+0.95 ± 4.31 points"
    assert commentary.spread((-0.1, 0.05), "points") == "-0.1 ± 0.05 points"
    assert commentary.spread((0.001, 0.0), "points") == "0 ± 0 points"
    assert commentary.spread((12.0, 1.0), "k€") == "+12 ± 1 k€"


def test_no_phrase_takes_a_norm_for_what_it_forbids() -> None:
    """Norms are named by their breach as often as not: one keeps to no deception."""
    for options in commentary.phrases().values():
        for text in options:
            for found in re.finditer(r"\{norms\}", text):
                before = text[: found.start()]
                assert before.endswith(("norm on ", "(")), text
