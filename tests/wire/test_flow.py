"""More messages than Discord takes reactions: who is served, who is dropped, and what is counted."""

from dataclasses import replace
from datetime import date

import pytest

from bot.client import EmojiBot
from bot.cogs.reactions import Reactions
from bot.counts import Count, skipped
from bot.outbox import LANE_WAITING
from bot.policy import Skip
from bot.reactor import Outcome
from bot.settings import Settings
from tests.bot.store.conftest import until
from tests.wire.bots import connected
from tests.wire.payloads import GENERAL, HOME, RANDOM, Channel, Guild, menu, message, slash, snowflake
from tests.wire.server import Hang, RateLimit, Route, WireServer

TEXT = "happy birthday, my friend"
A_WHILE = 1.0
"""Seconds for which Discord lets the first request of a channel wait, while others come."""


def _asked_in(server: WireServer, channel: Channel) -> list[int]:
    """The messages of a channel that the bot tried to react to."""
    requests = server.received(Route.ADD_REACTION)
    return [int(one.variables["message"]) for one in requests if one.variables["channel"] == str(channel.id)]


def _cog(bot: EmojiBot) -> Reactions:
    cog = bot.get_cog("Reactions")
    assert isinstance(cog, Reactions)
    return cog


async def _waiting(bot: EmojiBot, count: int) -> None:
    """Wait until so many reactions wait, and the model has nothing left to do."""
    service = bot._service
    assert service is not None
    await until(lambda: bot._reactor.waiting >= count and not service.waiting)


async def _counted(bot: EmojiBot, guild: Guild = HOME) -> dict[str, int]:
    assert bot._store is not None
    return {counter.name: counter.count for counter in await bot._store.counters(guild.id, date.min)}


async def test_a_channel_has_one_request_in_flight_and_its_newest_messages_get_the_next(
    server: WireServer, bot: EmojiBot, caplog: pytest.LogCaptureFixture
) -> None:
    server.fail(Route.ADD_REACTION, RateLimit(A_WHILE))
    first, *others = [await server.say(TEXT) for _ in range(LANE_WAITING + 31)]
    await server.until_received(Route.ADD_REACTION)
    await _waiting(bot, LANE_WAITING)
    assert _asked_in(server, GENERAL) == [first]
    assert (bot._reactor.in_flight, bot._reactor.waiting) == (1, LANE_WAITING)

    await server.until_reacted(others[-1])
    await until(lambda: _cog(bot).under_way == 0)
    assert [reaction.message for reaction in server.reactions] == [first, *others[30:]]
    counted = await _counted(bot)
    assert counted[skipped(Outcome.OVERTAKEN)] == 30
    assert counted[Count.SEEN] == len(others) + 1
    assert len([record for record in caplog.records if "message dropped" in record.getMessage()]) == 1


async def test_a_flooded_channel_holds_up_no_other(server: WireServer, bot: EmojiBot) -> None:
    server.fail(Route.ADD_REACTION, Hang())
    for _ in range(300):
        await server.say(TEXT, channel=GENERAL)
    await server.until_received(Route.ADD_REACTION)
    await server.until_reacted(await server.say(TEXT, channel=RANDOM))
    await _waiting(bot, LANE_WAITING)

    assert len(_asked_in(server, GENERAL)) == 1
    assert bot._reactor.waiting == LANE_WAITING


async def test_a_flooded_server_holds_up_no_other(server: WireServer, settings: Settings) -> None:
    noisy_id, quiet_id = snowflake(), snowflake()
    noisy = Guild(noisy_id, "noisy", tuple(Channel(snowflake(), f"hall-{n}", noisy_id) for n in range(60)))
    quiet = Guild(quiet_id, "quiet", (Channel(snowflake(), "library", quiet_id),))
    server.guilds = [noisy, quiet]
    async with connected(server, settings) as bot:
        for _ in range(10):
            for channel in noisy.channels:
                await server.say(TEXT, channel=channel)
        await _waiting(bot, 5 * settings.reactions_per_second)
        whisper = await server.say(TEXT, channel=quiet.channels[0])
        before = len(server.reactions)
        await server.until_reacted(whisper)
        between = [reaction.message for reaction in server.reactions].index(whisper) - before

        assert between <= settings.reactions_per_second  # all that was permitted already, and one turn of the other
        assert skipped(Outcome.OVERTAKEN) not in await _counted(bot, quiet)


async def test_what_a_member_asks_for_comes_through_a_flood(server: WireServer, bot: EmojiBot) -> None:
    server.fail(Route.ADD_REACTION, RateLimit(A_WHILE))
    first = await server.say(TEXT)
    await server.until_received(Route.ADD_REACTION)
    old = message(TEXT, age=3600.0)
    for _ in range(2 * LANE_WAITING):
        await server.say(TEXT)
    await server.dispatch("INTERACTION_CREATE", menu("React for me", old))
    await _waiting(bot, LANE_WAITING + 1)
    for _ in range(2 * LANE_WAITING):
        last = await server.say(TEXT)
    await server.until_reacted(last)

    assert [reaction.message for reaction in server.reactions][:2] == [first, int(old["id"])]


async def test_predict_answers_while_the_model_cannot_keep_up(server: WireServer, bot: EmojiBot) -> None:
    for _ in range(1500):
        await server.say(TEXT)
    await server.dispatch("INTERACTION_CREATE", slash("predict", options={"text": TEXT}))
    [answer] = await server.until_received(Route.ANSWER)

    assert "embeds" in answer.body["data"]  # not that it is busy


@pytest.fixture
def small_intake(monkeypatch: pytest.MonkeyPatch) -> int:
    """How many messages a server may hand to the bot at once, where it is the only one to do so."""
    monkeypatch.setattr("bot.cogs.reactions._PLACES", 20)
    return 10


async def test_what_the_bot_cannot_hold_is_dropped_at_once_and_counted(
    server: WireServer, settings: Settings, small_intake: int, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected(server, replace(settings, stale_after=2.0)) as bot:
        server.fail(Route.ADD_REACTION, Hang())
        for _ in range(50):
            await server.say(TEXT)
        await _waiting(bot, small_intake - 1)
        assert _cog(bot).under_way == small_intake
        counted = await _counted(bot)
        assert counted == {Count.SEEN: 40, skipped(Skip.FLOOD): 40}
    assert len([record for record in caplog.records if "message dropped" in record.getMessage()]) == 1
