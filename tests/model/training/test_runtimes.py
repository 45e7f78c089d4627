"""One network run in several ways gives one answer, whatever its shape."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from model.bundle import Bundle, BundleConfig, Confidence
from model.labels import Label
from model.predictor import Predictor
from model.text import pad
from model.training.export import export_embedding, export_graph
from model.training.fit import set_seed
from model.training.network import NetworkConfig, build_network
from model.training.runtimes import Runtime, keras_predict, litert, onnx_runtime, plain_numpy, tf_function
from model.training.twin import build_twin
from model.training.weights import read_weights

MAX_LEN = 9
SHAPES = {
    "the seed's": NetworkConfig(8, units=6),
    "masked, last state": NetworkConfig(8, units=6, masked=True),
    "masked, maximum": NetworkConfig(8, units=6, masked=True, pooling="max"),
    "both ways, with fits": NetworkConfig(
        8, units=6, masked=True, bidirectional=True, pooling="max", fit_units=4
    ),
}  # fmt: skip


@pytest.fixture(scope="module", params=SHAPES)
def predictor(request: pytest.FixtureRequest, toy_labels: tuple[Label, ...], toy_words: tuple[str, ...]) -> Predictor:
    """A network of the shape, with random weights and biases."""
    shape = SHAPES[request.param]
    rng = np.random.default_rng(0)
    set_seed(0)
    network = build_network(shape, rng.normal(size=(len(toy_words), 50)).astype(np.float16).astype(np.float32))
    network.set_weights(
        [one + rng.normal(scale=0.2, size=one.shape) * (one.ndim == 1) for one in network.get_weights()]
    )
    config = BundleConfig(
        max_len=MAX_LEN,
        pads_count=not shape.masked,
        no_reaction=True,
        temperature=1.0,
        confidence=Confidence(),
        threshold=0.5,
    )
    vocabulary = {word: index for index, word in enumerate(toy_words)}
    return Predictor(
        Bundle(Path("toy"), config, toy_labels, vocabulary, export_embedding(network), export_graph(network, shape))
    )


def test_the_numpy_reference_answers_as_the_graph_does(predictor: Predictor) -> None:
    reference = plain_numpy(read_weights(predictor.bundle))
    rng = np.random.default_rng(1)
    words = len(predictor.bundle.vocabulary)
    rows = [rng.integers(1, words, size=rng.integers(1, MAX_LEN + 1)).tolist() for _ in range(50)]
    assert _largest_difference(predictor, reference, rows) < 1e-4


def test_keras_and_its_compiled_forms_answer_as_the_graph_does(predictor: Predictor) -> None:
    network = build_twin(read_weights(predictor.bundle))
    rows = [[1, 5, 6, 7], [3, 4, 9, 2, 11, 8]]
    for runtime in (keras_predict(network), tf_function(network, xla=False), tf_function(network, xla=True)):
        assert _largest_difference(predictor, runtime, rows) < 1e-4


@pytest.mark.parametrize("unroll", [False, True])
def test_litert_of_a_fixed_length_answers_as_the_graph_does(predictor: Predictor, *, unroll: bool) -> None:
    network = build_twin(read_weights(predictor.bundle))
    steps = MAX_LEN if predictor.bundle.config.pads_count else 5
    runtime = litert(network, steps, unroll=unroll)
    assert _largest_difference(predictor, runtime, [[1, 5, 6, 7, 2], [3, 4, 9, 2, 11]]) < 1e-4


def test_the_numpy_reference_answers_as_the_shipped_graph_does() -> None:
    predictor = Predictor.load()
    reference = plain_numpy(read_weights(predictor.bundle))
    rng = np.random.default_rng(2)
    words = len(predictor.bundle.vocabulary)
    rows = [rng.integers(1, words, size=length).tolist() for length in range(1, predictor.bundle.config.max_len + 1)]
    assert _largest_difference(predictor, reference, rows) < 1e-4


def test_a_network_read_back_has_the_weights_that_were_exported(predictor: Predictor) -> None:
    weights = read_weights(predictor.bundle)
    again = export_graph(build_twin(weights), weights.config)
    assert again == predictor.bundle.graph


def _largest_difference(predictor: Predictor, runtime: Runtime, rows: Sequence[list[int]]) -> float:
    own, width = onnx_runtime(predictor), MAX_LEN if predictor.bundle.config.pads_count else None
    differences = []
    for row in rows:
        indices = pad([row], width or len(row))
        answers, expected = runtime(indices), own(indices)
        assert len(answers) == len(expected) == (2 if len(predictor.session.get_outputs()) == 2 else 1)
        differences += [float(np.abs(a - b).max()) for a, b in zip(answers, expected, strict=True)]
        assert all(a.shape == b.shape for a, b in zip(answers, expected, strict=True))
    return max(differences)
