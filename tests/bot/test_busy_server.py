"""A busy day of one big server with everything on: changes hold at once, nothing piles up, nothing is left over."""

import asyncio
import csv
import gc
import logging
import random
import sqlite3
import sys
import types
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from itertools import cycle
from pathlib import Path
from typing import Any

import discord
import pytest
import simcord
from simcord.backend.models import Message

from bot.client import EmojiBot
from bot.counts import Count, skipped
from bot.policy import Skip
from bot.settings import Settings
from tests.bot.admin import ADMIN, GOOD_NEWS

pytestmark = pytest.mark.timeout(900)  # the day is lived once for all tests

MESSAGES, MEMBERS, CHANNELS = 10_000, 200, 50
BURST = 20
"""Messages that come at once."""
PAUSE = 250.0
"""Seconds between bursts: so they fill a day."""
WARM = 4_000
"""Messages after which what the bot holds must stay as it is."""
SHORTLY = 0.001
"""Seconds after which simcord looks again whether the bot has done its work; by itself it takes 50 times as long."""
HASTE = 1000
"""Reactions a second: the day passes in a minute."""
REMEMBERED = 200
"""Messages and reactions that the bot remembers here, instead of thousands: a warm bot's memory is full."""
MOST_GROWTH = 4 * 1024
"""Bytes: less than one for each message after the warm ones. Seen with five seeds: -556 to 1,312."""
COMMANDS = ("predict", "Predict emoji", "React for me", "settings show", "settings reset", "privacy about-me", "stats")
PARTY = "🎉"
"""The reaction to good news."""
TEXTS = Path(__file__).parents[2] / "data" / "chat" / "dev.tsv"
OF_OTHERS = (
    *(type, types.ModuleType, types.FunctionType, asyncio.AbstractEventLoop, sqlite3.Connection),
    *(logging.Logger, logging.LogRecord),  # a slow machine has more to say, and pytest keeps it
)
"""What the bot refers to, but is not alone to fill."""


@dataclass(slots=True)
class Day:
    """What the tests want to know of the day."""

    sent: int = 0
    asked: int = 0
    """Reactions made because a member asked for them."""
    answers: Counter[str] = field(default_factory=Counter)
    changes: list[tuple[str, str, str]] = field(default_factory=list)
    """Commands that change what the bot may do; of each what the next message should get, and what it got."""
    tasks: list[str] = field(default_factory=list)
    """Left over at a quiet moment, or when the bot is closed."""
    messages: list[int] = field(default_factory=list)
    """How many the bot held when it was warm, and at the end."""
    held: list[Counter[str]] = field(default_factory=list)
    """Bytes that it held then, by class."""
    counted: Counter[str] = field(default_factory=Counter)


