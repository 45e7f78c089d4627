"""The bot: one discord.py client that holds the model service and the cogs."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.predict import Predict
from bot.cogs.reactions import Reactions
from bot.policy import ServerSettings
from bot.reactor import Reactor
from bot.settings import Settings
from bot.sync import sync_commands
from model.predictor import Predictor
from model.service import PredictionService

log = logging.getLogger(__name__)

_LONGEST_RATE_LIMIT: Final = 30.0  # seconds; discord.py takes no less
_APOLOGY: Final = "Something went wrong on my side. Please try again in a moment."


class EmojiBot(commands.AutoShardedBot):
    """Reacts to messages with the emoji that the model predicts.

    Args:
        settings: of this process.
        clock: the present; the demo and the tests bring their own.
    """

    def __init__(self, settings: Settings, *, clock: Callable[[], datetime] = discord.utils.utcnow) -> None:
        # A bot that never speaks needs no hint that voice libraries are missing.
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
        super().__init__(
            # No prefix commands: mentioning the bot is just talk.
            command_prefix=commands.when_mentioned,
            help_command=None,
            tree_cls=_Tree,
            intents=discord.Intents(guilds=True, guild_messages=True, message_content=True),
            allowed_mentions=discord.AllowedMentions.none(),
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=False),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            max_ratelimit_timeout=_LONGEST_RATE_LIMIT,
        )
        self.settings = settings
        self._reactor = Reactor(settings.stale_after, clock)
        self._service: PredictionService | None = None

    async def setup_hook(self) -> None:
        """Get ready to react, then sync the commands. Runs once, after login, before the gateway.

        Raises:
            BundleError: the model cannot be used.
        """
        await self.prepare()
        try:
            await sync_commands(self, self.tree)
        except (discord.HTTPException, app_commands.CommandSyncFailure) as error:
            log.warning("commands not synced: %s", error)  # reactions need no commands

    async def prepare(self) -> None:
        """Load and warm the model and add the cogs. Needs no connection.

        Raises:
            BundleError: the model cannot be used.
        """
        predictor = await asyncio.to_thread(Predictor.load, self.settings.model_dir)
        self._service = PredictionService(predictor)
        await self._service.warm_up()
        log.info("model loaded version=%s labels=%d", predictor.bundle.version, len(predictor.bundle.labels))
        threshold = predictor.threshold if self.settings.threshold is None else self.settings.threshold
        server_settings = ServerSettings(threshold)
        await self.add_cog(Reactions(self, self._service, self._reactor, server_settings))
        await self.add_cog(Predict(self._service, server_settings, self.tree))

    async def on_ready(self) -> None:
        """Say so; the gateway may call this again after a reconnect."""
        log.info("ready user=%s guilds=%d shards=%d", self.user, len(self.guilds), len(self.shards))

    async def on_message(self, message: discord.Message, /) -> None:
        """Replace discord.py's handler, which looks for prefix commands."""

    async def close(self) -> None:
        """Stop reacting, leave the gateway, stop the model. May be called twice."""
        self._reactor.close()
        await super().close()
        if self._service is not None:
            await self._service.close()


class _Tree(app_commands.CommandTree[EmojiBot]):
    """Answers an interaction that failed, so that nobody is left waiting."""

    async def on_error(
        self, interaction: discord.Interaction[EmojiBot], error: app_commands.AppCommandError, /
    ) -> None:
        cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
        name = interaction.command.qualified_name if interaction.command else "unknown"
        if isinstance(cause, discord.HTTPException):
            # An answer that came too late or twice, or a channel that went away: Discord's daily life.
            log.warning("answer failed command=%s status=%d code=%d", name, cause.status, cause.code)
            return
        log.error("command failed command=%s", name, exc_info=cause)
        if not interaction.response.is_done():
            with contextlib.suppress(discord.HTTPException):  # it may be too late for that, too
                await interaction.response.send_message(_APOLOGY, ephemeral=True)
