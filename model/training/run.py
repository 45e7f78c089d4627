"""One training from labelled messages to a finished bundle: vocabulary, network, fit, calibration, export, scores."""

import hashlib
import json
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
import numpy.typing as npt

from model.bundle import Bundle, BundleConfig, Confidence, save_bundle
from model.labels import Label, load_labels
from model.predictor import Predictor
from model.text import UNKNOWN, encode
from model.training.annotations import PublicRows, load_public_rows
from model.training.breakdown import SILENCE, confusions, mistakes
from model.training.calibrate import Calibration, calibrate, cross_entropy_of
from model.training.card import render_card
from model.training.datasets import (
    SEED_LABELS,
    DatasetError,
    Example,
    hard_targets,
    load_examples,
    load_task,
    soft_targets,
)
from model.training.diagrams import draw_confusions
from model.training.embeddings import build_embedding, widen
from model.training.evaluate import evaluate
from model.training.export import MINIMUM_SENTENCES, check_parity, export_embedding, export_graph
from model.training.fit import FitConfig, fit, predict_rows, set_seed
from model.training.material import training_paths
from model.training.network import NetworkConfig, build_network
from model.training.pictures import draw_curves
from model.training.presets import Preset
from model.training.public import ANNOTATED
from model.training.transfer import build_transfer_set, word_vectors

log = logging.getLogger(__name__)

_MISTAKES: Final = 10
"""The most confident wrong reactions on dev that the card shows."""

DATA: Final = Path(__file__).parents[2] / "data"
"""The corpus of a source checkout."""


@dataclass(frozen=True, slots=True)
class Sources:
    """The data of a training: files or folders.

    Args:
        train: training rows.
        dev: development rows, needed by presets that stop early or stay silent.
        test: test rows, scored once at the end.
        rows: take only so many training rows, chosen by the seed.
        public: the folder of the public data, for presets that learn from a teacher; without it they do not.
    """

    train: Sequence[Path]
    dev: Path | None = None
    test: Path | None = None
    rows: int | None = None
    public: Path | None = None


def default_training(preset: Preset) -> list[Path]:
    """The training rows of a source checkout for a preset."""
    return training_paths(DATA, preset.no_reaction)


def labels_of(preset: Preset) -> tuple[Label, ...]:
    """The labels that a preset's network answers with."""
    return load_labels(DATA / "labels.tsv") if preset.no_reaction else SEED_LABELS


