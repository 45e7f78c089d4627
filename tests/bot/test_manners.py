"""The manners of the bot towards single messages, through the real client in a simulated Discord.

Which messages get nothing at all, by author and kind, stands in `test_reactions`; edits and deletions in `test_edits`.
"""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.cogs import reactions
from bot.guild_settings import GuildState
from bot.judge import Judge
from bot.own_reactions import OwnReactions
from bot.settings import Settings
from bot.store import Store, StoreError
from model.service import ServiceBusyError, ServiceClosedError
from tests.bot.conftest import Server
from tests.bot.stage import (
    GOOD_NEWS,
    LOGISTICS,
    bot_of,
    counters,
    fates,
    hold_model,
    hold_replies,
    hold_requests,
    post,
    reaction_of_the_bot,
    store_of,
)
from tests.bot.store.conftest import until


@pytest.fixture
def settings() -> Settings:
    """React where the model is rather sure."""
    return Settings(threshold=0.5)


def own_of(server: Server) -> OwnReactions:
    cog = bot_of(server).get_cog("Reactions")
    assert isinstance(cog, reactions.Reactions)
    return cog._own


async def test_a_message_that_grew_stale_while_the_model_was_slow_gets_nothing(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = hold_model(monkeypatch)
    post(server, GOOD_NEWS)
    await gate.reached.wait()
    now = server.environment.now()
    monkeypatch.setattr(bot_of(server)._reactor, "_clock", lambda: now + timedelta(seconds=31))
    await gate.open(server)

    assert server.reaction_requests == []
    assert await fates(server) == {"skipped.stale": 1}


async def test_a_message_that_is_stale_when_it_comes_costs_the_model_nothing(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = hold_model(monkeypatch)
    now = server.environment.now()
    monkeypatch.setattr(bot_of(server)._reactor, "_clock", lambda: now + timedelta(seconds=31))
    await server.alice.send(server.channel, GOOD_NEWS)

    assert not gate.reached.is_set()
    assert await fates(server) == {"skipped.stale": 1}


async def test_who_blocked_the_bot_is_not_asked_again_for_a_while_in_any_channel(server: Server) -> None:
    server.environment.inject_error("PUT", "/channels/*/reactions/*", status=403, code=90001, message="blocked")
    bob = server.guild.add_member(server.environment.create_user("bob"))
    elsewhere = server.guild.create_text_channel("elsewhere")
    for channel in (server.channel, server.channel, elsewhere):
        await server.alice.send(channel, GOOD_NEWS)
    await bob.send(server.channel, GOOD_NEWS)

    assert len(server.reaction_requests) == 2
    assert await fates(server) == {"skipped.refused": 3, "reacted": 1}


async def test_a_channel_that_forbids_reactions_counts_as_such_from_the_first_message_on(server: Server) -> None:
    server.environment.inject_error("PUT", "/channels/*/reactions/*", status=403, code=50013, message="no")
    for _ in range(2):
        await server.alice.send(server.channel, GOOD_NEWS)

    assert len(server.reaction_requests) == 1
    assert await fates(server) == {"skipped.not allowed": 2}


async def test_the_memory_of_a_block_ends(server: Server) -> None:
    server.environment.inject_error("PUT", "/channels/*/reactions/*", status=403, code=90001, message="blocked")
    await server.alice.send(server.channel, GOOD_NEWS)
    refusing = bot_of(server)._reactor._refusing
    assert server.alice.id in refusing
    refusing.expire(refusing.timer() + 601)
    await server.alice.send(server.channel, GOOD_NEWS)

    assert len(server.reaction_requests) == 2


async def test_where_twenty_distinct_reactions_stand_the_bot_adds_none(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = hold_requests(monkeypatch)
    message = post(server, GOOD_NEWS)
    await gate.reached.wait()
    for number in range(20):
        server.environment.backend.add_reaction(server.channel.id, message.id, chr(ord("🌀") + number), server.alice.id)
    server.environment.inject_error("PUT", "/channels/*/reactions/*", status=400, code=30010, message="20 at most")
    await gate.open(server)

    stored = server.environment.backend.get_message(server.channel.id, message.id)
    assert len(stored.reactions) == 20
    assert await fates(server) == {"skipped.full": 1}


async def test_reactions_of_members_make_the_bot_react_no_further(server: Server) -> None:
    message = await server.alice.send(server.channel, GOOD_NEWS)
    for emoji in (reaction_of_the_bot(server, message), "👎", "🔥"):
        await server.alice.react(message, emoji)

    assert len(server.reaction_requests) == 1


async def test_every_message_is_counted_once_as_seen_and_once_for_what_became_of_it(server: Server) -> None:
    robot = server.guild.add_member(server.environment.create_user("robot", bot=True))
    await robot.send(server.channel, GOOD_NEWS)
    await server.guild.create_webhook(server.channel).send(GOOD_NEWS)
    await server.alice.send(server.channel, "", attachments=[("cat.png", b"not really a png")])
    for text in (GOOD_NEWS, LOGISTICS, GOOD_NEWS):
        await server.alice.send(server.channel, text)
    await server.environment.bot.get_partial_messageable(server.channel.id).send(GOOD_NEWS)
    await store_of(server).change(server.guild.id, lambda chosen: replace(chosen, enabled=False))
    await server.alice.send(server.channel, GOOD_NEWS)
    counted = await counters(server)

    assert counted.pop("seen") == 7
    emoji = {name: count for name, count in counted.items() if name.startswith("emoji.")}
    assert list(emoji.values()) == [2]
    assert await fates(server) == {
        "reacted": 2,
        "silent": 1,
        "skipped.bot": 1,
        "skipped.webhook": 1,
        "skipped.empty": 1,
        "skipped.switched off": 1,
    }
    assert set(counted) == set(await fates(server)) | set(emoji)


@pytest.mark.parametrize(
    ("error", "fate"), [(ServiceBusyError(1024), "skipped.model busy"), (ServiceClosedError(), "skipped.closed")]
)
async def test_a_message_that_the_model_has_no_time_for_is_counted_too(
    server: Server, monkeypatch: pytest.MonkeyPatch, error: Exception, fate: str
) -> None:
    async def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(Judge, "judge", refuse)
    await server.alice.send(server.channel, GOOD_NEWS)

    assert await counters(server) == {"seen": 1, fate: 1}


async def test_a_server_that_throws_the_bot_out_meanwhile_is_survived_and_forgotten(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store = store_of(server)
    await store.change(server.guild.id, lambda chosen: replace(chosen, shortest=2))
    await server.alice.send(server.channel, GOOD_NEWS)
    gate = hold_model(monkeypatch)
    post(server, GOOD_NEWS)
    await gate.reached.wait()
    server.environment.backend.remove_guild(server.guild.id)
    await until(lambda: store.peek(server.guild.id) == GuildState())
    await gate.open(server)

    assert await counters(server) == {}
    assert not [record for record in caplog.records if record.exc_info]


async def test_a_guild_left_while_discord_replies_is_survived(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    gate = hold_replies(monkeypatch)
    post(server, GOOD_NEWS)
    await gate.reached.wait()
    server.environment.backend.remove_guild(server.guild.id)
    await gate.open(server)

    assert await counters(server) == {}
    assert not [record for record in caplog.records if record.exc_info]


async def test_who_opted_out_gets_nothing_here_or_anywhere(server: Server) -> None:
    bob = server.guild.add_member(server.environment.create_user("bob"))
    await store_of(server).opt_out(server.alice.id, server.guild.id)
    await store_of(server).opt_out(bob.id, None)
    for member in (server.alice, bob):
        await member.send(server.channel, GOOD_NEWS)
    await store_of(server).opt_in(bob.id, None)
    await bob.send(server.channel, GOOD_NEWS)

    assert await fates(server) == {"skipped.opted out": 2, "reacted": 1}


async def test_who_opts_out_while_the_model_reads_gets_nothing(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = hold_model(monkeypatch)
    post(server, GOOD_NEWS)
    await gate.reached.wait()
    await store_of(server).opt_out(server.alice.id, server.guild.id)
    await gate.open(server)

    assert server.reaction_requests == []
    assert await fates(server) == {"skipped.opted out": 1}


@pytest.mark.parametrize("change", ["opt out", "switch off", "delete"])
async def test_what_changes_while_a_message_waits_its_turn_holds_for_it(
    server: Server, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    gate = hold_requests(monkeypatch)
    post(server, GOOD_NEWS)
    await gate.reached.wait()
    waiting = post(server, GOOD_NEWS)
    await until(lambda: len(own_of(server)) == 2)
    if change == "opt out":
        await store_of(server).opt_out(server.alice.id, server.guild.id)
    elif change == "switch off":
        await store_of(server).change(server.guild.id, lambda chosen: replace(chosen, enabled=False))
    else:
        server.environment.backend.delete_message(server.channel.id, waiting.id)
    await gate.open(server)

    assert len(server.reaction_requests) == 1
    assert await fates(server) == {"reacted": 1, "skipped.unwanted": 1}
    assert len(own_of(server)) == 1


async def test_the_first_message_of_a_server_waits_for_its_settings(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = store_of(server)
    await store.opt_out(server.alice.id, server.guild.id)
    store._guilds._entries.clear()  # as after a start
    release, read = asyncio.Event(), store._guilds._read

    async def slow(guild_id: int) -> object:
        await release.wait()
        return await read(guild_id)

    monkeypatch.setattr(store._guilds, "_read", slow)
    post(server, GOOD_NEWS)
    await asyncio.sleep(0)
    release.set()
    await server.environment.settle()

    assert await fates(server) == {"skipped.opted out": 1}


async def test_where_the_settings_cannot_be_read_nobody_gets_a_reaction_for_who_knows_who_opted_out(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = store_of(server)
    store._guilds._entries.clear()

    async def broken(_: int) -> object:
        raise StoreError("The database is away.")

    monkeypatch.setattr(store._guilds, "_read", broken)
    for _ in range(2):
        await server.alice.send(server.channel, GOOD_NEWS)

    assert server.reaction_requests == []
    assert await fates(server) == {"skipped.settings not read yet": 2}


async def test_a_message_does_not_wait_for_its_settings_for_long(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(_: Store, __: int) -> object:
        return await asyncio.Event().wait()

    store_of(server)._guilds._entries.clear()
    monkeypatch.setattr(Store, "current", never)
    monkeypatch.setattr(reactions, "_READ_SECONDS", 0.0)
    await server.alice.send(server.channel, GOOD_NEWS)

    assert await fates(server) == {"skipped.settings not read yet": 1}
