"""Reads the gateway in turns, so that a burst of events does not hold up everything else."""

import asyncio
from time import monotonic
from typing import Any, Final

from discord.gateway import DiscordWebSocket

TURN: Final = 0.005
"""Seconds for which events are read without a break."""


class TurnTakingWebSocket(DiscordWebSocket):
    """A websocket that pauses now and then.

    discord.py (2.7.1) reads on for as long as events are there: `aiohttp` gives what it has buffered without giving
    way to the event loop, and that may be thousands of events, as a compressed one has some 70 bytes. Meanwhile no task
    runs, no answer leaves, and each event leaves one more task behind.
    """

    def __init__(self, socket: Any, *, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(socket, loop=loop)
        self._turn_began = monotonic()

    async def poll_event(self) -> None:
        """Wait for a packet and act on it; once the turn is over, let everything else have one."""
        await super().poll_event()
        if monotonic() - self._turn_began >= TURN:
            await asyncio.sleep(0)
            self._turn_began = monotonic()
