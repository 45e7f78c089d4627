"""The bot as a process of its own: `python -m scripts.benchmarks.bot_process MODEL DATABASE`.

It does what `python -m bot` does up to the moment at which it could answer, without connecting. Then it writes a line
of JSON, the times of its steps by `time.perf_counter`. A line that it reads, a number, announces as many texts, one a
line: it predicts them through the bot's service and writes `done`. Without a number it ends.
"""

import time

STARTED = time.perf_counter()

import asyncio  # noqa: E402 - the interpreter has started; from here on it is imports
import json  # noqa: E402
import sys  # noqa: E402
from collections.abc import Iterator  # noqa: E402
from itertools import islice  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any, Final  # noqa: E402

from bot.client import EmojiBot  # noqa: E402
from bot.settings import Settings  # noqa: E402
from bot.store import Store  # noqa: E402
from model.service import PredictionService  # noqa: E402

_CALLERS: Final = 64


async def main(model: Path, database: str) -> None:
    """Get ready, say so, and predict what comes in."""
    marks = {"interpreter": STARTED, "imports": time.perf_counter()}
    open_store = Store.open

    async def marked_open(*arguments: Any, **options: Any) -> Store:
        marks["model"] = time.perf_counter()
        store = await open_store(*arguments, **options)
        marks["database"] = time.perf_counter()
        return store

    Store.open = marked_open  # type: ignore[method-assign]
    async with EmojiBot(Settings(model_dir=model, database_url=database)) as bot:
        await bot.prepare()
        marks["commands"] = time.perf_counter()
        print(json.dumps(marks), flush=True)
        service = bot._service
        assert service is not None  # noqa: S101 - it is ready
        while number := sys.stdin.readline().strip():
            await _predict(service, islice(sys.stdin, int(number)))
            print("done", flush=True)


async def _predict(service: PredictionService, lines: Iterator[str]) -> None:
    async def caller() -> None:
        for line in lines:  # all callers take from the same
            await service.predict(line)

    await asyncio.gather(*(caller() for _ in range(_CALLERS)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
