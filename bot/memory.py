"""The memory of the process, as the system sees it."""

import ctypes
import sys


def give_back_memory() -> None:
    """Give what was freed back to the system, where the C library can be asked to (glibc). Takes some milliseconds.

    What a thread has freed stays with that thread otherwise, some 20 MB after a model was loaded in it.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
        if trim is not None:
            trim(0)
