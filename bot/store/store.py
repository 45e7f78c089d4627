"""The store: what the rest of the bot asks and tells, with a memory in front of the database."""

import asyncio
import logging
from collections import Counter as TotalCounts
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from time import monotonic
from types import TracebackType
from typing import Final, Self
from weakref import WeakValueDictionary

from bot.guild_settings import Counter, GuildSettings, GuildState, Known, check_name
from bot.store import rows
from bot.store.cache import Cache
from bot.store.database import Database, StoreError
from bot.store.rows import Answers, TasteKey
from bot.store.tables import EVERYWHERE
from bot.store.tally import Tally
from bot.taste import HALF_LIFE, Taste
from bot.vitals import StoreVitals

log = logging.getLogger(__name__)

_MOST_COUNTED: Final = 2**31
"""How much one call may count: far below what a column holds, so that no sum spoils a whole batch."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _with_taste(state: GuildState, label: str, taste: Taste) -> GuildState:
    return replace(state, taste={**state.taste, label: taste})


class Store:
    """Settings, opt-outs, tastes and counters of all servers. Made by `open`; as a context manager it closes itself.

    Several processes may use one database. What is as old as `cache_seconds` is read again when it is next asked for,
    and so each sees what the others wrote.
    """

    def __init__(
        self,
        database: Database,
        *,
        cache_seconds: float,
        cache_size: int,
        flush_seconds: float,
        clock: Callable[[], datetime],
        ticks: Callable[[], float],
    ) -> None:
        self._database = database
        self._flush_seconds = flush_seconds
        self._clock = clock
        self._guilds: Cache[int, GuildState] = Cache(
            self._read_state, seconds=cache_seconds, size=cache_size, ticks=ticks
        )
        self._everywhere: Cache[int, frozenset[int]] = Cache(
            self._read_everywhere, seconds=cache_seconds, size=1, ticks=ticks
        )
        # One writer of a server at a time, so that memory hears of changes in the order in which they were made.
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._tally = Tally()
        self._counted: TotalCounts[str] = TotalCounts()
        self._left: set[int] = set()  # servers to forget as soon as the database takes it
        self._flushing = asyncio.Lock()
        self._flush_failing = False
        self._closed = False
        self._batch: asyncio.Task[None] | None = None
        self._timer: asyncio.Task[None] | None = None

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        cache_seconds: float = 30.0,
        cache_size: int = 10_000,
        flush_seconds: float = 10.0,
        clock: Callable[[], datetime] = _utc_now,
        ticks: Callable[[], float] = monotonic,
    ) -> Self:
        """Connect, and run the migrations that are missing.

        Args:
            url: `sqlite:///FILE` or `postgresql://USER:PASSWORD@HOST:PORT/NAME`.
            cache_seconds: after which what was read is read again.
            cache_size: servers kept in memory.
            flush_seconds: between two writes of the counters.
            clock: the present, aware; it dates counters and changes.
            ticks: seconds that never go back, for the age of what is in memory.

        Raises:
            StoreError: the URL is wrong, or the database cannot be reached, is damaged, or is of a newer version.
        """
        database = Database(url)
        try:
            await database.upgrade()
            async with database.read() as connection:
                everywhere = await rows.read_everywhere(connection)
        except BaseException:
            await database.close()
            raise
        store = cls(
            database,
            cache_seconds=cache_seconds,
            cache_size=cache_size,
            flush_seconds=flush_seconds,
            clock=clock,
            ticks=ticks,
        )
        store._everywhere.put(EVERYWHERE, everywhere)
        return store

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def save(self, seconds: float) -> None:
        """Write what is counted, before the process ends; how many counts are not safe after `seconds` is logged."""
        try:
            async with asyncio.timeout(seconds):
                if self._batch is not None:
                    await asyncio.shield(self._batch)
                await asyncio.shield(self._write_batch())
        except TimeoutError:
            log.error("counts lost, the database did not take them in time n=%d", self._tally.total)

    async def close(self) -> None:
        """Write the counters, finish what is under way, disconnect. May be called twice."""
        first, self._closed = not self._closed, True
        if self._timer is not None:
            self._timer.cancel()
            await asyncio.wait([self._timer])
        if self._batch is not None:
            await self._batch
        await self._write_batch()
        lost = self._tally.total
        if first and lost:
            log.error("counts lost, the database did not take them n=%d", lost)
        await self._guilds.close()
        await self._everywhere.close()
        await self._database.close()

    # Reading

    def peek(self, guild_id: int) -> GuildState | None:
        """What memory knows of a server, at once; None where it was not read yet.

        Where that is missing or older than half of `cache_seconds`, it is read in the background for later peeks.
        """
        return self._guilds.peek(guild_id)

    def fresh(self, guild_id: int) -> GuildState | None:
        """Like `current`, at once, where that would not wait; else None."""
        return None if self._everywhere.fresh(EVERYWHERE) is None else self._guilds.fresh(guild_id)

    async def current(self, guild_id: int) -> GuildState | None:
        """Like `peek`, at once, where memory knows the server and all opt-outs as of less than `cache_seconds` ago.

        Else it waits until they are read anew; where that fails, it gives what `peek` knows. After a failed read there
        is no other, and no wait, for 5 seconds.
        """
        await self._everywhere.current(EVERYWHERE)
        return await self._guilds.current(guild_id)

    async def load(self, guild_id: int) -> GuildState:
        """What is known of a server, read from the database where memory knows nothing as young as `cache_seconds`.

        Raises:
            StoreError: the database did not do it.
        """
        return await self._guilds.load(guild_id)

    def opted_out(self, user_id: int, guild_id: int) -> bool | None:
        """Whether a user wants no reaction in this server or anywhere, at once; None while that is not known."""
        everywhere = self._everywhere.peek(EVERYWHERE)
        state = self.peek(guild_id)
        if everywhere is not None and user_id in everywhere:
            return True
        if state is not None and user_id in state.opted_out:
            return True
        return None if everywhere is None or state is None else False

    async def known_of(self, user_id: int) -> Known:
        """All that is stored about a user, of the database's present.

        Raises:
            StoreError: the database did not do it.
        """
        async with self._database.read() as connection:
            return await rows.read_known(connection, user_id)

    # What admins choose

    async def change(self, guild_id: int, change: Callable[[GuildSettings], GuildSettings]) -> GuildSettings:
        """Change the settings of a server in one step: what others change at the same time is not lost.

        Args:
            guild_id: the server.
            change: makes the new settings from the present ones; quick, for the row is locked meanwhile.

        Returns:
            The new settings, which are safe in the database.

        Raises:
            StoreError: the database did not do it.
            Exception: what `change` raised; then nothing is changed.
        """
        async with self._lock(guild_id):
            async with self._database.write() as connection:
                await rows.change_settings(connection, guild_id, change, self._clock())
                state = await rows.read_state(connection, guild_id)
            self._left.discard(guild_id)
            self._guilds.put(guild_id, state)
        return state.settings

    async def reset(self, guild_id: int) -> GuildSettings:
        """Give a server the default settings. Opt-outs, tastes and counters stay.

        Raises:
            StoreError: the database did not do it.
        """
        async with self._lock(guild_id):
            async with self._database.write() as connection:
                await rows.delete_settings(connection, guild_id)
                state = await rows.read_state(connection, guild_id)
            self._guilds.put(guild_id, state)
        return state.settings

    async def forget_guild(self, guild_id: int) -> None:
        """Delete everything of a server: settings, its members' opt-outs, tastes, counters.

        Raises:
            StoreError: the database did not do it; it is done as soon as counters can be written, unless somebody
                chooses something in the server before.
        """
        async with self._lock(guild_id), self._flushing:  # a flush under way would bring counters back
            self._left.add(guild_id)
            self._tally.forget(guild_id)
            try:
                async with self._database.write() as connection:
                    await rows.delete_guild(connection, guild_id)
            except StoreError:
                self._start_timer()
                raise
            self._left.discard(guild_id)
            self._guilds.put(guild_id, GuildState())

    # What members choose

    async def opt_out(self, user_id: int, guild_id: int | None) -> None:
        """Make no reaction to this user, in one server, or everywhere where it is None.

        Raises:
            StoreError: the database did not do it.
        """
        where = EVERYWHERE if guild_id is None else guild_id
        async with self._lock(where):
            async with self._database.write() as connection:
                await rows.insert_opt_out(connection, user_id, where)
            self._left.discard(where)
            self._remember_opt_out(where, lambda users: users | {user_id})

    async def opt_in(self, user_id: int, guild_id: int | None) -> None:
        """Take back `opt_out` with the same arguments; an opt-out of everywhere and those of servers stand apart.

        Raises:
            StoreError: the database did not do it.
        """
        where = EVERYWHERE if guild_id is None else guild_id
        async with self._lock(where):
            async with self._database.write() as connection:
                await rows.delete_opt_out(connection, user_id, where)
            self._remember_opt_out(where, lambda users: users - {user_id})

    async def forget_user(self, user_id: int, *, opt_outs: bool = False) -> Known:
        """Delete what is stored about a user and may be deleted.

        Opt-outs stay, or the bot would react to the user again, unless `opt_outs` says otherwise. The lists of ignored
        members belong to the admins and stay. Nothing else is stored by user.

        Returns:
            What is still known.

        Raises:
            StoreError: the database did not do it.
        """
        if not opt_outs:
            return await self.known_of(user_id)
        async with self._lock(EVERYWHERE):
            async with self._database.write() as connection:
                before = await rows.read_known(connection, user_id)
                await rows.delete_opt_outs(connection, user_id)
                after = await rows.read_known(connection, user_id)
            if before.opted_out_everywhere:
                self._remember_opt_out(EVERYWHERE, lambda users: users - {user_id})
            for guild_id in before.opted_out_in:
                self._remember_opt_out(guild_id, lambda users: users - {user_id})
        return after

    # What happened

    def count(self, guild_id: int, name: str, n: int = 1) -> None:
        """Count `n` more of what `name` says for today, in UTC, in memory; written within `flush_seconds`.

        A process that is killed loses what was not written. Where too many counters wait because the database does not
        take them, more are dropped, and how many is logged.

        Raises:
            ValueError: the name is not 1 to 40 printable characters, or `n` is not from 1 to 2,147,483,648.
        """
        check_name("a counter", name)
        if not 1 <= n <= _MOST_COUNTED:
            raise ValueError(f"n must be from 1 to {_MOST_COUNTED}, not {n}")
        if self._closed:
            return
        self._counted[name] += n
        self._tally.add((guild_id, self._clock().astimezone(UTC).date(), name), n)
        if self._tally.full and not self._flush_failing:
            self._write_batch()
        self._start_timer()

    @property
    def vitals(self) -> StoreVitals:
        """What this process has counted of all servers so far, and whether the database takes it."""
        return StoreVitals(self._counted, self._tally.total, self._database.failed)

    async def counters(self, guild_id: int, since: date) -> list[Counter]:
        """The counters of a server from the day `since` on, by day and name, the latest included.

        Raises:
            StoreError: the database did not do it.
        """
        await self._flush()
        async with self._database.read() as connection:
            return await rows.read_counters(connection, guild_id, since)

    async def prune(self, before: date) -> int:
        """Delete the counters of all days before this one; returns how many they were.

        Raises:
            StoreError: the database did not do it.
        """
        async with self._database.write() as connection:
            return await rows.delete_counters(connection, before)

    async def add_taste(
        self,
        guild_id: int,
        label: str,
        *,
        gained: float = 0.0,
        lost: float = 0.0,
        at: datetime,
        half_life: float = HALF_LIFE,
    ) -> Taste:
        """`add_tastes` of one server and label; returns its new taste."""
        tastes = await self.add_tastes({(guild_id, label): (gained, lost)}, at=at, half_life=half_life)
        return tastes[guild_id, label]

    async def add_tastes(
        self, answers: Mapping[TasteKey, Answers], *, at: datetime, half_life: float = HALF_LIFE
    ) -> Mapping[TasteKey, Taste]:
        """Add to the tastes of servers what happened at `at`, all or nothing; what is stored decays first.

        Args:
            answers: by server and label, the members who joined the bot's reaction, and such reactions removed or
                answered with disapproval.
            at: when, aware.
            half_life: seconds after which an answer counts half.

        Returns:
            The new tastes, by server and label.

        Raises:
            StoreError: the database did not do it.
            ValueError: a label is not 1 to 40 printable characters, or as `Taste.after` says.
        """
        if not answers:
            return {}
        for _, label in answers:
            check_name("label", label)
        async with AsyncExitStack() as locks:
            for guild_id in sorted({guild_id for guild_id, _ in answers}):
                await locks.enter_async_context(self._lock(guild_id))
            async with self._database.write() as connection:
                tastes = await rows.add_tastes(connection, answers, at, half_life)
            for (guild_id, label), taste in tastes.items():
                self._guilds.update(guild_id, partial(_with_taste, label=label, taste=taste))
        return tastes

    async def reset_taste(self, guild_id: int) -> None:
        """Forget a server's taste.

        Raises:
            StoreError: the database did not do it.
        """
        async with self._lock(guild_id):
            async with self._database.write() as connection:
                await rows.delete_taste(connection, guild_id)
            self._guilds.update(guild_id, lambda state: replace(state, taste={}))

    # Inside

    def _lock(self, guild_id: int) -> asyncio.Lock:
        return self._locks.setdefault(guild_id, asyncio.Lock())

    async def _read_state(self, guild_id: int) -> GuildState:
        async with self._database.read() as connection:
            return await rows.read_state(connection, guild_id)

    async def _read_everywhere(self, _: int) -> frozenset[int]:
        async with self._database.read() as connection:
            return await rows.read_everywhere(connection)

    def _remember_opt_out(self, where: int, change: Callable[[frozenset[int]], frozenset[int]]) -> None:
        if where == EVERYWHERE:
            self._everywhere.update(EVERYWHERE, change)
        else:
            self._guilds.update(where, lambda state: replace(state, opted_out=change(state.opted_out)))

    def _start_timer(self) -> None:
        if self._timer is None or self._timer.done():
            self._timer = asyncio.create_task(self._flush_later(), name="store-timer")

    async def _flush_later(self) -> None:
        """Write what waits then, again and again while the database does not take it."""
        while self._tally.total or self._left:
            await asyncio.sleep(self._flush_seconds)
            await asyncio.shield(self._write_batch())

    def _write_batch(self) -> "asyncio.Task[None]":
        """A task of its own, which goes on where the one that waits for it is cancelled; one at a time."""
        if self._batch is None or self._batch.done():
            self._batch = asyncio.create_task(self._try_to_flush(), name="store-batch")
        return self._batch

    async def _try_to_flush(self) -> None:
        try:
            await self._flush()
        except StoreError as error:
            if not self._flush_failing:
                log.warning("counters not written, kept for the next time: %s", error)
            self._flush_failing = True
        except Exception:
            log.exception("counters not written, kept for the next time")
            self._flush_failing = True
        if dropped := self._tally.take_dropped():
            log.warning("counts dropped, too many wait n=%d", dropped)

    async def _flush(self) -> None:
        """Write the counters and forget the servers that were left, in one transaction, or else the next time.

        A connection that breaks while it commits leaves open whether it did: such a batch may count twice.

        Raises:
            StoreError: the database did not do it.
        """
        async with AsyncExitStack() as held:
            leaving = sorted(self._left)
            for guild_id in leaving:  # who comes back meanwhile waits, or is not among them any more
                await held.enter_async_context(self._lock(guild_id))
            await held.enter_async_context(self._flushing)
            left = [guild_id for guild_id in leaving if guild_id in self._left]
            counts = self._tally.take()
            if not counts and not left:
                return
            try:
                async with self._database.write() as connection:
                    for guild_id in left:
                        await rows.delete_guild(connection, guild_id)
                    if counts:
                        await rows.add_counts(connection, counts)
            except BaseException:
                self._tally.give_back()
                raise
            self._left.difference_update(left)
            self._tally.written()
            self._flush_failing = False
