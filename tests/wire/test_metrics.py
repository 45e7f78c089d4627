"""Each metric moves when its thing happens."""

import asyncio
import re
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import discord
import pytest

from bot.client import EmojiBot
from bot.settings import Settings
from model.bundle import load_bundle
from tests.wire.payloads import ALICE, BOT, GENERAL, HOME, OTHER_BOT, RANDOM, RULES, menu, message, slash
from tests.wire.server import TOKEN, Drop, Hang, RateLimit, Refusal, Route, WireServer
from tests.wire.watching import Page, watched

TEXT = "we won the game last night!"


@pytest.fixture
async def seen(server: WireServer, settings: Settings) -> AsyncIterator[tuple[EmojiBot, Page]]:
    """A bot and its page."""
    async with watched(server, settings) as seen:
        yield seen


@pytest.fixture
def page(seen: tuple[EmojiBot, Page]) -> Page:
    """Of a bot in its guild."""
    return seen[1]


@pytest.fixture
def bot(seen: tuple[EmojiBot, Page]) -> EmojiBot:
    """That the page is about."""
    return seen[0]


async def test_a_message_with_its_reaction_counts_in_all_that_it_passes(server: WireServer, page: Page) -> None:
    predictions = await page.value("prediction_seconds_count")
    await server.until_reacted(await server.say(TEXT))
    await server.settle()

    assert await page.value("messages_total") == 1
    assert await page.value("prediction_seconds_count") == predictions + 1
    assert await page.value("prediction_seconds_sum") > 0
    assert await page.value("reactions_total", trigger="own") == 1
    assert await page.value("reaction_delay_seconds_count") == 1
    assert 0 < await page.value("reaction_delay_seconds_sum") < 5
    assert await page.value("waiting_messages", queue="model") == 0


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"author": OTHER_BOT}, "bot"),
        ({"text": " "}, "empty"),
        ({"age": 60.0}, "stale"),
        ({"channel": RULES}, "not allowed"),
    ],
)
async def test_a_message_without_a_reaction_counts_by_its_reason(
    server: WireServer, page: Page, fields: dict[str, object], reason: str
) -> None:
    await server.say(**{"text": TEXT, **fields})  # type: ignore[arg-type]
    await server.until_reacted(await server.say(TEXT, channel=RANDOM))
    await server.settle()

    assert await page.value("messages_total") == 2
    assert await page.value("messages_skipped_total", reason=reason) == 1
    assert await page.value("reactions_total", trigger="own") == 1


async def test_silence_counts_as_not_sure(server: WireServer, settings: Settings) -> None:
    async with watched(server, replace(settings, threshold=1.0)) as (_, page):
        await server.say(TEXT)
        await server.settle()

        assert await page.value("messages_skipped_total", reason="not sure") == 1


async def test_reactions_asked_for_count_apart_and_have_no_delay(server: WireServer, page: Page) -> None:
    old = message(TEXT, author=ALICE, age=3600.0)
    await server.dispatch("INTERACTION_CREATE", menu("React for me", old))
    await server.until_reacted(int(old["id"]))
    await server.settle()

    assert await page.value("reactions_total", trigger="asked") == 1
    assert await page.value("reactions_total", trigger="own") == 0
    assert await page.value("reaction_delay_seconds_count") == 0


