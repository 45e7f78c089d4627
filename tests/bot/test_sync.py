"""Commands are synced only when they changed."""

from dataclasses import replace
from pathlib import Path

import discord
import simcord
from discord import app_commands

from bot.client import EmojiBot
from bot.settings import Settings
from bot.sync import sync_commands
from tests.bot.conftest import Server


def _puts(environment: simcord.Env) -> int:
    requests = environment.http_requests
    return sum(request.method == "PUT" and request.path.endswith("/commands") for request in requests)


async def test_the_first_start_syncs_and_the_second_does_not(
    server: Server, settings: Settings, tmp_path: Path
) -> None:
    environment = server.environment
    assert _puts(environment) == 1

    await environment.bot.close()
    again = EmojiBot(replace(settings, database_url=f"sqlite:///{tmp_path / 'bot.db'}"), clock=environment.now)
    await environment.restart_bot(again)
    assert _puts(environment) == 1
    await again.close()


async def test_a_changed_command_is_synced(server: Server) -> None:
    bot = server.environment.bot
    assert isinstance(bot, EmojiBot)

    @app_commands.command()
    @app_commands.default_permissions(manage_guild=True)
    async def shine(interaction: discord.Interaction) -> None:
        """Be bright"""

    bot.tree.add_command(shine)
    assert await sync_commands(bot, bot.tree)
    assert not await sync_commands(bot, bot.tree)
    shine.description = "Be brighter"
    assert await sync_commands(bot, bot.tree)
    bot.tree.remove_command("shine")
    assert await sync_commands(bot, bot.tree)
