"""Measures by how much the event loop is late."""

import asyncio
from typing import Final

from bot.histogram import Histogram

INTERVAL: Final = 0.1
_MOST: Final = 1000
"""Values from one measurement, even where the process stood still for long."""


async def measure_loop_lag(lags: Histogram, interval: float = INTERVAL) -> None:
    """Measure for ever: sleep for `interval` seconds and see how much longer it took.

    While the loop is blocked nothing is measured, and one long block would look like one late measurement among many.
    So those that should have been made meanwhile are added, each later by one interval and so late by one less: the
    correction for coordinated omission of HdrHistogram (Gil Tene, `recordValueWithExpectedInterval`).
    """
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + interval
        await asyncio.sleep(interval)
        lag = max(0.0, loop.time() - due)
        lags.observe(lag)
        for missed in range(1, min(_MOST, int(lag / interval) + 1)):
            lags.observe(lag - missed * interval)
