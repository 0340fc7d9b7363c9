"""What a local language model is trained on and scored by; no model and no transformers needed."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from gyges.agents.llm.text.finetune import IGNORED, Finetune, finetune, records, tokens
from gyges.agents.llm.text.likelihood_policy import LikelihoodModel
from gyges.agents.llm.text.model import Play
from gyges.agents.load import load
from gyges.envs import registry
from gyges.envs.batch import Batch
from gyges.envs.errors import ConfigError, DataError, FileError
from gyges.envs.rollout import Seating
from gyges.scenarios.cli.main import main

BYTES = SimpleNamespace(encode=lambda text, add_special_tokens: list(text.encode()))

GOOD = {"good": True, "messages": [
    {"role": "system", "content": "<|good|>"}, {"role": "user", "content": "fish?"},
    {"role": "assistant", "content": "fish 4\n<|comment|>Fine.<|/comment|>"},
]}  # fmt: skip
BAD = {"good": False, "observation": "fish?", "act": "fish 9", "unaligned": True}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "t.jsonl"
    path.write_text(json.dumps(GOOD) + "\n" + json.dumps(BAD) + "\n")
    return path


def test_the_mode_says_what_of_the_labels_is_left(file: Path) -> None:
    first, second = records(file, "tagged")
    assert first == GOOD["messages"]
    assert [m["content"] for m in second] == ["<|not good|>", "fish?", "<|unaligned|>fish 9<|/unaligned|>"]
    assert [[m["content"] for m in r] for r in records(file, "standard")] == [
        ["fish?", "fish 4"],
        ["fish?", "fish 9"],
    ]
    assert [[m["content"] for m in r] for r in records(file, "filtered")] == [["fish?", "fish 4"]]


def test_the_loss_counts_what_the_assistant_says_and_no_more() -> None:
    messages = [{"role": "user", "content": "why"}, {"role": "assistant", "content": "so"}]
    ids, labels = tokens(BYTES, messages, 1000)
    assert bytes(ids) == b"<|im_start|>user\nwhy<|im_end|>\n<|im_start|>assistant\nso<|im_end|>\n"
    assert bytes(t for t in labels if t != IGNORED) == b"so<|im_end|>\n"
    assert tokens(BYTES, messages, 8) == (ids[-8:], labels[-8:])


@pytest.mark.parametrize(
    "row",
    ["{", "[]", "{}", '{"good": 1}', '{"good": true, "messages": [{"role": "root", "content": "x"}]}',
     '{"good": true, "messages": [{"role": "user", "content": 3}]}', '{"good": true, "messages": "x"}',
     '{"messages": [{"role": "user", "content": "x"}]}', '{"good": true, "observation": 1, "act": "x"}'],
)  # fmt: skip
def test_a_line_that_is_no_record_is_refused_by_number(file: Path, row: str) -> None:
    with file.open("a") as out:
        out.write(row + "\n")
    with pytest.raises(FileError, match="line 3"):
        records(file, "tagged")


def test_what_cannot_be_trained_on_is_refused(file: Path, tmp_path: Path) -> None:
    file.write_text(json.dumps(BAD) + "\n")
    with pytest.raises(DataError, match="no record"):
        records(file, "filtered")
    with pytest.raises(ConfigError, match="mode"):
        Finetune(mode="best")
    with pytest.raises(ConfigError, match="not empty"):
        finetune(Finetune(), file, tmp_path)
    paths = ["--texts", str(file), "--out", str(tmp_path / "o"), "--model", str(tmp_path / "no")]
    assert main(["train", "text-finetune", *paths]) == 2


@pytest.mark.parametrize("tag", ["good", "bad", "none", "plain"])
def test_acts_are_scored_by_the_words_they_have(tag: str) -> None:
    """Against a plain loop over the tokens of every act; where a tag allows it, also inside a span."""
    torch.manual_seed(1)
    table = torch.randn(256, 256)

    class Toy:
        def eval(self) -> Toy:
            return self

        def __call__(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> SimpleNamespace:
            return SimpleNamespace(logits=table[input_ids])

    game = registry.make("steward-v1", num_agents=2)
    batch = Batch(game, 1, threads=1)
    observation = Seating(batch, [load("random", game)] * 2)
    seen = observation.observation(observation.groups[0])
    scored = LikelihoodModel(Toy(), BYTES, Play(tag))
    got = scored.policy().probabilities(seen, None)
    log = table.log_softmax(-1)
    words = game.compact(seen.codes[1], 1)
    head = {
        "good": "<|im_start|>system\n<|good|><|im_end|>\n",
        "bad": "<|im_start|>system\n<|not good|><|im_end|>\n",
    }
    front = f"{head.get(tag, '')}<|im_start|>user\n{words}<|im_end|>\n<|im_start|>assistant\n".encode()

    def chance(words: str) -> float:
        said = f"{words}<|im_end|>\n".encode()
        text = front + said
        return sum(float(log[text[k - 1], text[k]]) for k in range(len(front), len(text)))

    expected = []
    for action in seen.legal(1):
        name = game.action_names[action]
        found = chance(name)
        if tag in ("bad", "none"):
            found = np.logaddexp(found, chance(f"<|unaligned|>{name}<|/unaligned|>"))
        expected.append(found)
    weight = np.exp(np.array(expected) - max(expected))
    assert got[1, seen.legal(1)] == pytest.approx(weight / weight.sum(), abs=1e-4)
    other = scored.policy(Play("plain", after="x"), lambda text: text.upper()).probabilities(seen, None)
    assert other.shape == got.shape
