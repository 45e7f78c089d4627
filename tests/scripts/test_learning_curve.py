"""The learning curve, on a toy of the chat preset."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from model.training.presets import PRESETS
from scripts.learning_curve import main
from tests.model.rows import write_tsv


def test_each_size_is_trained_and_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chat = PRESETS["chat"]
    toy = replace(
        chat,
        network=replace(chat.network, units=4),
        fit=replace(chat.fit, epochs=1, patience=1),
        vocabulary_size=100,
    )
    monkeypatch.setattr("model.training.presets.PRESETS", {"chat": toy})
    rows = str(write_tsv(tmp_path / "rows.tsv"))

    assert main(["--rows", "6", "12", "--data", rows, "--dev", rows, "--out", str(tmp_path / "curve")]) == 0
    scores = json.loads((tmp_path / "curve" / "learning_curve.json").read_text(encoding="utf-8"))
    assert list(scores) == ["6", "12"]
    assert (
        json.loads((tmp_path / "curve" / "rows_6" / "config.json").read_text(encoding="utf-8"))["training"]["rows"] == 6
    )
    assert (tmp_path / "curve" / "learning_curve.png").read_bytes().startswith(b"\x89PNG")


def test_a_bad_file_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(tmp_path / "none.tsv"), "--out", str(tmp_path / "curve")]) == 2
    assert "none.tsv, line 1: the file is missing" in capsys.readouterr().err
