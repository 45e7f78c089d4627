"""What discord.py's log says of faults that pass by themselves, and of those that do not."""

import logging

import aiohttp
import pytest

from bot.discord_log import shorten_discord_log


def _logged(caplog: pytest.LogCaptureFixture, error: Exception) -> logging.LogRecord:
    shorten_discord_log()
    shorten_discord_log()
    logging.getLogger("discord.shard").error("Attempting a reconnect in %.2fs", 1.5, exc_info=error)
    [record] = caplog.records
    return record


def test_a_lost_connection_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    record = _logged(caplog, aiohttp.ClientOSError(104, "Connection\nreset"))
    assert record.getMessage() == "Attempting a reconnect in 1.50s: ClientOSError [Errno 104] Connection reset"
    assert record.levelno == logging.WARNING
    assert record.exc_info is None


def test_an_error_without_words_is_named(caplog: pytest.LogCaptureFixture) -> None:
    assert _logged(caplog, TimeoutError()).getMessage() == "Attempting a reconnect in 1.50s: TimeoutError"


def test_a_bug_keeps_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    record = _logged(caplog, KeyError("channel"))
    assert record.levelno == logging.ERROR
    assert record.exc_info is not None
