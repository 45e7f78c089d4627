"""A burst of messages, far more than Discord lets a bot answer: nothing may pile up, and nobody may be left out."""

import argparse
import asyncio
import functools
import itertools
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from bot.counts import Count
from bot.outbox import SECONDS_IN_FLIGHT, SECONDS_WAITING
from bot.settings import REACTIONS
from model.service import MAX_WAITING
from tests.load import chat, world
from tests.load.bot_process import BotProcess, bot_process
from tests.load.counted import accounted_for, complaints, counters
from tests.load.server import LoadServer
from tests.load.verdict import Goal, tell
from tests.wire.payloads import Form, slash
from tests.wire.server import DEADLINE

_EXAMPLES = """examples:
  python -m tests.load.burst
  python -m tests.load.burst --messages 2000 --seconds 1 --channels 20 --json

It exits with 1 where a goal is missed. The bot would react to every message (its threshold is 0)."""

REACTION_EVERY: Final = 0.25
"""Seconds between two reactions that Discord allows in a channel."""
_REPLY_AFTER: Final = 0.05
"""Seconds that Discord takes for one."""
STALE_AFTER: Final = 30.0
_ASK_EVERY: Final = 0.5
_TURN: Final = 0.005
"""Seconds between two looks at what is due: so many messages reach the bot in one go."""
_QUIET: Final = 2.0
"""Seconds without a reaction after which none is expected."""

_MOST_HELD: Final = 3000
_MOST_TASKS: Final = 4000
_LAG: Final = 0.050
_ANSWER: Final = 1.0
_GRACE: Final = 0.25  # seconds from the bot's decision until the request is there


@dataclass(frozen=True, slots=True)
class Plan:
    """So many messages in so many seconds, over so many channels in so many guilds."""

    messages: int
    seconds: float
    channels: int
    guilds: int


