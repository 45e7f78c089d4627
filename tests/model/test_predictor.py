import os
import random
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from math import exp
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.bundle import Confidence
from model.labels import Label
from model.predictor import Candidate, Prediction, Predictor, confidence, confidence_features
from model.text import SPECIAL_TOKENS

MESSAGES = [
    "we won!!!",
    "love this",
    "bad pizza tomorrow.",
    "so so so so so so so so so so so so so so so so",
    "see you tomorrow",
    "🔥",
    "",
    "blorf quux",
    "the night is good",
]


def probabilities(prediction: Prediction) -> list[float]:
    return [*(candidate.probability for candidate in prediction.candidates), prediction.silence, prediction.confidence]


@given(message=st.text() | st.lists(st.sampled_from(MESSAGES)).map(" ".join))
def test_any_message_gets_five_sorted_candidates(toy_predictor: Predictor, message: str) -> None:
    prediction = toy_predictor.predict(message)

    shares = [candidate.probability for candidate in prediction.candidates]
    emoji = [candidate.emoji for candidate in prediction.candidates]
    assert len(emoji) == len(set(emoji)) == 5
    assert set(emoji) <= {label.emoji for label in toy_predictor.bundle.labels}  # never 'no reaction'
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) + prediction.silence <= 1 + 1e-6
    assert all(0 <= share <= 1 for share in probabilities(prediction))


def test_candidates_and_silence_are_the_outcomes_in_the_order_of_the_labels(toy_predictor: Predictor) -> None:
    prediction = toy_predictor.predict("we won!!!")
    outcome = toy_predictor.probabilities(toy_predictor.encode(["we won!!!"]))[0]

    by_emoji = dict(zip((label.emoji for label in toy_predictor.bundle.labels), outcome, strict=False))
    assert prediction.silence == outcome[-1]
    assert [candidate.probability for candidate in prediction.candidates] == sorted(outcome[:-1], reverse=True)[:5]
    assert all(by_emoji[candidate.emoji] == candidate.probability for candidate in prediction.candidates)


def test_fewer_labels_than_five_make_fewer_candidates(toy_predictor: Predictor) -> None:
    # The toy's eight outcomes, read as three emoji: the rest belongs to nobody.
    few = object.__new__(Predictor)
    few.__dict__.update(toy_predictor.__dict__, _emoji=["😂", "❤️", "🔥"])

    assert len(few.predict("we won").candidates) == 3


def test_a_batch_is_answered_as_its_messages_one_by_one(toy_predictor: Predictor) -> None:
    batch = toy_predictor.predict_batch(MESSAGES)

    assert len(batch) == len(MESSAGES)
    for message, answer in zip(MESSAGES, batch, strict=True):
        assert probabilities(answer) == pytest.approx(probabilities(toy_predictor.predict(message)), abs=1e-5)


def test_an_answer_does_not_depend_on_the_company_in_the_batch(toy_predictor: Predictor) -> None:
    alone = probabilities(toy_predictor.predict("love this"))
    for seed in range(5):
        batch = random.Random(seed).choices(MESSAGES, k=6)  # noqa: S311
        batch[seed] = "love this"

        assert probabilities(toy_predictor.predict_batch(batch)[seed]) == pytest.approx(alone, abs=1e-5)


def test_an_empty_batch_makes_no_predictions(toy_predictor: Predictor) -> None:
    assert toy_predictor.predict_batch([]) == []


def test_what_stands_beyond_max_len_changes_nothing(toy_predictor: Predictor) -> None:
    twelve = "so good " * 6
    assert toy_predictor.predict(twelve + "bad bad bad") == toy_predictor.predict(twelve)


ILLEGIBLE = [
    "",
    "   \n",
    "\u200b",
    "blorf",
    "blorf quux zzyzx",
    "привет как дела",
    "明日は雨です",
    "so blorf quux zzyzx",
]


