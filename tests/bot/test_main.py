"""The command line: every start-up failure is one sentence and a non-zero exit."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.settings import SETTING_KEYS

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def clean_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings from outside, and no .env."""
    for key in SETTING_KEYS:
        monkeypatch.delenv(key, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(logging.root, "handlers", [])


def _sentence(capsys: pytest.CaptureFixture[str]) -> str:
    """The last line of standard error, which must hold no traceback before it."""
    err = capsys.readouterr().err
    assert "Traceback" not in err
    sentence = err.splitlines()[-1]
    assert sentence.endswith(".")
    return sentence


def test_check_accepts_good_settings(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "a.b.c")

    assert main(["check"]) == 0
    assert "63 emoji" in capsys.readouterr().out


@pytest.mark.parametrize("command", [[], ["run"], ["check"]])
def test_without_a_token_it_says_so(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command) == 2
    assert "DISCORD_TOKEN is not set" in _sentence(capsys)


@pytest.mark.parametrize("command", ["check", "demo"])
def test_a_bad_bundle_is_named(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MODEL_DIR", str(tmp_path))
    monkeypatch.setenv("DISCORD_TOKEN", "a.b.c")

    assert main([command]) == 2
    assert f"{tmp_path} cannot be used: it has no config.json." in _sentence(capsys)


def test_settings_come_from_the_env_file_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".env").write_text("THRESHOLD=2\nLOG_LEVEL=loud\n", encoding="utf-8")

    assert main(["check"]) == 2
    sentence = _sentence(capsys)
    assert "THRESHOLD" in sentence
    assert "LOG_LEVEL" in sentence


@pytest.mark.parametrize("arguments", [["--port", "99999"], ["--channel", "attic"]])
def test_the_demo_refuses_what_it_cannot_serve(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", *arguments]) == 2
    assert _sentence(capsys).startswith("The demo ")


def test_serving_and_predicting_import_no_training_library() -> None:
    code = (
        "import sys, bot.__main__, bot.client, scripts.predict, scripts.evaluate\n"
        "print(sorted(sys.modules.keys() & {'tensorflow', 'keras', 'torch', 'onnx', 'matplotlib', 'simcord'}))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)

    assert done.stdout.strip() == "[]"
