"""/settings ignore: whose messages the bot leaves alone."""

from dataclasses import replace

import discord
from discord import app_commands

from bot.cogs.settings_desk import SettingsDesk, guild_of
from bot.gone import gone_roles
from bot.guild_settings import GuildSettings
from bot.settings_lines import ignored_line
from bot.texts import phrase

Who = discord.Role | discord.Member | discord.User  # the last: who has left


class IgnoreCommands(app_commands.Group):
    """The lists of ignored roles and members."""

    def __init__(self, desk: SettingsDesk) -> None:
        super().__init__(name="ignore", description=phrase("settings.ignore_help"))
        self._desk = desk

    @app_commands.command(description=phrase("settings.ignore_add"))
    @app_commands.describe(who=phrase("settings.who"))
    async def add(self, interaction: discord.Interaction, who: discord.Role | discord.Member | discord.User) -> None:
        """Answer `/settings ignore add`."""
        if isinstance(who, discord.Role) and who.is_default():
            await self._desk.reply(interaction, "settings.everyone")
            return
        await self._change(interaction, who, ignored=True)

    @app_commands.command(description=phrase("settings.ignore_remove"))
    @app_commands.describe(who=phrase("settings.who"))
    async def remove(self, interaction: discord.Interaction, who: discord.Role | discord.Member | discord.User) -> None:
        """Answer `/settings ignore remove`."""
        await self._change(interaction, who, ignored=False)

    async def _change(self, interaction: discord.Interaction, who: Who, *, ignored: bool) -> None:
        guild, locale = guild_of(interaction), interaction.locale
        await self._desk.change(
            interaction,
            lambda settings: _with(_without_gone(settings, guild), who, ignored=ignored),
            lambda settings: ignored_line(settings, guild, locale),
        )


def _without_gone(settings: GuildSettings, guild: discord.Guild) -> GuildSettings:
    """The settings without deleted roles, which nobody could take off the list one by one."""
    return replace(settings, ignored_roles=settings.ignored_roles - gone_roles(settings.ignored_roles, guild))


def _with(settings: GuildSettings, who: Who, *, ignored: bool) -> GuildSettings:
    """The settings with `who` on the list that fits, or off it."""
    if isinstance(who, discord.Role):
        roles = settings.ignored_roles
        return replace(settings, ignored_roles=roles | {who.id} if ignored else roles - {who.id})
    members = settings.ignored_members
    return replace(settings, ignored_members=members | {who.id} if ignored else members - {who.id})
