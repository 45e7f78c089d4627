"""Shorter pauses for the tests. Only how long is waited, never whether: the client's logic stays its own."""

from typing import Any, Final

import aiohttp
import discord

import bot.gateway
from bot.client import EmojiBot

_WSTimeout: Final = aiohttp.ClientWSTimeout


async def _at_once(bot: EmojiBot, shard_id: int, *, initial: bool) -> None:
    """Discord has a bot's sessions begin five seconds apart; the server does not mind."""


def _soon(backoff: discord.backoff.ExponentialBackoff[Any]) -> float:
    """discord.py waits for up to two seconds at first, and twice as long each time."""
    return 0.05


PAUSES: Final[list[tuple[object, str, Any]]] = [
    (EmojiBot, "before_identify_hook", _at_once),
    (discord.backoff.ExponentialBackoff, "delay", _soon),
    (bot.gateway, "PAUSE", (0.05, 0.1)),
    # For the other end's good-bye, discord.py waits for 30 seconds.
    (aiohttp, "ClientWSTimeout", lambda ws_close: _WSTimeout(ws_close=min(ws_close, 0.3))),
]
"""What to set, where, and to what."""


def hurry() -> None:
    """Set all pauses for the rest of the process."""
    for holder, name, value in PAUSES:
        setattr(holder, name, value)
