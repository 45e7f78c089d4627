"""Requests fail in every way, and the bot carries on. That the log stays clean is checked after every test."""

import asyncio
from typing import Final

import pytest

from bot.client import EmojiBot
from bot.settings import Settings
from tests.wire.faults import CutShort, Drop, Fault, Hang, Page, RateLimit, Refusal, Slow
from tests.wire.payloads import BOB, GENERAL, RANDOM, Payload, from_member, slash, typing
from tests.wire.server import TOKEN, Route, WireServer
from tests.wire.wellbeing import TEXT, is_well

pytestmark = pytest.mark.usefixtures("bot")

JSON: Final = "application/json"

LOSES_ONE: Final[dict[str, Fault]] = {
    "503": Refusal(503, 0, "Service Unavailable"),
    "503 from the proxy": Page(503),
    "a ban by the proxy": Page(429, "error code: 1015", "text/plain"),
    "a ban by the proxy in JSON": Page(429, "{}", JSON),
    "a login page": Page(401),
    "403 from the proxy": Page(403),
    "404 from the proxy": Page(404),
    "half a body": CutShort(),
    "JSON that is none": Page(200, '{"message": "half of', JSON),
    "an error in JSON that is none": Page(502, "<html>", JSON),
    "bytes that are no UTF-8": Page(200, '{"message": "\udcff"}', JSON),
    "a page that says 200": Page(200),
    "JSON that calls itself text": Page(200, "{}", "text/plain"),
}
TRIED_AGAIN: Final[dict[str, Fault]] = {
    "500": Refusal(500, 0, "Internal Server Error"),
    "502 from the proxy": Page(502),
    "504 from the proxy": Page(504),
    "a rate limit": RateLimit(0.2),
    "a global rate limit": RateLimit(0.2, everywhere=True),
    "a slow reply": Slow(0.5),
}


@pytest.mark.parametrize("fault", LOSES_ONE.values(), ids=LOSES_ONE.keys())
async def test_one_reaction_is_lost_to(server: WireServer, fault: Fault) -> None:
    server.fail(Route.ADD_REACTION, fault)
    lost = await server.say(TEXT, channel=RANDOM)
    await server.until_received(Route.ADD_REACTION)
    await is_well(server, GENERAL)
    assert server.rest.reacted[lost] == 0


@pytest.mark.parametrize("fault", TRIED_AGAIN.values(), ids=TRIED_AGAIN.keys())
async def test_a_reaction_comes_in_the_end_after(server: WireServer, fault: Fault) -> None:
    server.fail(Route.ADD_REACTION, fault)
    message = await server.say(TEXT)
    await server.until_reacted(message)
    await is_well(server)
    assert server.rest.reacted[message] == 1


async def test_a_global_rate_limit_holds_every_channel_back(server: WireServer) -> None:
    server.fail(Route.ADD_REACTION, RateLimit(0.5, everywhere=True))
    first = await server.say(TEXT, channel=GENERAL)
    await server.until_received(Route.ADD_REACTION)
    second = await server.say(TEXT, channel=RANDOM)
    await server.until_reacted(first, second)
    before, *after = server.received(Route.ADD_REACTION)
    assert len(after) == 2
    assert all(request.at - before.at >= 0.5 for request in after)


