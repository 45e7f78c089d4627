"""/settings through the real client: every command counts from the next message on."""

from dataclasses import replace
from pathlib import Path
from unittest.mock import AsyncMock

import discord
import pytest

from bot import guild_settings
from bot.client import EmojiBot
from bot.guild_settings import ChannelMode, GuildSettings
from bot.settings import Settings
from bot.store import Store
from bot.texts import say
from tests.bot.admin import Admin, reaction_to, store_of, text_of
from tests.bot.conftest import Server


@pytest.fixture
def admin(server: Server) -> Admin:
    return Admin(server)


async def test_the_switch_stops_all_reactions_and_starts_them_again(server: Server, admin: Admin) -> None:
    assert "nowhere" in await admin.set("switch", state="off")
    assert await reaction_to(server) is None
    assert await admin.set("switch", state="on") == "I react in this server."
    assert await reaction_to(server) is not None


async def test_sensitivity_is_exact_or_has_a_name(server: Server, admin: Admin) -> None:
    assert await admin.set("sensitivity", exact=100) == "I react when I am at least 100% sure."
    assert await reaction_to(server) is None
    assert await admin.set("sensitivity", level="normal") == "I react when I am at least 0% sure (normal)."
    assert await reaction_to(server) is not None
    assert await admin.set("sensitivity", level="quiet") == "I react when I am at least 50% sure (quiet)."
    assert (await store_of(server).load(server.guild.id)).settings.threshold == 0.5


async def test_sensitivity_takes_one_of_both(server: Server, admin: Admin) -> None:
    for options in ({}, {"level": "quiet", "exact": 50}):
        assert "either" in await admin.set("sensitivity", **options)
    assert (await store_of(server).load(server.guild.id)).settings == GuildSettings()


async def test_a_listed_channel_gets_nothing_and_its_threads_neither(server: Server, admin: Admin) -> None:
    answer = await admin.set("channels add", channel=server.channel)
    channel = server.environment.bot.get_channel(server.channel.id)
    assert isinstance(channel, discord.TextChannel)
    await channel.create_thread(name="party", type=discord.ChannelType.public_thread)

    assert answer == f"I react everywhere except in <#{server.channel.id}>."
    assert await reaction_to(server) is None
    assert await reaction_to(server, server.channel.threads[0]) is None
    assert await reaction_to(server, server.guild.create_text_channel("elsewhere")) is not None
    assert await admin.set("channels remove", channel=server.channel) == "I react everywhere."
    assert await reaction_to(server, server.channel.threads[0]) is not None


async def test_only_in_a_category_means_in_its_channels(server: Server, admin: Admin) -> None:
    category = server.guild.create_category("fun")
    inside = server.guild.create_text_channel("memes", category=category)
    assert "nowhere" in await admin.set("channels mode", mode="only")
    assert await reaction_to(server) is None

    assert await admin.set("channels add", channel=category) == f"I react only in <#{category.id}>."
    assert await reaction_to(server) is None
    assert await reaction_to(server, inside) is not None
    assert "nowhere" in await admin.set("channels clear")
    assert await admin.set("channels mode", mode="except") == "I react everywhere."
    assert await reaction_to(server) is not None


@pytest.mark.parametrize("of", ["channel", "member"])
async def test_a_cooldown_lets_one_reaction_through(server: Server, admin: Admin, of: str) -> None:
    answer = await admin.set("cooldown", **{of: 3600})

    assert "3600 s" in answer
    assert await reaction_to(server) is not None
    assert await reaction_to(server) is None
    assert "3600" not in await admin.set("cooldown", **{of: 0})
    assert await reaction_to(server) is not None


async def test_a_cooldown_of_one_kind_leaves_the_other_as_it_was(server: Server, admin: Admin) -> None:
    await admin.set("cooldown", channel=5)
    await admin.set("cooldown", member=7)
    assert "at least one" in await admin.set("cooldown")

    settings = (await store_of(server).load(server.guild.id)).settings
    assert (settings.channel_cooldown, settings.member_cooldown) == (5, 7)


async def test_messages_outside_the_length_get_nothing(server: Server, admin: Admin) -> None:
    assert await admin.set("length", shortest=100) == "I react to messages of 100 to 4000 characters."
    assert await reaction_to(server) is None
    assert "can't be shorter" in await admin.set("length", longest=99)
    assert "1 to 5" in await admin.set("length", shortest=1, longest=5)
    assert await reaction_to(server) is None
    assert "1 to 50" in await admin.set("length", longest=50)
    assert await reaction_to(server) is not None
    assert "at least one" in await admin.set("length")


async def test_ignored_members_get_nothing(server: Server, admin: Admin) -> None:
    assert await admin.set("ignore add", who=server.alice) == f"I leave the messages of <@{server.alice.id}> alone."
    assert await reaction_to(server) is None
    assert await reaction_to(server, sender=admin.member) is not None
    assert await admin.set("ignore remove", who=server.alice) == "I leave nobody's messages alone."
    assert await reaction_to(server) is not None


