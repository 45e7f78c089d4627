"""How a model holds up: small edits that must change its answer, and noise that must not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from model.predictor import Prediction
from model.training.bootstrap import Estimate, draw_resamples, estimate_share
from model.training.datasets import Example
from model.training.evaluate import Bools, Outcomes, Reader, outcomes_of
from model.training.noise import KINDS, add_noise

TOGETHER: Final = "together"
"""All kinds of noise in one message."""


@dataclass(frozen=True, slots=True)
class PairScore:
    """How many pairs of messages, a small edit apart, a model gets right.

    Args:
        pairs: their number.
        both_right: share of the pairs with two right sides. A side is right if its first emoji fits and the model
            reacts, or if it stays silent and no emoji fits.
        both_fit: the same where, on a side that deserves a reaction, it is enough that the first emoji fits.
    """

    pairs: int
    both_right: Estimate
    both_fit: Estimate


def score_pairs(
    pairs: Sequence[tuple[Example, Example]],
    predictions: Sequence[tuple[Prediction, Prediction]],
    threshold: float,
    seed: int,
) -> PairScore:
    """Score predictions for both sides of each pair; pairs are resampled, not sides."""
    sides = [
        outcomes_of([pair[side] for pair in pairs], [both[side] for both in predictions], threshold) for side in (0, 1)
    ]
    resamples = draw_resamples(len(pairs), seed)
    right = np.logical_and(*(_right(side, side.reacts) for side in sides))
    fit = np.logical_and(*(_right(side, np.ones_like(side.reacts)) for side in sides))
    return PairScore(len(pairs), estimate_share(right, resamples=resamples), estimate_share(fit, resamples=resamples))


@dataclass(frozen=True, slots=True)
class Stability:
    """How often the first emoji stays when the message is disturbed.

    Args:
        messages: those disturbed.
        altered: for each kind of noise, how many it could alter; the others count as kept.
        kept: for each kind, the share of the messages whose first emoji stays, whatever the confidence.
        mean: the mean of `kept` over the kinds one at a time, without `TOGETHER`.
    """

    messages: int
    altered: Mapping[str, int]
    kept: Mapping[str, Estimate]
    mean: Estimate


def measure_stability(reader: Reader, texts: Sequence[str], seed: int) -> Stability:
    """Disturb each text in each way of `noise.KINDS` and in all together; `seed` is of noise and intervals."""
    noisy = {kind: [add_noise(text, [kind], seed) for text in texts] for kind in KINDS}
    noisy[TOGETHER] = [add_noise(text, tuple(KINDS), seed) for text in texts]
    before = _first_emoji(reader, texts)
    kept = {kind: np.array(_first_emoji(reader, disturbed)) == before for kind, disturbed in noisy.items()}
    resamples = draw_resamples(len(texts), seed)
    return Stability(
        len(texts),
        {kind: sum(map(str.__ne__, texts, disturbed)) for kind, disturbed in noisy.items()},
        {kind: estimate_share(same, resamples=resamples) for kind, same in kept.items()},
        estimate_share(np.mean([kept[kind] for kind in KINDS], axis=0), resamples=resamples),
    )


def _right(side: Outcomes, reacts: Bools) -> Bools:
    return np.where(side.deserving, side.fits & reacts, ~side.reacts)


def _first_emoji(reader: Reader, texts: Sequence[str]) -> npt.NDArray[np.str_]:
    return np.array([prediction.candidates[0].emoji for prediction in reader.predict_batch(texts)])
