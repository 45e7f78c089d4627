"""What a network must beat: always the commonest emoji, and a linear model of averaged word vectors.

The confidence of both is the probability of their first emoji. Nothing is drawn at random here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from model.labels import Label
from model.predictor import CANDIDATES, Candidate, Floats, Prediction
from model.text import MAX_CHARACTERS, UNKNOWN, encode
from model.training.calibrate import choose_threshold, cross_entropy_of, softmax
from model.training.datasets import Example, soft_targets
from model.training.embeddings import Embedding, build_embedding
from model.training.evaluate import Reader, outcomes_of

COMMONEST: Final = "commonest emoji"
AVERAGED: Final = "averaged GloVe"
"""The names of the two among readers."""

PENALTIES: Final = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5)
"""Weights of the squared weights that are tried, strongest first: each fit starts from the one before."""

_STEPS: Final = 2_000
_TOLERANCE: Final = 1e-4
"""A fit ends when no component of the gradient is larger."""
_CURVATURE: Final = 0.5
"""Bound of the loss's second derivatives where the features' covariance is the identity (Böhning, 1992)."""
_LEAST_VARIANCE: Final = 1e-6
"""Directions of less variance are scaled as if they had so much: nothing can be learned from them."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """Whatever gives probabilities, such as a teacher, as a reader.

    Args:
        probabilities: from texts to float32 (texts, outcomes), each row summing to 1.
        labels: the outcomes, after which 'no reaction' may be one more.
    """

    probabilities: Callable[[Sequence[str]], Floats]
    labels: Sequence[Label]

    def predict_batch(self, texts: Sequence[str]) -> list[Prediction]:
        """A prediction for each text, as confident as its first emoji is probable."""
        return predictions_of(self.probabilities(texts), self.labels) if texts else []


class CommonestEmoji:
    """Says the same of every message: the mean of the training targets, the likeliest of all constant answers."""

    def __init__(self, examples: Sequence[Example], labels: Sequence[Label], no_reaction: bool) -> None:
        outcomes = soft_targets(examples, labels, no_reaction).mean(axis=0, keepdims=True)
        (self._answer,) = predictions_of(outcomes, labels)

    def predict_batch(self, texts: Sequence[str]) -> list[Prediction]:
        """The same prediction for each text."""
        return [self._answer] * len(texts)


@dataclass(frozen=True, slots=True)
class AveragedVectors:
    """Softmax regression on the mean GloVe vector of a message's tokens.

    Args:
        embedding: the tokens and their vectors; a message without any token counts as one `<unk>`.
        weights: float32 (50, outcomes).
        bias: float32 (outcomes,).
        labels: the outcomes, after which 'no reaction' may be one more.
        penalty: which of `PENALTIES` it was fitted with.
    """

    embedding: Embedding
    weights: Floats
    bias: Floats
    labels: tuple[Label, ...]
    penalty: float

    def predict_batch(self, texts: Sequence[str]) -> list[Prediction]:
        """A prediction for each text."""
        return predictions_of(self.probabilities(mean_vectors(texts, self.embedding)), self.labels)

    def probabilities(self, means: Floats) -> Floats:
        """From mean vectors (messages, 50) to float32 (messages, outcomes), each row summing to 1."""
        return softmax(means @ self.weights + self.bias)


def fit_baselines(
    train: Sequence[Example],
    dev: Sequence[Example],
    labels: tuple[Label, ...],
    *,
    no_reaction: bool,
    vocabulary_size: int | None = None,
) -> dict[str, Reader]:
    """Both baselines by name, fitted on `train`. Arguments as for `fit_averaged_vectors`."""
    averaged = fit_averaged_vectors(train, dev, labels, no_reaction=no_reaction, vocabulary_size=vocabulary_size)
    return {COMMONEST: CommonestEmoji(train, labels, no_reaction), AVERAGED: averaged}


def fit_averaged_vectors(
    train: Sequence[Example],
    dev: Sequence[Example],
    labels: tuple[Label, ...],
    *,
    no_reaction: bool,
    vocabulary_size: int | None = None,
) -> AveragedVectors:
    """Fit on the soft targets of `train`, with the penalty of least cross-entropy on `dev`.

    Args:
        train: training rows.
        dev: development rows.
        labels: what it may answer with.
        no_reaction: whether 'no reaction' is one more outcome.
        vocabulary_size: as `size` of `build_embedding`.
    """
    texts = [example.text for example in train]
    embedding = build_embedding(texts, size=vocabulary_size, labels=labels)
    means = mean_vectors(texts, embedding)
    dev_means = mean_vectors([example.text for example in dev], embedding)
    targets, dev_targets = (soft_targets(rows, labels, no_reaction) for rows in (train, dev))
    # Uncorrelated directions of equal variance: the gradient alone then finds its way quickly.
    centre = means.mean(axis=0)
    variances, directions = np.linalg.eigh(np.cov(means.T, bias=True))
    scaled = (directions / np.sqrt(np.maximum(variances, _LEAST_VARIANCE))).astype(np.float32)
    features = np.column_stack([(means - centre) @ scaled, np.ones(len(means), dtype=np.float32)])
    weights = np.zeros((features.shape[1], targets.shape[1]), dtype=np.float32)
    fitted = []
    for penalty in PENALTIES:
        weights = _fit_softmax(features, targets, penalty, weights)
        slopes = scaled @ weights[:-1]
        fitted.append(AveragedVectors(embedding, slopes, weights[-1] - centre @ slopes, labels, penalty))
    return min(fitted, key=lambda one: cross_entropy_of(one.probabilities(dev_means), dev_targets))


def mean_vectors(texts: Sequence[str], embedding: Embedding) -> Floats:
    """The mean vector of each text's tokens, unknown ones as `<unk>`: float32 (texts, 50)."""
    vocabulary = embedding.vocabulary
    means = np.zeros((len(texts), embedding.vectors.shape[1]), dtype=np.float32)
    for row, text in zip(means, texts, strict=True):
        row[:] = embedding.vectors[encode(text, vocabulary, MAX_CHARACTERS) or [vocabulary[UNKNOWN]]].mean(axis=0)
    return means


