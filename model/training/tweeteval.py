"""The network on a public benchmark: the emoji task of TweetEval (Barbieri et al., 2020), SemEval-2018 task 2.

Published scores are on texts in which U+FE0F was left where ❤️ or ☀️ was cut out, which gives the label away. It is
removed here, as from all public texts.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
import numpy.typing as npt

from model.text import UNKNOWN, encode
from model.training.embeddings import build_embedding
from model.training.fit import FitConfig, fit, predict_rows, set_seed
from model.training.network import NetworkConfig, build_network
from model.training.public import tweeteval, tweeteval_labels

log = logging.getLogger(__name__)

Floats = npt.NDArray[np.float64]

FIT: Final = FitConfig(
    epochs=10, batch_size=64, learning_rate=2e-3, decay=True, patience=10, word_dropout=0.1, by_length=True
)
"""Trains all epochs; where there are validation tweets, keeps the one that is best on them."""
DROPOUT: Final = 0.3
EMBEDDING_DROPOUT: Final = 0.2

_MAX_LEN: Final = 64
_VOCABULARY: Final = 60_000
_BALANCE: Final = 0.5
"""A class weighs its frequency to minus this power: the score counts all classes alike, the tweets do not."""
_SHIFTS: Final = tuple(np.linspace(0.0, 0.8, 9).tolist())
"""Shares of the log-frequency taken off a class's log-probability that are tried on the validation tweets
(Menon et al., 2021, "Long-Tail Learning via Logit Adjustment")."""
_RESAMPLES: Final = 2_000


def train_tweeteval(
    public: Path, shape: NetworkConfig, out: Path, *, seed: int, fit_config: FitConfig = FIT, show_progress: bool = True
) -> dict[str, Any]:
    """Train a network of the given shape on TweetEval's tweets alone and score the 50,000 test tweets.

    A network that learns from the 45,000 training tweets is scored on the 5,000 validation tweets, which choose the
    shift of the classes; one that learns from both is scored on the test tweets. Dropouts are replaced by those that
    suit so many rows.

    Returns:
        Macro-averaged F1 and accuracy on validation and test tweets, in percent, F1 with a 95% bootstrap interval.

    Raises:
        PublicDataError: a public file is missing or not the published one.
    """
    classes = len(tweeteval_labels(public))
    (train, y), (val, val_y), (test, test_y) = (_split(public, name) for name in ("train", "val", "test"))
    set_seed(seed)
    embedding = build_embedding(train, size=_VOCABULARY)
    vocabulary = embedding.vocabulary

    def rows(texts: Sequence[str]) -> list[list[int]]:
        return [encode(text, vocabulary, _MAX_LEN) or [vocabulary[UNKNOWN]] for text in texts]

    def train_on(texts: Sequence[str], labels: npt.NDArray[np.intp], how: FitConfig, **more: Any) -> Any:
        frequency = np.bincount(labels, minlength=classes) / len(labels)
        weight = frequency**-_BALANCE
        weight /= (weight * frequency).sum()
        return fit(
            build_network(
                replace(shape, outcomes=classes, dropout=DROPOUT, embedding_dropout=EMBEDDING_DROPOUT),
                embedding.vectors,
            ),
            rows(texts),
            (np.eye(classes)[labels] * weight[labels, None]).astype(np.float32),
            replace(how, seed=seed),
            max_len=_MAX_LEN,
            folder=out,
            show_progress=show_progress,
            **more,
        )

    def log_probabilities(network: keras.Model, encoded: list[list[int]]) -> Floats:
        return np.asarray(np.log(predict_rows(network, encoded, _MAX_LEN) + 1e-9), dtype=np.float64)

    val_rows = rows(val)

    def score(network: keras.Model) -> dict[str, float]:
        predicted = predict_rows(network, val_rows, _MAX_LEN).argmax(axis=1)
        return {"score": macro_f1(confusion(val_y, predicted, classes))}

    network, progress = train_on(train, y, fit_config, evaluate=score)
    on_val = log_probabilities(network, val_rows)
    seen = np.bincount(y, minlength=classes) ** (1 - _BALANCE)  # in proportion to what the network is shown of a class
    shift = max(_SHIFTS, key=lambda s: macro_f1(confusion(val_y, (on_val - s * np.log(seen)).argmax(axis=1), classes)))
    # What the validation tweets had to choose is chosen: the network that is scored learns from them, too.
    network, _ = train_on([*train, *val], np.concatenate([y, val_y]), replace(fit_config, patience=None))
    on_test = log_probabilities(network, rows(test))
    result: dict[str, Any] = {"seed": seed, "best_epoch": progress.best_epoch, "shift": round(shift, 2)}
    for name, logs, right in (("val", on_val, val_y), ("test", on_test, test_y)):
        table = confusion(right, (logs - shift * np.log(seen)).argmax(axis=1), classes)
        low, high = _interval(table)
        result[name] = {
            "macro_f1": round(macro_f1(table), 2),
            "interval": [round(low, 2), round(high, 2)],
            "accuracy": round(100 * float(np.trace(table)) / len(right), 2),
            "rows": len(right),
        }
    return result


def confusion(right: npt.NDArray[np.intp], predicted: npt.NDArray[np.intp], classes: int) -> npt.NDArray[np.intp]:
    """How often a class (row) was predicted as another (column): (classes, classes)."""
    return np.bincount(right * classes + predicted, minlength=classes**2).reshape(classes, classes)


def macro_f1(table: npt.NDArray[Any]) -> float:
    """The mean of the classes' F1 in percent, from a confusion table; a class never seen nor predicted counts as 0."""
    hits = np.diagonal(table)
    both = table.sum(axis=0) + table.sum(axis=1)
    return float(100 * (2 * hits / np.maximum(both, 1)).mean())


def _interval(table: npt.NDArray[np.intp]) -> tuple[float, float]:
    """A 95% percentile bootstrap interval (Efron and Tibshirani, 1993): resampled rows are resampled cells."""
    total = int(table.sum())
    drawn = np.random.default_rng(0).multinomial(total, (table / total).ravel(), size=_RESAMPLES)
    low, high = np.quantile([macro_f1(one.reshape(table.shape)) for one in drawn], [0.025, 0.975])
    return float(low), float(high)


def _split(public: Path, name: Any) -> tuple[list[str], npt.NDArray[np.intp]]:
    rows = tweeteval(public, name)
    return [text for text, _ in rows], np.array([label for _, label in rows], dtype=np.intp)
