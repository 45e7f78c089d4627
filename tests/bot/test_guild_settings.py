"""What an admin may choose."""

from typing import Any

import pytest

from bot.guild_settings import ChannelMode, GuildSettings


def test_by_default_the_bot_reacts_everywhere_to_everyone() -> None:
    settings = GuildSettings()

    assert settings.enabled
    assert settings.channel_mode is ChannelMode.EXCEPT
    assert not settings.channels
    assert settings.threshold is None
    assert (settings.channel_cooldown, settings.member_cooldown) == (0, 0)
    assert (settings.shortest, settings.longest) == (1, 4000)
    assert not settings.ignored_roles
    assert not settings.ignored_members
    assert settings.emoji == {}


@pytest.mark.parametrize(
    "values",
    [
        {"threshold": 0.0},
        {"threshold": 1.0},
        {"channel_cooldown": 86_400, "member_cooldown": 86_400},
        {"shortest": 4000, "longest": 4000},
        {"channels": frozenset(range(1, 501))},
        {"ignored_roles": frozenset({2**63 - 1})},
        {"emoji": {"joy": None, "heart": "<:love:1>", "fire": f"<a:{'x' * 32}:{'9' * 20}>"}},
    ],
)
def test_the_limits_themselves_are_allowed(values: dict[str, Any]) -> None:
    settings = GuildSettings(**values)

    assert {name: getattr(settings, name) for name in values} == values


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"threshold": 1.01}, "threshold must be from 0 to 1, not 1.01"),
        ({"threshold": float("nan")}, "threshold must be from 0 to 1, not nan"),
        ({"channel_cooldown": -1}, "channel_cooldown must be from 0 to 86400, not -1"),
        ({"member_cooldown": 86_401}, "member_cooldown must be from 0 to 86400, not 86401"),
        ({"shortest": 0}, "shortest must be from 1 to 4000, not 0"),
        ({"shortest": 10, "longest": 9}, "longest must be from 10 to 4000, not 9"),
        ({"longest": 4001}, "longest must be from 1 to 4000, not 4001"),
        ({"channels": frozenset(range(1, 502))}, "channels must be at most 500, not 501"),
        ({"ignored_roles": frozenset(range(1, 252))}, "ignored_roles must be at most 250, not 251"),
        ({"ignored_members": frozenset(range(1, 502))}, "ignored_members must be at most 500, not 501"),
        ({"channels": frozenset({0})}, "channels must hold ids from 1 to 9223372036854775807, not 0"),
        ({"emoji": {str(i): None for i in range(64)}}, "emoji must be at most 63, not 64"),
        ({"emoji": {"": None}}, "emoji: a label must be 1 to 40 printable characters, not ''"),
        ({"emoji": {"joy": "😂"}}, "emoji: joy must be <:name:id>, <a:name:id> or None, not '😂'"),
        ({"emoji": {"joy": "<:name:1>\n"}}, "emoji: joy must be <:name:id>, <a:name:id> or None, not '<:name:1>\\\\n'"),
    ],
)
def test_what_is_out_of_range_is_named(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        GuildSettings(**values)


@pytest.mark.parametrize(
    ("mode", "listed", "covered"),
    [
        (ChannelMode.EXCEPT, set(), True),
        (ChannelMode.EXCEPT, {9}, True),
        (ChannelMode.EXCEPT, {1}, False),
        (ChannelMode.EXCEPT, {2, 9}, False),
        (ChannelMode.ONLY, set(), False),
        (ChannelMode.ONLY, {9}, False),
        (ChannelMode.ONLY, {1}, True),
        (ChannelMode.ONLY, {2, 9}, True),
    ],
)
def test_a_channel_or_its_category_on_the_list_is_left_out_or_the_only_one(
    mode: ChannelMode, listed: set[int], covered: bool
) -> None:
    channel, category = 1, 2

    settings = GuildSettings(channel_mode=mode, channels=frozenset(listed))
    assert settings.covers(frozenset({channel, category})) is covered


def test_settings_cannot_be_changed_through_the_mapping_they_were_made_of() -> None:
    emoji: dict[str, str | None] = {"joy": None}
    settings = GuildSettings(emoji=emoji)
    emoji["fire"] = None

    assert settings.emoji == {"joy": None}
    assert hash(settings) == hash(GuildSettings(emoji={"joy": None}))
