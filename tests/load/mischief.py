"""Everything that Discord may do to a bot, at random."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final

from tests.load.server import LoadServer
from tests.wire.faults import (
    BadHandshake,
    ConnectFault,
    CutShort,
    Drop,
    Fault,
    Hang,
    HangUp,
    NoHello,
    Page,
    RateLimit,
    Refusal,
    Slow,
)
from tests.wire.gateway import CloseCode, Connection, Op, Session
from tests.wire.rest import Route

_REACTION_EVERY: Final = 0.5
_ANSWER_EVERY: Final = 15.0
_GATEWAY_EVERY: Final = (8.0, 20.0)
_LONG: Final = 10.0
"""Seconds that a state of the gateway lasts."""

_REACTION: Final[tuple[tuple[int, Fault], ...]] = (
    (6, Refusal(404, 10008, "Unknown Message")),
    (4, Refusal(400, 30010, "Maximum number of reactions reached (20)")),
    (2, Refusal(400, 10014, "Unknown Emoji")),
    (1, Refusal(403, 50013, "Missing Permissions")),
    (1, Refusal(403, 90001, "Reaction blocked")),
    (4, Refusal(500, 0, "Internal Server Error")),
    (4, Refusal(502, 0, "Bad Gateway")),
    (4, Refusal(503, 0, "Service Unavailable")),
    (4, Page(502)),
    (2, Page(200)),
    (6, RateLimit(0.4)),
    (3, RateLimit(3.0)),
    (1, RateLimit(120.0)),
    (3, RateLimit(0.7, everywhere=True)),
    (6, Slow(0.3)),
    (4, Slow(4.0)),
    (2, Hang()),
    (4, Drop()),
    (4, CutShort()),
)
"""What a request for a reaction meets, and how often beside the others."""
_LONG_GLOBAL: Final = RateLimit(20.0, everywhere=True)
_LONG_GLOBAL_EVERY: Final = 240.0
_ANSWER: Final[tuple[Fault, ...]] = (
    Refusal(404, 10062, "Unknown interaction"),
    Refusal(400, 40060, "Interaction has already been acknowledged"),
    Refusal(500, 0, "Internal Server Error"),
    Page(502),
    RateLimit(0.3),
    Slow(2.0),
    Slow(20.0),
    Drop(),
    CutShort(),
)
_CONNECT: Final[tuple[ConnectFault, ...]] = (
    BadHandshake(502),
    BadHandshake(503),
    NoHello(),
    HangUp(),
    HangUp(CloseCode.UNKNOWN_ERROR),
)
"""One at a time and seldom: discord.py waits longer each time, and forgets only after half an hour."""
_CLOSES: Final = (
    CloseCode.GOING_AWAY,
    CloseCode.UNKNOWN_ERROR,
    CloseCode.RATE_LIMITED,
    CloseCode.SESSION_TIMED_OUT,
    CloseCode.INVALID_SEQUENCE,
)


class Mischief:
    """Does harm to the clients of `server`, by `chance`, until its tasks are cancelled."""

    def __init__(self, server: LoadServer, chance: random.Random) -> None:
        self.done: Counter[str] = Counter()
        self.broken: dict[Connection | None, float] = {}
        """By connection, `time.monotonic()` of its break."""
        self._server = server
        self._chance = chance

    async def refuse_reactions(self) -> None:
        """Now and then, a request for a reaction meets a fault."""
        weights, faults = zip(*_REACTION, strict=True)
        while True:
            await asyncio.sleep(self._chance.expovariate(1 / _REACTION_EVERY))
            self._fail(Route.ADD_REACTION, self._chance.choices(faults, weights)[0])

    async def hold_everything(self) -> None:
        """Rarely, the global rate limit lasts for longer than some reactions are worth."""
        while True:
            await asyncio.sleep(_LONG_GLOBAL_EVERY)
            self._fail(Route.ADD_REACTION, _LONG_GLOBAL)

    async def refuse_answers(self) -> None:
        """Now and then, the answer to an interaction meets a fault."""
        while True:
            await asyncio.sleep(self._chance.expovariate(1 / _ANSWER_EVERY))
            self._fail(self._chance.choice((Route.ANSWER, Route.EDIT_ANSWER)), self._chance.choice(_ANSWER))

    async def shake_gateway(self) -> None:
        """Now and then, a shard's connection breaks, in one of many ways."""
        ways: dict[Callable[[Session], Awaitable[None]], int] = {
            self._reset: 4,
            self._drop: 4,
            self._half_close: 4,
            self._close: 4,
            self._reconnect: 4,
            self._invalidate: 3,
            self._ignore_heartbeats: 2,
            self._refuse_resuming: 2,
            self._freeze: 1,
            self._fail_connecting: 1,
        }
        while True:
            await asyncio.sleep(self._chance.uniform(*_GATEWAY_EVERY))
            sessions = [session for session in self._server.sessions if session.connection is not None]
            if sessions:
                [way] = self._chance.choices([*ways], [*ways.values()])
                await way(self._chance.choice(sessions))

    def _fail(self, route: Route, fault: Fault) -> None:
        if self._server.rest.faults[route]:  # nothing is requested: the gateway is away
            return
        self.done[f"{route.name}: {_words(fault)}"] += 1
        self._server.fail(route, fault)

    def _note(self, session: Session, what: str) -> None:
        self.done[what] += 1
        self.broken[session.connection] = time.monotonic()

    async def _reset(self, session: Session) -> None:
        self._note(session, "gateway: reset")
        session.live.reset()

    async def _drop(self, session: Session) -> None:
        self._note(session, "gateway: dropped")
        session.live.drop()

    async def _half_close(self, session: Session) -> None:
        self._note(session, "gateway: half closed")
        session.live.half_close()

    async def _freeze(self, session: Session) -> None:
        self._note(session, "gateway: silent")
        session.live.freeze()

    async def _close(self, session: Session) -> None:
        code = self._chance.choice(_CLOSES)
        self._note(session, f"gateway: closed {code:d}")
        await session.close(code)

    async def _reconnect(self, session: Session) -> None:
        self._note(session, "gateway: RECONNECT")
        await session.send(Op.RECONNECT)

    async def _invalidate(self, session: Session) -> None:
        resumable = self._chance.random() < 0.5
        self._note(session, f"gateway: INVALID_SESSION {resumable}")
        session.over = not resumable
        await session.send(Op.INVALID_SESSION, resumable)

    async def _refuse_resuming(self, session: Session) -> None:
        self._note(session, "gateway: not resumable")
        self._server.resumable = False
        session.live.drop()
        await asyncio.sleep(_LONG)
        self._server.resumable = True

    async def _fail_connecting(self, session: Session) -> None:
        fault = self._chance.choice(_CONNECT)
        self._note(session, f"gateway: connecting fails, {_words(fault)}")
        self._server.fail_connection(fault)
        session.live.reset()

    async def _ignore_heartbeats(self, session: Session) -> None:
        self.done["gateway: heartbeats ignored"] += 1
        self._server.acknowledges = False
        await asyncio.sleep(_LONG)
        self._server.acknowledges = True


def _words(fault: Fault | ConnectFault) -> str:
    """A fault in a few words."""
    name = type(fault).__name__
    match fault:
        case Refusal(status, code):
            return f"{name} {status} {code}"
        case RateLimit(retry_after, everywhere):
            return f"{name} {retry_after:g} s{' everywhere' if everywhere else ''}"
        case Page(status) | BadHandshake(status):
            return f"{name} {status}"
        case Slow(seconds):
            return f"{name} {seconds:g} s"
        case _:
            return name
