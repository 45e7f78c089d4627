"""The reactions that the bot made lately: to take one back after an edit, and to learn how members take it."""

from dataclasses import dataclass, field
from typing import Final

from cachetools import LRUCache

REMEMBERED: Final = 20_000
"""Reactions; of more, the oldest are forgotten. So are all when the process ends."""

MOST_ANSWERS: Final = 200
"""Members remembered of one reaction; the answers of more do not count."""


@dataclass(slots=True)
class OwnReaction:
    """One reaction of the bot.

    Args:
        guild_id: the server.
        name: the label's name.
        emoji: as Discord writes it.
        answered: ids of the members whose answer was counted.
    """

    guild_id: int
    name: str
    emoji: str
    answered: set[int] = field(default_factory=set)

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
