"""Fit, on held-out rows, what turns the network's logits into probabilities that mean what they say.

Temperature: Guo et al. (2017), "On Calibration of Modern Neural Networks". Confidence: Platt (1999), "Probabilistic
Outputs for Support Vector Machines", with three features (see `model.bundle.Confidence`).
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from model.bundle import Confidence
from model.predictor import confidence, confidence_features

Floats = npt.NDArray[np.float64]

_RIDGE: Final = 1.0
"""Weight of the squared weights in the confidence fit: the features are near-collinear."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What calibration found."""

    temperature: float
    confidence: Confidence
    threshold: float


def softmax(logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Row-wise softmax of (batch, outcomes)."""
    shares = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=-1, keepdims=True), dtype=np.float32)


def calibrate(
    logits: Floats,
    targets: Floats,
    *,
    no_reaction: bool,
    target_precision: float,
    fits: Floats | None = None,
) -> Calibration:
    """Fit temperature, confidence and threshold.

    Args:
        logits: (rows, outcomes), of rows that were not trained on.
        targets: (rows, outcomes), as `datasets.soft_targets` makes them.
        no_reaction: whether the last outcome is 'no reaction'.
        target_precision: the threshold is the lowest at which this share of the reactions fits.
        fits: logits (rows, outcomes) of whether each outcome fits, from a network that says so.
    """
    temperature = fit_temperature(logits, targets)
    outcomes = softmax((logits / temperature).astype(np.float32)).astype(np.float64)
    emoji = outcomes[:, :-1] if no_reaction else outcomes
    rows, first = np.arange(len(targets)), emoji.argmax(axis=1)
    right = targets[rows, first] > 0
    said = [0.0] * len(rows) if fits is None else fits[rows, first].tolist()
    tops = emoji.max(axis=1).tolist()
    silences = outcomes[:, -1].tolist() if no_reaction else [0.0] * len(tops)
    cases = list(zip(tops, silences, said, strict=True))
    weights = fit_confidence(np.array([confidence_features(*case) for case in cases]), right, no_reaction)
    scores = np.array([confidence(*case, weights) for case in cases])
    return Calibration(temperature, weights, choose_threshold(scores, right, target_precision))


def fit_temperature(logits: Floats, targets: Floats) -> float:
    """The temperature of least cross-entropy against `targets`, to three digits, from 0.25 to 4."""
    grid = np.geomspace(0.25, 4.0, 555)
    losses = [_cross_entropy(logits / temperature, targets) for temperature in grid]
    return round(float(grid[np.argmin(losses)]), 3)


def fit_confidence(features: Floats, fits: npt.NDArray[np.bool_], no_reaction: bool) -> Confidence:
    """Logistic regression of `fits` on the confidence features (rows, 4), by Newton's method with a small ridge."""
    used = np.array([True, True, no_reaction, no_reaction, bool(features[:, 3].any())])
    x = np.hstack([np.ones((len(features), 1)), features])[:, used]
    ridge = _RIDGE * np.diag([0.0, *np.ones(x.shape[1] - 1)])
    weights = np.zeros(x.shape[1])
    for _ in range(50):
        p = 1.0 / (1.0 + np.exp(-(x @ weights)))
        gradient = x.T @ (fits - p) - ridge @ weights
        hessian = (x * (p * (1 - p))[:, None]).T @ x + ridge + 1e-9 * np.eye(x.shape[1])
        step = np.linalg.solve(hessian, gradient)
        weights += step
        if np.abs(step).max() < 1e-9:
            break
    full = np.zeros(5)
    full[used] = weights
    return Confidence(*(round(float(weight), 6) for weight in full))


def choose_threshold(scores: Floats, fits: npt.NDArray[np.bool_], target_precision: float) -> float:
    """The lowest confidence of a row, to three digits, at and above which at least `target_precision` of the rows fit.

    Where no threshold reaches it, the one of highest precision over at least ten rows.
    """
    thresholds = np.arange(1000) / 1000
    ascending = np.argsort(scores, kind="stable")
    above = np.searchsorted(scores[ascending], thresholds)  # the first row at or above each threshold
    rows = len(scores) - above
    hits = np.append(np.cumsum(fits[ascending][::-1])[::-1], 0)[above]
    precision = np.where(rows >= min(10, len(scores)), hits / np.maximum(rows, 1), 0.0)
    reached = np.flatnonzero(precision >= target_precision)
    chosen = reached[0] if len(reached) else precision.argmax()
    return float(max(thresholds[chosen], np.floor(scores[ascending][above[chosen]] * 1000) / 1000))


def _cross_entropy(logits: Floats, targets: Floats) -> float:
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return float(-(targets * log_probabilities).sum(axis=1).mean())


def cross_entropy_of(probabilities: npt.NDArray[Any], targets: npt.NDArray[Any]) -> float:
    """Mean cross-entropy of probabilities (rows, outcomes) against target distributions."""
    return _cross_entropy(np.log(np.maximum(np.asarray(probabilities, dtype=np.float64), 1e-12)), targets)
