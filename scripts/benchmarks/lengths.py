"""One message by its length: ordinary prose, and text that is made to keep the tokeniser busy."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from model.predictor import Predictor
from scripts.benchmarks.plan import Plan
from scripts.benchmarks.samples import Spread, race, spread
from scripts.benchmarks.texts import hardest, prose

LENGTHS: Final = (1, 10, 30, 100, 300, 1000, 2000, 4000)
"""Characters. Discord lets members write 2,000, or 4,000 with Nitro."""

_PROSE: Final = "prose"


@dataclass(frozen=True, slots=True)
class LengthTimes:
    """Milliseconds from text to answer at one length: of prose, and of the slowest of the hard texts, with its name."""

    prose: Spread
    hardest: Spread
    made_of: str


def measure_lengths(predictor: Predictor, plan: Plan) -> Mapping[int, LengthTimes]:
    """The times by length in characters."""
    result = {}
    for length in LENGTHS:
        calls: dict[str, Callable[[], Any]] = {_PROSE: partial(predictor.predict, prose(length))}
        calls |= {name: partial(predictor.predict, text) for name, text in hardest(length).items()}
        times = race(calls, plan.fewer_rounds, plan.slice_s / 4)
        spreads = {name: spread(taken.calls * 1e3) for name, taken in times.items()}
        usual = spreads.pop(_PROSE)
        name = max(spreads, key=lambda one: spreads[one].median)
        result[length] = LengthTimes(usual, spreads[name], name)
    return result
