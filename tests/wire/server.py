"""A Discord on a loopback port: the gateway and the REST routes that the bot uses."""

import asyncio
import json
import logging
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Any, Final, Self

from aiohttp import web

from tests.wire import payloads
from tests.wire.gateway import CloseCode, Op, Session
from tests.wire.payloads import BOT, HOME, Guild, Payload, Person, snowflake

log = logging.getLogger(__name__)

TOKEN: Final = "wire-token"
DEADLINE: Final = 10.0
"""Seconds after which something that should have happened counts as missing."""
GRACE: Final = 0.2
"""Seconds without a request after which nothing more is expected."""

_API: Final = "/api/v10"
_GATEWAY: Final = "/gateway"
_MESSAGE_CONTENT: Final = 1 << 15
_NEVER: Final = 60_000  # milliseconds between heartbeats, longer than any test


class Route(StrEnum):
    """The REST routes. Anything else is logged as an error, which fails the test."""

    ME = "GET /users/@me"
    APPLICATION = "GET /oauth2/applications/@me"
    GATEWAY = "GET /gateway/bot"
    COMMANDS = "GET /applications/{application}/commands"
    SET_COMMANDS = "PUT /applications/{application}/commands"
    ADD_REACTION = "PUT /channels/{channel}/messages/{message}/reactions/{emoji}/@me"
    ANSWER = "POST /interactions/{interaction}/{token}/callback"
    EDIT_ANSWER = "PATCH /webhooks/{application}/{token}/messages/@original"


_BY_INTERACTION: Final = (Route.ANSWER, Route.EDIT_ANSWER)
"""What the token of an interaction authorises, instead of the bot's."""


@dataclass(frozen=True, slots=True)
class Request:
    """A REST request as it came in.

    Args:
        route: which one it met.
        path: as on the wire, percent-encoded, without the prefix of the API.
        variables: the variable parts of the path, decoded.
        body: the decoded JSON, None where there was no body.
        at: `time.monotonic()` of its arrival.
    """

    route: Route
    path: str
    variables: Mapping[str, str]
    body: Any
    at: float


@dataclass(frozen=True, slots=True)
class Reaction:
    """A reaction that the server accepted."""

    channel: int
    message: int
    emoji: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A fault: an error in Discord's format."""

    status: int
    code: int
    message: str


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A fault: 429, asking to come back after so many seconds."""

    retry_after: float


@dataclass(frozen=True, slots=True)
class Slow:
    """A fault: the right reply, so many seconds late. What was asked is done at once."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Hang:
    """A fault: no reply before the server closes."""


@dataclass(frozen=True, slots=True)
class Drop:
    """A fault: the connection breaks instead of a reply."""


Fault = Refusal | RateLimit | Slow | Hang | Drop


