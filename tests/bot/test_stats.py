"""/stats, through the real client in a simulated Discord, and the numbers behind it."""

import asyncio
import io
import logging
import threading
from collections.abc import AsyncIterator
from dataclasses import astuple, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import discord
import pytest
import simcord
from PIL import Image

from bot.chart import SIZE
from bot.client import EmojiBot
from bot.cogs.stats import KEPT, Stats, captions, reason_text, stats_embed
from bot.counts import Count, reacted_with, skipped
from bot.current_model import CurrentModel, ModelFacts
from bot.guild_settings import Counter
from bot.policy import Defaults, Skip
from bot.reactor import Outcome
from bot.store import Store, StoreError
from bot.summary import DayCount, summarise
from bot.texts import CATALOGS
from tests.bot.conftest import Server

MANAGER = discord.Permissions(manage_guild=True, view_channel=True, use_application_commands=True)
TODAY = date(2026, 1, 31)
REASONS = [*Skip, *(outcome for outcome in Outcome if outcome is not Outcome.ADDED)]


@pytest.fixture
def admin(server: Server) -> simcord.MemberActor:
    """A member who may manage the server."""
    role = server.guild.create_role("admin", permissions=MANAGER)
    return server.guild.add_member(server.environment.create_user("boss"), roles=[role])


def store_of(server: Server) -> Store:
    assert isinstance(server.environment.bot, EmojiBot)
    store = server.environment.bot._store
    assert store is not None
    return store


def embed_of(result: simcord.InteractionResult) -> discord.Embed:
    assert result.response is not None
    (embed,) = result.response.embeds
    return embed


def fields(embed: discord.Embed) -> dict[str, str]:
    return {str(field.name): str(field.value) for field in embed.fields}


def counter(name: str, count: int, day: date = TODAY) -> Counter:
    return Counter(day, name, count)


async def test_stats_shows_what_was_counted(server: Server, admin: simcord.MemberActor) -> None:
    await server.alice.send(server.channel, "we won the finals!!!")
    await server.alice.send(server.channel, "", attachments=[("cat.png", b"not really a png")])
    store_of(server).count(server.guild.id, Count.JOINED, 1234)

    result = await admin.slash(server.channel, "stats")

    shown = fields(embed_of(result))
    assert embed_of(result).title == "The last 30 days"
    assert shown["What I did"].splitlines()[:2] == [
        "Messages seen: **2**",
        "Reactions: **1** (100% of the messages I read)",
    ]
    assert "Joined my reaction: **1,234**" in shown["What people made of it"]
    assert shown["Not reacted to"] == "No text: **1**"
    assert shown["Top emoji"].endswith(" **1**")


async def test_only_the_admin_sees_the_answer_and_its_picture(server: Server, admin: simcord.MemberActor) -> None:
    store_of(server).count(server.guild.id, Count.SEEN)
    result = await admin.slash(server.channel, "stats")

    assert result.ephemeral
    assert server.channel.history() == []
    assert result.response is not None
    (picture,) = result.response.attachments
    assert embed_of(result).image.url == f"attachment://{picture.filename}"
    assert picture.description
    assert Image.open(io.BytesIO(await picture.read())).size == SIZE


