"""A simulated Discord with the real bot in it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import simcord

from bot.client import EmojiBot
from bot.settings import Settings


class Server:
    """A guild with one channel and one member, and what the bot did there."""

    def __init__(self, environment: simcord.Env, name: str = "The Corner", member: str = "alice") -> None:
        self.environment = environment
        self.guild = environment.create_guild(name)
        self.channel = self.guild.create_text_channel("general")
        self.alice = self.guild.add_member(environment.create_user(member))

    @property
    def reaction_requests(self) -> list[str]:
        """The paths of all reactions that the bot asked Discord for."""
        requests = self.environment.http_requests
        return [request.path for request in requests if request.method == "PUT" and "/reactions/" in request.path]


@pytest.fixture
def settings() -> Settings:
    """React to every message that the model can read: these tests are about the way, not about the taste."""
    return Settings(threshold=0.0)


@pytest.fixture
async def environment(settings: Settings, tmp_path: Path) -> AsyncIterator[simcord.Env]:
    settings = replace(settings, database_url=f"sqlite:///{tmp_path / 'bot.db'}")
    bot = EmojiBot(settings, clock=lambda: simulated.now())
    simulated = simcord.Env(bot, shard_count=1)
    await simulated.start()
    yield simulated
    await bot.close()
    await simulated.shutdown()
    if simulated.check_errors:
        simulated.raise_errors()


@pytest.fixture
async def server(environment: simcord.Env) -> Server:
    server = Server(environment)
    await environment.settle()  # the bot reads the settings of its new server
    return server
