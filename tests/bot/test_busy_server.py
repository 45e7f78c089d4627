"""A busy day of one big server with everything on: changes hold at once, nothing piles up, nothing is left over."""

import asyncio
import csv
import gc
import logging
import random
import sys
import types
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
import simcord

from bot.client import EmojiBot
from bot.counts import Count, skipped
from bot.policy import Skip
from bot.settings import Settings
from tests.bot.admin import ADMIN, GOOD_NEWS

MESSAGES, MEMBERS, CHANNELS = 10_000, 200, 50
WARM = 4_000
"""Messages after which the bot's memory must stay as it is."""
BURST = 20
"""Messages that come at once."""
PAUSE = 24 * 3600 * BURST / MESSAGES
"""Seconds between bursts: they fill a day."""
REMEMBERED = 400
"""Messages and reactions that the bot remembers here, instead of thousands: a warm bot's memory is full."""
MOST_GROWTH = 16 * 1024
"""Bytes."""
NOT_ITS_OWN = (type, types.ModuleType, types.FunctionType, logging.Logger, asyncio.AbstractEventLoop)

PARTY = "🎉"
"""The reaction to good news."""
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Look:
    """What the process holds at one moment: bytes that the bot's code allocated, objects by class, tasks."""

    held: int
    objects: Counter[str]
    tasks: int


@dataclass(slots=True)
class Day:
    """What the tests want to know of the day."""

    sent: int = 0
    asked: int = 0
    """Reactions made because a member asked for them: what became of the message was counted before."""
    answers: Counter[str] = field(default_factory=Counter)
    changes: list[tuple[str, str, str]] = field(default_factory=list)
    """Commands that change what the bot may do; of each what the next message should get, and what it got."""
    looks: list[Look] = field(default_factory=list)
    counted: Counter[str] = field(default_factory=Counter)
    left: list[str] = field(default_factory=list)
    """Tasks that there are when the bot is closed."""


