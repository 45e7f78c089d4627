"""The memory alone, in front of reads that the tests answer."""

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest

from bot.store.cache import READS_AT_ONCE, RETRY_AFTER, Cache
from bot.store.database import StoreError
from tests.bot.store.conftest import Ticks


class Source:
    """Answers each read with the number of reads of that key so far, when `open` says so."""

    def __init__(self) -> None:
        self.reads: list[str] = []
        self.at_once = 0
        self.most_at_once = 0
        self.open = asyncio.Event()
        self.open.set()
        self.error: Exception | None = None

    async def read(self, key: str) -> int:
        self.reads.append(key)
        answer = self.reads.count(key)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.open.wait()
        finally:
            self.at_once -= 1
        if self.error is not None:
            raise self.error
        return answer


@pytest.fixture
async def source() -> Source:
    return Source()


@pytest.fixture
async def cache(source: Source, ticks: Ticks) -> AsyncIterator[Cache[str, int]]:
    cache = Cache(source.read, seconds=30, size=3, ticks=ticks)
    yield cache
    source.open.set()
    await cache.close()


async def _settle(cache: Cache[str, int]) -> None:
    """Let the reads that are not held up come to their end, callbacks included."""
    for _ in range(20):
        await asyncio.sleep(0)
    assert cache.reading == 0


async def test_the_first_peek_knows_nothing_and_starts_one_read(cache: Cache[str, int], source: Source) -> None:
    assert [cache.peek("a") for _ in range(5)] == [None] * 5
    await _settle(cache)

    assert cache.peek("a") == 1
    assert source.reads == ["a"]


async def test_an_old_value_is_given_while_it_is_read_anew(cache: Cache[str, int], ticks: Ticks) -> None:
    await cache.load("a")
    ticks.now += 30

    assert cache.peek("a") == 1
    await _settle(cache)
    assert cache.peek("a") == 2


async def test_a_fresh_value_is_not_read_again(cache: Cache[str, int], source: Source, ticks: Ticks) -> None:
    await cache.load("a")
    ticks.now += 14.9
    cache.peek("a")

    assert await cache.load("a") == 1
    assert source.reads == ["a"]


async def test_a_value_is_as_old_as_the_start_of_its_read(cache: Cache[str, int], source: Source, ticks: Ticks) -> None:
    source.open.clear()
    cache.peek("a")
    await asyncio.sleep(0)
    ticks.now += 20
    source.open.set()
    await _settle(cache)
    ticks.now += 10

    assert await cache.load("a") == 2


async def test_loads_at_the_same_time_share_a_read(cache: Cache[str, int], source: Source) -> None:
    assert await asyncio.gather(*(cache.load("a") for _ in range(5))) == [1] * 5
    assert source.reads == ["a"]


async def test_a_load_given_up_does_not_end_the_read_of_others(cache: Cache[str, int], source: Source) -> None:
    source.open.clear()
    impatient, patient = (asyncio.create_task(cache.load("a")) for _ in range(2))
    await asyncio.sleep(0)
    impatient.cancel()
    source.open.set()

    assert await patient == 1


async def test_the_first_to_ask_waits_for_the_read(cache: Cache[str, int], source: Source) -> None:
    source.open.clear()
    asking = [asyncio.create_task(cache.current("a")) for _ in range(3)]
    await asyncio.sleep(0.01)
    assert not any(task.done() for task in asking)
    source.open.set()

    assert await asyncio.gather(*asking) == [1] * 3
    assert source.reads == ["a"]


async def test_what_is_asked_for_often_is_read_anew_before_anybody_has_to_wait(
    cache: Cache[str, int], source: Source, ticks: Ticks
) -> None:
    await cache.load("a")
    ticks.now += 15
    source.open.clear()

    assert await cache.current("a") == 1
    assert cache.reading == 1
    source.open.set()
    await _settle(cache)
    assert await cache.current("a") == 2


async def test_what_is_old_is_not_given_before_it_was_read_anew(
    cache: Cache[str, int], source: Source, ticks: Ticks
) -> None:
    await cache.load("a")
    ticks.now += 30

    assert cache.peek("a") == 1
    assert await cache.current("a") == 2


async def test_however_many_ask_at_once_nobody_is_given_what_is_old(source: Source, ticks: Ticks) -> None:
    keys = [str(i) for i in range(5 * READS_AT_ONCE)]
    cache = Cache(source.read, seconds=30, size=len(keys), ticks=ticks)
    for key in keys:
        await cache.load(key)
    ticks.now += 3600
    source.open.clear()
    asking = [asyncio.create_task(cache.current(key)) for key in keys]
    await asyncio.sleep(0.01)
    source.open.set()

    assert await asyncio.gather(*asking) == [2] * len(keys)
    assert source.most_at_once == READS_AT_ONCE


async def test_what_is_old_is_given_where_it_cannot_be_read_anew(
    cache: Cache[str, int], source: Source, ticks: Ticks
) -> None:
    await cache.load("a")
    ticks.now += 30
    source.error = StoreError("The database is away.")

    assert [await cache.current("a") for _ in range(3)] == [1] * 3
    assert source.reads == ["a", "a"]


