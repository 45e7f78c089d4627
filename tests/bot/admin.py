"""An admin who uses /settings in the simulated Discord, and what becomes of the next message."""

from typing import Any
from urllib.parse import unquote

import discord
import simcord

from bot.client import EmojiBot
from bot.store import Store
from tests.bot.conftest import Server

GOOD_NEWS = "we won the finals!!!"
ADMIN = discord.Permissions(
    manage_guild=True,
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    use_application_commands=True,
)


class Admin:
    """A member with the permission to manage the server."""

    def __init__(self, server: Server, name: str = "ada") -> None:
        self.server = server
        role = server.guild.create_role(f"admins of {name}", permissions=ADMIN)
        self.member = server.guild.add_member(server.environment.create_user(name), roles=[role])

    async def set(self, command: str, **options: Any) -> str:
        """Use `/settings COMMAND`; returns the answer, which only the admin sees."""
        result = await self.member.slash(self.server.channel, f"settings {command}", **options)
        assert result.ephemeral
        return text_of(result)

    async def show(self) -> dict[str, str]:
        """Use `/settings show`; returns the fields of the card."""
        result = await self.member.slash(self.server.channel, "settings show")
        assert result.ephemeral
        assert result.response is not None
        (embed,) = result.response.embeds
        assert len(embed) <= 6000
        return {str(field.name): str(field.value) for field in embed.fields}

    async def offers(self, command: str, option: str, typed: str) -> list[str]:
        """What `/settings COMMAND` offers while `typed` stands in `option`."""
        choices = await self.member.autocomplete(self.server.channel, f"settings {command}", option, typed)
        return [choice["name"] for choice in choices]


def text_of(result: simcord.InteractionResult) -> str:
    """What the bot answered."""
    assert result.response is not None
    return result.response.content


def store_of(server: Server) -> Store:
    """The store of the bot."""
    assert isinstance(server.environment.bot, EmojiBot)
    assert server.environment.bot._store is not None
    return server.environment.bot._store


async def reaction_to(server: Server, channel: simcord.ChannelHandle | None = None, **who: Any) -> str | None:
    """Let a member bring good news; returns the bot's reaction to it, as `🎉` or `name:id`."""
    before = len(server.reaction_requests)
    sender = who.get("sender", server.alice)
    await sender.send(channel or server.channel, who.get("text", GOOD_NEWS))
    new = server.reaction_requests[before:]
    assert len(new) <= 1
    return unquote(new[0].split("/reactions/")[1].removesuffix("/@me")) if new else None
