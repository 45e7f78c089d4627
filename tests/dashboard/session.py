"""Some minutes of a bot's life, with everything in them that the dashboard shows, recorded as Prometheus would."""

import asyncio
import math
import random
import signal
import sqlite3
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.dashboard.scrapes import Scrapes
from tests.wire.bots import process
from tests.wire.faults import Drop, Fault, RateLimit, Refusal, Slow
from tests.wire.gateway import CloseCode
from tests.wire.payloads import ALICE, BOB, BOT, Channel, Guild, Payload, Person, message, slash, snowflake
from tests.wire.server import Route, WireServer
from tests.wire.watching import Page

CORPUS: Final = Path(__file__).parents[2] / "data/chat/dev.tsv"
QUIET, BUSY = 4.0, 30.0
"""Messages a second, on average."""
BURST: Final = 250.0
"""The same for a moment."""
_DISLIKE: Final = "👎"

ON_REACTIONS: Final[Sequence[Sequence[Fault]]] = (
    [Refusal(404, 10008, "Unknown Message")] * 4,
    [Refusal(403, 50013, "Missing Permissions")] * 2,
    [RateLimit(1.0)] * 3,
    [Refusal(500, 0, "Internal Server Error")] * 3,
    [Drop()] * 6,
    [Refusal(403, 90001, "Reaction blocked"), Refusal(400, 30010, "Maximum number of reactions reached (20)")],
    [Refusal(503, 0, "Service Unavailable")] * 3,
    [RateLimit(2.0)] * 2,
    [Refusal(404, 10008, "Unknown Message")] * 2,
)
COMMANDS: Final = ("predict", "help", "stats", "settings show", "privacy about-me")


@dataclass(frozen=True, slots=True)
class Pace:
    """How a session is timed, in seconds.

    Args:
        seconds: all of it.
        scrape: between two scrapes.
        command: between two commands.
    """

    seconds: float
    scrape: float
    command: float


