"""The gate that holds back all requests while Discord's global rate limit lasts."""

import asyncio
from typing import Final

import discord

LONGEST: Final = 30.0
"""Seconds that discord.py waits for a rate limit; it takes no less."""


def reopen_by_itself(client: discord.Client) -> None:
    """Never let a global rate limit hold back requests for longer than it can last. Call after login.

    discord.py (2.7.1) closes the gate, sleeps and opens it again. If the request that does so is cancelled meanwhile,
    because its message has become too old for a reaction, the gate stays shut and nothing is ever requested again.
    """
    client.http._global_over = _Gate()


class _Gate(asyncio.Event):
    def __init__(self) -> None:
        super().__init__()
        self.set()
        self._timer: asyncio.TimerHandle | None = None

    def clear(self) -> None:
        super().clear()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(LONGEST, self.set)
