"""Learns from what members make of the bot's reactions: counters only, an emoji and a server each."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final

import discord
from discord.ext import commands

from bot.counts import Count
from bot.own_reactions import OwnReaction, OwnReactions
from bot.store import Store, StoreError

log = logging.getLogger(__name__)

_DISLIKES: Final = ("👎", "❌")  # of any skin colour
_WRITE_SECONDS: Final = 10.0
_MOST_WAITING: Final = 10_000
"""Servers and emoji with answers that wait to be written; answers of more are dropped."""


class Learning(commands.Cog):
    """Counts joined, removed and disliked reactions, and moves the server's taste by them.

    Args:
        bot: whose reactions these are.
        store: takes the answers, in batches.
        own: the reactions that the bot made lately.
        clock: the present, aware.
    """

    def __init__(
        self, bot: commands.AutoShardedBot, store: Store, own: OwnReactions, clock: Callable[[], datetime]
    ) -> None:
        self._bot = bot
        self._store = store
        self._own = own
        self._clock = clock
        self._waiting: dict[tuple[int, str], tuple[int, int]] = {}
        self._writing = asyncio.Lock()
        self._failing = False
        self._timer: asyncio.Task[None] | None = None

    async def cog_unload(self) -> None:
        """Write what waits."""
        if self._timer is not None:
            self._timer.cancel()
        await self.write()

    @commands.Cog.listener()
    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        """The bot's reaction stands now, or a member joined it or answered it with 👎 or ❌."""
        own = self._own.of(payload.message_id)
        if own is None:
            return
        same = own.is_with(payload.emoji)
        if self._is_me(payload.user_id):
            own.stands = own.stands or same
            return
        member = payload.member is None or not payload.member.bot
        if own.stands and member and (same or _is_dislike(payload.emoji)) and own.count_answer(payload.user_id):
            self._answer(own, Count.JOINED if same else Count.DISLIKED)

    @commands.Cog.listener()
    async def on_raw_reaction_remove(self, payload: discord.RawReactionActionEvent) -> None:
        """A moderator removed the bot's reaction. What the bot takes back itself it has forgotten before."""
        if self._is_me(payload.user_id):
            self._removed(payload.message_id, payload.emoji)

    @commands.Cog.listener()
    async def on_raw_reaction_clear_emoji(self, payload: discord.RawReactionClearEmojiEvent) -> None:
        """A moderator removed one emoji from a message."""
        self._removed(payload.message_id, payload.emoji)

    @commands.Cog.listener()
    async def on_raw_reaction_clear(self, payload: discord.RawReactionClearEvent) -> None:
        """A moderator removed all reactions of a message: which one was meant is not known, so nothing is learned."""
        self._own.leave_alone(payload.message_id)

    @commands.Cog.listener()
    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        """Forget a deleted message."""
        self._own.leave_alone(payload.message_id)

    @commands.Cog.listener()
    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        """Forget deleted messages."""
        for message_id in payload.message_ids:
            self._own.leave_alone(message_id)

    async def write(self) -> None:
        """Write the answers that wait; where the database does not take them, they wait on."""
        async with self._writing:
            written = dict(self._waiting)
            try:
                await self._store.add_tastes(written, at=self._clock())
            except StoreError as error:
                if not self._failing:
                    log.warning("answers to reactions not written, kept for the next time: %s", error)
                self._failing = True
                return
            self._failing = False
            for key, (gained, lost) in written.items():
                now = self._waiting.pop(key)  # more may have come meanwhile
                rest = (now[0] - gained, now[1] - lost)
                if any(rest):
                    self._waiting[key] = rest

    async def forget(self, guild_id: int) -> None:
        """Forget what the members of a server taught the bot.

        Raises:
            StoreError: the database did not do it.
        """
        async with self._writing:  # a write under way would bring some of it back
            await self._store.reset_taste(guild_id)
            self._drop(guild_id)

    async def forget_guild(self, guild_id: int) -> None:
        """Forget a server that the bot has left, with everything that the store keeps of it.

        Raises:
            StoreError: the database did not do it; the store tries again.
        """
        self._own.forget_guild(guild_id)
        async with self._writing:
            try:
                await self._store.forget_guild(guild_id)
            finally:
                self._drop(guild_id)

    def _drop(self, guild_id: int) -> None:
        """Let go of the answers of a server that wait."""
        self._waiting = {key: answers for key, answers in self._waiting.items() if key[0] != guild_id}

    async def _write_later(self) -> None:
        while self._waiting:
            await asyncio.sleep(_WRITE_SECONDS)
            await asyncio.shield(self.write())

    def _is_me(self, user_id: int) -> bool:
        return self._bot.user is not None and user_id == self._bot.user.id

    def _removed(self, message_id: int, emoji: discord.PartialEmoji) -> None:
        own = self._own.of(message_id)
        if own is not None and own.stands and own.is_with(emoji):
            self._own.leave_alone(message_id)
            self._answer(own, Count.REMOVED)

    def _answer(self, own: OwnReaction, what: Count) -> None:
        self._store.count(own.guild_id, what)
        key = (own.guild_id, own.name)
        if key not in self._waiting and len(self._waiting) >= _MOST_WAITING:
            return
        gained, lost = self._waiting.get(key, (0, 0))
        self._waiting[key] = (gained + 1, lost) if what is Count.JOINED else (gained, lost + 1)
        if self._timer is None or self._timer.done():
            self._timer = asyncio.create_task(self._write_later(), name="learning-timer")


def _is_dislike(emoji: discord.PartialEmoji) -> bool:
    return emoji.id is None and emoji.name.startswith(_DISLIKES)