async def test_the_picture_is_drawn_beside_the_event_loop(
    server: Server, admin: simcord.MemberActor, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[tuple[bool, int]] = []

    def draw(*counts: object, span: int, **others: object) -> bytes:
        drawn.append((threading.current_thread() is threading.main_thread(), span))
        return b"a picture"

    monkeypatch.setattr("bot.cogs.stats.draw_stats", draw)
    store_of(server).count(server.guild.id, Count.SEEN)
    await admin.slash(server.channel, "stats", days=7)

    assert drawn == [(False, 7)]


async def test_the_answer_is_promised_before_the_database_is_asked(
    server: Server, admin: simcord.MemberActor, monkeypatch: pytest.MonkeyPatch
) -> None:
    promised: list[bool] = []

    async def counters(guild_id: int, since: date) -> list[Counter]:
        promised.append(any(request.path.endswith("/callback") for request in server.environment.http_requests))
        return []

    monkeypatch.setattr(store_of(server), "counters", counters)
    await admin.slash(server.channel, "stats")

    assert promised == [True]


@pytest.mark.parametrize("days", [7, 30, 90])
async def test_stats_looks_back_as_many_days_as_asked(
    server: Server, admin: simcord.MemberActor, days: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[date] = []

    async def counters(guild_id: int, since: date) -> list[Counter]:
        asked.append(since)
        return []

    monkeypatch.setattr(store_of(server), "counters", counters)
    result = await admin.slash(server.channel, "stats", days=days)

    today = server.environment.now().astimezone(UTC).date()
    assert asked == [today - timedelta(days - 1)]
    assert result.response is not None
    assert f"nothing here in the last {days} days" in result.response.content


async def test_stats_of_another_server_stay_there(server: Server, admin: simcord.MemberActor) -> None:
    store_of(server).count(server.guild.id + 1, Count.SEEN)
    result = await admin.slash(server.channel, "stats")

    assert result.response is not None
    assert result.response.content.startswith("I have counted nothing here")


async def test_an_emoji_that_the_server_replaced_is_shown_as_its_own_while_it_exists(
    server: Server, admin: simcord.MemberActor
) -> None:
    store = store_of(server)
    own, gone = f"<:kek:{server.guild.create_emoji('kek').id}>", "<:kek:123456789012345678>"
    await server.environment.settle()
    emoji = {"joy": own, "skull": gone, "fire": None}
    await store.change(server.guild.id, lambda settings: replace(settings, emoji=emoji))
    for name in ("joy", "joy", "joy", "skull", "skull", "fire", "of another model"):
        store.count(server.guild.id, reacted_with(name))

    result = await admin.slash(server.channel, "stats")

    assert fields(embed_of(result))["Top emoji"].split("\u2003") == [
        f"{own} **3**",
        "💀 **2**",
        "🔥 **1**",
        "of another model **1**",
    ]


async def test_members_are_not_offered_the_command(server: Server) -> None:
    assert "stats" not in server.alice.available_commands(server.channel)


async def test_a_member_whom_the_server_opened_the_command_to_is_refused(server: Server) -> None:
    bot = server.environment.bot
    assert isinstance(bot, EmojiBot)
    command = next(command for command in await bot.tree.fetch_commands() if command.name == "stats")
    server.guild.set_command_permissions(command, {server.alice: True})
    store_of(server).count(server.guild.id, Count.SEEN)

    result = await server.alice.slash(server.channel, "stats")

    assert result.ephemeral
    assert result.response is not None
    assert result.response.content == "The statistics are for those who may manage this server."


async def test_without_its_database_it_says_so(
    server: Server, admin: simcord.MemberActor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(guild_id: int, since: date) -> list[Counter]:
        raise StoreError("the database cannot be reached")

    monkeypatch.setattr(store_of(server), "counters", away)
    result = await admin.slash(server.channel, "stats")

    assert result.ephemeral
    assert result.response is not None
    assert "can't reach my database" in result.response.content


def test_counts_are_added_up_over_the_days() -> None:
    found = summarise(
        [
            counter(Count.SEEN, 10),
            counter(Count.SEEN, 5, TODAY - timedelta(1)),
            counter(Count.REACTED, 2),
            counter(reacted_with("joy"), 1),
            counter(reacted_with("joy"), 1, TODAY - timedelta(1)),
            counter(reacted_with("fire"), 3),
            counter(skipped(Skip.BOT), 1),
            counter(skipped(Skip.SHORT), 4),
            counter("of a later version", 9),
        ]
    )

    assert found.totals == {**dict.fromkeys(Count, 0), Count.SEEN: 15, Count.REACTED: 2}
    assert found.emoji == (("fire", 3), ("joy", 2))
    assert found.skipped == (("too short", 4), ("bot", 1))
    assert sum(day.messages for day in found.days if day.day == TODAY) == 10
    assert DayCount(TODAY, 2, 0) in found.days


def test_the_share_is_of_the_messages_that_were_read() -> None:
    counted = [counter(Count.SEEN, 100), counter(Count.REACTED, 1), counter(Count.SILENT, 3)]

    assert summarise(counted).share == 0.25
    assert summarise([*counted, counter(Count.ASKED, 5)]).share == 0.25
    later = [counter(Count.REACTED, 2), counter(Count.EARNED, 2)]  # two of the silent ones were edited
    assert summarise([*counted, *later]).share == 0.25
    assert summarise([*counted, *later]).at_once == 1
    assert summarise([counter(Count.SEEN, 100)]).share is None


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_is_said_in_words(reason: Skip | Outcome) -> None:
    assert f"stats.skipped_{reason.replace(' ', '_')}" in CATALOGS["en"]


def test_a_reason_of_another_version_is_shown_as_it_is() -> None:
    assert reason_text("full moon") == "full moon"


def test_reactions_on_request_have_a_line_of_their_own() -> None:
    found = summarise([counter(Count.REACTED, 3), counter(Count.ASKED, 2)])

    assert "Reactions on request: **2**" in fields(stats_embed(found, {}, 30))["What I did"].splitlines()


def test_rare_reasons_are_put_together() -> None:
    found = summarise([counter(skipped(reason), 100 - place) for place, reason in enumerate(REASONS)])
    lines = fields(stats_embed(found, {}, 30))["Not reacted to"].splitlines()

    assert lines[0] == f"{reason_text(REASONS[0])}: **100**"
    assert lines[8:] == [f"Other reasons: **{sum(100 - place for place in range(8, len(REASONS))):,}**"]


def test_the_largest_numbers_fit_into_the_card() -> None:
    most = 2**63 - 1
    names = [*Count, *(skipped(reason) for reason in REASONS), *(reacted_with(f"{n:040}"[:34]) for n in range(63))]
    custom = {f"{n:040}"[:34]: f"<a:{'x' * 32}:{10**19}>" for n in range(63)}
    embed = stats_embed(summarise([counter(name, most) for name in names]), custom, 90)

    assert max(len(str(field.value)) for field in embed.fields) <= 1024
    assert len(embed) <= 6000


def test_a_language_that_the_picture_cannot_write_gets_the_english_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CATALOGS, "ja", {**CATALOGS["en"], "stats.chart_top": "絵文字"})
    monkeypatch.setitem(CATALOGS, "de", {**CATALOGS["en"], "stats.chart_top": "Häufigste"})

    assert "?" not in "".join(astuple(captions(30, discord.Locale.japanese)))
    assert captions(30, discord.Locale.japanese) == captions(30)
    assert captions(30, discord.Locale.german).top == "Häufigste"


class Days:
    """A store and a cog whose present can be set."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.store: Store
        self.cog: Stats

    async def open(self, folder: Path) -> None:
        self.store = await Store.open(f"sqlite:///{folder / 'bot.db'}", clock=lambda: self.now)
        facts = ModelFacts("", (), Defaults(0.5, {}), self.now)
        self.cog = Stats(self.store, CurrentModel(facts), lambda: self.now)


@pytest.fixture
async def days(tmp_path: Path) -> AsyncIterator[Days]:
    days = Days()
    await days.open(tmp_path)
    yield days
    await days.store.close()


async def test_counters_are_kept_for_ninety_days(days: Days) -> None:
    first = days.now.date()
    for _ in range(100):
        days.store.count(1, Count.SEEN)
        days.now += timedelta(1)
    days.store.count(1, Count.SEEN)
    await days.store.counters(1, date.min)  # they are written

    await days.cog.prune()

    kept = [counter.day for counter in await days.store.counters(1, date.min)]
    assert kept == [first + timedelta(n) for n in range(11, 101)]
    assert len(kept) == KEPT == 90


async def test_a_database_that_deletes_nothing_is_one_line_in_the_log(
    days: Days, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(before: date) -> int:
        raise StoreError("the database cannot be reached")

    monkeypatch.setattr(days.store, "prune", away)
    await days.cog.prune()

    assert [(record.levelno, record.getMessage()) for record in caplog.records if record.name == "bot.cogs.stats"] == [
        (logging.WARNING, "old counters not deleted, tried again tomorrow: the database cannot be reached")
    ]


async def test_old_counters_are_deleted_with_the_first_message_of_a_day(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    pruned: list[date] = []

    async def prune(before: date) -> int:
        pruned.append(before)
        return 0

    monkeypatch.setattr(store_of(server), "prune", prune)
    first = server.environment.now().date() - timedelta(KEPT - 1)
    for _ in range(3):
        await server.alice.send(server.channel, "good morning")
        await server.alice.send(server.channel, "good night")
        await server.environment.advance_time(86_400)

    assert pruned == [first, first + timedelta(1), first + timedelta(2)]


async def test_leaving_waits_for_a_deletion_under_way(days: Days, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def prune(before: date) -> int:
        begun.set()
        await may_end.wait()
        return 0

    monkeypatch.setattr(days.store, "prune", prune)
    pruning = asyncio.create_task(days.cog.prune())
    await begun.wait()
    leaving = asyncio.create_task(days.cog.cog_unload())
    await asyncio.sleep(0)
    assert not leaving.done()

    may_end.set()
    await leaving
    assert pruning.done()
