"""A small HTTP server for those who watch the bot: its metrics, whether it lives, and whether it is ready."""

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_address
from typing import Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from prometheus_client import CONTENT_TYPE_LATEST

from bot.client import EmojiBot
from bot.exposition import Exposition
from bot.loop_lag import measure_loop_lag

log = logging.getLogger(__name__)

_UNAVAILABLE: Final = 503


class StatusPageError(Exception):
    """The page cannot be served. The message is one sentence for the operator."""


@asynccontextmanager
async def status_page(bot: EmojiBot, host: str, port: int) -> AsyncIterator[int]:
    """Serve the page on the running loop for as long as the context lasts, and measure that loop.

    Args:
        bot: to tell about.
        host: address to listen on.
        port: to listen on; 0 takes a free one.

    Yields:
        The port.

    Raises:
        StatusPageError: the port is taken, or the address is none of this machine.
    """
    runner = web.AppRunner(_application(bot), access_log=None, shutdown_timeout=1.0, logger=_server_log())
    await runner.setup()
    measuring = asyncio.create_task(measure_loop_lag(bot.metrics.loop_lags), name="loop-lag")
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            reason = os.strerror(error.errno or 0).lower()  # asyncio's own words say the address once more
            raise StatusPageError(
                f"The metrics cannot be served on {host}, port {port}: {reason}. "
                "Choose another METRICS_PORT or METRICS_HOST."
            ) from error
        taken: int = runner.addresses[0][1]
        if ip_address(host).is_loopback:
            log.info("metrics served host=%s port=%d", host, taken)
        else:
            log.warning("metrics served, open to all who reach this address host=%s port=%d", host, taken)
        yield taken
    finally:
        measuring.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await measuring
        await runner.cleanup()


def _application(bot: EmojiBot) -> web.Application:
    exposition = Exposition(bot.metrics, bot.vitals)

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=exposition.page(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def health(_: web.Request) -> web.Response:
        return _verdict("stopping" if bot.vitals().stopping else None)

    async def readiness(_: web.Request) -> web.Response:
        return _verdict(bot.vitals().missing)

    application = web.Application()
    application.router.add_get("/metrics", metrics)
    application.router.add_get("/healthz", health)
    application.router.add_get("/readyz", readiness)
    return application


def _verdict(trouble: str | None) -> web.Response:
    return web.Response(status=_UNAVAILABLE, text=f"{trouble}\n") if trouble else web.Response(text="ok\n")


def _server_log() -> logging.Logger:
    """Of the server itself: a client that speaks no HTTP is no fault of the bot's, and gets no traceback."""
    server_log = logging.getLogger(f"{__name__}.server")
    server_log.addFilter(_is_own_fault)
    return server_log


def _is_own_fault(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))
