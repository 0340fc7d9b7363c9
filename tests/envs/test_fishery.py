"""What games about a shared fishing ground share: stocks grow in arrays as they do in the rules."""

import numpy as np
import pytest

from gyges.envs.fishery import FAIR, POOR, RICH, grown_stocks, weight
from gyges.envs.fishery.rules import grown
from gyges.envs.rules import PURE, Array, allow, allow_bits, rule


@pytest.mark.parametrize("weather", [FAIR, POOR, RICH])
def test_stocks_grow_in_arrays_as_in_the_rules(weather):
    stocks = np.arange(641)
    expected = [grown(stock, 640, 32768, weather) for stock in range(641)]
    assert grown_stocks(stocks, 640, 32768, weather).tolist() == expected
    assert grown_stocks(stocks, 640, 32768, np.full(641, weather)).tolist() == expected


def test_tonnes_are_counted_in_words():
    assert [weight(number) for number in (0, 1, "1", 2, "1.5")] == [
        "0 tonnes", "1 tonne", "1 tonne", "2 tonnes", "1.5 tonnes",
    ]  # fmt: skip


@rule
def allow_some(mask: Array, first: int, bits: int) -> None:
    allow_bits(mask, first, bits)


@pytest.mark.skipif(PURE, reason="the pure process reads arrays through a wrapper")
@pytest.mark.parametrize("first", [0, 3, 8, 15])
@pytest.mark.parametrize("bits", [0, 1, 0b1011, (1 << 13) - 1, 1 << 55])
def test_bits_of_a_word_are_marked_as_one_by_one(first, bits):
    found, wanted = np.zeros(10, np.uint8), np.zeros(10, np.uint8)
    allow_some(found, first, bits)
    for j in range(56):
        if (bits >> j) & 1:
            allow(wanted, first + j)
    assert found.tolist() == wanted.tolist()
