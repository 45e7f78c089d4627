"""A bundle's network back in Keras, with its weights, for those who want to run it another way than the bot does."""

from typing import Any

import keras

from model.training.network import build_network
from model.training.weights import LstmWeights, Weights


def build_twin(weights: Weights) -> keras.Model:
    """The network in Keras: indices int32 (batch, time) to probabilities, as `build_network` describes."""
    network = build_network(weights.config, weights.embedding)
    network.get_layer("lstm_1").set_weights(_in_order(weights.lstm_1))
    network.get_layer("lstm_2").set_weights(_in_order(weights.lstm_2))
    network.get_layer("dense").set_weights([weights.dense.kernel, weights.dense.bias])
    for name, dense in zip(("fit_hidden", "fit_dense"), weights.fits, strict=False):
        network.get_layer(name).set_weights([dense.kernel, dense.bias])
    return network


def fix_length(network: keras.Model, steps: int, *, unroll: bool) -> keras.Model:
    """The same network for one message of exactly `steps` tokens, which needs no mask.

    Args:
        network: of `build_twin`.
        steps: tokens of a message, its padding included in a network that reads it.
        unroll: whether the steps are written out one after another instead of as a loop.
    """

    def clone(layer: Any) -> Any:
        config = layer.get_config()
        if isinstance(layer, keras.layers.Embedding):
            config["mask_zero"] = False
        for part in ("layer", "backward_layer"):  # of a bidirectional one
            if part in config:
                config[part]["config"]["unroll"] = unroll
        if "unroll" in config:
            config["unroll"] = unroll
        return type(layer).from_config(config)

    inputs = keras.Input(batch_shape=(1, steps), dtype="int32")
    fixed = keras.models.clone_model(network, input_tensors=inputs, clone_function=clone)
    fixed.set_weights(network.get_weights())
    return fixed


def _in_order(directions: tuple[LstmWeights, ...]) -> list[Any]:
    return [array for one in directions for array in (one.kernel, one.recurrent, one.bias)]
