"""What the store keeps of a server and of a member, as plain values. No I/O."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from bot.taste import Taste

MOST_CHANNELS: Final = 500
MOST_ROLES: Final = 250
MOST_MEMBERS: Final = 500
MOST_EMOJI: Final = 63
LONGEST_COOLDOWN: Final = 86_400
"""Seconds: a day."""
LONGEST_MESSAGE: Final = 4000
"""Characters that Discord lets anyone write."""
LONGEST_NAME: Final = 40
"""Characters of a label's or a counter's name."""

_LARGEST_ID: Final = 2**63 - 1
_SERVER_EMOJI: Final = re.compile(r"<a?:[A-Za-z0-9_]{2,32}:[0-9]{1,20}>")


class ChannelMode(StrEnum):
    """How a server's list of channels is meant."""

    EXCEPT = "except"
    """React everywhere but there."""
    ONLY = "only"
    """React nowhere but there."""


class SettingsLimitError(ValueError):
    """A setting is outside its limits.

    Args:
        field: of `GuildSettings`.
        limit: what it must be, and what it is not.
    """

    def __init__(self, field: str, limit: str) -> None:
        super().__init__(f"{field} {limit}")
        self.field = field


@dataclass(frozen=True, slots=True)
class GuildSettings:
    """What the admins of a server have chosen.

    Args:
        enabled: whether the bot reacts at all.
        channel_mode: what `channels` means.
        channels: ids of channels or categories; at most 500.
        threshold: confidence from 0 to 1 from which the bot reacts; None takes the default of the process.
        channel_cooldown: seconds between two reactions in a channel, 0 to 86,400.
        member_cooldown: seconds between two reactions to a member, 0 to 86,400.
        shortest: characters of the shortest message that gets a reaction, 1 to 4,000.
        longest: characters of the longest, from `shortest` to 4,000.
        ignored_roles: ids of roles whose members get no reaction; at most 250.
        ignored_members: ids of members who get none; at most 500.
        emoji: by a label's name, the server's own emoji to react with instead (`<:name:id>`, or `<a:name:id>` if it
            moves), or None where the label is switched off; at most 63.

    Raises:
        SettingsLimitError: names the field and its limits.
        ValueError: the emoji map holds what is no name of a label or no emoji.
    """

    enabled: bool = True
    channel_mode: ChannelMode = ChannelMode.EXCEPT
    channels: frozenset[int] = frozenset()
    threshold: float | None = None
    channel_cooldown: int = 0
    member_cooldown: int = 0
    shortest: int = 1
    longest: int = LONGEST_MESSAGE
    ignored_roles: frozenset[int] = frozenset()
    ignored_members: frozenset[int] = frozenset()
    emoji: Mapping[str, str | None] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if self.threshold is not None:
            _check_range("threshold", self.threshold, 0, 1)
        _check_range("channel_cooldown", self.channel_cooldown, 0, LONGEST_COOLDOWN)
        _check_range("member_cooldown", self.member_cooldown, 0, LONGEST_COOLDOWN)
        _check_range("shortest", self.shortest, 1, LONGEST_MESSAGE)
        _check_range("longest", self.longest, self.shortest, LONGEST_MESSAGE)
        _check_ids("channels", self.channels, MOST_CHANNELS)
        _check_ids("ignored_roles", self.ignored_roles, MOST_ROLES)
        _check_ids("ignored_members", self.ignored_members, MOST_MEMBERS)
        _check_size("emoji", self.emoji, MOST_EMOJI)
        for label, replacement in self.emoji.items():
            check_name("emoji: a label", label)
            if replacement is not None and not _SERVER_EMOJI.fullmatch(replacement):
                raise ValueError(f"emoji: {label} must be <:name:id>, <a:name:id> or None, not {replacement!r}")
        object.__setattr__(self, "emoji", MappingProxyType(dict(self.emoji)))

    def covers(self, places: frozenset[int]) -> bool:
        """Whether the rule of channels lets the bot react at a place.

        Args:
            places: ids of the channel, of the channel that a thread belongs to, and of their category.
        """
        return places.isdisjoint(self.channels) == (self.channel_mode is ChannelMode.EXCEPT)


@dataclass(frozen=True, slots=True)
class GuildState:
    """All that the way of a message needs to know of a server.

    Args:
        settings: of its admins.
        opted_out: ids of the members who want no reaction in this server; those who want none anywhere stand apart.
        taste: by a label's name, how the members took the bot's reactions with it, decayed to its own `updated_at`.
    """

    settings: GuildSettings = field(default_factory=GuildSettings)
    opted_out: frozenset[int] = frozenset()
    taste: Mapping[str, Taste] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "taste", MappingProxyType(dict(self.taste)))


@dataclass(frozen=True, slots=True)
class Counter:
    """How often something happened in a server on a day, in UTC."""

    day: date
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Known:
    """All that is stored about a user.

    Args:
        opted_out_everywhere: whether the user wants no reaction in any server.
        opted_out_in: ids of the servers in which the user wants none.
        ignored_in: ids of the servers whose admins put the user on the list of ignored members.
    """

    opted_out_everywhere: bool = False
    opted_out_in: frozenset[int] = frozenset()
    ignored_in: frozenset[int] = frozenset()


def check_name(what: str, name: str) -> None:
    """Accept the name of a label or a counter.

    Raises:
        ValueError: it is empty, longer than 40 characters, or holds some that cannot be printed.
    """
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise ValueError(f"{what} must be 1 to {LONGEST_NAME} printable characters, not {name!r}")


def _check_range(name: str, value: float, low: int, high: int) -> None:
    if not low <= value <= high:
        raise SettingsLimitError(name, f"must be from {low} to {high}, not {value}")


def _check_ids(name: str, ids: frozenset[int], most: int) -> None:
    _check_size(name, ids, most)
    for some in ids:
        if not 1 <= some <= _LARGEST_ID:
            raise SettingsLimitError(name, f"must hold ids from 1 to {_LARGEST_ID}, not {some}")


def _check_size(name: str, values: Collection[object], most: int) -> None:
    if len(values) > most:
        raise SettingsLimitError(name, f"must be at most {most}, not {len(values)}")
