"""/predict and the message menu "Predict emoji": what would the bot react with, and how sure is it."""

import asyncio
import contextlib
import math
from typing import Any, Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.colour import YELLOW
from bot.guild_settings import GuildState
from bot.judge import Judge, Verdict
from bot.plain_text import plain
from bot.server_emoji import usable_emoji
from bot.store import Store, StoreError
from bot.texts import phrase, say
from model.predictor import Explanation
from model.service import ServiceBusyError, ServiceClosedError

PATIENCE: Final = 1.0
"""Seconds for the database: an interaction is answered within three."""

_BAR: Final = 10
_QUOTED: Final = 200
_WORDS: Final = 5
_WORD: Final = 40
_WORD_BAR: Final = 6
_NEGLIGIBLE: Final = math.log(1.05)  # what would be shown as a factor of 1.0


class Predict(commands.Cog):
    """Answers with the five likeliest emoji, privately unless asked to share."""

    def __init__(self, judge: Judge, store: Store, tree: app_commands.CommandTree[Any]) -> None:
        self._judge = judge
        self._store = store
        self._tree = tree
        self._menu = app_commands.ContextMenu(name=phrase("predict.menu"), callback=self._predict_message)

    async def cog_load(self) -> None:
        """Add the message menu, which a cog does not register by itself."""
        self._tree.add_command(self._menu)

    async def cog_unload(self) -> None:
        """Take the message menu away again."""
        self._tree.remove_command(self._menu.name, type=self._menu.type)

    @app_commands.command(description=phrase("predict.description"))
    @app_commands.describe(
        text=phrase("predict.text"), explain=phrase("predict.explain"), share=phrase("predict.share")
    )
    async def predict(
        self,
        interaction: discord.Interaction,
        text: app_commands.Range[str, 1, 4000],
        explain: bool = False,
        share: bool = False,
    ) -> None:
        """Answer `/predict`."""
        await self._answer(interaction, text, explain=explain, share=share)

    async def _predict_message(self, interaction: discord.Interaction, message: discord.Message) -> None:
        await self._answer(interaction, message.content)

    async def _answer(
        self, interaction: discord.Interaction, text: str, *, explain: bool = False, share: bool = False
    ) -> None:
        locale = interaction.locale
        if not text.strip():
            await interaction.response.send_message(say("predict.no_text", locale), ephemeral=True)
            return
        state = usable_emoji(await self._state(interaction.guild_id), interaction.guild)
        try:
            if explain:
                verdict, explanation = await self._judge.explain(text, state)
                embed = explanation_embed(text, verdict, explanation, locale)
            else:
                embed = prediction_embed(text, await self._judge.judge(text, state), locale)
            if not state.settings.enabled:
                embed.title = say("predict.silent", locale)
                embed.set_footer(text=f"{say('predict.off', locale)}\n{embed.footer.text}")
        except (ServiceBusyError, ServiceClosedError):
            await interaction.response.send_message(say("common.busy", locale), ephemeral=True)
            return
        await interaction.response.send_message(embed=embed, ephemeral=not share)

    async def _state(self, guild_id: int | None) -> GuildState:
        """What the database knows of the server, or else memory; of none, and of an unknown one, what a new one has."""
        if guild_id is None:
            return GuildState()
        with contextlib.suppress(StoreError, TimeoutError):
            async with asyncio.timeout(PATIENCE):
                return await self._store.load(guild_id)
        return self._store.peek(guild_id) or GuildState()


def prediction_embed(text: str, verdict: Verdict, locale: discord.Locale | None = None) -> discord.Embed:
    """A card with the candidates as bars, and what the bot would do."""
    choice = verdict.choice
    title = (
        say("predict.react", locale, emoji=choice.emoji) if choice and choice.sure else say("predict.silent", locale)
    )
    embed = discord.Embed(colour=YELLOW, title=title, description=f"> {plain(text, _QUOTED)}")
    bars = "\n".join(
        f"{candidate.emoji} `{_bar(candidate.probability, _BAR)}` {candidate.probability:.0%}"
        for candidate in verdict.prediction.candidates
    )
    embed.add_field(name=say("predict.candidates", locale), value=bars)
    if choice is None:
        return embed.set_footer(text=say("predict.switched_off", locale))
    sure = {"confidence": f"{choice.confidence:.0%}", "threshold": f"{choice.threshold:.0%}"}
    return embed.set_footer(text=say("predict.sure", locale, **sure))


def explanation_embed(
    text: str, verdict: Verdict, explanation: Explanation, locale: discord.Locale | None = None
) -> discord.Embed:
    """The card of `prediction_embed`, and under the candidates the words that moved the odds of the first one most."""
    embed = prediction_embed(text, verdict, locale)
    emoji = explanation.prediction.candidates[0].emoji
    moving = [word for word in explanation.words if abs(word[1]) >= _NEGLIGIBLE]
    moving.sort(key=lambda word: -abs(word[1]))
    if not moving:
        nothing = say("predict.no_words", locale, emoji=emoji)
        return embed.add_field(name=say("predict.words", locale), value=nothing, inline=False)
    for side, sign in (("predict.words_for", 1), ("predict.words_against", -1)):
        lines = [_weighed(*word, abs(moving[0][1])) for word in moving if word[1] * sign > 0]
        if lines:
            embed.add_field(name=say(side, locale, emoji=emoji), value="\n".join(lines[:_WORDS]), inline=False)
    return embed.set_footer(text=f"{embed.footer.text}\n{say('predict.factor', locale)}")


def _weighed(word: str, weight: float, strongest: float) -> str:
    """A line: a bar, full for the strongest word; the factor of the odds; the word, which neither pings nor formats."""
    factor = math.exp(abs(weight))
    shown = f"{factor:.1f}" if factor < 9.95 else f"{factor:.0f}" if factor < 99.5 else "99+"
    share = max(abs(weight) / strongest, 1 / _WORD_BAR)
    return f"`{_bar(share, _WORD_BAR)} {'×' if weight > 0 else '÷'}{shown:<3}` {plain(word, _WORD)}"


def _bar(share: float, width: int) -> str:
    filled = round(share * width)
    return "█" * filled + "░" * (width - filled)
