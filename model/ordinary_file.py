"""Reads a file from a folder that somebody else may have filled."""

import os
import stat
from pathlib import Path
from typing import Final

_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


class UnusableFileError(ValueError):
    """It is not read. The message is a clause, such as "it is no ordinary file"."""


def read_ordinary(path: Path, most: int) -> bytes:
    """The content of a file of at most `most` bytes.

    A link is followed, as container platforms mount files by links. Nothing but an ordinary file is opened: a pipe
    would never end, and some devices act when they are opened. What is put there between the look and the opening is
    looked at again, and a pipe that came so does not hold anybody up.

    Raises:
        UnusableFileError: it is a device, a pipe, a folder or the like, or too large.
        OSError: it is missing or unreadable.
    """
    _check(path.stat(), most)
    descriptor = os.open(path, _FLAGS)
    with os.fdopen(descriptor, "rb") as file:
        _check(os.fstat(descriptor), most)
        content = file.read(most + 1)
    if len(content) > most:  # it grew while it was read
        raise UnusableFileError(f"it has more than {most:,} bytes")
    return content


def _check(found: os.stat_result, most: int) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise UnusableFileError("it is no ordinary file")
    if found.st_size > most:
        raise UnusableFileError(f"it has {found.st_size:,} bytes, and at most {most:,} are read")
