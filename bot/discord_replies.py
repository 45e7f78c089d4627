"""Counts what Discord replies, below discord.py: it tries some requests again by itself and tells nobody."""

import json
from types import SimpleNamespace
from typing import Any, Final

import aiohttp

from bot.latest_reply import note_reply
from bot.metrics import Metrics
from bot.reactor import KNOWN_CODES

OTHER: Final = "other"

_STATUSES: Final = frozenset({400, 401, 403, 404, 405, 409, 413, 415, 429, 500, 501, 502, 503, 504, 520, 522, 524})
_ANSWERED_TOO_LATE: Final = 10062
_ANSWERED_TWICE: Final = 40060
_CODES: Final = KNOWN_CODES | {_ANSWERED_TOO_LATE, _ANSWERED_TWICE}
_USUAL: Final = (
    *(("400", "10014"), ("400", "30010"), ("400", "50083"), ("401", OTHER)),
    *(("403", "50001"), ("403", "50013"), ("403", "90001")),
    *(("404", "10003"), ("404", "10008"), ("404", "10062")),
    *(("429", OTHER), ("500", OTHER), ("502", OTHER), ("503", OTHER)),
)
"""Errors that are on the page before they are met: Prometheus sees no growth in a counter that begins with 1."""
_SCOPES: Final = frozenset({"user", "global", "shared"})
_LONGEST: Final = 10_000
"""Bytes of an error that are worth reading."""


def counting_trace(metrics: Metrics) -> aiohttp.TraceConfig:
    """For `discord.Client`'s `http_trace`: counts replies, errors, rate limits and failed connections in `metrics`."""

    async def replied(_: object, context: SimpleNamespace, params: aiohttp.TraceRequestEndParams) -> None:
        status = params.response.status
        context.status = status
        if status == 101:  # the gateway's websocket
            return
        note_reply()
        metrics.replies += 1
        if status == 429:
            scope = params.response.headers.get("X-RateLimit-Scope", "")
            metrics.rate_limits[scope if scope in _SCOPES else OTHER] += 1

    async def read(_: object, context: SimpleNamespace, params: aiohttp.TraceResponseChunkReceivedParams) -> None:
        if context.status >= 400:
            metrics.errors[_status(context.status), _code(params.chunk)] += 1

    async def failed(_: object, __: SimpleNamespace, params: aiohttp.TraceRequestExceptionParams) -> None:
        if isinstance(params.exception, aiohttp.ClientError | OSError):  # not where the bot itself gave up
            metrics.unreachable += 1

    metrics.errors.update(dict.fromkeys(_USUAL, 0))
    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(replied)
    trace.on_response_chunk_received.append(read)
    trace.on_request_exception.append(failed)
    return trace


def _status(status: int) -> str:
    return str(status) if status in _STATUSES else OTHER


def _code(body: bytes) -> str:
    """Discord's JSON code in an error, if it is one that the bot knows."""
    try:
        reply: Any = json.loads(body) if len(body) <= _LONGEST else None
    except ValueError:
        return OTHER
    code = reply.get("code") if isinstance(reply, dict) else None
    return str(code) if isinstance(code, int) and code in _CODES else OTHER
