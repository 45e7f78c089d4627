"""A server's own emoji: which of them the bot can use now, and which one is meant by what an admin types."""

import re
from dataclasses import replace
from typing import Final

import discord

from bot.guild_settings import GuildState

_WRITTEN: Final = re.compile(r"<a?:\w+:([0-9]{1,20})>")


def usable_emoji(state: GuildState, guild: discord.Guild | None) -> GuildState:
    """The same state with replacements as they can be used now.

    A replacement that was deleted, or that the bot may not use, is left out, so that the label's own emoji stands there
    again; one that was renamed has its new name. What is stored stays as it is.
    """
    stored = state.settings.emoji
    if guild is None or not any(stored.values()):
        return state
    ids = {name: emoji_id(replacement) for name, replacement in stored.items() if replacement is not None}
    wanted = set(ids.values())
    usable = {emoji.id: str(emoji) for emoji in guild.emojis if emoji.id in wanted and emoji.is_usable()}
    present = {
        name: usable[ids[name]] if name in ids else None for name in stored if name not in ids or ids[name] in usable
    }
    return state if present == stored else replace(state, settings=replace(state.settings, emoji=present))


def emoji_id(written: str) -> int:
    """The id in `<:name:id>` or `<a:name:id>`; 0 where `written` is no such thing."""
    match = _WRITTEN.fullmatch(written)
    return int(match[1]) if match else 0


def find_server_emoji(guild: discord.Guild, typed: str) -> discord.Emoji | None:
    """The server's emoji that `typed` means, as `<:name:id>`, `:name:`, `name` or its id; None where there is none.

    Of several with one name, the first one that the bot can use.
    """
    text = typed.strip()
    wanted = emoji_id(text) or (int(text) if text.isascii() and text.isdecimal() else 0)
    for emoji in guild.emojis:
        if emoji.id == wanted:
            return emoji
    if emoji_id(text):
        return None
    name = text.strip(":")
    found = [emoji for emoji in guild.emojis if emoji.name == name]
    found = found or [emoji for emoji in guild.emojis if emoji.name.casefold() == name.casefold()]
    return min(found, key=lambda emoji: not emoji.is_usable(), default=None)


def search_server_emoji(guild: discord.Guild, typed: str) -> list[discord.Emoji]:
    """The server's usable emoji that `typed` may become: what begins so, then what holds it, each by name."""
    wanted = typed.strip().strip(":").casefold()
    found = [emoji for emoji in guild.emojis if emoji.is_usable() and wanted in emoji.name.casefold()]
    return sorted(found, key=lambda emoji: (not emoji.name.casefold().startswith(wanted), emoji.name.casefold()))
