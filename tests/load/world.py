"""Where the load falls: guilds with channels, and people who talk in them."""

import itertools
import random
from collections.abc import Iterator
from typing import Final

from tests.wire.payloads import Channel, Guild, Person, snowflake

_PEOPLE: Final = 500
PEOPLE: Final = tuple(Person(snowflake(), f"person{number}") for number in range(_PEOPLE))
_LOUD: Final = 1 / 3
"""Share of the messages that one channel takes."""


def guilds(count: int, channels: int) -> list[Guild]:
    """So many guilds with so many text channels altogether, dealt out in turn."""
    ids = [snowflake() for _ in range(count)]
    dealt: list[list[Channel]] = [[] for _ in ids]
    for number in range(channels):
        home = number % count
        dealt[home].append(Channel(snowflake(), f"channel{number}", ids[home]))
    return [Guild(id_, f"guild{home}", tuple(dealt[home])) for home, id_ in enumerate(ids)]


def uneven(channels: list[Channel], chance: random.Random) -> Iterator[Channel]:
    """Endless channels: every third time the first, the others by Zipf's law, the second most often."""
    quiet = channels[1:] or channels
    shares = list(itertools.accumulate(1 / rank for rank in range(1, len(quiet) + 1)))
    while True:
        loud = chance.random() < _LOUD
        yield channels[0] if loud else chance.choices(quiet, cum_weights=shares)[0]
