from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from model.training.fit import set_seed
from model.training.network import MaskedMax, NetworkConfig, build_network
from model.training.presets import PRESETS

VECTORS = np.random.default_rng(0).normal(size=(20, 50)).astype(np.float32)
INDICES = np.array([[3, 4, 5, 0, 0, 0], [6, 0, 0, 0, 0, 0]], dtype=np.int32)
CHAT = NetworkConfig(7, units=5, train_embedding=True, masked=True, bidirectional=True, pooling="max")


def layers_of(network: keras.Model) -> list[str]:
    return [type(layer).__name__ for layer in network.layers]


def test_the_emojify_preset_is_the_seed_network_to_the_letter() -> None:
    network = build_network(PRESETS["emojify"].network, VECTORS)

    assert layers_of(network) == [
        "InputLayer",
        "Embedding",
        "LSTM",
        "Dropout",
        "LSTM",
        "Dropout",
        "Dense",
        "Activation",
    ]
    _, embedding, first, dropout_1, last, dropout_2, dense, softmax = network.layers
    assert (first.units, first.return_sequences) == (128, True)
    assert (last.units, last.return_sequences) == (128, False)
    assert dropout_1.rate == dropout_2.rate == 0.5
    assert (dense.units, softmax.activation.__name__) == (5, "softmax")
    assert not embedding.trainable
    assert not embedding.mask_zero
    np.testing.assert_array_equal(embedding.get_weights()[0], VECTORS)


def test_the_chat_preset_stays_a_two_layer_lstm_over_word_vectors() -> None:
    network = build_network(PRESETS["chat"].network, VECTORS)

    assert [name for name in layers_of(network) if name in ("Embedding", "LSTM", "Bidirectional")] == [
        "Embedding",
        "LSTM",
        "LSTM",
    ]
    np.testing.assert_array_equal(network.get_layer("embedding").get_weights()[0], VECTORS)
    assert network.output_shape == (None, 64)


def test_a_second_output_says_of_each_outcome_whether_it_fits() -> None:
    ranks, fits = build_network(replace(CHAT, fit_units=4), VECTORS).predict_on_batch(INDICES)

    assert ranks.shape == fits.shape == (2, 7)
    np.testing.assert_allclose(ranks.sum(axis=1), 1, rtol=1e-5)
    assert ((fits > 0) & (fits < 1)).all()
    assert (np.abs(fits.sum(axis=1) - 1) > 0.5).all()  # each number for itself


@pytest.mark.parametrize("config", [NetworkConfig(7, units=5), CHAT])
def test_indices_become_one_distribution_a_row(config: NetworkConfig) -> None:
    probabilities = build_network(config, VECTORS).predict_on_batch(INDICES)

    assert probabilities.shape == (2, 7)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)


def test_a_masked_network_does_not_see_the_padding() -> None:
    network = build_network(CHAT, VECTORS)

    np.testing.assert_allclose(
        network.predict_on_batch(INDICES), network.predict_on_batch(np.pad(INDICES, ((0, 0), (0, 9)))), atol=1e-6
    )


def test_the_seed_network_runs_over_the_padding() -> None:
    network = build_network(NetworkConfig(7, units=5), VECTORS)
    longer = network.predict_on_batch(np.pad(INDICES, ((0, 0), (0, 9))))

    assert np.abs(network.predict_on_batch(INDICES) - longer).max() > 1e-4


def test_the_largest_value_is_taken_among_tokens_only() -> None:
    states = np.array([[[1.0, -5.0], [2.0, -6.0], [9.0, 9.0]]], dtype=np.float32)

    pooled = MaskedMax()(states, mask=np.array([[True, True, False]]))

    np.testing.assert_array_equal(pooled, [[2.0, -5.0]])
    np.testing.assert_array_equal(MaskedMax()(states), [[9.0, 9.0]])


def test_a_saved_network_loads_to_the_same_answers(tmp_path: Path) -> None:
    network = build_network(CHAT, VECTORS)
    network.save(tmp_path / "network.keras")

    again = keras.models.load_model(tmp_path / "network.keras")

    np.testing.assert_array_equal(again.predict_on_batch(INDICES), network.predict_on_batch(INDICES))


def test_a_seed_gives_the_same_weights_again() -> None:
    def kernel(seed: int) -> list[float]:
        set_seed(seed)
        weights: list[float] = build_network(CHAT, VECTORS).get_layer("dense").get_weights()[0].ravel().tolist()
        return weights

    assert kernel(1) == kernel(1)
    assert kernel(1) != kernel(2)
