"""/settings emoji: what stands for the model's emoji in a server."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import discord
from discord import app_commands

from bot.cogs.settings_desk import MOST_CHOICES, SettingsDesk, guild_of
from bot.guild_settings import GuildSettings
from bot.label_search import find_label, search_labels
from bot.server_emoji import find_server_emoji, search_server_emoji
from bot.texts import phrase, say
from model.labels import Label

Typed = app_commands.Range[str, 1, 100]
"""What somebody typed; it need not be one of the choices offered."""


class EmojiCommands(app_commands.Group):
    """The emoji map: each of the model's emoji can be replaced or switched off."""

    def __init__(self, desk: SettingsDesk) -> None:
        super().__init__(name="emoji", description=phrase("settings.map_help"))
        self._desk = desk

    @app_commands.command(name="replace", description=phrase("settings.map_replace"))
    @app_commands.describe(emoji=phrase("settings.which"), instead=phrase("settings.instead"))
    @app_commands.rename(instead="with")
    async def replace_emoji(self, interaction: discord.Interaction, emoji: Typed, instead: Typed) -> None:
        """Answer `/settings emoji replace`."""
        label = find_label(self._desk.model.labels, emoji)
        new = find_server_emoji(guild_of(interaction), instead)
        if label is None:
            await self._desk.reply(interaction, "settings.unknown_label")
        elif new is None:
            await self._desk.reply(interaction, "settings.unknown_emoji")
        elif not new.is_usable():
            await self._desk.reply(interaction, "settings.unusable_emoji", emoji=f":{new.name}:")
        else:
            line = say("settings.replaced", interaction.locale, old=label.emoji, new=str(new))
            await self._map(interaction, lambda known: {**known, label.name: str(new)}, line)

    @app_commands.command(description=phrase("settings.map_off"))
    @app_commands.describe(emoji=phrase("settings.which"))
    async def off(self, interaction: discord.Interaction, emoji: Typed) -> None:
        """Answer `/settings emoji off`."""
        label = find_label(self._desk.model.labels, emoji)
        if label is None:
            await self._desk.reply(interaction, "settings.unknown_label")
            return
        line = say("settings.disabled", interaction.locale, old=label.emoji)
        await self._map(interaction, lambda known: {**known, label.name: None}, line)

    @app_commands.command(description=phrase("settings.map_back"))
    @app_commands.describe(emoji=phrase("settings.which"))
    async def back(self, interaction: discord.Interaction, emoji: Typed) -> None:
        """Answer `/settings emoji back`."""
        label = find_label(self._desk.model.labels, emoji)
        if label is None:
            await self._desk.reply(interaction, "settings.unknown_label")
            return
        line = say("settings.restored", interaction.locale, old=label.emoji)
        await self._map(interaction, lambda known: {name: to for name, to in known.items() if name != label.name}, line)

    @replace_emoji.autocomplete("emoji")
    async def _offer_all(self, _: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return _choices(search_labels(self._desk.model.labels, typed))

    @off.autocomplete("emoji")
    async def _offer_on(self, interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        known = self._map_of(interaction)
        return _choices(
            [label for label in search_labels(self._desk.model.labels, typed) if known.get(label.name, "") is not None]
        )

    @back.autocomplete("emoji")
    async def _offer_changed(self, interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        known = self._map_of(interaction)
        return _choices([label for label in search_labels(self._desk.model.labels, typed) if label.name in known])

    @replace_emoji.autocomplete("instead")
    async def _offer_own(self, interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        found = search_server_emoji(guild_of(interaction), typed)
        return [app_commands.Choice(name=f":{emoji.name}:", value=str(emoji)) for emoji in found[:MOST_CHOICES]]

    def _map_of(self, interaction: discord.Interaction) -> dict[str, str | None]:
        """The map as memory knows it: choices cannot wait for the database."""
        state = self._desk.store.peek(guild_of(interaction).id)
        return {} if state is None else dict(state.settings.emoji)

    async def _map(
        self,
        interaction: discord.Interaction,
        change: Callable[[Any], dict[str, str | None]],
        answer: str,
    ) -> None:
        def changed(settings: GuildSettings) -> GuildSettings:
            return replace(settings, emoji=change(settings.emoji))

        await self._desk.change(interaction, changed, lambda _: answer)


def _choices(labels: list[Label]) -> list[app_commands.Choice[str]]:
    return [
        app_commands.Choice(name=f"{label.emoji} {label.name}", value=label.name) for label in labels[:MOST_CHOICES]
    ]
