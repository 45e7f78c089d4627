"""Discord refuses, stalls or breaks, and the bot carries on. That the log stays clean is checked after every test."""

import asyncio
import time

import pytest

from bot.settings import Settings
from tests.wire.payloads import ALICE, BOB, GENERAL, RANDOM
from tests.wire.server import TOKEN, Drop, Hang, RateLimit, Refusal, Route, WireServer

pytestmark = pytest.mark.usefixtures("bot")

TEXT = "happy birthday, my friend"

OF_ONE_MESSAGE = [
    Refusal(404, 10008, "Unknown Message"),
    Refusal(400, 10014, "Unknown Emoji"),
    Refusal(400, 30010, "Maximum number of reactions reached (20)"),
    Refusal(400, 0, "Something that this bot has never heard of"),
    Refusal(503, 0, "Service Unavailable"),
]
OF_A_CHANNEL = [
    Refusal(404, 10003, "Unknown Channel"),
    Refusal(403, 50001, "Missing Access"),
    Refusal(403, 50013, "Missing Permissions"),
    Refusal(400, 50083, "Thread is archived"),
]
OF_AN_AUTHOR = Refusal(403, 90001, "Reaction blocked")


def _name(refusal: Refusal) -> str:
    return f"{refusal.status}-{refusal.code}"


def _asked(server: WireServer) -> list[int]:
    """The messages that the bot tried to react to."""
    return [int(request.variables["message"]) for request in server.received(Route.ADD_REACTION)]


@pytest.mark.parametrize("refusal", OF_ONE_MESSAGE, ids=_name)
async def test_a_refused_message_leaves_the_next_one_alone(server: WireServer, refusal: Refusal) -> None:
    server.fail(Route.ADD_REACTION, refusal)
    refused = await server.say(TEXT)
    following = await server.say(TEXT)
    await server.until_reacted(following)
    assert _asked(server) == [refused, following]


@pytest.mark.parametrize("refusal", OF_A_CHANNEL, ids=_name)
async def test_a_refusing_channel_is_asked_once(server: WireServer, refusal: Refusal) -> None:
    server.fail(Route.ADD_REACTION, refusal)
    refused = await server.say(TEXT, channel=GENERAL)
    await server.say(TEXT, channel=GENERAL, author=BOB)
    elsewhere = await server.say(TEXT, channel=RANDOM)
    await server.until_reacted(elsewhere)
    await server.settle()
    assert sorted(_asked(server)) == [refused, elsewhere]


async def test_an_author_who_blocked_the_bot_is_asked_about_once(server: WireServer) -> None:
    server.fail(Route.ADD_REACTION, OF_AN_AUTHOR)
    refused = await server.say(TEXT, author=ALICE)
    await server.say(TEXT, author=ALICE)
    another = await server.say(TEXT, author=BOB)
    await server.until_reacted(another)
    await server.say(TEXT, author=ALICE, channel=RANDOM)
    elsewhere = await server.say(TEXT, author=BOB, channel=RANDOM)
    await server.until_reacted(elsewhere)
    assert _asked(server) == [refused, another, elsewhere]


async def test_a_rate_limit_is_waited_out(server: WireServer) -> None:
    server.fail(Route.ADD_REACTION, RateLimit(retry_after=0.3))
    message = await server.say(TEXT)
    await server.until_reacted(message)
    await server.settle()
    first, second = server.received(Route.ADD_REACTION)
    assert second.at - first.at >= 0.3
    assert [reaction.message for reaction in server.reactions] == [message]


async def test_a_rate_limit_longer_than_a_reaction_is_worth_drops_it(server: WireServer) -> None:
    server.fail(Route.ADD_REACTION, RateLimit(retry_after=3600.0))
    dropped = await server.say(TEXT)
    following = await server.say(TEXT)
    await server.until_reacted(following)
    assert _asked(server) == [dropped, following]


async def test_an_internal_server_error_is_tried_again(server: WireServer) -> None:
    server.fail(Route.ADD_REACTION, Refusal(500, 0, "Internal Server Error"))
    message = await server.say(TEXT)
    await server.until_reacted(message)
    await server.settle()
    assert _asked(server) == [message, message]
    assert [reaction.message for reaction in server.reactions] == [message]


async def test_broken_connections_are_survived(server: WireServer) -> None:
    server.fail(Route.ADD_REACTION, Drop(), Drop())  # two, as the HTTP client may itself try once more
    first, _, last = [await server.say(TEXT) for _ in range(3)]
    await server.until_reacted(last)
    assert first not in {reaction.message for reaction in server.reactions}


async def test_a_reply_that_never_comes_holds_up_no_other_channel(server: WireServer) -> None:
    server.fail(Route.ADD_REACTION, Hang())
    await server.say(TEXT, channel=GENERAL)
    await server.until_received(Route.ADD_REACTION)
    await server.until_reacted(await server.say(TEXT, channel=RANDOM))


@pytest.mark.parametrize("settings", [Settings(token=TOKEN, threshold=0.0, stale_after=1.0)])
async def test_a_reply_that_never_comes_frees_its_channel_once_the_message_is_stale(server: WireServer) -> None:
    server.fail(Route.ADD_REACTION, Hang())
    await server.say(TEXT)
    (first,) = await server.until_received(Route.ADD_REACTION)
    await asyncio.sleep(max(0.0, first.at + 1.1 - time.monotonic()))
    await server.until_reacted(await server.say(TEXT))


@pytest.mark.parametrize("code", [0, 40007, 50009])
async def test_any_forbidden_reaction_silences_its_channel_for_a_while(server: WireServer, code: int) -> None:
    server.fail(Route.ADD_REACTION, Refusal(403, code, "Forbidden"))
    refused = await server.say(TEXT)
    await server.until_received(Route.ADD_REACTION)
    await server.say(TEXT)
    elsewhere = await server.say(TEXT, channel=RANDOM)
    await server.until_reacted(elsewhere)
    assert _asked(server) == [refused, elsewhere]
