"""How soon a message gets its reaction, through the real client and a server in the place of Discord."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scripts.benchmarks.plan import Plan
from scripts.benchmarks.samples import Spread, spread


@dataclass(frozen=True, slots=True)
class ReactionTimes:
    """Milliseconds from the sending of a message to the request for its reaction, one message at a time."""

    milliseconds: Spread
    p99: float


def measure_reactions(model: Path, plan: Plan) -> ReactionTimes | None:
    """The times of `plan.messages` messages; None outside a checkout, whose tests bring the server."""
    try:
        from tests.load.latency import measure
    except ModuleNotFoundError:
        return None
    taken = measure(plan.messages, model=model.resolve())
    return ReactionTimes(spread(taken), float(np.percentile(taken, 99)))
