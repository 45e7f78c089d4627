"""SIGINT and SIGTERM as an event of the running loop."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def stop_signals() -> Iterator[asyncio.Event]:
    """Within the context, the first SIGINT or SIGTERM sets the event instead of ending the process.

    Where asyncio has no signal handlers (Windows), Ctrl+C keeps raising KeyboardInterrupt.
    """
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    handled = []
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stopped.set)
        except NotImplementedError:
            break
        handled.append(number)
    try:
        yield stopped
    finally:
        for number in handled:
            loop.remove_signal_handler(number)
