"""The bot: one discord.py client that holds the model service and the cogs."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from time import perf_counter
from typing import Any, Final

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.help import Help
from bot.cogs.learning import Learning
from bot.cogs.model import ModelCommands
from bot.cogs.predict import Predict
from bot.cogs.privacy import Privacy
from bot.cogs.react_for_me import ReactForMe
from bot.cogs.reactions import Reactions
from bot.cogs.settings import SettingsCommands
from bot.cogs.stats import Stats
from bot.command_access import has_access, refuse
from bot.current_model import CurrentModel, ModelFacts
from bot.discord_replies import counting_trace
from bot.failures import answer_failure
from bot.gateway import outlive_bad_packets
from bot.global_limit import LONGEST, reopen_by_itself
from bot.heartbeat import heartbeat_of
from bot.judge import Judge
from bot.metrics import Metrics
from bot.model_reload import ModelReload, load_model
from bot.own_reactions import OwnReactions
from bot.owners import owners_of
from bot.reactor import Reactor
from bot.settings import Settings
from bot.store import Store, StoreError
from bot.sync import sync_commands
from bot.texts import CatalogTranslator
from bot.under_way import finish
from bot.unreadable_replies import take_for_lost_replies
from bot.vitals import Shard, Vitals
from model.service import PredictionService

log = logging.getLogger(__name__)

_ASKED: Final = "asked"  # among an interaction's extras: when it came, by `perf_counter`
_LAST_STEPS: Final = 1.0
"""Seconds that are kept for writing the counters and leaving the gateway."""


class EmojiBot(commands.AutoShardedBot):
    """Reacts to messages with the emoji that the model predicts.

    Args:
        settings: of this process.
        clock: the present; the demo and the tests bring their own.
    """

    def __init__(self, settings: Settings, *, clock: Callable[[], datetime] = discord.utils.utcnow) -> None:
        # A bot that never speaks needs no hint that voice libraries are missing.
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
        self.metrics = Metrics()
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
        if settings.metrics_port is not None:  # aiohttp takes 20 us more for each request that is watched
            self.http.http_trace = counting_trace(self.metrics)
        if settings.shard_ids is not None:
            self.shard_ids = list(settings.shard_ids)
        outlive_bad_packets(self)
        take_for_lost_replies()
        self.settings = settings
        self._clock = clock
        self._reactor = Reactor(settings.stale_after, clock, rate=settings.reactions_per_second, metrics=self.metrics)
        self._service: PredictionService | None = None
        self._store: Store | None = None
        self._learning: Learning | None = None
        self._connected: set[int] = set()  # shards
        self._hearers: tuple[Callable[[discord.Message], Awaitable[None]], ...] = ()
        self._model: CurrentModel | None = None
        self._reload: ModelReload | None = None
        self._prepared = asyncio.Event()
        self._leaving = False

    async def setup_hook(self) -> None:
        """Get ready to react, then sync the commands. Runs once, after login, before the gateway.

        Raises:
            BundleError: the model cannot be used.
            StoreError: the database cannot be used.
        """
        reopen_by_itself(self)
        if self.application is not None:  # it is known since login
            self.owner_ids = owners_of(self.application)
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
        folder, threshold = self.settings.model_dir, self.settings.threshold
        predictor = await asyncio.to_thread(load_model, folder, must_react=False)
        self._model = model = CurrentModel(ModelFacts.of(predictor, threshold, self._clock()))
        self._service = PredictionService(predictor)
        await self._service.warm_up()
        self._reload = ModelReload(folder, self._service, model, threshold, self._clock)
        log.info("model loaded version=%s labels=%d", predictor.version, len(model.labels))
        self._store = store = await Store.open(self.settings.database_url, clock=self._clock)
        judge = Judge(self._service, model, self._clock, self.metrics)
        own = OwnReactions()
        self._learning = Learning(self, store, own, self._clock)
        reactions = Reactions(self, judge, store, self._reactor, own)
        stats = Stats(store, model, self._clock)
        self._hearers = (reactions.on_message, stats.on_message)
        for cog in (
            reactions,
            self._learning,
            Predict(judge, store, self.tree),
            SettingsCommands(store, model, self._learning, self._clock),
            ReactForMe(self, judge, store, self._reactor, own, self.tree),
            Privacy(store, self),
            stats,
            ModelCommands(model, self._reload),
            Help(self.tree),
        ):
            await self.add_cog(cog)
        self._prepared.set()

    async def reload_model(self) -> bool:
        """Swap the model for what its folder holds now, without a pause; returns whether it is another one.

        Waits until the bot is prepared.

        Raises:
            BundleError: what the folder holds is refused, and the model stays.
            ReloadUnderWayError: another reload is under way.
        """
        await self._prepared.wait()
        assert self._reload is not None  # noqa: S101 - it is prepared
        return await self._reload.reload()

    async def on_ready(self) -> None:
        """Say so; the gateway may call this again after a reconnect."""
        log.info("ready user=%s guilds=%d shards=%d", self.user, len(self.guilds), len(self.shards))

    async def on_shard_connect(self, shard_id: int) -> None:
        """Note that the gateway has accepted a shard."""
        self._connected.add(shard_id)

    async def on_shard_resumed(self, shard_id: int) -> None:
        """Note that the gateway has accepted a shard again."""
        self._connected.add(shard_id)

    async def on_shard_disconnect(self, shard_id: int) -> None:
        """Note that a shard's connection broke; discord.py may say so several times."""
        if shard_id in self._connected:
            self._connected.remove(shard_id)
            self.metrics.disconnects += 1

    async def on_app_command_completion(
        self, interaction: discord.Interaction, command: app_commands.Command[Any, ..., Any] | app_commands.ContextMenu
    ) -> None:
        """Count a command that has run to its end."""
        self.metrics.answered(command.qualified_name, perf_counter() - interaction.extras[_ASKED])

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
        """Replace discord.py's handler, which looks for prefix commands, and tell those who want to know.

        discord.py starts a task for each listener: with one for all, a message costs an eighth less.
        """
        for hear in self._hearers:
            await hear(message)

    def vitals(self) -> Vitals:
        """How the bot is at this moment."""
        numbers = self.shard_ids or range(self.shard_count or 0)
        return Vitals(
            stopping=self._leaving or self.is_closed(),
            model=None if self._model is None else self._model.facts.version,
            store=None if self._store is None else self._store.vitals,
            shards={number: self._shard(number) for number in numbers},
            guilds=len(self.guilds),
            waiting_for_model=0 if self._service is None else self._service.waiting,
            waiting_for_discord=self._reactor.waiting,
            in_flight=self._reactor.in_flight,
        )

    def _shard(self, number: int) -> Shard:
        shard = self.get_shard(number)
        if shard is None:
            return Shard(connected=False, heartbeat=None)
        # discord.py tells of a broken connection only once it has made up its mind what to do about it.
        connected = number in self._connected and not shard.is_closed()
        return Shard(connected, heartbeat_of(shard))

    @property
    def leaving(self) -> bool:
        """Whether the bot takes nothing new any more."""
        return self._leaving

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        """Tell the listeners of an event, unless the bot is leaving."""
        if not self._leaving:
            super().dispatch(event, *args, **kwargs)

    async def leave(self, seconds: float) -> None:
        """Take nothing new, finish what is under way or drop it in time, write what is counted, and close.

        Args:
            seconds: for all of it, though closing has no limit: a database or a gateway may hang, which a bot that is
                about to end need not wait for.
        """
        self._leaving = True
        log.info("leaving")
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        cut = await finish(self._reactor, seconds - _LAST_STEPS)
        if cut:
            log.warning("stopped before everything was answered n=%d", cut)
        gateway = asyncio.create_task(discord.AutoShardedClient.close(self))  # beside the rest, of which each may hang
        if self._store is not None:
            await self._store.save(deadline - loop.time())
        await self.close()
        await gateway

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
            if self._reload is not None:
                rest.push_async_callback(self._reload.close)
            await super().close()


class _Tree(app_commands.CommandTree[EmojiBot]):
    """Lets only those use a command who may, and answers one that failed, so that nobody is left waiting."""

    async def interaction_check(self, interaction: discord.Interaction[EmojiBot], /) -> bool:
        """Whether the member may use the command; a refusal is answered already."""
        interaction.extras[_ASKED] = perf_counter()
        try:
            if self.client.leaving:
                await refuse(interaction, "common.leaving")
                return False
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
