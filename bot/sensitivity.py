"""How sure the bot must be before it reacts, in words: quiet, normal and lively. Pure arithmetic, no I/O."""

import math
from enum import StrEnum
from typing import Final

_LIVELIER: Final = 0.2
_LIVELIEST: Final = 0.05


class Level(StrEnum):
    """A threshold that has a name."""

    QUIET = "quiet"
    """Half way from the default to certainty."""
    NORMAL = "normal"
    """The default of the process, whatever it will be."""
    LIVELY = "lively"
    """20 points below the default, but neither below 5% nor above the default."""


def threshold_of(level: Level, default: float) -> float | None:
    """The confidence that `level` asks for where `default` is normal; None for the default itself."""
    match level:
        case Level.QUIET:
            return default + (1.0 - default) / 2.0
        case Level.NORMAL:
            return None
        case Level.LIVELY:
            return min(default, max(_LIVELIEST, default - _LIVELIER))


def level_of(threshold: float | None, default: float) -> Level | None:
    """The name of a server's threshold, or None where it has none."""
    for level in Level:
        named = threshold_of(level, default)
        if named == threshold or (named is not None and threshold is not None and math.isclose(named, threshold)):
            return level
    return None
