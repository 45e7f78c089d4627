"""Bundles, of which somebody else wrote a file."""

import hashlib
import json
import os
import zlib
from math import isclose, isfinite
from pathlib import Path
from typing import Final

from scripts.fuzzing.contract import Run, refused

_COMPUTED: Final = frozenset({"model.onnx", "embedding.npy"})
_SOME: Final = 8
"""Of the other files, one in so many bundles is also run: a session of ONNX Runtime costs more than all else."""


def toy_bundle(folder: Path) -> Path:
    """A bundle of a network as small as it can be, so that most of its bytes say something."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import numpy as np

    from model.bundle import Bundle, BundleConfig, Confidence, save_bundle
    from model.labels import Label
    from model.text import PAD, UNKNOWN
    from model.training.export import export_embedding, export_graph
    from model.training.network import NetworkConfig, build_network

    words = (PAD, UNKNOWN, "good", "bad", "!")
    shape = NetworkConfig(outcomes=3, units=2, masked=True, bidirectional=True, pooling="max", fit_units=1)
    network = build_network(shape, np.eye(len(words), 2, dtype=np.float32))
    bundle = Bundle(
        path=folder,
        config=BundleConfig(
            max_len=8,
            pads_count=False,
            no_reaction=True,
            temperature=0.5,
            confidence=Confidence(bias=2.0, fit=0.25),
            threshold=0.3,
            training={"preset": "toy"},
        ),
        labels=(Label("joy", "😂"), Label("heart", "❤️")),
        vocabulary={word: index for index, word in enumerate(words)},
        embedding=export_embedding(network),
        graph=export_graph(network, shape),
    )
    save_bundle(bundle, metrics={"preset": "toy"}, card="# Toy\n")
    return folder


def _load(folder: Path, *, run: bool) -> None:
    """Load a bundle and perhaps predict with it."""
    from model.bundle import BundleError, load_bundle
    from model.predictor import Predictor

    with refused(BundleError):
        bundle = load_bundle(folder)
        _ = bundle.version
        if not run:
            return
        predictor = Predictor(bundle)
        prediction = predictor.predict("good, bad and unheard of!")
        shares = [candidate.probability for candidate in prediction.candidates]
        assert isclose(sum(shares) + prediction.silence, 1, rel_tol=1e-3) or len(shares) < len(predictor.bundle.labels)
        assert all(isfinite(candidate.confidence) for candidate in prediction.candidates)


def with_file(folder: Path, name: str) -> Run:
    """The bytes stand in a file of a bundle whose config has the right hash for it."""
    bundle = toy_bundle(folder)
    config = json.loads((bundle / "config.json").read_text(encoding="utf-8"))

    def run(content: bytes) -> None:
        (bundle / name).write_bytes(content)
        config["sha256"][name] = hashlib.sha256(content).hexdigest()
        (bundle / "config.json").write_text(json.dumps(config), encoding="utf-8")
        _load(bundle, run=name in _COMPUTED or not zlib.crc32(content) % _SOME)

    return run


def config(folder: Path) -> Run:
    """A bundle's config."""
    bundle = toy_bundle(folder)

    def run(content: bytes) -> None:
        (bundle / "config.json").write_bytes(content)
        _load(bundle, run=not zlib.crc32(content) % _SOME)

    return run


def hashes(folder: Path) -> Run:
    """A bundle in which one file was changed, or two, and the hashes were not: never accepted."""
    from model.bundle import HASHED_FILES, BundleError, load_bundle

    bundle = toy_bundle(folder)
    good = {name: (bundle / name).read_bytes() for name in HASHED_FILES}

    def run(content: bytes) -> None:
        name = HASHED_FILES[content[0] % len(HASHED_FILES)] if content else HASHED_FILES[0]
        changed = content[1:]
        if changed == good[name]:
            return
        (bundle / name).write_bytes(changed)
        try:
            with refused(BundleError):
                load_bundle(bundle)
                raise AssertionError("a changed file was accepted")
        finally:
            (bundle / name).write_bytes(good[name])

    return run
