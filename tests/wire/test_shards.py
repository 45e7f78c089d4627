"""Two shards, in two processes that share one PostgreSQL, and in one."""

import asyncio
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from bot.settings import Settings
from tests.bot.store.conftest import postgresql_server, postgresql_url
from tests.wire.bots import CACHE_SECONDS, connected, end, process
from tests.wire.payloads import ALICE, BOB, Channel, Guild, Value, slash, snowflake
from tests.wire.server import Route, WireServer

__all__ = ["postgresql_server", "postgresql_url"]  # the fixtures of the store's tests

TEXT: Final = "we won the game last night!"

needs_sigterm = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to catch")


def _guild(shard: int) -> tuple[Guild, Channel]:
    """A new guild of the first or the second of two shards, and its channel."""
    guild_id = snowflake()
    guild_id += ((guild_id >> 22) % 2 ^ shard) << 22
    channel = Channel(snowflake(), "general", guild_id)
    return Guild(guild_id, f"guild of shard {shard}", (channel,)), channel


(FIRST, FIRST_CHANNEL), (SECOND, SECOND_CHANNEL) = _guild(0), _guild(1)


@pytest.fixture
async def server(server: WireServer) -> WireServer:
    """The server with a guild in either shard."""
    server.guilds = [FIRST, SECOND]
    return server


@asynccontextmanager
async def _processes(server: WireServer, folder: Path, database_url: str, *shard_ids: int) -> AsyncIterator[None]:
    """A process for each shard, each in a folder of its own. In the end they leave quietly, without a warning."""
    settings = {"DATABASE_URL": database_url, "SHARD_COUNT": "2"}
    children: list[Process] = []
    async with AsyncExitStack() as stack:
        for number, shard_id in enumerate(shard_ids):
            home = folder / str(number)
            home.mkdir(exist_ok=True)
            started = process(server, home, log_level="WARNING", **settings, SHARD_IDS=str(shard_id))
            children.append(await stack.enter_async_context(started))
        await server.until_ready()
        yield
        for child in children:
            child.terminate()
        assert [await end(child) for child in children] == [(0, "")] * len(children)
        await server.until(lambda: server.sessions == [])


async def _tell(server: WireServer, command: str, channel: Channel, **options: Value) -> None:
    """Alice types a command, and what it changes is safe in the database."""
    before = len(server.received(Route.EDIT_ANSWER))
    await server.dispatch("INTERACTION_CREATE", slash(command, channel=channel, options=options))
    await server.until_received(Route.EDIT_ANSWER, before + 1)


async def _reactions(server: WireServer, channel: Channel) -> list[int]:
    """How many reactions a message of Alice gets, and one that Bob writes after hers; his gets one at least."""
    messages = [await server.say(TEXT, channel=channel, author=author) for author in (ALICE, BOB)]
    await server.until_reacted(messages[1])
    await server.settle()
    asked = [int(request.variables["message"]) for request in server.received(Route.ADD_REACTION)]
    return [asked.count(message) for message in messages]


@needs_sigterm
async def test_two_processes_serve_each_guild_once_and_one_obeys_what_the_other_was_told(
    server: WireServer, tmp_path: Path, postgresql_url: str
) -> None:
    async with _processes(server, tmp_path, postgresql_url, 0, 1):
        assert await _reactions(server, FIRST_CHANNEL) == [1, 1]
        assert await _reactions(server, SECOND_CHANNEL) == [1, 1]

        await _tell(server, "privacy opt-out", FIRST_CHANNEL, where="everywhere")
        await asyncio.sleep(CACHE_SECONDS)
        assert await _reactions(server, FIRST_CHANNEL) == [0, 1]
        assert await _reactions(server, SECOND_CHANNEL) == [0, 1]

        await _tell(server, "privacy opt-in", SECOND_CHANNEL, where="everywhere")
        await asyncio.sleep(CACHE_SECONDS)
        assert await _reactions(server, FIRST_CHANNEL) == [1, 1]
        assert await _reactions(server, SECOND_CHANNEL) == [1, 1]


@needs_sigterm
async def test_a_guild_keeps_its_settings_when_another_process_takes_its_shard(
    server: WireServer, tmp_path: Path, postgresql_url: str
) -> None:
    async with _processes(server, tmp_path, postgresql_url, 0, 1):
        await _tell(server, "settings ignore add", FIRST_CHANNEL, who=ALICE)
        await _tell(server, "settings ignore add", SECOND_CHANNEL, who=BOB)
        await _tell(server, "settings ignore remove", SECOND_CHANNEL, who=BOB)
    async with _processes(server, tmp_path, postgresql_url, 1, 0):
        assert await _reactions(server, FIRST_CHANNEL) == [0, 1]
        assert await _reactions(server, SECOND_CHANNEL) == [1, 1]


@pytest.mark.parametrize("shard_count", [2, None], ids=["as set", "as Discord advises"])
async def test_one_process_serves_the_guilds_of_both_shards(
    server: WireServer, settings: Settings, shard_count: int | None
) -> None:
    server.shards = 2
    async with connected(server, replace(settings, shard_count=shard_count)):
        assert [session.shard_id for session in server.sessions] == [0, 1]
        assert await _reactions(server, FIRST_CHANNEL) == [1, 1]
        assert await _reactions(server, SECOND_CHANNEL) == [1, 1]

        await _tell(server, "privacy opt-out", FIRST_CHANNEL, where="everywhere")
        assert await _reactions(server, SECOND_CHANNEL) == [0, 1]
