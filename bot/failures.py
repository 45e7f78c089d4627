"""What becomes of a command or of a press of a button that failed."""

import contextlib
import logging
from typing import Any

import aiohttp
import discord
from discord import app_commands

from bot.texts import say

log = logging.getLogger(__name__)


async def answer_failure(interaction: discord.Interaction[Any], kind: str, name: str, error: BaseException) -> None:
    """Count it, log it, and apologise where the fault is the bot's, so that nobody is left waiting.

    Args:
        interaction: what could not be done.
        kind: "command" or "buttons".
        name: which of them.
        error: the reason.
    """
    if interaction.client.is_closed():
        log.info("%s cut short, the bot is leaving %s=%s", kind, kind, name)
        return
    interaction.client.metrics.failed_commands[name if kind == "command" else kind] += 1
    if isinstance(error, discord.HTTPException):
        # An answer that came too late or twice, or a channel that went away: Discord's daily life.
        log.warning("answer failed %s=%s status=%d code=%d", kind, name, error.status, error.code)
        return
    if isinstance(error, aiohttp.ClientError | OSError):
        log.warning("answer failed, Discord out of reach %s=%s: %s", kind, name, type(error).__name__)
        return
    if isinstance(error, app_commands.AppCommandError):
        # Discord offers commands of an older version for a while, or sends what discord.py cannot make sense of.
        log.warning("%s not understood %s=%s: %s", kind, kind, name, type(error).__name__)
    else:
        log.error("%s failed %s=%s", kind, kind, name, exc_info=error)
    with contextlib.suppress(discord.HTTPException, aiohttp.ClientError, OSError):  # it may be too late for that, too
        apology = say("common.apology", interaction.locale)
        if interaction.response.is_done():
            await interaction.followup.send(apology, ephemeral=True)
        else:
            await interaction.response.send_message(apology, ephemeral=True)
