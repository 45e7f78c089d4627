"""What happens when somebody says something, through the real client in a simulated Discord."""

from dataclasses import replace
from urllib.parse import unquote

import discord
import pytest
from simcord.enums import MessageType

from bot.guild_settings import ChannelMode
from bot.settings import Settings
from model.bundle import load_bundle
from tests.bot.conftest import Server
from tests.bot.stage import GOOD_NEWS, fates, store_of


async def test_a_message_gets_exactly_one_reaction_from_the_labels(server: Server) -> None:
    message = await server.alice.send(server.channel, GOOD_NEWS)

    (path,) = server.reaction_requests
    emoji = unquote(path.split("/reactions/")[1].removesuffix("/@me"))
    assert emoji in {label.emoji for label in load_bundle(Settings().model_dir).labels}
    assert path.startswith(f"/channels/{server.channel.id}/messages/{message.id}/reactions/%")


async def test_every_message_of_a_conversation_is_judged_by_itself(server: Server) -> None:
    for text in (GOOD_NEWS, "my dog died this morning", "happy birthday!!"):
        await server.alice.send(server.channel, text)

    assert len(server.reaction_requests) == 3


async def test_threads_get_reactions_too(server: Server) -> None:
    channel = server.environment.bot.get_channel(server.channel.id)
    assert isinstance(channel, discord.TextChannel)
    await channel.create_thread(name="party", type=discord.ChannelType.public_thread)
    await server.alice.send(server.channel.threads[0], GOOD_NEWS)

    assert len(server.reaction_requests) == 1


@pytest.mark.parametrize("mode", list(ChannelMode))
async def test_where_channels_are_listed_a_thread_of_unknown_place_gets_nothing(
    server: Server, mode: ChannelMode
) -> None:
    channel = server.environment.bot.get_channel(server.channel.id)
    assert isinstance(channel, discord.TextChannel)
    await channel.create_thread(name="party", type=discord.ChannelType.public_thread)
    (thread,) = server.channel.threads
    channel.guild._threads.clear()  # as after a start, where nobody has written there for a while
    await server.alice.send(thread, GOOD_NEWS)
    await store_of(server).change(
        server.guild.id, lambda chosen: replace(chosen, channel_mode=mode, channels=frozenset({channel.id}))
    )
    await server.alice.send(thread, GOOD_NEWS)

    assert len(server.reaction_requests) == 1
    assert await fates(server) == {"reacted": 1, "skipped.channel": 1}


@pytest.mark.parametrize("settings", [Settings(threshold=1.0)])
async def test_below_the_threshold_it_stays_silent(server: Server) -> None:
    await server.alice.send(server.channel, GOOD_NEWS)

    assert server.reaction_requests == []


@pytest.mark.parametrize("settings", [Settings()])
async def test_by_default_logistics_get_nothing(server: Server) -> None:
    await server.alice.send(server.channel, "the meeting is at 5")

    assert server.reaction_requests == []


async def test_other_bots_get_nothing(server: Server) -> None:
    robot = server.guild.add_member(server.environment.create_user("robot", bot=True))
    await robot.send(server.channel, GOOD_NEWS)

    assert server.reaction_requests == []


async def test_its_own_messages_get_nothing(server: Server) -> None:
    await server.environment.bot.get_partial_messageable(server.channel.id).send(GOOD_NEWS)
    await server.environment.settle()

    assert server.reaction_requests == []


async def test_webhooks_get_nothing(server: Server) -> None:
    await server.guild.create_webhook(server.channel).send(GOOD_NEWS)

    assert server.reaction_requests == []


async def test_system_messages_get_nothing(server: Server) -> None:
    server.guild.create_system_message(server.channel, MessageType.NEW_MEMBER, author=server.alice)
    await server.environment.settle()

    assert server.reaction_requests == []


async def test_direct_messages_get_nothing(server: Server) -> None:
    await server.alice.send_dm(GOOD_NEWS)

    assert server.reaction_requests == []


@pytest.mark.parametrize("text", ["", "   ", "\u200b"])
async def test_messages_without_text_get_nothing(server: Server, text: str) -> None:
    attachment = [("cat.png", b"not really a png")]
    await server.alice.send(server.channel, text, attachments=attachment)

    assert server.reaction_requests == []


async def test_mentioning_the_bot_is_just_talk(server: Server) -> None:
    assert server.environment.bot.user is not None
    await server.alice.send(server.channel, f"<@{server.environment.bot.user.id}> help, {GOOD_NEWS}")

    assert len(server.reaction_requests) == 1
    assert len(server.channel.history()) == 1


async def test_a_missing_permission_means_silence_without_a_request(server: Server) -> None:
    muted = server.guild.create_text_channel(
        "muted", overwrites={server.guild.default_role: discord.PermissionOverwrite(add_reactions=False)}
    )
    await server.alice.send(muted, GOOD_NEWS)

    assert server.reaction_requests == []


@pytest.mark.parametrize(
    ("status", "code"),
    [(404, 10003), (404, 10008), (400, 10014), (400, 30010), (403, 50001), (403, 50013), (400, 50083), (403, 90001)],
)
async def test_a_refusal_is_survived_and_the_next_channel_served(
    server: Server, status: int, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    server.environment.inject_error("PUT", "/channels/*/reactions/*", status=status, code=code, message="no")
    bob = server.guild.add_member(server.environment.create_user("bob"))
    elsewhere = server.guild.create_text_channel("elsewhere")

    await server.alice.send(server.channel, GOOD_NEWS)
    message = await bob.send(elsewhere, GOOD_NEWS)

    assert len(server.reaction_requests) == 2
    assert server.reaction_requests[-1].split("/")[4] == str(message.id)
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize("code", [50001, 50013, 90001])
async def test_a_refusal_that_would_repeat_is_not_asked_for_again(server: Server, code: int) -> None:
    server.environment.inject_error("PUT", "/channels/*/reactions/*", status=403, code=code, message="no", times=None)

    for _ in range(3):
        await server.alice.send(server.channel, GOOD_NEWS)

    assert len(server.reaction_requests) == 1
