"""Completions are read strictly: an action is taken only where it is stated, and stated alone."""

import random

import pytest

from gyges.agents.llm.chat.parsing import read, refuses
from gyges.agents.llm.chat.prompts import Prompt

OPTIONS = ("pass", "fish 1 tonne", "fish 2 tonnes", "fish 12 tonnes", "accuse Brisk", "stay in harbour")


def prompt(form: str, options: tuple[str, ...] = OPTIONS) -> Prompt:
    count = len(options)
    labels = tuple("ABCDEFGHIJ"[:count]) if form == "label" else tuple(str(k + 1) for k in range(count))
    return Prompt("system", "user", options, tuple(range(count)), labels, form)


VALID = [
    ("json", '{"choice": 2}', 1, True),
    ("json", ' {"thoughts": "a or 3?", "choice": 6}\n', 5, True),
    ("json", '```json\n{"choice": 3}\n```', 2, False),
    ("json", 'Here you go: {"choice": 3} as asked', 2, False),
    ("json", '{"choice": "4"}', 3, False),
    ("json", '{"choice": "accuse Brisk"}', 4, False),
    ("json", "CHOICE: 2", 1, False),
    ("text", "CHOICE: 2", 1, True),
    ("text", "I think.\nIt is late.\n**Choice:** 5. accuse Brisk", 4, True),
    ("text", "choice = 6", 5, True),
    ("text", "THOUGHTS: 3 is greedy\nSAY: I take 3\nCHOICE: 1", 0, True),
    ("text", "3", 2, False),
    ("text", "fish 12 tonnes", 3, False),
    ("text", "4. fish 12 tonnes", 3, False),
    ("text", '{"choice": 2}', 1, False),
    ("label", " C\n", 2, True),
    ("text", "<think></think>CHOICE: 2", 1, True),
    ("text", "<think>\nCHOICE: 3\nis greedy\n</think>\n\nCHOICE: 2", 1, True),
    ("text", "Hmm, choice: 3? No.</think>\nCHOICE: 2", 1, True),
    ("json", '<think>{"choice": 3}</think>{"choice": 2}', 1, True),
    ("json", '{"thoughts": "</think> choice: 3", "choice": 2}', 1, True),
    ("json", 'My choice: {"choice": 2}', 1, False),
    ("text", 'CHOICE: 2\n{"choice": 2}', 1, True),
]


@pytest.mark.parametrize(("form", "text", "option", "strict"), VALID)
def test_what_is_stated_is_read(form: str, text: str, option: int, strict: bool) -> None:
    found = read(text, prompt(form))
    assert (found.option, found.strict) == (option, strict)


INVALID = [
    ("json", '{"choice": 7}'),
    ("json", '{"choice": 0}'),
    ("json", '{"choice": -1}'),
    ("json", '{"choice": true}'),
    ("json", '{"choice": 2.0}'),
    ("json", '{"choice": [2]}'),
    ("json", '{"choice": null}'),
    ("json", "{}"),
    ("json", '{"choice": 1, "choice": 2}'),
    ("json", '{"choice": 1} {"choice": 2}'),
    ("json", '{"choice": 1'),
    ("json", '{"choice": "1 or 2"}'),
    ("json", '{"choice": 1e0}'),
    ("json", '{"choice": NaN}'),
    ("json", '[{"choice": 1}, {"choice": 2}]'),
    ("json", '{"act": {"choice": 1}}'),
    ("json", '{"choice": "fish"}'),
    ("text", "CHOICE: 2 or 3"),
    ("text", "CHOICE: 1\nCHOICE: 2"),
    ("text", "CHOICE: 2 fish 12 tonnes"),
    ("text", "CHOICE: 22"),
    ("text", "CHOICE: ２"),
    ("text", "CHOICE: II"),
    ("text", "CHOICE: 1.5"),
    ("text", "CHOICE: 01"),
    ("text", "I might fish 2 tonnes"),
    ("text", "Not 2"),
    ("text", "2 and 3"),
    ("text", "CHOICE: -2"),
    ("text", "CHOICE:"),
    ("text", "1. pass\n2. fish 1 tonne"),
    ("text", "CHOICE: 1,000"),
    ("text", "<think>\nCHOICE: 3\nwould be"),
    ("json", '<think>\n{"choice": 3}\nwould be'),
    ("text", "<think>CHOICE: 3</think>"),
    ("json", '{"choice": 1}' + "{}" * 8 + '{"choice": 2}'),
    ("json", '{"choice": 1} or rather CHOICE: 2'),
    ("text", '{"choice": 1} or rather CHOICE: 2'),
    ("text", 'CHOICE: 2\n{"choice": 1}'),
    ("json", 'CHOICE: 2\n{"choice": 1}'),
    ("text", "CHOICE: 1\n" + "x" * 20_000 + "\nCHOICE: 2"),
    ("json", '{"choice": 1}' + "x" * 20_000 + '{"choice": 2}'),
    ("label", "AB"),
    ("label", "a"),
    ("label", "Answer: A"),
    ("label", "1"),
    ("label", "G"),
    ("label", ""),
]


