"""The benchmark's contract, on short runs: what it prints, not how fast this machine is."""

import json
import math

import onnx
import pytest

from model.predictor import Predictor
from scripts import benchmark

KEYS = {
    "predict_p50_ms",
    "predict_p99_ms",
    "keras_predict_p50_ms",
    "speedup_vs_keras_predict",
    "service_messages_per_s",
    "bot_rss_mb",
    "cold_start_s",
}


def test_it_prints_one_json_object_with_every_figure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(benchmark, "_SINGLES", 20)
    monkeypatch.setattr(benchmark, "_KERAS_SINGLES", 3)
    monkeypatch.setattr(benchmark, "_SERVICE_MESSAGES", 400)

    assert benchmark.main(["--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures.keys() == KEYS
    assert all(value > 0 for value in figures.values())
    ratio = figures["keras_predict_p50_ms"] / figures["predict_p50_ms"]
    assert figures["speedup_vs_keras_predict"] == pytest.approx(ratio, rel=0.01)


def test_the_network_in_keras_is_as_large_as_the_bundle_s() -> None:
    predictor = Predictor.load()
    graph = onnx.load_model_from_string(predictor.bundle.graph).graph
    sizes = {constant.name: math.prod(constant.dims) for constant in graph.initializer}

    network = benchmark._keras_twin(predictor)

    # ONNX keeps two biases for each gate where Keras keeps their sum, and names a few shapes among its constants.
    assert network.layers[1].count_params() == predictor.bundle.embedding.size
    assert network.count_params() == pytest.approx(predictor.bundle.embedding.size + sum(sizes.values()), rel=0.001)
