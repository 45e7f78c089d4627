"""The memory of the process, as the system sees it."""

import ctypes
import sys
from collections.abc import Callable
from typing import Any, Final

_ARENA_MAX: Final = -8
"""Of glibc's malloc.h."""
_ARENAS: Final = 2


def share_memory_between_threads() -> None:
    """Let all threads take memory from two heaps, where the C library can be asked to (glibc). Call before they start.

    As it is, each thread gets one of its own, and none uses what another has freed. The bot's threads are seldom busy
    at once: two predict, one has the database, and a few draw charts and look up names.
    """
    limit = _c_function("mallopt")
    if limit is not None:
        limit(_ARENA_MAX, _ARENAS)


def give_back_memory() -> None:
    """Give what was freed back to the system, where the C library can be asked to (glibc). Takes some milliseconds.

    What a thread has freed stays with that thread otherwise, some 20 MB after a model was loaded in it.
    """
    trim = _c_function("malloc_trim")
    if trim is not None:
        trim(0)


def _c_function(name: str) -> Callable[..., Any] | None:
    """A function of glibc; None elsewhere."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
