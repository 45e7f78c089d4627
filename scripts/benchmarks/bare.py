"""The ONNX session alone, its arrays ready: what everything around it is measured against."""

from collections.abc import Callable, Sequence
from itertools import cycle
from typing import Any

from model.predictor import Predictor


def bare_session(predictor: Predictor, batches: Sequence[Sequence[Sequence[int]]]) -> Callable[[], Any]:
    """A call that runs the session on one batch of encoded rows, on the next one each time."""
    feeds = cycle([predictor.inputs(rows) for rows in batches])
    session = predictor.session
    outputs = [node.name for node in session.get_outputs()]
    return lambda: session.run(outputs, next(feeds))