@dataclass(slots=True)
class Burst:
    """What the sender has seen."""

    took: float = 0.0
    asked: dict[int, float] = field(default_factory=dict)
    """By the id of an interaction, `time.monotonic()` of its sending."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.load.burst",
        description=__doc__,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--messages", type=int, default=20_000, help="default: %(default)s")
    parser.add_argument("--seconds", type=float, default=10.0, help="default: %(default)s")
    parser.add_argument("--channels", type=int, default=100, help="default: %(default)s")
    parser.add_argument("--guilds", type=int, default=10, help="default: %(default)s")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args(argv)
    plan = Plan(arguments.messages, arguments.seconds, arguments.channels, arguments.guilds)
    return tell(*asyncio.run(run(plan)), as_json=arguments.json)


async def run(plan: Plan) -> tuple[dict[str, Any], list[Goal]]:
    """The figures of one burst, and which goals they meet."""
    with tempfile.TemporaryDirectory() as folder:
        async with LoadServer(_REPLY_AFTER) as server:
            server.guilds = world.guilds(plan.guilds, plan.channels)
            server.reaction_interval = REACTION_EVERY
            settings = {"THRESHOLD": "0", "STALE_AFTER": str(STALE_AFTER), "LOG_LEVEL": "INFO"}
            async with bot_process(server, Path(folder), **settings) as bot:
                await bot.report()
                await asyncio.sleep(_ASK_EVERY)
                calm = await bot.report()
                cpu = time.process_time()
                burst = await _send(plan, server)
                cpu = time.process_time() - cpu
                during = await bot.report()
                await _drain(server)
                after = await bot.report()
                status = await bot.stop()
                figures = _figures(plan, server, burst, calm, during, after)
                figures["server CPU in the burst, s"] = cpu
                figures["messages"] = counters(bot.database)
                return figures, _goals(plan, server, bot, figures, status)


async def _send(plan: Plan, server: LoadServer) -> Burst:
    """Send the messages as they are due, or as fast as possible; now and then somebody asks for a prediction."""
    chance = random.Random(0)  # noqa: S311 - for a repeatable load
    texts = chat.messages(chance)
    channels = [channel for guild in server.guilds for channel in guild.channels]
    places = world.uneven(channels, chance)
    form = functools.cache(Form)
    burst = Burst()
    asking = asyncio.create_task(_ask(server, burst))
    sent = 0
    started = time.monotonic()
    while sent < plan.messages:
        due = int((time.monotonic() - started) / plan.seconds * plan.messages)
        for _ in range(min(due, plan.messages) - sent):
            await server.post(form(chance.choice(world.PEOPLE), next(places)), next(texts))
            sent += 1
        await asyncio.sleep(_TURN)
    burst.took = time.monotonic() - started
    asking.cancel()
    return burst


async def _ask(server: LoadServer, burst: Burst) -> None:
    """Somebody wants a prediction every half second."""
    channels = itertools.cycle([channel for guild in server.guilds for channel in guild.channels])
    for text in chat.messages(random.Random(1)):  # noqa: S311
        interaction = slash("predict", options={"text": text}, channel=next(channels))
        burst.asked[int(interaction["id"])] = time.monotonic()
        await server.dispatch("INTERACTION_CREATE", interaction)
        await asyncio.sleep(_ASK_EVERY)


async def _drain(server: LoadServer) -> None:
    """Wait until the bot has reacted to what is worth it."""
    patience = time.monotonic() + STALE_AFTER + DEADLINE
    before = -1
    while before != server.watch.served.total() and time.monotonic() < patience:
        before = server.watch.served.total()
        await asyncio.sleep(_QUIET)


def _figures(
    plan: Plan, server: LoadServer, burst: Burst, calm: dict[str, Any], during: dict[str, Any], after: dict[str, Any]
) -> dict[str, Any]:
    answers = [
        server.watch.answered[asked] - at if asked in server.watch.answered else float("inf")
        for asked, at in burst.asked.items()
    ]
    most = {name: max(during["most"][name], after["most"][name]) for name in during["most"]}
    served = [server.watch.served[channel.id] for guild in server.guilds for channel in guild.channels]
    return {
        "sent": plan.messages,
        "sending took, s": burst.took,
        "sent a second": plan.messages / burst.took,
        "loop lag in the burst, ms": _spread(during["lags"]),
        "loop lag after it, ms": _spread(after["lags"]),
        "/predict until answered, ms": _spread(answers) | {"asked": len(answers)},
        "at most": most,
        "left at the end": after["gauges"] | {"tasks": len(after["tasks"]), "tasks before": len(calm["tasks"])},
        "reactions": server.watch.served.total(),
        "reactions in a channel": {"least": min(served), "median": float(np.median(served)), "most": max(served)},
        "oldest message reacted to, s": server.watch.oldest,
        "most requests at once in a channel": server.watch.most_at_once,
        "replies to reactions": {str(status): count for status, count in sorted(server.watch.replies.items())},
        "bot CPU in the burst, s": during["cpu"],
        "bot waited for a core, s": during["queued"],
        "garbage collection in the burst, ms": during["collecting"],
        "bot CPU after it, s": after["cpu"],
        "bot memory, MB": {
            "before": calm["rss"] / 1e6,
            "after the burst": during["rss"] / 1e6,
            "at the end": after["rss"] / 1e6,
        },
        "load average of the machine": os.getloadavg()[0],
    }


def _spread(seconds: Iterable[float]) -> dict[str, float]:
    """In milliseconds."""
    taken = np.array([*seconds]) * 1000
    p50, p99 = np.percentile(taken, [50, 99])
    return {"p50": float(p50), "p99": float(p99), "max": float(taken.max())}


def _goals(plan: Plan, server: LoadServer, bot: BotProcess, figures: dict[str, Any], status: int) -> list[Goal]:
    counted, most = figures["messages"], figures["at most"]
    return [
        Goal("waiting for the model", most["waiting for the model"], high=2 * MAX_WAITING),
        Goal("waiting for Discord", most["waiting for Discord"], high=REACTIONS * (SECONDS_WAITING + 1)),
        Goal("requests under way", most["requests under way"], high=REACTIONS * SECONDS_IN_FLIGHT),
        Goal("messages held", most["messages held"], high=_MOST_HELD),
        Goal("tasks", most["tasks"], high=_MOST_TASKS),
        Goal("age at the request, s", server.watch.oldest, high=STALE_AFTER + _GRACE),
        Goal("channels served", figures["reactions in a channel"]["least"], low=1),
        Goal("requests at once in a channel", server.watch.most_at_once, high=1),
        Goal("loop lag p99, ms", figures["loop lag in the burst, ms"]["p99"], high=_LAG * 1000),
        Goal("/predict at most, ms", figures["/predict until answered, ms"]["max"], high=_ANSWER * 1000),
        Goal("messages counted as seen", counted.get(Count.SEEN, 0), low=plan.messages, high=plan.messages),
        Goal("messages with a counted fate", accounted_for(counted), low=plan.messages, high=plan.messages),
        Goal("errors and tracebacks in the log", len(complaints(bot.log)), high=0),
        Goal("exit status of the bot", status, low=0, high=0),
    ]


if __name__ == "__main__":
    sys.exit(main())
