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
from bot.facts import facts_of
from bot.judge import Judge
from bot.own_reactions import OwnReaction, OwnReactions
from bot.policy import Choice, Skip
from bot.reactor import Outcome, Reactor
from bot.server_emoji import usable_emoji
from bot.store import GuildState, Store
from model.service import ServiceBusyError, ServiceClosedError

log = logging.getLogger(__name__)

_MOST_WAITING: Final = 1000
"""Messages that may wait until their server's settings are read."""
_READ_SECONDS: Final = 2.0
"""Seconds that they wait."""
_UNDECIDED: Final = frozenset(map(skipped, (Skip.UNREAD, Skip.BUSY, Outcome.CLOSED)))
"""Counters of messages of which nothing was found out."""


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
        """React to `message` where policy and model say so. It counts as seen, and once for what became of it."""
        facts = facts_of(message, self._bot.user)
        if message.guild is None or facts.own:
            return
        async with self._turn(message):
            found = await self._found(message, facts, message.guild.id)
            if isinstance(found, Choice):
                outcome = await self._react(message, found, message.guild.id)
                counters = _counters(outcome, found)
            else:
                counters = (found,)
        log.debug("counted=%s channel=%d message=%d", counters[0], message.channel.id, message.id)
        self._count(message.guild.id, Count.SEEN, *counters)

    @commands.Cog.listener()
    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        """Judge an edited message anew while it is fresh; take back a reaction that no longer fits."""
        message = payload.message
        # Discord sends updates without an edit, too: a link got its picture, a message was pinned.
        if message.guild is None or message.edited_at is None or self._reactor.is_stale(message):
            return
        facts = facts_of(message, self._bot.user)
        async with self._turn(message):
            found = await self._found(message, facts, message.guild.id, again=message.id in self._own)
            if found in _UNDECIDED:
                return
            before = self._own.get(message.id)
            if before is not None:
                if isinstance(found, Choice) and found.emoji == before.emoji:
                    return
                del self._own[message.id]  # first, or it would look as if a moderator had removed it
                if not await self._reactor.take_back(message, before.emoji):
                    if not self._own.is_left_alone(message.id):
                        self._own[message.id] = before
                    return  # two reactions would be worse than a wrong one
                self._count(message.guild.id, Count.EDITED)
            if isinstance(found, Choice):
                await self._react(message, found, message.guild.id)

    def _turn(self, message: discord.Message) -> asyncio.Lock:
        return self._turns.setdefault(message.id, asyncio.Lock())

    async def _found(
        self, message: discord.Message, facts: policy.MessageFacts, guild_id: int, *, again: bool = False
    ) -> Choice | str:
        """The reaction to make, or the counter of messages that get none.

        With `again`, the message has one already, and its cooldowns are paid.
        """
        reason = policy.skip_reason(facts)
        if reason is not None:
            return skipped(reason)
        state = await self._state(guild_id)
        opted_out = self._store.opted_out(facts.author_id, guild_id)
        if state is None or opted_out is None:
            return skipped(Skip.UNREAD)
        reason = policy.refusal(facts, state.settings, opted_out) or self._cooling(message, state, again=again)
        if reason is not None:
            return skipped(reason)
        choice = await self._judged(message, state)
        # While the model had it, the message may have gone, or another one have had the reaction.
        if isinstance(choice, Choice) and self._own.is_left_alone(message.id):
            return skipped(Skip.LEFT_ALONE)
        reason = self._cooling(message, state, again=again) if isinstance(choice, Choice) else None
        return choice if reason is None else skipped(reason)

    def _cooling(self, message: discord.Message, state: GuildState, *, again: bool) -> Skip | None:
        if again or message.guild is None:
            return None
        return self._cooldowns.refusal(message.guild.id, message.channel.id, message.author.id, state.settings)

    async def _state(self, guild_id: int) -> GuildState | None:
        """What is known of the server. Where that is missing or old, it waits for the database, and not for long."""
        if self._waiting < _MOST_WAITING:
            self._waiting += 1
            try:
                async with asyncio.timeout(_READ_SECONDS):
                    return await self._store.current(guild_id)
            except TimeoutError:
                pass
            finally:
                self._waiting -= 1
        return self._store.peek(guild_id)

    async def _judged(self, message: discord.Message, state: GuildState) -> Choice | str:
        """What the model says: a reaction, or the counter of messages that get none."""
        try:
            usable = usable_emoji(state, message.guild)
            choice = (await self._judge.judge(message.content, usable)).choice
        except ServiceBusyError as error:
            log.warning("message dropped: model busy channel=%d waiting=%d", message.channel.id, error.waiting)
            return skipped(Skip.BUSY)
        except ServiceClosedError:
            return skipped(Outcome.CLOSED)
        return Count.SILENT if choice is None or not choice.sure else choice

    async def _react(self, message: discord.Message, choice: Choice, guild_id: int) -> Outcome:
        take_back = self._cooldowns.start(guild_id, message.channel.id, message.author.id)
        # Before the request: the gateway may tell of the reaction before Discord's reply.
        self._own[message.id] = OwnReaction(guild_id, choice.name, choice.emoji)
        outcome = await self._reactor.add(message, choice.emoji)
        if outcome is not Outcome.ADDED:
            self._own.pop(message.id, None)
            take_back()
        return outcome

    def _count(self, guild_id: int, *names: str) -> None:
        if self._bot.get_guild(guild_id) is not None:  # a server that has thrown the bot out is forgotten
            for name in names:
                self._store.count(guild_id, name)


def _counters(outcome: Outcome, choice: Choice) -> tuple[str, ...]:
    return (Count.REACTED, reacted_with(choice.name)) if outcome is Outcome.ADDED else (skipped(outcome),)
