"""The words of the gateway: what is sent on a websocket, and in which form."""

import json
import zlib
from enum import IntEnum
from typing import Any

from aiohttp import web

from tests.wire.payloads import Payload


class Op(IntEnum):
    """Gateway opcodes."""

    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    HELLO = 10
    HEARTBEAT_ACK = 11


class CloseCode(IntEnum):
    """Why the gateway hangs up."""

    AUTHENTICATION_FAILED = 4004
    DISALLOWED_INTENTS = 4014


class Session:
    """The gateway's end of one websocket. The client says in IDENTIFY which shard it is, of how many."""

    def __init__(self, socket: web.WebSocketResponse, *, compressed: bool) -> None:
        self.shard_id = 0
        self.shard_count = 1
        self._socket = socket
        self._compressor = zlib.compressobj() if compressed else None
        self._sequence = 0

    def serves(self, guild_id: int) -> bool:
        """Whether the guild is one of this shard's; direct messages, of guild 0, are the first shard's."""
        return (guild_id >> 22) % self.shard_count == self.shard_id

    async def dispatch(self, event: str, data: Payload) -> None:
        """Send an event."""
        self._sequence += 1
        await self.send(Op.DISPATCH, data, s=self._sequence, t=event)

    async def send(self, op: Op, data: Any = None, **fields: Any) -> None:
        """Send a packet, in the compression that the client asked for."""
        packet = json.dumps({"op": op, "d": data, **fields})
        if self._compressor is None:
            await self._socket.send_str(packet)
        else:
            compressed = self._compressor.compress(packet.encode())
            await self._socket.send_bytes(compressed + self._compressor.flush(zlib.Z_SYNC_FLUSH))

    async def close(self, code: CloseCode) -> None:
        """Hang up."""
        await self._socket.close(code=code)
