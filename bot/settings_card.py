"""All settings of a server as one embed: what is set, what was learned, and where the bot cannot do what it should."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import discord

from bot import settings_lines as lines
from bot import taste
from bot.blind_spots import blind_spots
from bot.colour import YELLOW
from bot.guild_settings import GuildSettings, GuildState
from bot.server_emoji import usable_emoji
from bot.taste import Taste
from bot.texts import say
from model.labels import Label

_MOST_LEARNED: Final = 5
_MOST_BLIND: Final = 5
_LEAST_SHIFT: Final = 0.01


def settings_card(
    state: GuildState,
    guild: discord.Guild,
    labels: Sequence[Label],
    default: float,
    at: datetime,
    locale: discord.Locale,
) -> discord.Embed:
    """The card.

    Args:
        state: of the server, as it is stored.
        guild: the server, as discord.py knows it.
        labels: of the model.
        default: confidence from which the bot reacts where a server says nothing else.
        at: the present, aware.
        locale: the language.
    """
    settings = state.settings
    usable = usable_emoji(state, guild).settings
    embed = discord.Embed(colour=YELLOW, title=say("settings.card", locale))
    fields = {
        "reactions": lines.switch_line(settings, locale),
        "channels": lines.channels_line(settings, guild, locale),
        "sensitivity": lines.sensitivity_line(settings, default, locale),
        "cooldowns": lines.cooldown_line(settings, locale),
        "length": lines.length_line(settings, locale),
        "ignored": lines.ignored_line(settings, guild, locale),
        **lines.emoji_fields(settings, usable, labels, locale),
        "learned": learned_lines(state.taste, labels, at, locale),
        "blind": blind_lines(guild, settings, locale),
    }
    for name, value in fields.items():
        embed.add_field(name=say(f"settings.card_{name}", locale), value=value, inline=False)
    return embed


def learned_lines(tastes: Mapping[str, Taste], labels: Sequence[Label], at: datetime, locale: discord.Locale) -> str:
    """By how many points the members moved the thresholds of single emoji: the five strongest, from one point on."""
    shifts = {label.emoji: taste.shift(tastes.get(label.name), at) for label in labels}
    moved = sorted((item for item in shifts.items() if abs(item[1]) >= _LEAST_SHIFT), key=lambda item: -abs(item[1]))
    if not moved:
        return say("settings.none", locale)
    shown = [
        say("settings.points", locale, emoji=emoji, points=f"{shift * 100:+.0f}".replace("-", "−"))
        for emoji, shift in moved[:_MOST_LEARNED]
    ]
    return "\n".join((*shown, say("settings.learned_hint", locale)))


def blind_lines(guild: discord.Guild, settings: GuildSettings, locale: discord.Locale) -> str:
    """The channels in which the bot should react and cannot, with what it lacks there: the first five."""
    spots = blind_spots(guild, settings)
    if not spots:
        return say("settings.none", locale)
    shown = [
        say(
            "settings.blind_line",
            locale,
            channel=f"<#{spot.channel_id}>",
            permissions=", ".join(say(f"settings.{name}", locale) for name in spot.missing),
        )
        for spot in spots[:_MOST_BLIND]
    ]
    if len(spots) > _MOST_BLIND:
        shown.append(say("common.more", locale, n=len(spots) - _MOST_BLIND))
    return "\n".join((say("settings.blind_hint", locale), *shown))
