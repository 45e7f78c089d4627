"""The probes: whether the bot lives, and whether it is ready."""

import asyncio
import logging
import socket
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bot.client import EmojiBot
from bot.settings import Settings
from bot.status_page import status_page
from tests.wire.bots import end, process
from tests.wire.faults import Slow
from tests.wire.gateway import CloseCode
from tests.wire.server import DEADLINE, Hang, Route, WireServer
from tests.wire.watching import HOST, Page, watched

OK = (200, "ok\n")
NOISE = (b"\x16\x03\x01\x02\x00\x01", b"GET / HTTP/1.1\r\nbad\x00header\r\n\r\n", b"GET /" + b"x" * 100_000)

needs_sigterm = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to catch")


@pytest.fixture
def free_port() -> int:
    """One that nobody listens on."""
    with closing(socket.socket()) as found:
        found.bind((HOST, 0))
        port: int = found.getsockname()[1]
        return port


async def test_a_bot_in_its_guild_lives_and_is_ready(server: WireServer, settings: Settings) -> None:
    async with watched(server, settings) as (_, page):
        assert await page.get("/healthz") == OK
        assert await page.get("/readyz") == OK


async def test_a_bot_that_starts_lives_and_names_what_is_missing(settings: Settings) -> None:
    async with EmojiBot(settings) as bot, status_page(bot, HOST, 0) as port:
        page = Page(port)
        assert await page.get("/healthz") == OK
        assert await page.get("/readyz") == (503, "the model is not loaded yet\n")
        assert await page.value("ready") == 0
        await bot.prepare()
        assert await page.get("/readyz") == (503, "the gateway is not connected yet\n")


async def test_a_bot_is_not_ready_while_the_gateway_is_away(
    server: WireServer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.gateway.PAUSE", (0.5, 0.5))
    async with watched(server, settings) as (_, page):
        await server.session.close(CloseCode.UNKNOWN_ERROR)
        await _until(page, (503, "the gateway is not connected: shard 0\n"))
        assert await page.get("/healthz") == OK
        assert await page.value("shard_connected", shard="0") == 0
        assert await page.value("ready") == 0

        await server.until(lambda: server.gateway.resumed == 1)
        await _until(page, OK)
        assert await page.value("shard_connected", shard="0") == 1
        assert await page.value("gateway_disconnects_total") == 1


async def test_a_bot_that_stops_is_neither(server: WireServer, settings: Settings) -> None:
    async with watched(server, settings) as (bot, page):
        await bot.close()
        assert await page.get("/healthz") == (503, "stopping\n")
        assert await page.get("/readyz") == (503, "stopping\n")


@pytest.mark.parametrize("path", ["/", "/metrics/", "/metrics/../healthz/x", "/favicon.ico"])
async def test_anything_else_is_not_there(settings: Settings, path: str) -> None:
    async with EmojiBot(settings) as bot, status_page(bot, HOST, 0) as port:
        assert (await Page(port).get(path))[0] == 404


@pytest.mark.parametrize("path", ["/metrics", "/healthz", "/readyz"])
async def test_the_page_is_only_for_reading(settings: Settings, path: str) -> None:
    async with EmojiBot(settings) as bot, status_page(bot, HOST, 0) as port:
        page = Page(port)
        statuses = {method: (await page.get(path, method))[0] for method in ("POST", "PUT", "DELETE", "PATCH")}
        assert set(statuses.values()) == {405}
        assert await page.get(path, "HEAD") == ((await page.get(path))[0], "")


async def test_what_is_no_http_leaves_no_trace(settings: Settings) -> None:
    async with EmojiBot(settings) as bot, status_page(bot, HOST, 0) as port:
        for noise in (
            b"\x16\x03\x01\x02\x00\x01",
            b"GET / HTTP/1.1\r\nbad\x00header\r\n\r\n",
            b"GET /" + b"x" * 100_000,
        ):
            reader, writer = await asyncio.open_connection(HOST, port)
            writer.write(noise)
            writer.write_eof()
            await reader.read()
            writer.close()
        assert await Page(port).get("/healthz") == OK


async def test_an_open_address_is_said_in_one_line(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    async with EmojiBot(settings) as bot:
        async with status_page(bot, "0.0.0.0", 0):  # noqa: S104
            pass
        async with status_page(bot, HOST, 0):
            pass
    levels = [record.levelno for record in caplog.records if "metrics served" in record.getMessage()]
    assert levels == [logging.WARNING, logging.INFO]


@needs_sigterm
async def test_a_process_that_finishes_what_is_under_way_is_stopping(
    server: WireServer, tmp_path: Path, free_port: int
) -> None:
    page = Page(free_port)
    async with process(server, tmp_path, METRICS_PORT=str(free_port)) as child:
        await server.until_ready()
        server.fail(Route.ADD_REACTION, Slow(2.0))
        message = await server.say("see you tomorrow")
        await server.until_received(Route.ADD_REACTION)
        child.terminate()
        await _until(page, (503, "stopping\n"))
        assert await page.get("/healthz") == (503, "stopping\n")
        assert await page.value("ready") == 0
        assert await end(child) == (0, "")
    assert [reaction.message for reaction in server.reactions] == [message]


@needs_sigterm
async def test_a_process_serves_its_page_from_the_start_and_ends_cleanly(
    server: WireServer, tmp_path: Path, free_port: int
) -> None:
    server.fail(Route.ME, Hang())
    page = Page(free_port)
    async with process(server, tmp_path, METRICS_PORT=str(free_port)) as child:
        await server.until_received(Route.ME)
        assert await page.get("/healthz") == OK
        assert (await page.get("/readyz"))[0] == 503
        child.terminate()
        assert await end(child) == (0, "")
    async with process(server, tmp_path, METRICS_PORT=str(free_port)) as child:
        await server.until_ready()
        await server.until_reacted(await server.say("see you tomorrow"))
        assert await page.get("/readyz") == OK
        child.terminate()
        assert await end(child) == (0, "")


async def _until(page: Page, answer: tuple[int, str]) -> None:
    """Wait until this is what the bot says of its readiness."""
    async with asyncio.timeout(DEADLINE):
        while await page.get("/readyz") != answer:  # noqa: ASYNC110 - it is another program that is asked
            await asyncio.sleep(0.01)
