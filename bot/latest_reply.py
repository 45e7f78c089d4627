"""When Discord last replied to the running task.

discord.py keeps a reply back until the limit of its route has room again, for a reaction about 250 ms. So whoever
wants to know when something was done cannot ask when the request returned.
"""

from contextvars import ContextVar
from time import perf_counter

_replied_at: ContextVar[float | None] = ContextVar("replied_at", default=None)


def note_reply() -> None:
    """A reply has come just now, to a request of the running task."""
    _replied_at.set(perf_counter())


def seconds_since_reply() -> float:
    """Seconds since the latest one; 0 where replies are not watched."""
    replied_at = _replied_at.get()
    return 0.0 if replied_at is None else perf_counter() - replied_at
