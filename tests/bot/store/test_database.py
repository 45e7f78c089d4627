"""Addresses, failures and migrations."""

import asyncio
import logging
import sqlite3
import ssl
import subprocess
import sys
import tempfile
from contextlib import closing
from dataclasses import fields
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import pytest
from alembic import op
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, make_url, text

from bot.guild_settings import ChannelMode, GuildSettings
from bot.store import Store, StoreError, database, tables
from bot.store.database import Database
from tests.bot.store import conftest

ROOT = Path(__file__).parents[3]
GUILD = 81384788765712384


def _differences(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, tables.metadata))


async def test_the_migrations_make_the_tables_that_the_store_uses(store: Store) -> None:
    async with store._database.read() as connection:
        assert await connection.run_sync(_differences) == []


async def test_a_database_of_the_first_migration_keeps_all_settings(url: str, caplog: pytest.LogCaptureFixture) -> None:
    chosen = GuildSettings(
        enabled=False,
        channel_mode=ChannelMode.ONLY,
        channels=frozenset({1, 2}),
        threshold=0.1,
        channel_cooldown=5,
        member_cooldown=6,
        shortest=7,
        longest=8,
        ignored_roles=frozenset({3}),
        ignored_members=frozenset({4, 5}),
        emoji={"joy": "<:lol:1>", "heart": None},
    )
    assert all(getattr(chosen, field.name) != getattr(GuildSettings(), field.name) for field in fields(chosen))
    lists = [("channel", 1), ("channel", 2), ("role", 3), ("member", 4), ("member", 5)]
    first = Database(url)
    await first.upgrade("0001")
    async with first.write() as connection:
        await connection.execute(
            text(
                "INSERT INTO guild_settings (guild_id, enabled, channel_mode, threshold, channel_cooldown,"
                " member_cooldown, shortest, longest, updated_at)"
                " VALUES (:guild_id, false, 'only', 0.1, 5, 6, 7, 8, '2026-01-01 00:00:00')"
            ),
            {"guild_id": GUILD},
        )
        for kind, target_id in lists:
            row = {"guild_id": GUILD, "kind": kind, "target_id": target_id}
            await connection.execute(insert(tables.guild_list).values(row))
        for label, replacement in chosen.emoji.items():
            row = {"guild_id": GUILD, "label": label, "replacement": replacement}
            await connection.execute(insert(tables.guild_emoji).values(row))
    await first.close()

    caplog.set_level(logging.INFO)
    async with await Store.open(url) as store:
        assert (await store.load(GUILD)).settings == chosen
        async with store._database.read() as connection:
            assert await connection.run_sync(_differences) == []
    assert [record.getMessage() for record in caplog.records] == ["database migrated from=0001 to=0002"]


async def test_a_second_start_migrates_nothing(store: Store, url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with await Store.open(url):
        assert caplog.records == []


def test_a_second_start_does_not_even_import_alembic(sqlite_url: str) -> None:
    code = (
        "import asyncio, sys\n"
        "from bot.store import Store\n"
        "async def start(): await (await Store.open(sys.argv[1])).close()\n"
        "asyncio.run(start()); print('alembic' in sys.modules)"
    )
    starts = [
        subprocess.run([sys.executable, "-c", code, sqlite_url], capture_output=True, text=True, check=True, cwd=ROOT)
        for _ in range(2)
    ]

    assert [start.stdout.strip() for start in starts] == ["True", "False"]


def test_the_names_of_the_migrations_begin_with_their_revisions() -> None:
    config = Config()
    config.set_main_option("script_location", "bot.store:migrations")

    assert ScriptDirectory.from_config(config).get_heads() == [database._newest()]


async def test_stores_that_open_together_take_turns(url: str) -> None:
    for store in await asyncio.gather(*(Store.open(url) for _ in range(3))):
        await store.close()


async def test_a_database_of_a_newer_version_is_left_alone(store: Store, url: str) -> None:
    async with store._database.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(
        StoreError, match=r"^The database .* its tables are of another version of the bot \(.*9999.*\)\.$"
    ):
        await Store.open(url)


async def test_a_migration_that_fails_leaves_nothing_half_done(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(op, "create_index", fail)
        with pytest.raises(StoreError, match="disk full"):
            await Store.open(url)

    async with await Store.open(url) as store, store._database.read() as connection:
        assert await connection.run_sync(_differences) == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "bot.db",
        "mysql://bot:hunter2@localhost/bot",
        "postgresql+psycopg://bot:hunter2@localhost/bot",
        "postgresql://bot:hunter2@localhost:port/bot",
        "://bot:hunter2@localhost",
    ],
)
async def test_what_is_no_address_of_a_database_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(StoreError) as caught:
        await Store.open(url)
    assert str(caught.value) == (
        "The database URL must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST:PORT/NAME."
    )
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("url", ["sqlite://", "sqlite+aiosqlite:///:memory:", "sqlite:///file::memory:?uri=true"])
async def test_a_database_in_memory_is_refused(url: str) -> None:
    with pytest.raises(StoreError, match="must be a file"):
        await Store.open(url)


@pytest.mark.parametrize("prefix", ["sqlite", "sqlite+aiosqlite"])
async def test_both_names_of_sqlite_work(prefix: str, sqlite_url: str) -> None:
    await (await Store.open(sqlite_url.replace("sqlite", prefix, 1))).close()


