"""Listens to messages and their edits, and reacts."""

import asyncio
import logging
from typing import Final
from weakref import WeakValueDictionary

import discord
from discord.ext import commands

from bot import policy
from bot.cooldowns import Cooldowns
from bot.counts import Count, reacted_with, skipped
from bot.judge import Judge
from bot.own_reactions import OwnReaction, OwnReactions
from bot.policy import Choice, Skip
from bot.reactor import Outcome, Reactor
from bot.store import GuildState, Store
from model.service import ServiceBusyError, ServiceClosedError

log = logging.getLogger(__name__)

_MOST_WAITING: Final = 1000
"""Messages that may wait for the first read of their server's settings."""
_FIRST_READ: Final = 2.0
"""Seconds that they wait."""
_ORDINARY: Final = (discord.MessageType.default, discord.MessageType.reply)


class Reactions(commands.Cog):
    """Adds the predicted emoji to messages in servers, and takes it back where an edit made it wrong."""

    def __init__(
        self, bot: commands.AutoShardedBot, judge: Judge, store: Store, reactor: Reactor, own: OwnReactions
    ) -> None:
        self._bot = bot
        self._judge = judge
        self._store = store
        self._reactor = reactor
        self._own = own
        self._cooldowns = Cooldowns()
        self._waiting = 0
        # A message and its edits are judged one after another.
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """React to `message` where policy and model say so."""
        facts = self._facts(message)
        if message.guild is None or facts.own:
            return
        self._store.count(message.guild.id, Count.SEEN)
        async with self._turn(message):
            choice = await self._choice(message, facts, message.guild.id)
            if choice is not None:
                await self._react(message, choice, message.guild.id)

    @commands.Cog.listener()
    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        """Judge an edited message anew while it is fresh; take back a reaction that no longer fits."""
        message = payload.message
        # Discord sends updates without an edit, too: a link got its picture, a message was pinned.
        if message.guild is None or message.edited_at is None or self._reactor.is_stale(message):
            return
        facts = self._facts(message)
        async with self._turn(message):
            before = self._own.get(message.id)
            choice = await self._choice(message, facts, message.guild.id, again=before is not None)
            if before is not None:
                if choice is not None and choice.emoji == before.emoji:
                    return
                del self._own[message.id]  # first, or it would look as if a moderator had removed it
                self._store.count(message.guild.id, Count.EDITED)
                await self._reactor.take_back(message, before.emoji)
            if choice is not None:
                await self._react(message, choice, message.guild.id)

    def _turn(self, message: discord.Message) -> asyncio.Lock:
        return self._turns.setdefault(message.id, asyncio.Lock())

    async def _choice(
        self, message: discord.Message, facts: policy.MessageFacts, guild_id: int, *, again: bool = False
    ) -> Choice | None:
        """The reaction to make, or None; `again` where the message already had one, and its cooldowns are paid."""
        reason = policy.skip_reason(facts)
        if reason is None:
            state = await self._state(guild_id)
            opted_out = self._store.opted_out(facts.author_id, guild_id)
            if state is None or opted_out is None:
                reason = Skip.UNREAD
            else:
                reason = policy.refusal(facts, state.settings, opted_out)
                if reason is None and not again:
                    reason = self._cooldowns.refusal(guild_id, message.channel.id, facts.author_id, state.settings)
                if reason is None:
                    return await self._judged(message, state, guild_id)
        self._skip(message, guild_id, reason)
        return None

    async def _state(self, guild_id: int) -> GuildState | None:
        """What is known of the server. Only its first messages wait for the database, and not for long."""
        state = self._store.peek(guild_id)
        if state is None and self._waiting < _MOST_WAITING:
            self._waiting += 1
            try:
                async with asyncio.timeout(_FIRST_READ):
                    state = await self._store.first(guild_id)
            except TimeoutError:
                pass
            finally:
                self._waiting -= 1
        return state

    async def _judged(self, message: discord.Message, state: GuildState, guild_id: int) -> Choice | None:
        try:
            choice = (await self._judge.judge(message.content, state)).choice
        except ServiceBusyError as error:
            log.warning("message dropped: model busy channel=%d waiting=%d", message.channel.id, error.waiting)
            self._store.count(guild_id, skipped(Skip.BUSY))
            return None
        except ServiceClosedError:
            return None
        if choice is None or not choice.sure:
            self._store.count(guild_id, Count.SILENT)
            return None
        return choice

    async def _react(self, message: discord.Message, choice: Choice, guild_id: int) -> None:
        take_back = self._cooldowns.start(guild_id, message.channel.id, message.author.id)
        # Before the request: what members make of the reaction may arrive before Discord's reply.
        self._own[message.id] = OwnReaction(guild_id, choice.name, choice.emoji)
        outcome = await self._reactor.add(message, choice.emoji)
        if outcome is Outcome.ADDED:
            self._store.count(guild_id, Count.REACTED)
            self._store.count(guild_id, reacted_with(choice.name))
            log.debug("reacted emoji=%s channel=%d message=%d", choice.name, message.channel.id, message.id)
            return
        self._own.pop(message.id, None)
        take_back()
        self._skip(message, guild_id, outcome)

    def _skip(self, message: discord.Message, guild_id: int, reason: Skip | Outcome) -> None:
        self._store.count(guild_id, skipped(reason))
        log.debug("skipped reason=%s channel=%d message=%d", reason, message.channel.id, message.id)

    def _facts(self, message: discord.Message) -> policy.MessageFacts:
        author = message.author
        return policy.MessageFacts(
            text=message.content,
            own=self._bot.user is not None and author.id == self._bot.user.id,
            bot=author.bot,
            webhook=message.webhook_id is not None,
            system=message.type not in _ORDINARY,
            in_guild=message.guild is not None,
            author_id=author.id,
            role_ids=frozenset(role.id for role in author.roles) if isinstance(author, discord.Member) else frozenset(),
            places=places(message.channel),
        )


def places(channel: object) -> frozenset[int]:
    """Ids of a channel, of the channel that a thread belongs to, and of their category, as far as they are known."""
    found = {getattr(channel, "id", None)}
    if isinstance(channel, discord.Thread):
        found.add(channel.parent_id)
        channel = channel.parent
    found.add(getattr(channel, "category_id", None))
    return frozenset(one for one in found if one is not None)
