"""How much is measured."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Plan:
    """How often and for how long.

    Args:
        rounds: of one message, where rivals take turns; other comparisons take a third as many.
        slice_s: seconds of a rival in a round.
        starts: processes started of each kind.
        predictions: made by the bot whose memory is watched.
        messages: sent through the wire to see how soon the bot reacts.
    """

    rounds: int
    slice_s: float
    starts: int
    predictions: int
    messages: int

    @property
    def fewer_rounds(self) -> int:
        """Of comparisons whose rivals are many."""
        return max(2, self.rounds // 3)


FULL: Final = Plan(rounds=21, slice_s=0.2, starts=5, predictions=1_000_000, messages=200)
QUICK: Final = Plan(rounds=6, slice_s=0.08, starts=2, predictions=20_000, messages=40)
