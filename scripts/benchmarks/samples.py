"""Measured values: what is said of many, and how rivals are timed so that a noisy moment hits all alike."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of measured values, with their 5th and 95th percentile as `low` and `high`."""

    median: float
    low: float
    high: float

    def scaled(self, factor: float) -> "Spread":
        """The same in another unit."""
        return Spread(self.median * factor, self.low * factor, self.high * factor)


def spread(values: Sequence[float] | npt.NDArray[np.float64]) -> Spread:
    """Of at least one value."""
    low, median, high = np.percentile(values, (5, 50, 95)).tolist()
    return Spread(median, low, high)


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds of each call of one rival.

    Args:
        rounds: an array for each round.
        cpu: of each round, the processor time of this process for one call: what a busy machine disturbs least.
    """

    rounds: tuple[npt.NDArray[np.float64], ...]
    cpu: npt.NDArray[np.float64]

    @property
    def calls(self) -> npt.NDArray[np.float64]:
        """Of all rounds."""
        return np.concatenate(self.rounds)

    @property
    def medians(self) -> npt.NDArray[np.float64]:
        """Of each round."""
        return np.array([np.median(one) for one in self.rounds])

    @property
    def fastest(self) -> npt.NDArray[np.float64]:
        """The shortest call of each round: what the machine can do where nothing comes between."""
        return np.array([one.min() for one in self.rounds])


def time_calls(call: Callable[[], Any], slice_s: float) -> npt.NDArray[np.float64]:
    """Seconds of each call, made for `slice_s` seconds and at least twice, after one that is not timed."""
    call()
    taken: list[int] = []
    end = time.perf_counter_ns() + int(slice_s * 1e9)
    while len(taken) < 2 or time.perf_counter_ns() < end:
        started = time.perf_counter_ns()
        call()
        taken.append(time.perf_counter_ns() - started)
    return np.array(taken) / 1e9


def race(rivals: Mapping[str, Callable[[], Any]], rounds: int, slice_s: float) -> dict[str, Times]:
    """Time all rivals in turns.

    In each round each is called for `slice_s` seconds; a round before the first warms up. Who begins changes from round
    to round.
    """
    names = list(rivals)
    wall: dict[str, list[npt.NDArray[np.float64]]] = {name: [] for name in names}
    cpu: dict[str, list[float]] = {name: [] for name in names}
    for number in range(-1, rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            before = time.process_time()
            taken = time_calls(rivals[name], slice_s)
            if number >= 0:
                wall[name].append(taken)
                cpu[name].append((time.process_time() - before) / (len(taken) + 1))
    return {name: Times(tuple(wall[name]), np.array(cpu[name])) for name in names}
