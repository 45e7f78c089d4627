"""Says what a server's settings mean, a line a setting: for the card, and for the answer to a change."""

from collections.abc import Iterable, Sequence
from typing import Final

import discord

from bot.gone import gone_channels, gone_roles
from bot.guild_settings import ChannelMode, GuildSettings
from bot.sensitivity import level_of
from bot.texts import say
from model.labels import Label

_LONGEST_LIST: Final = 400
"""Characters of a list; the rest is counted. A field of an embed takes 1,024, and the whole card 6,000."""

_LONGEST_MAP: Final = 900
"""Characters of the list of replaced emoji, which each take about 35."""


def listed(items: Iterable[str], locale: discord.Locale, separator: str = ", ", most: int = _LONGEST_LIST) -> str:
    """As many of `items` as fit into `most` characters, at least one, and how many more there are."""
    shown: list[str] = []
    rest = 0
    for item in items:
        if rest or (shown and len(separator.join((*shown, item))) > most):
            rest += 1
        else:
            shown.append(item)
    if rest:
        shown[-1] += f" {say('common.more', locale, n=rest)}"
    return separator.join(shown)


def switch_line(settings: GuildSettings, locale: discord.Locale) -> str:
    """Whether the bot reacts at all."""
    return say("settings.switched_on" if settings.enabled else "settings.switched_off", locale)


def sensitivity_line(settings: GuildSettings, default: float, locale: discord.Locale) -> str:
    """How sure the bot must be, where `default` is normal."""
    threshold = default if settings.threshold is None else settings.threshold
    level = level_of(settings.threshold, default)
    if level is None:
        return say("settings.sure", locale, percent=f"{threshold:.0%}")
    return say("settings.sure_named", locale, percent=f"{threshold:.0%}", level=say(f"settings.{level}", locale))


def channels_line(settings: GuildSettings, guild: discord.Guild, locale: discord.Locale) -> str:
    """Where the bot reacts."""
    only = settings.channel_mode is ChannelMode.ONLY
    gone = gone_channels(settings.channels, guild)
    if there := settings.channels - gone:
        channels = listed((f"<#{one}>" for one in sorted(there)), locale)
        line = say("settings.only_in" if only else "settings.everywhere_except", locale, channels=channels)
    else:
        line = say("settings.nowhere" if only else "settings.everywhere", locale)
    return _with_gone(line, gone, locale)


def cooldown_line(settings: GuildSettings, locale: discord.Locale) -> str:
    """How long the bot pauses."""
    channel, member = settings.channel_cooldown, settings.member_cooldown
    return "\n".join(
        (
            say("settings.channel_pause" if channel else "settings.channel_no_pause", locale, seconds=channel),
            say("settings.member_pause" if member else "settings.member_no_pause", locale, seconds=member),
        )
    )


def length_line(settings: GuildSettings, locale: discord.Locale) -> str:
    """How long messages may be."""
    return say("settings.lengths", locale, shortest=settings.shortest, longest=settings.longest)


def ignored_line(settings: GuildSettings, guild: discord.Guild, locale: discord.Locale) -> str:
    """Whose messages get nothing."""
    gone = gone_roles(settings.ignored_roles, guild)
    lists = []
    if roles := settings.ignored_roles - gone:
        lists.append(listed((f"<@&{one}>" for one in sorted(roles)), locale))
    if settings.ignored_members:  # who has left is not known: there is no cache of members
        lists.append(listed((f"<@{one}>" for one in sorted(settings.ignored_members)), locale))
    line = say("settings.ignoring", locale, who=", ".join(lists)) if lists else say("settings.ignoring_nobody", locale)
    return _with_gone(line, gone, locale)


def emoji_fields(
    settings: GuildSettings, usable: GuildSettings, labels: Sequence[Label], locale: discord.Locale
) -> dict[str, str]:
    """What stands for which emoji, by the key of its heading.

    Args:
        settings: as they are stored.
        usable: the same, without the replacements that cannot be used now.
        labels: of the model.
        locale: the language.
    """
    replaced, off, gone = [], [], []
    for label in labels:
        stored = settings.emoji.get(label.name, "")
        if stored is None:
            off.append(label.emoji)
        elif label.name in usable.emoji:
            replaced.append(f"{label.emoji} → {usable.emoji[label.name]}")
        elif stored:
            gone.append(f"{label.emoji} (:{stored.split(':')[1]}:)")
    fields = {}
    if replaced:
        fields["emoji_replaced"] = listed(replaced, locale, most=_LONGEST_MAP)
    if off:
        fields["emoji_off"] = listed(off, locale, separator=" ")
    if gone:
        fields["emoji_gone"] = say("settings.map_gone", locale, emoji=listed(gone, locale))
    return fields or {"emoji": say("settings.all_as_usual", locale)}


def _with_gone(line: str, gone: frozenset[int], locale: discord.Locale) -> str:
    """The line, and below it how many of a list are gone."""
    return f"{line}\n{say('settings.gone', locale, n=len(gone))}" if gone else line
