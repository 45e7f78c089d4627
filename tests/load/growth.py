"""How much a measure has grown while it was watched, past the noise of single readings."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Growth:
    """Of a measure, in its own unit.

    Args:
        trend: the slope of the least-squares line through the readings, times the time that they span.
        step: the median of the last fifth of the readings, less that of the first fifth.
    """

    trend: float
    step: float


def growth(seconds: Sequence[float], readings: Sequence[float]) -> Growth:
    """The growth of `readings`, taken at `seconds`.

    Raises:
        ValueError: fewer than five readings.
    """
    if len(readings) < 5:
        raise ValueError(f"{len(readings)} readings are too few to see growth in")
    at, values = np.array(seconds), np.array(readings)
    slope = np.polyfit(at - at[0], values, 1)[0]
    fifth = len(values) // 5
    return Growth(float(slope * (at[-1] - at[0])), float(np.median(values[-fifth:]) - np.median(values[:fifth])))
