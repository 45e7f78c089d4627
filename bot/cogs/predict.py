"""/predict and the message menu "Predict emoji": what would the bot react with, and how sure is it."""

import math
import re
from typing import Any, Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.policy import ServerSettings, choose
from model.predictor import Explanation, Prediction
from model.service import PredictionService, ServiceBusyError, ServiceClosedError

_BAR: Final = 10
_QUOTED: Final = 200
_WORDS: Final = 5
_WORD: Final = 40
_WORD_BAR: Final = 6
_NEGLIGIBLE: Final = math.log(1.05)  # what would be shown as a factor of 1.0
_CUSTOM_EMOJI: Final = re.compile(r"<a?:(\w{2,32}:)\d{1,20}>")
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
    @app_commands.describe(
        text="The message to find an emoji for",
        explain="Also show the words that spoke for and against the first emoji",
    )
    async def predict(
        self, interaction: discord.Interaction, text: app_commands.Range[str, 1, 4000], explain: bool = False
    ) -> None:
        """Show which emoji the bot would react with"""
        await self._answer(interaction, text, explain=explain)

    async def _predict_message(self, interaction: discord.Interaction, message: discord.Message) -> None:
        await self._answer(interaction, message.content)

    async def _answer(self, interaction: discord.Interaction, text: str, *, explain: bool = False) -> None:
        if not text.strip():
            await interaction.response.send_message(_NO_TEXT, ephemeral=True)
            return
        try:
            if explain:
                explanation = await self._service.explain(text)
                embed = explanation_embed(text, explanation, self._settings)
            else:
                embed = prediction_embed(text, await self._service.predict(text), self._settings)
        except (ServiceBusyError, ServiceClosedError):
            await interaction.response.send_message(_BUSY, ephemeral=True)
            return
        await interaction.response.send_message(embed=embed, ephemeral=True)


def prediction_embed(text: str, prediction: Prediction, settings: ServerSettings) -> discord.Embed:
    """A card with the candidates as bars, and what the bot would do under `settings`."""
    emoji = choose(prediction, settings)
    sure = f"{prediction.confidence:.0%} sure"
    embed = discord.Embed(
        colour=_COLOUR,
        title=f"I would react with {emoji}" if emoji else "I would stay silent",
        description=f"> {discord.utils.escape_markdown(_shortened(text, _QUOTED))}",
    )
    bars = "\n".join(
        f"{candidate.emoji} `{_bar(candidate.probability, _BAR)}` {candidate.probability:.0%}"
        for candidate in prediction.candidates
    )
    embed.add_field(name="Likeliest emoji", value=bars)
    embed.set_footer(text=f"{sure}; I react from {settings.threshold:.0%}")
    return embed


def explanation_embed(text: str, explanation: Explanation, settings: ServerSettings) -> discord.Embed:
    """The card of `prediction_embed`, and under the candidates the words that moved the odds of the first one most."""
    embed = prediction_embed(text, explanation.prediction, settings)
    emoji = explanation.prediction.candidates[0].emoji
    moving = [word for word in explanation.words if abs(word[1]) >= _NEGLIGIBLE]
    moving.sort(key=lambda word: -abs(word[1]))
    if not moving:
        return embed.add_field(name="Words", value=f"No single word moves the odds of {emoji}.", inline=False)
    for side, sign in (("for", 1), ("against", -1)):
        lines = [_weighed(*word, abs(moving[0][1])) for word in moving if word[1] * sign > 0]
        if lines:
            embed.add_field(name=f"Words {side} {emoji}", value="\n".join(lines[:_WORDS]), inline=False)
    return embed.set_footer(text=f"{embed.footer.text}\n×2: with the word, the odds are twice as high")


def _weighed(word: str, weight: float, strongest: float) -> str:
    """A line: a bar, full for the strongest word; the factor of the odds; the word, which neither pings nor formats."""
    factor = math.exp(abs(weight))
    shown = f"{factor:.1f}" if factor < 9.95 else f"{factor:.0f}" if factor < 99.5 else "99+"
    plain = _shortened(_CUSTOM_EMOJI.sub(r":\1", word), _WORD)
    escaped = discord.utils.escape_mentions(discord.utils.escape_markdown(plain))
    return f"`{_bar(abs(weight) / strongest, _WORD_BAR)} {'×' if weight > 0 else '÷'}{shown:<3}` {escaped}"


def _bar(share: float, width: int) -> str:
    filled = round(share * width)
    return "█" * filled + "░" * (width - filled)


def _shortened(text: str, limit: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
