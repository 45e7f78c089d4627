"""Minimal pairs and noise: readers that are right, or steady, in known ways."""

from collections.abc import Sequence

import pytest

from model.predictor import Candidate, Prediction
from model.training.datasets import Example
from model.training.robustness import TOGETHER, measure_stability, score_pairs


def answered(*emoji: str, confidence: float = 0.9) -> Prediction:
    """A prediction with these candidates, best first."""
    return Prediction(tuple(Candidate(one, 0.5 / 2**place, confidence) for place, one in enumerate(emoji)), 0.1)


def test_a_pair_is_right_when_both_sides_are() -> None:
    deserving, silent = Example("it came back clean", ("🔥",)), Example("did it come back clean", ())
    sure, unsure, wrong, quiet = (
        answered("🔥"),
        answered("🔥", confidence=0.2),
        answered("😂"),
        answered("😂", confidence=0.1),
    )
    cases = [
        (sure, quiet),  # both right
        (unsure, quiet),  # the first emoji fits, but no reaction comes
        (wrong, quiet),  # a wrong reaction
        (sure, answered("😂")),  # a reaction on the silent side
    ]

    score = score_pairs([(deserving, silent)] * 4, cases, 0.5, seed=0)

    assert score.pairs == 4
    assert score.both_right.value == 1 / 4
    assert score.both_fit.value == 2 / 4


def test_a_pair_of_two_deserving_sides_needs_two_fitting_reactions() -> None:
    pair = (Example("benign", ("🔥",)), Example("not benign", ("😢", "😂")))

    score = score_pairs([pair] * 2, [(answered("🔥"), answered("😂")), (answered("🔥"), answered("🔥"))], 0.5, seed=0)

    assert (score.both_right.value, score.both_fit.value) == (1 / 2, 1 / 2)


def test_stability_is_the_share_of_first_emoji_that_stay() -> None:
    class CaseReader:
        """Says 😂 to lower case and 🔥 to anything else."""

        def predict_batch(self, texts: Sequence[str]) -> list[Prediction]:
            return [answered("😂" if text == text.lower() else "🔥") for text in texts]

    texts = ["what a lovely evening", "we finally made it", "`x = 1`"]
    stability = measure_stability(CaseReader(), texts, seed=0)

    assert stability.messages == 3
    # Code is left alone, but for a mark after it.
    assert stability.altered == {"typo": 2, "elongation": 2, "punctuation": 3, "case": 2, TOGETHER: 3}
    kept = {kind: one.value for kind, one in stability.kept.items()}
    assert kept == pytest.approx({"typo": 1, "elongation": 1, "punctuation": 1, "case": 1 / 3, TOGETHER: 1 / 3})
    assert stability.mean.value == pytest.approx((1 + 1 + 1 + 1 / 3) / 4)
