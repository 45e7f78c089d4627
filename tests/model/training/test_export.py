import json
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Literal

import keras
import numpy as np
import onnx
import pytest

from model.bundle import Bundle, BundleConfig, Confidence
from model.labels import Label
from model.predictor import Predictor
from model.training import export
from model.training.export import (
    MINIMUM_SENTENCES,
    NETWORK_PROPERTY,
    TOLERANCE,
    ParityError,
    check_parity,
    export_embedding,
    export_graph,
)
from model.training.network import NetworkConfig, build_network

OUTCOMES = 4
POOLINGS: tuple[Literal["last", "max"], ...] = ("last", "max")
VARIANTS = [
    NetworkConfig(OUTCOMES, units=8, masked=masked, bidirectional=bidirectional, pooling=pooling, fit_units=fit_units)
    for masked, bidirectional, pooling, fit_units in product((False, True), (False, True), POOLINGS, (0, 6))
]


@pytest.fixture(scope="module")
def vocabulary(toy_words: tuple[str, ...]) -> dict[str, int]:
    return {word: index for index, word in enumerate(toy_words)}


@pytest.fixture(scope="module")
def texts(toy_words: tuple[str, ...]) -> list[str]:
    """Sentences of 1 to 15 words, some beyond the twelve that are read."""
    rng = np.random.default_rng(0)
    return [" ".join(rng.choice(toy_words[-20:], size=rng.integers(1, 16))) for _ in range(800)]


def network_of(shape: NetworkConfig, size: int) -> keras.Model:
    keras.utils.set_random_seed(1)
    # Twice the usual spread: the gates then saturate here and there, as those of a trained network do.
    return build_network(shape, 2 * np.random.default_rng(1).normal(size=(size, 50)).astype(np.float32))


def predictor_of(
    network: keras.Model, shape: NetworkConfig, vocabulary: dict[str, int], temperature: float = 1.0
) -> Predictor:
    config = BundleConfig(
        max_len=12,
        pads_count=not shape.masked,
        no_reaction=False,
        temperature=temperature,
        confidence=Confidence(),
        threshold=0.0,
    )
    labels = tuple(Label(name, name) for name in "abcd")
    embedding, graph = export_embedding(network), export_graph(network, shape)
    return Predictor(Bundle(Path("toy"), config, labels, vocabulary, embedding, graph))


@pytest.mark.parametrize(
    "shape", VARIANTS, ids=lambda shape: f"{shape.masked}-{shape.bidirectional}-{shape.pooling}-{shape.fit_units}"
)
def test_the_graph_answers_as_keras_does(shape: NetworkConfig, vocabulary: dict[str, int], texts: list[str]) -> None:
    network = network_of(shape, len(vocabulary))

    predictor = predictor_of(network, shape, vocabulary)

    parity = check_parity(network, predictor, texts)

    assert parity["largest_difference"] <= TOLERANCE
    assert parity["sentences"] >= MINIMUM_SENTENCES
    assert (predictor.run([[3, 4]])[1] is None) == (not shape.fit_units)


SHAPE = NetworkConfig(OUTCOMES, units=8, masked=True, bidirectional=True, pooling="max")


def test_parity_is_measured_without_the_temperature(vocabulary: dict[str, int], texts: list[str]) -> None:
    network = network_of(SHAPE, len(vocabulary))

    check_parity(network, predictor_of(network, SHAPE, vocabulary, temperature=2.5), texts)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (0, 3, 2, 1), (1, 3, 0, 2)])
def test_a_graph_with_its_gates_in_the_wrong_order_fails_parity(
    vocabulary: dict[str, int], texts: list[str], order: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "_GATES", order)
    network = network_of(SHAPE, len(vocabulary))

    with pytest.raises(ParityError) as caught:
        check_parity(network, predictor_of(network, SHAPE, vocabulary), texts)
    assert caught.value.difference > 10 * TOLERANCE


@pytest.mark.parametrize("layer", ["dense", "fit_dense"])
def test_the_graph_of_other_weights_fails_parity(vocabulary: dict[str, int], texts: list[str], layer: str) -> None:
    shape = replace(SHAPE, fit_units=6)
    network = network_of(shape, len(vocabulary))
    predictor = predictor_of(network, shape, vocabulary)
    dense = network.get_layer(layer)
    dense.set_weights([dense.get_weights()[0], np.array([0.5, 0, 0, 0])])

    with pytest.raises(ParityError):
        check_parity(network, predictor, texts)


def test_a_network_that_answers_nan_fails_parity(vocabulary: dict[str, int], texts: list[str]) -> None:
    network = network_of(SHAPE, len(vocabulary))
    dense = network.get_layer("dense")
    dense.set_weights([np.full_like(dense.get_weights()[0], np.nan), dense.get_weights()[1]])

    with pytest.raises(ParityError):
        check_parity(network, predictor_of(network, SHAPE, vocabulary), texts)


def test_too_few_different_sentences_prove_nothing(vocabulary: dict[str, int], texts: list[str]) -> None:
    network = network_of(SHAPE, len(vocabulary))

    with pytest.raises(ParityError) as caught:
        check_parity(network, predictor_of(network, SHAPE, vocabulary), texts[:400] * 2)
    assert caught.value.sentences <= 400


def test_the_graph_holds_native_lstm_nodes(vocabulary: dict[str, int]) -> None:
    model = onnx.load_from_string(export_graph(network_of(SHAPE, len(vocabulary)), SHAPE))

    kinds = [node.op_type for node in model.graph.node]
    assert kinds.count("LSTM") == 2
    assert not {"Loop", "Scan", "If"} & set(kinds)


def test_the_embedding_is_small_and_stands_beside_the_graph(vocabulary: dict[str, int]) -> None:
    network = network_of(SHAPE, len(vocabulary))

    embedding = export_embedding(network)

    assert embedding.dtype == np.float16
    assert embedding.shape == (len(vocabulary), 50)
    assert len(export_graph(network, SHAPE)) < 4 * network.count_params() - 2 * embedding.nbytes + 10_000


def test_the_graph_says_which_network_it_was(vocabulary: dict[str, int]) -> None:
    model = onnx.load_from_string(export_graph(network_of(SHAPE, len(vocabulary)), SHAPE))

    properties = {entry.key: entry.value for entry in model.metadata_props}
    assert NetworkConfig(**json.loads(properties[NETWORK_PROPERTY])) == SHAPE
