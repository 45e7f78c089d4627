"""The training loop: seeded, resumable, with early stopping."""

import json
import logging
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf
from tqdm import tqdm

from model.errors import ModelError
from model.text import SPECIAL_TOKENS, UNKNOWN, pad
from model.training.batches import batches

log = logging.getLogger(__name__)

_UNKNOWN_INDEX: Final = SPECIAL_TOKENS.index(UNKNOWN)
_FIT_WEIGHT: Final = 0.25
"""Weight of whether outcomes fit, beside how they rank."""
_LAST_RATE: Final = 0.02
"""Where a decaying learning rate ends, as a share of its start."""


@dataclass(frozen=True, slots=True)
class FitConfig:
    """How to train.

    Args:
        epochs: passes over the data, at most.
        batch_size: rows a step.
        learning_rate: Adam's.
        decay: whether the learning rate falls to nearly zero over all epochs as a cosine (Loshchilov and Hutter, 2017).
        patience: epochs without a better score before training stops; None trains all epochs and keeps the last.
        word_dropout: share of words replaced by `<unk>` while training.
        by_length: whether batches hold rows of like length and are padded to it (masked networks only).
        checkpoint_every: epochs between checkpoints.
        seed: of weights, order, dropout.
    """

    epochs: int = 50
    batch_size: int = 32
    learning_rate: float = 1e-3
    decay: bool = False
    patience: int | None = None
    word_dropout: float = 0.0
    by_length: bool = False
    checkpoint_every: int = 1
    seed: int = 0


@dataclass(slots=True)
class Progress:
    """Where a training stands; saved with each checkpoint."""

    epoch: int = 0
    best_epoch: int = 0
    best_score: float = float("-inf")
    history: list[dict[str, float]] = field(default_factory=list)


class CheckpointError(ModelError):
    """A checkpoint cannot be resumed. Carries `path` and `reason`."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"The checkpoint {path} cannot be resumed: {reason}.")
        self.path = path
        self.reason = reason


def set_seed(seed: int) -> None:
    """Make what follows in this process repeatable: Python, NumPy, Keras and TensorFlow's operations."""
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()


def fit(
    network: keras.Model,
    rows: Sequence[Sequence[int]],
    targets: npt.NDArray[np.float32],
    config: FitConfig,
    *,
    max_len: int,
    folder: Path,
    identity: Mapping[str, Any] | None = None,
    resume: bool = False,
    evaluate: Callable[[keras.Model], dict[str, float]] | None = None,
    show_progress: bool = True,
) -> tuple[keras.Model, Progress]:
    """Train with categorical cross-entropy and Adam; a second output with the summed binary cross-entropies.

    Args:
        network: freshly built; replaced by the checkpoint's where `resume` finds one.
        rows: encoded messages, not padded.
        targets: float32 (len(rows), outcomes), or (len(rows), 2, outcomes) for a network of two outputs: how
            outcomes rank and whether each fits.
        config: how to train.
        max_len: tokens a row is padded to where `by_length` is off.
        folder: takes `checkpoint/` while training runs.
        identity: what else must be equal for a checkpoint to fit: shapes, vocabulary, data; anything JSON can hold.
        resume: continue from `folder/checkpoint` if there is one; otherwise what is there is removed.
        evaluate: called after each epoch; its "score" decides what the best epoch is.
        show_progress: whether to draw a progress bar.

    Returns:
        The network with the weights of the best epoch (the last one without `patience`), and how training went.

    Raises:
        CheckpointError: the checkpoint is of another configuration or identity, or unreadable.
    """
    checkpoint = _Checkpoint(folder / "checkpoint", config, identity or {})
    if not resume:
        checkpoint.remove()
    progress = Progress()
    two = targets.ndim == 3
    network.compile(
        optimizer=keras.optimizers.Adam(_learning_rate(config, len(rows))),
        loss=["categorical_crossentropy", "binary_crossentropy"] if two else "categorical_crossentropy",
        loss_weights=[1.0, _FIT_WEIGHT * targets.shape[-1]] if two else None,  # Keras means over the outcomes
        metrics=[["accuracy"], []] if two else ["accuracy"],
        jit_compile=False,  # XLA would compile every new shape
    )
    if resume and checkpoint.exists():
        network, progress = checkpoint.load()
        log.info("resumed epoch=%d", progress.epoch)
    for epoch in range(progress.epoch, config.epochs):
        if config.patience is not None and epoch - progress.best_epoch >= config.patience:
            break
        rng = np.random.default_rng([config.seed, epoch])
        _seed_dropout(network, rng)
        order = list(batches(rows, config.batch_size, rng, by_length=config.by_length))
        network.reset_metrics()
        bar = tqdm(order, desc=f"epoch {epoch + 1}/{config.epochs}", disable=not show_progress, leave=False)
        sums = {"loss": 0.0, "accuracy": 0.0}
        for batch in bar:
            x = _padded([rows[i] for i in batch], config, max_len, rng)
            y = [targets[batch, 0], targets[batch, 1]] if two else targets[batch]
            logs = network.train_on_batch(x, y, return_dict=True)
            logs["accuracy"] = next(value for key, value in logs.items() if key.endswith("accuracy"))
            sums = {key: total + float(logs[key]) * len(batch) for key, total in sums.items()}
            bar.set_postfix(loss=f"{float(logs['loss']):.3f}", refresh=False)
        record = {key: total / len(rows) for key, total in sums.items()}
        if evaluate is not None:
            record |= evaluate(network)
        progress.epoch = epoch + 1
        progress.history.append(record)
        log.info("epoch=%d %s", epoch + 1, " ".join(f"{key}={value:.4f}" for key, value in record.items()))
        if config.patience is None or record["score"] > progress.best_score:
            progress.best_epoch, progress.best_score = epoch + 1, record.get("score", 0.0)
            if config.patience is not None:
                checkpoint.save_best(network)
        if progress.epoch % config.checkpoint_every == 0:
            checkpoint.save(network, progress)
    if config.patience is not None:
        checkpoint.load_best(network)
    return network, progress


