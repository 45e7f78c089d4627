"""The reactions that the bot made lately: to take one back after an edit, and to learn how members take it."""

import asyncio
from dataclasses import dataclass
from typing import Final
from weakref import WeakValueDictionary

import discord
from cachetools import LRUCache

from model.labels import bare

REMEMBERED: Final = 20_000
"""Reactions; of more, the oldest are forgotten. So are all when the process ends."""

LEFT_ALONE: Final = 10_000
"""Messages that get nothing more, and as many that had a reaction; they matter while they are fresh."""

MOST_ANSWERS: Final = 25
"""Members remembered of one reaction; the answers of more do not count, and would hardly move a threshold further."""


@dataclass(slots=True)
class OwnReaction:
    """One reaction of the bot.

    Args:
        guild_id: the server.
        name: the label's name.
        emoji: as Discord writes it.
        asked: whether a member asked for it, and so it stands however unsure the model is.
        stands: whether Discord's gateway has told of it. What it tells before is not about this reaction.
        answered: ids of the members whose answer was counted.
    """

    guild_id: int
    name: str
    emoji: str
    asked: bool = False
    stands: bool = False
    answered: frozenset[int] = frozenset()  # most have none, and an empty set of its own takes 216 bytes

    def is_with(self, emoji: discord.PartialEmoji) -> bool:
        """Whether the reaction is with `emoji`. Of a server's own emoji, only the id is always told alike."""
        mine = discord.PartialEmoji.from_str(self.emoji)
        if mine.id is not None or emoji.id is not None:
            return mine.id == emoji.id
        return bare(mine.name) == bare(emoji.name)

    def count_answer(self, user_id: int) -> bool:
        """Whether the answer of this member counts: the first one, while there is room."""
        if user_id in self.answered or len(self.answered) >= MOST_ANSWERS:
            return False
        self.answered |= {user_id}
        return True


class OwnReactions:
    """Remembers one reaction a message, and the messages that get none any more."""

    def __init__(self) -> None:
        self._reactions: LRUCache[int, OwnReaction] = LRUCache(REMEMBERED)
        self._left_alone: LRUCache[int, None] = LRUCache(LEFT_ALONE)
        self._reacted: LRUCache[int, None] = LRUCache(LEFT_ALONE)
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    def __len__(self) -> int:
        """Reactions remembered."""
        return len(self._reactions)

    def turn(self, message_id: int) -> asyncio.Lock:
        """What to hold while the bot decides on a message and reacts: else it might do so twice."""
        return self._turns.setdefault(message_id, asyncio.Lock())

    def of(self, message_id: int) -> OwnReaction | None:
        """The reaction to a message; one that is being requested counts."""
        return self._reactions.get(message_id)

    def has_unknown(self, message: discord.Message) -> bool:
        """Whether `message`, as Discord told it, has a reaction of which this process knew nothing, as after a restart.

        One that was just taken back may still stand in what Discord told.
        """
        return message.id not in self._reacted and any(reaction.me for reaction in message.reactions)

    def remember(self, message_id: int, reaction: OwnReaction) -> None:
        """Remember a reaction that is about to be requested: the gateway may tell of it before Discord's reply.

        Of a message that is left alone, nothing is remembered.
        """
        if not self.is_left_alone(message_id):
            self._reactions[message_id] = reaction
            self._reacted[message_id] = None

    def forget(self, message_id: int) -> None:
        """Forget a reaction that came to nothing, or that is about to be taken back: no moderator removed that one."""
        self._reactions.pop(message_id, None)

    def forget_guild(self, guild_id: int) -> None:
        """Forget the reactions in a server."""
        for message_id in [key for key, reaction in self._reactions.items() if reaction.guild_id == guild_id]:
            self.forget(message_id)

    def leave_alone(self, message_id: int) -> None:
        """Forget the reaction to a message that was deleted, or from which a moderator removed it."""
        self._left_alone[message_id] = None
        self.forget(message_id)

    def is_left_alone(self, message_id: int) -> bool:
        """Whether the bot must not react to this message any more."""
        return message_id in self._left_alone
