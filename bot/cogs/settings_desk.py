"""Where all of /settings meet the store: one change at a time, answered privately."""

import logging
from collections.abc import Callable
from typing import Final

import discord

from bot.current_model import CurrentModel
from bot.guild_settings import GuildSettings, GuildState, SettingsLimitError
from bot.store import Store, StoreError
from bot.texts import CATALOGS, ENGLISH, say

log = logging.getLogger(__name__)

MOST_CHOICES: Final = 25
"""Choices that Discord shows while somebody types."""


class SettingsDesk:
    """Takes what admins wish to the store, and tells them what became of it.

    Args:
        store: holds the settings.
        model: says what can be set.
    """

    def __init__(self, store: Store, model: CurrentModel) -> None:
        self.store = store
        self.model = model

    async def change(
        self,
        interaction: discord.Interaction,
        change: Callable[[GuildSettings], GuildSettings],
        answer: Callable[[GuildSettings], str],
    ) -> None:
        """Change the settings of the server, and answer with what `answer` says of the new ones.

        A limit of the settings, and a database that does not take them, is answered too.
        """
        await interaction.response.defer(ephemeral=True)  # the database may take longer than an answer has time for
        guild = guild_of(interaction)
        try:
            settings = await self.store.change(guild.id, change)
        except StoreError as error:
            log.warning("settings not changed guild=%d: %s", guild.id, error)
            text = say("common.database", interaction.locale)
        except SettingsLimitError as error:
            text = _refusal(error, interaction.locale)
        else:
            assert interaction.command is not None  # noqa: S101 - only commands come here
            log.info("settings changed guild=%d command=%s", guild.id, interaction.command.qualified_name)
            text = answer(settings)
        await interaction.edit_original_response(content=text)

    async def load(self, interaction: discord.Interaction) -> GuildState | None:
        """What is known of the server, for an answer that was deferred; None where that was answered already."""
        try:
            return await self.store.load(guild_of(interaction).id)
        except StoreError:
            await interaction.edit_original_response(content=say("common.database", interaction.locale))
            return None

    async def reply(self, interaction: discord.Interaction, key: str, **values: object) -> None:
        """Say a line at once."""
        await interaction.response.send_message(say(key, interaction.locale, **values), ephemeral=True)


def guild_of(interaction: discord.Interaction) -> discord.Guild:
    """The server of an interaction that only servers have."""
    assert interaction.guild is not None  # noqa: S101 - Discord offers the commands nowhere else
    return interaction.guild


def _refusal(error: SettingsLimitError, locale: discord.Locale) -> str:
    """What to say of settings that cannot be."""
    key = f"settings.limit_{error.field}"
    return say(key if key in CATALOGS[ENGLISH] else "settings.limit", locale)
