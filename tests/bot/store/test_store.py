"""What the rest of the bot asks and tells the store, on each database."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import aiosqlite
import asyncpg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import make_url, text, update

from bot.guild_settings import ChannelMode, Counter, GuildSettings, GuildState, Known
from bot.store import Store, StoreError, database, rows, tables
from bot.store.tables import EVERYWHERE
from bot.taste import Taste
from tests.bot.store.conftest import Ticks, until

GUILD, OTHER_GUILD = 81384788765712384, 2**63 - 1
ALICE, BOB = 155149108183695360, 2**63 - 2
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
DAY = 86_400.0

_ids = st.integers(1, 2**63 - 1)
_labels = st.text("abc_é😀'%\\ ", min_size=1, max_size=40)
_server_emoji = st.sampled_from(["<:ab:1>", "<a:party_parrot:1234567890123456789>", f"<a:{'x' * 32}:{'9' * 20}>"])
_settings = st.tuples(st.integers(1, 4000), st.integers(1, 4000)).flatmap(
    lambda lengths: st.builds(
        GuildSettings,
        enabled=st.booleans(),
        channel_mode=st.sampled_from(ChannelMode),
        channels=st.frozensets(_ids, max_size=20),
        threshold=st.none() | st.floats(0, 1),
        channel_cooldown=st.integers(0, 86_400),
        member_cooldown=st.integers(0, 86_400),
        shortest=st.just(min(lengths)),
        longest=st.just(max(lengths)),
        ignored_roles=st.frozensets(_ids, max_size=5),
        ignored_members=st.frozensets(_ids, max_size=5),
        emoji=st.dictionaries(_labels, st.none() | _server_emoji, max_size=5),
    )
)


def _ignore(*members: int) -> Any:
    """A change that puts members on the list."""
    return lambda settings: replace(settings, ignored_members=settings.ignored_members | set(members))


@asynccontextmanager
async def _locked(url: str) -> AsyncIterator[None]:
    """Meanwhile nobody else writes, and on PostgreSQL nobody reads settings either."""
    if url.startswith("sqlite"):
        async with aiosqlite.connect(str(make_url(url).database), isolation_level=None) as connection:
            await connection.execute("BEGIN EXCLUSIVE")
            yield
    else:
        other = await asyncpg.connect(url)
        async with other.transaction():
            await other.execute("LOCK TABLE guild_settings, counter IN ACCESS EXCLUSIVE MODE")
            yield
        await other.close()


# Settings


async def test_a_server_that_chose_nothing_has_the_defaults(store: Store) -> None:
    assert await store.load(GUILD) == GuildState()


@hypothesis_settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(first=_settings, second=_settings)
async def test_settings_come_back_as_they_were_chosen(
    store: Store, ticks: Ticks, first: GuildSettings, second: GuildSettings
) -> None:
    for settings in (first, second):
        assert await store.change(GUILD, lambda _, chosen=settings: chosen) == settings  # type: ignore[misc]
        ticks.now += 30
        assert (await store.load(GUILD)).settings == settings
    ticks.now += 30
    assert await store.reset(GUILD) == GuildSettings()


async def test_the_largest_settings_fit(store: Store, ticks: Ticks) -> None:
    settings = GuildSettings(
        channels=frozenset(range(1, 501)),
        ignored_roles=frozenset(range(1, 251)),
        ignored_members=frozenset(range(1, 501)),
        emoji={f"{i:040}": f"<a:{'x' * 32}:{'9' * 20}>" for i in range(63)},
    )
    await store.change(GUILD, lambda _: settings)
    ticks.now += 30

    assert (await store.load(GUILD)).settings == settings
    assert await store.change(GUILD, lambda _: GuildSettings()) == GuildSettings()


async def test_everything_is_there_after_a_restart(store: Store, url: str) -> None:
    settings = await store.change(GUILD, lambda _: GuildSettings(enabled=False, threshold=0.1, emoji={"joy": None}))
    taste = await store.add_taste(GUILD, "joy", gained=0.1, at=NEW_YEAR)
    await store.opt_out(ALICE, GUILD)
    await store.opt_out(BOB, None)
    store.count(GUILD, "reactions", 3)
    await store.close()

    async with await Store.open(url) as again:
        assert await again.load(GUILD) == GuildState(settings, frozenset({ALICE}), {"joy": taste})
        assert again.opted_out(ALICE, GUILD)
        assert again.opted_out(BOB, OTHER_GUILD)
        assert [counter.count for counter in await again.counters(GUILD, date.min)] == [3]


async def test_a_change_that_fails_changes_nothing(store: Store, ticks: Ticks) -> None:
    await store.change(GUILD, _ignore(ALICE))

    with pytest.raises(ValueError, match="threshold must be from 0 to 1, not 2"):
        await store.change(GUILD, lambda settings: replace(settings, threshold=2))

    ticks.now += 30
    assert (await store.load(GUILD)).settings == GuildSettings(ignored_members=frozenset({ALICE}))


async def test_servers_do_not_share_settings(store: Store) -> None:
    await store.change(GUILD, _ignore(ALICE))

    assert (await store.load(OTHER_GUILD)).settings == GuildSettings()


async def test_a_change_is_known_at_once(store: Store) -> None:
    settings = await store.change(GUILD, _ignore(ALICE))
    assert store.peek(GUILD) == GuildState(settings)

    await store.reset(GUILD)
    assert store.peek(GUILD) == GuildState()


async def test_changes_at_the_same_time_are_all_kept(store: Store, url: str, ticks: Ticks) -> None:
    def next_member(settings: GuildSettings) -> GuildSettings:
        number = settings.member_cooldown + 1
        return replace(settings, member_cooldown=number, ignored_members=settings.ignored_members | {number})

    async with await Store.open(url, ticks=ticks) as other:
        await asyncio.gather(*((store, other)[i % 2].change(GUILD, next_member) for i in range(20)))
        ticks.now += 30

        expected = GuildSettings(member_cooldown=20, ignored_members=frozenset(range(1, 21)))
        assert (await store.load(GUILD)).settings == expected
        assert (await other.load(GUILD)).settings == expected


async def test_a_reset_between_two_changes_loses_only_what_came_before(store: Store, url: str) -> None:
    async with await Store.open(url) as other:
        await store.change(GUILD, _ignore(1))
        await asyncio.gather(other.reset(GUILD), *(store.change(GUILD, _ignore(i)) for i in range(2, 12)))

        kept = (await other.load(GUILD)).settings.ignored_members
        assert kept == frozenset(range(12 - len(kept), 12))


async def test_another_process_sees_a_change_within_the_time_limit(store: Store, url: str, ticks: Ticks) -> None:
    async with await Store.open(url, ticks=ticks) as other:
        assert await other.load(GUILD) == GuildState()
        new = GuildState(await store.change(GUILD, _ignore(ALICE)))
        ticks.now += 29
        assert other.peek(GUILD) == GuildState()
        ticks.now += 1

        assert other.peek(GUILD) == GuildState()
        await until(lambda: other.peek(GUILD) == new)


async def test_what_is_read_during_changes_is_of_one_moment(store: Store, url: str) -> None:
    async def change_often() -> None:
        for n in range(1, 31):
            await store.change(GUILD, lambda _, n=n: GuildSettings(shortest=n, channels=frozenset({n})))  # type: ignore[misc]

    await store.change(GUILD, lambda _: GuildSettings(shortest=1, channels=frozenset({1})))
    async with await Store.open(url, cache_seconds=0) as other:
        changing = asyncio.create_task(change_often())
        while not changing.done():
            settings = (await other.load(GUILD)).settings
            assert settings.channels == {settings.shortest}
        await changing


async def test_memory_is_bounded_and_what_it_forgot_is_read_again(url: str) -> None:
    async with await Store.open(url, cache_size=3) as store:
        for guild_id in range(1, 11):
            await store.change(guild_id, _ignore(guild_id))

        assert store.peek(10) is not None
        assert store.peek(1) is None
        assert (await store.load(1)).settings.ignored_members == {1}


async def test_a_peek_answers_while_the_database_does_not(store: Store, url: str, ticks: Ticks) -> None:
    old = GuildState(await store.change(GUILD, _ignore(ALICE)))
    ticks.now += 30
    async with _locked(url):
        changing = asyncio.create_task(store.change(GUILD, _ignore(BOB)))
        await asyncio.sleep(0.2)

        assert all(store.peek(GUILD) == old for _ in range(1000))
        assert store.opted_out(ALICE, GUILD) is False
        store.count(GUILD, "reactions")
        assert not changing.done()

    new = GuildState(await changing)
    assert store.peek(GUILD) == new == GuildState(GuildSettings(ignored_members=frozenset({ALICE, BOB})))


async def test_the_first_to_ask_of_a_server_waits_for_the_database(store: Store, url: str) -> None:
    await store.change(GUILD, _ignore(ALICE))
    async with await Store.open(url) as other:
        assert other.peek(OTHER_GUILD) is None
        state = await other.current(GUILD)

        assert state is not None
        assert state.settings.ignored_members == {ALICE}
        assert await other.current(OTHER_GUILD) == GuildState()


async def test_the_first_to_ask_of_a_server_gets_nothing_while_the_database_is_away(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> Any:
        raise StoreError("The database is away.")

    monkeypatch.setattr(store._database, "read", broken)

    assert await store.current(GUILD) is None


async def test_rows_that_cannot_be_are_named_and_can_be_reset(store: Store, ticks: Ticks) -> None:
    await store.change(GUILD, _ignore(ALICE))
    async with store._database.write() as connection:
        await connection.execute(update(tables.guild_settings).values(longest=0))
    ticks.now += 30

    with pytest.raises(StoreError, match=f"server {GUILD} that cannot be: longest must be from 1 to 4000, not 0"):
        await store.load(GUILD)
    await store.opt_out(BOB, GUILD)
    assert await store.reset(GUILD) == GuildSettings()
    assert store.opted_out(BOB, GUILD)


# Opt-outs


async def test_an_opt_out_holds_in_one_server_or_everywhere(store: Store) -> None:
    for guild_id in (GUILD, OTHER_GUILD):
        await store.load(guild_id)
    await store.opt_out(ALICE, GUILD)
    await store.opt_out(BOB, None)

    assert [store.opted_out(ALICE, guild_id) for guild_id in (GUILD, OTHER_GUILD)] == [True, False]
    assert [store.opted_out(BOB, guild_id) for guild_id in (GUILD, OTHER_GUILD)] == [True, True]

    await store.opt_in(ALICE, GUILD)
    await store.opt_in(BOB, None)
    assert not any(store.opted_out(user, guild) for user in (ALICE, BOB) for guild in (GUILD, OTHER_GUILD))


async def test_whether_somebody_opted_out_is_unknown_until_the_server_was_read(store: Store) -> None:
    await store.opt_out(BOB, None)
    assert store.opted_out(ALICE, GUILD) is None
    assert store.opted_out(BOB, GUILD) is True

    await store.load(GUILD)
    assert store.opted_out(ALICE, GUILD) is False


async def test_an_opt_out_of_everywhere_reaches_other_processes(store: Store, url: str, ticks: Ticks) -> None:
    async with await Store.open(url, ticks=ticks) as other:
        await other.load(GUILD)
        await store.opt_out(ALICE, None)
        assert other.opted_out(ALICE, GUILD) is False
        ticks.now += 30

        await until(lambda: other.opted_out(ALICE, GUILD))


async def test_opting_twice_is_like_opting_once(store: Store) -> None:
    for _ in range(2):
        await store.opt_out(ALICE, GUILD)
    assert await store.known_of(ALICE) == Known(opted_out_in=frozenset({GUILD}))
    for _ in range(2):
        await store.opt_in(ALICE, GUILD)
    assert await store.known_of(ALICE) == Known()


async def test_a_user_learns_what_is_stored(store: Store) -> None:
    await store.opt_out(ALICE, None)
    await store.opt_out(ALICE, GUILD)
    await store.change(OTHER_GUILD, _ignore(ALICE, BOB))
    await store.change(GUILD, lambda settings: replace(settings, channels=frozenset({ALICE})))

    assert await store.known_of(ALICE) == Known(True, frozenset({GUILD}), frozenset({OTHER_GUILD}))
    assert await store.known_of(BOB) == Known(ignored_in=frozenset({OTHER_GUILD}))


async def test_forgetting_all_opt_outs_is_all_or_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    await store.load(GUILD)
    await store.opt_out(ALICE, None)
    await store.opt_out(ALICE, GUILD)

    async def broken(connection: object, user_id: int) -> None:
        await delete_opt_out(connection, user_id, EVERYWHERE)
        raise StoreError("The connection broke.")

    delete_opt_out: Any = rows.delete_opt_out
    monkeypatch.setattr(rows, "delete_opt_outs", broken)
    with pytest.raises(StoreError):
        await store.forget_user(ALICE, opt_outs=True)

    assert store.opted_out(ALICE, GUILD)
    assert await store.known_of(ALICE) == Known(True, frozenset({GUILD}))


async def test_what_is_deleted_is_not_in_the_file_either(tmp_path: Path) -> None:
    file = tmp_path / "emoji-bot.db"
    mark = "carrot-of-a-name"
    async with await Store.open(f"sqlite:///{file}") as store:
        await store.add_taste(GUILD, mark, gained=1, at=NEW_YEAR)
        await store.reset_taste(GUILD)

    assert mark.encode() not in file.read_bytes()


async def test_forgetting_a_user_keeps_opt_outs_unless_told_otherwise_and_what_admins_chose(store: Store) -> None:
    await store.load(GUILD)
    await store.opt_out(ALICE, None)
    await store.opt_out(ALICE, GUILD)
    await store.opt_out(BOB, GUILD)
    await store.change(GUILD, _ignore(ALICE))

    assert await store.forget_user(ALICE) == Known(True, frozenset({GUILD}), frozenset({GUILD}))
    assert store.opted_out(ALICE, GUILD)

    assert await store.forget_user(ALICE, opt_outs=True) == Known(ignored_in=frozenset({GUILD}))
    assert store.opted_out(ALICE, GUILD) is False
    assert store.opted_out(BOB, GUILD)


async def test_nothing_stays_of_a_forgotten_server(store: Store) -> None:
    for guild_id in (GUILD, OTHER_GUILD):
        await store.change(guild_id, lambda _: GuildSettings(channels=frozenset({1}), emoji={"joy": None}))
        await store.opt_out(ALICE, guild_id)
        await store.add_taste(guild_id, "joy", gained=1, at=NEW_YEAR)
        store.count(guild_id, "reactions")
        await store.counters(guild_id, date.min)
        store.count(guild_id, "reactions")
    await store.forget_guild(GUILD)

    assert store.peek(GUILD) == GuildState()
    assert await store.counters(GUILD, date.min) == []
    async with store._database.read() as connection:
        for table in tables.metadata.sorted_tables:
            guilds = (await connection.execute(text(f"SELECT DISTINCT guild_id FROM {table.name}"))).scalars()  # noqa: S608
            assert list(guilds) == [OTHER_GUILD]


async def test_a_server_left_while_the_database_is_away_is_forgotten_later(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _leave_during_an_outage(store, monkeypatch)

    store.count(OTHER_GUILD, "seen")
    await store.counters(OTHER_GUILD, date.min)  # writes what waits

    assert await store.load(GUILD) == GuildState()
    assert await store.known_of(ALICE) == Known()


async def test_a_server_that_came_back_meanwhile_is_not_forgotten(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _leave_during_an_outage(store, monkeypatch)

    await store.change(GUILD, lambda settings: replace(settings, enabled=False))
    store.count(GUILD, "seen")

    assert [counter.count for counter in await store.counters(GUILD, date.min)] == [1]
    assert not (await store.load(GUILD)).settings.enabled


async def test_a_server_left_during_an_outage_is_forgotten_though_nothing_more_is_counted(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with await Store.open(url, flush_seconds=0.01) as store:
        await _leave_during_an_outage(store, monkeypatch)
        await until(lambda: not store._left)

        assert await store.known_of(ALICE) == Known()


async def test_a_choice_that_comes_while_a_server_is_forgotten_is_kept(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _leave_during_an_outage(store, monkeypatch)
    delete: Any = rows.delete_guild
    began, go_on = asyncio.Event(), asyncio.Event()

    async def slow(connection: object, guild_id: int) -> None:
        began.set()
        await go_on.wait()
        await delete(connection, guild_id)

    monkeypatch.setattr(rows, "delete_guild", slow)
    flushing = asyncio.create_task(store.counters(OTHER_GUILD, date.min))
    await began.wait()
    opting_out = asyncio.create_task(store.opt_out(BOB, GUILD))
    await asyncio.sleep(0.05)
    go_on.set()
    await asyncio.gather(flushing, opting_out)

    assert await store.known_of(BOB) == Known(opted_out_in=frozenset({GUILD}))
    assert await store.known_of(ALICE) == Known()


async def test_a_choice_that_fails_does_not_save_a_server_from_being_forgotten(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> Any:
        raise StoreError("The database is away.")

    await _leave_during_an_outage(store, monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(store._database, "write", broken)
        with pytest.raises(StoreError):
            await store.opt_out(BOB, GUILD)
    await store.counters(OTHER_GUILD, date.min)

    assert await store.known_of(ALICE) == Known()


async def _leave_during_an_outage(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Any:
        raise StoreError("The database is away.")

    await store.opt_out(ALICE, GUILD)
    with monkeypatch.context() as patch:
        patch.setattr(store._database, "write", broken)
        with pytest.raises(StoreError):
            await store.forget_guild(GUILD)


# Counters


async def test_counts_are_added_up_by_day_and_name(url: str) -> None:
    now = NEW_YEAR
    async with await Store.open(url, clock=lambda: now) as store:
        store.count(GUILD, "seen", 5)
        store.count(GUILD, "reactions")
        assert await store.counters(GUILD, date(2026, 1, 1)) == [
            Counter(date(2026, 1, 1), "reactions", 1),
            Counter(date(2026, 1, 1), "seen", 5),
        ]
        store.count(GUILD, "seen", 2)
        store.count(OTHER_GUILD, "seen")
        now += timedelta(days=1)
        store.count(GUILD, "seen")

        assert await store.counters(GUILD, date(2026, 1, 1)) == [
            Counter(date(2026, 1, 1), "reactions", 1),
            Counter(date(2026, 1, 1), "seen", 7),
            Counter(date(2026, 1, 2), "seen", 1),
        ]
        assert await store.counters(GUILD, date(2026, 1, 2)) == [Counter(date(2026, 1, 2), "seen", 1)]


async def test_the_day_of_a_count_is_that_of_utc(url: str) -> None:
    late_in_the_west = datetime.fromisoformat("2025-12-31T20:00:00-08:00")
    async with await Store.open(url, clock=lambda: late_in_the_west) as store:
        store.count(GUILD, "seen")

        assert await store.counters(GUILD, date.min) == [Counter(date(2026, 1, 1), "seen", 1)]


async def test_two_processes_count_together(store: Store, url: str) -> None:
    async with await Store.open(url) as other:
        for i in range(50):
            store.count(GUILD, str(i))
            other.count(GUILD, str(49 - i))
        await asyncio.gather(store.counters(GUILD, date.min), other.counters(GUILD, date.min))

        assert [counter.count for counter in await store.counters(GUILD, date.min)] == [2] * 50


async def test_counters_are_written_on_their_own_from_time_to_time(store: Store, url: str) -> None:
    async with await Store.open(url, flush_seconds=0.01) as busy:
        busy.count(GUILD, "seen")
        await until(lambda: busy._tally.total == 0)

        assert [counter.count for counter in await store.counters(GUILD, date.min)] == [1]


async def test_nothing_runs_while_no_count_waits(url: str) -> None:
    async with await Store.open(url, flush_seconds=0.01) as store:
        assert (store._timer, store._batch) == (None, None)
        for _ in range(2):  # again after a pause
            store.count(GUILD, "seen")
            timer = store._timer
            assert timer is not None
            assert not timer.done()
            store.count(GUILD, "seen")
            assert store._timer is timer
            await asyncio.wait([timer])

            assert store._tally.total == 0
            assert store._batch is not None
            assert store._batch.done()


async def test_the_timer_runs_on_while_the_database_takes_nothing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tries = 0

    def broken() -> Any:
        nonlocal tries
        tries += 1
        raise StoreError("The database is away.")

    async with await Store.open(url, flush_seconds=0.001) as store:
        with monkeypatch.context() as patch:
            patch.setattr(store._database, "write", broken)
            store.count(GUILD, "seen", 2)
            await until(lambda: tries >= 3)
        timer = store._timer
        assert timer is not None
        await asyncio.wait([timer])

        assert [counter.count for counter in await store.counters(GUILD, date.min)] == [2]


async def test_an_early_write_that_fails_is_tried_again_though_nothing_more_is_counted(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> Any:
        raise StoreError("The database is away.")

    async with await Store.open(sqlite_url, flush_seconds=0.01) as store:
        monkeypatch.setattr(store._tally, "_most", 1)
        with monkeypatch.context() as patch:
            patch.setattr(store._database, "write", broken)
            store.count(GUILD, "seen")
            await until(lambda: store._flush_failing)
        await until(lambda: store._tally.total == 0)


async def test_old_counters_are_deleted(url: str) -> None:
    now = NEW_YEAR
    async with await Store.open(url, clock=lambda: now) as store:
        for _ in range(3):
            store.count(GUILD, "seen")
            now += timedelta(days=1)
        await store.counters(GUILD, date.min)

        assert await store.prune(date(2026, 1, 3)) == 2
        assert await store.counters(GUILD, date.min) == [Counter(date(2026, 1, 3), "seen", 1)]


@pytest.mark.parametrize(
    ("name", "n"), [("", 1), ("x" * 41, 1), ("a\0", 1), ("seen", 0), ("seen", -1), ("seen", 2**40)]
)
async def test_a_count_that_would_spoil_the_batch_is_refused(sqlite_url: str, name: str, n: int) -> None:
    async with await Store.open(sqlite_url) as store:
        with pytest.raises(ValueError, match="must be"):
            store.count(GUILD, name, n)


async def test_a_failed_write_of_counters_is_made_up_for(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> Any:
        raise StoreError("The database is away.")

    store.count(GUILD, "seen", 2)
    with monkeypatch.context() as patch:
        patch.setattr(store._database, "write", broken)
        with pytest.raises(StoreError, match="away"):
            await store.counters(GUILD, date.min)
    store.count(GUILD, "seen")

    assert [counter.count for counter in await store.counters(GUILD, date.min)] == [3]


async def test_when_too_many_counters_wait_they_are_written_early(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store._tally, "_most", 3)
    for name in "abc":
        store.count(GUILD, name)
    await until(lambda: store._tally.total == 0)


async def test_what_is_lost_at_the_end_of_an_outage_is_said_once(
    url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> Any:
        raise StoreError("The database is away.")

    async with await Store.open(url, flush_seconds=0.001) as store:
        monkeypatch.setattr(store._tally, "_most", 1)
        monkeypatch.setattr(store._database, "write", broken)
        store.count(GUILD, "seen", 2)
        store.count(GUILD, "dropped", 5)
        await asyncio.sleep(0.1)

    assert [record.getMessage() for record in caplog.records] == [
        "counters not written, kept for the next time: The database is away.",
        "counts dropped, too many wait n=5",
        "counts lost, the database did not take them n=2",
    ]


# Taste


async def test_taste_decays_before_it_grows(store: Store) -> None:
    await store.load(GUILD)
    await store.add_taste(GUILD, "joy", gained=4, lost=1, at=NEW_YEAR, half_life=DAY)
    later = NEW_YEAR + timedelta(days=2)
    await store.add_taste(GUILD, "joy", lost=1, at=later, half_life=DAY)
    await store.add_taste(GUILD, "fire", gained=1, at=NEW_YEAR)

    expected = {"joy": Taste(1.0, 1.25, later), "fire": Taste(1.0, 0.0, NEW_YEAR)}
    state = store.peek(GUILD)
    assert state is not None
    assert state.taste == expected

    await store.reset_taste(GUILD)
    assert store.peek(GUILD) == GuildState()


async def test_tastes_at_the_same_time_are_all_kept(store: Store, url: str) -> None:
    async with await Store.open(url) as other:
        adding = (some.add_taste(GUILD, "joy", gained=1, at=NEW_YEAR) for some in (store, other) for _ in range(5))
        await asyncio.gather(*adding)

        assert (await other.load(GUILD)).taste["joy"].gained >= 5
    async with await Store.open(url) as other:
        assert (await other.load(GUILD)).taste == {"joy": Taste(10.0, 0.0, NEW_YEAR)}


async def test_many_tastes_are_added_at_once(store: Store, ticks: Ticks) -> None:
    await store.load(GUILD)
    await store.add_taste(GUILD, "joy", gained=4, lost=1, at=NEW_YEAR, half_life=DAY)
    later = NEW_YEAR + timedelta(days=2)
    answers = {(guild_id, f"label {n}"): (float(n), 1.0) for n in range(50) for guild_id in (*range(1, 20), GUILD)}
    await store.add_tastes({**answers, (GUILD, "joy"): (1.0, 1.0)}, at=later, half_life=DAY)

    expected = {f"label {n}": Taste(float(n), 1.0, later) for n in range(50)}
    for _ in range(2):  # out of memory, and read anew
        assert (await store.load(GUILD)).taste == {**expected, "joy": Taste(2.0, 1.25, later)}
        assert (await store.load(7)).taste == expected
        ticks.now += 30


async def test_many_tastes_are_added_all_or_none(store: Store, ticks: Ticks) -> None:
    await store.load(GUILD)
    for wrong in ({(OTHER_GUILD, "joy"): (-1.0, 0.0)}, {(OTHER_GUILD, ""): (1.0, 0.0)}):
        with pytest.raises(ValueError, match="must be"):
            await store.add_tastes({(GUILD, "joy"): (1.0, 0.0), **wrong}, at=NEW_YEAR)
        assert store.peek(GUILD) == GuildState()
    ticks.now += 30

    assert await store.load(GUILD) == await store.load(OTHER_GUILD) == GuildState()


async def test_no_taste_at_all_may_be_added(store: Store) -> None:
    assert await store.add_tastes({}, at=NEW_YEAR) == {}


async def test_processes_that_add_the_same_tastes_do_not_wait_for_each_other(store: Store, url: str) -> None:
    answers = {(guild_id, label): (1.0, 0.0) for guild_id in range(1, 40) for label in ("joy", "fire", "heart")}
    async with await Store.open(url) as other:
        backwards = dict(reversed(answers.items()))
        adding = [some.add_tastes(these, at=NEW_YEAR) for some, these in ((store, answers), (other, backwards)) * 5]
        await asyncio.gather(*adding)

    async with await Store.open(url) as other:
        for guild_id in (1, 39):
            assert (await other.load(guild_id)).taste["fire"] == Taste(10.0, 0.0, NEW_YEAR)


async def test_a_stored_taste_that_cannot_be_begins_anew_and_does_not_hold_up_others(store: Store) -> None:
    await store.add_taste(GUILD, "joy", gained=1, at=NEW_YEAR)
    async with store._database.write() as connection:
        await connection.execute(update(tables.taste).values(lost=-1.0))

    await store.add_tastes({(GUILD, "joy"): (2.0, 0.0), (OTHER_GUILD, "joy"): (1.0, 0.0)}, at=NEW_YEAR)

    assert (await store.load(GUILD)).taste == {"joy": Taste(2.0, 0.0, NEW_YEAR)}
    assert (await store.load(OTHER_GUILD)).taste == {"joy": Taste(1.0, 0.0, NEW_YEAR)}


@pytest.mark.parametrize("values", [{"label": ""}, {"label": "x" * 41}, {"gained": -1.0}, {"lost": float("nan")}])
async def test_a_taste_that_cannot_be_is_refused(sqlite_url: str, values: dict[str, Any]) -> None:
    async with await Store.open(sqlite_url) as store:
        with pytest.raises(ValueError, match="must be"):
            await store.add_taste(GUILD, **{"label": "joy", "at": NEW_YEAR, **values})
        assert await store.load(GUILD) == GuildState()


# The end


async def test_a_closed_store_says_so_and_may_be_closed_again(store: Store) -> None:
    state = await store.load(GUILD)
    await store.close()
    await store.close()

    store.count(GUILD, "seen")
    assert store.peek(GUILD) == state
    assert store.peek(OTHER_GUILD) is None
    for asked in (store.load(GUILD), store.change(GUILD, _ignore(ALICE)), store.known_of(ALICE)):
        with pytest.raises(StoreError, match=r"^The store is closed\.$"):
            await asked


async def test_closing_waits_for_a_change_under_way(store: Store, url: str) -> None:
    async with _locked(url):
        changing = asyncio.create_task(store.change(GUILD, _ignore(ALICE)))
        await asyncio.sleep(0.1)
        closing = asyncio.create_task(store.close())
        await asyncio.sleep(0.1)
        assert not closing.done()

    await closing
    assert (await changing).ignored_members == {ALICE}


async def test_a_change_that_waits_too_long_is_given_up(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_PATIENCE", 0.1)
    async with await Store.open(sqlite_url) as store, _locked(sqlite_url):
        with pytest.raises(StoreError, match=r"cannot be used: database is locked\.$"):
            await store.change(GUILD, _ignore(ALICE))


async def test_after_an_outage_everything_goes_on(
    postgresql_server: str, postgresql_url: str, ticks: Ticks, caplog: pytest.LogCaptureFixture
) -> None:
    name = make_url(postgresql_url).database
    async with await Store.open(postgresql_url, flush_seconds=3600, ticks=ticks) as store:
        state = GuildState(await store.change(GUILD, _ignore(ALICE)))
        operator = await asyncpg.connect(postgresql_server)
        await operator.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        await operator.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
        store.count(GUILD, "seen", 3)
        with pytest.raises(StoreError, match=f"^The database {name} at .* cannot be used: "):
            await store.counters(GUILD, date.min)
        for _ in range(3):
            ticks.now += 30
            assert store.peek(GUILD) == state
            await asyncio.sleep(0.1)
        assert [record.levelno for record in caplog.records if record.name == "bot.store.cache"] == [logging.WARNING]

        await operator.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        await operator.close()
        assert [counter.count for counter in await store.counters(GUILD, date.min)] == [3]
        assert await store.load(GUILD) == state
