"""One training from labelled messages to a finished bundle: vocabulary, network, fit, calibration, export, scores."""

import hashlib
import json
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np

from model.bundle import BundleConfig, Confidence, load_bundle, save_bundle
from model.labels import Label, load_labels
from model.predictor import Predictor
from model.text import encode
from model.training.calibrate import Calibration, calibrate, cross_entropy_of
from model.training.card import render_card
from model.training.datasets import (
    SEED_LABELS,
    DatasetError,
    Example,
    best_among,
    hard_targets,
    load_examples,
    soft_targets,
)
from model.training.embeddings import build_embedding, load_glove
from model.training.evaluate import evaluate
from model.training.export import MINIMUM_SENTENCES, check_parity, export_graph
from model.training.fit import fit, predict_rows, set_seed
from model.training.network import build_network
from model.training.pictures import draw_confusion, draw_curves
from model.training.presets import Preset

log = logging.getLogger(__name__)

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
    """

    train: Sequence[Path]
    dev: Path | None = None
    test: Path | None = None
    rows: int | None = None


def default_training() -> list[Path]:
    """The training rows of a source checkout: the corpus and the minimal pairs."""
    return [DATA / "chat" / "train", DATA / "chat" / "pairs.tsv"]


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
        ParityError: the exported graph does not answer as Keras does.
    """
    started = time.monotonic()
    labels = labels_of(preset)
    examples = [example for path in sources.train for example in _load(path, preset, labels)]
    if sources.rows is not None:
        chosen = np.random.default_rng(seed).permutation(len(examples))[: sources.rows]
        examples = [examples[i] for i in chosen]
    dev = _load(sources.dev, preset, labels) if sources.dev else []
    if preset.fit.patience is not None and not dev:
        raise DatasetError(sources.train[0], 1, f"the preset {name} needs development rows beside the training rows")
    fingerprints = {
        "data": _fingerprints(*sources.train),
        "dev": _fingerprints(sources.dev) if sources.dev else {},
    }
    set_seed(seed)

    texts = [example.text for example in examples]
    # The label emoji get a token each, so that the network can read them in a message too.
    embedding = build_embedding(texts, size=preset.vocabulary_size, labels=labels if preset.no_reaction else ())
    vocabulary = embedding.vocabulary
    max_len = preset.max_len or max(len(encode(text, vocabulary, 4000)) for text in texts)
    config = replace(preset.network, outcomes=len(labels) + preset.no_reaction)
    network = build_network(config, embedding.vectors)
    log.info(
        "rows=%d vocabulary=%d max_len=%d parameters=%d", len(texts), len(vocabulary), max_len, network.count_params()
    )

    unknown = [1]
    rows = [encode(text, vocabulary, max_len) or unknown for text in texts]
    dev_rows = [encode(example.text, vocabulary, max_len) or unknown for example in dev]
    targets = soft_targets(examples, labels, True) if preset.no_reaction else hard_targets(examples, labels)
    dev_targets = soft_targets(dev, labels, preset.no_reaction)

    def score(network: keras.Model) -> dict[str, float]:
        probabilities = predict_rows(network, dev_rows, max_len)
        right = dev_targets[np.arange(len(dev_targets)), probabilities.argmax(axis=1)] > 0
        return {"dev_loss": cross_entropy_of(probabilities, dev_targets), "score": float(right.mean())}

    run_folder = out / "run"
    run_folder.mkdir(parents=True, exist_ok=True)
    network, progress = fit(
        network,
        rows,
        targets,
        replace(preset.fit, seed=seed),
        max_len=max_len,
        folder=run_folder,
        resume=resume,
        evaluate=score if dev else None,
        show_progress=show_progress,
    )

    calibration = Calibration(temperature=1.0, confidence=Confidence(), threshold=0.0)
    if dev:
        logits = np.log(np.maximum(predict_rows(network, dev_rows, max_len), 1e-12))
        calibration = calibrate(
            logits.astype(np.float64),
            dev_targets.astype(np.float64),
            no_reaction=preset.no_reaction,
            target_precision=preset.target_precision,
        )
    bundle_config = BundleConfig(
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
            "rows": len(examples),
            **fingerprints,
        },
    )
    graph = export_graph(network, config)
    content: dict[str, Any] = {"config": bundle_config, "labels": labels, "words": embedding.words, "graph": graph}
    save_bundle(out, **content, metrics={}, card="")
    predictor = Predictor(load_bundle(out))
    parity = check_parity(network, predictor, _parity_texts(texts))

    summary: dict[str, Any] = {"preset": name, "seed": seed, "epochs": progress.epoch, "parity": parity}
    shown = (examples, predictor.predict_batch(texts))
    if dev:
        shown = (dev, predictor.predict_batch([example.text for example in dev]))
        summary["dev"] = evaluate(*shown, calibration.threshold)
    if sources.test:
        test = _load(sources.test, preset, labels)
        shown = (test, predictor.predict_batch([example.text for example in test]))
        summary["test"] = evaluate(*shown, calibration.threshold)
        summary["test_accuracy"] = summary["test"]["acceptable_at_1"]
    save_bundle(out, **content, metrics=summary, card=render_card(bundle_config, labels, len(vocabulary), summary))
    draw_curves(progress, run_folder / "curves.png")
    draw_confusion(*shown, labels, calibration.threshold, run_folder / "confusion.png")
    (run_folder / "history.json").write_text(json.dumps(progress.history, indent=1), encoding="utf-8")
    return {**summary, "seconds": round(time.monotonic() - started, 1)}


def _load(path: Path, preset: Preset, labels: Sequence[Label]) -> list[Example]:
    if preset.no_reaction:
        return load_examples(path, labels)
    examples = best_among(load_examples(path, load_labels(DATA / "labels.tsv")), labels)
    if not examples:
        raise DatasetError(path, 1, f"no row's best emoji is one of {' '.join(label.emoji for label in labels)}")
    return examples


def _parity_texts(texts: Sequence[str]) -> list[str]:
    """`MINIMUM_SENTENCES` or more of all lengths: training texts and, where they are few, pairs of them."""
    chosen = list(dict.fromkeys(texts))[: 4 * MINIMUM_SENTENCES]
    words, _ = load_glove()
    rng = np.random.default_rng(0)
    while len(chosen) < MINIMUM_SENTENCES:
        first, second = (chosen[i] for i in rng.integers(len(chosen), size=2))
        chosen.append(f"{first} {second} {words[rng.integers(5000)]}")
        chosen = list(dict.fromkeys(chosen))
    return chosen


def _fingerprints(*paths: Path) -> Mapping[str, str]:
    files = [file for path in paths for file in (sorted(path.glob("*.tsv")) if path.is_dir() else [path])]
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
