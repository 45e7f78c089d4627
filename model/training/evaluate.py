"""Scores of predictions against labelled messages. Needs no TensorFlow."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from model.labels import bare
from model.predictor import Prediction
from model.training.datasets import Example

_BINS: Final = 10


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
    counts = dict.fromkeys(("rows", "deserving", "neutral", "reactions", "reactions_on_deserving"), 0)
    first_fits: list[bool] = []
    best_found: list[bool] = []
    reactions_fit: list[bool] = []
    silent: list[bool] = []
    all_fits: list[bool] = []
    for example, prediction in zip(examples, predictions, strict=True):
        fitting = [bare(emoji) for emoji in example.emoji]
        candidates = [bare(candidate.emoji) for candidate in prediction.candidates]
        fits = candidates[0] in fitting
        reacts = prediction.emoji(threshold) is not None
        all_fits.append(fits)
        counts["rows"] += 1
        if fitting:
            counts["deserving"] += 1
            first_fits.append(fits)
            best_found.append(fitting[0] in candidates[:3])
            counts["reactions_on_deserving"] += reacts
        else:
            counts["neutral"] += 1
            silent.append(not reacts)
        if reacts:
            counts["reactions"] += 1
            reactions_fit.append(fits)
    return {
        "acceptable_at_1": _share(first_fits),
        "best_in_top_3": _share(best_found),
        "precision": _share(reactions_fit),
        "coverage": counts["reactions_on_deserving"] / counts["deserving"] if counts["deserving"] else None,
        "silence_on_neutral": _share(silent),
        "ece": expected_calibration_error([prediction.confidence for prediction in predictions], all_fits),
        "threshold": threshold,
        "counts": counts,
    }


def expected_calibration_error(confidences: Sequence[float], correct: Sequence[bool], bins: int = _BINS) -> float:
    """Mean gap between confidence and accuracy over bins of equal width, weighted by the rows in each bin."""
    scores, right = np.asarray(confidences, dtype=np.float64), np.asarray(correct, dtype=np.float64)
    which = np.minimum((scores * bins).astype(int), bins - 1)
    gaps = [abs((scores[which == b] - right[which == b]).sum()) for b in range(bins)]
    return float(sum(gaps) / max(len(scores), 1))


def _share(values: Sequence[bool]) -> float | None:
    return sum(values) / len(values) if values else None