class Session:
    """A bot on the wire server, its members, and what befalls them.

    Args:
        server: that the bot is connected to.
        child: the bot's process.
        database: its file.
        pace: of the session.
    """

    def __init__(self, server: WireServer, child: Process, database: Path, pace: Pace) -> None:
        self._server = server
        self._child = child
        self._database = database
        self._pace = pace
        self._began = time.monotonic()
        self._chance = random.Random(0)  # noqa: S311
        self._texts = [line.split("\t")[0] for line in CORPUS.read_text(encoding="utf-8").splitlines()[1:]]
        self._channels = [channel for guild in server.guilds for channel in guild.channels]
        self._people = [ALICE, BOB, *(Person(snowflake(), f"member{number}") for number in range(20))]

    async def run(self, page: Page) -> Scrapes:
        """Live it; returns what was scraped meanwhile."""
        scrapes = Scrapes()
        async with asyncio.TaskGroup() as group:
            for part in (self._talk, self._command, self._disturb, self._answer):
                group.create_task(part())
            group.create_task(self._scrape(page, scrapes))
        return scrapes

    @property
    def _progress(self) -> float:
        """How much of it is over, from 0 to 1."""
        return (time.monotonic() - self._began) / self._pace.seconds

    async def _scrape(self, page: Page, scrapes: Scrapes) -> None:
        while self._progress < 1.0:
            await asyncio.sleep(self._pace.scrape)
            scrapes.add(time.monotonic() - self._began, await page.text())

    async def _talk(self) -> None:
        """Messages by chance (a Poisson process), more and fewer of them in waves, and once very many."""
        while self._progress < 1.0:
            rate = QUIET + (BUSY - QUIET) * math.sin(math.pi * 2.5 * self._progress) ** 2
            if 0.42 < self._progress < 0.45:
                rate = BURST
            await asyncio.sleep(self._chance.expovariate(rate))
            text, author = self._chance.choice(self._texts), self._chance.choice(self._people)
            # Most talk is in few channels.
            channel = self._channels[int(len(self._channels) * self._chance.random() ** 2)]
            await self._server.say(text, author=author, channel=channel)

    async def _command(self) -> None:
        number = 0
        while self._progress < 1.0:
            name = COMMANDS[number % len(COMMANDS)]
            if number % 17 == 7:
                self._server.fail(Route.ANSWER, Refusal(404, 10062, "Unknown interaction"))
            options = {"text": self._chance.choice(self._texts)} if name == "predict" else {}
            await self._server.dispatch("INTERACTION_CREATE", slash(name, channel=self._channels[0], options=options))
            number += 1
            await asyncio.sleep(self._pace.command)

    async def _answer(self) -> None:
        """Members join a reaction of the bot's now and then, or dislike one, or edit their message."""
        seen = 0
        while self._progress < 1.0:
            await asyncio.sleep(self._pace.seconds / 40)
            for reaction in self._server.reactions[seen::3]:
                emoji = self._chance.choice((reaction.emoji, reaction.emoji, _DISLIKE))
                channel = next(channel for channel in self._channels if channel.id == reaction.channel)
                for who, what in ((BOT, reaction.emoji), (BOB, emoji)):
                    told = _reaction(channel, reaction.message, who, what)
                    await self._server.dispatch("MESSAGE_REACTION_ADD", told)
            seen = len(self._server.reactions)

    async def _disturb(self) -> None:
        """One trouble after the other."""
        troubles: list[tuple[float, Callable[[], Awaitable[None]]]] = [
            *((0.05 + 0.025 * number, self._refuse(faults)) for number, faults in enumerate(ON_REACTIONS)),
            (0.32, self._slow_down),
            (0.55, self._hang_up),
            (0.65, self._block),
            (0.75, self._lose_database),
            (0.85, self._find_database),
        ]
        for when, trouble in troubles:
            await asyncio.sleep(max(0.0, (when - self._progress) * self._pace.seconds))
            await trouble()

    def _refuse(self, faults: Sequence[Fault]) -> Callable[[], Awaitable[None]]:
        async def refuse() -> None:
            self._server.fail(Route.ADD_REACTION, *faults)

        return refuse

    async def _slow_down(self) -> None:
        self._server.fail(Route.ADD_REACTION, *(Slow(self._pace.seconds / 100) for _ in range(30)))

    async def _hang_up(self) -> None:
        await self._server.sessions[0].live.close(CloseCode.UNKNOWN_ERROR)

    async def _block(self) -> None:
        """The machine has no time for the bot."""
        self._child.send_signal(signal.SIGSTOP)
        await asyncio.sleep(0.6)
        self._child.send_signal(signal.SIGCONT)

    async def _lose_database(self) -> None:
        self._change("ALTER TABLE counter RENAME TO away")

    async def _find_database(self) -> None:
        self._change("ALTER TABLE away RENAME TO counter")

    def _change(self, statement: str) -> None:
        with closing(sqlite3.connect(self._database, timeout=10)) as connection:
            connection.execute(statement)
            connection.commit()


def guilds(number: int, channels: int, shards: int) -> list[Guild]:
    """As many guilds with as many channels each, evenly over the shards."""
    made = []
    for index in range(number):
        guild_id = snowflake()
        guild_id += ((index - (guild_id >> 22)) % shards) << 22
        rooms = tuple(Channel(snowflake(), f"channel{room}", guild_id) for room in range(channels))
        made.append(Guild(guild_id, f"guild{index}", rooms))
    return made


@asynccontextmanager
async def watched_process(server: WireServer, folder: Path, port: int) -> AsyncIterator[tuple[Process, Page]]:
    """A bot of its own process, as it is by default but for its page."""
    settings = {"METRICS_PORT": str(port), "THRESHOLD": "", "DATABASE_URL": f"sqlite:///{folder / 'bot.db'}"}
    async with process(server, folder, log_level="WARNING", **settings) as child:
        await server.until_ready()
        yield child, Page(port)
        child.terminate()
        await child.communicate()


def _reaction(channel: Channel, message_id: int, who: Person, emoji: str) -> Payload:
    return {
        "user_id": str(who.id),
        "member": {**message("")["member"], "user": who.payload()},
        "channel_id": str(channel.id),
        "guild_id": str(channel.guild_id),
        "message_id": str(message_id),
        "emoji": {"id": None, "name": emoji},
        "type": 0,
        "burst": False,
    }
