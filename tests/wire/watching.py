"""Somebody who watches a bot: the status page, read as Prometheus and Kubernetes read it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import aiohttp
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from bot.client import EmojiBot
from bot.settings import Settings
from bot.status_page import status_page
from tests.wire.bots import connected
from tests.wire.server import WireServer

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Page:
    """The page of a bot, on this port of the loopback."""

    port: int

    async def get(self, path: str, method: str = "GET") -> tuple[int, str]:
        """The status and the text of an answer."""
        async with (
            aiohttp.ClientSession() as client,
            client.request(method, f"http://{HOST}:{self.port}{path}") as answer,
        ):
            return answer.status, await answer.text()

    async def text(self) -> str:
        """The metrics as they are sent."""
        status, text = await self.get("/metrics")
        assert status == 200
        return text

    async def samples(self) -> list[Sample]:
        """The metrics."""
        return [sample for family in text_string_to_metric_families(await self.text()) for sample in family.samples]

    async def value(self, name: str, **labels: str) -> float:
        """The one metric with this name, without the bot's prefix, and these labels."""
        samples = await self.samples()
        [value] = [one.value for one in samples if one.name == f"emoji_bot_{name}" and one.labels == labels]
        return value

    async def labels(self, name: str) -> list[dict[str, str]]:
        """The labels of all metrics with this name."""
        return [one.labels for one in await self.samples() if one.name == f"emoji_bot_{name}"]


@asynccontextmanager
async def watched(server: WireServer, settings: Settings) -> AsyncIterator[tuple[EmojiBot, Page]]:
    """A bot in its guild, and its page, for as long as the context lasts."""
    async with connected(server, replace(settings, metrics_port=1)) as bot, status_page(bot, HOST, 0) as port:
        yield bot, Page(port)
