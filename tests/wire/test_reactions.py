"""A message in, a reaction out, or nothing."""

from typing import Any
from urllib.parse import quote

import pytest

from bot.client import EmojiBot
from bot.settings import Settings
from model.predictor import Predictor
from tests.wire.bots import connected
from tests.wire.payloads import BOT, GENERAL, OTHER_BOT, RANDOM, RULES, snowflake
from tests.wire.server import TOKEN, Reaction, Route, WireServer

TEXT = "we won the game last night!"


@pytest.mark.usefixtures("bot")
async def test_a_message_gets_exactly_one_reaction(server: WireServer, predictor: Predictor) -> None:
    message = await server.say(TEXT)
    await server.until_reacted(message)
    await server.settle()
    emoji = predictor.predict(TEXT).candidates[0].emoji
    assert server.reactions == [Reaction(GENERAL.id, message, emoji)]
    [request] = server.received(Route.ADD_REACTION)
    assert request.path == f"/channels/{GENERAL.id}/messages/{message}/reactions/{quote(emoji)}/@me"
    assert request.path.isascii()


@pytest.mark.usefixtures("bot")
async def test_a_reply_gets_a_reaction_like_any_message(server: WireServer) -> None:
    await server.until_reacted(await server.say(TEXT, type=19))


@pytest.mark.usefixtures("bot")
async def test_many_messages_at_once_each_get_one_reaction(server: WireServer) -> None:
    messages = [await server.say(TEXT, channel=channel) for _ in range(20) for channel in (GENERAL, RANDOM)]
    await server.until_reacted(*messages)
    assert sorted(reaction.message for reaction in server.reactions) == sorted(messages)


IGNORED = {
    "its own": {"author": BOT},
    "of another bot": {"author": OTHER_BOT},
    "of a webhook": {"webhook_id": str(snowflake())},
    "a system message": {"type": 7},
    "a direct message": {"guild_id": None, "channel_id": str(snowflake()), "member": None},
    "empty": {"text": ""},
    "blank": {"text": " \n\t "},
    "stale": {"age": 60.0},
    "where it may not react": {"channel": RULES},
}


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize("fields", IGNORED.values(), ids=IGNORED.keys())
async def test_a_message_gets_nothing_when_it_is(server: WireServer, fields: dict[str, Any]) -> None:
    await server.say(**{"text": TEXT, **fields})
    # The bot takes messages in order, so once it has reacted to this one it has passed over the other.
    ordinary = await server.say(TEXT)
    await server.until_reacted(ordinary)
    await server.settle()
    assert [int(request.variables["message"]) for request in server.received(Route.ADD_REACTION)] == [ordinary]


async def test_an_unsure_bot_stays_silent(server: WireServer) -> None:
    async with connected(server, Settings(token=TOKEN, threshold=1.0)):
        await server.say(TEXT)
        await server.settle()
    assert server.received(Route.ADD_REACTION) == []


async def test_the_log_holds_no_message_text(
    server: WireServer, bot: EmojiBot, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="bot")
    caplog.set_level("DEBUG", logger="model")
    await server.until_reacted(await server.say(TEXT))
    await bot.close()
    assert any(record.name.startswith("bot.") for record in caplog.records)
    assert TEXT not in caplog.text
