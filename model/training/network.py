"""The network: word indices to outcome probabilities through two LSTM layers."""

from dataclasses import dataclass
from typing import Any, Literal

import keras
import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """The shape of the network. The defaults are the seed's, to the letter.

    Args:
        outcomes: outputs of the softmax.
        units: width of each LSTM (of each direction where bidirectional).
        dropout: share of each LSTM's outputs dropped while training.
        embedding_dropout: share of embedding dimensions dropped for a whole message while training.
        train_embedding: whether the word vectors are learned further.
        masked: whether rows end at their own length; the seed's network runs over the padding.
        bidirectional: whether the first LSTM reads in both directions.
        pooling: what of the second LSTM is classified: its last state, or its largest values over time.
        fit_units: width of the hidden layer of a second output, which says of each outcome whether it fits at all; 0
            for a network without it.
    """

    outcomes: int
    units: int = 128
    dropout: float = 0.5
    embedding_dropout: float = 0.0
    train_embedding: bool = False
    masked: bool = False
    bidirectional: bool = False
    pooling: Literal["last", "max"] = "last"
    fit_units: int = 0


@keras.saving.register_keras_serializable("emoji_bot")
class MaskedMax(keras.layers.Layer):  # type: ignore[misc]
    """Largest value of each feature over the steps that are not padding: (batch, time, d) to (batch, d)."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.supports_masking = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Reduce over time; `mask` is (batch, time), True where a token stands."""
        if mask is not None:
            inputs = keras.ops.where(keras.ops.expand_dims(mask, -1), inputs, -1e4)
        return keras.ops.max(inputs, axis=1)

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        """Nothing after this layer has a time axis."""


def build_network(config: NetworkConfig, vectors: npt.NDArray[np.float32]) -> keras.Model:
    """Build the network; `vectors` is float32 (vocabulary, d), d = 50 for GloVe alone.

    Input: int32 indices (batch, time), zero-padded. Output: probabilities (batch, outcomes); with `fit_units` a list
    of two such outputs, the second with each number for itself.
    """
    layers = keras.layers
    first = layers.LSTM(config.units, return_sequences=True, name="lstm_1")
    last = config.pooling == "last"

    indices = keras.Input((None,), dtype="int32", name="indices")
    x = layers.Embedding(
        *vectors.shape, weights=[vectors], trainable=config.train_embedding, mask_zero=config.masked, name="embedding"
    )(indices)  # (batch, time, d)
    if config.embedding_dropout:
        x = layers.SpatialDropout1D(config.embedding_dropout)(x)
    x = (layers.Bidirectional(first, name="lstm_1") if config.bidirectional else first)(x)  # (batch, time, 128 or 256)
    x = layers.Dropout(config.dropout)(x)
    x = layers.LSTM(config.units, return_sequences=not last, name="lstm_2")(x)  # (batch, 128) or (batch, time, 128)
    if not last:
        x = MaskedMax(name="pooling")(x)  # (batch, 128)
    x = layers.Dropout(config.dropout)(x)
    ranks = layers.Activation("softmax")(layers.Dense(config.outcomes, name="dense")(x))
    if not config.fit_units:
        return keras.Model(indices, ranks)
    x = layers.Dense(config.fit_units, activation="relu", name="fit_hidden")(x)
    fits = layers.Activation("sigmoid")(layers.Dense(config.outcomes, name="fit_dense")(x))
    return keras.Model(indices, [ranks, fits])
