import numpy as np
import numpy.typing as npt
import pytest

from model.bundle import Confidence
from model.predictor import confidence, confidence_features
from model.training.calibrate import (
    calibrate,
    choose_threshold,
    cross_entropy_of,
    fit_confidence,
    fit_temperature,
    softmax,
)
from model.training.evaluate import expected_calibration_error

Floats = npt.NDArray[np.float64]

ROWS, OUTCOMES = 4000, 6


def sampled(logits: Floats, seed: int = 0) -> Floats:
    """One-hot targets drawn from the softmax of the logits: these logits are calibrated by construction."""
    shares = softmax(logits.astype(np.float32)).cumsum(axis=1)
    drawn = (np.random.default_rng(seed).random((len(logits), 1)) > shares[:, :-1]).sum(axis=1)
    return np.asarray(np.eye(logits.shape[1])[drawn])


def confidences(outcomes: npt.NDArray[np.float32], no_reaction: bool, weights: Confidence) -> Floats:
    """The confidence of each row."""
    emoji = outcomes[:, :-1] if no_reaction else outcomes
    silences = outcomes[:, -1].tolist() if no_reaction else [0.0] * len(outcomes)
    return np.array(
        [confidence(max(row), silence, 0.0, weights) for row, silence in zip(emoji.tolist(), silences, strict=True)]
    )


@pytest.fixture(scope="module")
def logits() -> Floats:
    return np.random.default_rng(1).normal(scale=2.0, size=(ROWS, OUTCOMES))


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_the_temperature_of_scaled_logits_is_found_again(logits: Floats, temperature: float) -> None:
    assert fit_temperature(logits * temperature, sampled(logits)) == pytest.approx(temperature, rel=0.1)


def test_the_temperature_stays_in_its_range(logits: Floats) -> None:
    certain = np.eye(OUTCOMES)[logits.argmax(axis=1)]

    assert fit_temperature(logits, certain) == 0.25
    assert fit_temperature(logits, np.roll(certain, 1, axis=1)) == 4.0


@pytest.mark.parametrize("no_reaction", [True, False])
def test_the_confidence_means_what_it_says(logits: Floats, no_reaction: bool) -> None:
    targets = sampled(logits)
    result = calibrate(logits * 1.7, targets, no_reaction=no_reaction, target_precision=0.8)

    outcomes = softmax((logits * 1.7 / result.temperature).astype(np.float32))
    emoji = outcomes[:, :-1] if no_reaction else outcomes
    fits = targets[np.arange(ROWS), emoji.argmax(axis=1)] > 0
    scores = confidences(outcomes, no_reaction, result.confidence)
    assert expected_calibration_error(scores.tolist(), fits.tolist()) < 0.03
    assert fits[scores >= result.threshold].mean() == pytest.approx(0.8, abs=0.01)


def test_without_a_no_reaction_outcome_its_weights_are_zero(logits: Floats) -> None:
    targets = sampled(logits)
    weights = calibrate(logits, targets, no_reaction=False, target_precision=0.5).confidence

    assert (weights.silence, weights.share) == (0, 0)
    assert weights.top > 0


def test_the_word_of_the_network_on_what_fits_sharpens_the_confidence(logits: Floats) -> None:
    targets = sampled(logits)
    rows, first = np.arange(ROWS), logits[:, :-1].argmax(axis=1)
    fits = np.random.default_rng(3).normal(scale=3.0, size=logits.shape)
    fits[rows, first] += np.where(targets[rows, first] > 0, 4.0, -4.0)

    plain, sharp = (
        calibrate(logits, targets, no_reaction=True, target_precision=0.8, fits=said) for said in (None, fits)
    )

    assert plain.confidence.fit == 0
    assert sharp.confidence.fit > 0.2
    # More of the rows are sure enough at the same precision.
    outcomes = softmax((logits / sharp.temperature).astype(np.float32))
    scores = [
        confidence(max(row[:-1]), row[-1], said, sharp.confidence)
        for row, said in zip(outcomes.tolist(), fits[rows, first].tolist(), strict=True)
    ]
    reached = np.mean(np.array(scores) >= sharp.threshold)
    assert reached > 1.3 * (confidences(outcomes, True, plain.confidence) >= plain.threshold).mean()


@pytest.mark.parametrize("fit", [True, False])
def test_rows_that_all_fit_or_all_fail_still_give_finite_weights(logits: Floats, fit: bool) -> None:
    outcomes = softmax(logits.astype(np.float32))
    features = np.array([confidence_features(float(row[:-1].max()), float(row[-1]), 0.0) for row in outcomes])
    weights = fit_confidence(features, np.full(ROWS, fit), True)
    scores = confidences(outcomes, True, weights)

    assert np.isfinite([weights.bias, weights.top, weights.silence, weights.share]).all()
    assert (scores > 0.9).all() if fit else (scores < 0.1).all()


def test_the_threshold_is_the_lowest_that_reaches_the_precision() -> None:
    scores = np.linspace(1.0, 0.0, 101)
    fits = np.arange(101) < 60  # the 60 most confident rows fit

    threshold = choose_threshold(scores, fits, 0.75)

    assert fits[scores >= threshold].mean() >= 0.75
    assert fits[scores >= threshold - 0.02].mean() < 0.75


def test_rows_that_differ_by_less_than_a_step_of_the_threshold_do_not_break_the_promise() -> None:
    scores = np.array([*np.linspace(0.9, 0.8, 20), 0.7006, 0.7003])
    fits = np.array([True] * 21 + [False])  # at 0.700 the last row would react too

    threshold = choose_threshold(scores, fits, 1.0)

    assert threshold == pytest.approx(0.8)
    assert fits[scores >= threshold].all()


def test_a_precision_out_of_reach_gives_the_best_over_ten_rows() -> None:
    scores = np.linspace(1.0, 0.0, 101)
    fits = np.zeros(101, dtype=bool)
    fits[:20:2] = True  # every second of the twenty most confident

    threshold = choose_threshold(scores, fits, 0.9)

    assert (scores >= threshold).sum() >= 10
    assert fits[scores >= threshold].mean() == pytest.approx(0.5, abs=0.05)


def test_a_few_lucky_rows_do_not_set_the_threshold() -> None:
    scores = np.linspace(1.0, 0.0, 101)
    fits = np.arange(101) < 3

    assert (scores >= choose_threshold(scores, fits, 0.9)).sum() >= 10


def test_the_cross_entropy_of_true_probabilities_is_their_entropy() -> None:
    shares = np.array([[0.5, 0.25, 0.25]])

    assert cross_entropy_of(shares, shares) == pytest.approx(1.5 * np.log(2))
    assert cross_entropy_of(np.array([[0.0, 1.0]]), np.array([[1.0, 0.0]])) == pytest.approx(np.log(1e12), rel=1e-3)


def test_softmax_of_huge_logits_stays_finite() -> None:
    shares = softmax(np.array([[1e30, 0.0], [-1e30, -1e30]], dtype=np.float32))
    assert shares.tolist() == [[1.0, 0.0], [0.5, 0.5]]
