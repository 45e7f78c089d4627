"""Listens to messages and their edits, and reacts."""

import asyncio
import logging
from typing import Final

import discord
from discord.ext import commands

from bot import policy
from bot.cooldowns import Cooldowns
from bot.counts import Count, skipped
from bot.facts import facts_of
from bot.guild_settings import GuildState
from bot.intake import Intake
from bot.judge import Judge
from bot.own_reactions import OwnReaction, OwnReactions
from bot.policy import Choice, Skip
from bot.rare_lines import RareLines
from bot.reacting import Reacting
from bot.reactor import Outcome, Reactor
from bot.server_emoji import usable_emoji
from bot.store import Store
from model.service import ServiceBusyError, ServiceClosedError

log = logging.getLogger(__name__)

_PLACES: Final = 4000
"""For messages and edits: half of them, which one server may take, are more than may wait for the model and Discord."""
_MOST_WAITING: Final = 1000
"""Messages that may wait until their server's settings are read."""
_READ_SECONDS: Final = 2.0
"""Seconds that they wait."""
_DROPS: Final = {skipped(reason): reason for reason in (Skip.FLOOD, Skip.BUSY, Outcome.OVERTAKEN)}
"""By counter, why messages were dropped because there were too many."""
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
        self._reacting = Reacting(bot, store, reactor, own)
        self._cooldowns = Cooldowns()
        self._intake = Intake(_PLACES)
        self._waiting = 0
        self._lines = RareLines(log)

    @property
    def under_way(self) -> int:
        """Messages and edits that are held."""
        return len(self._intake)

    async def on_message(self, message: discord.Message) -> None:
        """React to `message` where policy and model say so. It counts as seen, and once for what became of it."""
        me = self._bot.user
        if message.guild is None or (me is not None and message.author.id == me.id):
            return
        guild_id = message.guild.id
        fate = await self._fate(message, guild_id) if self._intake.has_room(guild_id) else skipped(Skip.FLOOD)
        if fate is None:
            return
        if fate in _DROPS:
            self._lines.log(logging.INFO, fate, "message dropped: %s channel=%d", _DROPS[fate], message.channel.id)
        log.debug("counted=%s channel=%d message=%d", fate, message.channel.id, message.id)
        if fate == Count.REACTED:  # a reaction is counted already
            self._reacting.count(guild_id, Count.SEEN)
        else:
            self._reacting.count(guild_id, Count.SEEN, fate)

    @commands.Cog.listener()
    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        """Judge an edited message anew while it is fresh; take back a reaction that no longer fits."""
        message = payload.message
        # Discord sends updates without an edit, too: a link got its picture, a message was pinned.
        if message.guild is None or message.edited_at is None or self._reactor.is_stale(message):
            return
        if not self._own.has_unknown(message) and self._intake.has_room(message.guild.id):
            await self._judge_anew(message, message.guild.id)

    async def _fate(self, message: discord.Message, guild_id: int) -> str | None:
        """React or not; returns the counter of what became of the message, None where it was told of before."""
        self._intake.enter(guild_id)
        try:
            facts = facts_of(message, self._bot.user)
            async with self._own.turn(message.id):
                if self._own.of(message.id) is not None:  # in a resumed session, or by an edit
                    return None
                found = await self._found(message, guild_id, facts)
                if isinstance(found, str):
                    return found
                outcome = await self._react(message, guild_id, facts, found)
        finally:
            self._intake.leave(guild_id)
        return Count.REACTED if outcome is Outcome.ADDED else skipped(outcome)

    async def _judge_anew(self, message: discord.Message, guild_id: int) -> None:
        self._intake.enter(guild_id)
        try:
            async with self._own.turn(message.id):
                await self._change(message, guild_id, facts_of(message, self._bot.user))
        finally:
            self._intake.leave(guild_id)

    async def _change(self, message: discord.Message, guild_id: int, facts: policy.MessageFacts) -> None:
        """Put the reaction that fits now in the place of the one before. The message's turn is held."""
        before = self._own.of(message.id)
        found = await self._found(message, guild_id, facts, before)
        if found in _UNDECIDED or self._own.of(message.id) is not before:
            return
        if before is not None and (_still_fits(before, found) or not await self._reacting.take_back(message, before)):
            return  # two reactions would be worse than a wrong one
        if isinstance(found, Choice):
            outcome = await self._react(message, guild_id, facts, found, before)
            if before is None and outcome is Outcome.ADDED:
                self._reacting.count(guild_id, Count.EARNED)

    async def _found(
        self, message: discord.Message, guild_id: int, facts: policy.MessageFacts, before: OwnReaction | None = None
    ) -> Choice | str:
        """The reaction to make, or the counter of messages that get none.

        With a reaction `before`, the cooldowns are paid; where that was asked for, no choice is too unsure.
        """
        reason = policy.skip_reason(facts)
        if reason is not None:
            return skipped(reason)
        state = self._store.fresh(guild_id) or await self._state(guild_id)
        if state is None:
            return skipped(Skip.UNREAD)
        reason = self._obstacle(message, guild_id, facts, before)
        if reason is not None:
            return skipped(reason)
        # After an outage, thousands of these are told at once: the model is for those that are fresh.
        if before is None and self._reactor.is_stale(message):
            return skipped(Outcome.STALE)
        choice = await self._judged(message, guild_id, state, asked=before is not None and before.asked)
        # While the model had it, minds may have changed, and another message may have had the reaction.
        reason = self._obstacle(message, guild_id, facts, before) if isinstance(choice, Choice) else None
        return choice if reason is None else skipped(reason)

    def _obstacle(
        self, message: discord.Message, guild_id: int, facts: policy.MessageFacts, before: OwnReaction | None
    ) -> Skip | None:
        """Why the message must not have a reaction now, or None."""
        if before is not None:
            return self._reacting.refusal(message.id, guild_id, facts, asked=before.asked)
        reason = self._reacting.refusal(message.id, guild_id, facts)
        state = self._store.peek(guild_id)
        if reason is not None or state is None:
            return reason
        return self._cooldowns.refusal(guild_id, message.channel.id, message.author.id, state.settings)

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

    async def _judged(self, message: discord.Message, guild_id: int, state: GuildState, *, asked: bool) -> Choice | str:
        """What the model says: a reaction, or the counter of messages that get none."""
        try:
            usable = usable_emoji(state, message.guild)
            lane = (guild_id, message.channel.id)
            choice = (await self._judge.judge(message.content, usable, lane)).choice
        except ServiceBusyError:
            return skipped(Skip.BUSY)
        except ServiceClosedError:
            return skipped(Outcome.CLOSED)
        if choice is None or not (choice.readable if asked else choice.sure):
            return Count.SILENT
        return choice

    async def _react(
        self,
        message: discord.Message,
        guild_id: int,
        facts: policy.MessageFacts,
        choice: Choice,
        before: OwnReaction | None = None,
    ) -> Outcome:
        if before is not None and before.asked:
            return await self._reacting.react(message, guild_id, facts, choice, asked=True, instead=True)
        take_back = self._cooldowns.start(guild_id, message.channel.id, message.author.id)
        outcome = await self._reacting.react(message, guild_id, facts, choice, instead=before is not None)
        if outcome is not Outcome.ADDED:
            take_back()
        return outcome


def _still_fits(before: OwnReaction, found: Choice | str) -> bool:
    """Whether a reaction may stay after an edit. One that was asked for stays where the model knows none."""
    if isinstance(found, Choice):
        return found.emoji == before.emoji
    return before.asked and found == Count.SILENT
