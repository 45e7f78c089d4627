"""What the bot makes of how members take its reactions, through the real client in a simulated Discord."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import discord
import pytest

from bot import taste
from bot.cogs.learning import Learning
from bot.own_reactions import LEFT_ALONE, MOST_ANSWERS, REMEMBERED, OwnReaction, OwnReactions
from bot.settings import Settings
from bot.store import Store, StoreError
from bot.store.database import Database
from bot.taste import Taste
from tests.bot.conftest import Server
from tests.bot.stage import (
    GOOD_NEWS,
    SAD_NEWS,
    Gate,
    Sent,
    bot_of,
    counters,
    hold_replies,
    hold_requests,
    moderator_removes,
    my_id,
    post,
    reaction_of_the_bot,
    reactions_of_the_bot,
    store_of,
)

BASE = 0.5


@pytest.fixture
def settings() -> Settings:
    """React where the model is rather sure."""
    return Settings(threshold=BASE)


def _learning(server: Server) -> Learning:
    cog = bot_of(server).get_cog("Learning")
    assert isinstance(cog, Learning)
    return cog


def _own_reaction(server: Server, message: Sent) -> OwnReaction:
    own = _learning(server)._own.of(message.id)
    assert own is not None
    return own


def _label(server: Server, message: Sent) -> str:
    """The name of the emoji with which the bot reacted."""
    return _own_reaction(server, message).name


async def _shifts(server: Server, guild_id: int | None = None) -> dict[str, float]:
    """By label, how far its threshold moved, once what was learned is written."""
    await server.environment.advance_time(10)
    state = await store_of(server).load(server.guild.id if guild_id is None else guild_id)
    return {name: taste.shift(known, server.environment.now()) for name, known in state.taste.items()}


async def _answers(server: Server) -> dict[str, int]:
    """How the members answered, as it is counted."""
    counted = await counters(server)
    return {name: counted[name] for name in ("joined", "removed", "disliked") if name in counted}


async def test_a_member_who_joins_lowers_the_threshold_of_that_emoji(server: Server) -> None:
    message = await server.alice.send(server.channel, GOOD_NEWS)
    label = _label(server, message)
    await server.alice.react(message, reaction_of_the_bot(server, message))

    assert await _shifts(server) == {label: pytest.approx(-0.0079, abs=1e-4)}
    assert await _answers(server) == {"joined": 1}


@pytest.mark.parametrize("emoji", ["👎", "👎🏾", "❌"])
async def test_a_member_who_dislikes_raises_the_threshold_of_that_emoji(server: Server, emoji: str) -> None:
    message = await server.alice.send(server.channel, GOOD_NEWS)
    label = _label(server, message)
    await server.alice.react(message, emoji)

    assert await _shifts(server) == {label: pytest.approx(0.0214, abs=1e-4)}
    assert await _answers(server) == {"disliked": 1}


@pytest.mark.parametrize("whole", [False, True])
async def test_a_moderator_who_removes_the_reaction_raises_the_threshold(server: Server, whole: bool) -> None:
    message = await server.alice.send(server.channel, GOOD_NEWS)
    label, emoji = _label(server, message), reaction_of_the_bot(server, message)
    if whole:
        server.environment.backend.clear_reaction(server.channel.id, message.id, emoji)
        await server.environment.settle()
    else:
        await moderator_removes(server, message, emoji)

    assert await _shifts(server) == {label: pytest.approx(0.0214, abs=1e-4)}
    assert await _answers(server) == {"removed": 1}


async def test_enough_dislikes_make_the_bot_more_careful_and_only_with_that_emoji_in_that_server(
    server: Server,
) -> None:
    elsewhere = Server(server.environment)
    await server.environment.settle()
    for place in (server, elsewhere):
        # A threshold just below what the model is sure of: a small shift silences the emoji.
        await store_of(server).change(place.guild.id, lambda chosen: replace(chosen, threshold=0.93))
    messages = [await server.alice.send(server.channel, GOOD_NEWS) for _ in range(5)]
    for message in messages:
        await server.alice.react(message, "👎")
    await server.environment.advance_time(10)

    assert reactions_of_the_bot(server, await server.alice.send(server.channel, GOOD_NEWS)) == []
    assert reactions_of_the_bot(server, await server.alice.send(server.channel, SAD_NEWS)) != []
    assert reactions_of_the_bot(elsewhere, await elsewhere.alice.send(elsewhere.channel, GOOD_NEWS)) != []
    assert await _shifts(server, elsewhere.guild.id) == {}


async def test_each_member_counts_once_a_message(server: Server) -> None:
    bob = server.guild.add_member(server.environment.create_user("bob"))
    message = await server.alice.send(server.channel, GOOD_NEWS)
    emoji = reaction_of_the_bot(server, message)
    for member in (server.alice, bob):
        for _ in range(3):
            await member.react(message, emoji)
            await member.unreact(message, emoji)
        await member.react(message, "👎")

    assert await _answers(server) == {"joined": 2}


async def test_bots_do_not_count(server: Server) -> None:
    robot = server.guild.add_member(server.environment.create_user("robot", bot=True))
    message = await server.alice.send(server.channel, GOOD_NEWS)
    await robot.react(message, reaction_of_the_bot(server, message))
    await robot.react(message, "👎")

    assert await _answers(server) == {}


async def test_other_emoji_say_nothing(server: Server) -> None:
    message = await server.alice.send(server.channel, GOOD_NEWS)
    await server.alice.react(message, "👍")
    await server.alice.unreact(message, "👍")

    assert await _answers(server) == {}


async def test_what_happens_under_other_messages_says_nothing(server: Server) -> None:
    message = await server.alice.send(server.channel, "the meeting is at 5")
    await server.alice.react(message, "👎")

    assert await _answers(server) == {}


async def test_a_reaction_that_the_bot_takes_back_itself_is_no_loss(server: Server) -> None:
    message = await server.alice.send(server.channel, GOOD_NEWS)
    for text in (SAD_NEWS, GOOD_NEWS, SAD_NEWS):
        await server.alice.edit(message, text)

    assert await _answers(server) == {}


async def test_all_reactions_cleared_says_nothing_of_the_bots(server: Server) -> None:
    message = await server.alice.send(server.channel, GOOD_NEWS)
    server.environment.backend.clear_reactions(server.channel.id, message.id)
    await server.environment.settle()

    assert await _answers(server) == {}
    assert _learning(server)._own.of(message.id) is None


async def test_who_reacted_before_the_bot_has_not_joined_it(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    first = await server.alice.send(server.channel, GOOD_NEWS)
    gate = hold_requests(monkeypatch)
    message = post(server, GOOD_NEWS)
    await gate.reached.wait()
    backend = server.environment.backend
    bob = server.guild.add_member(server.environment.create_user("bob"))
    backend.add_reaction(server.channel.id, message.id, reaction_of_the_bot(server, first), server.alice.id)
    backend.add_reaction(server.channel.id, message.id, "👎", bob.id)
    await gate.open(server)

    assert await _answers(server) == {}


async def test_the_late_news_of_an_earlier_reaction_taken_back_is_no_loss(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    emoji = reaction_of_the_bot(server, await server.alice.send(server.channel, GOOD_NEWS))
    gate = hold_requests(monkeypatch)
    message = post(server, GOOD_NEWS)
    await gate.reached.wait()
    backend = server.environment.backend
    stored = backend.get_message(server.channel.id, message.id)
    backend._emit_reaction("MESSAGE_REACTION_REMOVE", stored, emoji, my_id(server))
    await gate.open(server)

    assert await _answers(server) == {}
    assert _own_reaction(server, message).stands


async def test_who_joins_before_discord_replied_to_the_bot_counts(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = hold_replies(monkeypatch)
    message = post(server, GOOD_NEWS)
    await gate.reached.wait()
    emoji = reaction_of_the_bot(server, message)
    server.environment.backend.add_reaction(server.channel.id, message.id, emoji, server.alice.id)
    await gate.open(server)

    assert await _answers(server) == {"joined": 1}


async def test_a_servers_own_emoji_is_known_by_its_id(server: Server) -> None:
    own = OwnReaction(1, "tada", "<a:party:123456789012345678>")

    # Discord leaves out that it moves where a reaction is removed, and the name may have changed.
    assert own.is_with(discord.PartialEmoji(name="party", id=123456789012345678))
    assert own.is_with(discord.PartialEmoji(name="feast", id=123456789012345678, animated=True))
    assert not own.is_with(discord.PartialEmoji(name="party", id=123456789012345679, animated=True))
    assert not own.is_with(discord.PartialEmoji(name="🎉"))


@pytest.mark.parametrize(("mine", "theirs"), [("❤️", "❤"), ("❤", "❤️"), ("🎉", "🎉")])
def test_an_emoji_is_the_same_with_its_variation_selector_and_without(mine: str, theirs: str) -> None:
    assert OwnReaction(1, "heart", mine).is_with(discord.PartialEmoji(name=theirs))
    assert not OwnReaction(1, "heart", mine).is_with(discord.PartialEmoji(name="💔"))


async def test_what_was_learned_fades(server: Server) -> None:
    message = await server.alice.send(server.channel, GOOD_NEWS)
    label = _label(server, message)
    await server.alice.react(message, "👎")
    fresh = (await _shifts(server))[label]
    later = server.environment.now() + timedelta(days=90)
    known = (await store_of(server).load(server.guild.id)).taste[label]

    assert 0 < taste.shift(known, later) < fresh / 4


async def test_what_was_learned_survives_a_restart(server: Server, settings: Settings, tmp_path: Path) -> None:
    message = await server.alice.send(server.channel, GOOD_NEWS)
    label = _label(server, message)
    await server.alice.react(message, "👎")
    # Without waiting: closing writes what waits.
    await server.environment.bot.close()

    async with await Store.open(f"sqlite:///{tmp_path / 'bot.db'}") as store:
        assert (await store.load(server.guild.id)).taste[label].lost == 1.0


class Outage:
    """A database that does not take what is written while `on`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.on = False
        write: Callable[[Database], AbstractAsyncContextManager[object]] = Database.write

        def broken(database: Database) -> AbstractAsyncContextManager[object]:
            if self.on:
                raise StoreError("The database is away.")
            return write(database)

        monkeypatch.setattr(Database, "write", broken)


