"""Counts values by their size."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate


class Histogram:
    """Values counted in buckets, as Prometheus takes them: each bucket has an upper bound, which belongs to it.

    Args:
        bounds: the upper bounds, rising; what is above the last one has a bucket, too.
    """

    __slots__ = ("_counts", "bounds", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self.total = 0.0
        """The sum of all values."""
        self._counts = [0] * (len(self.bounds) + 1)

    def observe(self, value: float) -> None:
        """Count a value."""
        self._counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def cumulative(self) -> list[int]:
        """How many values were at most as large as each bound, and then how many there were at all."""
        return list(accumulate(self._counts))
