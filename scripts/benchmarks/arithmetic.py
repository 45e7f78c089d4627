"""How much of what this machine can multiply the LSTM layers get."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from model.predictor import Predictor
from model.training.network import NetworkConfig
from model.training.weights import Weights
from scripts.benchmarks.bare import bare_session
from scripts.benchmarks.plan import Plan
from scripts.benchmarks.samples import Spread, Times, race, spread
from scripts.benchmarks.texts import TEN_WORDS

BATCHES: Final = (1, 64)
_LARGE: Final = 512


@dataclass(frozen=True, slots=True)
class MultiplyRate:
    """At one size of batch, on one thread.

    Args:
        gflops: what the two LSTM layers need, over the time of the whole session: 1e9 operations a second.
        same_shape_gflops: NumPy's rate for the states of such a batch by the recurrent matrix; at batch 1 a vector.
        of_large: share of NumPy's rate on large square matrices, round by round.
        of_same_shape: share of `same_shape_gflops`, round by round.
    """

    gflops: Spread
    same_shape_gflops: Spread
    of_large: Spread
    of_same_shape: Spread


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`large_gflops` of NumPy on large square matrices, and the LSTM by the size of its batch."""

    large_gflops: Spread
    lstm: Mapping[int, MultiplyRate]


def measure_arithmetic(predictor: Predictor, weights: Weights, plan: Plan) -> Arithmetic:
    """Rates in float32. BLAS is expected to be held to one thread already."""
    rng = np.random.default_rng(0)
    large = rng.normal(size=(_LARGE, _LARGE)).astype(np.float32)
    recurrent = weights.lstm_2[0].recurrent
    rows = predictor.encode(TEN_WORDS)
    steps = predictor.bundle.config.max_len if predictor.bundle.config.pads_count else len(rows[0])

    calls: dict[str, Callable[[], Any]] = {"large": lambda: large @ large}
    for batch in BATCHES:
        states = rng.normal(size=(batch, len(recurrent))).astype(np.float32)
        calls[f"same {batch}"] = _multiply(states[0] if batch == 1 else states, recurrent)
        calls[f"lstm {batch}"] = bare_session(predictor, [[rows[i % len(rows)] for i in range(batch)]])
    times = race(calls, plan.rounds, plan.slice_s / 2)

    large_rate = _gflops(times["large"], 2 * _LARGE**3)
    lstm = {}
    for batch in BATCHES:
        rate = _gflops(times[f"lstm {batch}"], batch * steps * flops_a_step(weights.config, weights.embedding.shape[1]))
        same = _gflops(times[f"same {batch}"], 2 * batch * recurrent.size)
        lstm[batch] = MultiplyRate(spread(rate), spread(same), spread(rate / large_rate), spread(rate / same))
    return Arithmetic(spread(large_rate), lstm)


def flops_a_step(config: NetworkConfig, dimensions: int) -> int:
    """Multiplications and additions of both LSTM layers' matrices for one token whose embedding has `dimensions`."""
    directions = 2 if config.bidirectional else 1
    gates = 4 * config.units
    first = directions * gates * (dimensions + config.units)
    second = gates * (directions * config.units + config.units)
    return 2 * (first + second)


def _multiply(states: Any, matrix: Any) -> Callable[[], Any]:
    return lambda: states @ matrix


def _gflops(times: Times, flops: int) -> Any:
    """Of each round, in its fastest call: a large multiplication is long enough to be interrupted often."""
    return flops / times.fastest / 1e9
