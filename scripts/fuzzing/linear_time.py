"""Finds work that grows faster than its input, by the time that each input takes."""

import time
from collections.abc import Callable, Sequence
from typing import Final

FACTOR: Final = 20.0
"""By how much an input may be slower than the line through what is known to be ordinary."""
FLOOR: Final = 0.005
"""Seconds that any input may take: below them a machine's own hiccups are larger than what is measured."""
_TRIES: Final = 5


class SlowInputError(Exception):
    """An input took far longer than one of its size should. Carries its `size` in bytes and the `seconds`."""

    def __init__(self, size: int, seconds: float, bound: float) -> None:
        super().__init__(f"{size} bytes took {seconds:.4f} s; a line through ordinary inputs allows {bound:.4f} s.")
        self.size = size
        self.seconds = seconds


class LinearTime:
    """Runs inputs and holds each against a straight line over its size.

    Args:
        work: what is to be linear in the size of its argument.
        ordinary: inputs that nobody would call hostile. The line goes through the cheapest run of the empty input and
            the dearest of these when they are repeated to `size` bytes.
        size: of the largest input.
    """

    def __init__(self, work: Callable[[bytes], object], ordinary: Sequence[bytes], size: int) -> None:
        self._work = work
        self.base = self._cheapest(b"")
        full = [(one * (size // len(one) + 1))[:size] for one in ordinary if one]
        self.rate = max(self._cheapest(one) for one in (*full, b"")) / size
        self.slowest = (0.0, 0)

    def __call__(self, content: bytes) -> None:
        """Run one input.

        Raises:
            SlowInputError: it took too long, also when it was tried again.
        """
        seconds = self._seconds(content)
        if seconds > self.bound(len(content)):
            seconds = self._cheapest(content)
            if seconds > self.bound(len(content)):
                raise SlowInputError(len(content), seconds, self.bound(len(content)))
        self.slowest = max(self.slowest, (seconds, len(content)))

    def bound(self, size: int) -> float:
        """Seconds that an input of so many bytes may take."""
        return FLOOR + FACTOR * (self.base + self.rate * size)

    def _cheapest(self, content: bytes) -> float:
        return min(self._seconds(content) for _ in range(_TRIES))

    def _seconds(self, content: bytes) -> float:
        started = time.thread_time()  # of this thread: company on the machine does not count
        self._work(content)
        return time.thread_time() - started
