"""The wire server with an eye on what a bot under load must keep to."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Callable

import discord
from aiohttp import web

from tests.wire.rest import Request, Rest, Route
from tests.wire.server import TOKEN, WireServer
from tests.wire.terms import Terms


class LoadServer(WireServer):
    """Takes its time for each reaction, as Discord does, and keeps figures instead of requests.

    Args:
        reply_after: seconds that a reaction takes it.
    """

    def __init__(self, reply_after: float = 0.0) -> None:
        self._reply_after = reply_after
        super().__init__()
        self.keeps_requests = False

    def _rest(self) -> "Watch":
        self.watch = Watch(self, TOKEN, self._notify, self._reply_after)
        return self.watch

    def forgive(self) -> None:
        """Let nothing fail from now on."""
        self.gateway.faults.clear()
        for faults in self.rest.faults.values():
            faults.clear()
        self.resumable = self.acknowledges = True


class Watch(Rest):
    """The REST routes, watched.

    Args:
        terms: how it deals with clients.
        token: that a bot has to show.
        notify: told whenever something has come in.
        reply_after: seconds that a reaction takes.
    """

    def __init__(self, terms: Terms, token: str, notify: Callable[[], None], reply_after: float) -> None:
        super().__init__(terms, token, notify)
        self.answered: dict[int, float] = {}
        """By the id of an interaction, `time.monotonic()` of the first request to answer it."""
        self.served: Counter[int] = Counter()
        """Reactions made, by channel."""
        self.replies: Counter[int] = Counter()
        """To requests for reactions, by status."""
        self.asked_for: set[int] = set()
        """Messages that somebody asked a reaction for: they may be of any age."""
        self.oldest = 0.0
        """Seconds: the greatest age of any other message when the request for its reaction came in."""
        self.most_at_once = 0
        """The most requests for reactions that one channel had at the same time."""
        self._reply_after = reply_after
        self._in_flight: defaultdict[int, int] = defaultdict(int)

    async def _respond(self, request: Request, incoming: web.Request) -> web.StreamResponse:
        if request.route is Route.ANSWER:
            self.answered.setdefault(int(request.variables["interaction"]), request.at)
        if request.route is not Route.ADD_REACTION:
            return await super()._respond(request, incoming)
        channel = int(request.variables["channel"])
        message = int(request.variables["message"])
        if message not in self.asked_for:
            self.oldest = max(self.oldest, time.time() - discord.utils.snowflake_time(message).timestamp())
        self._in_flight[channel] += 1
        self.most_at_once = max(self.most_at_once, self._in_flight[channel])
        try:
            await asyncio.sleep(self._reply_after)
            if incoming.transport is None:  # the client has given up meanwhile
                return web.Response(status=web.HTTPServiceUnavailable.status_code)
            response = await super()._respond(request, incoming)
        finally:
            self._in_flight[channel] -= 1
        self.replies[response.status] += 1
        if response.status == web.HTTPNoContent.status_code:
            self.served[channel] += 1
        return response
