"""The bot's process through many faults: what it writes down, and what ends it."""

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import pytest

from bot.settings import Settings
from tests.wire.bots import connected, end, process
from tests.wire.faults import BadHandshake, CutShort, Drop, Fault, HangUp, Page, RateLimit, Refusal
from tests.wire.gateway import CloseCode, Op
from tests.wire.payloads import HOME, Channel, message, slash, snowflake
from tests.wire.server import TOKEN, Route, WireServer
from tests.wire.wellbeing import TEXT, is_well

NOWHERE: Final = Channel(snowflake(), "nowhere", snowflake())

needs_sigterm = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to catch")


async def _lose_connection(server: WireServer) -> None:
    server.fail_connection(HangUp(), BadHandshake(503), HangUp(CloseCode.UNKNOWN_ERROR))
    server.session.live.reset()


async def _time_out(server: WireServer) -> None:
    await server.session.close(CloseCode.SESSION_TIMED_OUT)


async def _fail_requests(server: WireServer) -> None:
    server.fail(Route.ADD_REACTION, Page(503), CutShort(), Drop(), Page(200, "{", "application/json"), RateLimit(0.1))
    for _ in range(5):
        await server.say(TEXT)


async def _fail_answers(server: WireServer) -> None:
    server.fail(Route.ANSWER, Refusal(404, 10062, "Unknown interaction"), CutShort(), Page(200))
    for _ in range(3):
        await server.dispatch("INTERACTION_CREATE", slash("help"))
    await server.until(lambda: not server.rest.faults[Route.ANSWER])


async def _talk_nonsense(server: WireServer) -> None:
    await server.session.dispatch("MESSAGE_CREATE", message(TEXT, channel=NOWHERE))
    await server.session.dispatch("MESSAGE_CREATE", "null")
    await server.session.send(42)
    await server.session.live.send_frame(b"\x07\x00\x00\xff\xff")


async def _go_dark(server: WireServer) -> None:
    await server.dispatch("GUILD_DELETE", {"id": str(HOME.id), "unavailable": True})
    await server.dispatch("GUILD_CREATE", HOME.payload())


async def _ask_to_reconnect(server: WireServer) -> None:
    await server.session.send(Op.RECONNECT)


async def _end_session(server: WireServer) -> None:
    await server.session.send(Op.INVALID_SESSION, data=False)


TROUBLES: Final[dict[Callable[[WireServer], Awaitable[None]], int]] = {
    _lose_connection: 4,
    _time_out: 2,
    _fail_requests: 0,
    _fail_answers: 0,
    _talk_nonsense: 1,
    _go_dark: 0,
    _ask_to_reconnect: 1,
    _end_session: 1,
}
"""And how many new websockets each of them takes."""


@needs_sigterm
async def test_a_day_of_many_faults_leaves_no_traceback(server: WireServer, tmp_path: Path) -> None:
    async with process(server, tmp_path, log_level="INFO") as child:
        await server.until_ready()
        await is_well(server)
        for trouble, websockets in TROUBLES.items():
            expected = server.gateway.connections + websockets
            await trouble(server)
            await server.until_connections(expected)
            await server.until_ready()
            await is_well(server)
        child.terminate()
        status, words = await end(child)
    assert status == 0
    assert "Traceback" not in words
    assert "ERROR" not in words
    assert words.count("Attempting a reconnect for shard ID 0") >= 2
    assert TEXT not in words
    assert TOKEN not in words


FATAL: Final = {
    CloseCode.AUTHENTICATION_FAILED: "Discord refused the token: ",
    CloseCode.INVALID_INTENTS: "Discord closed the connection: 4013",
    CloseCode.DISALLOWED_INTENTS: "The Message Content intent is off: ",
}


@pytest.mark.parametrize("code", FATAL, ids=lambda code: code.name)
async def test_a_process_ends_with_one_sentence_at(server: WireServer, tmp_path: Path, code: CloseCode) -> None:
    async with process(server, tmp_path) as child:
        await server.until_ready()
        await server.session.close(code)
        status, words = await end(child)
    assert status == 2
    assert words.startswith(FATAL[code])
    assert words.count("\n") == 1


AT_START: Final[dict[str, Fault]] = {
    "a ban by the proxy": Page(429, "error code: 1015", "text/plain"),
    "a page that says 200": Page(200),
}


@pytest.mark.parametrize("fault", AT_START.values(), ids=AT_START.keys())
async def test_a_start_that_may_work_later_ends_with_one_sentence_at(
    server: WireServer, tmp_path: Path, fault: Fault
) -> None:
    server.fail(Route.ME, fault)
    async with process(server, tmp_path) as child:
        status, words = await end(child)
    assert status == 75
    assert words.startswith("Discord ")
    assert words.count("\n") == 1


async def test_a_start_waits_for_a_gateway_that_hangs_up(server: WireServer, settings: Settings) -> None:
    server.fail_connection(HangUp())
    async with connected(server, settings):
        await is_well(server)
        assert server.gateway.connections == 2
