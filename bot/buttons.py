"""The buttons under a private answer, which wait for one press."""

import contextlib
from typing import Any
from weakref import WeakSet

import aiohttp
import discord

from bot.failures import answer_failure


class Buttons(discord.ui.View):
    """Buttons under an answer; one press is all they wait for.

    Args:
        asked: the interaction that is answered with them.
        waiting: those of a cog, which these join.
        patience: seconds that they wait.
    """

    def __init__(self, asked: discord.Interaction, waiting: "WeakSet[Buttons]", patience: float) -> None:
        super().__init__(timeout=patience)
        self._asked = asked
        waiting.add(self)

    async def accept(self, interaction: discord.Interaction) -> bool:
        """Tell Discord of a press, and stop waiting; returns False where another press came first.

        Raises:
            discord.HTTPException: Discord does not take it, so that the buttons still wait.
        """
        await interaction.response.defer()  # the database may take longer than an answer has time for
        if self.is_finished():
            return False
        self.stop()
        return True

    async def on_error(
        self,
        interaction: discord.Interaction[Any],
        error: Exception,
        item: discord.ui.Item[Any],  # noqa: ARG002
        /,
    ) -> None:
        """Log what failed, and apologise."""
        await answer_failure(interaction, "buttons", type(self).__name__, error)

    async def _rewrite(self, **changes: Any) -> None:
        """Change the answer, unless it was dismissed or Discord is out of reach."""
        with contextlib.suppress(discord.HTTPException, aiohttp.ClientError, OSError):
            await self._asked.edit_original_response(**changes)


def stop_all(waiting: "WeakSet[Buttons]") -> None:
    """Let none of them wait any longer."""
    for buttons in list(waiting):
        buttons.stop()
