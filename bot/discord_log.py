"""One line where discord.py logs a traceback of what passes by itself: a lost connection, an answer that was late."""

import asyncio
import logging
from typing import Final

import aiohttp
import discord
from discord.gateway import ReconnectWebSocket

_LOGGERS: Final = ("discord.app_commands.tree", "discord.client", "discord.gateway", "discord.shard")
_PASSING: Final = (
    OSError,
    aiohttp.ClientError,
    asyncio.TimeoutError,
    discord.ConnectionClosed,
    discord.GatewayNotFound,
    discord.HTTPException,
    ReconnectWebSocket,
)


def shorten_discord_log() -> None:
    """From now on, say in one line what went wrong between the bot and Discord. May be called twice."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_in_one_line)


def _in_one_line(record: logging.LogRecord) -> bool:
    """Have a record say its error's name and words instead of the traceback, as a warning; keeps all records."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, _PASSING):
        words = " ".join(str(error).split())
        record.msg, record.args = "%s: %s", (record.getMessage(), f"{type(error).__name__} {words}".strip())
        record.exc_info = record.exc_text = None
        record.levelno, record.levelname = logging.WARNING, logging.getLevelName(logging.WARNING)
    return True
