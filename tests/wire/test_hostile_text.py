"""Text that means harm, over the real gateway: as the bytes that Discord could send."""

from typing import Any

import pytest

from tests.hostile_texts import HOSTILE_TEXTS, MARKUP
from tests.wire.payloads import menu, message, slash
from tests.wire.server import Route, WireServer

pytestmark = pytest.mark.usefixtures("bot")

GOOD_NEWS = "we won the game last night!"


async def test_the_bot_works_on_after_every_hostile_message(server: WireServer) -> None:
    for text in (*HOSTILE_TEXTS.values(), *MARKUP.values()):
        await server.say(text)
    await server.until_reacted(await server.say(GOOD_NEWS))


async def test_what_a_hostile_text_is_answered_can_be_sent(server: WireServer) -> None:
    texts = list(HOSTILE_TEXTS.values())
    for text in texts:
        await server.dispatch("INTERACTION_CREATE", slash("predict", options={"text": text, "explain": True}))
        await server.dispatch("INTERACTION_CREATE", menu("Predict emoji", message(text)))
    answers = await server.until_received(Route.ANSWER, 2 * len(texts))

    assert len(answers) == 2 * len(texts)
    for answer in answers:
        content: dict[str, Any] = answer.body["data"]
        assert content["allowed_mentions"] == {"parse": []}
        str(content).encode()  # no lone surrogate


async def test_an_edit_into_a_hostile_text_is_survived(server: WireServer) -> None:
    edited = message(GOOD_NEWS)
    await server.dispatch("MESSAGE_CREATE", edited)
    await server.until_reacted(int(edited["id"]))
    for text in HOSTILE_TEXTS.values():
        await server.dispatch("MESSAGE_UPDATE", {**edited, "content": text})
    await server.until_reacted(await server.say(GOOD_NEWS))
