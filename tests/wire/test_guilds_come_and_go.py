"""Guilds, channels and threads appear, fall out of reach and vanish while the bot works."""

from typing import Final

import pytest

from bot.client import EmojiBot
from tests.wire.faults import Refusal, Slow
from tests.wire.payloads import BOB, ELSEWHERE, GENERAL, HOME, LOUNGE, RANDOM, Channel, Payload, slash, snowflake
from tests.wire.server import Route, WireServer
from tests.wire.wellbeing import TEXT, is_well

pytestmark = pytest.mark.usefixtures("bot")

THREAD: Final = Channel(snowflake(), "a thread", HOME.id)


def _thread(**fields: object) -> Payload:
    """A public thread of the general channel."""
    metadata = {
        "archived": False,
        "auto_archive_duration": 60,
        "archive_timestamp": "2024-01-01T00:00:00+00:00",
        "locked": False,
    }
    thread: Payload = {
        "id": str(THREAD.id),
        "guild_id": str(HOME.id),
        "parent_id": str(GENERAL.id),
        "owner_id": str(snowflake()),
        "type": 11,
        "name": THREAD.name,
        "message_count": 0,
        "member_count": 1,
        "thread_metadata": metadata,
    }
    return thread | fields


async def _go_dark(server: WireServer) -> None:
    await server.dispatch("GUILD_DELETE", {"id": str(HOME.id), "unavailable": True})


async def test_a_guild_falls_out_of_reach_and_comes_back(server: WireServer, bot: EmojiBot) -> None:
    await is_well(server)
    await _go_dark(server)
    await server.say(TEXT)
    await server.dispatch("GUILD_CREATE", HOME.payload())
    await is_well(server)
    assert len(bot.guilds) == 1


async def test_an_outage_forgets_no_settings(server: WireServer) -> None:
    await server.dispatch("INTERACTION_CREATE", slash("settings ignore add", options={"who": BOB}))
    await server.until_received(Route.EDIT_ANSWER)
    await _go_dark(server)
    await server.dispatch("GUILD_CREATE", HOME.payload())
    silent = await server.say(TEXT, author=BOB)
    await is_well(server)
    assert server.rest.reacted[silent] == 0


async def test_a_guild_that_stays_dark_holds_up_no_other(server: WireServer) -> None:
    await server.dispatch("GUILD_CREATE", ELSEWHERE.payload())
    await _go_dark(server)
    await is_well(server, LOUNGE)


async def test_a_guild_that_the_bot_joins_is_served_at_once(server: WireServer, bot: EmojiBot) -> None:
    await server.dispatch("GUILD_CREATE", ELSEWHERE.payload())
    await is_well(server, LOUNGE)
    assert len(bot.guilds) == 2


async def test_a_guild_that_throws_the_bot_out_and_takes_it_back_is_served(server: WireServer, bot: EmojiBot) -> None:
    await server.dispatch("GUILD_CREATE", ELSEWHERE.payload())
    await is_well(server, LOUNGE)
    await server.dispatch("GUILD_DELETE", {"id": str(ELSEWHERE.id)})
    late = await server.say(TEXT, channel=LOUNGE)
    await is_well(server)
    assert server.rest.reacted[late] == 0
    assert len(bot.guilds) == 1
    await server.dispatch("GUILD_CREATE", ELSEWHERE.payload())
    await is_well(server, LOUNGE)


async def test_a_guild_may_throw_the_bot_out_while_its_messages_wait(server: WireServer) -> None:
    await server.dispatch("GUILD_CREATE", ELSEWHERE.payload())
    server.fail(Route.ADD_REACTION, Slow(0.3), Refusal(403, 50001, "Missing Access"))
    for _ in range(5):
        await server.say(TEXT, channel=LOUNGE)
    await server.until_received(Route.ADD_REACTION)
    await server.dispatch("GUILD_DELETE", {"id": str(ELSEWHERE.id)})
    await server.until(lambda: server.rest.statuses[Route.ADD_REACTION, 403] + server.rest.reacted.total() > 0)
    server.rest.faults.clear()
    await is_well(server)


async def test_a_guild_is_served_though_it_was_told_of_twice(server: WireServer, bot: EmojiBot) -> None:
    await server.dispatch("GUILD_CREATE", HOME.payload())
    await is_well(server)
    assert len(bot.guilds) == 1


async def test_a_channel_may_be_deleted_while_its_messages_wait(server: WireServer) -> None:
    gone = Refusal(404, 10003, "Unknown Channel")
    server.fail(Route.ADD_REACTION, Slow(0.3), gone)
    for _ in range(5):
        await server.say(TEXT, channel=RANDOM)
    await server.until_received(Route.ADD_REACTION)
    await server.dispatch("CHANNEL_DELETE", RANDOM.payload())
    await server.until(lambda: server.rest.statuses[Route.ADD_REACTION, 404] == 1)
    await is_well(server)
    asked = [int(request.variables["channel"]) for request in server.received(Route.ADD_REACTION)]
    assert asked.count(RANDOM.id) == 2


async def test_a_new_channel_is_served_at_once(server: WireServer) -> None:
    channel = Channel(snowflake(), "new", HOME.id)
    await server.dispatch("CHANNEL_CREATE", channel.payload())
    await is_well(server, channel)


async def test_a_channel_of_a_kind_of_next_year_is_served(server: WireServer) -> None:
    channel = Channel(snowflake(), "hologram", HOME.id)
    await server.dispatch("CHANNEL_CREATE", channel.payload() | {"type": 99})
    await is_well(server)
    await server.until_reacted(await server.say(TEXT, channel=channel))


async def test_a_thread_is_served_from_its_first_message_to_its_last(server: WireServer) -> None:
    await server.dispatch("THREAD_CREATE", _thread(newly_created=True))
    await server.until_reacted(await server.say(TEXT, channel=THREAD))
    await server.dispatch("THREAD_DELETE", _thread())
    server.fail(Route.ADD_REACTION, Refusal(404, 10003, "Unknown Channel"))
    await server.say(TEXT, channel=THREAD)
    await is_well(server)


async def test_a_thread_that_is_archived_midway_is_left_alone(server: WireServer) -> None:
    await server.dispatch("THREAD_CREATE", _thread(newly_created=True))
    server.fail(Route.ADD_REACTION, Refusal(400, 50083, "Thread is archived"))
    await server.say(TEXT, channel=THREAD)
    await server.until_received(Route.ADD_REACTION)
    await server.say(TEXT, channel=THREAD)
    await is_well(server)
    asked = [int(request.variables["channel"]) for request in server.received(Route.ADD_REACTION)]
    assert asked.count(THREAD.id) == 1


async def test_a_thread_outlives_its_channel_in_the_news(server: WireServer) -> None:
    await server.dispatch("THREAD_CREATE", _thread(newly_created=True))
    await server.dispatch("CHANNEL_DELETE", GENERAL.payload())
    await server.say(TEXT, channel=THREAD)
    await is_well(server, RANDOM)
