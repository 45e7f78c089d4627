"""The ONNX session alone, its arrays ready: what everything around it is measured against."""

from collections.abc import Callable, Sequence
from itertools import cycle
from typing import Any

import numpy as np

from model.predictor import Predictor
from model.text import pad


def bare_session(predictor: Predictor, batches: Sequence[Sequence[Sequence[int]]]) -> Callable[[], Any]:
    """A call that runs the session on one batch of encoded rows, on the next one each time."""
    feeds = cycle([_feed(predictor, rows) for rows in batches])
    session = predictor.session
    outputs = [node.name for node in session.get_outputs()]
    return lambda: session.run(outputs, next(feeds))


def _feed(predictor: Predictor, rows: Sequence[Sequence[int]]) -> dict[str, Any]:
    config = predictor.bundle.config
    width = config.max_len if config.pads_count else max(map(len, rows))
    lengths = [width if config.pads_count else len(row) for row in rows]
    return {"indices": pad(rows, width), "lengths": np.array(lengths, np.int32)}
