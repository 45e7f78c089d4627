import asyncio
from collections import deque

import aiohttp
import pytest

from bot import reading_turns
from bot.reading_turns import TURN, TurnTakingWebSocket

EVENTS = 1000
ACKNOWLEDGED = aiohttp.WSMessage(aiohttp.WSMsgType.TEXT, '{"op": 11}', None)


class FullSocket:
    """A socket that has everything in its buffer already: it is read without a wait."""

    def __init__(self) -> None:
        self.buffer = deque([ACKNOWLEDGED] * EVENTS)

    async def receive(self, **_: float) -> aiohttp.WSMessage:
        return self.buffer.popleft()


async def _left_unread_at_each_turn(monkeypatch: pytest.MonkeyPatch, seconds_each: float) -> list[int]:
    """Read all events, of which each takes so long; returns what was unread whenever another task had a turn."""
    socket = FullSocket()
    now = 0.0

    def clock() -> float:
        nonlocal now
        now += seconds_each
        return now

    monkeypatch.setattr(reading_turns, "monotonic", clock)
    websocket = TurnTakingWebSocket(socket, loop=asyncio.get_running_loop())
    websocket.shard_id, websocket._max_heartbeat_timeout = 0, 60.0
    left: list[int] = []

    async def read() -> None:
        while socket.buffer:
            await websocket.poll_event()

    reading = asyncio.create_task(read())
    while not reading.done():
        await asyncio.sleep(0)
        left.append(len(socket.buffer))
    await reading
    return left


async def test_others_have_their_turn_between_buffered_events(monkeypatch: pytest.MonkeyPatch) -> None:
    left = await _left_unread_at_each_turn(monkeypatch, seconds_each=TURN / 10)
    read = [before - after for before, after in zip([EVENTS, *left], left, strict=False)]
    assert max(read) <= 11
    assert len(left) > EVENTS / 11


async def test_a_few_events_are_read_without_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await _left_unread_at_each_turn(monkeypatch, seconds_each=TURN / EVENTS / 10))[0] == 0
