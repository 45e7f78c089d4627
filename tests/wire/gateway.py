"""The gateway: websockets, and the sessions that outlive them."""

import asyncio
import json
import logging
import socket as sockets
import struct
import time
import zlib
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from enum import IntEnum
from typing import Any, Final

from aiohttp import WSMsgType, web

from tests.wire.faults import BadHandshake, ConnectFault, HangUp, NoHello
from tests.wire.payloads import BOT, Payload, snowflake
from tests.wire.terms import Terms

log = logging.getLogger(__name__)

_MESSAGE_CONTENT: Final = 1 << 15
_REMEMBERED: Final = 10_000
"""Events of a session that can be sent again."""


class Op(IntEnum):
    """Gateway opcodes."""

    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    RESUME = 6
    RECONNECT = 7
    INVALID_SESSION = 9
    HELLO = 10
    HEARTBEAT_ACK = 11


class CloseCode(IntEnum):
    """Why a websocket ends."""

    NORMAL = 1000
    GOING_AWAY = 1001
    UNKNOWN_ERROR = 4000
    UNKNOWN_OPCODE = 4001
    DECODE_ERROR = 4002
    NOT_AUTHENTICATED = 4003
    AUTHENTICATION_FAILED = 4004
    ALREADY_AUTHENTICATED = 4005
    INVALID_SEQUENCE = 4007
    RATE_LIMITED = 4008
    SESSION_TIMED_OUT = 4009
    INVALID_INTENTS = 4013
    DISALLOWED_INTENTS = 4014


_ENDS_SESSION: Final = (CloseCode.INVALID_SEQUENCE, CloseCode.SESSION_TIMED_OUT)
"""What Discord says when a session cannot be resumed."""
_GOOD_BYE: Final = (CloseCode.NORMAL, CloseCode.GOING_AWAY)
"""What a client says that will not come back."""


class Connection:
    """The server's end of one websocket."""

    def __init__(self, socket: web.WebSocketResponse, transport: asyncio.Transport, *, compressed: bool) -> None:
        self._socket = socket
        self._transport = transport
        self._compressor = zlib.compressobj() if compressed else None
        self._frozen = False
        self.hung_up = False
        self.frame_bytes: int | None = None

    async def send(self, packet: str) -> None:
        """Send a packet, in the compression that the client asked for. A dead websocket swallows it."""
        data = packet.encode()
        if self._compressor is not None:
            data = self._compressor.compress(data) + self._compressor.flush(zlib.Z_SYNC_FLUSH)
        size = self.frame_bytes or len(data)
        for start in range(0, len(data), size):
            await self.send_frame(data[start : start + size])

    async def send_frame(self, data: bytes) -> None:
        """Send bytes as they are, compressed or not: as text where the client asked for no compression."""
        if self._frozen:
            return
        with suppress(ConnectionResetError):
            if self._compressor is None:
                await self._socket.send_str(data.decode())
            else:
                await self._socket.send_bytes(data)

    async def close(self, code: int) -> None:
        """Hang up with a close frame, and leave it to the client to end the connection, so that it reads the frame."""
        self.hung_up = True
        with suppress(ConnectionResetError):
            await self._socket.send_frame(struct.pack("!H", code), WSMsgType.CLOSE)

    def drop(self) -> None:
        """End the TCP connection without a close frame: the client sees 1006."""
        self._transport.close()

    def reset(self) -> None:
        """Break the TCP connection: the client's next read fails."""
        linger = struct.pack("ii", 1, 0)  # closing at once sends a reset
        self._transport.get_extra_info("socket").setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, linger)
        self._transport.abort()

    def half_close(self) -> None:
        """Send no more, as TCP says it, and go on reading."""
        self._frozen = True
        self._transport.write_eof()

    def freeze(self) -> None:
        """Neither read nor write any more, and say nothing of it: a zombie."""
        self._frozen = True
        self._transport.pause_reading()


class Session:
    """What a shard and the gateway have between them, from IDENTIFY on, over as many websockets as it takes.

    Events are numbered and remembered: those of the time without a websocket are sent after RESUME.
    """

    def __init__(self, connection: Connection, shard_id: int, shard_count: int) -> None:
        self.id = f"session-{snowflake()}"
        self.shard_id = shard_id
        self.shard_count = shard_count
        self.connection: Connection | None = connection
        self.sequence = 0
        self.over = False
        self._sent: deque[tuple[int, str]] = deque(maxlen=_REMEMBERED)

    def serves(self, guild_id: int) -> bool:
        """Whether the guild is one of this shard's; direct messages, of guild 0, are the first shard's."""
        return (guild_id >> 22) % self.shard_count == self.shard_id

    async def dispatch(self, event: str, data: Payload | str) -> None:
        """Send an event; `data` may be JSON already."""
        self.sequence += 1
        body = data if isinstance(data, str) else json.dumps(data)
        packet = f'{{"op": {Op.DISPATCH:d}, "s": {self.sequence}, "t": "{event}", "d": {body}}}'
        self._sent.append((self.sequence, packet))
        if self.connection is not None:
            await self.connection.send(packet)

    async def send(self, op: int, data: Any = None) -> None:
        """Send a packet that is no event."""
        if self.connection is not None:
            await self.connection.send(_packet(op, data))

    async def resume(self, connection: Connection, after: int) -> None:
        """Go on over `connection`: send what came after the event of that number."""
        while missed := [(sequence, packet) for sequence, packet in self._sent if sequence > after]:
            for _, packet in missed:
                await connection.send(packet)
            after = missed[-1][0]
        self.connection = connection
        await self.dispatch("RESUMED", {"_trace": []})

    async def close(self, code: int) -> None:
        """Hang up, and forget the session where the code says so."""
        self.over = code in _ENDS_SESSION
        await self.live.close(code)

    @property
    def live(self) -> Connection:
        """Its websocket, which a test is sure of."""
        assert self.connection is not None, "the session has no websocket"
        return self.connection


