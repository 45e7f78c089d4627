"""/model: which model answers, and another one without a restart, for those who run the bot."""

from typing import Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.colour import YELLOW
from bot.current_model import CurrentModel
from bot.model_reload import ModelReload, ReloadUnderWayError
from bot.owners import OWNER_ONLY
from bot.texts import number, phrase, say
from model.bundle import BundleError

_LONGEST: Final = 1500
"""Characters of a reason: an answer holds 2,000, and paths may be long."""


@app_commands.default_permissions(administrator=True)  # only what others see: see `bot.command_access`
class ModelCommands(
    commands.GroupCog, group_name="model", group_description=phrase("model.description"), group_extras=OWNER_ONLY
):
    """The group `/model`.

    Args:
        model: the one that answers.
        reload: swaps it.
    """

    def __init__(self, model: CurrentModel, reload: ModelReload) -> None:
        self._model = model
        self._reload = reload

    @app_commands.command(description=phrase("model.info"))
    async def info(self, interaction: discord.Interaction) -> None:
        """Answer `/model info`."""
        locale, facts = interaction.locale, self._model.facts
        embed = discord.Embed(colour=YELLOW, title=say("model.title", locale))
        embed.add_field(name=say("model.version", locale), value=f"`{facts.version}`")
        embed.add_field(name=say("model.emoji", locale), value=number(len(facts.labels), locale))
        embed.add_field(name=say("model.threshold", locale), value=f"{facts.defaults.threshold:.1%}")
        embed.add_field(name=say("model.since", locale), value=discord.utils.format_dt(facts.since, "R"))
        await interaction.response.send_message(embed=embed, ephemeral=True)

    @app_commands.command(description=phrase("model.reload"))
    async def reload(self, interaction: discord.Interaction) -> None:
        """Answer `/model reload`."""
        await interaction.response.defer(ephemeral=True)  # a slow disk may take longer than an answer has time for
        await interaction.edit_original_response(content=await self._reloaded(interaction.locale))

    async def _reloaded(self, locale: discord.Locale) -> str:
        """Reload; returns what came of it."""
        before = self._model.facts.version
        try:
            swapped = await self._reload.reload()
        except ReloadUnderWayError:
            return say("model.under_way", locale)
        except BundleError as error:
            reason = discord.utils.escape_markdown(str(error)[:_LONGEST])
            return say("model.refused", locale, version=self._model.facts.version, reason=reason)
        facts = self._model.facts
        if not swapped:
            return say("model.unchanged", locale, version=facts.version)
        return say("model.reloaded", locale, before=before, after=facts.version, n=number(len(facts.labels), locale))