@pytest.mark.parametrize("message", ILLEGIBLE)
def test_a_message_without_enough_known_words_is_silent(toy_predictor: Predictor, message: str) -> None:
    prediction = toy_predictor.predict(message)

    assert prediction.confidence == 0
    assert prediction.emoji(toy_predictor.threshold) is None
    assert len(prediction.candidates) == 5


@pytest.mark.parametrize("message", ["", "blorf quux"])
def test_a_message_that_cannot_be_read_is_silent_even_at_threshold_zero(toy_predictor: Predictor, message: str) -> None:
    assert toy_predictor.predict(message).emoji(0.0) is None


def test_a_message_of_known_words_is_read(toy_predictor: Predictor) -> None:
    assert toy_predictor.predict("so good blorf").confidence > 0


def test_the_threshold_decides_between_the_first_candidate_and_silence() -> None:
    prediction = Prediction((Candidate("🔥", 0.6, 0.5), Candidate("😂", 0.2, 0.1)), silence=0.1)

    assert prediction.emoji(0.49) == "🔥"
    assert prediction.emoji(0.5) == "🔥"
    assert prediction.emoji(0.51) is None


@pytest.mark.parametrize("pads_count", [False, True])
def test_rows_of_any_lengths_keep_their_order_and_their_answers(toy_predictor: Predictor, pads_count: bool) -> None:
    bundle = toy_predictor.bundle
    predictor = Predictor(replace(bundle, config=replace(bundle.config, pads_count=pads_count)))
    rng = np.random.default_rng(0)
    rows = [rng.integers(2, len(bundle.vocabulary), size=length).tolist() for length in rng.integers(1, 13, size=200)]

    outcomes, fits = predictor.run(rows)

    alone = [predictor.run([row]) for row in rows]
    np.testing.assert_allclose(outcomes, np.concatenate([one for one, _ in alone]), atol=1e-6)
    assert fits is not None
    np.testing.assert_allclose(fits, np.concatenate([one for _, one in alone if one is not None]), atol=1e-5)


