"""Events come twice, out of order, for nothing known, in odd shapes. That the log stays clean is checked too."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from bot.client import EmojiBot
from tests.wire.payloads import ALICE, BOB, GENERAL, HOME, RANDOM, Channel, Payload, menu, message, slash, snowflake
from tests.wire.server import Route, WireServer
from tests.wire.wellbeing import TEXT, answers, is_well, passed

pytestmark = pytest.mark.usefixtures("bot")

NOWHERE: Final = Channel(snowflake(), "nowhere", snowflake())
UNTOLD: Final = Channel(snowflake(), "untold", HOME.id)


async def _reacts_once(server: WireServer, payload: Payload) -> None:
    """The message of `payload`, in the general channel, gets its reaction, exactly once."""
    await server.dispatch("MESSAGE_CREATE", payload)
    await server.until_reacted(int(payload["id"]))
    await passed(server)
    assert server.rest.reacted[int(payload["id"])] == 1
    await is_well(server)


async def test_a_message_that_comes_twice_gets_one_reaction(server: WireServer) -> None:
    twice = message(TEXT)
    await server.dispatch("MESSAGE_CREATE", twice)
    await _reacts_once(server, twice)


async def test_a_message_that_is_sent_again_after_a_resume_gets_one_reaction(server: WireServer) -> None:
    again = message(TEXT)
    await server.dispatch("MESSAGE_CREATE", again)
    await server.until_reacted(int(again["id"]))
    server.session.live.drop()
    await server.until(lambda: server.gateway.resumed == 1)
    await _reacts_once(server, again)


async def test_an_edit_that_comes_before_its_message_leaves_one_reaction(server: WireServer) -> None:
    payload = message(TEXT)
    edit = {**payload, "edited_timestamp": datetime.now(UTC).isoformat()}
    await server.dispatch("MESSAGE_UPDATE", edit)
    await _reacts_once(server, payload)


async def test_a_message_that_was_deleted_before_it_came_gets_nothing(server: WireServer) -> None:
    payload = message(TEXT)
    gone = {"id": payload["id"], "channel_id": payload["channel_id"], "guild_id": payload["guild_id"]}
    await server.dispatch("MESSAGE_DELETE", gone)
    await server.dispatch("MESSAGE_CREATE", payload)
    await is_well(server)
    assert server.rest.reacted[int(payload["id"])] == 0


async def test_messages_deleted_while_they_wait_get_nothing(server: WireServer) -> None:
    server.reaction_interval = 0.3
    first, *others = [await server.say(TEXT) for _ in range(3)]
    await server.until_reacted(first)
    bulk = {"ids": [str(other) for other in others], "channel_id": str(GENERAL.id), "guild_id": str(HOME.id)}
    await server.dispatch("MESSAGE_DELETE_BULK", bulk)
    await is_well(server)
    assert [server.rest.reacted[other] for other in others] == [0, 0]


async def test_a_message_in_an_unknown_guild_gets_nothing(server: WireServer) -> None:
    for session in server.sessions:
        await session.dispatch("MESSAGE_CREATE", message(TEXT, channel=NOWHERE))
    await is_well(server)
    assert {reaction.channel for reaction in server.reactions} == {GENERAL.id}


async def test_a_message_in_an_untold_channel_gets_its_reaction(server: WireServer) -> None:
    await server.until_reacted(await server.say(TEXT, channel=UNTOLD))
    await is_well(server)


OF_UNKNOWN: Final[Mapping[str, Payload]] = {
    "CHANNEL_DELETE": {**UNTOLD.payload()},
    "CHANNEL_UPDATE": {**UNTOLD.payload()},
    "GUILD_DELETE": {"id": str(NOWHERE.guild_id)},
    "GUILD_UPDATE": {"id": str(NOWHERE.guild_id), "name": "nowhere"},
    "GUILD_MEMBER_REMOVE": {"guild_id": str(NOWHERE.guild_id), "user": ALICE.payload()},
    "GUILD_ROLE_DELETE": {"guild_id": str(HOME.id), "role_id": str(snowflake())},
    "GUILD_EMOJIS_UPDATE": {"guild_id": str(NOWHERE.guild_id), "emojis": []},
    "MESSAGE_DELETE": {"id": str(snowflake()), "channel_id": str(NOWHERE.id), "guild_id": str(NOWHERE.guild_id)},
    "MESSAGE_REACTION_REMOVE_ALL": {
        "message_id": str(snowflake()),
        "channel_id": str(NOWHERE.id),
        "guild_id": str(NOWHERE.guild_id),
    },
    "THREAD_DELETE": {"id": str(snowflake()), "guild_id": str(HOME.id), "parent_id": str(UNTOLD.id), "type": 11},
    "THREAD_MEMBERS_UPDATE": {"id": str(snowflake()), "guild_id": str(HOME.id), "member_count": 1},
    "TYPING_START": {"channel_id": str(NOWHERE.id), "user_id": str(ALICE.id), "timestamp": 0},
    "SOMETHING_OF_NEXT_YEAR": {"guild_id": str(HOME.id), "of": ["which", None]},
}


@pytest.mark.parametrize("event", OF_UNKNOWN)
async def test_news_of_what_the_bot_does_not_know_are_passed_over(server: WireServer, event: str) -> None:
    await server.session.dispatch(event, OF_UNKNOWN[event])
    await is_well(server)
    assert server.gateway.connections == 1


NOT_UNDERSTOOD: Final[Mapping[str, Any]] = {
    "MESSAGE_CREATE": {"id": None, "channel_id": str(GENERAL.id)},
    "MESSAGE_UPDATE": {},
    "MESSAGE_REACTION_ADD": {"message_id": "not a number"},
    "GUILD_CREATE": {"id": str(HOME.id), "channels": [{}]},
    "CHANNEL_CREATE": None,
    "INTERACTION_CREATE": {"type": 2},
}


@pytest.mark.parametrize("event", NOT_UNDERSTOOD)
async def test_an_event_that_nobody_understands_is_passed_over(server: WireServer, event: str) -> None:
    await server.session.dispatch(event, json.dumps(NOT_UNDERSTOOD[event]))
    await is_well(server)
    assert server.gateway.connections == 1


MEMBER: Final[Payload] = {"roles": [], "joined_at": None, "deaf": False, "mute": False, "flags": 0, "new": {"a": []}}
SHAPES: Final[Mapping[str, Payload]] = {
    "unknown fields": {"from_next_year": {"nested": [1, None]}, "flags": 1 << 40, "channel_type": 99},
    "nulls": {"edited_timestamp": None, "nonce": None, "referenced_message": None, "webhook_id": None},
    "a member without a date": {"member": MEMBER},
    "an unknown role": {"member": {**MEMBER, "roles": [str(snowflake())]}},
    "an author of few words": {"author": {"id": str(BOB.id), "username": "bob", "discriminator": "0", "avatar": None}},
    "a sticker of no known kind": {"sticker_items": [{"id": str(snowflake()), "name": "?", "format_type": 9}]},
    "an embed of no known kind": {"embeds": [{"type": "hologram", "title": None}]},
    "a mention of nobody known": {
        "mentions": [{"id": str(snowflake()), "username": "x", "discriminator": "0", "avatar": None}]
    },
    "a reply to nothing": {
        "type": 19,
        "referenced_message": None,
        "message_reference": {"message_id": str(snowflake()), "channel_id": str(GENERAL.id)},
    },
}


@pytest.mark.parametrize("fields", SHAPES.values(), ids=SHAPES.keys())
async def test_a_message_gets_its_reaction_though_it_has(server: WireServer, fields: Payload) -> None:
    await _reacts_once(server, message(TEXT) | fields)


LEFT_OUT: Final = ("member", "timestamp", "tts", "pinned", "mention_everyone", "mentions", "mention_roles", "embeds")


@pytest.mark.parametrize("field", LEFT_OUT)
async def test_a_message_without_a_field_does_no_harm(server: WireServer, field: str) -> None:
    payload = message(TEXT)
    del payload[field]
    await server.dispatch("MESSAGE_CREATE", payload)
    await is_well(server)
    assert server.gateway.connections == 1


async def test_an_oversized_message_is_read_like_any(server: WireServer) -> None:
    await _reacts_once(server, message((f"{TEXT} " * 300)[:4000]))


async def test_a_message_of_a_million_characters_does_no_harm(server: WireServer) -> None:
    await server.say("a" * 1_000_000, channel=RANDOM)
    await is_well(server)


async def test_a_huge_guild_does_no_harm(server: WireServer, bot: EmojiBot) -> None:
    guild_id = snowflake()
    channels = tuple(Channel(snowflake(), f"channel {number}", guild_id) for number in range(500))
    role = HOME.payload()["roles"][0]
    roles = [role | {"id": str(guild_id)}, *(role | {"id": str(snowflake())} for _ in range(249))]
    huge = HOME.payload() | {
        "id": str(guild_id),
        "roles": roles,
        "channels": [channel.payload() for channel in channels],
        "member_count": 1_000_000,
        "large": True,
    }
    await server.dispatch("GUILD_CREATE", huge)
    await is_well(server, channels[-1])
    await is_well(server)


ODD_INTERACTIONS: Final[Mapping[str, Payload]] = {
    "a locale of next year": {"locale": "tlh-Latn"},
    "no guild locale and a new context": {"guild_locale": None, "context": 7},
    "entitlements of no known kind": {"entitlements": [], "attachment_size_limit": 0},
    "unknown fields": {"from_next_year": {"nested": [1, None]}},
    "a channel that was not told of": {"channel_id": str(UNTOLD.id), "channel": UNTOLD.payload()},
}


@pytest.mark.parametrize("fields", ODD_INTERACTIONS.values(), ids=ODD_INTERACTIONS.keys())
async def test_an_interaction_is_answered_though_it_has(server: WireServer, fields: Payload) -> None:
    await answers(server, slash("predict", options={"text": TEXT}) | fields)
    await is_well(server)


def _of_no_message(interaction: Payload) -> Payload:
    return interaction | {"data": {**interaction["data"], "resolved": {}}}


ILL_INTERACTIONS: Final[Mapping[str, Payload]] = {
    "of a command that is gone": slash("forgotten", options={"text": TEXT}),
    "of an option that is gone": slash("predict", options={"words": TEXT}),
    "of a group that became a command": slash("predict now", options={"text": TEXT}),
    "of a command that became a group": slash("settings"),
    "of a menu that is gone": menu("Forgotten", message(TEXT)),
    "of a message that was not told of": _of_no_message(menu("Predict emoji", message(TEXT))),
    "of no known type": slash("help") | {"type": 99},
}


@pytest.mark.parametrize("interaction", ILL_INTERACTIONS.values(), ids=ILL_INTERACTIONS.keys())
async def test_an_interaction_does_no_harm(server: WireServer, interaction: Payload) -> None:
    await server.dispatch("INTERACTION_CREATE", interaction)
    await is_well(server)
    assert server.gateway.connections == 1


async def test_an_interaction_that_comes_twice_does_no_harm(server: WireServer) -> None:
    twice = slash("predict", options={"text": TEXT})
    await answers(server, twice)
    await answers(server, twice)
    await is_well(server)
    assert len(server.received(Route.ANSWER)) >= 2