@pytest.mark.parametrize("settings", [Settings(token=TOKEN, threshold=0.0, stale_after=0.5)])
async def test_a_global_rate_limit_that_outlasts_its_message_ends(
    server: WireServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.global_limit.LONGEST", 1.0)
    server.fail(Route.ADD_REACTION, RateLimit(1.0, everywhere=True))
    await server.say(TEXT)
    (limited,) = await server.until_received(Route.ADD_REACTION)
    await asyncio.sleep(1.2)
    await is_well(server)
    assert all(request.at - limited.at >= 1.0 for request in server.received(Route.ADD_REACTION)[1:])


@pytest.mark.parametrize("settings", [Settings(token=TOKEN, threshold=0.0, stale_after=0.5)])
async def test_a_reply_that_comes_after_the_bot_gave_up_changes_nothing(server: WireServer) -> None:
    server.fail(Route.ADD_REACTION, Slow(0.8))
    message = await server.say(TEXT)
    await server.until_received(Route.ADD_REACTION)
    await asyncio.sleep(1.0)
    await is_well(server)
    assert server.rest.reacted[message] == 1


async def test_a_token_that_is_revoked_silences_only_where_it_was_noticed(server: WireServer) -> None:
    server.fail(Route.ADD_REACTION, Refusal(401, 0, "401: Unauthorized"))
    refused = await server.say(TEXT, channel=RANDOM)
    await server.until_received(Route.ADD_REACTION)
    await server.say(TEXT, channel=RANDOM, author=BOB)
    await is_well(server, GENERAL)
    asked = [int(request.variables["channel"]) for request in server.received(Route.ADD_REACTION)]
    assert asked.count(RANDOM.id) == 1
    assert server.rest.reacted[refused] == 0


ANSWER_FAULTS: Final[dict[str, Fault]] = {
    "400": Refusal(400, 40060, "Interaction has already been acknowledged."),
    "403": Refusal(403, 0, "Forbidden"),
    "500": Refusal(500, 0, "Internal Server Error"),
    "502 from the proxy": Page(502),
    "a ban by the proxy": Page(429, "error code: 1015", "text/plain"),
    "a rate limit": RateLimit(0.2),
    "half a body": CutShort(),
    "JSON that is none": Page(200, '{"message": "half of', JSON),
    "a page instead of JSON": Page(200),
    "bytes that are no UTF-8": Page(200, '{"message": "\udcff"}', JSON),
    "a broken connection": Drop(),
    "no reply": Hang(),
    "a slow reply": Slow(0.5),
}


@pytest.mark.parametrize("route", [Route.ANSWER, Route.EDIT_ANSWER], ids=lambda route: route.name)
@pytest.mark.parametrize("fault", ANSWER_FAULTS.values(), ids=ANSWER_FAULTS.keys())
async def test_an_answer_may_meet(server: WireServer, route: Route, fault: Fault) -> None:
    server.fail(route, fault)
    await server.dispatch("INTERACTION_CREATE", slash("stats" if route is Route.EDIT_ANSWER else "help"))
    await server.until_received(route)
    await is_well(server)


@pytest.mark.parametrize("route", [Route.ANSWER, Route.EDIT_ANSWER], ids=lambda route: route.name)
async def test_an_answer_that_waits_does_not_hold_up_a_bot_that_leaves(
    server: WireServer, bot: EmojiBot, route: Route
) -> None:
    server.fail(route, RateLimit(0.5))
    await server.dispatch("INTERACTION_CREATE", slash("stats" if route is Route.EDIT_ANSWER else "help"))
    await server.until_received(route)
    await bot.close()
    await asyncio.sleep(0.7)
    assert len(server.received(route)) == 1


async def test_a_reaction_that_waits_does_not_hold_up_a_bot_that_leaves(server: WireServer, bot: EmojiBot) -> None:
    server.fail(Route.ADD_REACTION, RateLimit(0.5))
    await server.say(TEXT)
    await server.until_received(Route.ADD_REACTION)
    await bot.close()
    await asyncio.sleep(0.7)
    assert len(server.received(Route.ADD_REACTION)) == 1


UNANSWERED: Final[dict[str, Payload]] = {
    "a refusal": from_member(slash("settings show")),
    "a list of choices": typing("settings emoji off", "emoji", "jo"),
    "a list of no choices": from_member(typing("settings emoji off", "emoji", "jo")),
}
LATE: Final[dict[str, Fault]] = {
    "late": Refusal(404, 10062, "Unknown interaction"),
    "cut off": CutShort(),
    "not answered": Page(200),
}


@pytest.mark.parametrize("fault", LATE.values(), ids=LATE.keys())
@pytest.mark.parametrize("interaction", UNANSWERED.values(), ids=UNANSWERED.keys())
async def test_it_is_survived_that(server: WireServer, interaction: Payload, fault: Fault) -> None:
    server.fail(Route.ANSWER, fault)
    await server.dispatch("INTERACTION_CREATE", interaction)
    await server.until_received(Route.ANSWER)
    await is_well(server)