def test_no_run_of_the_network_is_larger_than_memory_allows(
    toy_predictor: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    inputs = toy_predictor.inputs

    def measured(rows: Sequence[Sequence[int]]) -> dict[str, Any]:
        sizes.append(len(rows) * max(map(len, rows)))
        return inputs(rows)

    monkeypatch.setattr(toy_predictor, "inputs", measured)

    toy_predictor.run([[3] * length for length in (1, 12) for _ in range(300)])

    assert max(sizes) <= 320
    assert sum(sizes) < 1.1 * 300 * (1 + 12)


def test_a_higher_temperature_makes_flatter_probabilities(toy_predictor: Predictor) -> None:
    bundle = toy_predictor.bundle
    hot = Predictor(replace(bundle, config=replace(bundle.config, temperature=50.0))).predict("we won!!!")

    assert hot.candidates[0].probability < toy_predictor.predict("we won!!!").candidates[0].probability
    assert probabilities(hot)[:6] == pytest.approx([1 / 8] * 6, abs=0.02)


def test_a_network_that_reads_the_padding_always_gets_all_of_it(toy_predictor: Predictor) -> None:
    # The seed's unmasked network: its answer depends on the padding, and must not on the width of a batch.
    bundle = toy_predictor.bundle
    unmasked = Predictor(replace(bundle, config=replace(bundle.config, pads_count=True)))
    alone = probabilities(unmasked.predict("love this"))

    assert alone != pytest.approx(probabilities(toy_predictor.predict("love this")), abs=1e-5)
    assert probabilities(unmasked.predict_batch(["love this", MESSAGES[3]])[0]) == pytest.approx(alone, abs=1e-5)


def test_without_a_no_reaction_outcome_silence_is_zero(toy_predictor: Predictor, toy_labels: tuple[Label, ...]) -> None:
    bundle = toy_predictor.bundle
    labels = (*toy_labels, Label("skull", "💀"))
    outspoken = Predictor(replace(bundle, labels=labels, config=replace(bundle.config, no_reaction=False)))

    assert outspoken.predict("we won").silence == 0


def test_several_threads_may_predict_at_once(toy_predictor: Predictor) -> None:
    expected = toy_predictor.predict_batch(MESSAGES)
    with ThreadPoolExecutor(4) as executor:
        for answers in executor.map(toy_predictor.predict_batch, [MESSAGES] * 40):
            assert answers == expected


def test_messages_are_encoded_with_unk_where_nothing_is_left(toy_predictor: Predictor) -> None:
    unknown = SPECIAL_TOKENS.index("<unk>")
    assert toy_predictor.encode(["", "blorf"]) == [[unknown], [unknown]]


def test_whether_an_emoji_fits_counts_for_the_confidence_and_not_for_the_order(toy_predictor: Predictor) -> None:
    bundle = toy_predictor.bundle
    outcomes, fits = toy_predictor.run(toy_predictor.encode(["so good"]))
    silent = replace(bundle, config=replace(bundle.config, confidence=replace(bundle.config.confidence, fit=0.0)))

    [sure], [plain] = (Predictor(one).predict_batch(["so good"]) for one in (bundle, silent))

    assert fits is not None
    assert outcomes.shape == fits.shape == (1, 8)
    order = [label.emoji for label in bundle.labels]
    for one, other in zip(sure.candidates, plain.candidates, strict=True):
        assert (one.emoji, one.probability) == (other.emoji, other.probability)
        odds = [candidate.confidence / (1 - candidate.confidence) for candidate in (one, other)]
        assert odds[0] / odds[1] == pytest.approx(exp(0.25 * fits[0, order.index(one.emoji)]), rel=1e-4)


def test_confidence_is_by_default_the_probability_of_the_first_emoji() -> None:
    assert confidence(0.5, 0.3, 0.7, Confidence()) == pytest.approx(0.5)
    assert confidence(0.15, 0.0, 0.0, Confidence()) == pytest.approx(0.15)


def test_confidence_reads_the_top_the_silence_the_share_and_the_fit() -> None:
    top, silence, share, fit = confidence_features(0.5, 0.3, -0.7)

    assert (top, exp(silence), exp(share)) == pytest.approx((0.0, 0.3, 0.5 / 0.7))
    assert fit == -0.7
    score = 1 + 3 * silence + 4 * share - 5 * 0.7
    assert confidence(0.5, 0.3, -0.7, Confidence(1, 2, 3, 4, 5)) == pytest.approx(1 / (1 + exp(-score)))


@given(st.floats(0, 1), st.floats(0, 1), st.floats(-80, 80), st.lists(st.floats(-9, 9), min_size=5, max_size=5))
def test_confidence_is_the_logistic_model_of_its_features(
    top: float, silence: float, fit: float, weights: list[float]
) -> None:
    score = weights[0] + sum(
        weight * feature for weight, feature in zip(weights[1:], confidence_features(top, silence, fit), strict=True)
    )
    expected = 0.0 if score < -700 else 1 / (1 + exp(-score))
    assert confidence(top, silence, fit, Confidence(*weights)) == pytest.approx(expected, rel=1e-6, abs=1e-12)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(-80, 80), st.lists(st.floats(-1e3, 1e3), min_size=5, max_size=5))
def test_confidence_is_always_a_probability(top: float, silence: float, fit: float, weights: list[float]) -> None:
    assert 0 <= confidence(top, silence, fit, Confidence(*weights)) <= 1


def test_running_the_model_starts_no_telemetry(tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "ORT_DISABLE_TELEMETRY"}
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache"), "XDG_DATA_HOME": str(tmp_path / "data")}
    program = "from model.predictor import Predictor; Predictor.load().predict('good morning')"
    subprocess.run(
        [sys.executable, "-B", "-c", program], cwd=Path(__file__).parents[2], env=environment | home, check=True
    )

    assert list(tmp_path.rglob("*")) == []
