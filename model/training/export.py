"""From a trained Keras network to an ONNX graph with native LSTM nodes, and the proof that both agree.

Keras' own export of a masked LSTM unrolls into slow loops, so the graph is written here from the weights. ONNX orders
the gates input, output, forget, cell where Keras has input, forget, cell, output (ONNX operator specification, LSTM).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from itertools import pairwise
from typing import Any, Final

import keras
import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from model.errors import ModelError
from model.predictor import Predictor
from model.training.fit import predict_rows
from model.training.network import NetworkConfig

TOLERANCE: Final = 1e-3
MINIMUM_SENTENCES: Final = 500
NETWORK_PROPERTY: Final = "network"
"""The graph's metadata entry that holds its `NetworkConfig` as JSON."""
_OPSET: Final = 17
_GATES: Final = (0, 3, 1, 2)


class ParityError(ModelError):
    """The exported graph does not answer as Keras does. Carries the largest `difference` of probabilities."""

    def __init__(self, difference: float, sentences: int) -> None:
        super().__init__(
            f"The exported graph differs from Keras by {difference:.2e} on {sentences} sentences; "
            f"{TOLERANCE:g} is allowed and {MINIMUM_SENTENCES} sentences are needed."
        )
        self.difference = difference
        self.sentences = sentences


def export_embedding(network: keras.Model) -> npt.NDArray[np.float16]:
    """The vectors of the tokens, float16 (tokens, dimensions)."""
    vectors: npt.NDArray[np.float32] = network.get_layer("embedding").get_weights()[0]
    return vectors.astype(np.float16)


