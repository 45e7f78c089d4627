"""One message of ten words, from its text to its answer: the bot's way beside others, all on the same network."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import cycle
from typing import Any, Final

import numpy as np

from model.predictor import Predictor
from model.text import pad
from model.training.runtimes import Indices, Runtime, keras_predict, litert, onnx_runtime, plain_numpy, tf_function
from model.training.twin import build_twin
from model.training.weights import Weights
from scripts.benchmarks.bare import bare_session
from scripts.benchmarks.plan import Plan
from scripts.benchmarks.samples import Spread, race, spread
from scripts.benchmarks.texts import TEN_WORDS

OURS: Final = "the bot's predictor"
BARE: Final = "its ONNX session alone, arrays ready"
KERAS: Final = "keras.Model.predict"
TF_FUNCTION: Final = "tf.function"
XLA: Final = "tf.function, XLA"
LITERT: Final = "LiteRT, a loop"
UNROLLED: Final = "LiteRT, unrolled"
NUMPY: Final = "plain NumPy"


@dataclass(frozen=True, slots=True)
class Rival:
    """How one way of running the network did.

    Args:
        milliseconds: of a message.
        p99: the 99th percentile of the same.
        times_ours: how many times as long as the bot's predictor it takes, round by round.
        cpu_times_ours: the same of the processor time, which a busy machine disturbs less.
        difference: the largest difference of a probability from the bot's, over all messages; None where no
            probabilities come out.
    """

    milliseconds: Spread
    p99: float
    times_ours: Spread
    cpu_times_ours: Spread
    difference: float | None


def measure_one_message(predictor: Predictor, weights: Weights, plan: Plan) -> Mapping[str, Rival]:
    """All rivals by name, slowest first. Those of a fixed length are made for the length of these messages."""
    rows = predictor.encode(TEN_WORDS)
    arrays = [_arrange(predictor, text) for text in TEN_WORDS]
    runtimes = _runtimes(weights, arrays[0].shape[1])
    expected = [onnx_runtime(predictor)(array) for array in arrays]
    differences = {name: _largest_difference(runtime, arrays, expected) for name, runtime in runtimes.items()}

    texts = cycle(TEN_WORDS)
    calls: dict[str, Callable[[], Any]] = {
        name: _answer(predictor, runtime, texts.__next__) for name, runtime in runtimes.items()
    }
    calls[BARE] = bare_session(predictor, [[row] for row in rows])
    calls[OURS] = lambda: predictor.predict(next(texts))
    times = race(calls, plan.rounds, plan.slice_s)
    rivals = {
        name: Rival(
            milliseconds=spread(taken.calls * 1e3),
            p99=float(np.percentile(taken.calls, 99) * 1e3),
            times_ours=spread(taken.medians / times[OURS].medians),
            cpu_times_ours=spread(taken.cpu / times[OURS].cpu),
            difference=differences.get(name),
        )
        for name, taken in times.items()
    }
    return dict(sorted(rivals.items(), key=lambda one: -one[1].milliseconds.median))


def _runtimes(weights: Weights, steps: int) -> dict[str, Runtime]:
    network = build_twin(weights)
    return {
        KERAS: keras_predict(network),
        TF_FUNCTION: tf_function(network, xla=False),
        XLA: tf_function(network, xla=True),
        LITERT: litert(network, steps, unroll=False),
        UNROLLED: litert(network, steps, unroll=True),
        NUMPY: plain_numpy(weights),
    }


def _arrange(predictor: Predictor, text: str) -> Indices:
    """The indices (1, time) of a text, padded only where the network reads the padding."""
    (row,) = predictor.encode([text])
    config = predictor.bundle.config
    return pad([row], config.max_len if config.pads_count else len(row))


def _answer(predictor: Predictor, runtime: Runtime, next_text: Callable[[], str]) -> Callable[[], int]:
    """A call from the text to the number of the likeliest outcome: less than the bot's predictor says."""
    return lambda: int(runtime(_arrange(predictor, next_text()))[0].argmax())


def _largest_difference(runtime: Runtime, arrays: list[Indices], expected: list[tuple[Any, ...]]) -> float:
    return max(
        float(np.abs(given - wanted).max())
        for array, answers in zip(arrays, expected, strict=True)
        for given, wanted in zip(runtime(array), answers, strict=True)
    )
