"""Several processes that share the shards over one database, on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
import simcord

from bot.client import EmojiBot
from bot.settings import Settings
from bot.store import Store
from bot.store.tables import EVERYWHERE
from tests.bot.conftest import Server
from tests.bot.stage import GOOD_NEWS, counters, fates, store_of
from tests.bot.store.conftest import Ticks, postgresql_server, postgresql_url, sqlite_url, ticks, until, url

__all__ = ["postgresql_server", "postgresql_url", "sqlite_url", "ticks", "url"]  # the fixtures of the store's tests

CACHE_SECONDS = 30


@asynccontextmanager
async def _process(settings: Settings) -> AsyncIterator[simcord.Env]:
    """A bot of its own in a simulated Discord."""
    bot = EmojiBot(settings, clock=lambda: environment.now())
    environment = simcord.Env(bot, shard_count=settings.shard_count or 1)
    await environment.start()
    yield environment
    await bot.close()
    await environment.shutdown()
    environment.raise_errors()


@pytest.fixture
async def server(url: str, ticks: Ticks) -> AsyncIterator[Server]:
    """A server of one process, whose memory grows old when a test says so."""
    async with _process(Settings(threshold=0.5, database_url=url)) as environment:
        server = Server(environment)
        await environment.settle()
        store = store_of(server)
        for cache, key in ((store._guilds, server.guild.id), (store._everywhere, EVERYWHERE)):
            cache._ticks = ticks
            cache._entries.clear()
            await cache.load(key)
        yield server


@pytest.fixture
async def other(server: Server, url: str) -> AsyncIterator[Store]:
    """What another process sees of the database."""
    async with await Store.open(url, clock=server.environment.now) as store:
        yield store


async def _say(server: Server) -> dict[str, int]:
    """What became of one message more."""
    before = await fates(server)
    await server.alice.send(server.channel, GOOD_NEWS)
    return {
        name: count - before.get(name, 0)
        for name, count in (await fates(server)).items()
        if before.get(name, 0) < count
    }


async def test_a_change_made_through_one_process_reaches_the_other_within_the_time_limit(
    server: Server, other: Store, ticks: Ticks
) -> None:
    await other.change(server.guild.id, lambda chosen: replace(chosen, enabled=False))
    ticks.now += CACHE_SECONDS - 1
    assert await _say(server) == {"reacted": 1}  # out of memory: no message waits for the database
    ticks.now += 1
    store_of(server).peek(server.guild.id)
    await until(lambda: not store_of(server)._guilds.reading)

    assert await _say(server) == {"skipped.switched off": 1}


async def test_an_opt_out_of_everywhere_through_another_process_is_respected(
    server: Server, other: Store, ticks: Ticks
) -> None:
    await other.opt_out(server.alice.id, None)
    ticks.now += CACHE_SECONDS
    store_of(server).opted_out(server.alice.id, server.guild.id)
    await until(lambda: not store_of(server)._everywhere.reading)

    assert await _say(server) == {"skipped.opted out": 1}


async def test_what_one_process_learned_the_other_knows(server: Server, other: Store) -> None:
    message = await server.alice.send(server.channel, GOOD_NEWS)
    await server.alice.react(message, "👎")
    await server.environment.advance_time(10)

    (known,) = (await other.load(server.guild.id)).taste.values()
    assert (known.gained, known.lost) == (0.0, 1.0)


async def test_two_processes_count_and_learn_together(server: Server, other: Store) -> None:
    message = await server.alice.send(server.channel, GOOD_NEWS)
    (label,) = [name.removeprefix("emoji.") for name in await counters(server) if name.startswith("emoji.")]
    await server.alice.react(message, "👎")
    other.count(server.guild.id, "seen", 2)
    await other.close()
    now = server.environment.now()
    await store_of(server).add_taste(server.guild.id, label, lost=1.0, at=now)
    await server.environment.advance_time(10)

    assert (await counters(server))["seen"] == 3
    assert (await store_of(server).load(server.guild.id)).taste[label].lost == pytest.approx(2.0, abs=1e-4)


def test_how_many_shards_there_are_is_left_to_discord_unless_said() -> None:
    bot: Any = EmojiBot(Settings())

    assert bot.shard_count is None
    assert bot.shard_ids is None


def test_the_shards_of_the_settings_reach_the_client() -> None:
    settings = Settings.from_values({"SHARD_COUNT": "16", "SHARD_IDS": "8-11,15"})
    bot = EmojiBot(settings)

    assert bot.shard_count == 16
    assert bot.shard_ids == [8, 9, 10, 11, 15]


@pytest.mark.parametrize("mine", [0, 1])
async def test_a_process_serves_the_servers_of_its_shards_only(sqlite_url: str, mine: int) -> None:
    settings = Settings(threshold=0.5, database_url=sqlite_url, shard_count=2, shard_ids=(mine,))
    async with _process(settings) as environment:
        servers: dict[int, Server] = {}
        while len(servers) < 2:
            server = Server(environment)
            servers[(server.guild.id >> 22) % 2] = server
            await environment.advance_time(0.001)
        await environment.settle()
        for server in servers.values():
            await server.alice.send(server.channel, GOOD_NEWS)

        assert list(environment.bot.shards) == [mine]  # type: ignore[attr-defined]
        assert servers[mine].guild.id in {guild.id for guild in environment.bot.guilds}
        assert [request.split("/")[2] for request in servers[mine].reaction_requests] == [str(servers[mine].channel.id)]
