"""The same bot in a simulated Discord, in the browser, without a token: `python -m bot demo`."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from tempfile import TemporaryDirectory
from typing import Any, Final

import simcord

from bot.client import EmojiBot
from bot.settings import Settings
from bot.signals import stop_signals

_SERVER: Final = "The Corner Café"
_PEOPLE: Final = ("you", "mika", "priya", "tomasz")
_PAUSE: Final = 20.0  # seconds of simulated time between opening messages
_CHANNELS: Final = ("general", "game-night", "pets", "study-hall")
_OPENING: Final = (
    ("general", "mika", "good morning everyone, first coffee of the day is brewing"),
    ("general", "tomasz", "the plumber comes on thursday between 8 and 12"),
    ("general", "priya", "I GOT THE JOB!!! they called me this morning"),
    ("general", "mika", "locked myself out in my socks. again"),
    ("general", "tomasz", "can someone send me the link to the sign-up sheet"),
    ("general", "priya", "happy birthday tomasz, hope your day is full of cake"),
    ("game-night", "tomasz", "lobby is open, hop on in ten minutes?"),
    ("game-night", "mika", "we lost the final by one point. one."),
    ("pets", "priya", "look who fell asleep in the laundry basket again"),
    ("pets", "tomasz", "we had to say goodbye to our old boy last night"),
    ("study-hall", "mika", "exam in an hour and i have read exactly nothing"),
    ("study-hall", "priya", "chapter 4 starts on page 112"),
)


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
    if channel not in _CHANNELS:
        raise DemoError(f"The demo has no channel {channel!r}, only {', '.join(_CHANNELS)}.")
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
            opening = timedelta(seconds=_PAUSE * len(_OPENING))
            await environment.advance_time((datetime.now(UTC) - opening - environment.now()).total_seconds())
            channels, people = await _furnish(environment)
            try:
                await _show(environment, channels[channel], people, port)
            finally:
                await bot.close()


async def _show(
    environment: simcord.Env, channel: simcord.ChannelHandle, people: list[simcord.MemberActor], port: int
) -> None:
    """Serve the page until a signal or the page ends it."""
    try:
        page = environment.preview(channel, viewers=people, layout="channel", port=port)
        async with page:
            with stop_signals() as stopped:
                print(f"Demo ready: {page.url}", flush=True)
                await _first_of(stopped.wait(), page.wait_closed())
    except simcord.SetupError as error:
        raise DemoError(f"The demo cannot be served on port {port}: {error}.") from error


async def _furnish(environment: simcord.Env) -> tuple[dict[str, simcord.ChannelHandle], list[simcord.MemberActor]]:
    """Build the server and say the opening messages; returns its channels and its people, the visitor first."""
    guild = environment.create_guild(_SERVER)
    await environment.settle()  # the bot reads the settings of its new server
    channels = {name: guild.create_text_channel(name) for name in _CHANNELS}
    people = {name: guild.add_member(environment.create_user(name)) for name in _PEOPLE}
    for channel, person, text in _OPENING:
        await people[person].send(channels[channel], text)
        await environment.advance_time(_PAUSE)
    return channels, list(people.values())


async def _first_of(*waits: Coroutine[Any, Any, Any]) -> None:
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