class BusyServer:
    """Members who write all at once, change their minds, answer reactions and use commands; and one admin."""

    def __init__(self, environment: simcord.Env) -> None:
        assert isinstance(environment.bot, EmojiBot)
        assert environment.bot.user is not None
        self.environment, self.backend, self.bot = environment, environment.backend, environment.bot
        self.me = environment.bot.user.id
        self.day = Day()
        self.random = random.Random(5)  # noqa: S311 - a play, always the same
        with TEXTS.open(encoding="utf-8", newline="") as file:
            self.texts = [row["text"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
        self.guild = environment.create_guild("The Stadium")
        self.channels = [self.guild.create_text_channel(f"block-{n}") for n in range(CHANNELS)]
        self.role = self.guild.create_role("quiet")
        admins = self.guild.create_role("admins", permissions=ADMIN)
        users = [environment.create_user(f"fan{n}", bot=n == 2) for n in range(MEMBERS)]
        roles = [[admins], [self.role], *[[] for _ in users[2:]]]
        self.members = [self.guild.add_member(user, roles=some) for user, some in zip(users, roles, strict=True)]
        self.admin, self.prober = self.members[:2]
        self.commands = cycle(COMMANDS)
        self.changes = cycle(self.all_changes())

    async def live(self, until: int) -> None:
        """All that happens until so many messages are sent."""
        while self.day.sent < until:
            await self.answer(await self.talk())
            if self.random.random() < 0.2:
                await self.use(next(self.commands))
            if self.random.random() < 0.2:
                await self.change_something()
            await self.environment.advance_time(PAUSE)
            self.day.tasks = _other_tasks()
            if self.day.tasks:
                break  # simcord looks at each of them all the time

    def post(self) -> Message:
        """A message for which nobody waits."""
        author, channel = self.random.choice(self.members[2:]), self.random.choice(self.channels)
        self.day.sent += 1
        return self.backend.create_message(channel.id, author.id, self.random.choice(self.texts))

    async def talk(self) -> list[Message]:
        """Many messages at once, some edited or deleted while the bot thinks; returns those that remain."""
        remaining = []
        for _ in range(BURST):
            message, fate = self.post(), self.random.random()
            for _ in range(self.random.randrange(4)):
                await asyncio.sleep(0)
            if fate < 0.1:
                self.backend.delete_message(message.channel_id, message.id)
            else:
                remaining.append(message)
            if fate > 0.9:
                self.edit(message)
        await self.environment.settle(idle=SHORTLY)
        self.edit(self.random.choice(remaining))
        await self.environment.settle(idle=SHORTLY)
        return remaining

    def edit(self, message: Message) -> None:
        self.backend.edit_message(message.channel_id, message.id, {"content": self.random.choice(self.texts)})

    async def answer(self, messages: list[Message]) -> None:
        """Somebody joins or dislikes what the bot did, or a moderator takes it away."""
        for message in messages:
            emoji = self.reaction_to(message)
            if emoji is None or self.random.random() < 0.75:
                continue
            answer = self.random.choices((Count.JOINED, Count.DISLIKED, Count.REMOVED), (6, 3, 1))[0]
            self.day.answers[answer] += 1
            if answer is Count.REMOVED:
                self.backend.remove_reaction(message.channel_id, message.id, emoji, self.me)
            else:
                said = emoji if answer is Count.JOINED else "❌"
                self.backend.add_reaction(message.channel_id, message.id, said, self.admin.id)
        await self.environment.settle(idle=SHORTLY)

    async def use(self, command: str) -> None:
        """The admin, who is a member too, uses a command."""
        channel, text = self.random.choice(self.channels), self.random.choice(self.texts)
        if command in ("Predict emoji", "React for me"):
            message = await self.prober.send(channel, text)
            self.day.sent += 1
            stored = self.backend.get_message(channel.id, message.id)
            before = self.reaction_to(stored)
            await self.admin.context_menu(channel, command, message)
            self.day.asked += before is None and self.reaction_to(stored) is not None
        else:
            options = {"text": text, "explain": True} if command == "predict" else {}
            await self.admin.slash(channel, command, **options)

    def all_changes(self) -> list[tuple[str, dict[str, Any], str, str, dict[str, Any]]]:
        """A command and its options, what the next good news gets then or why nothing, and how it is undone."""
        own = f"scarf:{self.guild.create_emoji('scarf').id}"
        here, me, role = {"channel": self.channels[0]}, {"who": self.prober}, {"who": self.role}
        party, server, everywhere = {"emoji": PARTY}, {"where": "server"}, {"where": "everywhere"}
        return [
            ("settings switch", {"state": "off"}, Skip.OFF, "settings switch", {"state": "on"}),
            ("settings channels add", here, Skip.CHANNEL, "settings channels remove", here),
            ("settings channels mode", {"mode": "only"}, Skip.CHANNEL, "settings channels add", here),
            ("settings channels mode", {"mode": "except"}, Skip.CHANNEL, "settings channels clear", {}),
            ("settings sensitivity", {"exact": 100}, Count.SILENT, "settings sensitivity", {"level": "normal"}),
            ("settings cooldown", {"channel": 9999}, Skip.CHANNEL_COOLDOWN, "settings cooldown", {"channel": 0}),
            ("settings cooldown", {"member": 9999}, Skip.MEMBER_COOLDOWN, "settings cooldown", {"member": 0}),
            ("settings length", {"shortest": 99}, Skip.SHORT, "settings length", {"shortest": 1}),
            ("settings ignore add", me, Skip.MEMBER, "settings ignore remove", me),
            ("settings ignore add", role, Skip.ROLE, "settings ignore remove", role),
            ("settings emoji replace", {**party, "with": f"<:{own}>"}, own, "settings emoji back", party),
            ("privacy opt-out", server, Skip.OPTED_OUT, "privacy opt-in", server),
            ("privacy opt-out", everywhere, Skip.OPTED_OUT, "privacy opt-in", everywhere),
        ]

    async def change_something(self) -> None:
        """Change a setting and undo it, amid other messages, and see what the next message gets."""
        await self.admin.slash(self.channels[0], "settings learning reset")  # what others joined decides, too
        command, options, expected, back, undone = next(self.changes)
        await self.change(command, options, expected)
        await self.change(back, undone, PARTY)

    async def change(self, command: str, options: dict[str, Any], expected: str) -> None:
        place = self.channels[0]
        for _ in range(BURST):
            self.post()
        await (self.prober if command.startswith("privacy") else self.admin).slash(place, command, **options)
        before = await self.counters()
        message = self.backend.create_message(place.id, self.prober.id, GOOD_NEWS)
        self.day.sent += 1
        await self.environment.settle(idle=SHORTLY)
        counted = await self.counters() - before - Counter({Count.SEEN: 1})
        got = self.reaction_to(message) or " ".join(counted)
        self.day.changes.append((command, skipped(expected) if isinstance(expected, Skip) else expected, got))

    def reaction_to(self, message: Message) -> str | None:
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

    def look(self) -> None:
        """Note what the bot holds."""
        gc.collect()
        messages = [one for one in gc.get_objects() if type(one) is discord.Message]
        self.day.messages.append(sum(message._state is self.bot._connection for message in messages))
        self.day.held.append(_held_by(self.bot))


def _other_tasks() -> list[str]:
    return [str(task.get_coro()) for task in asyncio.all_tasks() - {asyncio.current_task()}]


def _held_by(bot: EmojiBot) -> Counter[str]:
    """Values in full and a pointer for each reference: dicts that grow by leaps would hide what is small.

    The simulated Discord, which remembers everything, is left out.
    """
    found: Counter[str] = Counter()
    waiting: list[object] = [bot]
    waiting += [vars(module) for name, module in sys.modules.items() if name.startswith(("bot.", "model."))]
    seen = set()
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, OF_OTHERS) or "simcord" in type(one).__module__:
            continue
        seen.add(id(one))
        inside = gc.get_referents(one)
        found[type(one).__qualname__] += sys.getsizeof(one) if isinstance(one, str | bytes | int) else 8 * len(inside)
        waiting += inside
    return found


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.own_reactions.REMEMBERED", REMEMBERED)
        patch.setattr("bot.own_reactions.LEFT_ALONE", REMEMBERED)
        # By simulated time alone: simcord also lets a timer ring in real time, and waits for those that soon will.
        patch.setattr("simcord.Env._schedule_timer", lambda *_: None)
        return asyncio.run(_live(tmp_path_factory.mktemp("busy") / "bot.db"))


async def _live(database: Path) -> Day:
    settings = Settings(database_url=f"sqlite:///{database}", reactions_per_second=HASTE)
    bot = EmojiBot(settings, clock=lambda: environment.now())
    environment = simcord.Env(bot, shard_count=1, settle_timeout=60.0)
    await environment.start()
    server = BusyServer(environment)
    await environment.settle()
    for until in (WARM, MESSAGES):
        await server.live(until)
        server.look()
    await server.answer(await server.talk())  # so it is closed while timers run
    server.day.counted = await server.counters()
    await bot.close()
    server.day.tasks += _other_tasks()
    await environment.shutdown()
    environment.raise_errors()
    return server.day


def test_a_change_holds_from_the_next_message_on(day: Day) -> None:
    assert len(day.changes) > 100
    assert [change for change in day.changes if change[1] != change[2]] == []


def test_every_message_is_counted_once(day: Day) -> None:
    fates = {name: n for name, n in day.counted.items() if name in ("reacted", "silent") or name.startswith("skipped.")}
    assert day.counted[Count.SEEN] == day.sent >= MESSAGES
    assert sum(fates.values()) == day.sent + day.counted[Count.EARNED]
    assert day.counted[Count.ASKED] == day.asked > 0
    assert min(fates[Count.REACTED], fates[Count.SILENT], fates[skipped(Skip.BOT)], fates[skipped(Skip.LEFT_ALONE)]) > 0
    reactions = day.counted[Count.REACTED] + day.counted[Count.ASKED]
    assert reactions == sum(n for name, n in day.counted.items() if name.startswith("emoji."))
    assert {answer: day.counted[answer] for answer in day.answers} == day.answers


def test_memory_is_flat_once_the_bot_is_warm(day: Day) -> None:
    warm, last = day.held
    grown = Counter(last)
    grown.subtract(warm)
    assert grown.total() < MOST_GROWTH, grown.most_common(8)


def test_no_task_is_left_over(day: Day) -> None:
    assert day.tasks == []


def test_no_message_is_held(day: Day) -> None:
    assert day.messages == [0, 0]
