"""The two buttons under `/settings reset`."""

import logging
from typing import Any, Final
from weakref import WeakSet

import discord

from bot.buttons import Buttons
from bot.command_access import refuse
from bot.store import Store, StoreError
from bot.texts import say

log = logging.getLogger(__name__)

PATIENCE: Final = 120.0
"""Seconds that the question waits for an answer."""


class ResetQuestion(Buttons):
    """Asks before it resets; answered once, by who asked for it.

    Args:
        asked: the interaction of `/settings reset`, answered with this view.
        store: resets.
        waiting: the questions that wait for an answer.
    """

    def __init__(self, asked: discord.Interaction, store: Store, waiting: WeakSet[Buttons]) -> None:
        super().__init__(asked, waiting, PATIENCE)
        self._store = store
        self._add("settings.reset_yes", discord.ButtonStyle.danger, reset=True)
        self._add("settings.reset_no", discord.ButtonStyle.secondary, reset=False)

    async def interaction_check(self, interaction: discord.Interaction, /) -> bool:
        """Whether this member may press: who asked, and still manages the server."""
        if interaction.user.id != self._asked.user.id:
            line = say("settings.reset_not_yours", interaction.locale)
            await interaction.response.send_message(line, ephemeral=True)
            return False
        if not interaction.permissions.manage_guild:
            await refuse(interaction)
            return False
        return True

    async def on_timeout(self) -> None:
        """Say that it is too late."""
        self._disable()
        await self._rewrite(content=say("settings.reset_late", self._asked.locale), view=self)

    async def answer(self, interaction: discord.Interaction, *, reset: bool) -> None:
        """Reset or do not, and disable the buttons."""
        if not await self.accept(interaction):
            return
        self._disable()
        line = await self._reset(interaction) if reset else "settings.reset_kept"
        await interaction.edit_original_response(content=say(line, interaction.locale), view=self)

    async def _reset(self, interaction: discord.Interaction) -> str:
        assert interaction.guild_id is not None  # noqa: S101 - asked in a server
        try:
            await self._store.reset(interaction.guild_id)
        except StoreError as error:
            log.warning("settings not reset guild=%d: %s", interaction.guild_id, error)
            return "common.database"
        log.info("settings reset guild=%d", interaction.guild_id)
        return "settings.reset_done"

    def _add(self, label: str, style: discord.ButtonStyle, *, reset: bool) -> None:
        self.add_item(_Answer(say(label, self._asked.locale), style, reset=reset))

    def _disable(self) -> None:
        for button in self.children:
            if isinstance(button, _Answer):
                button.disabled = True


class _Answer(discord.ui.Button[ResetQuestion]):
    def __init__(self, label: str, style: discord.ButtonStyle, *, reset: bool) -> None:
        super().__init__(label=label, style=style)
        self._reset = reset

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        assert self.view is not None  # noqa: S101 - added to one
        await self.view.answer(interaction, reset=self._reset)
