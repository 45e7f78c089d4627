"""The weights of a bundle's network, read back from its graph: what `export` wrote, with Keras' order of gates."""

import json
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import onnx
from onnx import numpy_helper

from model.bundle import Bundle
from model.training.export import NETWORK_PROPERTY
from model.training.network import NetworkConfig

Floats = npt.NDArray[np.float32]

_KERAS_GATES: Final = (0, 2, 3, 1)
"""Where ONNX, in its order input, output, forget, cell, keeps Keras' input, forget, cell, output."""


@dataclass(frozen=True, slots=True)
class LstmWeights:
    """Of one direction: `kernel` (d, 4 units), `recurrent` (units, 4 units), `bias` (4 units,)."""

    kernel: Floats
    recurrent: Floats
    bias: Floats


@dataclass(frozen=True, slots=True)
class DenseWeights:
    """`kernel` (d, units) and `bias` (units,)."""

    kernel: Floats
    bias: Floats


@dataclass(frozen=True, slots=True)
class Weights:
    """Everything that the network of a bundle has learned.

    Args:
        config: the shape of the network.
        embedding: float32 (vocabulary, d), as the bundle rounded it.
        lstm_1: of the first layer, forwards and, in a bidirectional one, backwards.
        lstm_2: of the second layer.
        dense: of the output that ranks the outcomes.
        fits: of the hidden layer and the output that say whether each fits; empty in a network without them.
    """

    config: NetworkConfig
    embedding: Floats
    lstm_1: tuple[LstmWeights, ...]
    lstm_2: tuple[LstmWeights, ...]
    dense: DenseWeights
    fits: tuple[DenseWeights, ...]


def read_weights(bundle: Bundle) -> Weights:
    """Read the weights of a bundle that `export_graph` wrote. All that is known here of where a bundle keeps them."""
    model = onnx.load_model_from_string(bundle.graph)
    properties = {entry.key: entry.value for entry in model.metadata_props}
    config = NetworkConfig(**json.loads(properties[NETWORK_PROPERTY]))
    constants = {constant.name: numpy_helper.to_array(constant) for constant in model.graph.initializer}

    def lstm(name: str) -> tuple[LstmWeights, ...]:
        kernels, recurrents, biases = (constants[f"{name}.{key}"] for key in "WRB")
        return tuple(
            LstmWeights(
                _reorder(kernel.T),
                _reorder(recurrent.T),
                _reorder(np.add(*np.split(bias, 2))),  # ONNX adds one bias to the kernel and one to the recurrent
            )
            for kernel, recurrent, bias in zip(kernels, recurrents, biases, strict=True)
        )

    def dense(name: str) -> DenseWeights:
        return DenseWeights(constants[f"{name}.W"], constants[f"{name}.B"])

    return Weights(
        config=config,
        embedding=bundle.embedding.astype(np.float32),
        lstm_1=lstm("lstm_1"),
        lstm_2=lstm("lstm_2"),
        dense=dense("dense"),
        fits=(dense("fit_hidden"), dense("fit_dense")) if config.fit_units else (),
    )


def _reorder(weights: Floats) -> Floats:
    """Gates on the last axis from ONNX's order to Keras'."""
    gates = np.split(weights, 4, axis=-1)
    return np.concatenate([gates[gate] for gate in _KERAS_GATES], axis=-1)
