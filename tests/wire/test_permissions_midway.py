"""What the bot may do changes while it works: it asks Discord for nothing that it knows to be forbidden."""

from collections.abc import Awaitable, Callable
from typing import Final

import pytest

from bot.client import EmojiBot
from tests.wire.faults import Refusal, Slow
from tests.wire.payloads import (
    ADD_REACTIONS,
    BOT,
    ELSEWHERE,
    GENERAL,
    HOME,
    LOUNGE,
    RANDOM,
    READ_HISTORY,
    VIEW_CHANNEL,
    Channel,
    Payload,
    snowflake,
)
from tests.wire.server import Route, WireServer
from tests.wire.wellbeing import TEXT, is_well

PERMISSIONS: Final = {"view": VIEW_CHANNEL, "read history": READ_HISTORY, "add reactions": ADD_REACTIONS}
HOME_SINCE: Final = "2024-01-01T00:00:00+00:00"
REACTOR: Final = str(snowflake())


def _everyone(permissions: int) -> Payload:
    role: Payload = HOME.payload()["roles"][0]
    return {"guild_id": str(HOME.id), "role": role | {"permissions": str(permissions)}}


async def _overwritten(server: WireServer, denied: int) -> None:
    channel = Channel(RANDOM.id, RANDOM.name, HOME.id, denied=denied)
    await server.dispatch("CHANNEL_UPDATE", channel.payload())


async def _role_changed(server: WireServer, denied: int) -> None:
    await server.dispatch("GUILD_ROLE_UPDATE", _everyone((VIEW_CHANNEL | READ_HISTORY | ADD_REACTIONS) & ~denied))


async def _overwritten_for_the_bot(server: WireServer, denied: int) -> None:
    overwrite = {"id": str(BOT.id), "type": 1, "allow": "0", "deny": str(denied)}
    await server.dispatch("CHANNEL_UPDATE", RANDOM.payload() | {"permission_overwrites": [overwrite]})


Change = Callable[[WireServer, int], Awaitable[None]]
WAYS: Final[dict[str, Change]] = {
    "by the channel": _overwritten,
    "by the channel, for the bot": _overwritten_for_the_bot,
    "by the role of everyone": _role_changed,
}


@pytest.fixture(autouse=True)
async def lounge(server: WireServer, bot: EmojiBot) -> None:
    """Another guild, where the bot may always react, with its settings read."""
    await server.dispatch("GUILD_CREATE", ELSEWHERE.payload())
    await is_well(server, LOUNGE)


async def _says_in_vain(server: WireServer) -> int:
    """Say something where the bot may not react, and wait until it is through with it; returns the message's id."""
    message = await server.say(TEXT, channel=RANDOM)
    await is_well(server, LOUNGE)
    return message


def _asked(server: WireServer) -> list[int]:
    """The messages that the bot tried to react to."""
    return [int(request.variables["message"]) for request in server.received(Route.ADD_REACTION)]


@pytest.mark.parametrize("denied", PERMISSIONS.values(), ids=PERMISSIONS.keys())
@pytest.mark.parametrize("change", WAYS.values(), ids=WAYS.keys())
async def test_a_permission_may_be_taken_and_given_back(server: WireServer, change: Change, denied: int) -> None:
    await is_well(server, RANDOM)
    await change(server, denied)
    silent = await _says_in_vain(server)
    await change(server, 0)
    await is_well(server, RANDOM)
    assert silent not in _asked(server)


async def test_a_timeout_of_the_bot_silences_it_until_it_ends(server: WireServer) -> None:
    me: Payload = {"guild_id": str(HOME.id), "user": BOT.payload(), "roles": [], "joined_at": HOME_SINCE}
    await is_well(server, RANDOM)
    await server.dispatch("GUILD_MEMBER_UPDATE", me | {"communication_disabled_until": "2999-01-01T00:00:00+00:00"})
    silent = await _says_in_vain(server)
    await server.dispatch("GUILD_MEMBER_UPDATE", me | {"communication_disabled_until": None})
    await is_well(server, RANDOM)
    assert silent not in _asked(server)


async def test_a_message_that_waits_while_the_permission_is_taken_is_not_asked_about(server: WireServer) -> None:
    server.fail(Route.ADD_REACTION, Slow(0.5))
    first, waiting = [await server.say(TEXT, channel=RANDOM) for _ in range(2)]
    replies = server.rest.statuses[Route.ADD_REACTION, 204]
    await server.until(lambda: server.rest.reacted[first] == 1)
    await _overwritten(server, ADD_REACTIONS)
    await server.until(lambda: server.rest.statuses[Route.ADD_REACTION, 204] > replies)
    await is_well(server, LOUNGE)
    await _overwritten(server, 0)
    await is_well(server, RANDOM)
    assert waiting not in _asked(server)


async def test_a_refusal_before_the_news_of_it_is_remembered(server: WireServer) -> None:
    server.fail(Route.ADD_REACTION, Refusal(403, 50013, "Missing Permissions"))
    await server.say(TEXT, channel=RANDOM)
    await server.until_received(Route.ADD_REACTION)
    await server.say(TEXT, channel=RANDOM)
    await is_well(server, GENERAL)
    asked = [int(request.variables["channel"]) for request in server.received(Route.ADD_REACTION)]
    assert asked.count(RANDOM.id) == 1


async def test_a_role_of_the_bot_may_be_deleted(server: WireServer) -> None:
    role = {**_everyone(0)["role"], "id": REACTOR, "name": "reactor", "permissions": str(ADD_REACTIONS)}
    await server.dispatch("GUILD_ROLE_CREATE", {"guild_id": str(HOME.id), "role": role})
    await _role_changed(server, ADD_REACTIONS)
    me: Payload = {"guild_id": str(HOME.id), "user": BOT.payload(), "roles": [REACTOR], "joined_at": HOME_SINCE}
    await server.dispatch("GUILD_MEMBER_UPDATE", me)
    await is_well(server, RANDOM)
    await server.dispatch("GUILD_ROLE_DELETE", {"guild_id": str(HOME.id), "role_id": REACTOR})
    silent = await _says_in_vain(server)
    await _role_changed(server, 0)
    await is_well(server, RANDOM)
    assert silent not in _asked(server)
