"""Where a score comes from: by emoji, by confidence, by threshold, by answer, and the worst single rows."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from model.labels import Label, bare
from model.predictor import Prediction
from model.training.bootstrap import Estimate, Floats, estimate_share
from model.training.datasets import Example
from model.training.evaluate import Outcomes, confidence_bins

BINS: Final = 10
SILENCE: Final = "(none)"
"""The name of 'no reaction' among answers."""


@dataclass(frozen=True, slots=True)
class EmojiScore:
    """How one emoji does as the first candidate, whatever the confidence.

    Args:
        name, emoji: of the label.
        first: messages for which it came first.
        precision: share of them that it fits; None where there is none.
        best: messages whose best emoji it is.
        recall: share of them for which it came first; None where there is none.
        recall_at_3: share of them for which it was among the first three; None where there is none.
    """

    name: str
    emoji: str
    first: int
    precision: float | None
    best: int
    recall: float | None
    recall_at_3: float | None


def emoji_scores(
    examples: Sequence[Example], predictions: Sequence[Prediction], labels: Sequence[Label]
) -> list[EmojiScore]:
    """The score of each label, in their order."""
    first, fits, best, found, found_in_3 = (Counter[str]() for _ in range(5))
    for example, prediction in zip(examples, predictions, strict=True):
        fitting = [bare(emoji) for emoji in example.emoji]
        candidates = [bare(candidate.emoji) for candidate in prediction.candidates]
        first[candidates[0]] += 1
        fits[candidates[0]] += candidates[0] in fitting
        if fitting:
            best[fitting[0]] += 1
            found[fitting[0]] += candidates[0] == fitting[0]
            found_in_3[fitting[0]] += fitting[0] in candidates[:3]
    return [
        EmojiScore(
            name=label.name,
            emoji=label.emoji,
            first=first[one],
            precision=_share(fits[one], first[one]),
            best=best[one],
            recall=_share(found[one], best[one]),
            recall_at_3=_share(found_in_3[one], best[one]),
        )
        for label, one in ((label, bare(label.emoji)) for label in labels)
    ]


@dataclass(frozen=True, slots=True)
class Bin:
    """The rows whose confidence is in [low, high), the last bin's up to 1.

    Args:
        low, high: its edges.
        messages: its rows, at least one.
        confidence: their mean confidence.
        fits: the share of them whose first candidate fits.
    """

    low: float
    high: float
    messages: int
    confidence: float
    fits: Estimate


def reliability(outcomes: Outcomes, resamples: Floats, bins: int = BINS) -> list[Bin]:
    """The rows in bins of equal width of their confidence, as the calibration error sorts them; no empty bins."""
    which = confidence_bins(outcomes.confidence, bins)
    edges = np.linspace(0, 1, bins + 1).round(6).tolist()
    return [
        Bin(
            edges[number],
            edges[number + 1],
            int((which == number).sum()),
            float(outcomes.confidence[which == number].mean()),
            estimate_share(outcomes.fits & (which == number), which == number, resamples=resamples),
        )
        for number in np.unique(which).tolist()
    ]


@dataclass(frozen=True, slots=True)
class Curve:
    """Precision and coverage at every threshold at which they change, the highest first. Three lists of one length."""

    threshold: list[float]
    precision: list[float]
    coverage: list[float]


def precision_coverage(outcomes: Outcomes) -> Curve:
    """The curve over all thresholds; empty where no row deserves a reaction or none is legible."""
    legible = outcomes.confidence > 0
    deserving = int(outcomes.deserving.sum())
    if not legible.any() or not deserving:
        return Curve([], [], [])
    order = np.argsort(-outcomes.confidence[legible], kind="stable")
    confidence = outcomes.confidence[legible][order]
    last = np.flatnonzero(np.append(np.diff(confidence) != 0, True))  # of the rows with one confidence
    precision = outcomes.fits[legible][order].cumsum()[last] / (last + 1)
    coverage = outcomes.deserving[legible][order].cumsum()[last] / deserving
    return Curve(confidence[last].tolist(), precision.tolist(), coverage.tolist())


@dataclass(frozen=True, slots=True)
class Confusion:
    """How many messages with one best emoji got one answer, both by name; `SILENCE` where there is none."""

    best: str
    answer: str
    messages: int


def confusions(
    examples: Sequence[Example], predictions: Sequence[Prediction], labels: Sequence[Label], threshold: float
) -> list[Confusion]:
    """What is taken for what, the commonest first.

    An answer that fits counts as the best emoji, so that all others are wrong.
    """
    names = {bare(label.emoji): label.name for label in labels}
    counts: Counter[tuple[str, str]] = Counter()
    for example, prediction in zip(examples, predictions, strict=True):
        answer = prediction.emoji(threshold)
        fitting = [bare(emoji) for emoji in example.emoji]
        best = names.get(fitting[0], SILENCE) if fitting else SILENCE
        if answer is None:
            counts[best, SILENCE] += 1
        else:
            counts[best, best if bare(answer) in fitting else names.get(bare(answer), SILENCE)] += 1
    return [Confusion(*pair, messages) for pair, messages in counts.most_common()]


@dataclass(frozen=True, slots=True)
class Mistake:
    """A reaction that does not fit: the message, what fits it (nothing where it deserves none), and what came."""

    text: str
    fits: tuple[str, ...]
    came: str
    confidence: float


def mistakes(examples: Sequence[Example], predictions: Sequence[Prediction], threshold: float) -> list[Mistake]:
    """All reactions that do not fit, the most confident first."""
    found = []
    for example, prediction in zip(examples, predictions, strict=True):
        answer = prediction.emoji(threshold)
        if answer is not None and bare(answer) not in map(bare, example.emoji):
            found.append(Mistake(example.text, example.emoji, answer, prediction.confidence))
    return sorted(found, key=lambda mistake: -mistake.confidence)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
