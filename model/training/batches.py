"""Mini-batches of rows of like length, so that little of a batch is padding."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

_RUN: Final = 50
"""Batches are cut from runs of this many batches sorted by length."""


def batches(
    rows: Sequence[Sequence[Any]], size: int, rng: np.random.Generator, *, by_length: bool = True
) -> Iterator[npt.NDArray[np.intp]]:
    """The indices of the rows of each batch, in random order; all rows once, the last batch may be smaller."""
    order = rng.permutation(len(rows))
    if by_length:
        lengths = np.array([len(row) for row in rows])
        runs = [order[i : i + size * _RUN] for i in range(0, len(order), size * _RUN)]
        order = np.concatenate([run[np.argsort(lengths[run], kind="stable")] for run in runs])
    starts = np.arange(0, len(order), size)
    if by_length:
        rng.shuffle(starts)
    for start in starts:
        yield order[start : start + size]
