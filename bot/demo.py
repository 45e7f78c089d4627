"""The same bot in a simulated Discord, in the browser, without a token: `python -m bot demo`."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from tempfile import TemporaryDirectory
from typing import Any

import simcord

from bot.client import EmojiBot
from bot.demo_server import CHANNELS, DemoServer, furnish
from bot.settings import Settings
from bot.signals import stop_signals


class DemoError(Exception):
    """The demo cannot start. The message is one sentence."""


async def serve(settings: Settings, port: int, channel: str = "general") -> None:
    """Run the bot in the simulated Discord and serve `channel` on 127.0.0.1 until a signal or the page ends it.

    Prints one line with the address when everyone is there. The address holds a secret: who has it can use the page.

    Raises:
        DemoError: the port is taken or not usable, or there is no such channel.
        BundleError: the model cannot be used.
        StoreError: the temporary database cannot be used.
    """
    if channel not in CHANNELS:
        raise DemoError(f"The demo has no channel {channel!r}, only {', '.join(CHANNELS)}.")
    if not 0 <= port <= 65535:
        raise DemoError(f"The demo cannot be served on port {port}: it must be a number up to 65535.")
    environments: list[simcord.Env] = []
    with TemporaryDirectory(prefix="emoji-bot-demo-") as folder:  # what is set in the demo ends with it
        # The simulation keeps a clock of its own, and messages are dated by it.
        bot = EmojiBot(
            replace(settings, database_url=f"sqlite:///{folder}/demo.db", shard_count=None, shard_ids=None),
            clock=lambda: environments[0].now(),
        )
        async with simcord.run(bot, shard_count=1) as environment:
            environments.append(environment)
            server = await furnish(environment)
            try:
                await _show(environment, server, channel, port)
            finally:
                await bot.close()


async def _show(environment: simcord.Env, server: DemoServer, channel: str, port: int) -> None:
    """Serve the page until a signal or the page ends it."""
    try:
        page = environment.preview(
            server.channels[channel],
            viewers=list(server.people.values()),
            layout="channel",
            assets=server.pictures,
            port=port,
        )
        async with page:
            with stop_signals() as stopped:
                print(f"Demo ready: {page.url}", flush=True)
                await _first_of(stopped.wait(), page.wait_closed())
    except simcord.SetupError as error:
        raise DemoError(f"The demo cannot be served on port {port}: {error}.") from error


async def _first_of(*waits: Coroutine[Any, Any, Any]) -> None:
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
