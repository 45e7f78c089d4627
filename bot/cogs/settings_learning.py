"""/settings learning: forgets what the members taught the bot."""

import logging

import discord
from discord import app_commands

from bot.cogs.learning import Learning
from bot.cogs.settings_desk import guild_of
from bot.store import StoreError
from bot.texts import phrase, say

log = logging.getLogger(__name__)


class LearningCommands(app_commands.Group):
    """What was learned in a server; `/settings show` shows it."""

    def __init__(self, learning: Learning) -> None:
        super().__init__(name="learning", description=phrase("settings.learning_help"))
        self._learning = learning

    @app_commands.command(description=phrase("settings.learning_reset"))
    async def reset(self, interaction: discord.Interaction) -> None:
        """Answer `/settings learning reset`."""
        await interaction.response.defer(ephemeral=True)  # the database may take longer than an answer has time for
        guild, line = guild_of(interaction), "settings.learning_forgotten"
        try:
            await self._learning.forget(guild.id)
            log.info("taste reset guild=%d", guild.id)
        except StoreError as error:
            log.warning("taste not reset guild=%d: %s", guild.id, error)
            line = "common.database"
        await interaction.edit_original_response(content=say(line, interaction.locale))
