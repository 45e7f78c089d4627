"""The slash command and the message menu, and what Discord is told of them."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from bot.settings import Settings
from model.predictor import Predictor
from tests.wire.bots import connected
from tests.wire.payloads import GENERAL, RANDOM, Payload, menu, message, slash
from tests.wire.server import Refusal, Request, Route, WireServer

TEXT = "@everyone look, I got the job! <@1>"
MESSAGE_WITH_SOURCE = 4
EPHEMERAL = 64
TIME_TO_ANSWER = 3.0

WAYS: dict[str, Callable[[str], Payload]] = {
    "slash": lambda text: slash("predict", options={"text": text}),
    "menu": lambda text: menu("Predict emoji", message(text)),
}


async def _answer(server: WireServer, interaction: Payload) -> Request:
    await server.dispatch("INTERACTION_CREATE", interaction)
    [answer] = await server.until_received(Route.ANSWER)
    assert answer.variables == {"interaction": interaction["id"], "token": interaction["token"]}
    return answer


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize("ask", WAYS.values(), ids=WAYS.keys())
async def test_predict_answers_privately_and_mentions_nobody(
    server: WireServer, predictor: Predictor, ask: Callable[[str], Payload]
) -> None:
    answer = await _answer(server, ask(TEXT))
    assert answer.body["type"] == MESSAGE_WITH_SOURCE
    content: dict[str, Any] = answer.body["data"]
    assert content["flags"] == EPHEMERAL
    assert content["allowed_mentions"] == {"parse": []}
    [embed] = content["embeds"]
    assert predictor.predict(TEXT).candidates[0].emoji in embed["title"]


@pytest.mark.usefixtures("bot")
async def test_predict_answers_in_time_while_messages_pour_in(server: WireServer) -> None:
    messages = [await server.say("what a lovely day", channel=where) for _ in range(20) for where in (GENERAL, RANDOM)]
    asked = time.monotonic()
    answer = await _answer(server, slash("predict", options={"text": TEXT}))
    assert answer.at - asked < TIME_TO_ANSWER
    await server.until_reacted(*messages)


@pytest.mark.usefixtures("bot")
async def test_the_menu_says_so_where_there_is_no_text(server: WireServer) -> None:
    answer = await _answer(server, menu("Predict emoji", message("")))
    assert answer.body["data"]["content"] == "That message has no text to read."
    assert answer.body["data"]["flags"] == EPHEMERAL


@pytest.mark.usefixtures("bot")
async def test_statistics_come_with_their_picture(server: WireServer) -> None:
    await server.until_reacted(await server.say("thank you all"))
    await _answer(server, slash("stats"))
    [edit] = await server.until_received(Route.EDIT_ANSWER)
    [picture] = edit.body["attachments"]
    assert edit.body["embeds"][0]["image"]["url"] == f"attachment://{picture['filename']}"


@pytest.mark.usefixtures("bot")
async def test_an_interaction_that_expired_is_survived(server: WireServer) -> None:
    server.fail(Route.ANSWER, Refusal(404, 10062, "Unknown interaction"))
    await _answer(server, slash("predict", options={"text": TEXT}))
    await server.until_reacted(await server.say("thank you all"))


async def test_commands_are_sent_at_the_first_start_only(server: WireServer, settings: Settings) -> None:
    async with connected(server, settings):
        [request] = server.received(Route.SET_COMMANDS)
    assert {(command["type"], command["name"]) for command in request.body} == {
        *((1, name) for name in ("help", "model", "predict", "privacy", "settings", "stats")),
        *((3, name) for name in ("Predict emoji", "React for me")),
    }
    async with connected(server, settings):
        assert len(server.received(Route.COMMANDS)) == 2
        assert len(server.received(Route.SET_COMMANDS)) == 1


async def test_commands_are_sent_again_when_discord_has_others(server: WireServer, settings: Settings) -> None:
    async with connected(server, settings):
        pass
    server.commands[0]["description"] = "What it did in an older version"
    async with connected(server, settings):
        assert len(server.received(Route.SET_COMMANDS)) == 2


async def test_a_refused_sync_leaves_the_reactions_at_work(server: WireServer, settings: Settings) -> None:
    server.fail(Route.COMMANDS, Refusal(403, 50001, "Missing Access"))
    async with connected(server, settings):
        await server.until_reacted(await server.say("happy birthday, my friend"))
