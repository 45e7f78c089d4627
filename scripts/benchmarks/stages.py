"""Where the time of one message of ten words goes."""

from collections.abc import Mapping
from itertools import cycle
from typing import Final

from model.predictor import Predictor
from scripts.benchmarks.bare import bare_session
from scripts.benchmarks.plan import Plan
from scripts.benchmarks.samples import Spread, race, spread
from scripts.benchmarks.texts import TEN_WORDS

_ALL: Final = "text to answer"


def measure_stages(predictor: Predictor, plan: Plan) -> Mapping[str, Spread]:
    """Microseconds of each stage and of all together.

    `encode`, `run`, `predict` and the bare session are timed; what lies between is their difference, round by round.
    """
    texts, rows = cycle(TEN_WORDS), predictor.encode(TEN_WORDS)
    batches = cycle([[row] for row in rows])
    times = race(
        {
            "encode": lambda: predictor.encode([next(texts)]),
            "session": bare_session(predictor, [[row] for row in rows]),
            "run": lambda: predictor.run(next(batches)),
            "predict": lambda: predictor.predict(next(texts)),
        },
        plan.rounds,
        plan.slice_s / 2,
    )
    encode, session, run, predict = (times[name].medians * 1e6 for name in ("encode", "session", "run", "predict"))
    return {
        "tokeniser": spread(encode),
        "embedding and padding": spread(run - session),
        "ONNX session, calibration": spread(session),
        "answer": spread(predict - encode - run),
        _ALL: spread(predict),
    }
