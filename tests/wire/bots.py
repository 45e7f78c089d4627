"""Bots that take the server for Discord: one in this process, and one as a process of its own."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import bot
from bot.client import EmojiBot
from bot.settings import Settings
from tests.wire.server import DEADLINE, TOKEN, WireServer

PROJECT: Final = Path(*bot.__path__).parent
CACHE_SECONDS: Final = 0.5
"""For how long a process takes what it read from the database for the present."""
PROGRAM: Final = """
import functools, os, sys, discord, yarl
import bot.__main__
from bot.store import Store
from tests.wire.haste import hurry
hurry()
discord.http.Route.BASE = sys.argv[1]
discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(sys.argv[2])
Store.open = functools.partial(Store.open, cache_seconds=float(sys.argv[3]))
bot.__main__.STOP_SECONDS = float(os.environ.get("STOP_SECONDS", 2))
sys.exit(bot.__main__.main(["run"]))
"""
"""`python -m bot` with the server in the place of Discord, and pauses, a memory and a stop that tests can outwait."""


@asynccontextmanager
async def connected(
    server: WireServer, settings: Settings, *, heartbeat_timeout: float | None = None
) -> AsyncIterator[EmojiBot]:
    """A bot in its guild, for as long as the context lasts.

    Args:
        server: where it connects.
        settings: of the bot.
        heartbeat_timeout: seconds of silence after which it gives a connection up, instead of discord.py's 60.
    """
    async with EmojiBot(settings) as bot:
        if heartbeat_timeout is not None:
            bot._connection.heartbeat_timeout = heartbeat_timeout
        running = asyncio.create_task(bot.start(TOKEN))
        ready = asyncio.create_task(server.until_ready())
        await asyncio.wait({running, ready}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            ready.cancel()
            await running
        await ready
        try:
            yield bot
        finally:
            await bot.close()
            await running


@asynccontextmanager
async def process(
    server: WireServer, folder: Path, token: str = TOKEN, log_level: str = "ERROR", **others: str
) -> AsyncIterator[Process]:
    """The bot's process, in a folder without .env, with `others` in its environment. It reacts to whatever it may."""
    settings = {"DISCORD_TOKEN": token, "THRESHOLD": "0", "LOG_LEVEL": log_level, **others}
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROGRAM, server.api_url, server.gateway_url, str(CACHE_SECONDS)),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(PROJECT), **settings},
        stdout=DEVNULL,
        stderr=PIPE,
    )
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
            await child.communicate()


async def until_logged(child: Process, words: str) -> str:
    """Read what a process writes to stderr until a line holds `words`; returns that line."""
    assert child.stderr is not None
    async with asyncio.timeout(DEADLINE):
        while line := (await child.stderr.readline()).decode():
            if words in line:
                return line.rstrip("\n")
    raise AssertionError(f"the process ended and did not say {words!r}")


async def end(child: Process) -> tuple[int | None, str]:
    """The exit status of a process and what it wrote to stderr, once it has ended."""
    async with asyncio.timeout(DEADLINE):
        _, stderr = await child.communicate()
    return child.returncode, stderr.decode()
