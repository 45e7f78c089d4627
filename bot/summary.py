"""What a server's counters say in sum. Pure: plain values in, plain values out."""

from collections import Counter as Sums
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from bot.counts import Count, reacted_with, skipped
from bot.guild_settings import Counter

_SKIPPED: Final = skipped("")
_EMOJI: Final = reacted_with("")


@dataclass(frozen=True, slots=True)
class DayCount:
    """What the bot did on one day.

    Args:
        day: the day.
        reactions: how often it reacted; not negative.
        messages: how many messages it saw; not negative.
    """

    day: date
    reactions: int
    messages: int


@dataclass(frozen=True, slots=True)
class Summary:
    """A server's counters of some days, added up.

    Args:
        totals: of each `Count`; what was not counted is 0.
        skipped: why messages got no reaction, and how many, the most frequent reason first.
        emoji: names of the labels that the bot reacted with, and how often, the most frequent first.
        days: what the chart shows; the chart adds up what stands of one day.
    """

    totals: Mapping[Count, int]
    skipped: tuple[tuple[str, int], ...]
    emoji: tuple[tuple[str, int], ...]
    days: tuple[DayCount, ...]

    @property
    def at_once(self) -> int:
        """Reactions made to messages as they came, not after an edit."""
        return self.totals[Count.REACTED] - self.totals[Count.EARNED]

    @property
    def share(self) -> float | None:
        """How many of the messages that the model judged got a reaction at once, 0 to 1; None where it judged none."""
        judged = self.at_once + self.totals[Count.SILENT]
        return self.at_once / judged if judged else None


def summarise(counters: Iterable[Counter]) -> Summary:
    """Add up counters; names that this version does not know are left out."""
    totals: Sums[str] = Sums()
    days = []
    for counter in counters:
        totals[counter.name] += counter.count
        if counter.name == Count.REACTED:
            days.append(DayCount(counter.day, counter.count, 0))
        elif counter.name == Count.SEEN:
            days.append(DayCount(counter.day, 0, counter.count))
    return Summary(
        {count: totals[count] for count in Count},
        _after(_SKIPPED, totals),
        _after(_EMOJI, totals),
        tuple(days),
    )


def _after(prefix: str, totals: Sums[str]) -> tuple[tuple[str, int], ...]:
    """The rest of each name that begins so, with its count; the largest first, then by name."""
    found = [(name.removeprefix(prefix), count) for name, count in totals.items() if name.startswith(prefix)]
    return tuple(sorted(found, key=lambda one: (-one[1], one[0])))
