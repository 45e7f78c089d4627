"""What Prometheus keeps: the samples of one page after another."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping
from math import inf

from prometheus_client.parser import text_string_to_metric_families

Labels = frozenset[tuple[str, str]]
Point = tuple[float, float]
"""Time in seconds, value."""


class Scrapes:
    """Time series, by metric name and labels. Points come in order of time."""

    def __init__(self) -> None:
        self._series: defaultdict[str, defaultdict[Labels, list[Point]]] = defaultdict(lambda: defaultdict(list))

    @property
    def names(self) -> set[str]:
        """Of all metrics that were ever there."""
        return set(self._series)

    def add(self, at: float, page: str, instance: str = "bot:9464") -> None:
        """Keep what a page shows, and that it could be read."""
        self._series["up"][frozenset({("instance", instance)})].append((at, 1.0))
        for family in text_string_to_metric_families(page):
            for sample in family.samples:
                labels = frozenset({**sample.labels, "instance": instance}.items())
                self._series[sample.name][labels].append((at, sample.value))

    def series(self, name: str) -> Mapping[Labels, list[Point]]:
        """Those with this name."""
        return self._series.get(name, {})

    def between(self, name: str, after: float, until: float) -> Iterator[tuple[Labels, list[Point]]]:
        """The points of each series with this name after `after` and up to `until`."""
        for labels, points in self.series(name).items():
            first, last = (bisect_right(points, (at, inf)) for at in (after, until))
            yield labels, points[first:last]
