"""Accuracy where only a few emoji may be the answer, on the shipped bundle."""

import pytest

from model.bundle import BundleError
from model.predictor import Predictor
from model.training.datasets import Example
from model.training.evaluate import right_among


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return Predictor.load()


def test_the_restricted_answer_is_the_likeliest_of_the_given_emoji(predictor: Predictor) -> None:
    texts = ["we won", "so bad", "love this pizza", "good night", "see you tomorrow"]
    probabilities = predictor.probabilities(predictor.encode(texts))
    joy, tada = ([label.emoji for label in predictor.bundle.labels].index(emoji) for emoji in ("😂", "🎉"))
    likeliest = ["😂" if row[joy] >= row[tada] else "🎉" for row in probabilities]

    right = right_among(predictor, [Example(text, ("😂",)) for text in texts], ["😂", "🎉"])

    assert right.tolist() == [emoji == "😂" for emoji in likeliest]


def test_rows_about_other_emoji_are_left_out_of_a_restricted_score(predictor: Predictor) -> None:
    examples = [Example("we won", ("🔥", "😂")), Example("so good", ("❤", "🔥")), Example("the", ())]

    assert right_among(predictor, examples, ["❤️"]).tolist() == [True]
    assert right_among(predictor, examples, ["🎉"]).tolist() == []


def test_a_bundle_without_one_of_the_emoji_is_refused(predictor: Predictor) -> None:
    with pytest.raises(BundleError, match="🫠 is not among its labels"):
        right_among(predictor, [Example("a", ("❤️",))], ["❤️", "🫠"])
