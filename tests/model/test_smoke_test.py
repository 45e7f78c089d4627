"""Networks that are broken, in bundles whose files are all in order."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.bundle import BundleError
from model.labels import format_labels
from model.predictor import Prediction, Predictor
from model.smoke_test import ODD, PLAIN, smoke_test
from tests.bundles import FLAGS, copy_bundle, flag_bundle, rewrite, set_config, set_weights

Weights = np.ndarray[Any, Any]


def _nan(weights: Weights) -> None:
    weights[..., 0] = np.nan


def _infinite(weights: Weights) -> None:
    weights[...] = 3e38


def _zero(weights: Weights) -> None:
    weights[...] = 0


def _refused(predictor: Predictor) -> str:
    """Why a predictor is refused, in one sentence that names its bundle."""
    with pytest.raises(BundleError) as caught:
        smoke_test(predictor, must_react=True)
    assert str(caught.value) == f"The model bundle {predictor.bundle.path} cannot be used: {caught.value.reason}."
    assert "\n" not in str(caught.value)
    return caught.value.reason


def test_the_shipped_model_is_fit() -> None:
    smoke_test(Predictor.load(), must_react=True)


def test_other_labels_are_as_good(tmp_path: Path) -> None:
    smoke_test(Predictor.load(flag_bundle(tmp_path / "bundle")), must_react=True)


def test_a_network_without_sense_is_refused(tmp_path: Path) -> None:
    folder = copy_bundle(tmp_path / "bundle")
    set_weights(folder, _zero)

    assert _refused(Predictor.load(folder)) == "it answers all texts alike"


@pytest.mark.parametrize("number", [np.nan, np.inf])
@pytest.mark.parametrize("output", [0, 1], ids=["probabilities", "fits"])
def test_a_network_whose_numbers_are_none_is_refused(number: float, output: int) -> None:
    class Broken(Predictor):
        def run(self, rows: Any) -> Any:
            outputs = super().run(rows)
            broken = outputs[output]
            assert broken is not None
            broken[...] = number
            return outputs

    assert _refused(Broken(Predictor.load().bundle)) == "it gives numbers that are not finite"


@pytest.mark.parametrize("change", [_nan, _infinite], ids=["nan", "infinite"])
@pytest.mark.parametrize("weights", ["", "fit_"], ids=["all", "of what fits"])
def test_weights_that_are_no_numbers_do_not_even_load(
    tmp_path: Path, change: Callable[[Weights], None], weights: str
) -> None:
    folder = copy_bundle(tmp_path / "bundle")
    set_weights(folder, change, weights)

    with pytest.raises(BundleError, match="has a number beyond"):
        Predictor.load(folder)


def test_a_model_that_is_silent_on_everything_is_refused(tmp_path: Path) -> None:
    folder = copy_bundle(tmp_path / "bundle")
    set_config(folder, threshold=1.0)

    assert _refused(Predictor.load(folder)) == f"it stays silent on {len(PLAIN)} plain messages"
    smoke_test(Predictor.load(folder), must_react=False)


class Changed(Predictor):
    """The shipped model, whose predictions are changed on their way."""

    def __init__(self, change: Callable[[Prediction], Prediction]) -> None:
        super().__init__(Predictor.load().bundle)
        self.change = change

    def predict_batch(self, texts: Any) -> list[Prediction]:
        return [self.change(prediction) for prediction in super().predict_batch(texts)]


def test_a_model_with_one_emoji_for_everything_is_refused() -> None:
    (first, *_) = Predictor.load().predict("i love you").candidates

    reason = _refused(Changed(lambda prediction: Prediction((first,), prediction.silence)))
    assert reason == f"it answers {len(PLAIN)} plain messages with {first.emoji}"


def test_a_model_that_answers_now_so_and_now_so_is_refused() -> None:
    times = iter(range(1_000))

    reason = _refused(Changed(lambda prediction: Prediction(prediction.candidates, float(next(times)))))
    assert reason == "it answers one text in two ways"


def test_a_model_that_fails_is_refused() -> None:
    def fail(_: Prediction) -> Prediction:
        raise ZeroDivisionError

    assert _refused(Changed(fail)) == "its network fails with ZeroDivisionError"


def test_a_model_of_another_language_is_not_judged_by_english(tmp_path: Path) -> None:
    folder = copy_bundle(tmp_path / "bundle")
    special = 50
    words = (folder / "vocabulary.txt").read_text(encoding="utf-8").split("\n")
    foreign = [f"wort{i}" if i >= special and word else word for i, word in enumerate(words)]
    rewrite(folder, "vocabulary.txt", "\n".join(foreign).encode())
    predictor = Predictor.load(folder)

    assert {predictor.predict(text).confidence for text in PLAIN} == {0.0}
    smoke_test(predictor, must_react=True)


def test_a_model_of_few_emoji_may_have_one_for_all_plain_messages(toy_predictor: Predictor) -> None:
    """Four labels are no choice of reactions: a network may tell questions from answers."""
    predictor = Predictor(toy_predictor.bundle)
    one = Prediction(toy_predictor.predict("love this pizza").candidates[:1], 0.1)
    predictor.predict_batch = lambda texts: [one] * len(texts)  # type: ignore[method-assign]
    predictor.bundle = replace(predictor.bundle, labels=predictor.bundle.labels[:4])
    smoke_test(predictor, must_react=True)


def test_odd_messages_are_among_those_tried() -> None:
    assert "" in ODD
    assert max(map(len, ODD)) == 4000
    assert len(format_labels(FLAGS).splitlines()) == len(FLAGS) + 1