def predict_rows(network: keras.Model, rows: Sequence[Sequence[int]], max_len: int, batch_size: int = 512) -> Any:
    """Keras' own probabilities for encoded rows, padded to `max_len`.

    Returns:
        float32 (len(rows), outcomes), or (len(rows), 2, outcomes) from a network of two outputs.
    """
    parts = [network.predict_on_batch(pad(rows[i : i + batch_size], max_len)) for i in range(0, len(rows), batch_size)]
    return np.concatenate([np.stack(part, axis=1) if isinstance(part, list) else part for part in parts])


def _learning_rate(config: FitConfig, rows: int) -> Any:
    if not config.decay:
        return config.learning_rate
    steps = config.epochs * -(-rows // config.batch_size)
    return keras.optimizers.schedules.CosineDecay(config.learning_rate, steps, alpha=_LAST_RATE)


def _seed_dropout(network: keras.Model, rng: np.random.Generator) -> None:
    """Set the states of all dropout generators, which a saved network does not hold."""
    for layer in network.layers:
        for variable in layer.variables:
            if variable.path.endswith("seed_generator_state"):
                variable.assign(rng.integers(2**31, size=2))


def _padded(
    rows: Sequence[Sequence[int]], config: FitConfig, max_len: int, rng: np.random.Generator
) -> npt.NDArray[np.int32]:
    x = pad(rows, max(map(len, rows)) if config.by_length else max_len)
    if config.word_dropout:
        x[(x > _UNKNOWN_INDEX) & (rng.random(x.shape) < config.word_dropout)] = _UNKNOWN_INDEX
    return x


class _Checkpoint:
    """The files that let a training go on: the network with its optimizer, the best weights, and the progress."""

    def __init__(self, folder: Path, config: FitConfig, identity: Mapping[str, Any]) -> None:
        self._folder = folder
        # As JSON gives it back, to compare with what a file holds. A finished training may be made longer, unless
        # the learning rate was planned for its length.
        epochs = config.epochs if config.decay else None
        self._identity = json.loads(json.dumps({**asdict(config), "epochs": epochs, **identity}))
        self._network = folder / "latest.keras"
        self._best = folder / "best.weights.h5"
        self._state = folder / "progress.json"

    def remove(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def exists(self) -> bool:
        return self._state.is_file()

    def save(self, network: keras.Model, progress: Progress) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        fresh = self._folder / "fresh.keras"
        network.save(fresh)
        fresh.replace(self._network)  # a training killed before the next line repeats an epoch
        text = json.dumps({"identity": self._identity, "progress": asdict(progress)})
        (self._folder / "fresh.json").write_text(text, encoding="utf-8")
        (self._folder / "fresh.json").replace(self._state)

    def save_best(self, network: keras.Model) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        network.save_weights(self._best)

    def load_best(self, network: keras.Model) -> None:
        try:
            network.load_weights(self._best)
        except (OSError, ValueError) as error:
            raise CheckpointError(self._best, "the weights of the best epoch are missing or damaged") from error

    def load(self) -> tuple[keras.Model, Progress]:
        try:
            state = json.loads(self._state.read_text(encoding="utf-8"))
            if state["identity"] != self._identity:
                raise CheckpointError(self._folder, "it was made with other settings or other data")
            return keras.models.load_model(self._network), Progress(**state["progress"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CheckpointError(self._folder, "its files are damaged") from error
