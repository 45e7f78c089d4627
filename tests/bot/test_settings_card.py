"""/settings show: the card of all settings, of what was learned, and of where the bot is kept from reacting."""

from dataclasses import replace
from typing import Any

import discord
import pytest

from bot.client import EmojiBot
from bot.guild_settings import ChannelMode, GuildSettings
from bot.settings import Settings
from model.bundle import load_bundle
from tests.bot.admin import Admin, store_of
from tests.bot.conftest import Server


@pytest.fixture
def admin(server: Server) -> Admin:
    return Admin(server)


async def test_a_new_server_has_the_defaults(admin: Admin) -> None:
    assert await admin.show() == {
        "Reactions": "I react in this server.",
        "Channels": "I react everywhere.",
        "Sensitivity": "I react when I am at least 0% sure (normal).",
        "Cooldowns": "In one channel I don't pause after a reaction.\nFor one member I don't pause after a reaction.",
        "Message length": "I react to messages of 1 to 4000 characters.",
        "Ignored": "I leave nobody's messages alone.",
        "Emoji": "All as usual",
        "Learned from your members": "None",
        "Where I should react and can't": "None",
    }


async def test_a_missing_permission_is_told_in_the_card_and_nowhere_else(server: Server, admin: Admin) -> None:
    everyone = server.guild.default_role
    hidden = server.guild.create_text_channel(
        "hidden", overwrites={everyone: discord.PermissionOverwrite(view_channel=False)}
    )
    muted = server.guild.create_text_channel(
        "muted", overwrites={everyone: discord.PermissionOverwrite(add_reactions=False, read_message_history=False)}
    )
    await server.alice.send(muted, "we won the finals!!!")

    assert (await admin.show())["Where I should react and can't"].splitlines()[1:] == [
        f"<#{muted.id}>: Read Message History, Add Reactions",
        f"<#{hidden.id}>: View Channel",
    ]
    assert len(muted.history()) == 1
    await admin.set("channels add", channel=muted)
    assert str(muted.id) not in (await admin.show())["Where I should react and can't"]
    await admin.set("switch", state="off")
    assert (await admin.show())["Where I should react and can't"] == "None"


async def test_of_many_channels_without_permission_five_are_named(server: Server, admin: Admin) -> None:
    for number in range(7):
        overwrite = discord.PermissionOverwrite(add_reactions=False)
        server.guild.create_text_channel(f"muted-{number}", overwrites={server.guild.default_role: overwrite})

    lines = (await admin.show())["Where I should react and can't"].splitlines()
    assert len(lines) == 7
    assert lines[-1] == "and 2 more"


async def test_the_strongest_shifts_are_shown_and_can_be_forgotten(server: Server, admin: Admin) -> None:
    store, at = store_of(server), server.environment.now()
    for name, lost in (("fire", 20.0), ("tada", 0.2), ("joy", 2.0), ("sob", 3.0), ("cat", 4.0), ("dog", 1.0)):
        await store.add_taste(server.guild.id, name, lost=lost, at=at)
    await store.add_taste(server.guild.id, "heart", gained=20.0, at=at)

    lines = (await admin.show())["Learned from your members"].splitlines()
    assert lines[:-1] == ["🔥 +12 pts", "❤️ −8 pts", "🐱 +6 pts", "😭 +5 pts", "😂 +4 pts"]
    assert "Forgotten" in await admin.set("learning reset")
    assert (await admin.show())["Learned from your members"] == "None"
    assert not (await store.load(server.guild.id)).taste


async def test_what_waits_to_be_learned_is_forgotten_too(server: Server, admin: Admin) -> None:
    message = await server.alice.send(server.channel, "we won the finals!!!")
    current = server.channel.history()[0]
    await server.alice.react(message, str(current.reactions[0].emoji))
    await admin.set("learning reset")

    assert isinstance(server.environment.bot, EmojiBot)
    await server.environment.bot.remove_cog("Learning")  # which writes what waits
    assert not (await store_of(server).load(server.guild.id)).taste


async def test_the_fullest_card_fits(server: Server, admin: Admin) -> None:
    own = [server.guild.create_emoji(f"{number:032}") for number in range(30)]
    channels = [server.guild.create_text_channel(f"channel-{number}") for number in range(60)]
    roles = [server.guild.create_role(f"role-{number}") for number in range(60)]
    await server.environment.settle()
    names = [label.name for label in load_bundle(Settings().model_dir).labels]
    replacements = [f"<:{emoji.name}:{emoji.id}>" for emoji in own] + [f"<:{'x' * 32}:{'9' * 18}>"] * 20 + [None] * 13
    full = GuildSettings(
        channels=frozenset(channel.id for channel in channels) | {1},
        ignored_roles=frozenset(role.id for role in roles),
        ignored_members=frozenset(range(10**18, 10**18 + 500)),
        emoji=dict(zip(names, replacements, strict=True)),
    )
    await store_of(server).change(server.guild.id, lambda _: full)

    card = await admin.show()
    assert max(map(len, card.values())) <= 1024
    assert card["Channels"].endswith("\nNo longer there: 1")
    assert all(" more" in card[name] for name in ("Channels", "Ignored", "Emoji: replaced", "Emoji: replacement gone"))


async def test_deleted_channels_and_roles_are_counted_not_named(server: Server, admin: Admin) -> None:
    here = f"I react everywhere except in <#{server.channel.id}>."
    nobody = "I leave nobody's messages alone."
    for channels, line in (({1, 2}, "I react everywhere."), ({1, 2, server.channel.id}, here)):
        await _list(server, channels=frozenset(channels), ignored_roles=frozenset({3}))
        card = await admin.show()
        assert card["Channels"] == f"{line}\nNo longer there: 2"
        assert card["Ignored"] == f"{nobody}\nNo longer there: 1"


async def test_only_in_channels_that_are_gone_means_nowhere(server: Server, admin: Admin) -> None:
    await _list(server, channels=frozenset({1}), channel_mode=ChannelMode.ONLY)

    first, second = (await admin.show())["Channels"].splitlines()
    assert first.startswith("I react nowhere: I am set to react only in listed channels, and there are none.")
    assert second == "No longer there: 1"


async def test_of_a_server_that_is_not_read_yet_nothing_counts_as_gone(
    server: Server, admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _list(server, channels=frozenset({1}), ignored_roles=frozenset({3}))
    state = server.environment.bot._connection
    monkeypatch.setattr(state, "_guilds", {})

    assert await admin.set("channels mode", mode="only") == "I react only in <#1>."
    answer = await admin.set("ignore add", who=server.alice)
    assert answer == f"I leave the messages of <@&3>, <@{server.alice.id}> alone."


async def _list(server: Server, **lists: Any) -> None:
    await store_of(server).change(server.guild.id, lambda now: replace(now, **lists))


async def test_a_database_that_is_away_is_told(server: Server) -> None:
    await store_of(server)._database.close()
    admin = Admin(Server(server.environment), "adam")  # of a server that memory knows nothing of

    assert "can't reach my database" in await admin.set("show")
