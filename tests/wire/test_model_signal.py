"""SIGHUP: another model in the place of the old one, while the bot goes on reacting."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path
from typing import Final

import pytest

from model.predictor import Predictor
from tests.bundles import copy_bundle, flag_bundle, replace_folder, set_config
from tests.wire.bots import CACHE_SECONDS, PROGRAM, PROJECT, end, process, until_logged
from tests.wire.server import TOKEN, WireServer

CLEAN: Final = 1000
NEWS: Final = "we won the finals!!!"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGHUP")


@pytest.fixture(scope="module")
def flags(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that answers with flags."""
    return flag_bundle(tmp_path_factory.mktemp("flags") / "bundle")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the bot's model lies; a symbolic link, to be replaced."""
    copy_bundle(tmp_path / "shipped")
    (tmp_path / "model").symlink_to(tmp_path / "shipped")
    return tmp_path / "model"


async def _reaction(server: WireServer) -> str:
    """What the bot reacts with to good news."""
    message = await server.say(NEWS)
    await server.until_reacted(message)
    return next(reaction.emoji for reaction in server.reactions if reaction.message == message)


async def test_sighup_swaps_the_model_and_says_so_in_one_line(
    server: WireServer, tmp_path: Path, folder: Path, flags: Path
) -> None:
    old, new = Predictor.load(folder), Predictor.load(flags)
    async with process(server, tmp_path, log_level="INFO", MODEL_DIR=str(folder)) as child:
        await server.until_ready()
        assert await _reaction(server) == old.predict(NEWS).candidates[0].emoji
        replace_folder(folder, flags)
        child.send_signal(signal.SIGHUP)
        line = await until_logged(child, "model ")
        while "reloaded" not in line:
            line = await until_logged(child, "model ")
        assert line.endswith(f"model reloaded before={old.version} after={new.version} labels=63")
        assert await _reaction(server) == new.predict(NEWS).candidates[0].emoji
        child.send_signal(signal.SIGHUP)
        assert (await until_logged(child, "model ")).endswith(f"model unchanged version={new.version}")
        child.terminate()
        status, words = await end(child)
    assert status == 0
    assert "Traceback" not in words


async def test_sighup_with_a_bad_bundle_keeps_the_model_and_says_why_in_one_line(
    server: WireServer, tmp_path: Path, folder: Path
) -> None:
    old = Predictor.load(folder)
    async with process(server, tmp_path, log_level="WARNING", MODEL_DIR=str(folder)) as child:
        await server.until_ready()
        before = await _reaction(server)
        set_config(folder, format_version=99)
        child.send_signal(signal.SIGHUP)
        line = await until_logged(child, "not reloaded")
        assert f"model not reloaded version={old.version}: The model bundle {folder}" in line
        assert await _reaction(server) == before
        child.terminate()
        assert await end(child) == (0, "")


async def test_sighups_in_a_row_and_before_the_bot_is_ready_do_no_harm(
    server: WireServer, tmp_path: Path, folder: Path, flags: Path
) -> None:
    async with process(server, tmp_path, MODEL_DIR=str(folder)) as child:
        await server.until(lambda: bool(server.requests))  # it has only begun
        replace_folder(folder, flags)
        for _ in range(20):
            child.send_signal(signal.SIGHUP)
        await server.until_ready()
        flag = Predictor.load(flags).predict(NEWS).candidates[0].emoji
        async with asyncio.timeout(10):
            while await _reaction(server) != flag:
                pass
        child.terminate()
        assert await end(child) == (0, "")


async def test_a_terminal_that_is_closed_ends_the_bot_it_started(
    server: WireServer, tmp_path: Path, folder: Path, flags: Path
) -> None:
    window, terminal = os.openpty()
    # Python's own way to a controlling terminal: the first that a session's leader opens is it.
    opening = f"import os; os.close(os.open({os.ttyname(terminal)!r}, os.O_RDWR))\n{PROGRAM}"
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", opening, server.api_url, server.gateway_url, str(CACHE_SECONDS)),
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": str(PROJECT),
            "DISCORD_TOKEN": TOKEN,
            "THRESHOLD": "0",
            "LOG_LEVEL": "INFO",
            "MODEL_DIR": str(folder),
        },
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=PIPE,
        start_new_session=True,
    )
    try:
        await server.until_ready()
        replace_folder(folder, flags)
        child.send_signal(signal.SIGHUP)
        await until_logged(child, "model reloaded")
        os.close(terminal)
        os.close(window)
        await until_logged(child, "leaving")
        status, words = await end(child)
    finally:
        if child.returncode is None:
            child.kill()
            await child.communicate()
    assert status == 0
    assert "Traceback" not in words
    await server.until(lambda: server.close_codes == [CLEAN])
