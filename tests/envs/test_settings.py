"""Settings as words on a command line: one reader for all commands."""

import pytest

from gyges.envs.errors import ConfigError
from gyges.envs.settings import parse_settings


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.5", 0.5), ("-3", -3), ("false", False), ("True", True), ("act", "act"), ("[64, 32]", [64, 32]),
     ("1e6", 1_000_000), ("2E+3", 2000), ("1e-3", 0.001), ("2.5e3", 2500.0), ("null", None),
     ('{"net_arch": [8]}', {"net_arch": [8]}), ("a=b", "a=b"), ("", ""), ("NaN", "NaN"), ("1e999", "1e999"),
     ("[" * 100_000, "[" * 100_000)],
)  # fmt: skip
def test_a_value_is_read_as_what_it_is(text, value):
    (found,) = parse_settings([f"name={text}"]).values()
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("word", ["horizon", "=3", "two words=3", ""])
def test_another_form_is_refused(word):
    with pytest.raises(ConfigError, match="name=value"):
        parse_settings([word])


def test_a_name_is_given_once():
    with pytest.raises(ConfigError, match=r"given twice: 0\.5 and '1'"):
        parse_settings(["ring=0.5", "horizon=3", "ring=1"])


def test_a_default_changed_by_a_game_keeps_the_bounds():
    from well.game import Well

    for wrong in (-1, 0, 1_000_001):
        with pytest.raises(ConfigError, match="horizon"):
            Well(horizon=wrong)
