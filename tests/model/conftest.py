"""A toy bundle, made by the real network and the real export, that the tests of the model side share."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from model.bundle import Bundle, BundleConfig, Confidence, load_bundle, save_bundle
from model.labels import Label
from model.predictor import Predictor
from model.text import SPECIAL_TOKENS

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


@pytest.fixture(scope="session")
def toy_labels() -> tuple[Label, ...]:
    """Seven labels: more than the five candidates of a prediction."""
    pairs = {"joy": "😂", "heart": "❤️", "fire": "🔥", "tada": "🎉", "cry": "😢", "pizza": "🍕", "eyes": "👀"}
    return tuple(Label(name, emoji) for name, emoji in pairs.items())


@pytest.fixture(scope="session")
def toy_words() -> tuple[str, ...]:
    """The special tokens and a few words."""
    return (
        *SPECIAL_TOKENS,
        *"the a is so good bad we won lost love this pizza night tomorrow see you ! ? . 🔥".split(),
    )


@pytest.fixture(scope="session")
def toy_bundle(
    tmp_path_factory: pytest.TempPathFactory, toy_labels: tuple[Label, ...], toy_words: tuple[str, ...]
) -> Path:
    """The folder of an untrained toy bundle of the `chat` shape. Shared: copy it before changing it."""
    from model.training.export import export_embedding, export_graph
    from model.training.fit import set_seed
    from model.training.network import NetworkConfig, build_network

    shape = NetworkConfig(len(toy_labels) + 1, units=6, masked=True, bidirectional=True, pooling="max", fit_units=4)
    vectors = np.random.default_rng(0).normal(size=(len(toy_words), 50)).astype(np.float16).astype(np.float32)
    set_seed(0)
    network = build_network(shape, vectors)
    folder = tmp_path_factory.mktemp("toy") / "bundle"
    bundle = Bundle(
        path=folder,
        config=BundleConfig(
            max_len=12,
            pads_count=False,
            no_reaction=True,
            temperature=0.5,
            confidence=Confidence(bias=2.0, fit=0.25),
            threshold=0.3,
            training={"preset": "toy"},
        ),
        labels=toy_labels,
        vocabulary={word: index for index, word in enumerate(toy_words)},
        embedding=export_embedding(network),
        graph=export_graph(network, shape),
    )
    save_bundle(bundle, metrics={"preset": "toy"}, card="# Model card: toy\n")
    return folder


@pytest.fixture(scope="session")
def toy_predictor(toy_bundle: Path) -> Predictor:
    """A predictor on the toy bundle."""
    return Predictor(load_bundle(toy_bundle))


@pytest.fixture
def bundle_copy(toy_bundle: Path, tmp_path: Path) -> Path:
    """A copy of the toy bundle, to damage."""
    return shutil.copytree(toy_bundle, tmp_path / "bundle")