def train(
    name: str,
    preset: Preset,
    sources: Sources,
    out: Path,
    *,
    seed: int,
    resume: bool = False,
    show_progress: bool = True,
) -> dict[str, Any]:
    """Train `preset` and write the bundle to `out`; checkpoints, curves and confusion go to `out/run`.

    Returns:
        The summary that the command line prints: metrics on dev and test, parity, seconds.

    Raises:
        DatasetError, LabelsError: a data file is wrong.
        CheckpointError: `resume` found a checkpoint that does not fit.
        ParityError: the exported graph does not answer as Keras does; `out` then holds no new bundle.
    """
    started = time.monotonic()
    labels = labels_of(preset)
    data = _load_data(name, preset, sources, labels, seed)
    run_folder = out / "run"
    run_folder.mkdir(parents=True, exist_ok=True)
    texts = [example.text for example in data.train]
    lesson = _lesson(preset, data, labels, seed=seed, folder=run_folder, resume=resume, show_progress=show_progress)
    set_seed(seed)

    # The label emoji get a token each, so that the network can read them in a message too.
    embedding = build_embedding(
        texts,
        size=preset.vocabulary_size,
        labels=labels if preset.no_reaction else (),
        public=data.public.texts if data.public else (),
    )
    if lesson.teacher is not None and preset.distil is not None:
        of_teacher = word_vectors(lesson.teacher, embedding.words[2:])
        embedding = widen(embedding, of_teacher, preset.distil.word_dimensions)
    vocabulary = embedding.vocabulary
    max_len = preset.max_len or max(len(encode(text, vocabulary, 4000)) for text in lesson.texts)
    config = replace(lesson.network, outcomes=len(labels) + preset.no_reaction)
    network = build_network(config, embedding.vectors)
    log.info("rows=%d vocabulary=%d max_len=%d", len(lesson.texts), len(vocabulary), max_len)

    dev_rows = _encode([example.text for example in data.dev], vocabulary, max_len)
    dev_targets = soft_targets(data.dev, labels, preset.no_reaction)

    def score(network: keras.Model) -> dict[str, float]:
        probabilities, _ = _outputs(predict_rows(network, dev_rows, max_len))
        right = dev_targets[np.arange(len(dev_targets)), probabilities.argmax(axis=1)] > 0
        return {"dev_loss": cross_entropy_of(probabilities, dev_targets), "score": float(right.mean())}

    words_digest = hashlib.sha256("\n".join(embedding.words).encode()).hexdigest()
    network, progress = fit(
        network,
        _encode(lesson.texts, vocabulary, max_len),
        lesson.targets,
        replace(lesson.fit, seed=seed),
        max_len=max_len,
        folder=run_folder,
        identity={
            "network": asdict(config),
            "vocabulary": words_digest,
            "dimensions": embedding.vectors.shape[1],
            **data.fingerprints,
        },
        resume=resume,
        evaluate=score if data.dev else None,
        show_progress=show_progress,
    )

    calibration = Calibration(temperature=1.0, confidence=Confidence(), threshold=0.0)
    if data.dev:
        ranks, fits = _outputs(predict_rows(network, dev_rows, max_len).astype(np.float64))
        calibration = calibrate(
            np.log(np.maximum(ranks, 1e-12)),
            dev_targets.astype(np.float64),
            no_reaction=preset.no_reaction,
            target_precision=preset.target_precision,
            fits=None if fits is None else np.log(np.maximum(fits, 1e-12)) - np.log(np.maximum(1 - fits, 1e-12)),
        )
    bundle = Bundle(
        path=out,
        config=BundleConfig(
            max_len=max_len,
            pads_count=not config.masked,
            no_reaction=preset.no_reaction,
            temperature=calibration.temperature,
            confidence=calibration.confidence,
            threshold=calibration.threshold,
            training={
                "preset": name,
                "seed": seed,
                "epochs": progress.epoch,
                "best_epoch": progress.best_epoch,
                "rows": len(data.train),
                "network": asdict(config),
                **_distillation(preset, lesson, data.public),
                **data.fingerprints,
            },
        ),
        labels=labels,
        vocabulary=vocabulary,
        embedding=export_embedding(network),
        graph=export_graph(network, config),
    )
    predictor = Predictor(bundle)
    parity = check_parity(network, predictor, parity_texts(texts))
    summary = {"preset": name, "seed": seed, "epochs": progress.epoch, "parity": parity} | _report(
        data, predictor, run_folder
    )
    save_bundle(bundle, metrics=summary, card=render_card(bundle, summary))
    draw_curves(progress, run_folder / "curves.png")
    (run_folder / "history.json").write_text(json.dumps(progress.history, indent=1), encoding="utf-8")
    return {**summary, "seconds": round(time.monotonic() - started, 1)}


def parity_texts(texts: Sequence[str]) -> list[str]:
    """Sentences for the parity check: of `texts` and, where they are few, of the corpus, evenly over all lengths.

    Without a corpus (outside a source checkout), pairs of `texts` make up the number.
    """
    corpus = DATA / "chat" / "train"
    pool = list(dict.fromkeys(texts))
    if len(pool) < 4 * MINIMUM_SENTENCES and corpus.is_dir():
        known = load_labels(DATA / "labels.tsv")
        pool = list(dict.fromkeys([*pool, *(example.text for example in load_examples(corpus, known))]))
    rng = np.random.default_rng(0)
    while len(pool) < MINIMUM_SENTENCES:
        pool = list(dict.fromkeys([*pool, " ".join(pool[i] for i in rng.integers(len(pool), size=2))]))
    pool.sort(key=len)
    return [pool[i] for i in np.linspace(0, len(pool) - 1, min(len(pool), 4 * MINIMUM_SENTENCES)).astype(int)]


@dataclass(frozen=True, slots=True)
class _Data:
    train: list[Example]
    dev: list[Example]
    test: list[Example]
    public: PublicRows | None
    fingerprints: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class _Lesson:
    """What which network is shown: `targets` is float32 (len(texts), outcomes) or (len(texts), 2, outcomes)."""

    texts: Sequence[str]
    targets: npt.NDArray[np.float32]
    network: NetworkConfig
    fit: FitConfig
    teacher: Path | None = None


def _distillation(preset: Preset, lesson: _Lesson, public: PublicRows | None) -> dict[str, int]:
    """What the card tells of it; nothing without public data."""
    if preset.distil is None or public is None:
        return {}
    return {
        "shown_rows": len(lesson.texts),
        "annotated_rows": len(public.annotated),
        "teachers": preset.distil.teachers,
        "word_dimensions": preset.distil.word_dimensions,
    }


