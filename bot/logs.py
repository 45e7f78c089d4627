"""How log records are written: as lines for people, or as JSON for programs."""

import copy
import json
import logging
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from math import isfinite
from typing import Any, Final

import discord

from bot.discord_log import shorten_discord_log
from bot.settings import JSON_FORMAT

log = logging.getLogger(__name__)

_IDS: Final = frozenset({"guild", "channel", "message", "member", "user", "interaction"})
"""Names of ids in messages. As fields they end with `_id`, and are strings: JavaScript rounds numbers so large."""
_INEXACT: Final = 2**53
_OWN: Final = ("time", "level", "logger", "message", "exception", "stack")
"""Fields of every record, which no pair of a message may replace."""
_PLACEHOLDER: Final = re.compile(r"%(?:%|[-#0 +]*\d*(?:\.\d+)?[a-zA-Z])")
_KEY: Final = re.compile(r"(?:^|[\s,;(])(\w+)=$")

# Control characters (C0, DEL, C1), the line breaks of Unicode, what turns the direction of writing, and surrogates,
# which no stream can encode.
_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def set_up_logging(level: str, log_format: str) -> None:
    """Log to standard error, from `level` on.

    Args:
        level: of the bot's own records; those of libraries start at INFO.
        log_format: one of `settings.LOG_FORMATS`.
    """
    wanted: int = getattr(logging, level)
    # At DEBUG, discord.py logs whole gateway events, message text included, and aiosqlite the ids of members.
    discord.utils.setup_logging(level=max(logging.INFO, wanted), root=True)
    shorten_discord_log()
    for ours in ("bot", "model"):
        logging.getLogger(ours).setLevel(wanted)
    handler = logging.getLogger().handlers[-1]
    handler.setFormatter(
        JsonLines() if log_format == JSON_FORMAT else OneLine(handler.formatter or logging.Formatter())
    )


def last_words(sentence: str) -> None:
    """Tell the operator why the process ends: as a record where programs read the log, else as the plain sentence."""
    if any(isinstance(handler.formatter, JsonLines) for handler in logging.getLogger().handlers):
        log.critical("%s", sentence)
    else:
        sys.stderr.write(f"{sentence}\n")


class OneLine(logging.Formatter):
    """Writes a record as `inner` does, but on one line whatever is in its values.

    A traceback stays below it, indented, so that no line of it can pass for a record.
    """

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        """The line, and the traceback if there is one."""
        line = copy.copy(record)
        line.msg, line.args = printable(record.getMessage()), None
        line.exc_info = line.exc_text = line.stack_info = None
        text = self._inner.format(line)
        for below in (_traceback(record), record.stack_info):
            if below:
                text += "\n    " + "\n    ".join(map(printable, below.split("\n")))
        return text


class JsonLines(logging.Formatter):
    """Writes a record as one JSON object on one line.

    Fields: `time` (ISO 8601, UTC), `level`, `logger`, `message`, `exception` where there was one, and each `name=value`
    of the message. These are taken from the arguments of the log call, never read out of the finished text, so no
    value can pass for a field.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        fields: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "exception": _traceback(record),
            "stack": record.stack_info,
        }
        fields = {name: value for name, value in fields.items() if value is not None}
        return json.dumps(fields | dict(_fields(record)))


def printable(text: str) -> str:
    """`text` with escapes in place of what could break a line, colour a terminal or turn the writing around."""
    return _UNPRINTABLE.sub(lambda found: repr(found.group())[1:-1], text)


def _traceback(record: logging.LogRecord) -> str | None:
    return logging.Formatter().formatException(record.exc_info) if record.exc_info else None


def _fields(record: logging.LogRecord) -> Iterator[tuple[str, Any]]:
    """The `name=value` pairs of a record's message."""
    for name, value in _pairs(record):
        if name in _IDS and isinstance(value, int):
            yield f"{name}_id", str(value)
        elif name not in _OWN:
            yield name, value if _is_exact(value) else str(value)


def _is_exact(value: object) -> bool:
    """Whether JSON readers take the value for what it is."""
    if isinstance(value, float):
        return isfinite(value)
    return value is None or (isinstance(value, int) and abs(value) < _INEXACT)


def _pairs(record: logging.LogRecord) -> Iterator[tuple[str, Any]]:
    """Names and values: of `guild=%d` the argument, and of `%s=%s` the first argument for a name."""
    if not isinstance(record.msg, str) or not isinstance(record.args, tuple):
        return
    places = [place for place in _PLACEHOLDER.finditer(record.msg) if place.group() != "%%"]
    if len(places) != len(record.args):
        return
    end, before = 0, ""
    for place, value in zip(places, record.args, strict=True):
        text = record.msg[end : place.start()]
        key = _KEY.search(text)
        if key:
            yield key.group(1), value
        elif text == "=" and before.isidentifier():
            yield before, value
        end, before = place.end(), str(value)
