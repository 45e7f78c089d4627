"""The async service under many callers at once, beside the bare session at batch 32."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from model.predictor import Predictor
from model.service import PredictionService
from scripts.benchmarks.bare import bare_session
from scripts.benchmarks.plan import Plan
from scripts.benchmarks.samples import Spread, spread, time_calls
from scripts.benchmarks.texts import TEN_WORDS

CALLERS: Final = (1, 10, 100, 1000)
BATCH: Final = 32


@dataclass(frozen=True, slots=True)
class ServiceRate:
    """What a number of callers get who each wait for an answer before they ask again.

    Args:
        messages_per_s: answered, all callers together.
        share: of the messages a second that the bare session does in batches of 32, round by round.
        wait_ms: of one caller for one answer.
    """

    messages_per_s: Spread
    share: Spread
    wait_ms: Spread


def measure_callers(predictor: Predictor, plan: Plan) -> Mapping[int, ServiceRate]:
    """The rates by the number of callers."""
    bare = bare_session(predictor, [predictor.encode([TEN_WORDS[i % len(TEN_WORDS)] for i in range(BATCH)])])
    rates: dict[int, list[float]] = {callers: [] for callers in CALLERS}
    waits: dict[int, list[float]] = {callers: [] for callers in CALLERS}
    bares: list[float] = []
    with asyncio.Runner() as runner:
        service = PredictionService(predictor)
        for number in range(-1, plan.fewer_rounds):  # the first to warm up
            bare_rate = BATCH / float(np.median(time_calls(bare, 2 * plan.slice_s)))
            for callers in CALLERS:
                rate, taken = runner.run(_serve(service, callers, 2 * plan.slice_s))
                if number >= 0:
                    rates[callers].append(rate)
                    waits[callers] += taken
            if number >= 0:
                bares.append(bare_rate)
        runner.run(service.close())
    return {
        callers: ServiceRate(
            messages_per_s=spread(rates[callers]),
            share=spread(np.array(rates[callers]) / np.array(bares)),
            wait_ms=spread(waits[callers]),
        )
        for callers in CALLERS
    }


async def _serve(service: PredictionService, callers: int, seconds: float) -> tuple[float, list[float]]:
    """Messages a second, and milliseconds of each."""
    waits: list[float] = []
    started = time.perf_counter()

    async def caller(number: int) -> None:
        asked = time.perf_counter()
        while asked - started < seconds:
            await service.predict(TEN_WORDS[number % len(TEN_WORDS)])
            answered = time.perf_counter()
            waits.append((answered - asked) * 1e3)
            asked = answered

    await asyncio.gather(*map(caller, range(callers)))
    return len(waits) / (time.perf_counter() - started), waits
