import itertools
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from model.training.fit import CheckpointError, FitConfig, Progress, fit, predict_rows, set_seed
from model.training.network import NetworkConfig, build_network

Evaluate = Callable[[keras.Model], dict[str, float]]

MAX_LEN = 8
CLASSES = 3
_rng = np.random.default_rng(0)
VECTORS = _rng.normal(size=(40, 50)).astype(np.float32)
LABELS = np.arange(48) % CLASSES
# The class of a row is the number of its first token, less 30; the others are noise.
ROWS = [[30 + int(label), *_rng.integers(3, 30, size=_rng.integers(1, 7)).tolist()] for label in LABELS]
TARGETS = np.eye(CLASSES, dtype=np.float32)[LABELS]
CONFIG = FitConfig(epochs=4, batch_size=16, learning_rate=0.01, word_dropout=0.1, seed=3)
SHAPE = NetworkConfig(CLASSES, units=8, train_embedding=True, masked=True, pooling="max")


def trained(
    folder: Path, config: FitConfig = CONFIG, *, resume: bool = False, evaluate: Evaluate | None = None
) -> tuple[keras.Model, Progress]:
    set_seed(config.seed)
    return fit(
        build_network(SHAPE, VECTORS),
        ROWS,
        TARGETS,
        config,
        max_len=MAX_LEN,
        folder=folder,
        resume=resume,
        evaluate=evaluate,
        show_progress=False,
    )


def accuracy(network: keras.Model) -> dict[str, float]:
    return {"score": float((predict_rows(network, ROWS, MAX_LEN).argmax(axis=1) == LABELS).mean())}


def test_two_outputs_learn_two_targets(tmp_path: Path) -> None:
    # What fits are the class and the one after it, which never ranks first.
    fits = np.maximum(TARGETS, np.roll(TARGETS, 1, axis=1))
    set_seed(0)
    network, progress = fit(
        build_network(replace(SHAPE, fit_units=8), VECTORS),
        ROWS,
        np.stack([TARGETS, fits], axis=1),
        replace(CONFIG, epochs=25),
        max_len=MAX_LEN,
        folder=tmp_path,
        show_progress=False,
    )

    ranked, fitting = predict_rows(network, ROWS, MAX_LEN).transpose(1, 0, 2)
    assert (ranked.argmax(axis=1) == LABELS).mean() > 0.9
    assert ((fitting > 0.5) == (fits > 0)).mean() > 0.9
    assert progress.history[-1]["accuracy"] > progress.history[0]["accuracy"]


def scripted(*scores: float) -> Evaluate:
    """An evaluation that knows its scores in advance, and goes on with the last one."""
    run = itertools.chain(scores, itertools.repeat(scores[-1]))
    return lambda network: {"score": next(run)}


def interrupted_after(epochs: int) -> Evaluate:
    """Accuracy, until Ctrl+C stops the training in the epoch after `epochs`, before its checkpoint."""
    count = itertools.count(1)

    def evaluate(network: keras.Model) -> dict[str, float]:
        if next(count) > epochs:
            raise KeyboardInterrupt
        return accuracy(network)

    return evaluate


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Progress]:
    """A training of two epochs: its folder, and how it went. Shared: copy the folder before going on."""
    folder = tmp_path_factory.mktemp("finished")
    return folder, trained(folder, replace(CONFIG, epochs=2))[1]


@pytest.fixture
def folder(finished: tuple[Path, Progress], tmp_path: Path) -> Path:
    """A copy of the finished training."""
    return shutil.copytree(finished[0], tmp_path / "copy")


@pytest.mark.parametrize("by_length", [False, True])
def test_an_easy_task_is_learned(tmp_path: Path, by_length: bool) -> None:
    network, progress = trained(tmp_path, replace(CONFIG, epochs=15, by_length=by_length))

    assert accuracy(network)["score"] == 1
    assert progress.history[-1]["loss"] < progress.history[0]["loss"] / 2
    assert len(progress.history) == progress.epoch == 15


def test_the_same_seed_gives_the_same_history_and_another_does_not(
    tmp_path: Path, finished: tuple[Path, Progress]
) -> None:
    same, other = (trained(tmp_path / str(seed), replace(CONFIG, epochs=2, seed=seed))[1] for seed in (CONFIG.seed, 4))

    assert same == finished[1]
    assert other.history != same.history


@pytest.mark.parametrize(("patience", "decay"), [(None, False), (3, False), (None, True), (3, True)])
def test_a_resumed_training_goes_on_as_if_never_interrupted(tmp_path: Path, patience: int | None, decay: bool) -> None:
    config = replace(CONFIG, patience=patience, decay=decay)
    network, whole = trained(tmp_path / "whole", config, evaluate=accuracy)
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path / "halves", config, evaluate=interrupted_after(2))

    resumed, progress = trained(tmp_path / "halves", config, resume=True, evaluate=accuracy)

    assert progress == whole
    np.testing.assert_array_equal(predict_rows(resumed, ROWS, MAX_LEN), predict_rows(network, ROWS, MAX_LEN))


def test_resuming_trains_only_the_epochs_after_the_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path, evaluate=interrupted_after(3))
    evaluated: list[keras.Model] = []

    def evaluate(network: keras.Model) -> dict[str, float]:
        evaluated.append(network)
        return accuracy(network)

    trained(tmp_path, resume=True, evaluate=evaluate)

    assert len(evaluated) == 1


def test_a_finished_training_may_be_made_longer(folder: Path, finished: tuple[Path, Progress]) -> None:
    _, longer = trained(folder, replace(CONFIG, epochs=3), resume=True)

    assert longer.history[:2] == finished[1].history
    assert longer.epoch == 3


