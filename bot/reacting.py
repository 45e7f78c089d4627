"""Makes the bot's reactions and takes them back, whether it does so of its own accord or because a member asked."""

import discord
from discord.ext import commands

from bot import policy
from bot.counts import Count, reacted_with
from bot.own_reactions import OwnReaction, OwnReactions
from bot.policy import Choice, MessageFacts, Skip
from bot.reactor import Outcome, Reactor
from bot.store import Store


class Reacting:
    """Requests reactions, remembers them and counts them. Who calls it holds the message's turn.

    Args:
        bot: reacts.
        store: knows what the server and its members want, and counts.
        reactor: talks to Discord.
        own: remembers the reactions.
    """

    def __init__(self, bot: commands.AutoShardedBot, store: Store, reactor: Reactor, own: OwnReactions) -> None:
        self._bot = bot
        self._store = store
        self._reactor = reactor
        self._own = own

    def refusal(self, message_id: int, guild_id: int, facts: MessageFacts, *, asked: bool = False) -> Skip | None:
        """Why a message must not have a reaction, by what memory knows at this moment, or None.

        Args:
            message_id: of the message.
            guild_id: its server.
            facts: of the message.
            asked: whether a member asked for the reaction.
        """
        if self._own.is_left_alone(message_id):
            return Skip.LEFT_ALONE
        state = self._store.peek(guild_id)
        opted_out = self._store.opted_out(facts.author_id, guild_id)
        if state is None or opted_out is None:
            return Skip.UNREAD
        return policy.refusal(facts, state.settings, opted_out, asked=asked)

    async def react(
        self,
        message: discord.Message,
        guild_id: int,
        facts: MessageFacts,
        choice: Choice,
        *,
        asked: bool = False,
        instead: bool = False,
    ) -> Outcome:
        """React to `message`, unless somebody stops wanting it before the request.

        Args:
            message: to react to.
            guild_id: its server.
            facts: of the message.
            choice: the reaction.
            asked: whether a member asked for it.
            instead: whether it takes the place of one that was counted.
        """
        self._own.remember(message.id, OwnReaction(guild_id, choice.name, choice.emoji, asked))
        outcome = await self._reactor.add(
            message,
            choice.emoji,
            still_wanted=lambda: self.refusal(message.id, guild_id, facts, asked=asked) is None,
            asked=asked,
        )
        if outcome is not Outcome.ADDED:
            self._own.forget(message.id)
        elif not instead:
            self.count(guild_id, Count.ASKED if asked else Count.REACTED, reacted_with(choice.name))
        return outcome

    async def take_back(self, message: discord.Message, reaction: OwnReaction) -> bool:
        """Take a reaction off an edited message. Returns whether it is gone; else it stays remembered."""
        self._own.forget(message.id)
        gone = await self._reactor.take_back(message, reaction.emoji)
        if gone:
            self.count(reaction.guild_id, Count.EDITED)
        else:
            self._own.remember(message.id, reaction)
        return gone

    def count(self, guild_id: int, *names: str) -> None:
        """Count once more what each name says; nothing of a server that has thrown the bot out and is forgotten."""
        if self._bot.get_guild(guild_id) is not None:
            for name in names:
                self._store.count(guild_id, name)