@pytest.mark.parametrize("prefix", ["postgres", "postgresql", "postgresql+asyncpg"])
async def test_all_names_of_postgresql_work(prefix: str, postgresql_url: str) -> None:
    await (await Store.open(postgresql_url.replace("postgresql", prefix, 1) + "&sslmode=prefer")).close()


def test_a_postgresql_that_does_not_start_fails_these_tests(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(_: object) -> None:
        raise OSError("no room for a server")

    monkeypatch.setattr(conftest, "_start_postgresql", fail)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    with pytest.raises(OSError, match="no room"), conftest.run_postgresql():
        pass
    assert list(tmp_path.iterdir()) == []


async def test_a_missing_driver_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "asyncpg", None)

    with pytest.raises(StoreError, match="needs the extra `postgres`"):
        await Store.open("postgresql://bot:hunter2@localhost/bot")


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("bot:hunter2@127.0.0.1:1/bot", "The database bot at 127.0.0.1 cannot be used: "),
        ("bot:hunter2@nowhere.invalid/bot", "The database bot at nowhere.invalid cannot be used: "),
        ("bot:hunter2@127.0.0.1:1/bot?colour=red", "The database bot at 127.0.0.1 has an option in its URL"),
    ],
)
async def test_a_server_out_of_reach_is_one_sentence_without_the_password(address: str, reason: str) -> None:
    with pytest.raises(StoreError) as caught:
        await Store.open(f"postgresql://{address}")
    assert str(caught.value).startswith(reason)
    _assert_is_one_sentence(caught.value)


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [("/test_", "/no_test_", "does not exist"), ("postgres:@", "hunter2:hunter2@", r"role \"\*\*\*\" does not exist")],
)
async def test_a_server_that_refuses_is_one_sentence_too(
    postgresql_url: str, before: str, after: str, reason: str
) -> None:
    with pytest.raises(StoreError, match=reason) as caught:
        await Store.open(postgresql_url.replace(before, after))
    _assert_is_one_sentence(caught.value)


async def _reason(url: str) -> StoreError:
    with pytest.raises(StoreError) as caught:
        await Store.open(url)
    return caught.value


async def test_what_may_pass_by_itself_is_told_from_what_will_not(
    postgresql_url: str, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.database._PATIENCE", 0.1)
    assert (await _reason("postgresql://bot:hunter2@127.0.0.1:1/bot")).temporary
    assert not (await _reason(postgresql_url.replace("/test_", "/no_test_"))).temporary
    path = str(make_url(sqlite_url).database)
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert (await _reason(sqlite_url)).temporary


async def test_a_server_that_closes_the_connection_may_be_back_later(postgresql_url: str) -> None:
    async with await Store.open(postgresql_url) as store:
        with pytest.raises(StoreError) as caught:
            async with store._database.write() as connection:
                await connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    assert caught.value.temporary


@pytest.mark.parametrize("error", [ssl.SSLCertVerificationError("bad"), ConnectionError("rejected SSL upgrade")])
async def test_an_encryption_that_does_not_come_about_is_for_the_operator(
    postgresql_url: str, error: OSError, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asyncpg.connect", AsyncMock(side_effect=error))

    assert not (await _reason(postgresql_url)).temporary


def _assert_is_one_sentence(error: StoreError) -> None:
    sentence = str(error)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert "hunter2" not in sentence
    assert "<class" not in sentence


async def test_a_file_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        StoreError, match=r"^The database .*missing/bot\.db cannot be used: unable to open database file\.$"
    ):
        await Store.open(f"sqlite:///{tmp_path}/missing/bot.db")


async def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "bot.db").write_bytes(b"This is a shopping list. " * 1000)

    with pytest.raises(StoreError, match=r"bot\.db cannot be used: file is not a database\.$"):
        await Store.open(f"sqlite:///{tmp_path}/bot.db")


def _damage(path: Path) -> None:
    """Overwrite all but the first page, which says that this is a database."""
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))


async def test_a_damaged_file_is_named(sqlite_url: str) -> None:
    async with await Store.open(sqlite_url) as store:
        await store.change(GUILD, lambda _: GuildSettings(channels=frozenset(range(1, 501))))
    _damage(Path(str(make_url(sqlite_url).database)))

    with pytest.raises(StoreError, match=r"cannot be used: database disk image is malformed\.$"):
        await Store.open(sqlite_url)


async def test_sqlite_lets_readers_and_a_writer_work_together_and_checks_references(sqlite_url: str) -> None:
    async with await Store.open(sqlite_url) as store:
        async with store._database.read() as connection:
            assert (await connection.exec_driver_sql("PRAGMA journal_mode")).scalar_one() == "wal"
            assert (await connection.exec_driver_sql("PRAGMA foreign_keys")).scalar_one() == 1
            assert (await connection.exec_driver_sql("PRAGMA busy_timeout")).scalar_one() == 10_000
        with pytest.raises(StoreError, match="FOREIGN KEY constraint failed"):
            async with store._database.write() as connection:
                await connection.execute(insert(tables.guild_emoji).values(guild_id=GUILD, label="joy"))


async def test_what_was_written_survives_in_the_file_itself(sqlite_url: str) -> None:
    async with await Store.open(sqlite_url) as store:
        await store.opt_out(1, None)
    with sqlite3.connect(str(make_url(sqlite_url).database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT user_id, guild_id FROM opt_out").fetchall() == [(1, 0)]
    connection.close()
