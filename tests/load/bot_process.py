"""The bot as a process of its own, measured from within.

The program is `python -m bot run` with a local server in the place of Discord. A line on its standard input makes it
answer with one line of JSON on its standard output, what `Probe.report` returns; the first line starts the probe.
"""

import asyncio
import json
import os
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import discord
import yarl

import bot.__main__
from bot.client import EmojiBot
from bot.cogs.reactions import Reactions
from tests.load.probe import Gauge, Probe
from tests.wire.server import TOKEN, WireServer

_PROJECT: Final = Path(*bot.__path__).parent
_LONGEST_LINE: Final = 1 << 24
_TOLD: Final = 2000
"""Characters of the log that a failure tells."""
_STARTS_WITHIN: Final = 60.0  # seconds
_STOPS_WITHIN: Final = 15.0


class BotProcess:
    """The parent's end.

    Args:
        child: the process.
        log: the file that it logs to.
        database: the SQLite file that it counts in.
    """

    def __init__(self, child: Process, log: Path, database: Path) -> None:
        self.log = log
        self.database = database
        self._child = child

    @property
    def pid(self) -> int:
        """The process id."""
        return self._child.pid

    async def report(self) -> dict[str, Any]:
        """What the probe has measured since the last time; the first time, it begins to."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(b"report\n")
        line = await self._child.stdout.readline()
        if not line:
            raise RuntimeError(f"The bot ended with {await self._child.wait()}: {_end_of(self.log)}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    async def stop(self) -> int:
        """Ask it to end, as an operator would; returns its exit status."""
        self._child.terminate()
        async with asyncio.timeout(_STOPS_WITHIN):
            return await self._child.wait()


@asynccontextmanager
async def bot_process(server: WireServer, folder: Path, **settings: str) -> AsyncIterator[BotProcess]:
    """A bot that the server knows to be ready, in `folder`, where its log and its database are. `settings` by key."""
    log, database = folder / "bot.log", folder / "bot.db"
    environment = {
        **os.environ,
        "PYTHONPATH": str(_PROJECT),
        "DISCORD_TOKEN": TOKEN,
        "DATABASE_URL": f"sqlite:///{database}",
        **settings,
    }
    with log.open("wb") as stderr:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.load.bot_process", server.api_url, server.gateway_url),
            cwd=folder,
            env=environment,
            stdin=PIPE,
            stdout=PIPE,
            stderr=stderr,
            limit=_LONGEST_LINE,
        )
    try:
        await _until_ready(server, child, log)
        yield BotProcess(child, log, database)
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


async def _until_ready(server: WireServer, child: Process, log: Path) -> None:
    """Wait for the bot; shards come one after the other, and the machine may be busy."""
    until = time.monotonic() + _STARTS_WITHIN
    while child.returncode is None and time.monotonic() < until:
        with suppress(TimeoutError):
            await server.until_ready()
            return
    raise RuntimeError(f"The bot has not come up: {_end_of(log)}")


def _end_of(log: Path) -> str:
    return log.read_text("utf-8", errors="replace")[-_TOLD:]


class _Measured(EmojiBot):
    """The bot, with somebody who looks after it."""

    async def setup_hook(self) -> None:
        await super().setup_hook()
        self._observer = asyncio.create_task(self._observe(), name="observer")

    async def _observe(self) -> None:
        orders = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
        probe = Probe(self._gauges())
        await orders.readline()
        await self.wait_until_ready()
        probe.start()
        sys.stdout.write("{}\n")
        sys.stdout.flush()
        while await orders.readline():
            sys.stdout.write(json.dumps(probe.report()) + "\n")
            sys.stdout.flush()

    def _gauges(self) -> dict[str, Gauge]:
        service, reactor, reactions = self._service, self._reactor, self.get_cog("Reactions")
        assert service is not None
        assert isinstance(reactions, Reactions)
        return {
            "waiting for the model": lambda: service.waiting,
            "waiting for Discord": lambda: reactor.waiting,
            "requests under way": lambda: reactor.in_flight,
            "messages held": lambda: reactions.under_way,
        }


def main() -> int:
    """Run the bot; returns its exit status."""
    discord.http.Route.BASE = sys.argv[1]
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(sys.argv[2])
    with patch.object(bot.__main__, "EmojiBot", _Measured):
        return bot.__main__.main(["run"])


if __name__ == "__main__":
    sys.exit(main())
