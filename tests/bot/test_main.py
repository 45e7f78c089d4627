"""The command line: every start-up failure is one sentence and a non-zero exit."""

import asyncio
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from unittest.mock import AsyncMock, Mock

import discord
import pytest

from bot.__main__ import main
from bot.invite import invite_link
from bot.settings import SETTING_KEYS
from tests.wire.payloads import BOT
from tests.wire.server import TOKEN, WireServer

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def clean_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings from outside, and no .env."""
    for key in SETTING_KEYS:
        monkeypatch.delenv(key, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(logging.root, "handlers", [])


@pytest.fixture(autouse=True)
def log_levels() -> Iterator[None]:
    """The levels of the log belong to the process, so they are put back."""
    loggers = [logging.getLogger(name) for name in (None, "bot", "model", "discord")]
    levels = [logger.level for logger in loggers]
    yield
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


def _sentence(capsys: pytest.CaptureFixture[str]) -> str:
    """The last line of standard error, which must hold no traceback before it."""
    err = capsys.readouterr().err
    assert "Traceback" not in err
    sentence = err.splitlines()[-1]
    assert sentence.endswith(".")
    return sentence


def test_a_first_start_says_in_one_line_that_it_made_the_tables(tmp_path: Path) -> None:
    environment = {**os.environ, "DISCORD_TOKEN": TOKEN, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "bot", "check"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=True)

    (line,) = done.stderr.splitlines()
    assert "database migrated from=None to=" in line


def test_check_accepts_good_settings(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "a.b.c")

    assert main(["check"]) == 0
    assert "63 emoji" in capsys.readouterr().out


@pytest.mark.parametrize("command", [[], ["run"], ["check"], ["invite"]])
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


def test_the_most_talkative_log_is_only_the_bots_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "a.b.c")
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")

    assert main(["check"]) == 0
    names = ("bot.reactor", "model.service", "discord.gateway", "aiosqlite", "asyncio")
    levels = [logging.getLevelName(logging.getLogger(name).getEffectiveLevel()) for name in names]
    assert levels == ["DEBUG", "DEBUG", "INFO", "INFO", "INFO"]


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


def test_invite_prints_the_link_of_an_id_without_asking_anybody(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["invite", "--application-id", "123456789012345678"]) == 0
    link = capsys.readouterr().out.rstrip("\n")
    assert link.startswith("https://discord.com/oauth2/authorize?client_id=123456789012345678&")
    assert "permissions=66624" in link


@pytest.mark.parametrize("application_id", ["", "12", "-123456789012345678", "my-bot", "1" * 30])
def test_invite_refuses_what_is_no_id(application_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["invite", f"--application-id={application_id}"])

    assert ended.value.code == 2
    assert "15 to 20 digits" in capsys.readouterr().err


async def test_invite_asks_discord_for_the_id(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    async with WireServer() as server:
        monkeypatch.setattr(discord.http.Route, "BASE", server.api_url)
        assert await asyncio.to_thread(main, ["invite"]) == 0

    out, err = capsys.readouterr()
    assert out == f"{invite_link(BOT.id)}\n"
    assert err == ""


async def test_invite_says_when_discord_refuses_the_token(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "another.old.token")
    async with WireServer() as server:
        monkeypatch.setattr(discord.http.Route, "BASE", server.api_url)
        assert await asyncio.to_thread(main, ["invite"]) == 2

    assert "Discord refused the token" in _sentence(capsys)


def test_invite_says_when_discord_cannot_be_reached(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    monkeypatch.setattr(discord.http.Route, "BASE", "http://127.0.0.1:9/api/v10")

    assert main(["invite"]) == 75
    assert "Discord cannot be reached" in _sentence(capsys)


@pytest.mark.parametrize(
    ("status", "exit_status"), [(429, 75), (503, 75), (404, 2)], ids=["slow down", "out of order", "no such thing"]
)
def test_what_discord_answers_decides_whether_to_try_again(
    status: int, exit_status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reply = Mock(status=status, reason="")
    error = discord.DiscordServerError(reply, "") if status >= 500 else discord.HTTPException(reply, "")
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    monkeypatch.setattr(discord.Client, "login", AsyncMock(side_effect=error))

    assert main(["invite"]) == exit_status
    assert "Discord ended the connection" in _sentence(capsys)


def test_a_port_for_the_metrics_that_is_taken_is_a_mistake_of_the_operator(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        monkeypatch.setenv("METRICS_PORT", str(port))

        assert main(["run"]) == 2
    assert _sentence(capsys) == (
        f"The metrics cannot be served on 127.0.0.1, port {port}: address already in use. "
        "Choose another METRICS_PORT or METRICS_HOST."
    )


def test_a_database_out_of_reach_is_no_mistake_of_the_operator(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    monkeypatch.setenv("DATABASE_URL", "postgresql://bot:secret@127.0.0.1:9/bot")

    assert main(["check"]) == 75
    assert "secret" not in _sentence(capsys)


def test_a_database_that_is_damaged_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "emoji-bot.db").write_bytes(b"not a database at all, " * 100)
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)

    assert main(["check"]) == 2
    assert "cannot be used" in _sentence(capsys)


def test_serving_and_predicting_import_nothing_that_only_training_or_watching_needs() -> None:
    libraries = {"tensorflow", "keras", "torch", "onnx", "matplotlib", "simcord", "prometheus_client", "aiohttp.web"}
    code = (
        "import sys, bot.__main__, bot.client, scripts.predict, scripts.evaluate\n"
        f"print(sorted(sys.modules.keys() & {libraries}))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)

    assert done.stdout.strip() == "[]"
