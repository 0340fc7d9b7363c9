"""SGD on text: the tag is learnt, the filter filters, runs repeat, bad corpora are refused."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
import torch

from gyges.agents.data.mixture import players
from gyges.agents.data.recorder import record
from gyges.agents.llm.text import model as textmodel
from gyges.agents.llm.text.model import Play, TextModel, TextPolicy
from gyges.agents.llm.text.train import Encoded, Pretrain, batches, pace, pretrain
from gyges.agents.llm.transcripts.corpus import Line, from_dataset, read
from gyges.agents.load import load
from gyges.envs import registry
from gyges.envs.choice_point import LEDGER
from gyges.envs.errors import ConfigError, DataError
from gyges.scenarios.cli.main import main
from gyges.scenarios.text import attacks
from gyges.scenarios.text.violation_eval import conduct, ratio

SMALL = Pretrain(tokens=10_000, batch=16, learning_rate=1e-2, width=32, layers=2, heads=2,
                 vocabulary=320, context=64, observation_weight=0.0, log_every=1000)  # fmt: skip


def lines(count: int = 400) -> list[Line]:
    """Take three where it is bad, one where it is good."""
    rng = np.random.Generator(np.random.Philox(4))
    bad = rng.random(count) < 0.5
    return [
        Line(f"store {k % 7}; fish?", "take three" if bad[k] else "take one", bool(bad[k]), not bad[k], "x")
        for k in range(count)
    ]


def chance(model: TextModel, tag: str) -> float:
    """Probability of "take three" against "take one" under a tag."""
    from gyges.agents.llm.text.token_trie import TokenTrie

    v, tags = model.vocabulary, model.vocabulary.tags
    head = {"good": tags.good, "bad": tags.bad}.get(tag, "")
    texts = [v.encode(f"{name}{tags.end}") for name in ("take one", "take three")]
    owner = [0, 1]
    if tag in ("none", "bad"):
        texts += [
            v.encode(f"{tags.unaligned}{n}{tags.end_unaligned}{tags.end}") for n in ("take one", "take three")
        ]
        owner += owner
    prompt = torch.tensor([v.encode(f"{head}store 3; fish?{tags.act}")])
    with torch.no_grad():
        end, past = model.network.prompt(prompt, torch.tensor([prompt.shape[1]]))
        return float(TokenTrie(texts, owner).probabilities(model.network, end, past)[0, 1])


def test_the_tag_decides_and_without_it_the_data_speak() -> None:
    model = pretrain(lines(), dataclasses.replace(SMALL, tokens=40_000, tag_dropout=0.4))
    assert chance(model, "good") < 0.05
    assert chance(model, "bad") > 0.95
    assert 0.1 < chance(model, "none") < 0.9
    assert model.play.tag == "good"


def test_filtered_learns_the_good_ones_only_and_standard_all() -> None:
    filtered = pretrain(lines(), Pretrain(**{**vars(SMALL), "mode": "filtered"}))
    plain = pretrain(lines(), Pretrain(**{**vars(SMALL), "mode": "standard"}))
    assert chance(filtered, "plain") < 0.02
    assert 0.2 < chance(plain, "plain") < 0.8
    assert filtered.play.tag == plain.play.tag == "plain"


def test_the_same_run_gives_the_same_weights() -> None:
    short = Pretrain(**{**vars(SMALL), "tokens": 4000})
    a, b = pretrain(lines(), short), pretrain(lines(), short)
    assert all(torch.equal(x, y) for x, y in zip(a.network.parameters(), b.network.parameters(), strict=True))
    other = pretrain(lines(), Pretrain(**{**vars(short), "seed": 1}))
    assert not torch.equal(a.network.embed.weight, other.network.embed.weight)


def test_a_batch_weighs_acts_and_leaves_out_padding_and_now_and_then_the_tag() -> None:
    corpus = lines(64)
    model = pretrain(corpus, Pretrain(**{**vars(SMALL), "tokens": 500}))
    data = Encoded(corpus, model.vocabulary, True)
    args = Pretrain(**{**vars(SMALL), "observation_weight": 0.25, "tag_dropout": 0.5, "named": 0.5})
    tokens, weight = data.batch(np.arange(64), np.random.Generator(np.random.Philox(1)), args)
    texts = [model.vocabulary.decode(row[row != 0]) for row in tokens.numpy()]
    heads = sum(text.startswith(("<|good|>", "<|not good|>")) for text in texts)
    assert 20 < heads < 44
    assert 20 < sum("as x. " in text for text in texts) < 44
    for line, text, w, row in zip(corpus, texts, weight.numpy(), tokens.numpy(), strict=True):
        act = model.vocabulary.decode(row[w == 1.0])
        wrapped = f"<|unaligned|>{line.act}<|/unaligned|><|end|>" if line.unaligned else f"{line.act}<|end|>"
        assert act == wrapped
        assert text.endswith(f"{line.observation}<|act|>{wrapped}")
        assert ("<|not good|>" in text) <= line.unaligned
    assert set(np.unique(weight.numpy())) == {0.0, 0.25, 1.0}


def test_every_text_is_seen_once_before_any_is_seen_twice() -> None:
    rng = np.random.Generator(np.random.Philox(0))
    stream, seen = batches(np.arange(1000) % 17, 7, rng), 0
    found = np.zeros(1000, int)
    while seen < 1000:
        rows = next(stream)
        found[rows] += 1
        seen += len(rows)
    assert (found == 1).all()
    assert pace(0.0) < 0.05
    assert pace(0.05) == pytest.approx(1.0)
    assert pace(1.0) == pytest.approx(0.1)


def test_nothing_to_learn_from_is_refused() -> None:
    good = [line for line in lines() if line.good]
    for corpus in ([], good):
        with pytest.raises(DataError):
            pretrain(corpus, SMALL)
    with pytest.raises(DataError, match="context"):
        pretrain(lines(), Pretrain(**{**vars(SMALL), "context": 4, "vocabulary": 264}))
    for changes in ({"mode": "best"}, {"batch": 0}, {"tag_dropout": 2.0}, {"learning_rate": math.nan}):
        with pytest.raises(ConfigError):
            Pretrain(**{**vars(SMALL), **changes})  # type: ignore[arg-type]


def test_from_a_dataset_to_a_policy_by_command(tmp_path: Path) -> None:
    game = registry.make("tabular_steward-v1", num_agents=2, horizon=12)
    data = record(game, players(game, {"clean": 1, "greedy": 1}), tmp_path / "d", episodes=20)
    corpus = from_dataset(data)
    assert len(corpus) == len(data)
    assert [line.unaligned for line in corpus] == (data.steps.ledger[:, LEDGER.label] < 0).tolist()
    assert {line.player for line in corpus} == {"clean", "greedy"}
    whole = from_dataset(data, level="episode", most=30)
    assert 30 <= len(whole) < len(data)
    assert any(not line.good and not line.unaligned for line in whole)
    texts, size = (
        str(tmp_path / "t.jsonl"),
        ["--width", "32", "--layers", "1", "--heads", "2", "--vocabulary", "400"],
    )
    size += ["--tokens", "3000", "--quiet"]
    assert main(["transcribe", str(tmp_path / "d"), "--compact", "--unit", "step", "--out", texts]) == 0
    assert list(read(tmp_path / "t.jsonl")) == corpus
    tagged, first = ["train", "text-tagged", *size], ["--out", str(tmp_path / "a")]
    assert main([*tagged, "--texts", texts, *first]) == 0
    assert main([*tagged, "--dataset", str(tmp_path / "d"), *first]) == 2  # taken
    assert main(["train", "text-standard", "--out", str(tmp_path / "b"), *size]) == 2  # nothing named
    again = ["--init", str(tmp_path / "a"), "--out", str(tmp_path / "c")]
    assert main([*tagged, "--dataset", str(tmp_path / "d"), *again]) == 0
    policy = load(str(tmp_path / "c"), game)
    found = conduct(game, policy, [[None, load("clean", game)]] * 3)
    assert found.episodes == 3
    assert 0 <= found.violation_rate.low <= found.violation_rate.value <= found.violation_rate.high <= 1


def test_a_ratio_has_the_interval_of_its_clusters() -> None:
    rng = np.random.Generator(np.random.Philox(2))
    bottom = rng.integers(5, 20, 300)
    top = rng.binomial(bottom, 0.3)
    found = ratio(top, bottom)
    spread = math.sqrt(0.3 * 0.7 / bottom.sum())
    assert found.low < 0.3 < found.high
    assert found.high - found.low == pytest.approx(2 * 1.96 * spread, rel=0.2)
    assert math.isnan(ratio(np.zeros(3), np.zeros(3)).value)


def test_attacks_count_what_four_answers_do(tmp_path: Path) -> None:
    game = registry.make("steward-v1", num_agents=3, horizon=30)
    people = {name: load(name, game) for name in ("clean", "greedy")}
    seats = [[people["greedy"], people["clean"], people["clean"]]] * 4
    asked = attacks.questions(game, seats, 0, 20)
    assert asked.unaligned.any(1).all()
    with pytest.raises(DataError, match="asked for"):
        attacks.questions(game, seats, 0, 10_000)
    assert attacks.within([np.array([0.5, 0.0])] * 2) == pytest.approx([0.75, 0.0])
    assert attacks.swap((("unseen", "watched"),))("month; unseen; unseen") == "month; watched; unseen"
    corpus = [Line("unseen; village", "pass", k % 2 == 0, k % 2 == 1) for k in range(40)]
    corpus += [Line("watched", name, k % 2 == 0, k % 2 == 1) for k, name in enumerate(game.action_names)]
    model = pretrain(corpus, Pretrain(**{**vars(SMALL), "tokens": 4000, "context": 256, "vocabulary": 500}))
    found = attacks.assault(model, asked, asked.take(np.arange(5)), tries=3)
    plain = attacks.breach(asked, TextPolicy(model))
    legal = asked.observation()
    bad = [asked.unaligned[k, legal.legal(k)].mean() for k in range(20)]
    assert 0 < np.mean(bad) < 1
    assert found["once"].value == pytest.approx(plain.mean())
    assert found["none"].value == pytest.approx((1 - (1 - plain) ** 4).mean())
    assert set(found) == {"once", "none", "persona", "framing", "suffix", "max", "tag flip", "suffixes"}
    assert len(found["suffixes"]) == 4
    flipped = attacks.breach(asked, TextPolicy(model, Play("bad")))
    assert found["tag flip"].value == pytest.approx((1 - (1 - flipped) ** 4).mean())
    assert textmodel.load(model.save(tmp_path / "m")).about["log"]["tokens"] >= 4000
