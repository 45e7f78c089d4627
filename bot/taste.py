"""How the members of a server take an emoji, and what that does to its threshold. Pure arithmetic, no I/O.

A reaction of the bot is welcome with an unknown probability. Its prior is Beta(9, 3): of twelve answers to a reaction
with an emoji, nine friendly ones are nothing out of the ordinary. The answers of a server are counted on top, so the
posterior is Beta(9 + gained, 3 + lost), with mean (9 + gained) / (12 + gained + lost) (the beta-binomial model: Gelman
et al., Bayesian Data Analysis, 3rd ed., section 2.4). The threshold moves with the log-odds of that mean:

    shift = -0.15 tanh((logit(posterior mean) - logit(prior mean)) / 2)

The prior expects three friendly answers to each unfriendly one, so a loss weighs more than a gain: three gains make up
for one loss.

    gained, lost    1, 0    5, 0    20, 0    0, 1    0, 2    0, 5    0, 20    5, 5
    shift         -0.008  -0.033   -0.079  +0.021  +0.038  +0.068   +0.115  +0.039

One loss turns a threshold of 0.77 into 0.79, which silences nothing; no number of losses makes it more than 0.92.
"""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Final

HALF_LIFE: Final = 30 * 86_400.0
"""Seconds after which an answer counts half: 30 days."""

MOST_SHIFT: Final = 0.15
"""How far, in confidence, a server's taste can move a threshold."""

_PRIOR_GAINED: Final = 9.0
_PRIOR_LOST: Final = 3.0


@dataclass(frozen=True, slots=True)
class Taste:
    """How the members of one server answered the bot's reactions with one emoji.

    Args:
        gained: members who joined such a reaction, decayed to `updated_at`; not negative.
        lost: such reactions that a moderator removed or a member answered with 👎 or ❌, decayed likewise.
        updated_at: the moment that both numbers are for, aware.

    Raises:
        ValueError: a number is negative or not finite, or the moment is naive.
    """

    gained: float
    lost: float
    updated_at: datetime

    def __post_init__(self) -> None:
        for name, number in (("gained", self.gained), ("lost", self.lost)):
            if not 0.0 <= number < math.inf:
                raise ValueError(f"{name} must be finite and not negative, not {number}")
        if self.updated_at.utcoffset() is None:
            raise ValueError("updated_at must be aware of its time zone")

    def decayed(self, at: datetime, half_life: float = HALF_LIFE) -> "Taste":
        """The same evidence as it counts at `at`; unchanged where `at` is not later than `updated_at`.

        Args:
            at: the present, aware.
            half_life: seconds after which an answer counts half; positive.
        """
        elapsed = (at - self.updated_at).total_seconds()
        if elapsed <= 0.0:
            return self
        weight = 0.5 ** (elapsed / half_life)
        return Taste(self.gained * weight, self.lost * weight, at)

    def after(self, gained: float = 0.0, lost: float = 0.0, *, at: datetime, half_life: float = HALF_LIFE) -> "Taste":
        """With what members answered at `at`. The order of calls does not matter: what comes late has decayed as well.

        Args:
            gained: members who joined.
            lost: reactions removed or answered with 👎 or ❌.
            at: when, aware.
            half_life: seconds after which an answer counts half; positive.

        Raises:
            ValueError: as `Taste` does.
        """
        answers = Taste(gained, lost, at)
        now = max(self.updated_at, at)
        known, new = self.decayed(now, half_life), answers.decayed(now, half_life)
        return Taste(known.gained + new.gained, known.lost + new.lost, now)


def shift(taste: Taste | None, at: datetime, half_life: float = HALF_LIFE) -> float:
    """What to add to the threshold at `at`, from -`MOST_SHIFT` to `MOST_SHIFT`: exactly 0 without evidence.

    It falls as `gained` grows, rises as `lost` does, and returns to 0 as time passes.
    """
    if taste is None:
        return 0.0
    known = taste.decayed(at, half_life)
    # The odds of the posterior mean over those of the prior mean. With x = ln(odds), -tanh(x / 2) = 2 / (1 + odds) - 1,
    # which stays exactly monotone when rounded.
    odds = (1.0 + known.gained / _PRIOR_GAINED) / (1.0 + known.lost / _PRIOR_LOST)
    return MOST_SHIFT * (2.0 / (1.0 + odds) - 1.0)


def threshold(base: float, taste: Taste | None, at: datetime, half_life: float = HALF_LIFE) -> float:
    """The confidence from which the bot reacts with this emoji: `base` moved by `shift`, kept within 0 and 1."""
    return min(1.0, max(0.0, base + shift(taste, at, half_life)))
