"""/settings channels: where the bot reacts."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import discord
from discord import app_commands

from bot.cogs.settings_desk import SettingsDesk, guild_of
from bot.gone import gone_channels
from bot.guild_settings import ChannelMode, GuildSettings
from bot.settings_lines import channels_line
from bot.texts import phrase

_MODES: Final = [
    app_commands.Choice(name=phrase("settings.mode_except"), value=ChannelMode.EXCEPT.value),
    app_commands.Choice(name=phrase("settings.mode_only"), value=ChannelMode.ONLY.value),
]


class ChannelCommands(app_commands.Group):
    """The list of channels and categories, and what it means. Threads follow their channel."""

    def __init__(self, desk: SettingsDesk) -> None:
        super().__init__(name="channels", description=phrase("settings.channels_help"))
        self._desk = desk

    @app_commands.command(description=phrase("settings.channels_mode"))
    @app_commands.describe(mode=phrase("settings.mode"))
    @app_commands.choices(mode=_MODES)
    async def mode(self, interaction: discord.Interaction, mode: str) -> None:
        """Answer `/settings channels mode`."""
        await self._change(interaction, lambda settings: replace(settings, channel_mode=ChannelMode(mode)))

    @app_commands.command(description=phrase("settings.channels_add"))
    @app_commands.describe(channel=phrase("settings.channel"))
    async def add(self, interaction: discord.Interaction, channel: app_commands.AppCommandChannel) -> None:
        """Answer `/settings channels add`."""
        await self._change(interaction, lambda now: replace(now, channels=now.channels | {channel.id}))

    @app_commands.command(description=phrase("settings.channels_remove"))
    @app_commands.describe(channel=phrase("settings.channel"))
    async def remove(self, interaction: discord.Interaction, channel: app_commands.AppCommandChannel) -> None:
        """Answer `/settings channels remove`."""
        await self._change(interaction, lambda now: replace(now, channels=now.channels - {channel.id}))

    @app_commands.command(description=phrase("settings.channels_clear"))
    async def clear(self, interaction: discord.Interaction) -> None:
        """Answer `/settings channels clear`."""
        await self._change(interaction, lambda settings: replace(settings, channels=frozenset()))

    async def _change(self, interaction: discord.Interaction, change: Callable[[GuildSettings], GuildSettings]) -> None:
        guild, locale = guild_of(interaction), interaction.locale
        await self._desk.change(
            interaction,
            lambda settings: change(_without_gone(settings, guild)),
            lambda settings: channels_line(settings, guild, locale),
        )


def _without_gone(settings: GuildSettings, guild: discord.Guild) -> GuildSettings:
    """The settings without deleted channels, which nobody could take off the list one by one."""
    return replace(settings, channels=settings.channels - gone_channels(settings.channels, guild))
