"""What the bot itself has counted and logged, read when it has ended."""

import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from bot.counts import Count, skipped

_BY_EMOJI = "emoji."


def counters(database: Path) -> dict[str, int]:
    """The counters of all servers together, those of single emoji left out."""
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT name, SUM(count) FROM counter GROUP BY name ORDER BY name").fetchall()
    return {name: count for name, count in rows if not name.startswith(_BY_EMOJI)}


def accounted_for(counters: Mapping[str, int]) -> int:
    """Messages of which the counters say what became of them."""
    fates = {Count.REACTED, Count.SILENT, *(name for name in counters if name.startswith(skipped("")))}
    return sum(counters.get(fate, 0) for fate in fates)


def complaints(log: Path) -> list[str]:
    """The lines of a log that an operator should never see: errors, and where tracebacks begin."""
    lines = log.read_text("utf-8", errors="replace").splitlines()
    return [line for line in lines if re.search(r"\b(ERROR|CRITICAL)\b|\bTraceback \(", line)]
