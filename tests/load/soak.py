"""Many minutes of ordinary load on a Discord that keeps failing: nothing may leak, and nobody may be left waiting."""

import argparse
import asyncio
import math
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from tests.load import world
from tests.load.bot_process import BotProcess, bot_process
from tests.load.counted import complaints, counters
from tests.load.growth import growth
from tests.load.life import Ask, Life
from tests.load.mischief import Mischief
from tests.load.server import LoadServer
from tests.load.verdict import Goal, say, tell
from tests.wire.gateway import Connection, Session
from tests.wire.payloads import slash

_EXAMPLES = """examples:
  python -m tests.load.soak
  python -m tests.load.soak --minutes 2 --rate 50 --seed 7 --json --log bot.log

It exits with 1 where a goal is missed. The first half of the time is warm-up: the 20,000 reactions that the bot
remembers take nine minutes to come together, as it makes 40 a second at most."""

_GUILDS: Final = 20
_CHANNELS: Final = 200
_SHARDS: Final = 2
_REACTION_EVERY: Final = 0.25
_REPLY_AFTER: Final = 0.05
_HEARTBEAT: Final = 5_000  # milliseconds
_READ_EVERY: Final = 5.0
"""Seconds between two looks into the bot, of a run that is long enough for it."""
_WARM_UP: Final = 0.5
"""Share of the time."""
_CALM: Final = 200.0
"""Seconds after which everything that was begun has ended: a reset question waits for two minutes."""
_WORKING: Final = 10
"""Messages that must each get a reaction in the end."""
_ON_ITS_WAY: Final = 5.0
"""Seconds for which an event may be on its way to a busy bot when its connection breaks."""

_MOST_GROWTH: Final = 10.0  # MB
_STEADY: Final = 0.9
_GRACE: Final = 1.0
"""Seconds from the bot's decision until the request is there, on a busy machine."""
_BUTTONS: Final = "BaseView.__timeout_task_impl"
"""Tasks of discord.py that end buttons which nobody presses."""


@dataclass(frozen=True, slots=True)
class Plan:
    """For so many minutes, so many messages a second; what happens when is drawn from the seed."""

    minutes: float
    rate: float
    seed: int
    stale_after: float
    trace: bool = False

    @property
    def seconds(self) -> float:
        """The same time."""
        return self.minutes * 60

    @property
    def read_every(self) -> float:
        """Seconds between two looks into the bot."""
        return min(_READ_EVERY, self.seconds / 40)


@dataclass(slots=True)
class Readings:
    """What was read off the bot while it ran."""

    at: list[float] = field(default_factory=list)
    rss: list[float] = field(default_factory=list)
    heap: list[float] = field(default_factory=list)
    """Both in MB."""
    reactions: list[int] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)
    most: Counter[str] = field(default_factory=Counter)
    cpu: float = 0.0

    def add(self, at: float, report: dict[str, Any], reactions: int) -> None:
        """Take in a report of the probe."""
        self.at.append(at)
        self.rss.append(report["rss"] / 1e6)
        self.heap.append(report["heap"] / 1e6)
        self.reactions.append(reactions)
        self.lags.extend(report["lags"])
        self.cpu += report["cpu"]
        self.most |= Counter(report["most"])

    def reactions_before(self, second: float) -> int:
        """All reactions until then."""
        return max((count for at, count in zip(self.at, self.reactions, strict=True) if at <= second), default=0)

    def warm(self, values: Sequence[float], seconds: float) -> list[float]:
        """Those of `values` that were read after the warm-up of a run of so many seconds."""
        return [value for at, value in zip(self.at, values, strict=True) if at >= _WARM_UP * seconds]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.load.soak",
        description=__doc__,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--minutes", type=float, default=20.0, help="default: %(default)s")
    parser.add_argument("--rate", type=float, default=200.0, help="messages a second (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of what happens when (default: %(default)s)")
    parser.add_argument("--stale-after", type=float, default=30.0, help="seconds (default: %(default)s)")
    parser.add_argument("--trace", action="store_true", help="count Python's own memory too, which takes time")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--log", type=Path, metavar="FILE", help="keep the bot's log there")
    arguments = parser.parse_args(argv)
    plan = Plan(arguments.minutes, arguments.rate, arguments.seed, arguments.stale_after, arguments.trace)
    return tell(*asyncio.run(run(plan, arguments.log)), as_json=arguments.json)


