"""The gateway's websocket, where discord.py's own would end the whole bot or ask again without a pause."""

import asyncio
import logging
import random
import time
from collections.abc import Callable
from typing import Any, Final, Self

import discord
from discord.gateway import ReconnectWebSocket

from bot.reading_turns import TurnTakingWebSocket

log = logging.getLogger(__name__)

HELLO_WITHIN: Final = 15.0
"""Seconds for the gateway's first word."""
_SHORT_LIFE: Final = 5.0
PAUSE: Final = (1.0, 5.0)
"""Seconds: after a connection of a short life, one from this range passes before the next, as Discord asks for."""


def outlive_bad_packets(client: discord.Client) -> None:
    """Let `client` go on where an event or a packet of the gateway cannot be read, or the gateway hangs up at once."""
    # discord.py has no setting for this: its shards take the class from their module. Read in 2.7.1.
    discord.shard.DiscordWebSocket = PatientWebSocket  # type: ignore[misc]
    parsers = client._connection.parsers
    for event, parse in parsers.items():
        parsers[event] = _passing_over(event, parse)


def _passing_over(event: str, parse: Callable[[Any], None]) -> Callable[[Any], None]:
    """Like `parse`, but an event that discord.py does not understand is passed over."""

    def parse_or_pass(data: Any) -> None:
        try:
            parse(data)
        except Exception as error:  # noqa: BLE001 - discord.py trips over whatever it does not expect
            log.warning("event not understood event=%s: %s", event, type(error).__name__)

    return parse_or_pass


class PatientWebSocket(TurnTakingWebSocket):
    """A websocket that takes what it cannot read for a lost connection, and does not hurry after a short one."""

    def __init__(self, socket: Any, *, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(socket, loop=loop)
        self._began = time.monotonic()

    @classmethod
    async def from_client(cls, client: discord.Client, **options: Any) -> Self:
        """Connect.

        Raises:
            ConnectionError: the gateway hung up before it said hello; discord.py then waits before it tries again.
        """
        try:
            return await super().from_client(client, **options)
        except ReconnectWebSocket as error:
            raise ConnectionError("the gateway hung up before it said hello") from error

    async def poll_event(self) -> None:
        """Wait for a packet and act on it. The first one must come soon: all other shards wait to reconnect."""
        patience = self._max_heartbeat_timeout
        if self._keep_alive is None:
            self._max_heartbeat_timeout = min(patience, HELLO_WITHIN)
        try:
            await super().poll_event()
        except ReconnectWebSocket as error:
            # A new session waits as it is, for `before_identify_hook`.
            if error.resume and time.monotonic() - self._began < _SHORT_LIFE:
                await asyncio.sleep(random.uniform(*PAUSE))  # noqa: S311
            raise
        finally:
            self._max_heartbeat_timeout = patience

    async def received_message(self, msg: Any, /) -> None:
        """Act on a packet.

        Raises:
            ConnectionError: it cannot be read, and so neither can be what follows.
        """
        try:
            await super().received_message(msg)
        except (ReconnectWebSocket, discord.DiscordException, OSError, asyncio.CancelledError):
            raise
        except Exception as error:
            await self.close()
            raise ConnectionError(f"a packet of the gateway is not readable: {type(error).__name__}") from error
