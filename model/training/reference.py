"""The network in plain NumPy, one message at a time: what the graph computes, to be read and to be compared with."""

import numpy as np
import numpy.typing as npt

from model.training.weights import DenseWeights, Floats, LstmWeights, Weights


def forward(weights: Weights, indices: npt.NDArray[np.int32]) -> tuple[Floats, ...]:
    """The probabilities of one message.

    Args:
        weights: of the network.
        indices: int32 (time,), without padding where the network is masked.

    Returns:
        How the outcomes rank, float32 (outcomes,) that sum to 1; from a network that says so, also whether each fits.
    """
    config = weights.config
    x = weights.embedding[indices]  # (time, d)
    forwards = lstm(x, weights.lstm_1[0])  # (time, units)
    if config.bidirectional:
        backwards = lstm(x[::-1], weights.lstm_1[1])[::-1]
        x = np.concatenate([forwards, backwards], axis=1)  # (time, 2 units)
    else:
        x = forwards
    states = lstm(x, weights.lstm_2[0])  # (time, units)
    pooled = states.max(axis=0) if config.pooling == "max" else states[-1]  # (units,)
    ranks = softmax(_dense(pooled, weights.dense))
    if not weights.fits:
        return (ranks,)
    hidden, output = weights.fits
    return ranks, sigmoid(_dense(np.maximum(_dense(pooled, hidden), 0), output))


def lstm(x: Floats, weights: LstmWeights) -> Floats:
    """The states (time, units) of one LSTM over x (time, d) (Hochreiter and Schmidhuber, 1997; Gers et al., 2000)."""
    units = len(weights.recurrent)
    sums = x @ weights.kernel + weights.bias  # (time, 4 units), for all steps at once
    states = np.empty((len(x), units), np.float32)
    state = cell = np.zeros(units, np.float32)
    for step, from_input in enumerate(sums):
        gates = from_input + state @ weights.recurrent  # (4 units,): input, forget, candidate, output
        candidate = np.tanh(gates[2 * units : 3 * units])
        enters, stays = sigmoid(gates[: 2 * units]).reshape(2, units)
        cell = stays * cell + enters * candidate
        state = sigmoid(gates[3 * units :]) * np.tanh(cell)
        states[step] = state
    return states


def softmax(logits: Floats) -> Floats:
    """Of one message's logits (outcomes,)."""
    shares = np.exp(logits - logits.max())
    return np.asarray(shares / shares.sum())


def sigmoid(x: Floats) -> Floats:
    """The logistic function, which cannot overflow in this form."""
    return np.asarray(np.tanh(x * np.float32(0.5)) * np.float32(0.5) + np.float32(0.5))


def _dense(x: Floats, weights: DenseWeights) -> Floats:
    return np.asarray(x @ weights.kernel + weights.bias)
