"""The evaluator, against values of Prometheus' own tests where a source is named."""

import math

import pytest

from tests.dashboard.promql import evaluate, increase, metrics, quantile
from tests.dashboard.scrapes import Scrapes

MINUTE = 60.0


def _counter(*values: float, step: float = 15.0) -> Scrapes:
    scrapes = Scrapes()
    for number, value in enumerate(values):
        page = f'# TYPE n counter\nn_total{{kind="a"}} {value}\nn_total{{kind="b"}} {2 * value}\n'
        scrapes.add(number * step, page)
    return scrapes


def test_a_counter_grows_as_prometheus_extrapolates() -> None:
    points = [(5.0 * number, 10.0 * number) for number in range(1, 11)]  # functions.test: 0+10x10 in [50m]

    assert increase(points, 0.0, 50.0) == pytest.approx(100)


def test_a_counter_that_falls_has_begun_anew() -> None:
    points = [(10.0, 100.0), (20.0, 110.0), (30.0, 5.0), (40.0, 15.0)]

    # From 100 to 110, to 5 from nothing, to 15; then carried on by 5 of 30 seconds at either end.
    assert increase(points, 5.0, 45.0) == pytest.approx((10 + 5 + 10) * 40 / 30)


def test_growth_is_not_carried_on_further_than_another_point_was_to_be_expected() -> None:
    points = [(100.0, 1000.0), (110.0, 1010.0), (120.0, 1020.0)]

    assert increase(points, 0.0, 300.0) == pytest.approx(20 + 5 + 5)


@pytest.mark.parametrize(("q", "value"), [(0.2, 0.048), (0.5, 0.15), (0.8, 0.72), (1.0, 1.0)])
def test_quantiles_are_those_of_prometheus(q: float, value: float) -> None:
    buckets = [(0.1, 5.0), (0.2, 7.0), (1.0, 11.0), (math.inf, 12.0)]  # histograms.test: testhistogram, "positive"

    assert quantile(q, buckets) == pytest.approx(value)


def test_a_histogram_of_nothing_has_no_quantile() -> None:
    assert math.isnan(quantile(0.5, [(1.0, 0.0), (math.inf, 0.0)]))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('n_total{kind="a"}', [40.0]),
        ('n_total{kind!="a"}', [80.0]),
        ('n_total{kind=~"a|c"}', [40.0]),
        ('n_total{kind!~"a|c"}', [80.0]),
        ("sum(n_total)", [120.0]),
        ("max(n_total) - min(n_total)", [40.0]),
        ("count by (kind) (n_total)", [1.0, 1.0]),
        ("n_total > 50", [80.0]),
        ("sum(rate(n_total[1m])) * 60", [120.0]),
        ('sum by (instance) (n_total{kind="b"}) / sum by (instance) (n_total)', [2 / 3]),
        ("nothing", []),
    ],
)
def test_a_query_is_what_it_says(query: str, expected: list[float]) -> None:
    scrapes = _counter(0, 10, 20, 30, 40)

    assert sorted(evaluate(query, scrapes, MINUTE).values()) == pytest.approx(expected)


def test_what_was_not_scraped_for_five_minutes_is_gone() -> None:
    assert evaluate("n_total", _counter(1), 5 * MINUTE + 1) == {}


def test_the_metrics_of_a_query_are_found_wherever_they_stand() -> None:
    query = "histogram_quantile(0.9, sum by (le) (rate(a_bucket[5m]))) / (b + on () max(c)) > 2"

    assert metrics(query) == {"a_bucket", "b", "c"}


def test_what_is_no_promql_is_refused() -> None:
    with pytest.raises(ValueError, match="unclosed left parenthesis"):
        evaluate("sum(rate(", Scrapes(), 0.0)