async def run(plan: Plan, log: Path | None = None) -> tuple[dict[str, Any], list[Goal]]:
    """The figures of one soak, and which goals they meet. The bot's log is copied to `log`."""
    chance = random.Random(plan.seed)  # noqa: S311 - for a repeatable load
    settings = {"THRESHOLD": "0", "STALE_AFTER": str(plan.stale_after), "LOG_LEVEL": "INFO"}
    if plan.trace:
        settings["PYTHONTRACEMALLOC"] = "1"
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if log is not None:
            stack.callback(lambda: shutil.copy(folder / "bot.log", log))
        server = await stack.enter_async_context(LoadServer(_REPLY_AFTER))
        server.guilds = world.guilds(_GUILDS, _CHANNELS)
        server.shards = _SHARDS
        server.reaction_interval = _REACTION_EVERY
        server.heartbeat_interval = _HEARTBEAT
        bot = await stack.enter_async_context(bot_process(server, folder, **settings))
        return await _soak(plan, server, bot, chance)


async def _soak(
    plan: Plan, server: LoadServer, bot: BotProcess, chance: random.Random
) -> tuple[dict[str, Any], list[Goal]]:
    life, mischief, readings = Life(server, chance), Mischief(server, chance), Readings()
    await bot.report()
    await asyncio.sleep(1.0)
    before = await bot.report()
    await _live(plan, server, bot, life, mischief, readings)
    server.forgive()
    after = await _calm_down(bot, len(before["tasks"]))
    working = await _works(server)
    status = await bot.stop()
    unanswered = _unanswered(life, mischief, server)
    figures = _figures(plan, server, life, mischief, readings)
    buttons = after["tasks"].count(_BUTTONS)
    figures["tasks left over"] = dict(Counter(after["tasks"]) - Counter(before["tasks"]))
    figures["tasks"] = {"before": len(before["tasks"]), "after": len(after["tasks"]), "of buttons": buttons}
    figures["messages"] = counters(bot.database)
    figures["lines in the log"] = len(bot.log.read_text("utf-8", errors="replace").splitlines())
    return figures, [
        Goal("interactions unanswered", len(unanswered), high=0),
        Goal("tasks left over", len(after["tasks"]) - buttons - len(before["tasks"]), high=0),
        Goal("growth by the trend, MB", figures["memory after warm-up, MB"]["trend"], high=_MOST_GROWTH),
        Goal("growth from first to last fifth, MB", figures["memory after warm-up, MB"]["step"], high=_MOST_GROWTH),
        Goal("errors and tracebacks in the log", len(complaints(bot.log)), high=0),
        Goal("reactions, second half by first", figures["reactions, second half by first"], low=_STEADY),
        Goal("age at the request, s", server.watch.oldest, high=plan.stale_after + _GRACE),
        Goal("messages reacted to in the end", working, low=_WORKING),
        Goal("exit status of the bot", status, low=0, high=0),
    ]


async def _live(
    plan: Plan, server: LoadServer, bot: BotProcess, life: Life, mischief: Mischief, readings: Readings
) -> None:
    """Let everything happen for as long as planned, and read off the bot how it does."""
    ways = (
        life.talk(plan.rate),
        life.ask(),
        life.stir(),
        life.rule(),
        mischief.refuse_reactions(),
        mischief.refuse_answers(),
        mischief.hold_everything(),
        mischief.shake_gateway(),
    )
    happening = [asyncio.create_task(way) for way in ways]
    started = time.monotonic()
    minute = 1
    try:
        while (now := time.monotonic() - started) < plan.seconds:
            await asyncio.sleep(min(plan.read_every, plan.seconds - now))
            for task in happening:
                if task.done():
                    task.result()
            report = await bot.report()
            readings.add(time.monotonic() - started, report, server.watch.served.total())
            if readings.at[-1] >= minute * 60:
                _say(minute, life, mischief, readings, report)
                minute += 1
    finally:
        for task in happening:
            task.cancel()
        await asyncio.gather(*happening, return_exceptions=True)


def _say(minute: int, life: Life, mischief: Mischief, readings: Readings, report: dict[str, Any]) -> None:
    reactions = readings.reactions[-1] - readings.reactions_before(readings.at[-1] - 60)
    say(
        f"minute {minute:3}: {life.sent:7,} sent, {reactions:5,} reactions this minute, {readings.rss[-1]:6.1f} MB, "
        f"{len(report['tasks']):5} tasks, {len(life.asked):5,} asked, {mischief.done.total():5,} faults, "
        f"lag p99 {np.percentile(report['lags'], 99) * 1000:5.1f} ms"
    )