class WireServer:
    """Discord as one bot meets it, in one process or several. An async context manager.

    What a test may set before a bot connects: `guilds` (those that the bot is a member of), `shards` (how many Discord
    advises), `heartbeat_interval` (milliseconds), `message_content` (whether the privileged intent is granted),
    `identify_refusal` (a code to close the gateway with). What it reads afterwards: `requests`, accepted `reactions`,
    the `commands` that Discord knows, the `sessions` of the shards, `heartbeats` and the clients' `close_codes`.
    """

    def __init__(self) -> None:
        self.guilds: list[Guild] = [HOME]
        self.shards = 1
        self.heartbeat_interval = _NEVER
        self.message_content = True
        self.identify_refusal: CloseCode | None = None
        self.requests: list[Request] = []
        self.reactions: list[Reaction] = []
        self.commands: list[Payload] = []
        self.sessions: list[Session] = []
        self.heartbeats = 0
        self.close_codes: list[int | None] = []
        self._faults: defaultdict[Route, deque[Fault]] = defaultdict(deque)
        self._changed = asyncio.Condition()
        self._closing = asyncio.Event()
        self._address = ""
        app = web.Application()
        app.router.add_get(_GATEWAY, self._gateway)
        for route in Route:
            method, path = route.split()
            app.router.add_route(method, _API + path, self._handler(route))
        app.router.add_route("*", "/{path:.*}", self._unknown)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0]
        self._address = f"{host}:{port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        await self._runner.cleanup()

    @property
    def api_url(self) -> str:
        """For `discord.http.Route.BASE`."""
        return f"http://{self._address}{_API}"

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

    async def dispatch(self, event: str, data: Payload) -> None:
        """Deliver any event to every session of the shard that it belongs to, as Discord does."""
        guild_id = int(data.get("guild_id") or (data["id"] if event.startswith("GUILD_") else 0))
        sessions = [session for session in self.sessions if session.serves(guild_id)]
        assert sessions, "no bot is connected"
        for session in sessions:
            await session.dispatch(event, data)

    def fail(self, route: Route, *faults: Fault) -> None:
        """Let the next requests on `route` meet `faults`, one each, in order."""
        self._faults[route].extend(faults)

    # What a test waits for.

    async def until(self, happened: Callable[[], bool]) -> None:
        """Wait until `happened()`, which is asked anew whenever the server has received something.

        Raises:
            TimeoutError: it did not happen within the deadline.
        """
        async with asyncio.timeout(DEADLINE), self._changed:
            await self._changed.wait_for(happened)

    async def until_ready(self) -> None:
        """Wait until each guild is some shard's that has identified and been told of it."""
        await self.until(
            lambda: all(any(session.serves(guild.id) for session in self.sessions) for guild in self.guilds)
        )

    async def until_reacted(self, *messages: int) -> None:
        """Wait until each of `messages` has got a reaction."""
        await self.until(lambda: {*messages} <= {reaction.message for reaction in self.reactions})

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

    def received(self, route: Route) -> list[Request]:
        """The requests on `route` so far."""
        return [request for request in self.requests if request.route is route]

    # The gateway.

    async def _gateway(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        # discord.py takes plain text whatever it asked for, so other compressions than zlib need no support here.
        session = Session(socket, compressed=request.query.get("compress") == "zlib-stream")
        await session.send(Op.HELLO, {"heartbeat_interval": self.heartbeat_interval})
        async for frame in socket:
            packet = json.loads(frame.data)
            match packet["op"]:
                case Op.HEARTBEAT:
                    self.heartbeats += 1
                    await session.send(Op.HEARTBEAT_ACK)
                case Op.IDENTIFY:
                    await self._identify(session, packet["d"])
                case op:
                    log.error("no such opcode here: %s", op)
            await self._notify()
        if session in self.sessions:
            self.sessions.remove(session)
        self.close_codes.append(socket.close_code)
        await self._notify()
        return socket

    async def _identify(self, session: Session, identity: Payload) -> None:
        refusal = self.identify_refusal
        if identity["token"] != TOKEN:
            refusal = CloseCode.AUTHENTICATION_FAILED
        elif identity["intents"] & _MESSAGE_CONTENT and not self.message_content:
            refusal = CloseCode.DISALLOWED_INTENTS
        if refusal is not None:
            await session.close(refusal)
            return
        session.shard_id, session.shard_count = identity["shard"]
        guilds = [guild for guild in self.guilds if session.serves(guild.id)]
        ready = {
            "v": 10,
            "user": BOT.payload(),
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
            "session_id": f"session-{snowflake()}",
            "resume_gateway_url": self.gateway_url,
            "shard": identity["shard"],
            "application": {"id": str(BOT.id), "flags": 0},
        }
        await session.dispatch("READY", ready)
        for guild in guilds:
            await session.dispatch("GUILD_CREATE", guild.payload())
        self.sessions.append(session)

    # The REST routes.

    def _handler(self, route: Route) -> Callable[[web.Request], Any]:
        async def handle(incoming: web.Request) -> web.Response:
            path = incoming.raw_path.partition("?")[0].removeprefix(_API)
            # A picture comes in several parts, of which the first is the JSON.
            parts = await incoming.post() if incoming.content_type.startswith("multipart/") else None
            body = json.loads(str(parts["payload_json"]) if parts else await incoming.read() or "null")
            request = Request(route, path, dict(incoming.match_info), body, time.monotonic())
            self.requests.append(request)
            response = await self._respond(request, incoming)
            await self._notify()
            return response

        return handle

    async def _respond(self, request: Request, incoming: web.Request) -> web.Response:
        if request.route not in _BY_INTERACTION and incoming.headers.get("Authorization") != f"Bot {TOKEN}":
            return _json(401, {"code": 0, "message": "401: Unauthorized"})
        faults = self._faults[request.route]
        match faults.popleft() if faults else None:
            case None:
                content = self._accept(request)
                return web.Response(status=204) if content is None else _json(200, content)
            case Refusal(status, code, text):
                return _json(status, {"code": code, "message": text})
            case RateLimit(retry_after):
                content = {"message": "You are being rate limited.", "retry_after": retry_after, "global": False}
                return _json(429, content, {"Via": "1.1 wire"})
            case Slow(seconds):
                content = self._accept(request)
                await self._notify()
                await asyncio.sleep(seconds)
                return web.Response(status=204) if content is None else _json(200, content)
            case Hang():
                await self._notify()
                await self._closing.wait()
            case Drop():
                assert incoming.transport is not None
                incoming.transport.abort()
        return web.Response(status=503)  # to nobody

    def _accept(self, request: Request) -> Payload | list[Payload] | None:
        """Do what a request asks for; returns the content of the reply, None for 204."""
        match request.route:
            case Route.ME:
                return BOT.payload()
            case Route.APPLICATION:
                return _application()
            case Route.GATEWAY:
                limit = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
                return {"url": self.gateway_url, "shards": self.shards, "session_start_limit": limit}
            case Route.COMMANDS:
                return self.commands
            case Route.SET_COMMANDS:
                self.commands = [_command(command) for command in request.body]
                return self.commands
            case Route.ADD_REACTION:
                variables = request.variables
                reaction = Reaction(int(variables["channel"]), int(variables["message"]), variables["emoji"])
                self.reactions.append(reaction)
                return None
            case Route.ANSWER:
                message = payloads.message("", author=BOT)
                interaction = {"id": request.variables["interaction"], "type": 2, "response_message_id": message["id"]}
                return {"interaction": interaction, "resource": {"type": request.body["type"], "message": message}}
            case Route.EDIT_ANSWER:
                return payloads.message("", author=BOT)

    async def _unknown(self, incoming: web.Request) -> web.Response:
        log.error("no such route here: %s %s", incoming.method, incoming.path)
        return _json(404, {"code": 0, "message": "404: Not Found"})

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()


def _json(status: int, content: Any, headers: Mapping[str, str] | None = None) -> web.Response:
    # Not `web.json_response`: discord.py reads JSON only where the content type says nothing of a charset.
    body = json.dumps(content).encode()
    return web.Response(status=status, body=body, content_type="application/json", headers=headers)


def _application() -> Payload:
    return {
        "id": str(BOT.id),
        "name": BOT.name,
        "description": "",
        "icon": None,
        "bot_public": True,
        "bot_require_code_grant": False,
        "owner": Person(snowflake(), "operator").payload(),
        "verify_key": "",
        "flags": 0,
    }


def _command(command: Payload) -> Payload:
    """A command as Discord gives it back: ids and defaults added, options without what is false anyway."""
    options = [{key: value for key, value in option.items() if value} for option in command.get("options", [])]
    return {
        "description": "",
        "name_localizations": None,
        "description_localizations": None,
        "default_member_permissions": None,
        "nsfw": False,
        **command,
        "options": options,
        "id": str(snowflake()),
        "application_id": str(BOT.id),
        "version": str(snowflake()),
    }
