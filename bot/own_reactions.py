"""The reactions that the bot made lately: to take one back after an edit, and to learn how members take it."""

from dataclasses import dataclass, field
from typing import Final

import discord
from cachetools import LRUCache

from model.labels import bare

REMEMBERED: Final = 20_000
"""Reactions; of more, the oldest are forgotten. So are all when the process ends."""

LEFT_ALONE: Final = 10_000
"""Messages that get nothing more; they matter while they are fresh."""

MOST_ANSWERS: Final = 200
"""Members remembered of one reaction; the answers of more do not count."""


@dataclass(slots=True)
class OwnReaction:
    """One reaction of the bot.

    Args:
        guild_id: the server.
        name: the label's name.
        emoji: as Discord writes it.
        stands: whether Discord's gateway has told of it. What it tells before is not about this reaction.
        answered: ids of the members whose answer was counted.
    """

    guild_id: int
    name: str
    emoji: str
    stands: bool = False
    answered: set[int] = field(default_factory=set)

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
        self.answered.add(user_id)
        return True


class OwnReactions(LRUCache[int, OwnReaction]):
    """By message id."""

    def __init__(self) -> None:
        super().__init__(REMEMBERED)
        self._left_alone: LRUCache[int, None] = LRUCache(LEFT_ALONE)

    def leave_alone(self, message_id: int) -> OwnReaction | None:
        """Forget the reaction to a message that was deleted, or from which a moderator removed it.

        Returns:
            The reaction, where there was one.
        """
        self._left_alone[message_id] = None
        return self.pop(message_id, None)

    def is_left_alone(self, message_id: int) -> bool:
        """Whether the bot must not react to this message of its own accord."""
        return message_id in self._left_alone
