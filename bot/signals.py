"""Signals as events of the running loop. Where asyncio has no signal handlers (Windows), no event is ever set."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def stop_signals() -> Iterator[asyncio.Event]:
    """Within the context, the first SIGINT or SIGTERM sets the event instead of ending the process.

    A second one ends it at once: from the first on, the signals do what they do to a program without handlers. On
    Windows, Ctrl+C keeps raising KeyboardInterrupt.
    """
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    handled: list[signal.Signals] = []

    def stop() -> None:
        stopped.set()
        while handled:
            number = handled.pop()
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)  # asyncio would have Ctrl+C raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop)
        except NotImplementedError:
            break
        handled.append(number)
    try:
        yield stopped
    finally:
        for number in handled:
            loop.remove_signal_handler(number)


@contextmanager
def hangup_signals(stopped: asyncio.Event) -> Iterator[asyncio.Event]:
    """Within the context, SIGHUP sets the event.

    But where the process had a terminal and that is gone, which SIGHUP tells, too, it sets `stopped`: else the bot
    would live on unseen after its window was closed. Not so under nohup, which asks for just that.
    """
    loop = asyncio.get_running_loop()
    asked = asyncio.Event()
    hangup = getattr(signal, "SIGHUP", None)
    if hangup is None:
        yield asked
        return
    stays = signal.getsignal(hangup) is signal.SIG_IGN or not _has_terminal()
    loop.add_signal_handler(hangup, lambda: (asked if stays or _has_terminal() else stopped).set())
    try:
        yield asked
    finally:
        loop.remove_signal_handler(hangup)


def _has_terminal() -> bool:
    try:
        with Path("/dev/tty").open("rb", buffering=0):
            return True
    except OSError:
        return False
