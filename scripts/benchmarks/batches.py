"""Messages a second by the size of a batch: the session alone, and the predictor from text to answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from model.predictor import Predictor
from scripts.benchmarks.bare import bare_session
from scripts.benchmarks.plan import Plan
from scripts.benchmarks.samples import Spread, Times, race, spread
from scripts.benchmarks.texts import TEN_WORDS

SIZES: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)


@dataclass(frozen=True, slots=True)
class BatchRate:
    """Messages of ten words a second at one size of batch."""

    session: Spread
    predictor: Spread


def measure_batches(predictor: Predictor, plan: Plan) -> Mapping[int, BatchRate]:
    """The rates by size."""
    calls: dict[str, Callable[[], Any]] = {}
    for size in SIZES:
        texts = [TEN_WORDS[i % len(TEN_WORDS)] for i in range(size)]
        calls[f"session {size}"] = bare_session(predictor, [predictor.encode(texts)])
        calls[f"predictor {size}"] = partial(predictor.predict_batch, texts)
    times = race(calls, plan.fewer_rounds, plan.slice_s / 2)
    return {
        size: BatchRate(_rate(times[f"session {size}"], size), _rate(times[f"predictor {size}"], size))
        for size in SIZES
    }


def _rate(times: Times, size: int) -> Spread:
    return spread(size / times.medians)