async def test_an_outage_of_the_database_loses_nothing(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    outage = Outage(monkeypatch)
    outage.on = True
    labels = []
    for text in (GOOD_NEWS, SAD_NEWS):
        message = await server.alice.send(server.channel, text)
        labels.append(_label(server, message))
        await server.alice.react(message, "👎")
    await server.environment.advance_time(60)
    assert [record.getMessage() for record in caplog.records if record.name == "bot.cogs.learning"] == [
        "answers to reactions not written, kept for the next time: The database is away."
    ]
    outage.on = False

    assert set(await _shifts(server)) == set(labels)
    assert await _answers(server) == {"disliked": 2}


async def test_all_that_waited_during_an_outage_is_written_in_one_transaction(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    learning = _learning(server)
    learning._waiting = {(guild_id, "tada"): (guild_id, 1) for guild_id in range(1, 101)}
    begun = 0
    write: Callable[[Database], AbstractAsyncContextManager[object]] = Database.write

    def counted(database: Database) -> AbstractAsyncContextManager[object]:
        nonlocal begun
        begun += 1
        return write(database)

    monkeypatch.setattr(Database, "write", counted)
    await learning.write()

    assert begun == 1
    assert learning._waiting == {}
    assert (await store_of(server).load(100)).taste == {"tada": Taste(100.0, 1.0, server.environment.now())}


async def test_answers_that_come_while_others_are_written_wait_for_the_next_time(server: Server) -> None:
    first, second = [await server.alice.send(server.channel, GOOD_NEWS) for _ in range(2)]
    label = _label(server, first)
    await server.alice.react(first, "👎")
    async with store_of(server)._lock(server.guild.id):
        writing = asyncio.create_task(_learning(server).write())
        await asyncio.sleep(0)
        await server.alice.react(second, "👎")
    await writing
    assert _learning(server)._waiting == {(server.guild.id, label): (0, 1)}

    assert await _shifts(server) == {label: pytest.approx(0.0375, abs=1e-4)}


async def test_a_server_that_is_left_is_forgotten_with_what_waited(server: Server) -> None:
    message = await server.alice.send(server.channel, GOOD_NEWS)
    await server.alice.react(message, "👎")
    server.environment.backend.remove_guild(server.guild.id)
    await server.environment.settle()
    await server.environment.advance_time(10)

    assert (await store_of(server).load(server.guild.id)).taste == {}
    assert await counters(server) == {}


async def test_a_server_that_is_left_while_answers_are_written_is_forgotten_and_the_others_are_not(
    server: Server,
) -> None:
    learning, store = _learning(server), store_of(server)
    learning._waiting = {(1, "tada"): (1, 0), (server.guild.id, "tada"): (1, 0)}
    async with store._lock(1):
        writing = asyncio.create_task(learning.write())
        await asyncio.sleep(0)
        server.environment.backend.remove_guild(server.guild.id)
        await asyncio.sleep(0.1)
    await writing
    await server.environment.settle()

    assert learning._waiting == {}
    assert (await store.load(1)).taste == {"tada": Taste(1.0, 0.0, server.environment.now())}
    assert (await store.load(server.guild.id)).taste == {}


async def test_the_reactions_in_a_server_that_is_left_are_forgotten(server: Server) -> None:
    message = await server.alice.send(server.channel, GOOD_NEWS)
    server.environment.backend.remove_guild(server.guild.id)
    await server.environment.settle()

    assert _learning(server)._own.of(message.id) is None


async def test_a_server_that_is_left_during_an_outage_is_forgotten_after_it(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    outage = Outage(monkeypatch)
    message = await server.alice.send(server.channel, GOOD_NEWS)
    label = _label(server, message)
    await store_of(server).add_taste(server.guild.id, label, lost=1.0, at=server.environment.now())
    await server.alice.react(message, "👎")
    outage.on = True
    server.environment.backend.remove_guild(server.guild.id)
    await server.environment.settle()
    outage.on = False
    await _learning(server).write()
    assert await counters(server) == {}  # this writes what waits

    async with await Store.open(bot_of(server).settings.database_url) as other:
        assert (await other.load(server.guild.id)).taste == {}


async def test_what_comes_while_a_taste_is_forgotten_does_not_bring_it_back(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    learning = _learning(server)
    message = await server.alice.send(server.channel, GOOD_NEWS)
    gate = Gate(monkeypatch, Store, "reset_taste", reply=True)
    forgetting = asyncio.create_task(learning.forget(server.guild.id))
    await gate.reached.wait()
    await server.alice.react(message, "👎")
    writing = asyncio.create_task(learning.write())
    await asyncio.sleep(0.1)
    await gate.open(server)
    await asyncio.gather(forgetting, writing)

    assert await _shifts(server) == {}


async def test_what_cannot_be_forgotten_now_is_not_forgotten_by_half(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = await server.alice.send(server.channel, GOOD_NEWS)
    await server.alice.react(message, "👎")
    outage = Outage(monkeypatch)
    outage.on = True
    with pytest.raises(StoreError):
        await _learning(server).forget(server.guild.id)
    outage.on = False
    await _learning(server).write()

    assert await _shifts(server) != {}


async def test_nothing_runs_while_nothing_waits(server: Server) -> None:
    assert _timer(server) is None
    message = await server.alice.send(server.channel, GOOD_NEWS)
    await server.alice.react(message, "👎")
    timer = _timer(server)
    assert timer is not None
    assert not timer.done()
    await server.environment.advance_time(10)
    await server.environment.settle()

    assert timer.done()


def _timer(server: Server) -> asyncio.Task[None] | None:
    return _learning(server)._timer


def test_only_so_many_members_are_remembered_of_a_reaction() -> None:
    own = OwnReaction(1, "tada", "🎉")

    assert [own.count_answer(user_id) for user_id in range(MOST_ANSWERS + 1)] == [True] * MOST_ANSWERS + [False]


def test_only_so_many_reactions_are_remembered() -> None:
    own = OwnReactions()
    for message_id in range(REMEMBERED + 1):
        own.remember(message_id, OwnReaction(1, "tada", "🎉"))

    assert len(own) == REMEMBERED
    assert own.of(0) is None


def test_the_reactions_in_a_server_can_be_forgotten() -> None:
    own = OwnReactions()
    for message_id in range(4):
        own.remember(message_id, OwnReaction(message_id % 2, "tada", "🎉"))
    own.forget_guild(1)

    assert [message_id for message_id in range(4) if own.of(message_id) is not None] == [0, 2]


def test_of_a_message_that_is_left_alone_nothing_is_remembered() -> None:
    own = OwnReactions()
    own.leave_alone(1)
    own.remember(1, OwnReaction(1, "tada", "🎉"))

    assert own.of(1) is None


def test_only_so_many_messages_that_get_nothing_are_remembered() -> None:
    own = OwnReactions()
    for message_id in range(LEFT_ALONE + 1):
        own.leave_alone(message_id)

    assert not own.is_left_alone(0)
    assert own.is_left_alone(1)
    assert own.is_left_alone(LEFT_ALONE)
