"""/help: what a member and what an admin can do, as the commands themselves tell it."""

import asyncio
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
import discord
from discord import AppCommandOptionType, AppCommandType, app_commands
from discord.ext import commands

from bot.colour import YELLOW
from bot.owners import is_for_owners, is_owner
from bot.sync import payload_of
from bot.texts import phrase, say

log = logging.getLogger(__name__)

_PATIENCE: Final = 1.0  # seconds for the ids: an interaction is answered within three
_LARGEST_EMBED: Final = 6000
_LARGEST_FIELD: Final = 1024
_UNNAMED: Final = "\u200b"
_NESTED: Final = (AppCommandOptionType.subcommand.value, AppCommandOptionType.subcommand_group.value)
_MENUS: Final = {AppCommandType.user.value: "help.user_menu", AppCommandType.message.value: "help.message_menu"}

_Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of the list.

    Args:
        line: the command and what it does.
        needed: what a member must be permitted to see the command; None where everyone sees it.
        for_owners: whether it is for those who run the bot, whatever they are permitted.
    """

    line: str
    needed: discord.Permissions | None
    for_owners: bool = False


class Help(commands.Cog):
    """Lists the commands of a tree, privately."""

    def __init__(self, tree: app_commands.CommandTree[Any]) -> None:
        self._tree = tree
        self._ids: Mapping[str, int] = {}

    @app_commands.command(description=phrase("help.description"))
    async def help(self, interaction: discord.Interaction) -> None:
        """Answer `/help`."""
        locale, known = interaction.locale, self._tree.get_commands()
        theirs = [command for command in known if is_owner(interaction) or not is_for_owners(command)]
        payloads = [await payload_of(command, self._tree) for command in theirs]
        ids = await self._known_ids(payloads)
        listed = [
            one
            for command, payload in zip(theirs, payloads, strict=True)
            for one in list_command(payload, ids, locale, for_owners=is_for_owners(command))
        ]
        embed = help_embed(listed, interaction.permissions, locale)
        await interaction.response.send_message(embed=embed, ephemeral=True)

    async def _known_ids(self, payloads: Sequence[_Payload]) -> Mapping[str, int]:
        """The ids of the commands, asked for once; none where Discord does not tell them in time."""
        if not self._ids:
            try:
                async with asyncio.timeout(_PATIENCE):
                    fetched = await self._tree.fetch_commands()
            except (discord.DiscordException, aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
                log.warning("ids of commands not known: %s", type(error).__name__)
                return {}
            ids = {command.name: command.id for command in fetched if command.type is AppCommandType.chat_input}
            if not {payload["name"] for payload in payloads if payload["type"] not in _MENUS} <= ids.keys():
                return ids  # a sync is under way
            self._ids = ids
        return self._ids


def list_command(
    payload: _Payload, ids: Mapping[str, int], locale: discord.Locale | None = None, *, for_owners: bool = False
) -> list[Listed]:
    """The lines for a command, with one for each of a group.

    Args:
        payload: the command as Discord is told of it, with translations.
        ids: of the commands by name; one that is known makes its lines clickable.
        locale: the reader's.
        for_owners: whether it is for those who run the bot.
    """
    permissions = payload.get("default_member_permissions")
    needed = None if permissions is None else discord.Permissions(int(permissions))
    if payload["type"] in _MENUS:
        return [
            Listed(say(_MENUS[payload["type"]], locale, name=_translated(payload, "name", locale)), needed, for_owners)
        ]
    known = ids.get(payload["name"])
    return [
        Listed(say("help.command", locale, command=_mention(path, known), text=text), needed, for_owners)
        for path, text in _leaves(payload, locale)
    ]


def help_embed(
    listed: Sequence[Listed], permissions: discord.Permissions, locale: discord.Locale | None = None
) -> discord.Embed:
    """A card with the commands that a member with these permissions sees; of too many, the first that fit."""
    embed = discord.Embed(colour=YELLOW, title=say("help.title", locale), description=say("help.decides", locale))
    privacy = discord.Embed().add_field(name=say("help.privacy", locale), value=say("help.privacy_text", locale))
    more = say("help.more", locale)
    room = _LARGEST_EMBED - len(privacy) - len(_UNNAMED) - len(more)
    owners = [one.line for one in listed if one.for_owners]
    others = [one for one in listed if not one.for_owners]
    everyone = [one.line for one in others if one.needed is None]
    admins = [one.line for one in others if one.needed is not None and one.needed.is_subset(permissions)]
    parts = {"help.members": everyone, "help.admins": admins, "help.owners": owners}
    fields = [field for heading, lines in parts.items() for field in _fields(say(heading, locale), lines)]
    for name, value in fields:
        if len(embed) + len(name) + len(value) > room:
            embed.add_field(name=_UNNAMED, value=more, inline=False)
            break
        embed.add_field(name=name, value=value, inline=False)
    return embed.add_field(name=privacy.fields[0].name, value=privacy.fields[0].value, inline=False)


def _leaves(payload: _Payload, locale: discord.Locale | None, path: str = "") -> Iterator[tuple[str, str]]:
    """The commands that can be typed, by their whole name, with what they do."""
    path = f"{path} {payload['name']}".lstrip()
    nested = [option for option in payload.get("options", ()) if option["type"] in _NESTED]
    if not nested:
        yield path, _translated(payload, "description", locale)
    for option in nested:
        yield from _leaves(option, locale, path)


def _translated(payload: _Payload, key: str, locale: discord.Locale | None) -> str:
    translations = payload.get(f"{key}_localizations") or {}
    return str(translations.get(locale.value if locale else None) or payload[key])


def _mention(path: str, command_id: int | None) -> str:
    return f"`/{path}`" if command_id is None else f"</{path}:{command_id}>"


def _fields(name: str, lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The lines under this name, in as many fields as they need; those after the first have no name."""
    value = ""
    for line in lines:
        if len(value) + 1 + len(line) > _LARGEST_FIELD:
            yield name, value
            name, value = _UNNAMED, ""
        value = f"{value}\n{line}" if value else line
    if value:
        yield name, value
