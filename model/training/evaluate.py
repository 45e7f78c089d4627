"""Scores of predictions against labelled messages. Needs no TensorFlow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from model.bundle import BundleError
from model.labels import bare
from model.predictor import Prediction, Predictor
from model.training.bootstrap import Estimate, Floats, estimate, estimate_share
from model.training.datasets import Example, best_among

Bools = npt.NDArray[np.bool_]

_BINS: Final = 10

MEASURES: Final[Mapping[str, str]] = {
    "acceptable_at_1": "first emoji fits, of messages that deserve a reaction",
    "best_in_top_3": "best emoji among the first three, of the same",
    "precision": "precision: reactions that fit",
    "coverage": "coverage: deserving messages that got a reaction",
    "silence_on_neutral": "silence on messages that deserve none",
    "ece": "expected calibration error of 'the first emoji fits'",
}
"""The measures of `evaluate` in words."""


class Reader(Protocol):
    """Whatever predicts: a bundle's `Predictor`, a baseline, a teacher."""

    def predict_batch(self, texts: Sequence[str]) -> list[Prediction]:
        """A prediction for each text."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What came of each row: five arrays (rows,).

    Args:
        deserving: whether any emoji fits the message.
        fits: whether the first candidate is among them.
        best_found: whether the best of them is among the first three candidates.
        reacts: whether the confidence reaches the threshold, so that the bot reacts.
        confidence: that the first candidate fits, 0 to 1.
    """

    deserving: Bools
    fits: Bools
    best_found: Bools
    reacts: Bools
    confidence: Floats


def outcomes_of(examples: Sequence[Example], predictions: Sequence[Prediction], threshold: float) -> Outcomes:
    """Compare each prediction with what fits; `threshold` is the confidence from which the bot reacts."""
    rows = []
    for example, prediction in zip(examples, predictions, strict=True):
        fitting = [bare(emoji) for emoji in example.emoji]
        candidates = [bare(candidate.emoji) for candidate in prediction.candidates]
        found = bool(fitting) and fitting[0] in candidates[:3]
        rows.append((bool(fitting), candidates[0] in fitting, found, prediction.emoji(threshold) is not None))
    deserving, fits, best_found, reacts = np.array(rows, dtype=bool).reshape(-1, 4).T
    return Outcomes(
        deserving, fits, best_found, reacts, np.array([prediction.confidence for prediction in predictions])
    )


def evaluate(examples: Sequence[Example], predictions: Sequence[Prediction], threshold: float) -> dict[str, Any]:
    """Score predictions.

    Args:
        examples: what fits.
        predictions: one for each example.
        threshold: the confidence from which the bot reacts.

    Returns:
        `acceptable_at_1`: share of the messages deserving a reaction whose first candidate fits;
        `best_in_top_3`: share of them whose best emoji is among the first three candidates;
        `precision`: share of the reactions made that fit (None where none was made);
        `coverage`: share of the deserving messages that got a reaction;
        `silence_on_neutral`: share of the messages deserving none that got none;
        `ece`: expected calibration error of the confidence that the first candidate fits, ten bins of equal width
        (Guo et al., 2017); and counts. A share of nothing is None.
    """
    outcomes = outcomes_of(examples, predictions, threshold)
    return {
        **{
            name: int(part.sum()) / int(whole.sum()) if whole.any() else None
            for name, (part, whole) in _shares(outcomes).items()
        },
        "ece": expected_calibration_error(outcomes.confidence.tolist(), outcomes.fits.tolist()),
        "threshold": threshold,
        "counts": count(outcomes),
    }


def evaluate_with_intervals(outcomes: Outcomes, resamples: Floats) -> dict[str, Estimate]:
    """The measures of `evaluate`, each with its 95% interval; `resamples` are those of the rows.

    The interval of `ece` tends to lie above the figure: resampling adds noise to each bin, and all gaps count as
    positive.
    """
    shares = {
        name: estimate_share(part, whole, resamples=resamples) for name, (part, whole) in _shares(outcomes).items()
    }
    gaps = _calibration_gaps(outcomes.confidence, outcomes.fits, _BINS)
    columns = np.column_stack([gaps, np.ones(len(gaps))])
    return {**shares, "ece": estimate(columns, _mean_gap, resamples)}


def count(outcomes: Outcomes) -> dict[str, int]:
    """How many rows there are of each kind, and how many reactions."""
    return {
        "rows": len(outcomes.deserving),
        "deserving": int(outcomes.deserving.sum()),
        "neutral": int((~outcomes.deserving).sum()),
        "reactions": int(outcomes.reacts.sum()),
        "reactions_on_deserving": int((outcomes.reacts & outcomes.deserving).sum()),
    }


def right_among(predictor: Predictor, examples: Sequence[Example], emoji: Sequence[str]) -> Bools:
    """Whether the likeliest of `emoji`, all others left aside, is the best one; bool (rows,).

    The rows are those of `examples` whose best emoji is one of `emoji`, in their order.

    Raises:
        BundleError: the bundle has no such label.
    """
    bundle = predictor.bundle
    index = {bare(label.emoji): i for i, label in enumerate(bundle.labels)}
    wanted = dict.fromkeys(map(bare, emoji))
    missing = [one for one in wanted if one not in index]
    if missing:
        raise BundleError(bundle.path, f"{' '.join(missing)} is not among its labels")
    rows = best_among(examples, [bundle.labels[index[one]] for one in wanted])
    if not rows:
        return np.zeros(0, dtype=bool)
    columns = [index[one] for one in wanted]
    probabilities = predictor.probabilities(predictor.encode([example.text for example in rows]))
    likeliest = np.array(columns)[probabilities[:, columns].argmax(axis=1)]
    best = np.array([index[bare(example.emoji[0])] for example in rows])
    return np.asarray(best == likeliest)


def expected_calibration_error(confidences: Sequence[float], correct: Sequence[bool], bins: int = _BINS) -> float:
    """Mean gap between confidence and accuracy over bins of equal width, weighted by the rows in each bin."""
    gaps = _calibration_gaps(np.asarray(confidences, dtype=np.float64), np.asarray(correct, dtype=bool), bins)
    return float(np.abs(gaps.sum(axis=0)).sum() / max(len(gaps), 1))


def confidence_bins(confidences: Floats, bins: int = _BINS) -> npt.NDArray[np.intp]:
    """Which of `bins` of equal width each confidence falls into; certainty falls into the last."""
    return np.minimum((confidences * bins).astype(np.intp), bins - 1)


def _shares(outcomes: Outcomes) -> Mapping[str, tuple[Bools, Bools]]:
    """The rows that each share counts, and those that it counts them among."""
    deserving, reacts = outcomes.deserving, outcomes.reacts
    return {
        "acceptable_at_1": (outcomes.fits, deserving),
        "best_in_top_3": (outcomes.best_found, deserving),
        "precision": (outcomes.fits & reacts, reacts),
        "coverage": (reacts & deserving, deserving),
        "silence_on_neutral": (~reacts & ~deserving, ~deserving),
    }


def _calibration_gaps(confidences: Floats, correct: Bools, bins: int) -> Floats:
    """Confidence less correctness of each row, in the column of its bin: (rows, bins)."""
    gaps = np.zeros((len(confidences), bins))
    gaps[np.arange(len(gaps)), confidence_bins(confidences, bins)] = confidences - correct
    return gaps


def _mean_gap(sums: Floats) -> Floats:
    return np.asarray(np.abs(sums[..., :-1]).sum(axis=-1) / sums[..., -1])
