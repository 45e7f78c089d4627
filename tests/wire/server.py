"""A Discord on a loopback port: the gateway and the REST routes that the bot uses."""

import asyncio
import json
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, Self

from aiohttp import web

from tests.wire import payloads
from tests.wire.faults import ConnectFault, Drop, Fault, Hang, RateLimit, Refusal
from tests.wire.gateway import Gateway, Session
from tests.wire.payloads import Form, Payload
from tests.wire.rest import API, Reaction, Request, Rest, Route
from tests.wire.terms import Terms

__all__ = [
    "DEADLINE",
    "TOKEN",
    "Drop",
    "Hang",
    "RateLimit",
    "Reaction",
    "Refusal",
    "Request",
    "Route",
    "WireServer",
]

TOKEN: Final = "wire-token"
DEADLINE: Final = 30.0
"""Seconds after which something that should have happened counts as missing: long, as the machine may be busy."""
GRACE: Final = 0.2
"""Seconds without a request after which nothing more is expected."""

_GATEWAY: Final = "/gateway"


class WireServer(Terms):
    """Discord as one bot meets it, in one process or several. An async context manager.

    A test sets the terms, causes faults through `fail`, `fail_connection` and the `session` of a connected bot, and
    reads what has come in.
    """

    def __init__(self) -> None:
        super().__init__()
        self._waiting: set[asyncio.Future[None]] = set()
        self.gateway = Gateway(self, TOKEN, self._notify)
        self.rest = self._rest()
        self._address = ""
        app = web.Application()
        app.router.add_get(_GATEWAY, self.gateway.handle)
        self.rest.add_to(app)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await self.listen()
        self.gateway.url = self.rest.gateway_url = self.gateway_url
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.rest.closing.set()
        await self._runner.cleanup()

    @property
    def api_url(self) -> str:
        """For `discord.http.Route.BASE`."""
        return f"http://{self._address}{API}"

    @property
    def gateway_url(self) -> str:
        """For `discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY`."""
        return f"ws://{self._address}{_GATEWAY}"

    # What a test does.

    async def say(self, text: str, **fields: Any) -> int:
        """Deliver a message and return its id; for `fields` see `payloads.message`."""
        message = payloads.message(text, **fields)
        await self.dispatch("MESSAGE_CREATE", message)
        return int(message["id"])

    async def post(self, form: Form, text: str) -> int:
        """Deliver a message that is encoded but for its text, for when there are many; returns its id."""
        message, data = form.fill(text)
        await self._deliver("MESSAGE_CREATE", data, form.guild_id)
        return message

    async def dispatch(self, event: str, data: Payload) -> None:
        """Deliver any event to every session of the shard that it belongs to, as Discord does."""
        guild_id = int(data.get("guild_id") or (data["id"] if event.startswith("GUILD_") else 0))
        await self._deliver(event, json.dumps(data), guild_id)

    async def _deliver(self, event: str, data: str, guild_id: int) -> None:
        sessions = [session for session in self.gateway.sessions if session.serves(guild_id)]
        assert sessions, "no bot is connected"
        for session in sessions:
            await session.dispatch(event, data)

    def fail(self, route: Route, *faults: Fault) -> None:
        """Let the next requests on `route` meet `faults`, one each, in order."""
        self.rest.faults[route].extend(faults)

    def fail_connection(self, *faults: ConnectFault) -> None:
        """Let the next websockets meet `faults`, one each, in order."""
        self.gateway.faults.extend(faults)

    async def listen(self) -> None:
        """Take new connections, at the address of the first time."""
        host, _, port = self._address.partition(":")
        self._site = web.TCPSite(self._runner, host or "127.0.0.1", int(port or 0))
        await self._site.start()
        self._address = "{}:{}".format(*self._runner.addresses[0])

    async def stop_listening(self) -> None:
        """Refuse new connections; those that stand go on."""
        await self._site.stop()

    # What a test waits for.

    async def until(self, happened: Callable[[], bool]) -> None:
        """Wait until `happened()`, which is asked anew whenever the server has received something.

        Raises:
            TimeoutError: it did not happen within the deadline.
        """
        async with asyncio.timeout(DEADLINE):
            while not happened():
                news = asyncio.get_running_loop().create_future()
                self._waiting.add(news)
                await news

    async def until_ready(self) -> None:
        """Wait until each guild is some shard's that has identified and been told of it."""
        await self.until(
            lambda: all(
                any(session.serves(guild.id) and session.connection for session in self.sessions)
                for guild in self.guilds
            )
        )

    async def until_connections(self, count: int) -> None:
        """Wait until clients have asked for so many websockets."""
        await self.until(lambda: self.gateway.connections >= count)

    async def until_reacted(self, *messages: int) -> None:
        """Wait until each of `messages` has got a reaction."""
        await self.until(lambda: {*messages} <= self.rest.reacted.keys())

    async def until_received(self, route: Route, count: int = 1) -> list[Request]:
        """Wait for `count` requests on `route` and return them."""
        await self.until(lambda: len(self.received(route)) >= count)
        return self.received(route)

    async def settle(self) -> None:
        """Wait until no request has come for a moment."""
        seen = -1
        while seen != len(self.requests):
            seen = len(self.requests)
            await asyncio.sleep(GRACE)

    # What a test reads.

    def received(self, route: Route) -> list[Request]:
        """The requests on `route` so far."""
        return self.rest.received(route)

    @property
    def requests(self) -> list[Request]:
        """All that came in."""
        return self.rest.requests

    @property
    def reactions(self) -> list[Reaction]:
        """Those that were accepted."""
        return self.rest.reactions

    @property
    def commands(self) -> list[Payload]:
        """Those that Discord knows."""
        return self.rest.commands

    @property
    def sessions(self) -> list[Session]:
        """Of the shards, from IDENTIFY until the client says good-bye."""
        return self.gateway.sessions

    @property
    def session(self) -> Session:
        """The only one."""
        [session] = self.sessions
        return session

    @property
    def heartbeats(self) -> int:
        """That the gateway has got."""
        return self.gateway.heartbeats

    @property
    def close_codes(self) -> list[int | None]:
        """With which the websockets ended, as the server saw it."""
        return self.gateway.close_codes

    def _rest(self) -> Rest:
        """What answers requests; another server may have another."""
        return Rest(self, TOKEN, self._notify)

    def _notify(self) -> None:
        for news in self._waiting:
            if not news.done():
                news.set_result(None)
        self._waiting.clear()