async def test_members_with_an_ignored_role_get_nothing_but_everyone_is_no_role_to_ignore(
    server: Server, admin: Admin
) -> None:
    role = server.guild.create_role("quiet please")
    bob = server.guild.add_member(server.environment.create_user("bob"), roles=[role])

    assert f"<@&{role.id}>" in await admin.set("ignore add", who=role)
    assert await reaction_to(server, sender=bob) is None
    assert await reaction_to(server) is not None
    assert "/settings switch off" in await admin.set("ignore add", who=server.guild.default_role)
    assert await reaction_to(server) is not None


@pytest.mark.parametrize(("command", "options"), [("switch", {"state": "off"}), ("channels clear", {}), ("show", {})])
async def test_a_member_whom_discord_lets_through_is_refused(
    server: Server, command: str, options: dict[str, str]
) -> None:
    await _let_through(server)
    result = await server.alice.slash(server.channel, f"settings {command}", **options)

    assert result.ephemeral
    assert "Manage Server" in text_of(result)
    assert await reaction_to(server) is not None


async def test_a_member_without_the_permission_is_offered_nothing(server: Server) -> None:
    await _let_through(server)

    assert await server.alice.autocomplete(server.channel, "settings emoji off", "emoji", "fire") == []


async def _let_through(server: Server) -> None:
    command = server.environment.backend.find_command("settings", None)
    assert command is not None
    server.guild.set_command_permissions(int(command["id"]), {server.alice: True})
    await server.environment.settle()


async def test_settings_survive_a_restart_and_other_processes_see_them(
    server: Server, admin: Admin, settings: Settings, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'bot.db'}"
    async with await Store.open(url, cache_seconds=0.0) as elsewhere:
        await elsewhere.load(server.guild.id)
        await admin.set("channels mode", mode="only")
        assert (await elsewhere.load(server.guild.id)).settings.channel_mode is ChannelMode.ONLY

    await server.environment.bot.close()
    again = EmojiBot(replace(settings, database_url=url), clock=server.environment.now)
    await server.environment.restart_bot(again)
    assert await reaction_to(server) is None
    await admin.set("channels mode", mode="except")
    assert await reaction_to(server) is not None
    await again.close()


async def test_a_full_list_is_told_and_kept(server: Server, admin: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    store, ids = store_of(server), frozenset(range(1, 501))
    monkeypatch.setattr(guild_settings, "MOST_CHANNELS", 2)
    there = frozenset(server.guild.create_text_channel(name).id for name in ("one", "two"))
    await server.environment.settle()
    await store.change(server.guild.id, lambda settings: replace(settings, channels=there, ignored_members=ids))

    assert "the list holds at most" in await admin.set("channels add", channel=server.channel)
    assert "at most 500 members" in await admin.set("ignore add", who=server.alice)
    assert (await store.load(server.guild.id)).settings.channels == there


async def test_deleted_channels_make_room_on_a_full_list(server: Server, admin: Admin) -> None:
    store, gone = store_of(server), frozenset(range(1, 501))
    await store.change(server.guild.id, lambda settings: replace(settings, channels=gone))

    answer = await admin.set("channels add", channel=server.channel)
    assert answer == f"I react everywhere except in <#{server.channel.id}>."
    assert (await store.load(server.guild.id)).settings.channels == {server.channel.id}


async def test_deleted_roles_make_room_on_a_full_list_and_members_stay_on_theirs(server: Server, admin: Admin) -> None:
    store, gone, role = store_of(server), frozenset(range(1, 251)), server.guild.create_role("quiet please")
    await server.environment.settle()
    await store.change(server.guild.id, lambda now: replace(now, ignored_roles=gone, ignored_members=frozenset({7})))

    assert await admin.set("ignore add", who=role) == f"I leave the messages of <@&{role.id}>, <@7> alone."
    settings = (await store.load(server.guild.id)).settings
    assert settings.ignored_roles == {role.id}
    assert settings.ignored_members == {7}


async def test_a_mistake_in_a_change_is_not_taken_for_a_limit(
    server: Server, admin: Admin, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Store, "change", AsyncMock(side_effect=ValueError("channels are odd today")))
    server.environment.check_errors = False

    assert await admin.set("switch", state="off") == say("common.apology")
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == [
        "command failed command=settings switch"
    ]


async def test_an_outage_of_the_database_is_told(server: Server, admin: Admin) -> None:
    await store_of(server)._database.close()

    for command, options in (("switch", {"state": "off"}), ("learning reset", {})):
        assert "can't reach my database" in await admin.set(command, **options)
    assert await reaction_to(server) is not None


def _characters(command: object) -> int:
    """How Discord counts a command's size: names, descriptions and values, of all options."""
    if isinstance(command, dict):
        own = sum(len(str(command.get(key, ""))) for key in ("name", "description", "value"))
        return own + sum(_characters(command.get(key, [])) for key in ("options", "choices"))
    return sum(_characters(one) for one in command) if isinstance(command, list) else 0


async def test_the_group_leaves_room_for_longer_languages(server: Server) -> None:
    assert 0 < _characters(server.environment.backend.find_command("settings", None)) < 5000
