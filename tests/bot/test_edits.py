"""What happens when a message is edited or deleted, through the real client in a simulated Discord."""

import asyncio
from dataclasses import replace

import discord
import pytest
from simcord.backend import serializers

from bot.cogs.learning import Learning
from bot.cogs.reactions import Reactions
from bot.judge import Judge
from bot.reactor import Reactor
from bot.settings import Settings
from model.service import ServiceBusyError
from tests.bot.conftest import Server
from tests.bot.stage import (
    GOOD_NEWS,
    LOGISTICS,
    SAD_NEWS,
    Gate,
    bot_of,
    counters,
    fates,
    hold_model,
    hold_replies,
    hold_requests,
    moderator_removes,
    my_id,
    post,
    reaction_of_the_bot,
    reactions_of_the_bot,
    store_of,
)


@pytest.fixture
def settings() -> Settings:
    """React where the model is rather sure."""
    return Settings(threshold=0.5)


def _reactions(server: Server) -> Reactions:
    cog = bot_of(server).get_cog("Reactions")
    assert isinstance(cog, Reactions)
    return cog


def _taken_back(server: Server) -> int:
    requests = server.environment.http_requests
    return len([request for request in requests if request.method == "DELETE" and "/reactions/" in request.path])


async def test_an_edit_that_changes_the_mood_changes_the_reaction(server: Server) -> None:
    message = await server.alice.send(server.channel, GOOD_NEWS)
    before = reaction_of_the_bot(server, message)
    await server.alice.edit(message, SAD_NEWS)

    assert reaction_of_the_bot(server, message) != before


async def test_an_edit_that_leaves_the_mood_leaves_the_reaction_in_peace(server: Server) -> None:
    message = await server.alice.send(server.channel, GOOD_NEWS)
    await server.alice.edit(message, f"{GOOD_NEWS}!")

    assert len(server.reaction_requests) == 1
    assert _taken_back(server) == 0


async def test_a_reaction_that_an_edit_made_wrong_is_taken_back(server: Server) -> None:
    message = await server.alice.send(server.channel, GOOD_NEWS)
    await server.alice.edit(message, LOGISTICS)

    assert reactions_of_the_bot(server, message) == []
    assert _taken_back(server) == 1


async def test_an_edit_may_earn_a_reaction(server: Server) -> None:
    message = await server.alice.send(server.channel, LOGISTICS)
    await server.alice.edit(message, GOOD_NEWS)

    assert reactions_of_the_bot(server, message) != []
    counted = await counters(server)
    assert {name: n for name, n in counted.items() if not name.startswith("emoji.")} == {
        "seen": 1,
        "silent": 1,
        "reacted": 1,
        "earned": 1,
    }
    assert [n for name, n in counted.items() if name.startswith("emoji.")] == [1]


async def test_a_message_edited_again_and_again_has_one_reaction_at_most(server: Server) -> None:
    message = await server.alice.send(server.channel, GOOD_NEWS)
    first = reaction_of_the_bot(server, message)
    for text in (SAD_NEWS, LOGISTICS, SAD_NEWS):
        await server.alice.edit(message, text)
    assert reaction_of_the_bot(server, message) != first
    await server.alice.edit(message, GOOD_NEWS)

    assert reaction_of_the_bot(server, message) == first


async def test_a_late_edit_changes_nothing(server: Server) -> None:
    message = await server.alice.send(server.channel, GOOD_NEWS)
    before = reaction_of_the_bot(server, message)
    await server.environment.advance_time(31)
    await server.alice.edit(message, SAD_NEWS)

    assert reaction_of_the_bot(server, message) == before


