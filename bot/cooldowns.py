"""Who has had a reaction lately."""

from collections.abc import Callable
from time import monotonic
from typing import Final

from cachetools import LRUCache

from bot.guild_settings import GuildSettings
from bot.policy import Skip

_ENTRIES: Final = 50_000
"""Channels and members remembered; of more, those longest without a reaction may get the next one too soon."""

Key = tuple[int, int]


class Cooldowns:
    """Remembers the last reaction in each channel, and to each member of each server.

    Args:
        clock: seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._last: LRUCache[Key, float] = LRUCache(_ENTRIES)

    def refusal(self, guild_id: int, channel_id: int, member_id: int, settings: GuildSettings) -> Skip | None:
        """Which cooldown forbids a reaction now, or None. A changed setting holds for reactions already made."""
        if self._since((guild_id, channel_id)) < settings.channel_cooldown:
            return Skip.CHANNEL_COOLDOWN
        if self._since((guild_id, member_id)) < settings.member_cooldown:
            return Skip.MEMBER_COOLDOWN
        return None

    def start(self, guild_id: int, channel_id: int, member_id: int) -> Callable[[], None]:
        """Count a reaction that is about to be made.

        Returns:
            What takes it back, for one that came to nothing. Where another was counted meanwhile, that one stays.
        """
        keys = ((guild_id, channel_id), (guild_id, member_id))
        before = [self._last.get(key) for key in keys]
        now = self._clock()
        for key in keys:
            self._last[key] = now

        def take_back() -> None:
            for key, earlier in zip(keys, before, strict=True):
                if self._last.get(key) != now:
                    continue
                if earlier is None:
                    del self._last[key]
                else:
                    self._last[key] = earlier

        return take_back

    def _since(self, key: Key) -> float:
        return self._clock() - self._last.get(key, float("-inf"))
