"""How fast Discord lets a bot react: once per interval in each channel, which its headers say in advance."""

import time
from typing import Final

from tests.wire.terms import Terms

_BUCKET: Final = "wire-reactions"


class ReactionLimits:
    """One reaction a channel in each of the terms' intervals."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._free_at: dict[int, float] = {}

    def take(self, channel: int) -> float:
        """Take the channel's turn and return 0; where it is not free yet, the seconds until then."""
        wait = self._wait(channel)
        if wait > 0.0:
            return wait
        self._free_at[channel] = time.monotonic() + self._terms.reaction_interval
        return 0.0

    def headers(self, channel: int) -> dict[str, str]:
        """What Discord tells of the limit with every reply; nothing where there is none."""
        if self._terms.reaction_interval <= 0.0:
            return {}
        wait = self._wait(channel)
        return {
            "X-RateLimit-Limit": "1",
            "X-RateLimit-Remaining": "0" if wait > 0.0 else "1",
            "X-RateLimit-Reset": f"{time.time() + wait:.3f}",
            "X-RateLimit-Reset-After": f"{wait:.3f}",
            "X-RateLimit-Bucket": _BUCKET,
        }

    def _wait(self, channel: int) -> float:
        return max(0.0, self._free_at.get(channel, 0.0) - time.monotonic())