def export_graph(network: keras.Model, config: NetworkConfig) -> bytes:
    """Write `network`, from its embedded tokens on, as a serialised ONNX graph.

    Inputs as `Predictor.inputs` gives them; output `probabilities` float32 (batch, outcomes), of how outcomes rank, and
    from a network of two outputs `fits` of the same shape, logits.
    """
    nodes: list[onnx.NodeProto] = []
    constants: list[onnx.TensorProto] = []

    def constant(name: str, value: npt.NDArray[Any]) -> str:
        constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(kind: str, inputs: Sequence[str], output: str, extra: Sequence[str] = (), **attributes: Any) -> str:
        nodes.append(helper.make_node(kind, list(inputs), [output, *extra], **attributes))
        return output

    def lstm(layer: str, x: str, *outputs: str) -> None:
        """Add an LSTM node over x (time, batch, d) with its first outputs.

        These are all states (time, dirs, batch, units), and the last (dirs, batch, units).
        """
        directions = _directions(network.get_layer(layer))
        weights = {"W": [], "R": [], "B": []}  # type: dict[str, list[npt.NDArray[np.float32]]]
        for kernel, recurrent, bias in directions:
            weights["W"].append(_reorder(kernel).T)
            weights["R"].append(_reorder(recurrent).T)
            weights["B"].append(np.concatenate([_reorder(bias), np.zeros_like(bias)]))
        inputs = [x, *(constant(f"{layer}.{key}", np.stack(value)) for key, value in weights.items()), "lengths"]
        direction = "bidirectional" if len(directions) == 2 else "forward"
        nodes.append(helper.make_node("LSTM", inputs, outputs, hidden_size=config.units, direction=direction))

    dimensions = int(network.get_layer("embedding").get_weights()[0].shape[1])
    lstm("lstm_1", "embedded", "lstm_1.y")
    if config.bidirectional:
        node("Transpose", ["lstm_1.y"], "states", perm=[0, 2, 1, 3])  # (time, batch, dirs, units)
        node("Reshape", ["states", constant("joined", np.array([0, 0, 2 * config.units], np.int64))], "hidden")
    else:
        node("Squeeze", ["lstm_1.y", constant("one_way", np.array([1], np.int64))], "hidden")  # (time, batch, units)
    inputs = [
        helper.make_tensor_value_info("embedded", TensorProto.FLOAT, ["time", "batch", dimensions]),
        helper.make_tensor_value_info("lengths", TensorProto.INT32, ["batch"]),
        helper.make_tensor_value_info("temperature", TensorProto.FLOAT, [1]),
    ]
    if config.pooling == "max":
        lstm("lstm_2", "hidden", "lstm_2.y")
        node("Squeeze", ["lstm_2.y", constant("axis_1", np.array([1], np.int64))], "steps")  # (time, batch, units)
        kept = "steps"
        if config.masked:
            inputs.append(helper.make_tensor_value_info("padding", TensorProto.FLOAT, ["time", "batch", 1]))
            kept = node("Add", ["steps", "padding"], "kept")
        node("ReduceMax", [kept], "pooled", axes=[0], keepdims=0)  # (batch, units)
    else:
        lstm("lstm_2", "hidden", "", "lstm_2.h")
        node("Squeeze", ["lstm_2.h", constant("axis_0", np.array([0], np.int64))], "pooled")

    def dense(layer: str, x: str, output: str) -> None:
        kernel, bias = network.get_layer(layer).get_weights()
        node("Gemm", [x, constant(f"{layer}.W", kernel), constant(f"{layer}.B", bias)], output)

    outputs = ["probabilities"]
    dense("dense", "pooled", "logits")
    node("Softmax", [node("Div", ["logits", "temperature"], "calibrated")], "probabilities")
    if config.fit_units:
        outputs.append("fits")
        dense("fit_hidden", "pooled", "fit_sums")
        dense("fit_dense", node("Relu", ["fit_sums"], "fit_states"), "fits")

    graph = helper.make_graph(
        nodes,
        "emoji",
        inputs,
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", config.outcomes]) for name in outputs],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=8)
    helper.set_model_props(model, {NETWORK_PROPERTY: json.dumps(asdict(config))})
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def check_parity(network: keras.Model, predictor: Predictor, texts: Sequence[str]) -> Mapping[str, float]:
    """Compare the exported graph with Keras on real sentences, at temperature 1.

    Returns:
        The largest difference of probabilities, and the number of sentences.

    Raises:
        ParityError: they differ by more than `TOLERANCE`, or fewer than `MINIMUM_SENTENCES` texts are given.
    """
    rows = predictor.encode(list(dict.fromkeys(texts)))
    config = replace(predictor.bundle.config, temperature=1.0)
    exported = Predictor(replace(predictor.bundle, config=config))
    expected = predict_rows(network, rows, config.max_len)
    # Batches of 1 to 32 rows of mixed lengths, as the service sends them.
    starts = np.cumsum([0, *np.resize(np.arange(1, 33), len(rows))])
    batches = [rows[a:b] for a, b in pairwise(starts) if rows[a:b]]
    outputs = [exported.run(batch) for batch in batches]
    actual = np.concatenate([ranks for ranks, _ in outputs])
    if expected.ndim == 3:
        fits = np.concatenate([logits for _, logits in outputs if logits is not None])
        actual = np.stack([actual, 1 / (1 + np.exp(-fits))], axis=1)
    difference = float(np.abs(actual - expected).max())
    if not difference <= TOLERANCE or len(rows) < MINIMUM_SENTENCES:
        raise ParityError(difference, len(rows))
    return {"largest_difference": difference, "sentences": len(rows)}


def _directions(layer: Any) -> list[list[npt.NDArray[np.float32]]]:
    """The (kernel, recurrent kernel, bias) of an LSTM layer, or of both directions of a bidirectional one."""
    weights = layer.get_weights()
    return [weights[i : i + 3] for i in range(0, len(weights), 3)]


def _reorder(weights: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Gates on the last axis from Keras' order to ONNX's."""
    gates = np.split(weights, 4, axis=-1)
    return np.concatenate([gates[gate] for gate in _GATES], axis=-1)