async def test_an_update_without_an_edit_is_not_judged(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    message = await server.alice.send(server.channel, GOOD_NEWS)
    gate = hold_model(monkeypatch)
    backend = server.environment.backend
    stored = backend.get_message(server.channel.id, message.id)
    backend.emit("MESSAGE_UPDATE", dict(serializers.message_payload(backend, stored)))
    await server.environment.settle()

    assert not gate.reached.is_set()


async def test_an_edit_waits_until_the_first_reaction_is_made(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = hold_requests(monkeypatch)
    message = post(server, GOOD_NEWS)
    await gate.reached.wait()
    for text in (LOGISTICS, SAD_NEWS):
        server.environment.backend.edit_message(server.channel.id, message.id, {"content": text})
    await gate.open(server)

    assert len(server.reaction_requests) == 2
    assert _taken_back(server) == 1
    sad = await server.alice.send(server.channel, SAD_NEWS)
    assert reaction_of_the_bot(server, message) == reaction_of_the_bot(server, sad)


async def test_a_reaction_from_before_the_bot_was_started_anew_is_left_alone(server: Server) -> None:
    message = await server.alice.send(server.channel, GOOD_NEWS)
    before = reaction_of_the_bot(server, message)
    own = _reactions(server)._own
    own._reactions.clear()
    own._reacted.clear()
    _edit_as_its_author_sees_it(server, message, SAD_NEWS)
    await server.environment.settle()

    assert reaction_of_the_bot(server, message) == before
    assert len(server.reaction_requests) == 1


async def test_an_edit_that_comes_while_a_reaction_is_taken_back_is_judged_too(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = await server.alice.send(server.channel, GOOD_NEWS)
    gate = Gate(monkeypatch, Reactor, "take_back")
    _edit_as_its_author_sees_it(server, message, SAD_NEWS)
    await gate.reached.wait()
    _edit_as_its_author_sees_it(server, message, LOGISTICS)
    await asyncio.sleep(0.05)
    await gate.open(server)
    await server.environment.settle()

    assert reactions_of_the_bot(server, message) == []


def _edit_as_its_author_sees_it(server: Server, message: discord.Message, text: str) -> None:
    """An edit that tells which reactions are the bot's; by itself the simulated Discord does not."""
    backend = server.environment.backend
    stored = backend.get_message(server.channel.id, message.id)
    payload = serializers.message_payload(backend, stored, for_user=my_id(server))
    payload["content"], payload["edited_timestamp"] = text, stored.timestamp
    backend.emit("MESSAGE_UPDATE", dict(payload))


async def test_who_opts_out_while_an_edit_is_judged_gets_the_reaction_taken_back(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = await server.alice.send(server.channel, GOOD_NEWS)
    gate = hold_model(monkeypatch)
    server.environment.backend.edit_message(server.channel.id, message.id, {"content": f"{GOOD_NEWS}!"})
    await gate.reached.wait()
    await store_of(server).opt_out(server.alice.id, server.guild.id)
    await gate.open(server)

    assert reactions_of_the_bot(server, message) == []


async def test_an_edit_while_the_model_is_busy_keeps_the_reaction(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def busy(*_: object) -> None:
        raise ServiceBusyError(1)

    message = await server.alice.send(server.channel, GOOD_NEWS)
    monkeypatch.setattr(Judge, "judge", busy)
    await server.alice.edit(message, LOGISTICS)

    assert reactions_of_the_bot(server, message) != []


@pytest.mark.parametrize(("status", "code", "kept"), [(403, 50013, 1), (500, 0, 1), (404, 10014, 0)])
async def test_where_the_old_reaction_cannot_be_taken_back_no_second_one_is_added(
    server: Server, status: int, code: int, kept: int
) -> None:
    message = await server.alice.send(server.channel, GOOD_NEWS)
    before = reaction_of_the_bot(server, message)
    server.environment.inject_error(
        "DELETE", "/channels/*/reactions/*", status=status, code=code, message="no", times=None
    )
    await server.alice.edit(message, SAD_NEWS)

    # With 404 the old one is gone for Discord, though the simulation still shows it.
    assert len(reactions_of_the_bot(server, message)) == (1 if kept else 2)
    assert reactions_of_the_bot(server, message)[0] == before


async def test_an_edit_is_not_counted_as_another_message(server: Server) -> None:
    message = await server.alice.send(server.channel, GOOD_NEWS)
    for text in (SAD_NEWS, LOGISTICS, GOOD_NEWS):
        await server.alice.edit(message, text)
    counted = await counters(server)

    assert counted["seen"] == 1
    assert await fates(server) == {"reacted": 2}  # the second after the message had none
    assert counted["earned"] == 1
    assert counted["edited"] == 2


async def test_an_edited_message_pays_no_cooldown_for_its_own_reaction(server: Server) -> None:
    await store_of(server).change(server.guild.id, lambda chosen: replace(chosen, channel_cooldown=600))
    message = await server.alice.send(server.channel, GOOD_NEWS)
    before = reaction_of_the_bot(server, message)
    await server.alice.edit(message, SAD_NEWS)

    assert reaction_of_the_bot(server, message) != before


async def test_a_bot_that_edits_its_message_gets_nothing(server: Server) -> None:
    robot = server.guild.add_member(server.environment.create_user("robot", bot=True))
    message = await robot.send(server.channel, LOGISTICS)
    await robot.edit(message, GOOD_NEWS)

    assert server.reaction_requests == []
    assert await fates(server) == {"skipped.bot": 1}


async def test_the_bot_does_not_judge_its_own_edits(server: Server) -> None:
    sent = await server.environment.bot.get_partial_messageable(server.channel.id).send(LOGISTICS)
    await sent.edit(content=GOOD_NEWS)
    await server.environment.settle()

    assert server.reaction_requests == []
    assert await counters(server) == {}


async def test_what_a_moderator_removed_does_not_come_back_with_an_edit(server: Server) -> None:
    message = await server.alice.send(server.channel, GOOD_NEWS)
    await moderator_removes(server, message, reaction_of_the_bot(server, message))
    await server.alice.edit(message, SAD_NEWS)

    assert reactions_of_the_bot(server, message) == []


async def test_what_a_moderator_removes_during_an_edit_does_not_come_back(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = await server.alice.send(server.channel, GOOD_NEWS)
    gate = hold_model(monkeypatch)
    server.environment.backend.edit_message(server.channel.id, message.id, {"content": SAD_NEWS})
    await gate.reached.wait()
    backend, emoji = server.environment.backend, reaction_of_the_bot(server, message)
    backend.clear_reaction(server.channel.id, message.id, emoji)
    await gate.open(server)

    assert reactions_of_the_bot(server, message) == []
    assert len(server.reaction_requests) == 1


@pytest.mark.parametrize("bulk", [False, True])
async def test_a_message_deleted_before_its_reaction_gets_none(
    server: Server, monkeypatch: pytest.MonkeyPatch, bulk: bool
) -> None:
    gate = hold_model(monkeypatch)
    message = post(server, GOOD_NEWS)
    await gate.reached.wait()
    _delete(server, message.id, bulk=bulk)
    await gate.open(server)

    assert server.reaction_requests == []
    assert await fates(server) == {"skipped.deleted": 1}


@pytest.mark.parametrize("bulk", [False, True])
async def test_deleted_messages_are_forgotten(server: Server, bulk: bool) -> None:
    message = await server.alice.send(server.channel, GOOD_NEWS)
    cog = bot_of(server).get_cog("Learning")
    assert isinstance(cog, Learning)
    assert cog._own.of(message.id) is not None
    _delete(server, message.id, bulk=bulk)
    await server.environment.settle()

    assert cog._own.of(message.id) is None


def _delete(server: Server, message_id: int, *, bulk: bool) -> None:
    if bulk:
        server.environment.backend.bulk_delete_messages(server.channel.id, [message_id])
    else:
        server.environment.backend.delete_message(server.channel.id, message_id)


async def test_a_message_deleted_while_discord_replies_is_survived(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    gate = hold_replies(monkeypatch)
    message = post(server, GOOD_NEWS)
    await gate.reached.wait()
    server.environment.backend.edit_message(server.channel.id, message.id, {"content": SAD_NEWS})
    server.environment.backend.delete_message(server.channel.id, message.id)
    await gate.open(server)

    assert len(server.reaction_requests) == 1
    assert await fates(server) == {"reacted": 1}
    assert not [record for record in caplog.records if record.exc_info]
