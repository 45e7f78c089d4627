"""/settings: what the admins of a server choose."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final
from weakref import WeakSet

import discord
from discord import app_commands
from discord.ext import commands

from bot import settings_lines as lines
from bot.buttons import Buttons, stop_all
from bot.cogs.learning import Learning
from bot.cogs.reset_question import ResetQuestion
from bot.cogs.settings_channels import ChannelCommands
from bot.cogs.settings_desk import SettingsDesk, guild_of
from bot.cogs.settings_emoji import EmojiCommands
from bot.cogs.settings_ignore import IgnoreCommands
from bot.cogs.settings_learning import LearningCommands
from bot.current_model import CurrentModel
from bot.guild_settings import LONGEST_COOLDOWN, LONGEST_MESSAGE
from bot.sensitivity import Level, threshold_of
from bot.settings_card import settings_card
from bot.store import Store
from bot.texts import phrase, say

_STATES: Final = [app_commands.Choice(name=phrase(f"settings.{state}"), value=state) for state in ("on", "off")]
_LEVELS: Final = [app_commands.Choice(name=phrase(f"settings.{level}"), value=level.value) for level in Level]
_Seconds = app_commands.Range[int, 0, LONGEST_COOLDOWN]
_Characters = app_commands.Range[int, 1, LONGEST_MESSAGE]
_Percent = app_commands.Range[int, 1, 100]


@app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
@app_commands.default_permissions(manage_guild=True)
class SettingsCommands(commands.GroupCog, group_name="settings", group_description=phrase("settings.description")):
    """The group `/settings`: shows what is set, and changes it.

    Args:
        store: holds the settings.
        model: says what can be set, and what holds where a server says nothing else.
        learning: counts what members make of the reactions.
        clock: the present, aware.
    """

    def __init__(self, store: Store, model: CurrentModel, learning: Learning, clock: Callable[[], datetime]) -> None:
        self._desk = SettingsDesk(store, model)
        self._clock = clock
        self._questions: WeakSet[Buttons] = WeakSet()
        group = self.app_command
        assert group is not None  # noqa: S101 - a GroupCog has one
        group.add_command(ChannelCommands(self._desk))
        group.add_command(IgnoreCommands(self._desk))
        group.add_command(EmojiCommands(self._desk))
        group.add_command(LearningCommands(learning))

    async def cog_unload(self) -> None:
        """Wait for no more answers."""
        stop_all(self._questions)

    @app_commands.command(description=phrase("settings.show"))
    async def show(self, interaction: discord.Interaction) -> None:
        """Answer `/settings show`."""
        await interaction.response.defer(ephemeral=True)  # the database may take longer than an answer has time for
        state = await self._desk.load(interaction)
        if state is not None:
            model = self._desk.model
            card = settings_card(
                state, guild_of(interaction), model.labels, model.threshold, self._clock(), interaction.locale
            )
            await interaction.edit_original_response(embed=card)

    @app_commands.command(description=phrase("settings.switch"))
    @app_commands.describe(state=phrase("settings.switch_state"))
    @app_commands.choices(state=_STATES)
    async def switch(self, interaction: discord.Interaction, state: str) -> None:
        """Answer `/settings switch`."""
        locale = interaction.locale
        await self._desk.change(
            interaction,
            lambda settings: replace(settings, enabled=state == "on"),
            lambda settings: lines.switch_line(settings, locale),
        )

    @app_commands.command(description=phrase("settings.sensitivity_help"))
    @app_commands.describe(level=phrase("settings.level"), exact=phrase("settings.exact"))
    @app_commands.choices(level=_LEVELS)
    async def sensitivity(
        self, interaction: discord.Interaction, level: str | None = None, exact: _Percent | None = None
    ) -> None:
        """Answer `/settings sensitivity`."""
        default, locale = self._desk.model.threshold, interaction.locale
        if level is not None and exact is None:
            threshold = threshold_of(Level(level), default)
        elif level is None and exact is not None:
            threshold = exact / 100
        else:
            await self._desk.reply(interaction, "settings.one_of_both")
            return
        await self._desk.change(
            interaction,
            lambda settings: replace(settings, threshold=threshold),
            lambda settings: lines.sensitivity_line(settings, default, locale),
        )

    @app_commands.command(description=phrase("settings.cooldown_help"))
    @app_commands.describe(channel=phrase("settings.cooldown_channel"), member=phrase("settings.cooldown_member"))
    async def cooldown(
        self, interaction: discord.Interaction, channel: _Seconds | None = None, member: _Seconds | None = None
    ) -> None:
        """Answer `/settings cooldown`."""
        if channel is None and member is None:
            await self._desk.reply(interaction, "settings.nothing_given")
            return
        locale = interaction.locale
        await self._desk.change(
            interaction,
            lambda now: replace(
                now,
                channel_cooldown=now.channel_cooldown if channel is None else channel,
                member_cooldown=now.member_cooldown if member is None else member,
            ),
            lambda settings: lines.cooldown_line(settings, locale),
        )

    @app_commands.command(description=phrase("settings.length_help"))
    @app_commands.describe(shortest=phrase("settings.shortest"), longest=phrase("settings.longest"))
    async def length(
        self,
        interaction: discord.Interaction,
        shortest: _Characters | None = None,
        longest: _Characters | None = None,
    ) -> None:
        """Answer `/settings length`."""
        if shortest is None and longest is None:
            await self._desk.reply(interaction, "settings.nothing_given")
            return
        locale = interaction.locale
        await self._desk.change(
            interaction,
            lambda now: replace(
                now,
                shortest=now.shortest if shortest is None else shortest,
                longest=now.longest if longest is None else longest,
            ),
            lambda settings: lines.length_line(settings, locale),
        )

    @app_commands.command(description=phrase("settings.reset_help"))
    async def reset(self, interaction: discord.Interaction) -> None:
        """Answer `/settings reset`."""
        question = ResetQuestion(interaction, self._desk.store, self._questions)
        line = say("settings.reset_question", interaction.locale)
        await interaction.response.send_message(line, view=question, ephemeral=True)