def threshold_on(reader: Reader, dev: Sequence[Example], target_precision: float) -> float:
    """The threshold that a bundle would get: chosen on `dev` by `calibrate.choose_threshold`."""
    outcomes = outcomes_of(dev, reader.predict_batch([example.text for example in dev]), threshold=0.0)
    return choose_threshold(np.asarray(outcomes.confidence, dtype=np.float64), outcomes.fits, target_precision)


def _fit_softmax(features: Floats, targets: Floats, penalty: float, start: Floats) -> Floats:
    """Minimise cross-entropy plus `penalty` / 2 times the squared weights; the last feature, the bias, is free.

    Nesterov's accelerated gradient (1983), begun afresh when it overshoots (O'Donoghue and Candès, 2015, "Adaptive
    Restart for Accelerated Gradient Schemes").

    Args:
        features: (rows, features), of identity covariance but for the last, which is 1.
        targets: (rows, outcomes), distributions.
        penalty: of the weights.
        start: (features, outcomes), as is the result.
    """
    ridge = np.full((len(start), 1), penalty, dtype=np.float32)
    ridge[-1] = 0.0
    weights, ahead, momentum = start, start, 1.0
    for _ in range(_STEPS):
        gradient = features.T @ (softmax(features @ ahead) - targets) / len(targets) + ridge * ahead
        if np.abs(gradient).max() < _TOLERANCE:
            break
        stepped = np.asarray(ahead - gradient / (_CURVATURE + penalty), dtype=np.float32)
        if ((stepped - weights) * gradient).sum() > 0:
            momentum = 1.0
        following = (1 + (1 + 4 * momentum**2) ** 0.5) / 2
        ahead = stepped + (momentum - 1) / following * (stepped - weights)
        weights, momentum = stepped, following
    return ahead


def predictions_of(outcomes: Floats, labels: Sequence[Label]) -> list[Prediction]:
    """Predictions from probabilities (messages, outcomes), whose last outcome may be 'no reaction'."""
    emoji = outcomes[:, : len(labels)]
    silences = outcomes[:, -1] if outcomes.shape[1] > len(labels) else np.zeros(len(outcomes), dtype=np.float32)
    best = np.argsort(-emoji, axis=1, kind="stable")[:, :CANDIDATES]
    return [
        Prediction(
            candidates=tuple(Candidate(labels[i].emoji, float(row[i]), float(row[i])) for i in order),
            silence=float(silence),
        )
        for row, order, silence in zip(emoji, best, silences, strict=True)
    ]
