"""One network, run in several ways. Each takes one message and gives its probabilities, so that all can be compared."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from model.predictor import Predictor
from model.training.reference import forward, sigmoid
from model.training.twin import fix_length
from model.training.weights import Floats, Weights

Indices = npt.NDArray[np.int32]
Runtime = Callable[[Indices], tuple[Floats, ...]]
"""From int32 (1, time) to float32 (outcomes,): how outcomes rank and, where the network says so, whether each fits."""


def keras_predict(network: keras.Model) -> Runtime:
    """`keras.Model.predict`, the seed's way."""

    def run(indices: Indices) -> tuple[Floats, ...]:
        return _first_rows(network.predict(indices, verbose=0))

    return run


def tf_function(network: keras.Model, *, xla: bool) -> Runtime:
    """A compiled `tf.function`, of any length or, by XLA, anew for each length."""
    signature = None if xla else [tf.TensorSpec((1, None), tf.int32)]
    call = tf.function(_inference(network), input_signature=signature, jit_compile=xla, autograph=False)

    def run(indices: Indices) -> tuple[Floats, ...]:
        outputs = call(tf.constant(indices))
        return _first_rows([output.numpy() for output in outputs] if isinstance(outputs, list) else outputs.numpy())

    return run


def litert(network: keras.Model, steps: int, *, unroll: bool) -> Runtime:
    """LiteRT with its XNNPACK kernels on one thread, for messages of exactly `steps` tokens.

    Its built-in operators take no LSTM of Keras 3 whose length is open, hence one graph for each length, with its steps
    in a loop or written out.
    """
    fixed = fix_length(network, steps, unroll=unroll)
    signature = [tf.TensorSpec((1, steps), tf.int32)]
    call = tf.function(_inference(fixed), input_signature=signature, autograph=False).get_concrete_function()
    # Frozen: the interpreter does not find variables inside a loop.
    converter = tf.lite.TFLiteConverter.from_concrete_functions([convert_variables_to_constants_v2(call)], fixed)
    interpreter = Interpreter(model_content=converter.convert(), num_threads=1)
    interpreter.allocate_tensors()
    source = interpreter.get_input_details()[0]["index"]
    outputs = [one["index"] for one in sorted(interpreter.get_output_details(), key=lambda one: one["name"])]

    def run(indices: Indices) -> tuple[Floats, ...]:
        interpreter.set_tensor(source, indices)
        interpreter.invoke()
        return tuple(interpreter.get_tensor(output)[0] for output in outputs)

    return run


def plain_numpy(weights: Weights) -> Runtime:
    """The readable reference in NumPy."""
    return lambda indices: forward(weights, indices[0])


def onnx_runtime(predictor: Predictor) -> Runtime:
    """The bot's way, before its probabilities are calibrated: at temperature 1, as the others answer."""
    bundle = predictor.bundle
    uncalibrated = Predictor(replace(bundle, config=replace(bundle.config, temperature=1.0)))

    def run(indices: Indices) -> tuple[Floats, ...]:
        ranks, fits = uncalibrated.run(indices.tolist())
        return (ranks[0],) if fits is None else (ranks[0], sigmoid(fits[0]))

    return run


def _inference(network: keras.Model) -> Callable[[Any], Any]:
    def call(indices: Any) -> Any:
        return network(indices, training=False)

    return call


def _first_rows(outputs: Any) -> tuple[Floats, ...]:
    """Of arrays (1, outcomes), a list of them or one."""
    return tuple(output[0] for output in outputs) if isinstance(outputs, list) else (outputs[0],)
