"""The baselines, on a toy of GloVe and invented rows."""

from collections.abc import Sequence
from math import log

import numpy as np
import pytest

from model.labels import Label
from model.predictor import Candidate, Prediction
from model.text import SPECIAL_TOKENS
from model.training.baselines import (
    PENALTIES,
    AveragedVectors,
    CommonestEmoji,
    fit_averaged_vectors,
    mean_vectors,
    threshold_on,
)
from model.training.datasets import Example
from model.training.embeddings import DIMENSIONS, Embedding

LABELS = tuple(
    Label(name, emoji)
    for name, emoji in {"joy": "😂", "cry": "😢", "fire": "🔥", "heart": "❤️", "eyes": "👀", "wave": "👋"}.items()
)
SAD = ("lost", "sad", "gone")
GOOD = ("won", "great", "gold")
PLAIN = ("the", "at", "five")


@pytest.fixture
def _toy_glove(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine words: the sad ones point one way, the good ones another, the plain ones a third."""
    rng = np.random.default_rng(0)
    vectors = rng.normal(scale=0.1, size=(9, DIMENSIONS)).astype(np.float32)
    for place in range(9):
        vectors[place, place // 3] += 1.0
    monkeypatch.setattr("model.training.embeddings.load_glove", lambda: ((*SAD, *GOOD, *PLAIN), vectors))


def rows(*emoji: str) -> list[Example]:
    """One row for each of these columns of emoji."""
    return [Example(f"row {number}", tuple(column.split())) for number, column in enumerate(emoji)]


def test_the_commonest_emoji_answers_everything_alike_with_the_mean_of_the_targets() -> None:
    reader = CommonestEmoji(rows("😂", "😂", "😢", ""), LABELS, no_reaction=True)

    first, second = reader.predict_batch(["we won", "the bus leaves at five"])

    assert first == second
    assert first.candidates[:2] == (Candidate("😂", 0.5, 0.5), Candidate("😢", 0.25, 0.25))
    assert len(first.candidates) == 5
    assert (first.silence, first.confidence) == (0.25, 0.5)


def test_a_second_best_emoji_counts_for_less() -> None:
    # Of each row's weight the best emoji takes 1 / 1.75 and the second 0.75 / 1.75.
    (prediction,) = CommonestEmoji(rows("😂 🔥", "😢 🔥"), LABELS, no_reaction=True).predict_batch(["anything"])

    assert [candidate.emoji for candidate in prediction.candidates[:3]] == ["🔥", "😂", "😢"]
    assert prediction.confidence == pytest.approx(0.75 / 1.75)
    assert prediction.candidates[1].probability == pytest.approx(0.5 / 1.75)


def test_a_model_that_cannot_be_silent_never_says_silence() -> None:
    (prediction,) = CommonestEmoji(rows("😂"), LABELS, no_reaction=False).predict_batch(["anything"])

    assert prediction.silence == 0
    assert prediction.confidence == 1


def test_vectors_are_averaged_over_known_and_unknown_tokens() -> None:
    vectors = np.zeros((len(SPECIAL_TOKENS) + 2, 2), dtype=np.float32)
    vectors[-2:] = [[4, 0], [0, 2]]
    vectors[1] = [1, 1]  # <unk>
    embedding = Embedding((*SPECIAL_TOKENS, "won", "gold"), vectors)

    means = mean_vectors(["won gold", "Gold", "won blorf", ""], embedding)

    assert means.tolist() == [[2, 1], [0, 2], [2.5, 0.5], [1, 1]]


def test_the_regression_answers_with_the_softmax_of_the_mean_vector() -> None:
    vectors = np.zeros((len(SPECIAL_TOKENS) + 1, 1), dtype=np.float32)
    vectors[-1] = 1.0
    model = AveragedVectors(
        Embedding((*SPECIAL_TOKENS, "won"), vectors),
        weights=np.array([[log(6), log(2), 0.0]], dtype=np.float32),
        bias=np.array([0.0, 0.0, log(2)], dtype=np.float32),
        labels=LABELS[:2],
        penalty=0.1,
    )

    (prediction,) = model.predict_batch(["won"])  # 6 : 2 : 2

    assert [candidate.emoji for candidate in prediction.candidates] == ["😂", "😢"]
    assert [candidate.probability for candidate in prediction.candidates] == pytest.approx([0.6, 0.2])
    assert prediction.silence == pytest.approx(0.2)
    assert prediction.confidence == pytest.approx(0.6)


def toy_rows() -> list[Example]:
    """Sad, good and plain sentences, with what fits them."""
    kinds: Sequence[tuple[Sequence[str], tuple[str, ...]]] = ((SAD, ("😢",)), (GOOD, ("🔥", "❤️")), (PLAIN, ()))
    return [
        Example(f"{first} {second}", emoji)
        for words, emoji in kinds
        for first in words
        for second in words
        if first != second
    ]


@pytest.mark.usefixtures("_toy_glove")
def test_it_learns_what_words_that_point_one_way_have_in_common() -> None:
    held_out = [example for example in toy_rows() if example.text in ("gone sad", "gold won", "at the")]
    learned = [example for example in toy_rows() if example not in held_out]

    model = fit_averaged_vectors(learned, held_out, LABELS, no_reaction=True)

    sad, good, plain = model.predict_batch(["gone sad", "gold won", "at the"])
    assert sad.candidates[0].emoji == "😢"
    assert [candidate.emoji for candidate in good.candidates[:2]] == ["🔥", "❤️"]
    assert good.candidates[0].probability / good.candidates[1].probability == pytest.approx(1 / 0.75, rel=0.05)
    assert plain.silence > 0.9
    assert min(sad.confidence, sad.confidence + good.confidence) > 0.5


@pytest.mark.usefixtures("_toy_glove")
def test_a_fit_is_the_same_each_time() -> None:
    texts = ["lost gold", "the gold"]

    first, second = (
        fit_averaged_vectors(toy_rows(), toy_rows(), LABELS, no_reaction=True).predict_batch(texts) for _ in range(2)
    )

    assert first == second


@pytest.mark.usefixtures("_toy_glove")
def test_words_that_say_nothing_leave_the_mean_of_the_targets() -> None:
    same = [Example("the", ("😂",)), Example("the", ("😂",)), Example("the", ("😢",)), Example("the", ())]

    (prediction,) = fit_averaged_vectors(same, same, LABELS, no_reaction=True).predict_batch(["the"])

    assert prediction.confidence == pytest.approx(0.5, abs=0.01)
    assert prediction.silence == pytest.approx(0.25, abs=0.01)


@pytest.mark.usefixtures("_toy_glove")
def test_the_penalty_is_the_one_that_development_rows_ask_for() -> None:
    contrary = [Example(text, (emoji,)) for text in ("lost sad", "won gold") for emoji in ("😢", "🔥")]

    trusted = fit_averaged_vectors(toy_rows(), toy_rows(), LABELS, no_reaction=True)
    doubted = fit_averaged_vectors(toy_rows(), contrary, LABELS, no_reaction=True)

    assert trusted.penalty == min(PENALTIES)
    assert doubted.penalty == max(PENALTIES)


def test_the_threshold_is_chosen_on_development_rows_as_a_bundle_chooses_it() -> None:
    class Sure:
        """As sure of a message as its number says, and always of the same emoji."""

        def predict_batch(self, texts: Sequence[str]) -> list[Prediction]:
            return [Prediction((Candidate("😂", 1.0, 1 - int(text.split()[1]) / 100),), 0.0) for text in texts]

    dev = rows(*(["😂"] * 12), *(["😢"] * 8))

    # Of the 16 surest 12 fit, which is three quarters; of the 17 surest fewer.
    assert threshold_on(Sure(), dev, 0.75) == pytest.approx(0.85)
