"""The benchmark's score, and a training on a few invented tweets."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.labels import Label
from model.training import tweeteval as module
from model.training.fit import FitConfig
from model.training.network import NetworkConfig
from model.training.tweeteval import confusion, macro_f1, train_tweeteval

TWEETS = [(f"{word} {place}", label) for label, word in enumerate(("beach", "snow")) for place in "abcdefghij"]


@pytest.fixture
def tweets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "tweeteval", lambda _folder, _split: TWEETS)
    monkeypatch.setattr(module, "tweeteval_labels", lambda _folder: (Label("sun", "☀️"), Label("snow", "❄️")))


def _train(out: Path) -> dict[str, Any]:
    shape = NetworkConfig(outcomes=64, units=4, dropout=0.0, masked=True, pooling="max")
    fit = FitConfig(epochs=12, batch_size=4, learning_rate=0.05, patience=12, by_length=True)
    return train_tweeteval(Path("unused"), shape, out, seed=0, fit_config=fit, show_progress=False)


def test_confusion_counts_right_classes_in_rows_and_predicted_ones_in_columns() -> None:
    table = confusion(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 1]), 3)

    assert table.tolist() == [[1, 1, 0], [0, 1, 0], [0, 1, 0]]


def test_macro_f1_is_the_mean_over_classes_whatever_their_size() -> None:
    # Class 0: precision 1, recall 0.5. Class 1: precision 1/3, recall 1. Class 2: never found.
    assert macro_f1(confusion(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 1]), 3)) == pytest.approx(
        100 * (2 / 3 + 0.5 + 0) / 3
    )
    assert macro_f1(np.diag([5, 1, 9])) == 100


def test_a_class_that_is_nowhere_counts_as_zero() -> None:
    assert macro_f1(np.array([[4, 0], [0, 0]])) == 50


@pytest.mark.usefixtures("tweets")
def test_a_training_learns_the_classes_and_reports_both_splits(tmp_path: Path) -> None:
    result = _train(tmp_path)

    assert result["test"]["macro_f1"] == 100
    assert result["test"]["interval"] == [100, 100]
    assert result["test"]["accuracy"] == 100
    assert result["val"]["rows"] == len(TWEETS)


@pytest.mark.usefixtures("tweets")
def test_the_same_seed_gives_the_same_result(tmp_path: Path) -> None:
    assert _train(tmp_path / "a") == _train(tmp_path / "b")
