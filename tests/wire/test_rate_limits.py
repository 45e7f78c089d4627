"""Discord says how fast the bot may react, and when it went too fast."""

from collections import defaultdict
from itertools import pairwise

import aiohttp
import pytest

from tests.wire.payloads import ALICE, GENERAL, RANDOM, Form
from tests.wire.server import TOKEN, Route, WireServer

pytestmark = pytest.mark.usefixtures("bot")

TEXT = "happy birthday, my friend"
INTERVAL = 0.1


async def test_reactions_come_at_the_pace_that_the_headers_set(server: WireServer) -> None:
    server.reaction_interval = INTERVAL
    messages = [await server.say(TEXT, channel=channel) for _ in range(5) for channel in (GENERAL, RANDOM)]
    await server.until_reacted(*messages)
    assert server.rest.statuses[Route.ADD_REACTION, 429] == 0
    times = defaultdict(list)
    for request in server.received(Route.ADD_REACTION):
        times[request.variables["channel"]].append(request.at)
    assert [len(moments) for moments in times.values()] == [5, 5]
    assert min(later - earlier for moments in times.values() for earlier, later in pairwise(moments)) >= INTERVAL


async def test_somebody_else_using_up_the_limit_is_waited_out(server: WireServer) -> None:
    server.reaction_interval = INTERVAL
    message = await server.say(TEXT)
    await server.until_reacted(message)
    url = f"{server.api_url}/channels/{GENERAL.id}/messages/{message}/reactions/x/@me"
    async with aiohttp.ClientSession(headers={"Authorization": f"Bot {TOKEN}"}) as client:
        while server.rest.statuses[Route.ADD_REACTION, 429] == 0:
            async with client.put(url):
                pass
    await server.until_reacted(await server.say(TEXT))


async def test_a_form_is_a_message_like_any_other(server: WireServer) -> None:
    form = Form(ALICE, GENERAL)
    messages = [await server.post(form, text) for text in ('she said "we won the game!"', TEXT)]
    await server.until_reacted(*messages)
    assert [reaction.message for reaction in server.reactions] == messages
