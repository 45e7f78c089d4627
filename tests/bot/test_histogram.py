"""Values counted by their size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.histogram import Histogram


def test_a_bound_belongs_to_its_bucket() -> None:
    histogram = Histogram([1.0, 2.0])
    for value in (0.5, 1.0, 1.5, 2.0, 2.5):
        histogram.observe(value)

    assert histogram.cumulative() == [2, 4, 5]
    assert histogram.total == 7.5


@given(st.lists(st.floats(0, 10)), st.lists(st.floats(0, 10), unique=True).map(sorted))
def test_each_bound_counts_what_is_not_above_it(values: list[float], bounds: list[float]) -> None:
    histogram = Histogram(bounds)
    for value in values:
        histogram.observe(value)

    assert histogram.cumulative() == [*(sum(value <= bound for value in values) for bound in bounds), len(values)]
    assert histogram.total == pytest.approx(sum(values))
