"""The channels in which the bot should react and may not, and why. No I/O beyond discord.py's cache."""

from dataclasses import dataclass

import discord

from bot.facts import places
from bot.guild_settings import GuildSettings
from bot.invite import PERMISSIONS_NEEDED


@dataclass(frozen=True, slots=True)
class BlindSpot:
    """A channel in which the bot cannot react.

    Args:
        channel_id: of the channel.
        missing: permissions that the bot lacks there; only `view_channel` where it lacks that.
    """

    channel_id: int
    missing: tuple[str, ...]


def blind_spots(guild: discord.Guild, settings: GuildSettings) -> list[BlindSpot]:
    """The channels that the settings let the bot react in, and their permissions do not.

    What it can see comes first: a hidden channel is more likely meant to be one.
    """
    if not settings.enabled or guild.me is None:
        return []
    found = []
    for channel in sorted(guild.channels, key=lambda channel: channel.position):
        if isinstance(channel, discord.CategoryChannel):
            continue
        if not settings.covers(places(channel)):
            continue
        allowed = channel.permissions_for(guild.me)
        missing = tuple(name for name in PERMISSIONS_NEEDED if not getattr(allowed, name))
        if missing:
            found.append(BlindSpot(channel.id, missing[:1] if PERMISSIONS_NEEDED[0] in missing else missing))
    return sorted(found, key=lambda spot: PERMISSIONS_NEEDED[0] in spot.missing)
