"""Intervals by resampling: shares whose intervals are known otherwise."""

import numpy as np
import pytest

from model.training.bootstrap import Estimate, draw_resamples, estimate_share


def test_each_resample_draws_as_many_rows_as_there_are() -> None:
    resamples = draw_resamples(7, seed=0)

    assert resamples.shape == (2000, 7)
    assert set(resamples.sum(axis=1).tolist()) == {7.0}
    assert resamples.mean() == pytest.approx(1)
    assert resamples.std(axis=0) == pytest.approx(np.sqrt(6 / 7), abs=0.1)  # binomial: 7 draws, 1 in 7 each


def test_the_resamples_follow_the_seed() -> None:
    assert (draw_resamples(50, seed=3) == draw_resamples(50, seed=3)).all()
    assert (draw_resamples(50, seed=3) != draw_resamples(50, seed=4)).any()


def test_the_interval_of_a_share_is_the_normal_one_where_there_are_many_rows() -> None:
    part = np.arange(400) < 100

    share = estimate_share(part, resamples=draw_resamples(400, seed=0))

    reach = 1.96 * np.sqrt(0.25 * 0.75 / 400)
    assert share.value == 0.25
    assert share.low == pytest.approx(0.25 - reach, abs=0.006)
    assert share.high == pytest.approx(0.25 + reach, abs=0.006)


def test_a_share_of_some_rows_has_the_interval_of_these_alone() -> None:
    whole = np.arange(800) < 400
    part = np.arange(800) < 100

    share = estimate_share(part, whole, resamples=draw_resamples(800, seed=0))

    reach = 1.96 * np.sqrt(0.25 * 0.75 / 400)
    assert share.value == 0.25
    assert share.high is not None
    assert share.high - 0.25 == pytest.approx(reach, abs=0.008)


def test_what_is_always_so_has_an_interval_without_width() -> None:
    assert estimate_share(np.ones(5), resamples=draw_resamples(5, seed=0)) == Estimate(1.0, 1.0, 1.0)


def test_a_share_of_nothing_is_none() -> None:
    nothing = Estimate(None, None, None)

    assert estimate_share(np.zeros(0), resamples=draw_resamples(0, seed=0)) == nothing
    assert estimate_share(np.zeros(3), np.zeros(3), resamples=draw_resamples(3, seed=0)) == nothing
