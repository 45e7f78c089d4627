"""Where a score comes from, counted by hand on six rows."""

import numpy as np
import pytest

from model.labels import Label
from model.training.bootstrap import draw_resamples
from model.training.breakdown import (
    SILENCE,
    Confusion,
    confusions,
    emoji_scores,
    mistakes,
    precision_coverage,
    reliability,
)
from model.training.datasets import Example
from model.training.evaluate import evaluate, evaluate_with_intervals, outcomes_of
from tests.model.judged import ROWS, answered

LABELS = (Label("joy", "😂"), Label("heart_eyes", "😍"), Label("fire", "🔥"), Label("cry", "😢"))


EXAMPLES, PREDICTIONS = list(ROWS), list(ROWS.values())
OUTCOMES = outcomes_of(EXAMPLES, PREDICTIONS, 0.5)


def test_the_scores_of_each_emoji_are_as_counted_by_hand() -> None:
    joy, heart_eyes, fire, cry = emoji_scores(EXAMPLES, PREDICTIONS, LABELS)

    # 😂 came first for the dog and the room and fits neither; it is best for "so funny", where it came third.
    assert (joy.name, joy.emoji) == ("joy", "😂")
    assert (joy.first, joy.precision, joy.best, joy.recall, joy.recall_at_3) == (2, 0, 1, 0, 1)
    assert (heart_eyes.first, heart_eyes.precision, heart_eyes.best, heart_eyes.recall) == (2, 1, 1, 1)
    assert (fire.first, fire.precision, fire.best, fire.recall) == (2, 0.5, 1, 1)
    assert (cry.first, cry.precision, cry.best, cry.recall, cry.recall_at_3) == (0, None, 1, 0, 0)


def test_an_emoji_that_no_message_deserves_has_no_recall() -> None:
    (score,) = emoji_scores([Example("a", ())], [answered("😂")], LABELS[:1])

    assert (score.first, score.precision, score.best, score.recall, score.recall_at_3) == (1, 0, 0, None, None)


def test_the_bins_of_the_confidence_hold_its_mean_and_the_share_that_fits() -> None:
    bins = reliability(OUTCOMES, draw_resamples(6, seed=0), bins=2)

    assert [(one.low, one.high, one.messages) for one in bins] == [(0, 0.5, 2), (0.5, 1, 4)]
    assert [one.confidence for one in bins] == pytest.approx([(0.35 + 0.15) / 2, (0.95 + 0.75 + 0.85 + 0.55) / 4])
    assert [one.fits.value for one in bins] == [1 / 2, 2 / 4]


def test_empty_bins_are_left_out() -> None:
    bins = reliability(OUTCOMES, draw_resamples(6, seed=0))

    assert [one.low for one in bins] == [0.1, 0.3, 0.5, 0.7, 0.8, 0.9]


def test_the_curve_holds_every_threshold_at_which_it_changes() -> None:
    curve = precision_coverage(OUTCOMES)

    assert curve.threshold == [0.95, 0.85, 0.75, 0.55, 0.35, 0.15]
    assert curve.precision == pytest.approx([1, 1 / 2, 2 / 3, 2 / 4, 3 / 5, 3 / 6])
    assert curve.coverage == pytest.approx([1 / 4, 2 / 4, 3 / 4, 3 / 4, 1, 1])


def test_rows_of_one_confidence_are_one_point_and_illegible_ones_none() -> None:
    examples = [Example("a", ("😂",)), Example("b", ("🔥",)), Example("c", ("😂",))]
    predictions = [answered("😂"), answered("😂"), answered("😂", confidence=0.0)]
    curve = precision_coverage(outcomes_of(examples, predictions, 0.5))

    assert (curve.threshold, curve.precision, curve.coverage) == ([0.9], [1 / 2], [2 / 3])


@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.8])
def test_the_curve_passes_through_the_scores_at_any_threshold(threshold: float) -> None:
    curve, scores = precision_coverage(OUTCOMES), evaluate(EXAMPLES, PREDICTIONS, threshold)
    at = sum(one >= threshold for one in curve.threshold) - 1

    assert (curve.precision[at], curve.coverage[at]) == (scores["precision"], scores["coverage"])


def test_confusions_count_a_fitting_answer_as_the_best() -> None:
    assert set(confusions(EXAMPLES, PREDICTIONS, LABELS, 0.5)) == {
        Confusion("fire", "fire", 1),
        Confusion("joy", "joy", 1),
        Confusion("cry", "joy", 1),
        Confusion("heart_eyes", SILENCE, 1),
        Confusion(SILENCE, "fire", 1),
        Confusion(SILENCE, SILENCE, 1),
    }


def test_mistakes_are_the_reactions_that_do_not_fit_the_surest_first() -> None:
    found = mistakes(EXAMPLES, PREDICTIONS, 0.5)

    assert [(one.text, one.fits, one.came, one.confidence) for one in found] == [
        ("my | dog *died*", ("😢",), "😂", 0.85),
        ("the bus leaves at nine", (), "🔥", 0.55),
    ]


def test_all_measures_get_an_interval_around_the_very_figure_of_evaluate() -> None:
    rng = np.random.default_rng(0)
    examples = [Example(str(number), ("🔥",) if number % 3 else ()) for number in range(300)]
    predictions = [answered("🔥" if rng.random() < 0.7 else "😂", confidence=rng.random()) for _ in examples]

    estimates = evaluate_with_intervals(outcomes_of(examples, predictions, 0.5), draw_resamples(300, seed=0))
    scores = evaluate(examples, predictions, 0.5)

    assert list(estimates) == [name for name in scores if name not in ("threshold", "counts")]
    for name, one in estimates.items():
        assert one.value == pytest.approx(scores[name])
        assert one.low is not None
        assert one.high is not None
        if name != "ece":  # whose resamples lie above it
            assert one.low < scores[name] < one.high
        assert one.high - one.low < 0.25
