"""Who may send the next request to Discord: one in each channel, in fair turns, and not too many a second."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from bot.pace import Pace
from model.fair_queue import FairQueue, Lane

LANE_WAITING: Final = 20
"""Requests that wait in a channel: five seconds' worth at Discord's one reaction in 250 ms."""
LANE_ASKED: Final = 5
"""The same of those that a member asked for."""
SECONDS_WAITING: Final = 10
"""All that wait are at most as many as may leave in so many seconds."""
SECONDS_IN_FLIGHT: Final = 8
"""All that are under way, likewise.

Discord replies within half a second, so a twentieth of that would do; the rest is for replies that hang, of which each
holds its place for half a minute. Only if more than a quarter of all replies hang, others wait for them; and sockets
stay well below the 1,024 that a process may commonly open.
"""


class OvertakenError(Exception):
    """Newer requests came, and this one had waited longest."""


class OutboxClosedError(Exception):
    """No more requests are sent."""


class _Fate(Enum):
    MAY_GO = auto()
    OVERTAKEN = auto()
    CLOSED = auto()


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    lane: Lane
    fate: asyncio.Future[_Fate]


class Turn:
    """Permission for one request."""

    __slots__ = ("used",)

    def __init__(self) -> None:
        self.used = True

    def pass_on(self) -> None:
        """There is nothing to send after all: the permission is somebody else's."""
        self.used = False


class Outbox:
    """Lets requests go.

    discord.py returns from a request only once the channel's bucket has room again. So a busy channel keeps its place
    for about 250 ms after each reaction, and its next request leaves when Discord will take it, not to wait in
    discord.py's own queue, which has neither an end nor an age limit.

    Args:
        rate: requests a second over all channels.
    """

    def __init__(self, rate: int) -> None:
        self._pace = Pace(rate)
        self._places = rate * SECONDS_IN_FLIGHT
        self._asked: FairQueue[_Waiting] = FairQueue(rate, LANE_ASKED)
        self._others: FairQueue[_Waiting] = FairQueue(rate * SECONDS_WAITING, LANE_WAITING)
        self._others_next = False
        self._in_flight: set[Lane] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False
        self._idle = asyncio.Event()

    @property
    def waiting(self) -> int:
        """Requests that wait for their turn."""
        return len(self._asked) + len(self._others)

    @property
    def in_flight(self) -> int:
        """Requests under way, each in a channel of its own."""
        return len(self._in_flight)

    @asynccontextmanager
    async def turn(self, lane: Lane, *, asked: bool = False) -> AsyncIterator[Turn]:
        """Wait for the turn of a request, and hold it while the request is under way.

        Args:
            lane: its server and channel.
            asked: whether somebody asked for it and waits: it goes before all that wait in its channel, takes turns
                with those of others, and is overtaken by its like only.

        Raises:
            OvertakenError: too many came after it.
            OutboxClosedError: nothing is sent any more.
        """
        if self._closed:
            raise OutboxClosedError
        await self._wait(lane, self._asked if asked else self._others)
        turn = Turn()
        try:
            yield turn
        finally:
            self._end(lane, used=turn.used)

    def refuse(self) -> None:
        """Take no more requests; those that wait still have their turn. May be called twice."""
        self._closed = True

    def close(self) -> None:
        """Take no more requests, and drop those that wait. May be called twice."""
        self._closed = True
        for waiting in self._asked.clear() + self._others.clear():
            _tell(waiting, _Fate.CLOSED)
        self._notice_idle()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def until_idle(self) -> None:
        """Wait until no request waits or is under way."""
        while self.waiting or self._in_flight:
            self._idle.clear()
            await self._idle.wait()

    async def _wait(self, lane: Lane, queue: FairQueue[_Waiting]) -> None:
        waiting = _Waiting(lane, asyncio.get_running_loop().create_future())
        dropped = queue.push(lane, waiting)
        if dropped is not None:
            _tell(dropped, _Fate.OVERTAKEN)
            self._arrange(dropped.lane)
        self._arrange(lane)
        self._let_go()
        try:
            fate = await waiting.fate
        except asyncio.CancelledError:
            if queue.remove(lane, waiting):
                self._go_on(lane)
            elif not waiting.fate.cancelled() and waiting.fate.result() is _Fate.MAY_GO:
                self._end(lane, used=False)
            raise
        if fate is _Fate.OVERTAKEN:
            raise OvertakenError
        if fate is _Fate.CLOSED:
            raise OutboxClosedError

    def _let_go(self, now: float | None = None) -> None:
        """Let go all that may; where only time is lacking, come back when it is time."""
        while len(self._in_flight) < self._places and (self._asked.ready or self._others.ready):
            loop = asyncio.get_running_loop()
            now = loop.time() if now is None else now
            delay = self._pace.delay(now)
            if delay > 0.0:
                if self._timer is None:
                    self._timer = loop.call_later(delay, self._on_time, now + delay)
                return
            lane, waiting = self._next()
            if waiting.fate.done():  # its task was cancelled, and has not come to say so yet
                self._arrange(lane)
                continue
            self._pace.take(now)
            self._in_flight.add(lane)
            self._arrange(lane)
            _tell(waiting, _Fate.MAY_GO)

    def _on_time(self, due: float) -> None:
        self._timer = None
        self._let_go(max(due, asyncio.get_running_loop().time()))  # a timer may come early, and a busy loop late

    def _next(self) -> tuple[Lane, _Waiting]:
        """Who goes next: one that was asked for, and then one of the others, as long as there are both."""
        both = (self._others, self._asked) if self._others_next else (self._asked, self._others)
        queue = next(queue for queue in both if queue.ready)
        self._others_next = queue is self._asked
        popped = queue.pop()
        assert popped is not None  # noqa: S101 - it was ready
        return popped

    def _end(self, lane: Lane, *, used: bool) -> None:
        if not used:
            self._pace.give_back()
        self._in_flight.discard(lane)
        self._go_on(lane)

    def _go_on(self, lane: Lane) -> None:
        """Let others go, now that there is one less in the channel."""
        self._arrange(lane)
        self._let_go()
        self._notice_idle()

    def _notice_idle(self) -> None:
        if not self.waiting and not self._in_flight:
            self._idle.set()

    def _arrange(self, lane: Lane) -> None:
        """Hold a channel while a request is under way there; what was not asked for, while something else was."""
        _hold(self._asked, lane, lane in self._in_flight)
        _hold(self._others, lane, lane in self._in_flight or lane in self._asked)


def _hold(queue: FairQueue[_Waiting], lane: Lane, held: bool) -> None:
    if held:
        queue.hold(lane)
    else:
        queue.let_go(lane)


def _tell(waiting: _Waiting, fate: _Fate) -> None:
    if not waiting.fate.done():
        waiting.fate.set_result(fate)