def learning_rates(folder: Path, config: FitConfig, *, resume: bool = False) -> list[float]:
    """The learning rate at the end of each epoch that is trained."""
    rates: list[float] = []

    def evaluate(network: keras.Model) -> dict[str, float]:
        rates.append(float(network.optimizer.learning_rate))
        return {"score": 0.0}

    trained(folder, config, resume=resume, evaluate=evaluate)
    return rates


def test_without_decay_the_learning_rate_stays(tmp_path: Path) -> None:
    assert learning_rates(tmp_path, CONFIG) == pytest.approx([0.01] * 4)


@pytest.mark.parametrize("batch_size", [16, 20])  # 20: the last batch of an epoch is a smaller one
def test_a_decaying_learning_rate_falls_as_a_cosine_to_nearly_zero(tmp_path: Path, batch_size: int) -> None:
    rates = learning_rates(tmp_path, replace(CONFIG, decay=True, batch_size=batch_size))

    cosine = (1 + np.cos(np.pi * np.arange(1, 5) / 4)) / 2
    assert rates == pytest.approx(0.01 * (0.98 * cosine + 0.02), rel=1e-4)


def test_a_resumed_training_goes_on_with_the_learning_rate_that_it_had(tmp_path: Path) -> None:
    config = replace(CONFIG, decay=True)
    whole = learning_rates(tmp_path / "whole", config)
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path / "halves", config, evaluate=interrupted_after(2))

    assert learning_rates(tmp_path / "halves", config, resume=True) == whole[2:]


@pytest.mark.parametrize("epochs", [1, 3])
def test_a_training_whose_learning_rate_was_planned_for_its_length_keeps_that_length(
    tmp_path: Path, epochs: int
) -> None:
    config = replace(CONFIG, epochs=2, decay=True)
    _, progress = trained(tmp_path, config)

    with pytest.raises(CheckpointError, match="other settings"):
        trained(tmp_path, replace(config, epochs=epochs), resume=True)
    assert trained(tmp_path, config, resume=True)[1] == progress


def test_a_checkpoint_without_decay_is_refused_with_it(folder: Path) -> None:
    with pytest.raises(CheckpointError, match="other settings"):
        trained(folder, replace(CONFIG, epochs=2, decay=True), resume=True)


def test_resuming_without_a_checkpoint_starts_anew(tmp_path: Path) -> None:
    assert trained(tmp_path, replace(CONFIG, epochs=1), resume=True)[1].epoch == 1


def test_without_resume_a_checkpoint_is_not_read(folder: Path) -> None:
    assert trained(folder, replace(CONFIG, epochs=1))[1].epoch == 1


def test_a_checkpoint_of_other_settings_is_refused(folder: Path) -> None:
    with pytest.raises(CheckpointError, match="other settings") as caught:
        trained(folder, replace(CONFIG, batch_size=8), resume=True)
    assert caught.value.path == folder / "checkpoint"


@pytest.mark.parametrize("name", ["progress.json", "latest.keras"])
@pytest.mark.parametrize("content", [b"", b"[1]", b"PK\x03\x04 cut off"])
def test_a_damaged_checkpoint_is_refused(folder: Path, name: str, content: bytes) -> None:
    (folder / "checkpoint" / name).write_bytes(content)

    with pytest.raises(CheckpointError, match="damaged"):
        trained(folder, resume=True)


@pytest.mark.parametrize("keep", [0.3, 0.99])
def test_a_checkpoint_whose_writing_was_cut_off_is_refused(folder: Path, keep: float) -> None:
    path = folder / "checkpoint" / "latest.keras"
    content = path.read_bytes()
    path.write_bytes(content[: int(keep * len(content))])

    with pytest.raises(CheckpointError, match="damaged"):
        trained(folder, resume=True)


def test_lost_weights_of_the_best_epoch_are_a_checkpoint_error(tmp_path: Path) -> None:
    config = replace(CONFIG, epochs=1, patience=2)
    trained(tmp_path, config, evaluate=accuracy)
    (tmp_path / "checkpoint" / "best.weights.h5").unlink()

    with pytest.raises(CheckpointError):
        trained(tmp_path, config, resume=True, evaluate=accuracy)


def test_early_stopping_keeps_the_weights_of_the_best_epoch(tmp_path: Path) -> None:
    snapshots: list[list[np.ndarray]] = []
    scores = scripted(0.1, 0.9, 0.3)

    def evaluate(network: keras.Model) -> dict[str, float]:
        snapshots.append(network.get_weights())
        return scores(network)

    network, progress = trained(tmp_path, replace(CONFIG, epochs=9, patience=2), evaluate=evaluate)

    assert (progress.best_epoch, progress.best_score) == (2, 0.9)
    assert len(snapshots) < 9
    for kept, best in zip(network.get_weights(), snapshots[1], strict=True):
        np.testing.assert_array_equal(kept, best)


def test_training_stops_after_patience_epochs_without_a_better_score(tmp_path: Path) -> None:
    _, progress = trained(tmp_path, replace(CONFIG, epochs=9, patience=2), evaluate=scripted(0.1, 0.9, 0.9, 0.3))

    assert (progress.best_epoch, progress.epoch) == (2, 4)


def test_without_patience_all_epochs_are_trained_and_the_last_is_kept(tmp_path: Path) -> None:
    _, progress = trained(tmp_path, evaluate=scripted(0.9, 0.1))

    assert (progress.epoch, progress.best_epoch) == (4, 4)


def test_predictions_do_not_depend_on_the_batch_size() -> None:
    network = build_network(SHAPE, VECTORS)

    np.testing.assert_allclose(
        predict_rows(network, ROWS, MAX_LEN), predict_rows(network, ROWS, MAX_LEN, batch_size=7), atol=1e-6
    )
