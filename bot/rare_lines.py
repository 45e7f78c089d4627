"""Log lines of what may happen thousands of times a second: one a minute of each kind, with how often it happened."""

import logging
from collections.abc import Callable
from time import monotonic
from typing import Final

from cachetools import LRUCache

_PAUSE: Final = 60.0
"""Seconds between two lines of a kind."""
_KINDS: Final = 200


class RareLines:
    """Writes the first line of a kind at once, and the next one a minute later at the earliest.

    Args:
        log: to write to.
        clock: seconds that never go back.
    """

    def __init__(self, log: logging.Logger, clock: Callable[[], float] = monotonic) -> None:
        self._log = log
        self._clock = clock
        self._written: LRUCache[str, float] = LRUCache(_KINDS)
        self._left_out: LRUCache[str, int] = LRUCache(_KINDS)

    def log(self, level: int, kind: str, line: str, *values: object) -> None:
        """Write a line, or only count it.

        Args:
            level: of `logging`.
            kind: what happened, whomever it happened to.
            line: as `logging` takes it, with its `values`.
        """
        now = self._clock()
        if now - self._written.get(kind, float("-inf")) < _PAUSE:
            self._left_out[kind] = self._left_out.get(kind, 0) + 1
            return
        self._written[kind] = now
        left_out = self._left_out.pop(kind, 0)
        if left_out:
            line, values = f"{line} (%d more since the last such line)", (*values, left_out)
        self._log.log(level, line, *values)
