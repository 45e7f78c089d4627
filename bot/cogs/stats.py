"""/stats: what the bot did in a server, in numbers and as a picture, for those who manage it."""

import asyncio
import io
import logging
from collections.abc import Callable, Mapping
from dataclasses import astuple
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.chart import Captions, draw_stats, in_latin
from bot.colour import YELLOW
from bot.counts import Count
from bot.current_model import CurrentModel
from bot.server_emoji import usable_emoji
from bot.store import Store, StoreError
from bot.summary import Summary, summarise
from bot.texts import CATALOGS, ENGLISH, number, phrase, say

log = logging.getLogger(__name__)

KEPT: Final = 90
"""Days for which counters are kept, today among them."""

_PICTURE: Final = "stats.png"
_MOST_EMOJI: Final = 9
_MOST_REASONS: Final = 8


class Stats(commands.Cog):
    """Answers with a server's counters, and deletes the old ones.

    Args:
        store: keeps the counters.
        model: names its emoji.
        clock: the present, aware.
    """

    def __init__(self, store: Store, model: CurrentModel, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._model = model
        self._clock = clock
        self._pruned: date | None = None
        self._pruning = asyncio.Lock()
        self._drawing = asyncio.Lock()  # one picture at a time: each takes some megabytes, and threads are few

    async def cog_unload(self) -> None:
        """Let a deletion that is under way end: the database is closed next."""
        async with self._pruning:
            pass

    async def on_message(self, message: discord.Message) -> None:  # noqa: ARG002 - any message is a sign of life
        """Delete what is too old, once a day. It takes no timer: where nobody writes, nothing is counted either."""
        today = self._today()
        if today != self._pruned:
            self._pruned = today
            await self.prune()

    @app_commands.command(description=phrase("stats.description"))
    @app_commands.describe(days=phrase("stats.days"))
    @app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
    @app_commands.default_permissions(manage_guild=True)
    async def stats(self, interaction: discord.Interaction, days: Literal[7, 30, 90] = 30) -> None:
        """Answer `/stats`."""
        locale = interaction.locale
        assert interaction.guild is not None  # noqa: S101 - the command exists in servers only
        await interaction.response.defer(ephemeral=True)
        today = self._today()
        try:
            counters = await self._store.counters(interaction.guild.id, today - timedelta(days - 1))
            state = await self._store.load(interaction.guild.id)
            settings = usable_emoji(state, interaction.guild).settings
        except StoreError:
            await interaction.edit_original_response(content=say("common.database", locale))
            return
        if not counters:
            await interaction.edit_original_response(content=say("stats.nothing", locale, days=days))
            return
        found = summarise(counters)
        own = {name: emoji for name, emoji in settings.emoji.items() if emoji is not None}
        embed = stats_embed(found, {**self._model.emoji, **own}, days, locale)
        picture = await self._picture(found, today, days, locale)
        embed.set_image(url=f"attachment://{picture.filename}")
        await interaction.edit_original_response(embed=embed, attachments=[picture])

    async def prune(self) -> None:
        """Delete the counters that are too old; where the database does not do it, say so in the log."""
        async with self._pruning:
            try:
                pruned = await self._store.prune(self._today() - timedelta(KEPT - 1))
            except StoreError as error:
                log.warning("old counters not deleted, tried again tomorrow: %s", error)
            else:
                log.info("old counters deleted n=%d", pruned)

    async def _picture(
        self, found: Summary, today: date, days: int, locale: discord.Locale | None = None
    ) -> discord.File:
        async with self._drawing:
            png = await asyncio.to_thread(
                draw_stats, found.days, found.emoji, until=today, captions=captions(days, locale), span=days
            )
        return discord.File(io.BytesIO(png), _PICTURE, description=say("stats.chart_text", locale, days=days))

    def _today(self) -> date:
        return self._clock().astimezone(UTC).date()


def stats_embed(
    found: Summary, emoji: Mapping[str, str], days: int, locale: discord.Locale | None = None
) -> discord.Embed:
    """A card with all numbers; a part in which nothing was counted is left out.

    Args:
        found: the numbers.
        emoji: of each label's name; a label that is none of them is shown by its name.
        days: how many days the numbers are of.
        locale: the reader's.
    """
    embed = discord.Embed(colour=YELLOW, title=say("stats.title", locale, days=days))
    did = [_line("seen", found, locale), _reactions(found, locale), _line("silent", found, locale)]
    did += [_line(count, found, locale) for count in (Count.EARNED, Count.ASKED, Count.EDITED) if found.totals[count]]
    embed.add_field(name=say("stats.did", locale), value="\n".join(did), inline=False)
    answers = [_line(count, found, locale) for count in (Count.JOINED, Count.DISLIKED, Count.REMOVED)]
    embed.add_field(name=say("stats.answers", locale), value="\n".join(answers), inline=False)
    if found.emoji:
        top = [f"{emoji.get(name, name)} **{number(count, locale)}**" for name, count in found.emoji[:_MOST_EMOJI]]
        embed.add_field(name=say("stats.top", locale), value="\u2003".join(top), inline=False)
    if found.skipped:
        embed.add_field(name=say("stats.skipped", locale), value="\n".join(_reasons(found, locale)), inline=False)
    return embed.set_footer(text=say("stats.footer", locale, kept=KEPT))


def reason_text(reason: str, locale: discord.Locale | None = None) -> str:
    """Why messages got no reaction, in words; a reason of another version is shown as it was counted."""
    key = f"stats.skipped_{reason.replace(' ', '_')}"
    return say(key, locale) if key in CATALOGS[ENGLISH] else reason


def captions(days: int, locale: discord.Locale | None = None) -> Captions:
    """The words on the picture: in the language of `locale` where the picture has its letters, else in English."""
    words = Captions(
        title=say("stats.chart_title", locale, days=days),
        reactions=say("stats.chart_reactions", locale),
        messages=say("stats.chart_messages", locale),
        top=say("stats.chart_top", locale),
        nothing=say("stats.chart_nothing", locale),
    )
    drawable = all("?" not in in_latin(word) for word in astuple(words))
    return words if drawable or locale is None else captions(days)


def _line(name: str, found: Summary, locale: discord.Locale | None) -> str:
    return say(f"stats.{name}", locale, n=number(found.totals[Count(name)], locale))


def _reactions(found: Summary, locale: discord.Locale | None) -> str:
    n = number(found.at_once, locale)
    if found.share is None:
        return say("stats.reacted", locale, n=n)
    return say("stats.reacted_share", locale, n=n, share=found.share)


def _reasons(found: Summary, locale: discord.Locale | None) -> list[str]:
    reasons = [(reason_text(reason, locale), n) for reason, n in found.skipped[:_MOST_REASONS]]
    rest = sum(n for _, n in found.skipped[_MOST_REASONS:])
    if rest:
        reasons.append((say("stats.skipped_rest", locale), rest))
    return [say("stats.skipped_line", locale, reason=reason, n=number(n, locale)) for reason, n in reasons]
