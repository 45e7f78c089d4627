"""The same bot in a simulated Discord, in the browser, without a token: `python -m bot demo`."""

import asyncio
import socket
from dataclasses import replace
from datetime import UTC, datetime
from tempfile import TemporaryDirectory

import simcord
from simcord.preview import _markdown

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
    _check_port(port)
    with stop_signals() as stopped:
        serving = asyncio.create_task(_serve(settings, port, channel))
        stopping = asyncio.create_task(stopped.wait())
        await asyncio.wait([serving, stopping], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        serving.cancel()
        try:
            await serving
        except asyncio.CancelledError:
            if not stopped.is_set():
                raise


def _check_port(port: int) -> None:
    """Find out now, not when four weeks have been played."""
    if not 0 <= port <= 65535:
        raise DemoError(f"The demo cannot be served on port {port}: it must be a number up to 65535.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port that was in use until now is free
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise DemoError(f"The demo cannot be served on port {port}: {error.strerror}.") from error


async def _serve(settings: Settings, port: int, channel: str) -> None:
    environments: list[simcord.Env] = []
    with TemporaryDirectory(prefix="emoji-bot-demo-") as folder:  # what is set in the demo ends with it
        # The simulation keeps a clock of its own from its start on, and messages are dated by it.
        bot = EmojiBot(
            replace(settings, database_url=f"sqlite:///{folder}/demo.db", shard_count=None, shard_ids=None),
            clock=lambda: environments[0].now() if environments else datetime.now(UTC),
        )
        async with simcord.run(bot, shard_count=1) as environment:
            environments.append(environment)
            try:
                await _show(environment, await furnish(environment), channel, port)
            finally:
                await bot.close()


async def _show(environment: simcord.Env, server: DemoServer, channel: str, port: int) -> None:
    """Serve the page until it is ended there."""
    _name_what_is_mentioned()
    page = environment.preview(
        server.channels[channel],
        viewers=list(server.people.values()),
        layout="channel",
        assets=server.pictures,
        port=port,
    )
    async with page:
        print(f"Demo ready: {page.url}", flush=True)
        passing = asyncio.create_task(_pass_time(environment))
        try:
            await page.wait_closed()
        finally:
            passing.cancel()


async def _pass_time(environment: simcord.Env) -> None:
    """Keep the simulated clock at the present; by itself it stands still, and no cooldown would ever end."""
    while True:
        behind = (datetime.now(UTC) - environment.now()).total_seconds()
        environment.backend.advance_clock(max(0.0, behind))
        await asyncio.sleep(1)


def _name_what_is_mentioned() -> None:
    """Show channels and commands in embeds by name, as Discord does; simcord 3.2.1 shows `<#` and their ids."""
    for part in ("embed_description", "embed_field_value"):
        _markdown._FIELD_POLICIES[part].update(mentions=True, commands=True)
