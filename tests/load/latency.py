"""From a message to its reaction, through the real client and a server in another process, without any load."""

import asyncio
import itertools
import random
import tempfile
import time
from pathlib import Path
from typing import Final

from bot.settings import REACTIONS
from model.bundle import PRETRAINED
from tests.load import chat, world
from tests.load.bot_process import bot_process
from tests.wire.server import Route, WireServer

_WARM_UP: Final = 50
_PAUSE: Final = 1.2 / REACTIONS
"""Seconds between a reaction and the next message: the bot makes only so many reactions a second."""
_CHANNELS: Final = 50


def measure(messages: int = 500, *, model: Path = PRETRAINED) -> list[float]:
    """Milliseconds from the moment that the server sends a message until the request for its reaction has come in.

    One message at a time, after some to warm up; each gets a reaction, however unsure the bot is.

    Args:
        messages: how many.
        model: the bundle that the bot predicts with.

    Raises:
        TimeoutError: a reaction did not come.
    """
    return asyncio.run(_measure(messages, model))


async def _measure(messages: int, model: Path) -> list[float]:
    taken = []
    chance = random.Random(0)  # noqa: S311 - for a repeatable load
    texts = itertools.cycle(text for text in chat.SENTENCES if text.isascii())
    with tempfile.TemporaryDirectory() as folder:
        async with WireServer() as server:
            server.guilds = world.guilds(5, _CHANNELS)
            channels = [channel for guild in server.guilds for channel in guild.channels]
            async with bot_process(server, Path(folder), THRESHOLD="0", MODEL_DIR=str(model), LOG_LEVEL="WARNING"):
                for number in range(_WARM_UP + messages):
                    channel = channels[number % len(channels)]
                    sent = time.monotonic()
                    await server.say(next(texts), channel=channel, author=chance.choice(world.PEOPLE))
                    requests = await server.until_received(Route.ADD_REACTION, number + 1)
                    taken.append((requests[-1].at - sent) * 1000)
                    await asyncio.sleep(_PAUSE)
    return taken[_WARM_UP:]
