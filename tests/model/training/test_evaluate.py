import pytest

from model.predictor import Candidate, Prediction
from model.training.datasets import Example
from model.training.evaluate import evaluate, expected_calibration_error


def answered(*emoji: str, confidence: float = 0.9) -> Prediction:
    """A prediction with these candidates, best first."""
    return Prediction(tuple(Candidate(one, 0.5 / 2**i, confidence) for i, one in enumerate(emoji)), 0.1)


def test_scores_of_a_small_sample_are_as_counted_by_hand() -> None:
    examples = [
        Example("the first candidate is the best", ("🔥", "😂")),
        Example("the first candidate fits, the best is third", ("😂", "🔥")),
        Example("nothing fits, and the bot was silent", ("💔",)),
        Example("the best is fourth, and the bot reacts wrongly", ("💔",)),
        Example("neutral and silent", ()),
        Example("neutral, and the bot reacts", ()),
    ]
    predictions = [
        answered("🔥", "❤️", "😂"),
        answered("🔥", "❤️", "😂"),
        answered("🔥", "❤️", "😂", confidence=0.2),
        answered("🔥", "❤️", "😂", "💔"),
        answered("🔥", "❤️", "😂", confidence=0.49),
        answered("🔥", "❤️", "😂", confidence=0.5),
    ]

    scores = evaluate(examples, predictions, threshold=0.5)

    assert scores["acceptable_at_1"] == 2 / 4
    assert scores["best_in_top_3"] == 2 / 4
    assert scores["precision"] == 2 / 4
    assert scores["coverage"] == 3 / 4
    assert scores["silence_on_neutral"] == 1 / 2
    assert scores["threshold"] == 0.5
    assert scores["counts"] == {
        "rows": 6,
        "deserving": 4,
        "neutral": 2,
        "reactions": 4,
        "reactions_on_deserving": 3,
    }


def test_emoji_are_compared_without_variation_selectors() -> None:
    assert evaluate([Example("a", ("❤",))], [answered("❤️")], 0.5)["acceptable_at_1"] == 1


def test_a_share_of_nothing_is_none() -> None:
    neutral = evaluate([Example("a", ())], [answered("🔥", confidence=0.1)], 0.5)
    deserving = evaluate([Example("a", ("🔥",))], [answered("🔥")], 0.5)

    assert (neutral["acceptable_at_1"], neutral["best_in_top_3"], neutral["coverage"]) == (None, None, None)
    assert neutral["precision"] is None
    assert deserving["silence_on_neutral"] is None


def test_the_calibration_error_is_the_mean_gap_between_confidence_and_accuracy() -> None:
    assert expected_calibration_error([0.75, 0.75, 0.75, 0.75], [True, True, True, False]) == pytest.approx(0)
    assert expected_calibration_error([0.9, 0.9], [False, False]) == pytest.approx(0.9)
    assert expected_calibration_error([0.95, 0.05], [True, True]) == pytest.approx((0.05 + 0.95) / 2)


def test_certainty_falls_into_the_last_bin() -> None:
    assert expected_calibration_error([1.0, 0.0], [True, False]) == 0


def test_predictions_must_match_the_examples_in_number() -> None:
    with pytest.raises(ValueError, match="zip"):
        evaluate([Example("a", ())], [], 0.5)