def _lesson(
    preset: Preset,
    data: _Data,
    labels: Sequence[Label],
    *,
    seed: int,
    folder: Path,
    resume: bool,
    show_progress: bool,
) -> _Lesson:
    """The labelled rows alone, or, with public data, what a teacher says of them and of much more."""
    texts = [example.text for example in data.train]
    if data.public is None or preset.distil is None:
        targets = soft_targets(data.train, labels, True) if preset.no_reaction else hard_targets(data.train, labels)
        return _Lesson(texts, targets, preset.network, preset.fit)
    transfer = build_transfer_set(
        data.train, data.public, labels, preset.distil,
        seed=seed, folder=folder, resume=resume, show_progress=show_progress,
    )  # fmt: skip
    distil = preset.distil
    return _Lesson(
        texts=transfer.texts,
        targets=transfer.targets,
        network=replace(
            preset.network,
            dropout=distil.dropout,
            embedding_dropout=distil.embedding_dropout,
            fit_units=distil.fit_units,
        ),
        fit=distil.fit,
        teacher=transfer.teacher,
    )


def _load_data(name: str, preset: Preset, sources: Sources, labels: Sequence[Label], seed: int) -> _Data:
    """Read all data, so that a bad line ends the training before it begins."""
    known = load_labels(DATA / "labels.tsv")
    splits: dict[str, list[Example]] = {}
    fingerprints: dict[str, dict[str, str]] = {}
    for split, paths in (("data", sources.train), ("dev", [sources.dev]), ("test", [sources.test])):
        present = [path for path in paths if path]
        splits[split] = [example for path in present for example in load_task(path, labels, known, preset.no_reaction)]
        fingerprints[split] = _fingerprints(present)
    rows = splits["data"]
    if preset.fit.patience is not None and not splits["dev"]:
        raise DatasetError(sources.train[0], 1, f"the preset {name} needs development rows beside the training rows")
    if sources.rows is not None:
        if sources.rows > len(rows):
            raise DatasetError(sources.train[0], 1, f"there are {len(rows)} rows and {sources.rows} were asked for")
        rows = [rows[i] for i in np.random.default_rng(seed).permutation(len(rows))[: sources.rows]]
    public = None
    if sources.public is not None:
        public = load_public_rows(sources.public, DATA / "annotations", labels)
        fingerprints["data"] |= _fingerprints([DATA / "annotations" / name / "train.tsv" for name in ANNOTATED])
    return _Data(rows, splits["dev"], splits["test"], public, fingerprints)


def _report(data: _Data, predictor: Predictor, run_folder: Path) -> dict[str, Any]:
    """Scores on dev and test, where there are any, and the confusion picture of the last; else of the training rows."""
    summary: dict[str, Any] = {}
    labels, threshold = predictor.bundle.labels, predictor.threshold
    splits = {"annotated_dev": data.public.dev if data.public else [], "dev": data.dev, "test": data.test}
    scored = {split: examples for split, examples in splits.items() if examples} or {"train": data.train}
    for split, examples in scored.items():
        predictions = predictor.predict_batch([example.text for example in examples])
        if split != "train":
            summary[split] = evaluate(examples, predictions, threshold)
        if split == "dev":
            worst = mistakes(examples, predictions, threshold)[:_MISTAKES]
            summary["mistakes"] = [{**asdict(one), "fits": list(one.fits)} for one in worst]
    if "test" in summary:
        summary["test_accuracy"] = summary["test"]["acceptable_at_1"]
    names = [*(label.name for label in labels), SILENCE]
    draw_confusions(confusions(examples, predictions, labels, threshold), names, run_folder / "confusion.png")
    return summary


def _outputs(probabilities: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[Any] | None]:
    """How outcomes rank and whether each fits, each (rows, outcomes), from what `predict_rows` returned."""
    return (probabilities[:, 0], probabilities[:, 1]) if probabilities.ndim == 3 else (probabilities, None)


def _encode(texts: Sequence[str], vocabulary: Mapping[str, int], max_len: int) -> list[list[int]]:
    return [encode(text, vocabulary, max_len) or [vocabulary[UNKNOWN]] for text in texts]


def _fingerprints(paths: Sequence[Path]) -> dict[str, str]:
    """SHA-256 of each data file, by the last two parts of its path: provenance must name no place on a machine."""
    files = [file for path in paths for file in (sorted(path.glob("*.tsv")) if path.is_dir() else [path])]
    return {"/".join(file.parts[-2:]): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
