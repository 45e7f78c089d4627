"""A server, the bot that is connected to it, and a log that must stay clean."""

import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import discord
import pytest
import yarl

from bot.client import EmojiBot
from bot.discord_log import shorten_discord_log
from bot.settings import Settings
from model.predictor import Predictor
from tests.wire.bots import connected
from tests.wire.haste import PAUSES
from tests.wire.server import TOKEN, WireServer


@pytest.fixture(autouse=True)
def clean_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever a test does to the bot, the log shows no error, no traceback and no token."""
    caplog.set_level(logging.INFO)
    yield
    records = [record for phase in ("setup", "call", "teardown") for record in caplog.get_records(phase)]
    assert [record.getMessage() for record in records if record.levelno >= logging.ERROR or record.exc_info] == []
    assert [record.name for record in records if TOKEN in record.getMessage()] == []


@pytest.fixture(autouse=True)
def short_log() -> None:
    """As the program sets it up."""
    shorten_discord_log()


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reconnecting takes no longer than it must."""
    for holder, name, value in PAUSES:
        monkeypatch.setattr(holder, name, value)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where settings name no database, it comes to lie in a folder of the test's own."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WireServer]:
    """The server that discord.py takes for Discord."""
    async with WireServer() as server:
        monkeypatch.setattr(discord.http.Route, "BASE", server.api_url)
        monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(server.gateway_url))
        yield server


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Of a bot that reacts to whatever it may."""
    return Settings(token=TOKEN, threshold=0.0, database_url=f"sqlite:///{tmp_path / 'bot.db'}")


@pytest.fixture
async def bot(server: WireServer, settings: Settings) -> AsyncIterator[EmojiBot]:
    """A bot in its guild."""
    async with connected(server, settings) as bot:
        yield bot


@pytest.fixture(scope="session")
def predictor() -> Predictor:
    """The model that the bot runs, to know what to expect of it."""
    return Predictor.load()
