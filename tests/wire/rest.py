"""The REST routes: what they answer, and how they fail on demand."""

import asyncio
import json
import logging
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from aiohttp import web

from tests.wire import payloads
from tests.wire.faults import CutShort, Drop, Fault, Hang, Page, RateLimit, Refusal, Slow
from tests.wire.limits import ReactionLimits
from tests.wire.payloads import BOT, Payload, Person, snowflake
from tests.wire.terms import Terms

log = logging.getLogger(__name__)

API: Final = "/api/v10"
_VIA: Final = {"Via": "1.1 wire"}
"""Without this header, discord.py takes a 429 for a ban of the address."""


class Route(StrEnum):
    """The REST routes. Anything else is logged as an error, which fails the test."""

    ME = "GET /users/@me"
    APPLICATION = "GET /oauth2/applications/@me"
    GATEWAY = "GET /gateway/bot"
    COMMANDS = "GET /applications/{application}/commands"
    SET_COMMANDS = "PUT /applications/{application}/commands"
    ADD_REACTION = "PUT /channels/{channel}/messages/{message}/reactions/{emoji}/@me"
    REMOVE_REACTION = "DELETE /channels/{channel}/messages/{message}/reactions/{emoji}/@me"
    ANSWER = "POST /interactions/{interaction}/{token}/callback"
    FOLLOW_UP = "POST /webhooks/{application}/{token}"
    EDIT_ANSWER = "PATCH /webhooks/{application}/{token}/messages/@original"


_BY_INTERACTION: Final = (Route.ANSWER, Route.FOLLOW_UP, Route.EDIT_ANSWER)
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


class Rest:
    """Answers requests.

    Args:
        terms: how it deals with clients.
        token: that a bot has to show.
        notify: told whenever something has come in.
    """

    def __init__(self, terms: Terms, token: str, notify: Callable[[], None]) -> None:
        self.gateway_url = ""
        self.requests: list[Request] = []
        self.statuses: Counter[tuple[Route, int]] = Counter()
        self.reactions: list[Reaction] = []
        self.reacted: Counter[int] = Counter()
        self.commands: list[Payload] = []
        self.faults: defaultdict[Route, deque[Fault]] = defaultdict(deque)
        self.closing = asyncio.Event()
        self._authorization = f"Bot {token}"
        self._terms = terms
        self._limits = ReactionLimits(terms)
        self._notify = notify

    def add_to(self, app: web.Application) -> None:
        """Add the routes, and one for whatever else is asked."""
        for route in Route:
            method, path = route.split()
            app.router.add_route(method, API + path, self._handler(route))
        app.router.add_route("*", "/{path:.*}", _unknown)

    def received(self, route: Route) -> list[Request]:
        """The requests on `route` so far."""
        return [request for request in self.requests if request.route is route]

    def _handler(self, route: Route) -> Callable[[web.Request], Any]:
        async def handle(incoming: web.Request) -> web.StreamResponse:
            path = incoming.raw_path.partition("?")[0].removeprefix(API)
            # A picture comes in several parts, of which the first is the JSON.
            parts = await incoming.post() if incoming.content_type.startswith("multipart/") else None
            body = json.loads(str(parts["payload_json"]) if parts else await incoming.read() or "null")
            request = Request(route, path, dict(incoming.match_info), body, time.monotonic())
            if self._terms.keeps_requests:
                self.requests.append(request)
            response = await self._respond(request, incoming)
            self.statuses[route, response.status] += 1
            self._notify()
            return response

        return handle

    async def _respond(self, request: Request, incoming: web.Request) -> web.StreamResponse:
        if request.route not in _BY_INTERACTION and incoming.headers.get("Authorization") != self._authorization:
            return _json(401, {"code": 0, "message": "401: Unauthorized"})
        faults = self.faults[request.route]
        fault = faults.popleft() if faults else None
        match fault:
            case None:
                return self._accept(request)
            case Refusal(status, code, text):
                return _json(status, {"code": code, "message": text})
            case RateLimit(retry_after, everywhere):
                return rate_limited(retry_after, "global" if everywhere else "user")
            case Page(status, text, content_type):
                body = text.encode(errors="surrogateescape")
                return web.Response(status=status, body=body, headers={"Content-Type": content_type})
            case Slow(seconds):
                response = self._accept(request)
                await self._wait(seconds)
                return response
            case Hang():
                await self._wait(None)
            case Drop():
                assert incoming.transport is not None
                incoming.transport.abort()
            case CutShort():
                return await _cut_short(incoming)
        return web.Response(status=503)  # to nobody

    async def _wait(self, seconds: float | None) -> None:
        """For so long, but not longer than the server is there; others may see meanwhile what has come in."""
        self._notify()
        try:
            async with asyncio.timeout(seconds):
                await self.closing.wait()
        except TimeoutError:
            pass

    def _accept(self, request: Request) -> web.Response:
        """Do what a request asks for, and say so."""
        if request.route is Route.ADD_REACTION:
            return self._react(request)
        if request.route is Route.REMOVE_REACTION:
            return web.Response(status=204)
        return _json(200, self._content(request))

    def _react(self, request: Request) -> web.Response:
        channel, message = int(request.variables["channel"]), int(request.variables["message"])
        wait = self._limits.take(channel)
        if wait > 0.0:
            return rate_limited(wait, "user", self._limits.headers(channel))
        self.reacted[message] += 1
        if self._terms.keeps_requests:
            self.reactions.append(Reaction(channel, message, request.variables["emoji"]))
        return web.Response(status=204, headers=self._limits.headers(channel))

    def _content(self, request: Request) -> Payload | list[Payload]:
        """What the reply holds."""
        match request.route:
            case Route.ME:
                return BOT.payload()
            case Route.APPLICATION:
                return _application()
            case Route.GATEWAY:
                limit = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
                return {"url": self.gateway_url, "shards": self._terms.shards, "session_start_limit": limit}
            case Route.SET_COMMANDS:
                self.commands = [_command(command) for command in request.body]
                return self.commands
            case Route.COMMANDS:
                return self.commands
            case Route.ANSWER:
                message = payloads.message("", author=BOT)
                interaction = {"id": request.variables["interaction"], "type": 2, "response_message_id": message["id"]}
                return {"interaction": interaction, "resource": {"type": request.body["type"], "message": message}}
            case _:
                return payloads.message("", author=BOT)


def rate_limited(retry_after: float, scope: str, headers: Mapping[str, str] | None = None) -> web.Response:
    """A 429 as Discord sends it; `scope` is "user", "shared" or "global"."""
    content = {"message": "You are being rate limited.", "retry_after": retry_after, "global": scope == "global"}
    scoped = {"X-RateLimit-Scope": scope, "Retry-After": str(round(retry_after + 0.5))}
    if scope == "global":
        scoped["X-RateLimit-Global"] = "true"
    return _json(429, content, _VIA | scoped | dict(headers or {}))


async def _unknown(incoming: web.Request) -> web.Response:
    log.error("no such route here: %s %s", incoming.method, incoming.path)
    return _json(404, {"code": 0, "message": "404: Not Found"})


async def _cut_short(incoming: web.Request) -> web.StreamResponse:
    """Half of a body, and the connection closed by the server's side."""
    half = b'{"message": "half of'
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(2 * len(half))})
    await response.prepare(incoming)
    await response.write(half)
    assert incoming.transport is not None
    incoming.transport.close()
    return response


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