async def _calm_down(bot: BotProcess, tasks: int) -> dict[str, Any]:
    """Wait until the bot has no more tasks than before, those of buttons left out; returns the last report."""
    until = time.monotonic() + _CALM
    while True:
        await asyncio.sleep(_READ_EVERY)
        report = await bot.report()
        left = len(report["tasks"]) - report["tasks"].count(_BUTTONS)
        if left <= tasks or time.monotonic() > until:
            return report


async def _works(server: LoadServer) -> int:
    """How many of some messages in new channels get a reaction; none where a question gets no answer."""
    reserve = world.guilds(1, _WORKING)
    server.guilds.extend(reserve)
    await server.dispatch("GUILD_CREATE", reserve[0].payload())
    question = slash("predict", options={"text": "are you still there, my friend?"}, channel=reserve[0].channels[0])
    await server.dispatch("INTERACTION_CREATE", question)
    said = [await server.say("happy birthday, my friend", channel=channel) for channel in reserve[0].channels]
    answered = int(question["id"])
    with suppress(TimeoutError):
        await server.until(lambda: answered in server.watch.answered)
        await server.until_reacted(*said)
    return sum(server.rest.reacted[message] > 0 for message in said) if answered in server.watch.answered else 0


def _unanswered(life: Life, mischief: Mischief, server: LoadServer) -> list[int]:
    """Interactions that the bot must have got and has not answered.

    It need not have got one that no session could bring. What a resumed session missed is sent to it again.
    """

    def is_lost(session: Session, connection: Connection | None, at: float) -> bool:
        over = session not in server.sessions or session.connection in mischief.broken
        return over and (connection is None or mischief.broken.get(connection, math.inf) <= at + _ON_ITS_WAY)

    def could_come(ask: Ask) -> bool:
        return not all(is_lost(session, connection, ask.at) for session, connection in ask.carriers)

    return [asked for asked, ask in life.asked.items() if asked not in server.watch.answered and could_come(ask)]


def _figures(plan: Plan, server: LoadServer, life: Life, mischief: Mischief, readings: Readings) -> dict[str, Any]:
    at = readings.warm(readings.at, plan.seconds)
    rss = growth(at, readings.warm(readings.rss, plan.seconds))
    heap = growth(at, readings.warm(readings.heap, plan.seconds))
    reactions = readings.warm([float(count) for count in readings.reactions], plan.seconds)
    pace = np.diff(reactions) / np.diff(at)
    middle = len(pace) // 2
    answers = [
        server.watch.answered[asked] - ask.at for asked, ask in life.asked.items() if asked in server.watch.answered
    ]
    lags, answers = np.array(readings.lags) * 1000, [seconds * 1000 for seconds in answers]
    return {
        "minutes": plan.minutes,
        "seed": plan.seed,
        "sent": life.sent,
        "sent a second": life.sent / plan.seconds,
        "sent while no session was there": life.unheard,
        "reactions": server.watch.served.total(),
        "reactions a minute": (reactions[-1] - reactions[0]) / (at[-1] - at[0]) * 60,
        # Of medians: while a gateway is silent there are none, and when that is, chance decides.
        "reactions, second half by first": float(np.median(pace[middle:])) / max(float(np.median(pace[:middle])), 0.01),
        "memory, MB": {
            "first": readings.rss[0],
            "after warm-up": readings.warm(readings.rss, plan.seconds)[0],
            "last": readings.rss[-1],
        },
        "memory after warm-up, MB": {"trend": rss.trend, "step": rss.step},
        "traced memory after warm-up, MB": {"trend": heap.trend, "step": heap.step},
        "loop lag, ms": {
            "p50": float(np.median(lags)),
            "p99": float(np.percentile(lags, 99)),
            "max": float(lags.max()),
        },
        "interactions": {"sent": len(life.asked), "answered": len(answers)},
        "interactions until answered, ms": {
            "p50": float(np.median(answers)),
            "p99": float(np.percentile(answers, 99)),
            "max": max(answers),
        },
        "at most": dict(readings.most),
        "bot CPU, s": readings.cpu,
        "connections": server.gateway.connections,
        "sessions": server.gateway.identified,
        "resumed": server.gateway.resumed,
        "events": dict(sorted(life.happened.items())),
        "faults": dict(sorted(mischief.done.items())),
        "replies to reactions": {str(status): count for status, count in sorted(server.watch.replies.items())},
        "oldest message reacted to, s": server.watch.oldest,
    }


if __name__ == "__main__":
    sys.exit(main())