class Gateway:
    """Takes clients' websockets.

    Args:
        terms: how it deals with them.
        token: that a bot has to show.
        notify: told whenever something has come in.
    """

    def __init__(self, terms: Terms, token: str, notify: Callable[[], None]) -> None:
        self.url = ""
        self.faults: deque[ConnectFault] = deque()
        self.sessions: list[Session] = []
        self.connected_at: list[float] = []
        self.identified = self.resumed = self.heartbeats = 0
        self.close_codes: list[int | None] = []
        self._terms = terms
        self._token = token
        self._notify = notify

    @property
    def connections(self) -> int:
        """Websockets that a client asked for."""
        return len(self.connected_at)

    async def handle(self, incoming: web.Request) -> web.StreamResponse:
        """One websocket, from the handshake to its end."""
        self.connected_at.append(time.monotonic())
        fault = self.faults.popleft() if self.faults else None
        if isinstance(fault, BadHandshake):
            self._notify()
            return web.Response(status=fault.status)
        socket = web.WebSocketResponse()
        await socket.prepare(incoming)
        assert isinstance(incoming.transport, asyncio.Transport)
        # discord.py takes plain text whatever it asked for, so other compressions than zlib need no support here.
        compressed = self._terms.compressed and incoming.query.get("compress") == "zlib-stream"
        connection = Connection(socket, incoming.transport, compressed=compressed)
        await self._greet(connection, fault)
        async for frame in socket:
            await self._take(connection, json.loads(frame.data))
            self._notify()
        self._leave(connection, socket.close_code)
        self._notify()
        return socket

    async def _greet(self, connection: Connection, fault: ConnectFault | None) -> None:
        match fault:
            case NoHello():
                pass
            case HangUp(None):
                connection.drop()
            case HangUp(int(code)):
                await connection.close(code)
            case _:
                await connection.send(_packet(Op.HELLO, {"heartbeat_interval": self._terms.heartbeat_interval}))

    async def _take(self, connection: Connection, packet: Payload) -> None:
        match packet["op"]:
            case Op.HEARTBEAT:
                self.heartbeats += 1
                if self._terms.acknowledges:
                    await connection.send(_packet(Op.HEARTBEAT_ACK))
            case Op.IDENTIFY:
                await self._identify(connection, packet["d"])
            case Op.RESUME:
                await self._resume(connection, packet["d"])
            case op:
                log.error("no such opcode here: %s", op)

    async def _identify(self, connection: Connection, identity: Payload) -> None:
        refusal = self._terms.identify_refusal
        if identity["token"] != self._token:
            refusal = CloseCode.AUTHENTICATION_FAILED
        elif identity["intents"] & _MESSAGE_CONTENT and not self._terms.message_content:
            refusal = CloseCode.DISALLOWED_INTENTS
        if refusal is not None:
            await connection.close(refusal)
            return
        session = Session(connection, *identity["shard"])
        guilds = [guild for guild in self._terms.guilds if session.serves(guild.id)]
        ready = {
            "v": 10,
            "user": BOT.payload(),
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
            "session_id": session.id,
            "resume_gateway_url": self.url,
            "shard": identity["shard"],
            "application": {"id": str(BOT.id), "flags": 0},
        }
        await session.dispatch("READY", ready)
        for guild in guilds:
            await session.dispatch("GUILD_CREATE", guild.payload())
        # A shard that identifies anew has given up its session before.
        self.sessions = [
            other for other in self.sessions if other.connection is not None or other.shard_id != session.shard_id
        ]
        self.sessions.append(session)
        self.identified += 1

    async def _resume(self, connection: Connection, wish: Payload) -> None:
        session = next((session for session in self.sessions if session.id == wish["session_id"]), None)
        if self._terms.hangs_up_on_resume:
            connection.drop()
        elif session is None or session.over or not self._terms.resumable:
            await connection.send(_packet(Op.INVALID_SESSION, data=False))
        elif wish["seq"] > session.sequence:
            session.over = True
            await connection.close(CloseCode.INVALID_SEQUENCE)
        else:
            await session.resume(connection, wish["seq"])
            self.resumed += 1

    def _leave(self, connection: Connection, code: int | None) -> None:
        self.close_codes.append(code)
        for session in self.sessions:
            if session.connection is connection:
                session.connection = None
                if code in _GOOD_BYE and not connection.hung_up:
                    self.sessions.remove(session)
                break


def _packet(op: int, data: Any = None) -> str:
    return json.dumps({"op": op, "d": data})
