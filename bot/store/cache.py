"""A bounded memory of what was read, that answers at once and refreshes itself in the background."""

import asyncio
import contextlib
import logging
import math
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from time import monotonic
from typing import Final, Generic, TypeVar

from bot.store.database import StoreError

log = logging.getLogger(__name__)

READS_AT_ONCE: Final = 8
RETRY_AFTER: Final = 5.0
"""Seconds after a failed read in which a peek does not start another one of the same key."""

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(slots=True)
class _Entry(Generic[V]):
    """`value` is None where only failures are known. The others are seconds of the cache's clock."""

    value: V | None = None
    refresh_at: float = -math.inf
    fresh_until: float = -math.inf
    retry_at: float = -math.inf


@dataclass(slots=True)
class _Read(Generic[V]):
    task: asyncio.Task[V]
    outdated: bool = False  # the value was written while it was read


class Cache(Generic[K, V]):
    """Remembers the latest values by key; forgets those that nobody asked for longest.

    Args:
        read: gets the value of a key, or raises `StoreError`.
        seconds: for how long a value counts as fresh.
        size: keys remembered.
        ticks: seconds that never go back.
    """

    def __init__(
        self, read: Callable[[K], Awaitable[V]], *, seconds: float, size: int, ticks: Callable[[], float] = monotonic
    ) -> None:
        self._read = read
        self._seconds = seconds
        self._size = size
        self._ticks = ticks
        self._entries: OrderedDict[K, _Entry[V]] = OrderedDict()
        self._reads: dict[K, _Read[V]] = {}
        self._gate = asyncio.Semaphore(READS_AT_ONCE)
        self._failing = False
        self._closed = False

    def __len__(self) -> int:
        """Keys remembered."""
        return len(self._entries)

    @property
    def reading(self) -> int:
        """Reads under way."""
        return len(self._reads)

    def peek(self, key: K) -> V | None:
        """What is known, at once, or None. Where it is missing or not fresh for long, it is read for later peeks."""
        entry = self._entries.get(key)
        if entry is None:
            due = True
        else:
            self._entries.move_to_end(key)
            due = self._ticks() >= max(entry.refresh_at, entry.retry_at)
        if due and not self._closed and len(self._reads) < READS_AT_ONCE:
            self._start(key)
        return None if entry is None else entry.value

    def fresh(self, key: K) -> V | None:
        """What `peek` knows, at once, where it is fresh; else None."""
        value = self.peek(key)
        entry = self._entries.get(key)
        return value if entry is not None and self._ticks() < entry.fresh_until else None

    async def current(self, key: K) -> V | None:
        """What `peek` knows while it is fresh; else what the read under way finds, or what `peek` knows if it fails."""
        value = self.peek(key)
        entry = self._entries.get(key) or _Entry[V]()
        now = self._ticks()
        if now < entry.fresh_until:
            return value
        if now >= entry.retry_at and not self._closed:
            self._start(key)  # even where many are under way: a peek would not
        if key in self._reads:
            with contextlib.suppress(Exception):  # _finished logs it
                value = await asyncio.shield(self._reads[key].task)
        return value

    async def load(self, key: K) -> V:
        """What is known where it is fresh, else what is read now.

        Raises:
            StoreError: it could not be read, or the cache is closed.
        """
        if self._closed:
            raise StoreError("The store is closed.")
        entry = self._entries.get(key)
        if entry is not None and entry.value is not None and self._ticks() < entry.fresh_until:
            self._entries.move_to_end(key)
            return entry.value
        return await asyncio.shield(self._start(key))

    def put(self, key: K, value: V) -> None:
        """Remember what was just written or read."""
        self._outdate(key)
        self._keep(key, value, self._ticks())

    def update(self, key: K, change: Callable[[V], V]) -> None:
        """Change what is known, if it is; its freshness stays."""
        self._outdate(key)
        entry = self._entries.get(key)
        if entry is not None and entry.value is not None:
            entry.value = change(entry.value)

    async def close(self) -> None:
        """Give up the reads that have not begun, and wait for the others. May be called twice."""
        self._closed = True
        if self._reads:
            await asyncio.wait([read.task for read in self._reads.values()])

    def _start(self, key: K) -> asyncio.Task[V]:
        """The read of `key` that is under way, or a new one."""
        if key not in self._reads:
            task = asyncio.create_task(self._run(key), name=f"read {key}")
            task.add_done_callback(self._finished)
            self._reads[key] = _Read(task)
        return self._reads[key].task

    async def _run(self, key: K) -> V:
        try:
            async with self._gate:
                if self._closed:
                    raise StoreError("The store is closed.")
                while True:
                    began = self._ticks()
                    self._reads[key].outdated = False
                    value = await self._read(key)
                    if not self._reads[key].outdated:
                        break
        except Exception:
            self._keep_failure(key)
            raise
        finally:
            del self._reads[key]
        self._keep(key, value, began)
        return value

    def _finished(self, task: asyncio.Task[V]) -> None:
        """Log the first failure of an outage, and its end. Those who wait for the read hear of it themselves."""
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            if self._failing:
                log.info("reading works again")
            self._failing = False
        elif not isinstance(error, StoreError):
            log.error("reading failed", exc_info=error)
        elif not self._failing and not self._closed:
            log.warning("reading failed, what is known stays in use: %s", error)
            self._failing = True

    def _outdate(self, key: K) -> None:
        if key in self._reads:
            self._reads[key].outdated = True

    def _keep(self, key: K, value: V, began: float) -> None:
        # Who is asked for often is read anew in half the time, and so nobody waits for it.
        self._remember(key, _Entry(value, began + self._seconds / 2, began + self._seconds))

    def _keep_failure(self, key: K) -> None:
        entry = self._entries.get(key) or _Entry[V]()
        entry.retry_at = self._ticks() + min(self._seconds, RETRY_AFTER)
        self._remember(key, entry)

    def _remember(self, key: K, entry: _Entry[V]) -> None:
        self._entries[key] = entry
        self._entries.move_to_end(key)
        while len(self._entries) > self._size:
            self._entries.popitem(last=False)
