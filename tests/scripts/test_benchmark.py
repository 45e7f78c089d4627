"""The benchmark's contract, on short runs: what it prints, not how fast this machine is."""

import json

import pytest

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
