"""The message menu "React for me", through the real client in a simulated Discord."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from unittest.mock import AsyncMock
from urllib.parse import unquote

import aiohttp
import discord
import pytest
import simcord

from bot.cogs.react_for_me import ReactForMe
from bot.guild_settings import ChannelMode, GuildSettings
from bot.settings import Settings
from bot.store import StoreError
from model.bundle import load_bundle
from model.service import ServiceBusyError
from tests.bot.conftest import Server
from tests.bot.stage import (
    GOOD_NEWS,
    LOGISTICS,
    SAD_NEWS,
    Sent,
    bot_of,
    counters,
    hold_requests,
    moderator_removes,
    reactions_of_the_bot,
    store_of,
)
from tests.bot.store.conftest import until

MENU = "React for me"


@pytest.fixture
def settings() -> Settings:
    """The bot reacts to nothing by itself."""
    return Settings(threshold=1.0)


def cog_of(server: Server) -> ReactForMe:
    cog = bot_of(server).get_cog("ReactForMe")
    assert isinstance(cog, ReactForMe)
    return cog


def change(server: Server, **chosen: Any) -> Awaitable[GuildSettings]:
    return store_of(server).change(server.guild.id, lambda settings: replace(settings, **chosen))


async def ask(server: Server, message: discord.Message) -> str:
    """What Alice is told when she asks for a reaction to `message`."""
    channel = server.guild.channels["general"]
    result = await server.alice.context_menu(channel, MENU, message)
    assert result.ephemeral
    assert result.response is not None
    return result.response.content


async def ask_meanwhile(server: Server, message: Sent) -> str:
    """Like `ask`, for when something else has to happen before the answer."""
    channel = server.environment.bot.get_channel(server.channel.id)
    assert isinstance(channel, discord.TextChannel)
    interaction = AsyncMock(guild=channel.guild, user=discord.Object(server.alice.id), locale=None, channel=channel)
    return await cog_of(server)._answer(interaction, await channel.fetch_message(message.id))


@pytest.fixture
def bob(server: Server) -> simcord.MemberActor:
    return server.guild.add_member(server.environment.create_user("bob"))


async def test_it_reacts_although_the_bot_alone_would_stay_silent(server: Server, bob: simcord.MemberActor) -> None:
    message = await bob.send(server.channel, GOOD_NEWS)
    answer = await ask(server, message)

    (path,) = server.reaction_requests
    emoji = unquote(path.split("/reactions/")[1].removesuffix("/@me"))
    assert path.startswith(f"/channels/{server.channel.id}/messages/{message.id}/reactions/")
    assert answer == f"Done: {emoji}"


async def test_the_reaction_is_counted_apart_and_by_its_emoji(server: Server) -> None:
    answer = await ask(server, await server.alice.send(server.channel, GOOD_NEWS))

    names = {label.emoji: label.name for label in load_bundle(Settings().model_dir).labels}
    counted = await counters(server)
    assert counted.pop("asked") == 1
    assert counted.pop(f"emoji.{names[answer.removeprefix('Done: ')]}") == 1
    assert counted == {"seen": 1, "silent": 1}


async def test_members_who_join_the_reaction_are_counted(server: Server, bob: simcord.MemberActor) -> None:
    message = await bob.send(server.channel, GOOD_NEWS)
    answer = await ask(server, message)
    await server.alice.react(message, answer.removeprefix("Done: "))

    assert (await counters(server))["joined"] == 1


async def test_age_length_and_cooldowns_do_not_matter(server: Server, bob: simcord.MemberActor) -> None:
    await change(server, channel_cooldown=86_400, member_cooldown=86_400, shortest=1000)
    old = await bob.send(server.channel, GOOD_NEWS)
    await server.environment.advance_time(3600)
    new = await bob.send(server.channel, GOOD_NEWS)

    assert [(await ask(server, message))[:5] for message in (old, new)] == ["Done:", "Done:"]
    await change(server, shortest=1, longest=2)
    assert (await ask(server, await bob.send(server.channel, GOOD_NEWS))).startswith("Done:")
    assert len(server.reaction_requests) == 3


async def test_a_reaction_that_was_asked_for_starts_no_cooldown(server: Server, bob: simcord.MemberActor) -> None:
    await change(server, threshold=0.0, channel_cooldown=60, shortest=len(GOOD_NEWS) + 1)
    await ask(server, await bob.send(server.channel, GOOD_NEWS))
    await bob.send(server.channel, GOOD_NEWS + "!")

    assert len(server.reaction_requests) == 2


async def test_a_message_with_a_reaction_of_the_bot_gets_no_second_one(
    server: Server, bob: simcord.MemberActor
) -> None:
    message = await bob.send(server.channel, GOOD_NEWS)
    await ask(server, message)

    assert await ask(server, message) == "I have already reacted to that message."
    assert len(server.reaction_requests) == 1


async def test_a_reaction_from_before_the_bot_was_started_anew_counts_too(
    server: Server, bob: simcord.MemberActor, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = await bob.send(server.channel, GOOD_NEWS)
    await ask(server, message)
    cog_of(server)._own._reactions.clear()
    cog_of(server)._own._reacted.clear()
    # The simulated Discord does not tell in a menu's payload whose reactions these are.
    monkeypatch.setattr(discord.Reaction, "__init__", _of_the_bot(discord.Reaction.__init__))

    assert await ask(server, message) == "I have already reacted to that message."
    assert len(server.reaction_requests) == 1


def _of_the_bot(init: Callable[..., None]) -> Callable[..., None]:
    def inner(self: discord.Reaction, *, data: dict[str, Any], **rest: Any) -> None:
        init(self, data={**data, "me": True}, **rest)

    return inner


async def test_two_who_ask_at_once_get_one_reaction(server: Server, bob: simcord.MemberActor) -> None:
    message = await bob.send(server.channel, GOOD_NEWS)
    answers = await asyncio.gather(*[ask_meanwhile(server, message) for _ in range(2)])

    assert sorted(answer[:6] for answer in answers) == ["Done: ", "I have"]
    assert len(server.reaction_requests) == 1


@pytest.mark.parametrize(
    ("chosen", "answer"),
    [
        ({"enabled": False}, "I'm switched off in this server."),
        ({"channel_mode": ChannelMode.ONLY}, "The admins keep me out of this channel."),
    ],
)
async def test_where_the_server_does_not_want_it_there_is_none(
    server: Server, bob: simcord.MemberActor, chosen: dict[str, Any], answer: str
) -> None:
    await change(server, **chosen)

    assert await ask(server, await bob.send(server.channel, GOOD_NEWS)) == answer
    assert server.reaction_requests == []


async def test_a_thread_of_an_excluded_channel_is_excluded(server: Server, bob: simcord.MemberActor) -> None:
    await change(server, channels=frozenset({server.channel.id}))
    channel = server.environment.bot.get_channel(server.channel.id)
    assert isinstance(channel, discord.TextChannel)
    await channel.create_thread(name="party", type=discord.ChannelType.public_thread)
    (thread,) = server.channel.threads
    result = await server.alice.context_menu(thread, MENU, await bob.send(thread, GOOD_NEWS))

    assert result.response is not None
    assert result.response.content == "The admins keep me out of this channel."


async def test_who_opted_out_is_left_alone(server: Server, bob: simcord.MemberActor) -> None:
    await store_of(server).opt_out(bob.id, server.guild.id)

    assert await ask(server, await bob.send(server.channel, GOOD_NEWS)) == "I leave this member's messages alone."
    assert server.reaction_requests == []


async def test_who_opted_out_and_asks_for_the_own_message_is_told_the_way_back(server: Server) -> None:
    await store_of(server).opt_out(server.alice.id, None)

    answer = await ask(server, await server.alice.send(server.channel, GOOD_NEWS))
    assert answer == "You asked me to leave your messages alone. `/privacy opt-in` takes that back."
    assert server.reaction_requests == []


async def test_an_ignored_member_is_left_alone(server: Server, bob: simcord.MemberActor) -> None:
    await change(server, ignored_members=frozenset({bob.id}))

    assert await ask(server, await bob.send(server.channel, GOOD_NEWS)) == "I leave this member's messages alone."
    assert server.reaction_requests == []


async def test_members_of_an_ignored_role_are_left_alone(server: Server, bob: simcord.MemberActor) -> None:
    role = server.guild.create_role("quiet")
    await change(server, ignored_roles=frozenset({role.id}))
    carol = server.guild.add_member(server.environment.create_user("carol"), roles=[role])

    assert await ask(server, await carol.send(server.channel, GOOD_NEWS)) == "I leave this member's messages alone."
    assert server.reaction_requests == []
    assert (await ask(server, await bob.send(server.channel, GOOD_NEWS))).startswith("Done:")


async def test_an_ignored_role_holds_for_the_own_message_as_well(server: Server) -> None:
    role = server.guild.create_role("quiet")
    await change(server, ignored_roles=frozenset({role.id}))
    carol = server.guild.add_member(server.environment.create_user("carol"), roles=[role])
    result = await carol.context_menu(server.channel, MENU, await carol.send(server.channel, GOOD_NEWS))

    assert result.response is not None
    assert result.response.content == "I leave this member's messages alone."


async def test_who_has_left_has_no_ignored_role(server: Server, bob: simcord.MemberActor) -> None:
    await change(server, ignored_roles=frozenset({server.guild.create_role("quiet").id}))
    message = await bob.send(server.channel, GOOD_NEWS)
    server.guild.remove_member(bob)

    assert (await ask(server, message)).startswith("Done:")


async def test_where_the_roles_cannot_be_learnt_there_is_none(server: Server, bob: simcord.MemberActor) -> None:
    await change(server, ignored_roles=frozenset({server.guild.create_role("quiet").id}))
    message = await bob.send(server.channel, GOOD_NEWS)
    server.environment.inject_error("GET", "/guilds/*/members/*", status=403, code=50001, message="no")

    assert await ask(server, message) == "I couldn't reach Discord. Try again in a moment."
    assert server.reaction_requests == []


async def test_a_bot_gets_none(server: Server) -> None:
    robot = server.guild.add_member(server.environment.create_user("robot", bot=True))

    answer = await ask(server, await robot.send(server.channel, GOOD_NEWS))
    assert answer == "I only react to messages that members wrote."
    assert server.reaction_requests == []


async def test_a_message_without_text_gets_none(server: Server, bob: simcord.MemberActor) -> None:
    picture = await bob.send(server.channel, "", attachments=[("cat.png", b"not really a png")])

    assert await ask(server, picture) == "That message has no text to read."


async def test_what_the_model_cannot_read_gets_none(server: Server, bob: simcord.MemberActor) -> None:
    answer = await ask(server, await bob.send(server.channel, "\u200b\u200b"))

    assert answer == "I can't make anything of that message."
    assert server.reaction_requests == []


async def test_with_every_emoji_switched_off_there_is_none(server: Server, bob: simcord.MemberActor) -> None:
    labels = load_bundle(Settings().model_dir).labels
    await change(server, emoji={label.name: None for label in labels})

    answer = await ask(server, await bob.send(server.channel, GOOD_NEWS))
    assert answer == "This server has switched off every emoji that came into question."


async def test_an_emoji_of_the_server_is_used_in_place_of_a_label(server: Server, bob: simcord.MemberActor) -> None:
    labels = load_bundle(Settings().model_dir).labels
    own = server.guild.create_emoji("party")
    await change(server, emoji={label.name: f"<:party:{own.id}>" for label in labels})

    assert await ask(server, await bob.send(server.channel, GOOD_NEWS)) == f"Done: <:party:{own.id}>"
    assert len(server.reaction_requests) == 1


async def test_missing_permissions_are_named(server: Server, bob: simcord.MemberActor) -> None:
    channel = server.guild.create_text_channel(
        "muted", overwrites={server.guild.default_role: discord.PermissionOverwrite(add_reactions=False)}
    )
    result = await server.alice.context_menu(channel, MENU, await bob.send(channel, GOOD_NEWS))

    assert result.response is not None
    assert result.response.content.endswith("I need View Channel, Read Message History and Add Reactions.")
    assert server.reaction_requests == []


async def test_a_full_message_gets_none(server: Server, bob: simcord.MemberActor) -> None:
    message = await bob.send(server.channel, GOOD_NEWS)
    for i in range(20):
        await server.alice.react(message, chr(0x1F600 + i))

    assert (await ask(server, message)).startswith("That message has 20 different reactions already.")
    assert server.reaction_requests == []


async def test_the_author_who_blocked_the_bot_is_asked_for_once(server: Server, bob: simcord.MemberActor) -> None:
    server.environment.inject_error("PUT", "/channels/*/reactions/*", status=403, code=90001, message="no", times=None)
    messages = [await bob.send(server.channel, GOOD_NEWS) for _ in range(2)]

    for message in messages:
        assert (await ask(server, message)).startswith("Discord doesn't let me react there.")
    assert len(server.reaction_requests) == 1


async def test_after_a_refusal_it_may_be_asked_again(server: Server, bob: simcord.MemberActor) -> None:
    server.environment.inject_error("PUT", "/channels/*/reactions/*", status=400, code=10014, message="no")
    message = await bob.send(server.channel, GOOD_NEWS)

    assert (await ask(server, message)).startswith("Discord doesn't let me react there.")
    assert "asked" not in await counters(server)
    assert (await ask(server, message)).startswith("Done:")


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (discord.RateLimited(60), "Discord asks me to slow down. Try again in a moment."),
        (aiohttp.ClientConnectionError(), "I couldn't reach Discord. Try again in a moment."),
    ],
)
async def test_what_hinders_for_a_moment_is_told(
    server: Server, bob: simcord.MemberActor, monkeypatch: pytest.MonkeyPatch, error: Exception, answer: str
) -> None:
    message = await bob.send(server.channel, GOOD_NEWS)
    monkeypatch.setattr(discord.Message, "add_reaction", AsyncMock(side_effect=error))

    assert await ask(server, message) == answer


async def test_what_a_moderator_took_off_does_not_come_back(server: Server, bob: simcord.MemberActor) -> None:
    message = await bob.send(server.channel, GOOD_NEWS)
    emoji = (await ask(server, message)).removeprefix("Done: ")
    await moderator_removes(server, message, emoji)

    assert (await ask(server, message)) == "A moderator took reactions off that message, so I leave it alone."
    assert len(server.reaction_requests) == 1


async def test_what_a_moderator_cleared_gets_none_though_the_bot_never_touched_it(
    server: Server, bob: simcord.MemberActor
) -> None:
    message = await bob.send(server.channel, GOOD_NEWS)
    await bob.react(message, "🔥")
    server.environment.backend.clear_reactions(server.channel.id, message.id)

    assert await ask(server, message) == "A moderator took reactions off that message, so I leave it alone."


@pytest.mark.parametrize("settings", [Settings(threshold=0.5)])
async def test_an_edit_while_it_is_requested_leaves_one_reaction(
    server: Server, bob: simcord.MemberActor, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = await bob.send(server.channel, LOGISTICS)
    gate = hold_requests(monkeypatch)
    asking = asyncio.create_task(ask_meanwhile(server, message))
    await gate.reached.wait()
    server.environment.backend.edit_message(server.channel.id, message.id, {"content": SAD_NEWS})
    await asyncio.sleep(0.2)  # time enough to judge the edit, were it not to wait
    await gate.open(server)
    await asking

    assert len(reactions_of_the_bot(server, message)) == 1


@pytest.mark.parametrize("text", [f"{GOOD_NEWS}!", "qwrtz plmk vbnx", "\u200b\u200b"])
async def test_it_stays_after_an_edit_however_unsure_the_model_is(
    server: Server, bob: simcord.MemberActor, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    await change(server, shortest=len(GOOD_NEWS), channel_cooldown=60)
    message = await bob.send(server.channel, GOOD_NEWS)
    answer = await ask(server, message)
    await bob.edit(message, text)

    assert [f"Done: {emoji}" for emoji in reactions_of_the_bot(server, message)] == [answer]
    assert len(server.reaction_requests) == 1


async def test_an_edit_with_another_emoji_replaces_it_and_counts_no_further_one(
    server: Server, bob: simcord.MemberActor
) -> None:
    messages = [await bob.send(server.channel, text) for text in (GOOD_NEWS, SAD_NEWS)]
    for message in messages:
        await ask(server, message)
    await bob.edit(messages[0], SAD_NEWS)
    await bob.edit(messages[0], f"{SAD_NEWS}.")

    assert reactions_of_the_bot(server, messages[0]) == reactions_of_the_bot(server, messages[1])
    counted = await counters(server)
    assert (counted["asked"], counted["edited"]) == (2, 1)
    assert "reacted" not in counted


async def test_after_an_opt_out_an_edit_takes_it_back(server: Server, bob: simcord.MemberActor) -> None:
    message = await bob.send(server.channel, GOOD_NEWS)
    await ask(server, message)
    await store_of(server).opt_out(bob.id, server.guild.id)
    await bob.edit(message, f"{GOOD_NEWS}!")

    assert reactions_of_the_bot(server, message) == []


async def test_who_opts_out_while_it_waits_its_turn_gets_none(
    server: Server, bob: simcord.MemberActor, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = [await bob.send(server.channel, GOOD_NEWS) for _ in range(2)]
    gate = hold_requests(monkeypatch)
    asking = [asyncio.create_task(ask_meanwhile(server, message)) for message in messages]
    await until(lambda: len(cog_of(server)._own) == 2)
    await store_of(server).opt_out(bob.id, server.guild.id)
    await gate.open(server)

    answers = await asyncio.gather(*asking)
    assert sorted(answer[:9] for answer in answers) == ["Done: 🎉", "Meanwhile"]
    assert len(server.reaction_requests) == 1


async def test_in_a_thread_that_discord_py_does_not_hold_its_channel_counts(
    server: Server, bob: simcord.MemberActor
) -> None:
    channel = server.environment.bot.get_channel(server.channel.id)
    assert isinstance(channel, discord.TextChannel)
    await channel.create_thread(name="party", type=discord.ChannelType.public_thread)
    (thread,) = server.channel.threads
    message = await bob.send(thread, GOOD_NEWS)
    answers = []
    for listed in (channel.id, channel.id + 1):
        await change(server, channels=frozenset({listed}))
        channel.guild._threads.clear()
        result = await server.alice.context_menu(thread, MENU, message)
        assert result.response is not None
        answers.append(result.response.content[:10])

    assert answers == ["The admins", "Done: 🎉"]


async def test_a_direct_message_gets_none(server: Server) -> None:
    message = await server.alice.send_dm(GOOD_NEWS)
    interaction = AsyncMock(guild=None, locale=None)

    assert await cog_of(server)._answer(interaction, message) == "I only react to messages that members wrote."


async def test_a_busy_model_is_told(server: Server, bob: simcord.MemberActor, monkeypatch: pytest.MonkeyPatch) -> None:
    message = await bob.send(server.channel, GOOD_NEWS)
    monkeypatch.setattr(cog_of(server)._judge, "judge", AsyncMock(side_effect=ServiceBusyError(1)))

    assert (await ask(server, message)).startswith("The model has its hands full right now.")


async def test_while_the_settings_are_unknown_there_is_none(
    server: Server, bob: simcord.MemberActor, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = await bob.send(server.channel, GOOD_NEWS)
    store = store_of(server)
    store._guilds._entries.clear()
    monkeypatch.setattr(store._guilds, "_read", AsyncMock(side_effect=StoreError("down")))

    assert (await ask(server, message)).startswith("I can't reach my database right now.")
    assert server.reaction_requests == []


async def test_there_is_no_such_menu_in_direct_messages(server: Server) -> None:
    bot = bot_of(server)
    menu = bot.tree.get_command(MENU, type=discord.AppCommandType.message)

    assert menu is not None
    assert menu.to_dict(bot.tree)["contexts"] == [0]
