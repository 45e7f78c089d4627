"""The gateway hangs up, goes silent or talks nonsense, and the bot is back. That the log stays clean is checked too."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Final

import pytest

from bot.client import EmojiBot
from bot.settings import Settings
from tests.wire.bots import connected
from tests.wire.faults import BadHandshake, ConnectFault, HangUp, NoHello
from tests.wire.gateway import CloseCode, Op
from tests.wire.server import DEADLINE, WireServer
from tests.wire.wellbeing import TEXT, is_well, passed

RESUMED_AFTER: Final = [1000, 1001, 1011, 4000, 4001, 4002, 4003, 4005, 4008]
IDENTIFIED_AFTER: Final = [CloseCode.INVALID_SEQUENCE, CloseCode.SESSION_TIMED_OUT]


async def _eventually(happened: Callable[[], bool]) -> None:
    """For what the server has no news of."""
    async with asyncio.timeout(DEADLINE):
        while not happened():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def _drop_and_resume(server: WireServer) -> None:
    before = server.gateway.resumed
    server.session.live.drop()
    await server.until(lambda: server.gateway.resumed > before)


async def _misses_nothing(server: WireServer) -> None:
    """What is said while the bot is away gets its reaction once the session is resumed."""
    await server.until(lambda: server.session.connection is None)
    message = await server.say(TEXT)
    await server.until_reacted(message)
    assert (server.gateway.identified, server.gateway.resumed) == (1, 1)
    await is_well(server)
    assert server.rest.reacted[message] == 1


async def _begins_anew(server: WireServer) -> None:
    """A new session takes the place of the one that was lost."""
    await server.until(lambda: server.gateway.identified == 2)
    await is_well(server)


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize("code", RESUMED_AFTER)
async def test_a_session_is_resumed_after_close_code(server: WireServer, code: int) -> None:
    await server.session.close(code)
    await _misses_nothing(server)


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize("code", IDENTIFIED_AFTER)
async def test_a_session_begins_anew_after_close_code(server: WireServer, code: CloseCode) -> None:
    await server.session.close(code)
    await _begins_anew(server)


@pytest.mark.usefixtures("bot")
async def test_a_connection_that_ends_without_a_word_is_resumed(server: WireServer) -> None:
    server.session.live.drop()
    await _misses_nothing(server)


@pytest.mark.usefixtures("bot")
async def test_a_connection_that_is_reset_is_resumed(server: WireServer) -> None:
    server.session.live.reset()
    await _misses_nothing(server)


@pytest.mark.usefixtures("bot")
async def test_a_half_closed_connection_is_resumed(server: WireServer) -> None:
    server.session.live.half_close()
    await _misses_nothing(server)


@pytest.mark.usefixtures("bot")
async def test_a_wish_to_reconnect_is_granted(server: WireServer) -> None:
    await server.session.send(Op.RECONNECT)
    await _misses_nothing(server)


@pytest.mark.usefixtures("bot")
async def test_an_invalid_session_that_can_be_resumed_is_resumed(server: WireServer) -> None:
    await server.session.send(Op.INVALID_SESSION, data=True)
    await _misses_nothing(server)


@pytest.mark.usefixtures("bot")
async def test_an_invalid_session_begins_anew(server: WireServer) -> None:
    await server.session.send(Op.INVALID_SESSION, data=False)
    await _begins_anew(server)


@pytest.mark.usefixtures("bot")
async def test_a_refused_resume_begins_anew(server: WireServer) -> None:
    server.resumable = False
    server.session.live.drop()
    await _begins_anew(server)


@pytest.mark.usefixtures("bot")
async def test_a_number_that_the_gateway_never_gave_begins_anew(server: WireServer) -> None:
    await server.session.live.send('{"op": 11, "d": null, "s": 1000000}')
    server.session.live.drop()
    await _begins_anew(server)


@pytest.mark.usefixtures("bot")
async def test_numbers_may_jump(server: WireServer) -> None:
    server.session.sequence += 1000
    await passed(server)
    server.session.live.drop()
    await _misses_nothing(server)


async def test_heartbeats_without_an_answer_mean_a_dead_connection(server: WireServer, settings: Settings) -> None:
    server.heartbeat_interval, server.acknowledges = 50, False
    async with connected(server, settings, heartbeat_timeout=0.3):
        await server.until(lambda: server.session.connection is None)
        server.acknowledges = True
        await server.until(lambda: server.gateway.resumed > 0)
        await is_well(server)


async def test_a_frozen_connection_is_found_out_and_replaced(server: WireServer, settings: Settings) -> None:
    async with connected(server, settings, heartbeat_timeout=0.3):
        server.session.live.freeze()
        server.heartbeat_interval = 50
        message = await server.say(TEXT)
        await server.until_reacted(message)
        await is_well(server)
        assert server.rest.reacted[message] == 1


@pytest.mark.usefixtures("bot")
async def test_a_heartbeat_that_the_gateway_asks_for_is_sent(server: WireServer) -> None:
    before = server.heartbeats
    await server.session.send(Op.HEARTBEAT)
    await server.until(lambda: server.heartbeats == before + 1)
    await is_well(server)


AT_CONNECT: Final[dict[str, list[ConnectFault]]] = {
    "hangs up without a word": [HangUp()],
    "hangs up with 1000": [HangUp(CloseCode.NORMAL)],
    "hangs up with 4000": [HangUp(CloseCode.UNKNOWN_ERROR)],
    "answers 502": [BadHandshake(502), BadHandshake(502)],
    "answers 429": [BadHandshake(429)],
    "says no hello": [NoHello()],
    "does one after the other": [BadHandshake(503), HangUp(), NoHello(), HangUp()],
}


@pytest.mark.parametrize("faults", AT_CONNECT.values(), ids=AT_CONNECT.keys())
async def test_a_reconnect_is_tried_again_when_the_gateway(
    server: WireServer, settings: Settings, faults: list[ConnectFault]
) -> None:
    async with connected(server, settings, heartbeat_timeout=0.5):
        server.fail_connection(*faults)
        server.session.live.drop()
        await server.until_connections(1 + len(faults) + 1)
        await _begins_anew(server)


@pytest.mark.usefixtures("bot")
async def test_a_gateway_that_is_not_there_is_tried_until_it_is_back(
    server: WireServer, caplog: pytest.LogCaptureFixture
) -> None:
    await server.stop_listening()
    server.session.live.drop()
    await _eventually(lambda: "Attempting a reconnect for shard ID 0" in caplog.text)
    await server.listen()
    await _begins_anew(server)


@pytest.mark.usefixtures("bot")
async def test_a_gateway_that_takes_nobody_back_is_not_stormed(
    server: WireServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.gateway.PAUSE", (0.2, 0.2))
    server.hangs_up_on_resume = True
    server.session.live.drop()
    await server.until(lambda: server.gateway.connections >= 3)
    times = server.gateway.connected_at
    assert min(later - earlier for earlier, later in pairwise(times[1:])) > 0.1
    server.hangs_up_on_resume = False
    await server.until(lambda: server.gateway.resumed > 0)
    await is_well(server)


async def test_a_bot_that_pauses_before_it_reconnects_can_be_closed(
    server: WireServer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.gateway.PAUSE", (3600.0, 3600.0))
    async with asyncio.timeout(DEADLINE), connected(server, settings):
        server.session.live.drop()
        await server.until(lambda: server.session.connection is None)
    assert server.gateway.connections == 1


@pytest.mark.usefixtures("bot")
async def test_many_reconnects_leave_nothing_behind(server: WireServer) -> None:
    await is_well(server)
    tasks = len(asyncio.all_tasks())
    for _ in range(5):
        await _drop_and_resume(server)
    await is_well(server)
    await _eventually(lambda: sum("keep-alive" in thread.name for thread in threading.enumerate()) == 1)
    await _eventually(lambda: len(asyncio.all_tasks()) <= tasks)


NONSENSE: Final[dict[str, Callable[[WireServer], Awaitable[None]]]] = {
    "a frame that is not compressed as agreed": lambda server: server.session.live.send_frame(b"\x07\x00\x00\xff\xff"),
    "half a packet": lambda server: server.session.live.send('{"op": 0, "d": {"content": "half of'),
    "no packet at all": lambda server: server.session.live.send("null"),
    "a list": lambda server: server.session.live.send("[]"),
}


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize("talk", NONSENSE.values(), ids=NONSENSE.keys())
async def test_the_bot_connects_anew_after(server: WireServer, talk: Callable[[WireServer], Awaitable[None]]) -> None:
    await talk(server)
    await _begins_anew(server)


@pytest.mark.usefixtures("bot")
async def test_an_unknown_opcode_is_passed_over(server: WireServer) -> None:
    await server.session.send(42, {"what": "is this"})
    await is_well(server)
    assert server.gateway.connections == 1


async def test_plain_text_does_as_well_as_compression(server: WireServer, settings: Settings) -> None:
    server.compressed = False
    async with connected(server, settings):
        await is_well(server)
        server.session.live.drop()
        await _misses_nothing(server)


async def test_a_packet_in_many_frames_is_put_together(server: WireServer, bot: EmojiBot) -> None:
    server.session.live.frame_bytes = 100
    await is_well(server)


async def test_a_gateway_that_never_says_hello_is_given_up_soon(
    server: WireServer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.gateway.HELLO_WITHIN", 0.2)
    async with connected(server, settings):
        server.fail_connection(NoHello())
        server.session.live.drop()
        await server.until(lambda: server.gateway.identified == 2 or server.gateway.resumed == 1)
        await is_well(server)
