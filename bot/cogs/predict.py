"""/predict and the message menu "Predict emoji": what would the bot react with, and how sure is it."""

from typing import Any, Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.policy import ServerSettings, choose
from model.predictor import Prediction
from model.service import PredictionService, ServiceBusyError, ServiceClosedError

_BAR: Final = 10
_QUOTED: Final = 200
_COLOUR: Final = discord.Colour(0xFFCC4D)  # the yellow of emoji faces

_NO_TEXT: Final = "That message has no text to read."
_BUSY: Final = "The model has its hands full right now. Try again in a moment."


class Predict(commands.Cog):
    """Answers privately with the five likeliest emoji."""

    def __init__(
        self, service: PredictionService, settings: ServerSettings, tree: app_commands.CommandTree[Any]
    ) -> None:
        self._service = service
        self._settings = settings
        self._tree = tree
        self._menu = app_commands.ContextMenu(name="Predict emoji", callback=self._predict_message)

    async def cog_load(self) -> None:
        """Add the message menu, which a cog does not register by itself."""
        self._tree.add_command(self._menu)

    async def cog_unload(self) -> None:
        """Take the message menu away again."""
        self._tree.remove_command(self._menu.name, type=self._menu.type)

    @app_commands.command()
    @app_commands.describe(text="The message to find an emoji for")
    async def predict(self, interaction: discord.Interaction, text: app_commands.Range[str, 1, 4000]) -> None:
        """Show which emoji the bot would react with"""
        await self._answer(interaction, text)

    async def _predict_message(self, interaction: discord.Interaction, message: discord.Message) -> None:
        await self._answer(interaction, message.content)

    async def _answer(self, interaction: discord.Interaction, text: str) -> None:
        if not text.strip():
            await interaction.response.send_message(_NO_TEXT, ephemeral=True)
            return
        try:
            prediction = await self._service.predict(text)
        except (ServiceBusyError, ServiceClosedError):
            await interaction.response.send_message(_BUSY, ephemeral=True)
            return
        await interaction.response.send_message(
            embed=prediction_embed(text, prediction, self._settings), ephemeral=True
        )


def prediction_embed(text: str, prediction: Prediction, settings: ServerSettings) -> discord.Embed:
    """A card with the candidates as bars, and what the bot would do under `settings`."""
    emoji = choose(prediction, settings)
    sure = f"{prediction.confidence:.0%} sure"
    embed = discord.Embed(
        colour=_COLOUR,
        title=f"I would react with {emoji}" if emoji else "I would stay silent",
        description=f"> {discord.utils.escape_markdown(_shortened(text))}",
    )
    bars = "\n".join(
        f"{candidate.emoji} `{_bar(candidate.probability)}` {candidate.probability:.0%}"
        for candidate in prediction.candidates
    )
    embed.add_field(name="Likeliest emoji", value=bars)
    embed.set_footer(text=f"{sure}; I react from {settings.threshold:.0%}")
    return embed


def _bar(share: float) -> str:
    filled = round(share * _BAR)
    return "█" * filled + "░" * (_BAR - filled)


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _QUOTED else line[: _QUOTED - 1] + "…"
