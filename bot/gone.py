"""What stands on the lists of a server and is no longer there. No I/O beyond discord.py's cache."""

from collections.abc import Callable

import discord


def gone_channels(ids: frozenset[int], guild: discord.Guild) -> frozenset[int]:
    """Ids of the channels and categories that the server surely no longer has."""
    return _gone(ids, guild, guild.get_channel)


def gone_roles(ids: frozenset[int], guild: discord.Guild) -> frozenset[int]:
    """Ids of the roles that the server surely no longer has."""
    return _gone(ids, guild, guild.get_role)


def _gone(ids: frozenset[int], guild: discord.Guild, get: Callable[[int], object]) -> frozenset[int]:
    if guild.get_role(guild.id) is None:  # every server has the role of everyone: this one is not read yet
        return frozenset()
    return frozenset(one for one in ids if get(one) is None)
