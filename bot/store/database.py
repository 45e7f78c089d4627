"""The database behind the store: its engine, its transactions, its migrations."""

import asyncio
import importlib
import logging
import sqlite3
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, quote_plus

from sqlalchemy import URL, Connection, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

log = logging.getLogger(__name__)

_PATIENCE: Final = 10.0
"""Seconds to wait for a connection, or on SQLite for another process that writes."""

_LONGEST_COMMAND: Final = 30.0
"""Seconds that PostgreSQL may take for one command."""

_MIGRATION_LOCK: Final = 0x656D6F6A69  # "emoji"
"""PostgreSQL's advisory lock of those who migrate."""

_BEGIN: Final = "sqlite_begin"
"""The execution option that says how SQLite begins a transaction."""


_PASSING: Final = ("08", "25006", "40", "53", "55P03", "57P")
"""How the SQLSTATE of a PostgreSQL begins that is away, overloaded, just starting, on standby, or has others write
first (appendix A of its manual)."""


class StoreError(Exception):
    """The database cannot be used. The message is one sentence for the operator, without the password.

    Args:
        message: that sentence.
        temporary: whether it may well work later, with nothing changed.
    """

    def __init__(self, message: str, *, temporary: bool = False) -> None:
        super().__init__(message)
        self.temporary = temporary


class UnknownRevisionError(Exception):
    """The tables are of a revision that this version of the bot does not know."""


