"""The bot: one discord.py client that holds the model service and the cogs."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.help import Help
from bot.cogs.learning import Learning
from bot.cogs.predict import Predict
from bot.cogs.privacy import Privacy
from bot.cogs.react_for_me import ReactForMe
from bot.cogs.reactions import Reactions
from bot.cogs.settings import SettingsCommands
from bot.cogs.stats import Stats
from bot.command_access import has_access
from bot.failures import answer_failure
from bot.gateway import outlive_bad_packets
from bot.global_limit import LONGEST, reopen_by_itself
from bot.judge import Judge
from bot.own_reactions import OwnReactions
from bot.policy import Defaults
from bot.reactor import Reactor
from bot.settings import Settings
from bot.store import Store, StoreError
from bot.sync import sync_commands
from bot.texts import CatalogTranslator
from bot.unreadable_replies import take_for_lost_replies
from model.predictor import Predictor
from model.service import PredictionService

log = logging.getLogger(__name__)


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
            intents=discord.Intents(
                guilds=True, guild_messages=True, guild_reactions=True, message_content=True, expressions=True
            ),
            allowed_mentions=discord.AllowedMentions.none(),
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=False),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            max_ratelimit_timeout=LONGEST,
            shard_count=settings.shard_count,
        )
        if settings.shard_ids is not None:
            self.shard_ids = list(settings.shard_ids)
        outlive_bad_packets(self)
        take_for_lost_replies()
        self.settings = settings
        self._clock = clock
        self._reactor = Reactor(settings.stale_after, clock)
        self._service: PredictionService | None = None
        self._store: Store | None = None
        self._learning: Learning | None = None

    async def setup_hook(self) -> None:
        """Get ready to react, then sync the commands. Runs once, after login, before the gateway.

        Raises:
            BundleError: the model cannot be used.
            StoreError: the database cannot be used.
        """
        reopen_by_itself(self)
        await self.prepare()
        await self.tree.set_translator(CatalogTranslator())
        try:
            await sync_commands(self, self.tree)
        except (discord.HTTPException, discord.RateLimited, app_commands.CommandSyncFailure) as error:
            log.warning("commands not synced: %s", error)  # reactions need no commands

    async def prepare(self) -> None:
        """Load and warm the model, open the database and add the cogs. Needs no connection.

        Raises:
            BundleError: the model cannot be used.
            StoreError: the database cannot be used.
        """
        predictor = await asyncio.to_thread(Predictor.load, self.settings.model_dir)
        labels = predictor.bundle.labels
        self._service = PredictionService(predictor)
        await self._service.warm_up()
        log.info("model loaded version=%s labels=%d", predictor.bundle.version, len(labels))
        self._store = store = await Store.open(self.settings.database_url, clock=self._clock)
        threshold = predictor.threshold if self.settings.threshold is None else self.settings.threshold
        defaults = Defaults(threshold, {label.emoji: label.name for label in labels})
        judge = Judge(self._service, defaults, self._clock)
        own = OwnReactions()
        self._learning = Learning(self, store, own, self._clock)
        for cog in (
            Reactions(self, judge, store, self._reactor, own),
            self._learning,
            Predict(judge, store, self.tree),
            SettingsCommands(store, defaults, labels, self._learning, self._clock),
            ReactForMe(self, judge, store, self._reactor, own, self.tree),
            Privacy(store, self),
            Stats(store, {label.name: label.emoji for label in labels}, self._clock),
            Help(self.tree),
        ):
            await self.add_cog(cog)

    async def on_ready(self) -> None:
        """Say so; the gateway may call this again after a reconnect."""
        log.info("ready user=%s guilds=%d shards=%d", self.user, len(self.guilds), len(self.shards))

    async def on_guild_available(self, guild: discord.Guild) -> None:
        """Read the settings of a server before its first message comes."""
        await self._read_ahead(guild)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Read the settings of a server before its first message comes."""
        log.info("joined guild=%d", guild.id)
        await self._read_ahead(guild)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Forget a server that the bot has left."""
        log.info("left guild=%d", guild.id)
        if self._learning is not None:
            try:
                await self._learning.forget_guild(guild.id)
            except StoreError as error:
                log.warning("not forgotten guild=%d: %s", guild.id, error)

    async def _read_ahead(self, guild: discord.Guild) -> None:
        if self._store is not None:
            with contextlib.suppress(StoreError):  # the store logs it, and reads again when it is asked
                await self._store.load(guild.id)

    async def on_message(self, message: discord.Message, /) -> None:
        """Replace discord.py's handler, which looks for prefix commands."""

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """Log what a listener did not catch; of one that the end of the bot cuts short, only that."""
        if self.is_closed():
            log.info("event cut short, the bot is leaving event=%s", event_method)
        else:
            await super().on_error(event_method, *args, **kwargs)

    async def close(self) -> None:
        """Stop reacting, leave the gateway, stop the model, write what is counted. May be called twice."""
        self._reactor.close()
        async with contextlib.AsyncExitStack() as rest:  # closed in any case, last things first
            if self._store is not None:
                rest.push_async_callback(self._store.close)
            if self._service is not None:
                rest.push_async_callback(self._service.close)
            await super().close()


class _Tree(app_commands.CommandTree[EmojiBot]):
    """Lets only those use a command who may, and answers one that failed, so that nobody is left waiting."""

    async def interaction_check(self, interaction: discord.Interaction[EmojiBot], /) -> bool:
        """Whether the member may use the command; a refusal is answered already."""
        try:
            return await has_access(interaction)
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:  # discord.py would not catch it
            await answer_failure(interaction, "command", _name_of(interaction), error)
            return False

    async def on_error(
        self, interaction: discord.Interaction[EmojiBot], error: app_commands.AppCommandError, /
    ) -> None:
        cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
        await answer_failure(interaction, "command", _name_of(interaction), cause)


def _name_of(interaction: discord.Interaction[EmojiBot]) -> str:
    return interaction.command.qualified_name if interaction.command else "unknown"