class BusyServer:
    """Members who write all at once, change their minds, answer reactions and use commands; and one admin."""

    def __init__(self, environment: simcord.Env, day: Day) -> None:
        assert isinstance(environment.bot, EmojiBot)
        assert environment.bot.user is not None
        self.environment, self.backend, self.bot, self.day = environment, environment.backend, environment.bot, day
        self.me = environment.bot.user.id
        self.random = random.Random(5)  # noqa: S311 - a play, always the same
        self.guild = environment.create_guild("The Stadium")
        self.channels = [self.guild.create_text_channel(f"block-{n}") for n in range(CHANNELS)]
        self.role = self.guild.create_role("quiet")
        admins = self.guild.create_role("admins", permissions=ADMIN)
        self.admin = self.guild.add_member(environment.create_user("ada"), roles=[admins])
        fans = [environment.create_user(f"fan{n}", bot=n == 7) for n in range(MEMBERS)]
        self.fans = [self.guild.add_member(fan) for fan in fans]
        self.prober = self.guild.add_member(environment.create_user("hush"), roles=[self.role])
        with (ROOT / "data" / "chat" / "dev.tsv").open(encoding="utf-8", newline="") as file:
            self.texts = [row["text"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
        self.commands = cycle(
            ("predict", "Predict emoji", "React for me", "privacy about-me", "help", "settings show", "stats")
        )
        self.changes = cycle(self.all_changes())

    async def live(self, until: int) -> None:
        """All that happens until so many messages are sent."""
        while self.day.sent < until:
            burst = await self.talk()
            await self.answer(burst)
            if self.random.random() < 0.2:
                await self.use(next(self.commands))
            if self.random.random() < 0.2:
                await self.change_something()
            await self.environment.advance_time(PAUSE)

    def post(self) -> Any:
        """A message for which nobody waits."""
        author, channel = self.random.choice(self.fans), self.random.choice(self.channels)
        self.day.sent += 1
        return self.backend.create_message(channel.id, author.id, self.random.choice(self.texts))

    async def talk(self) -> list[Any]:
        """Many messages at once, some edited or deleted while the bot thinks; returns those that remain."""
        remaining = []
        for _ in range(BURST):
            message = self.post()
            for _ in range(self.random.randrange(4)):
                await asyncio.sleep(0)
            fate = self.random.random()
            if fate < 0.1:
                self.backend.edit_message(message.channel_id, message.id, {"content": self.random.choice(self.texts)})
            if fate < 0.9:
                remaining.append(message)
            else:
                self.backend.delete_message(message.channel_id, message.id)
        await self.environment.settle()
        edited = self.random.choice(remaining)
        self.backend.edit_message(edited.channel_id, edited.id, {"content": self.random.choice(self.texts)})
        await self.environment.settle()
        return remaining

    async def answer(self, burst: list[Any]) -> None:
        """Members join or dislike what the bot did, or a moderator takes it away."""
        for message in burst:
            emoji = self.reaction_to(message)
            if emoji is not None and self.random.random() < 0.25:
                answer = self.random.choices((Count.JOINED, Count.DISLIKED, Count.REMOVED), (6, 3, 1))[0]
                self.day.answers[answer] += 1
                if answer is Count.REMOVED:
                    self.backend.remove_reaction(message.channel_id, message.id, emoji, self.me)
                else:
                    said = emoji if answer is Count.JOINED else "❌"
                    self.backend.add_reaction(message.channel_id, message.id, said, self.admin.id)
        await self.environment.settle()

    async def use(self, command: str) -> None:
        """A member or the admin uses a command."""
        fan, channel = self.fans[0], self.random.choice(self.channels)
        if command in ("Predict emoji", "React for me"):
            message = await fan.send(channel, self.random.choice(self.texts))
            self.day.sent += 1
            stored = self.backend.get_message(channel.id, message.id)
            before = self.reaction_to(stored)
            await fan.context_menu(channel, command, message)
            self.day.asked += before is None and self.reaction_to(stored) is not None
        elif command == "predict":
            await fan.slash(channel, command, text=self.random.choice(self.texts), explain=True)
        else:
            await self.admin.slash(channel, command)

    def all_changes(self) -> list[tuple[simcord.MemberActor, str, dict[str, Any], str]]:
        """Who changes what by which command, and what the prober's next good news get; all is undone in turn."""
        admin, prober, place = self.admin, self.prober, self.channels[0]
        own = self.guild.create_emoji("scarf")
        return [
            (admin, "settings switch", {"state": "off"}, skipped(Skip.OFF)),
            (admin, "settings switch", {"state": "on"}, PARTY),
            (admin, "settings channels add", {"channel": place}, skipped(Skip.CHANNEL)),
            (admin, "settings channels mode", {"mode": "only"}, PARTY),
            (admin, "settings channels mode", {"mode": "except"}, skipped(Skip.CHANNEL)),
            (admin, "settings channels clear", {}, PARTY),
            (admin, "settings sensitivity", {"exact": 100}, Count.SILENT),
            (admin, "settings sensitivity", {"level": "normal"}, PARTY),
            (admin, "settings cooldown", {"channel": 86_400}, skipped(Skip.CHANNEL_COOLDOWN)),
            (admin, "settings cooldown", {"channel": 0}, PARTY),
            (admin, "settings cooldown", {"member": 86_400}, skipped(Skip.MEMBER_COOLDOWN)),
            (admin, "settings cooldown", {"member": 0}, PARTY),
            (admin, "settings length", {"shortest": len(GOOD_NEWS) + 1}, skipped(Skip.SHORT)),
            (admin, "settings length", {"shortest": 1}, PARTY),
            (admin, "settings ignore add", {"who": prober}, skipped(Skip.MEMBER)),
            (admin, "settings ignore remove", {"who": prober}, PARTY),
            (admin, "settings ignore add", {"who": self.role}, skipped(Skip.ROLE)),
            (admin, "settings ignore remove", {"who": self.role}, PARTY),
            (admin, "settings emoji replace", {"emoji": PARTY, "with": f"<:scarf:{own.id}>"}, f"scarf:{own.id}"),
            (admin, "settings emoji back", {"emoji": PARTY}, PARTY),
            (prober, "privacy opt-out", {"where": "server"}, skipped(Skip.OPTED_OUT)),
            (prober, "privacy opt-in", {"where": "server"}, PARTY),
            (prober, "privacy opt-out", {"where": "everywhere"}, skipped(Skip.OPTED_OUT)),
            (prober, "privacy opt-in", {"where": "everywhere"}, PARTY),
        ]

    async def change_something(self) -> None:
        """Change a setting and undo it, amid other messages, and see what the next message gets."""
        await self.admin.slash(self.channels[0], "settings learning reset")  # the answers of others decide here, too
        expected = ""
        while expected != PARTY:
            who, command, options, expected = next(self.changes)
            for _ in range(BURST):
                self.post()
            await who.slash(self.channels[0], command, **options)
            before = await self.counters()
            message = self.backend.create_message(self.channels[0].id, self.prober.id, GOOD_NEWS)
            await self.environment.settle()
            self.day.sent += 1
            counted = await self.counters() - before
            got = self.reaction_to(message) or " and ".join(sorted(counted - Counter([Count.SEEN])))
            self.day.changes.append((f"{command} {options}", expected, got))

    def reaction_to(self, message: Any) -> str | None:
        """The bot's reaction."""
        found = [reaction.emoji for reaction in message.reactions if self.me in reaction.user_ids]
        assert len(found) <= 1
        return found[0] if found else None

    async def counters(self) -> Counter[str]:
        """What is counted, of all days together."""
        assert self.bot._store is not None
        found: Counter[str] = Counter()
        for counter in await self.bot._store.counters(self.guild.id, date.min):
            found[counter.name] += counter.count
        return found


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.own_reactions.REMEMBERED", REMEMBERED)
        patch.setattr("bot.own_reactions.LEFT_ALONE", REMEMBERED)
        # Timers go by simulated time alone: on a slow machine simcord would wait for those of the bot's that are due.
        patch.setattr("simcord.Env._schedule_timer", lambda *_: None)
        yield asyncio.run(_live(tmp_path_factory.mktemp("busy") / "bot.db"))


async def _live(database: Path) -> Day:
    settings = replace(Settings(), database_url=f"sqlite:///{database}")
    bot = EmojiBot(settings, clock=lambda: environment.now())
    environment = simcord.Env(bot, shard_count=1, settle_timeout=60.0)
    await environment.start()
    day = Day()
    server = BusyServer(environment, day)
    await environment.settle()
    import time
    for until in (1000, 2000, 3000, WARM, 6000, 8000, MESSAGES):
        t = time.time(), time.process_time()
        await server.live(until)
        t2 = time.time(), time.process_time()
        h = held_by(bot)
        g = Counter(type(one).__module__+"."+type(one).__qualname__ for one in gc.get_objects() if str(type(one).__module__).startswith(("bot", "model", "discord","_asyncio")))
        print(day.sent, f"wall {t2[0] - t[0]:.1f} cpu {t2[1] - t[1]:.1f} look {time.process_time() - t2[1]:.1f}", h.total(), len(asyncio.all_tasks()), len(day.changes))
        if day.looks:
          for o, n in ((day.looks[-1][0], h), (day.looks[-1][1], g)):
            print("   ", {k: (o[k], n[k]) for k in o.keys() | n.keys() if o[k] != n[k]})
        day.looks.append((h, g))
    day.counted = await server.counters()
    await bot.close()
    day.left = [str(task.get_coro()) for task in asyncio.all_tasks() - {asyncio.current_task()}]
    await environment.shutdown()
    environment.raise_errors()
    return day


def held_by(bot: EmojiBot) -> Counter[str]:
    """Bytes by class of all that the bot and its modules hold: not the simulated Discord, which remembers everything."""
    gc.collect()
    found: Counter[str] = Counter()
    waiting: list[object] = [bot]
    waiting += [vars(module) for name, module in sys.modules.items() if name.startswith(("bot.", "model."))]
    seen = set()
    while waiting:
        one = waiting.pop()
        if id(one) not in seen and not isinstance(one, NOT_ITS_OWN) and "simcord" not in type(one).__module__:
            seen.add(id(one))
            refs = gc.get_referents(one)
            found[type(one).__qualname__] += 8 * len(refs) if refs else sys.getsizeof(one)
            waiting += refs
    return found


def test_a_changed_setting_holds_from_the_next_message_on(day: Day) -> None:
    assert len(day.changes) > 100
    assert [change for change in day.changes if change[1] != change[2]] == []


def test_every_message_is_counted_once(day: Day) -> None:
    fates = {name: n for name, n in day.counted.items() if name in ("reacted", "silent") or name.startswith("skipped.")}
    assert day.counted[Count.SEEN] == day.sent >= MESSAGES
    assert sum(fates.values()) == day.sent + day.counted[Count.EARNED]
    assert day.counted[Count.ASKED] == day.asked
    assert min(fates[Count.REACTED], fates[Count.SILENT], fates[skipped(Skip.BOT)], fates[skipped(Skip.LEFT_ALONE)]) > 0
    reactions = day.counted[Count.REACTED] + day.counted[Count.ASKED]
    assert reactions == sum(n for name, n in day.counted.items() if name.startswith("emoji."))
    assert {answer: day.counted[answer] for answer in day.answers} == day.answers


def test_memory_is_flat_once_the_bot_is_warm(day: Day) -> None:
    warm, last = day.looks[0], day.looks[-1]
    assert last.held < warm.held + MOST_GROWTH
    assert last.objects - warm.objects == Counter()
    assert last.tasks == warm.tasks


def test_no_task_is_left_over(day: Day) -> None:
    assert day.left == []
