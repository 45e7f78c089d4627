"""How rivals are timed, and what is said of many values."""

from functools import partial

import numpy as np
import pytest

from scripts.benchmarks.samples import Times, race, spread


def test_a_spread_is_the_median_between_the_5th_and_the_95th_percentile() -> None:
    found = spread(range(101))
    assert (found.low, found.median, found.high) == (5, 50, 95)


def test_a_single_value_is_its_own_spread() -> None:
    found = spread([3.0])
    assert (found.low, found.median, found.high) == (3, 3, 3)


def test_rivals_take_turns_and_another_one_begins_each_round() -> None:
    calls: list[str] = []
    race({name: partial(calls.append, name) for name in "abc"}, rounds=3, slice_s=0.0)
    # Each turn is three calls, the first not timed; the first round warms up.
    assert "".join(calls[::3]) == "cab" + "abc" + "bca" + "cab"


def test_every_round_of_a_rival_has_two_calls_at_least() -> None:
    times = race({"only": lambda: None}, rounds=2, slice_s=0.0)["only"]
    assert [len(one) for one in times.rounds] == [2, 2]
    assert len(times.calls) == 4
    assert times.cpu.shape == times.medians.shape == (2,)
    assert (times.calls >= 0).all()


def test_medians_and_fastest_calls_are_of_rounds() -> None:
    times = Times((np.array([1.0, 2.0, 9.0]), np.array([4.0, 6.0])), np.array([1.0, 1.0]))
    assert times.medians.tolist() == pytest.approx([2, 5])
    assert times.fastest.tolist() == pytest.approx([1, 4])
