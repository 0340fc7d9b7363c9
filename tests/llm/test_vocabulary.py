"""The byte-pair vocabulary: nothing is lost, tags are single tokens, files are checked."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gyges.agents.llm.text.tokenizer import BYTES, Vocabulary, learn
from gyges.agents.llm.transcripts.tags import Tags
from gyges.envs.errors import ConfigError, FileError

TEXTS = [
    f"fish. month {k}; village Arne has {k}.5; pledge {k} tonnes on the Bank<|act|>pass<|end|>"
    for k in range(60)
]
VOCABULARY = learn(TEXTS, 400)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80))
def test_any_text_comes_back(text: str) -> None:
    text = text.encode(errors="replace").decode()
    assert VOCABULARY.decode(VOCABULARY.encode(text)) == text


def test_stock_phrases_and_tags_are_single_tokens() -> None:
    tokens = VOCABULARY.encode(TEXTS[7])
    assert VOCABULARY.decode(tokens) == TEXTS[7]
    assert VOCABULARY.special["<|act|>"] in tokens
    assert [VOCABULARY.decode([t]) for t in tokens[:3]] == ["fish", ". month ", "7"]
    assert len(tokens) < 16 < len(TEXTS[7])
    assert len(VOCABULARY.encode("<|act |>")) > 1


def test_the_most_frequent_pair_is_merged_first_and_the_order_of_texts_does_not_matter() -> None:
    first = BYTES + len(list(Tags()))
    found = learn(["abab", "abc"], first + 2)
    assert found.bytes[first:] == [b"ab"]  # abab occurs once only, so it is not merged
    assert learn(TEXTS[::-1], 400) == VOCABULARY


def test_plain_data_and_back() -> None:
    again = Vocabulary.from_json(VOCABULARY.to_json())
    assert again == VOCABULARY
    assert again.encode(TEXTS[3]) == VOCABULARY.encode(TEXTS[3])


@pytest.mark.parametrize(
    "data",
    [{}, [], {"tags": [], "merges": []}, {"tags": list(Tags()), "merges": [[0, 99999]]},
     {"tags": list(Tags()), "merges": [[0, "1"]]}, {"tags": ["x"] * 8, "merges": []},
     {"tags": list(Tags()), "merges": [[256, 3]]}, {"tags": list(Tags()), "merges": [[1, 2, 3]]}],
)  # fmt: skip
def test_what_is_no_vocabulary_is_refused(data: object) -> None:
    with pytest.raises(FileError):
        Vocabulary.from_json(data)


def test_a_size_without_room_is_refused() -> None:
    with pytest.raises(ConfigError, match="tokens"):
        learn(TEXTS, 256)