async def test_the_first_to_ask_gets_nothing_from_a_read_that_fails(
    cache: Cache[str, int], source: Source, ticks: Ticks, caplog: pytest.LogCaptureFixture
) -> None:
    source.error = StoreError("The database is away.")
    assert await cache.current("a") is None
    assert await cache.current("a") is None  # at once: after a failure there is a pause
    assert source.reads == ["a"]
    assert [record.levelname for record in caplog.records] == ["WARNING"]

    source.error = None
    ticks.now += RETRY_AFTER
    assert await cache.current("a") == 2


async def test_who_stops_waiting_does_not_end_the_read_of_others(cache: Cache[str, int], source: Source) -> None:
    source.open.clear()
    impatient, patient = (asyncio.create_task(cache.current("a")) for _ in range(2))
    await asyncio.sleep(0)
    impatient.cancel()
    source.open.set()

    assert await patient == 1
    assert impatient.cancelled()


async def test_a_closed_cache_lets_nobody_wait(cache: Cache[str, int]) -> None:
    await cache.close()

    assert await cache.current("a") is None


async def test_what_nobody_asked_for_longest_is_forgotten(cache: Cache[str, int], source: Source) -> None:
    for key in "abc":
        await cache.load(key)
    cache.peek("a")
    await cache.load("d")

    assert len(cache) == 3
    assert [cache.peek(key) for key in "acdb"] == [1, 1, 1, None]


async def test_only_so_many_reads_run_at_once(cache: Cache[str, int], source: Source) -> None:
    source.open.clear()
    for i in range(100):
        cache.peek(str(i))
    loads = [asyncio.create_task(cache.load(f"load {i}")) for i in range(20)]
    await asyncio.sleep(0.01)
    source.open.set()
    await asyncio.gather(*loads)

    assert source.most_at_once == READS_AT_ONCE
    assert len(source.reads) == READS_AT_ONCE + 20


async def test_a_read_that_a_write_overtook_does_not_win(cache: Cache[str, int], source: Source) -> None:
    source.open.clear()
    loading = asyncio.create_task(cache.load("a"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    cache.put("a", 100)
    assert cache.peek("a") == 100
    source.open.set()

    assert await loading == 2
    assert cache.peek("a") == 2


async def test_an_update_of_what_is_unknown_leaves_it_unknown(cache: Cache[str, int]) -> None:
    cache.update("a", lambda value: value + 100)
    assert cache.peek("a") is None

    await _settle(cache)
    cache.update("a", lambda value: value + 100)
    assert cache.peek("a") == 101


async def test_an_outage_leaves_the_old_value_and_one_warning(
    cache: Cache[str, int], source: Source, ticks: Ticks, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await cache.load("a")
    source.error = StoreError("The database is away.")
    for _ in range(3):
        ticks.now += 30
        assert cache.peek("a") == 1
        await _settle(cache)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "The database is away." in caplog.text

    source.error = None
    ticks.now += 30
    cache.peek("a")
    await _settle(cache)

    assert cache.peek("a") == 5
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


async def test_after_a_failure_peeks_pause_and_loads_do_not(
    cache: Cache[str, int], source: Source, ticks: Ticks
) -> None:
    source.error = StoreError("The database is away.")
    cache.peek("a")
    await _settle(cache)
    cache.peek("a")
    await _settle(cache)
    assert source.reads == ["a"]

    with pytest.raises(StoreError, match="away"):
        await cache.load("a")

    ticks.now += RETRY_AFTER
    cache.peek("a")
    await _settle(cache)
    assert source.reads == ["a"] * 3


async def test_failures_are_bounded_too(cache: Cache[str, int], source: Source) -> None:
    source.error = StoreError("The database is away.")
    for i in range(10):
        cache.peek(str(i))
        await _settle(cache)

    assert len(cache) == 3


async def test_a_mistake_in_the_background_is_logged_whole(
    cache: Cache[str, int], source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    source.error = ZeroDivisionError("a mistake")
    cache.peek("a")
    await _settle(cache)

    assert "ZeroDivisionError: a mistake" in caplog.text


async def test_closing_waits_for_reads_and_starts_no_more(cache: Cache[str, int], source: Source) -> None:
    source.open.clear()
    cache.peek("a")
    closing = asyncio.create_task(cache.close())
    await asyncio.sleep(0.01)
    assert not closing.done()
    source.open.set()
    await closing
    await cache.close()

    assert cache.peek("a") == 1
    assert cache.peek("b") is None
    assert cache.reading == 0
    with pytest.raises(StoreError, match="closed"):
        await cache.load("b")


async def test_closing_gives_up_the_reads_that_wait_for_others(
    cache: Cache[str, int], source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    source.open.clear()
    asking = [asyncio.create_task(cache.current(str(i))) for i in range(READS_AT_ONCE + 20)]
    await asyncio.sleep(0.01)
    closing = asyncio.create_task(cache.close())
    await asyncio.sleep(0.01)
    source.open.set()
    await closing

    assert await asyncio.gather(*asking) == [1] * READS_AT_ONCE + [None] * 20
    assert len(source.reads) == READS_AT_ONCE
    assert caplog.records == []