class Database:
    """Transactions on SQLite or PostgreSQL. Whatever goes wrong in one is a `StoreError`.

    Args:
        url: `sqlite:///FILE` or `postgresql://USER:PASSWORD@HOST:PORT/NAME`, also with SQLAlchemy's names of the
            drivers aiosqlite and asyncpg.

    Raises:
        StoreError: it is no such URL, or the extra `postgres` is missing.
    """

    def __init__(self, url: str) -> None:
        self._url = _parse(url)
        self._transactions = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._closed = False
        self.failed = 0
        """How often it raised `StoreError` because of what the database did."""
        if self._url.get_backend_name() == "sqlite":
            self._failures: tuple[type[Exception], ...] = (SQLAlchemyError, OSError, sqlite3.Error)
            self._name = f"The database {self._url.database}"
            self._engine = _sqlite(self._url)
            self._reader = self._engine
            self._writer = self._engine.execution_options(**{_BEGIN: "IMMEDIATE"})
            # In one process writers take turns in order; SQLite's own waiting is by chance.
            self._turn: asyncio.Lock | nullcontext[None] = asyncio.Lock()
        else:
            asyncpg = _asyncpg()
            # The last: on a connection that the server is just closing.
            own = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
            self._failures = (SQLAlchemyError, OSError, *own)
            host = self._url.host or self._url.query.get("host", "localhost")
            self._name = f"The database {self._url.database} at {host}"
            self._engine = _postgresql(self._url)
            # What is read in several statements must be of one moment, as it is on SQLite.
            self._reader = self._engine.execution_options(isolation_level="REPEATABLE READ")
            self._writer = self._engine
            self._turn = nullcontext()

    async def upgrade(self, revision: str = "head") -> None:
        """Run the migrations that are missing, all or none. Processes that start together take turns.

        Raises:
            StoreError: the database cannot be reached, is damaged, or was made by a newer version.
        """
        exclusive = self._engine.execution_options(**{_BEGIN: "EXCLUSIVE"})
        with self._told():
            if self._engine.dialect.name == "sqlite":
                # Where aiosqlite cannot open a file, its thread may outlive the event loop and complain on stderr.
                await asyncio.to_thread(_probe, str(self._url.database))
            try:
                async with self._turn, exclusive.begin() as connection:
                    await connection.run_sync(_upgrade, revision)
            except TypeError as error:
                # asyncpg.connect takes the options of the URL as its arguments.
                if "unexpected keyword argument" in str(error):
                    raise StoreError(f"{self._name} has an option in its URL that asyncpg does not know.") from error
                raise

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that only reads, and sees one moment.

        Raises:
            StoreError: the database did not do it, or is closed.
        """
        with self._told(), self._under_way():
            async with self._reader.begin() as connection:
                yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that writes, committed at the end, undone where anything is raised.

        Raises:
            StoreError: the database did not do it, or is closed.
        """
        with self._told(), self._under_way():
            async with self._turn, self._writer.begin() as connection:
                yield connection

    async def close(self) -> None:
        """Refuse new transactions, finish those under way, close all connections. May be called twice."""
        self._closed = True
        await self._idle.wait()
        await self._engine.dispose()

    @contextmanager
    def _under_way(self) -> Iterator[None]:
        """Let `close` wait for what runs within."""
        if self._closed:
            raise StoreError("The store is closed.")
        self._transactions += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._transactions -= 1
            if not self._transactions:
                self._idle.set()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn the failures of all layers into one sentence."""
        try:
            yield
        except UnknownRevisionError as error:
            reason = "its tables are of another version of the bot"
            raise StoreError(f"{self._name} cannot be used: {reason} ({_one_line(error)}).") from error
        except self._failures as error:
            self.failed += 1
            reason = _one_line(error)
            for secret in _secrets(self._url):
                reason = reason.replace(secret, "***")
            raise StoreError(f"{self._name} cannot be used: {reason}.", temporary=_is_temporary(error)) from error


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url.replace("postgres://", "postgresql://", 1) if url.startswith("postgres://") else url)
    except (ArgumentError, ValueError):
        parsed = None
    if parsed is not None and parsed.drivername in ("sqlite", "sqlite+aiosqlite"):
        if parsed.database in (None, "", ":memory:") or parsed.query:
            raise StoreError("The database must be a file: sqlite:///FILE.")
        return parsed.set(drivername="sqlite+aiosqlite")
    if parsed is not None and parsed.drivername in ("postgresql", "postgresql+asyncpg") and _is_plain(url, parsed):
        options = dict(parsed.query)
        if "sslmode" in options:  # libpq's name, which hosts hand out
            options["ssl"] = options.pop("sslmode")
        return parsed.set(drivername="postgresql+asyncpg", query=options)
    # Nothing of the URL stands here: where it cannot be parsed, nobody knows which part is the password.
    raise StoreError("The database URL must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST:PORT/NAME.") from None


def _is_plain(text: str, url: URL) -> bool:
    """Whether the parts of a URL are what they seem.

    An @ that is not encoded cuts a password, and its rest then stands in the name of the host or of the database.
    """
    named = f"{url.host or ''}{url.database or ''}"
    return text.count("@") <= 1 and "@" not in named and (url.port is None or 0 < url.port < 2**16)


def _secrets(url: URL) -> list[str]:
    """What must not be repeated of a URL: the password, as it is and as it is written there, the longest form first."""
    values = [str(url.password or ""), *(str(url.query[key]) for key in ("password", "passfile") if key in url.query)]
    forms = {form for value in values for form in (value, quote(value), quote(value, safe=""), quote_plus(value))}
    return sorted(forms - {""}, key=len, reverse=True)


def _asyncpg() -> Any:
    try:
        return importlib.import_module("asyncpg")
    except ModuleNotFoundError as error:
        raise StoreError(
            f"PostgreSQL needs the extra `postgres` ({error.name} is missing): pip install -e '.[postgres]'"
        ) from error


def _sqlite(url: URL) -> AsyncEngine:
    """Waits for others who write, checks references, and does not let writers hold up readers (WAL).

    `secure_delete` overwrites what is deleted: who asked to be forgotten is not in the file's free pages either.
    The journal beside it (`-wal`) may hold it until SQLite writes over it, at the latest until the last one closes.
    `synchronous` stays FULL, so that what was written survives a power cut too.
    """
    engine = create_async_engine(
        url,
        # No isolation level: transactions begin as `begin` says below, not as Python's module guesses.
        connect_args={"timeout": _PATIENCE, "isolation_level": None},
        poolclass=AsyncAdaptedQueuePool,  # the default only since SQLAlchemy 2.0.38
        pool_timeout=_PATIENCE,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        try:
            cursor = connection.cursor()
            for pragma in ("foreign_keys=ON", "journal_mode=WAL", "secure_delete=ON"):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()
        except BaseException:
            connection.close()  # the pool forgets a connection that fails here, and its thread would live on
            raise

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(f"BEGIN {connection.get_execution_options().get(_BEGIN, 'DEFERRED')}")

    return engine


def _probe(path: str) -> None:
    """Open the file, or make an empty one."""
    with closing(sqlite3.connect(path)):
        pass


def _postgresql(url: URL) -> AsyncEngine:
    return create_async_engine(
        url,
        connect_args={"timeout": _PATIENCE, "command_timeout": _LONGEST_COMMAND},
        pool_timeout=_PATIENCE,
        pool_pre_ping=True,  # the server may have been restarted
    )


def _upgrade(connection: Connection, revision: str) -> None:
    """Migrate within the transaction of `connection`, which is exclusive already on SQLite."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
    before = _revision(connection)
    if revision == "head" and before == _newest():
        return
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it has much to say, from its import on
    from bot.store.migrate import migrate

    migrate(connection, revision)
    after = _revision(connection)
    if before != after:
        log.info("database migrated from=%s to=%s", before, after)


def _revision(connection: Connection) -> str | None:
    """What Alembic has noted in the database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    noted: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return noted


def _newest() -> str:
    """The last revision: the names of their files begin with them."""
    return max(path.name[:4] for path in (Path(__file__).parent / "migrations" / "versions").glob("[0-9]*.py"))


def _is_temporary(error: BaseException) -> bool:
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    error = _of_driver(error)
    if isinstance(error, ssl.SSLError) or type(error) is ConnectionError:  # asyncpg's where the server has no TLS
        return False
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return isinstance(error, OSError) or (getattr(error, "sqlstate", None) or "").startswith(_PASSING)


def _of_driver(error: BaseException) -> BaseException:
    """What the driver itself raised, without SQLAlchemy's frame around it."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        return error.orig.__cause__ or error.orig
    return error


def _one_line(error: BaseException) -> str:
    error = _of_driver(error)
    lines = str(error).strip().splitlines()
    return lines[0].strip().rstrip(".") if lines else type(error).__name__
