"""The client itself: what holds whatever its cogs do."""

from datetime import date
from pathlib import Path
from unittest.mock import AsyncMock

import discord
import pytest
from discord.ext import commands

from bot.client import EmojiBot
from bot.settings import Settings
from bot.store import Store
from model.service import ServiceClosedError


async def test_a_bot_that_may_not_sync_its_commands_for_long_starts_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("bot.client.sync_commands", AsyncMock(side_effect=discord.RateLimited(600)))
    async with EmojiBot(Settings(database_url=f"sqlite:///{tmp_path / 'bot.db'}")) as bot:
        await bot.setup_hook()

    assert "commands not synced" in caplog.text


async def test_what_is_counted_is_written_though_the_gateway_does_not_close(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_: object) -> None:
        raise OSError("the connection broke")

    url = f"sqlite:///{tmp_path / 'bot.db'}"
    bot = EmojiBot(Settings(database_url=url))
    await bot.prepare()
    store, service = bot._store, bot._service
    assert store is not None
    assert service is not None
    store.count(1, "seen", 3)
    with monkeypatch.context() as patch:
        patch.setattr(commands.AutoShardedBot, "close", fail)
        with pytest.raises(OSError, match="the connection broke"):
            await bot.close()

    with pytest.raises(ServiceClosedError):
        await service.predict("good morning")
    async with await Store.open(url, clock=bot._clock) as again:
        (counted,) = await again.counters(1, date.min)
        assert counted.count == 3