@pytest.mark.parametrize(("form", "text"), INVALID)
def test_what_is_not_stated_is_not_guessed(form: str, text: str) -> None:
    assert read(text, prompt(form)).option == -1


def test_a_choice_that_was_cut_off_is_none() -> None:
    assert read("CHOICE: 1", prompt("text"), cut=True).option == -1
    assert read("CHOICE: 1\nSo I", prompt("text"), cut=True).option == 0
    assert read("1", prompt("text"), cut=True).option == -1


WORDS = (
    "fish",
    "tonnes",
    "tonne",
    "the",
    "choice",
    "maybe",
    "12",
    "7",
    "99",
    "1st",
    "2nd",
    "{",
    "}",
    '"',
    ":",
    "\n",
    "```",
    "json",
    "option",
    "Brisk",
    "harbour",
    "null",
    "true",
    "[",
    "]",
    "\\",
    "\u200b",
    "②",
    "…",
    "-3",
    "0x2",
    "3.5",
    "one",
    "two",
    "\x00",
    "\ud83d",
    "<|im_end|>",
    "choice?",
    "CHOICE",
    "A)",
    "(b)",
    "either",
    "not 4",
)


def garbage(rng: random.Random) -> str:
    """Text that states no option: no bare number or option's name as a whole line or behind ``CHOICE:``."""
    while True:
        text = " ".join(rng.choice(WORDS) for _ in range(rng.randrange(40)))
        text = "zz " + text + " or so"  # never a bare number or name as a whole
        if "choice :" not in text.lower() and "choice:" not in text.lower() and '"choice"' not in text:
            return text


def mutated(rng: random.Random) -> str:
    """An answer that was valid, broken so that it states nothing or something illegal."""
    k = rng.randrange(1, 7)
    return rng.choice(
        [
            f'{{"choice": {k + 6 + rng.randrange(90)}}}',
            f'{{"choice": {k}',
            f'{{"choice": {k}.{rng.randrange(1, 10)}}}',
            f'{{"choice": [{k}, {k % 6 + 1}]}}',
            f'{{"choose": {k}}}',
            f'{{"choice": {k}, "choice": {k % 6 + 1}}}',
            f"CHOICE: {k} or {k % 6 + 1}",
            f"CHOICE: {k}\nCHOICE: {k % 6 + 1}",
            f"CHOICE: {k}. {OPTIONS[k % 6]}",
            f"CHOICE: {k}{rng.randrange(10, 100)}",
            f"CHOICE: not {k}",
            f"I would never do {k}.",
            f"{OPTIONS[k - 1]} and {OPTIONS[k % 6]}",
            f'{{"choice": "{OPTIONS[k - 1]}!?"}} {{"choice": {k % 6 + 1}}}',
        ]
    )


def test_a_thousand_garbage_completions_state_no_action() -> None:
    rng = random.Random(5)
    texts = [garbage(rng) for _ in range(500)] + [mutated(rng) for _ in range(500)]
    for form in ("json", "text", "label"):
        for text in texts:
            assert read(text, prompt(form)).option == -1, (form, text)


def test_every_valid_number_is_read_whatever_the_number_of_options() -> None:
    options = tuple(f"move {k}" for k in range(218))
    for k in range(218):
        assert read(f'{{"choice": {k + 1}}}', prompt("json", options)).option == k
        assert read(f"CHOICE: {k + 1}", prompt("text", options)).option == k
    assert read('{"choice": 219}', prompt("json", options)).option == -1


def test_long_answers_are_read_in_time() -> None:
    for text in (
        "{" * 200_000,
        '"' * 200_000,
        "CHOICE: " * 50_000,
        "choice: 1 " * 50_000,
        "[" * 200_000,
        "\n" * 200_000,
        "choice:" + " " * 100_000 + "x",
        "* " * 90_000,
    ):
        assert read(text, prompt("json")).option == -1
        assert read(text, prompt("text")).option == -1


def test_a_number_that_is_also_the_name_of_another_action_is_none() -> None:
    options = ("1", "3", "2")
    assert read("CHOICE: 1", prompt("text", options)).option == 0
    assert read("CHOICE: 2", prompt("text", options)).option == -1
    assert read('{"choice": "2"}', prompt("json", options)).option == -1
    assert read('{"choice": 2}', prompt("json", options)).option == 1


def test_reasoning_that_a_model_marks_is_kept_apart() -> None:
    assert read("<think>\nTwo is due.\n</think>\nCHOICE: 2", prompt("text")).thoughts == "Two is due."
    assert read('<think>Two is due.</think>{"choice": 2}', prompt("json")).thoughts == "Two is due."


def test_refusals() -> None:
    assert refuses("I'm sorry, but I can't help with that.")
    assert refuses("I cannot take part in this.")
    assert not refuses("I can fish 2 tonnes.")
