"""The numbers of one model with those of others beside them, on the same rows."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from model.labels import Label
from model.predictor import Predictor
from model.training.bootstrap import Estimate, draw_resamples, estimate_share
from model.training.breakdown import (
    Bin,
    Confusion,
    Curve,
    EmojiScore,
    Mistake,
    confusions,
    emoji_scores,
    mistakes,
    precision_coverage,
    reliability,
)
from model.training.datasets import SEED_LABELS, Example
from model.training.evaluate import Outcomes, Reader, count, evaluate_with_intervals, outcomes_of, right_among
from model.training.material import Material
from model.training.robustness import PairScore, Stability, measure_stability, score_pairs

log = logging.getLogger(__name__)

WORST: Final = 50
"""Mistakes that are kept."""
EVERY_SOURCE: Final = "all sources"
"""The name of all sources of annotated messages together."""


@dataclass(frozen=True, slots=True)
class NamedReader:
    """Whatever predicts, with the confidence from which it reacts."""

    name: str
    reader: Reader
    threshold: float


@dataclass(frozen=True, slots=True)
class Scores:
    """How a reader does on some rows.

    Args:
        measures: those of `evaluate.evaluate`.
        counts: as there.
        wrong: reactions that do not fit, those on messages that deserve none among them.
    """

    measures: Mapping[str, Estimate]
    counts: Mapping[str, int]
    wrong: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """All numbers. Mappings are by the name of the reader, the model under test first.

    Args:
        thresholds: the confidence from which each reacts.
        scores: on the corpus rows.
        curves: precision and coverage on the same.
        reliability, emoji, confusions: of the model under test on the same.
        mistakes: its most confident ones on the same.
        annotated: by source, on public messages.
        pairs: on minimal pairs.
        stability: under noise, on the corpus rows that deserve a reaction.
        unreadable: on lines that nobody can read.
        emojify: share of the seed's rows whose label is the likeliest of its five emoji. Only bundles have the
            probabilities for it.
    """

    thresholds: Mapping[str, float]
    scores: Mapping[str, Scores]
    curves: Mapping[str, Curve]
    reliability: Sequence[Bin]
    emoji: Sequence[EmojiScore]
    confusions: Sequence[Confusion]
    mistakes: Sequence[Mistake]
    annotated: Mapping[str, Mapping[str, Scores]]
    pairs: Mapping[str, PairScore]
    stability: Mapping[str, Stability]
    unreadable: Mapping[str, Scores]
    emojify: Mapping[str, Estimate]

    @property
    def model(self) -> str:
        """The name of the model under test."""
        return next(iter(self.thresholds))


def compare(readers: Sequence[NamedReader], material: Material, labels: Sequence[Label], seed: int) -> Comparison:
    """Compute every number.

    Args:
        readers: the model under test, then what is shown beside it; their names differ.
        material: what they are scored on. What it lacks is left empty.
        labels: of the model under test.
        seed: of the resamples and the noise.

    Raises:
        BundleError: there are rows of the seed's task and a bundle has not its labels.
    """
    first, rows = readers[0], material.rows
    predictions = {one.name: one.reader.predict_batch([example.text for example in rows]) for one in readers}
    outcomes = {one.name: outcomes_of(rows, predictions[one.name], one.threshold) for one in readers}
    annotated = dict(material.annotated)
    if len(annotated) > 1:
        annotated[EVERY_SOURCE] = [example for examples in annotated.values() for example in examples]
    deserving = [example.text for example in rows if example.emoji]
    log.info("rows=%d readers=%d", len(rows), len(readers))
    return Comparison(
        thresholds={one.name: one.threshold for one in readers},
        scores={name: _scores(outcome, seed) for name, outcome in outcomes.items()},
        curves={name: precision_coverage(outcome) for name, outcome in outcomes.items()},
        reliability=reliability(outcomes[first.name], draw_resamples(len(rows), seed)),
        emoji=emoji_scores(rows, predictions[first.name], labels),
        confusions=confusions(rows, predictions[first.name], labels, first.threshold),
        mistakes=mistakes(rows, predictions[first.name], first.threshold)[:WORST],
        annotated={
            source: {one.name: _read(one, examples, seed) for one in readers} for source, examples in annotated.items()
        },
        pairs={one.name: _read_pairs(one, material.pairs, seed) for one in readers if material.pairs},
        stability={one.name: measure_stability(one.reader, deserving, seed) for one in readers if deserving},
        unreadable={one.name: _read(one, material.unreadable, seed) for one in readers if material.unreadable},
        emojify={
            one.name: _accuracy_among(one.reader, material.emojify, seed)
            for one in readers
            if material.emojify and isinstance(one.reader, Predictor)
        },
    )


def _read(one: NamedReader, examples: Sequence[Example], seed: int) -> Scores:
    predictions = one.reader.predict_batch([example.text for example in examples])
    return _scores(outcomes_of(examples, predictions, one.threshold), seed)


def _scores(outcomes: Outcomes, seed: int) -> Scores:
    resamples = draw_resamples(len(outcomes.fits), seed)
    wrong = int((outcomes.reacts & ~outcomes.fits).sum())
    return Scores(evaluate_with_intervals(outcomes, resamples), count(outcomes), wrong)


def _read_pairs(one: NamedReader, pairs: Sequence[tuple[Example, Example]], seed: int) -> PairScore:
    first, second = (one.reader.predict_batch([pair[side].text for pair in pairs]) for side in (0, 1))
    return score_pairs(pairs, list(zip(first, second, strict=True)), one.threshold, seed)


def _accuracy_among(predictor: Predictor, examples: Sequence[Example], seed: int) -> Estimate:
    right = right_among(predictor, examples, [label.emoji for label in SEED_LABELS])
    return estimate_share(right, resamples=draw_resamples(len(right), seed))
