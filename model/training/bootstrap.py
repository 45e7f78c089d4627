"""Intervals of a figure by resampling its rows.

The percentile bootstrap: Efron and Tibshirani (1993), "An Introduction to the Bootstrap", chapter 13. A resample draws
as many rows as there are, with replacement, which is the same as weighing each row by how often it was drawn. So all
resamples of a sum of rows are one product of matrices.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import isnan
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]

RESAMPLES: Final = 2_000
LEVEL: Final = 0.95
"""Share of the resamples whose figure lies within the interval."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure of some rows and its 95% interval; all three are None for a share of nothing."""

    value: float | None
    low: float | None = None
    high: float | None = None


def draw_resamples(rows: int, seed: int, resamples: int = RESAMPLES) -> Floats:
    """How often each row stands in each resample: float32 (resamples, rows), each line summing to `rows`."""
    if not rows:
        return np.zeros((resamples, 0), dtype=np.float32)
    drawn = np.random.default_rng(seed).multinomial(rows, np.full(rows, 1 / rows), size=resamples)
    return drawn.astype(np.float32)


def estimate(columns: Floats, statistic: Callable[[Floats], Floats], resamples: Floats) -> Estimate:
    """A figure that is made of sums over rows, with its interval.

    Args:
        columns: (rows, columns), what is summed.
        statistic: from sums (..., columns) to the figure (...); NaN where it is a share of nothing.
        resamples: as `draw_resamples` makes them for so many rows. Those whose figure is NaN do not count.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        value = float(statistic(columns.sum(axis=0, dtype=np.float64)))
        if isnan(value):
            return Estimate(None)
        drawn = statistic((resamples @ columns.astype(np.float32)).astype(np.float64))
    low, high = np.nanquantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(value, float(low), float(high))


def estimate_share(part: npt.NDArray[Any], whole: npt.NDArray[Any] | None = None, *, resamples: Floats) -> Estimate:
    """The share that the rows of `part` have of those of `whole` (all rows by default), with its interval.

    Args:
        part: (rows,), booleans or numbers from 0 to 1; none outside `whole`.
        whole: (rows,), booleans.
        resamples: as in `estimate`.
    """
    columns = np.column_stack([part, np.ones(len(part)) if whole is None else whole]).astype(np.float64)
    return estimate(columns, lambda sums: np.asarray(sums[..., 0] / sums[..., 1]), resamples)