async def test_a_delay_ends_when_discord_replies(
    server: WireServer, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_reaction = discord.Message.add_reaction

    async def kept_back(self: discord.Message, emoji: discord.PartialEmoji) -> None:
        """discord.py waits in the same place, until the route's limit has room again."""
        await add_reaction(self, emoji)
        await asyncio.sleep(3)

    monkeypatch.setattr(discord.Message, "add_reaction", kept_back)
    await server.say(TEXT)
    await asyncio.sleep(3.5)

    assert await page.value("reaction_delay_seconds_count") == 1
    assert await page.value("reaction_delay_seconds_sum") < 1


async def test_errors_count_by_status_and_known_code_even_those_that_are_tried_again(
    server: WireServer, page: Page
) -> None:
    faults = [Refusal(404, 10008, "Unknown Message"), Refusal(400, 123456, "News"), Refusal(500, 0, "Oops")]
    server.fail(Route.ADD_REACTION, *faults)
    await server.until_reacted([await server.say(TEXT) for _ in faults][-1])
    await server.settle()

    assert await page.value("discord_errors_total", status="404", code="10008") == 1
    assert await page.value("discord_errors_total", status="400", code="other") == 1
    assert await page.value("discord_errors_total", status="500", code="other") == 1
    assert await page.value("messages_skipped_total", reason="refused") == 2


async def test_what_no_discord_would_reply_makes_no_label(server: WireServer, page: Page) -> None:
    server.fail(Route.ADD_REACTION, Refusal(499, 10**30, "Word salad"), Refusal(418, -1, "I am a teapot"))
    await server.until_reacted([await server.say(TEXT) for _ in range(3)][-1])

    assert await page.value("discord_errors_total", status="other", code="other") == 2
    statuses = {labels["status"] for labels in await page.labels("discord_errors_total")}
    assert statuses == {"400", "401", "403", "404", "429", "500", "502", "503", "other"}


async def test_rate_limits_are_met_and_counted(server: WireServer, page: Page) -> None:
    server.fail(Route.ADD_REACTION, RateLimit(retry_after=0.1))
    replies = await page.value("discord_replies_total")
    await server.until_reacted(await server.say(TEXT))
    await server.settle()

    assert await page.value("discord_replies_total") == replies + 2
    assert await page.value("discord_errors_total", status="429", code="other") == 1
    assert (
        sum([await page.value("discord_rate_limits_total", scope=scope) for scope in ("user", "shared", "other")]) == 1
    )


async def test_broken_connections_are_counted(server: WireServer, page: Page) -> None:
    server.fail(Route.ADD_REACTION, Drop(), Drop())
    await server.until_reacted([await server.say(TEXT) for _ in range(3)][-1])

    assert await page.value("discord_unreachable_total") >= 1


async def test_what_waits_shows(server: WireServer, page: Page) -> None:
    server.fail(Route.ADD_REACTION, Hang())
    for _ in range(4):
        await server.say(TEXT, channel=GENERAL)
    await server.until_received(Route.ADD_REACTION)
    await server.settle()

    assert await page.value("reactions_in_flight") == 1
    assert await page.value("waiting_messages", queue="discord") == 3


async def test_commands_count_by_name_with_their_failures(server: WireServer, page: Page) -> None:
    await server.dispatch("INTERACTION_CREATE", slash("predict", options={"text": TEXT}))
    await server.until_received(Route.ANSWER)
    server.fail(Route.ANSWER, Refusal(404, 10062, "Unknown interaction"))
    await server.dispatch("INTERACTION_CREATE", slash("help"))
    await server.until_received(Route.ANSWER, 2)
    await server.settle()

    assert await page.value("command_seconds_count", command="predict") == 1
    assert await page.value("command_seconds_sum", command="predict") > 0
    assert await page.value("command_failures_total", command="predict") == 0
    assert await page.value("command_failures_total", command="help") == 1
    assert await page.labels("command_seconds_count") == [{"command": "predict"}]
    assert await page.value("discord_errors_total", status="404", code="10062") == 1


async def test_versions_guilds_and_shards_show(bot: EmojiBot, page: Page) -> None:
    await bot.wait_until_ready()

    assert await page.value("model_info", version=load_bundle(bot.settings.model_dir).version) == 1
    [build] = await page.labels("build_info")
    assert build.keys() == {"version", "python", "discord_py"}
    assert build["discord_py"] == discord.__version__
    assert await page.value("guilds") == len([HOME])
    assert await page.value("shard_connected", shard="0") == 1
    assert await page.value("ready") == 1


async def test_trouble_of_the_database_counts(server: WireServer, page: Page, tmp_path: Path) -> None:
    _change(tmp_path / "bot.db", "ALTER TABLE counter RENAME TO away")
    await server.until_reacted(await server.say(TEXT))
    await server.dispatch("INTERACTION_CREATE", slash("stats"))
    await server.until_received(Route.EDIT_ANSWER)
    assert await page.value("store_failures_total") >= 1
    assert await page.value("store_unwritten_counts") > 0

    _change(tmp_path / "bot.db", "ALTER TABLE away RENAME TO counter")
    await server.dispatch("INTERACTION_CREATE", slash("stats"))
    await server.until_received(Route.EDIT_ANSWER, 2)
    assert await page.value("store_unwritten_counts") == 0


async def test_a_blocked_event_loop_shows_as_lag(page: Page) -> None:
    before = await _late(page)
    time.sleep(1.5)  # noqa: ASYNC251 - that is the point
    await asyncio.sleep(0.3)

    assert await _late(page) - before >= 5  # of the fifteen measurements that it swallowed, those of its first second


async def test_the_process_is_measured(page: Page) -> None:
    names = {sample.name for sample in await page.samples()}

    assert {"process_resident_memory_bytes", "process_cpu_seconds_total"} <= names


async def test_no_label_holds_an_id_a_name_or_the_token(server: WireServer, page: Page) -> None:
    server.fail(Route.ADD_REACTION, Refusal(403, 50013, TEXT), RateLimit(retry_after=0.1))
    await server.say(TEXT)
    await server.until_reacted(await server.say("happy birthday, grandmother", channel=RANDOM))
    await server.dispatch("INTERACTION_CREATE", slash("predict", options={"text": TEXT}))
    await server.until_received(Route.ANSWER)
    await server.settle()

    values = {value for sample in await page.samples() for value in sample.labels.values()}
    assert [value for value in values if re.search(r"\d{15}", value)] == []
    words = " ".join(values)
    for secret in (TOKEN, "game", "grandmother", HOME.name, GENERAL.name, ALICE.name, BOT.name):
        assert secret not in words


async def test_a_bot_without_a_port_watches_no_request(settings: Settings) -> None:
    assert EmojiBot(settings).http.http_trace is None


async def _late(page: Page) -> float:
    """How many measurements of the event loop were more than half a second late."""
    name = "event_loop_lag_seconds"
    return await page.value(f"{name}_count") - await page.value(f"{name}_bucket", le="0.5")


def _change(database: Path, statement: str) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(statement)
        connection.commit()
