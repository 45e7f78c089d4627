"""How many requests may leave in a second. Pure: the caller brings the time."""

from collections import deque
from typing import Final

_WINDOW: Final = 1.0  # seconds


class Pace:
    """Gives at most so many permissions in any second; all of them at once, where none was taken in the last second.

    A window that slides, not a bucket that fills: after a rest, a bucket for one second would let go twice as many
    in the next one.

    Args:
        rate: permissions a second, at least 1.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._taken: deque[float] = deque(maxlen=rate)

    def delay(self, now: float) -> float:
        """Seconds from `now`, of a clock that never goes back, until there is a permission; 0 where there is one."""
        if len(self._taken) < self._rate:
            return 0.0
        return max(0.0, self._taken[0] + _WINDOW - now)

    def take(self, now: float) -> None:
        """Use one up."""
        self._taken.append(now)

    def give_back(self) -> None:
        """Undo the latest `take`: it was not needed."""
        if self._taken:
            self._taken.pop()
