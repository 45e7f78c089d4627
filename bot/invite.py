"""The link that invites the bot, and whom to ask for what stands in it."""

import asyncio
from typing import Final

import discord

PERMISSIONS_NEEDED: Final = ("view_channel", "read_message_history", "add_reactions")
"""The permissions that the bot needs in a server, by discord.py's names."""

PERMISSIONS: Final = discord.Permissions(**dict.fromkeys(PERMISSIONS_NEEDED, True))
"""The same as one value: 66624."""

_SCOPES: Final = ("bot", "applications.commands")
_PATIENCE: Final = 30.0  # seconds for two short requests


def invite_link(application_id: int) -> str:
    """The address at which an admin adds the bot of this application to a server."""
    return discord.utils.oauth_url(application_id, permissions=PERMISSIONS, scopes=_SCOPES)


async def ask_application_id(token: str) -> int:
    """Ask Discord whose token this is; the bot does not go online for it.

    Raises:
        discord.DiscordException: Discord refused the token or the request.
        aiohttp.ClientError: it cannot be reached.
        OSError: likewise, or it took too long.
    """
    async with asyncio.timeout(_PATIENCE), discord.Client(intents=discord.Intents.none()) as client:
        await client.login(token)
        assert client.application_id is not None  # noqa: S101 - known since login
        return client.application_id
