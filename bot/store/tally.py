"""Counts that wait in memory for the next write."""

from collections.abc import Mapping
from datetime import date
from typing import Final

MOST_COUNTS: Final = 10_000
"""Different counters that may wait at once."""

Key = tuple[int, date, str]
"""Server, day in UTC, name."""


class Tally:
    """Adds up counts in two parts: those that wait, and those that are being written."""

    def __init__(self, most: int = MOST_COUNTS) -> None:
        self._most = most
        self._waiting: dict[Key, int] = {}
        self._leaving: dict[Key, int] = {}
        self._dropped = 0

    @property
    def full(self) -> bool:
        """Whether there is no room for another counter."""
        return len(self._waiting) + len(self._leaving) >= self._most

    @property
    def total(self) -> int:
        """How many counts are not safe yet."""
        return sum(self._waiting.values()) + sum(self._leaving.values())

    def add(self, key: Key, n: int) -> None:
        """Add `n`, or drop it where there is no room."""
        if key in self._waiting:
            self._waiting[key] += n
        elif self.full:
            self._dropped += n
        else:
            self._waiting[key] = n

    def take(self) -> Mapping[Key, int]:
        """Everything that waits, for writing; `written` or `give_back` must follow before the next time."""
        self._leaving, self._waiting = self._waiting, {}
        return self._leaving

    def written(self) -> None:
        """What was taken is safe."""
        self._leaving = {}

    def give_back(self) -> None:
        """What was taken could not be written: it waits again."""
        for key, n in self._leaving.items():
            self._waiting[key] = self._waiting.get(key, 0) + n
        self._leaving = {}

    def forget(self, guild_id: int) -> None:
        """Drop what waits of a server."""
        self._waiting = {key: n for key, n in self._waiting.items() if key[0] != guild_id}

    def take_dropped(self) -> int:
        """How many counts were dropped since the last time."""
        dropped, self._dropped = self._dropped, 0
        return dropped
