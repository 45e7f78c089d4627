"""A busy server with everything on: the numbers add up, settings hold from the next message on, nothing is left over.

`BUSY_MESSAGES=10000 pytest -s tests/bot/test_busy_server.py` is the full size, which also looks at the memory.
"""

import asyncio
import csv
import gc
import itertools
import logging
import os
import random
import tracemalloc
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from datetime import date
from pathlib import Path

import discord
import psutil
import pytest
import simcord

import bot
import model
from bot.client import EmojiBot
from bot.cogs.learning import Learning
from bot.cogs.reactions import Reactions
from bot.counts import Count, skipped
from bot.policy import Skip
from bot.settings import Settings
from bot.store import Store
from tests.bot.admin import ADMIN

MESSAGES = int(os.environ.get("BUSY_MESSAGES", "600"))
FULL = "BUSY_MESSAGES" in os.environ
MEMBERS, CHANNELS = (200, 50) if FULL else (40, 10)
BURST = 12
"""Messages at a time that nobody waits for."""
CHANGES_EVERY = MESSAGES // 40
"""Messages between two changes of the settings."""
PARTS = (0.4, 0.6, 0.8, 1.0)
"""The bot's memory must not grow after the first."""
MOST_GROWTH = 256 * 1024
"""Bytes."""
_FRAMES = 8
_OURS = [
    tracemalloc.Filter(True, f"{Path(str(package.__file__)).parent}/*", all_frames=True) for package in (bot, model)
]
REMEMBERED = 400
"""The bot remembers 20,000 reactions: of fewer, its memory is full before the measurement begins."""

SURE, UNSURE = "we won the finals!!!", "the meeting is at 5"
TEXTS = (
    *(
        "happy birthday to my favourite person",
        "my dog died this morning",
        "lol that video destroyed me",
        "congrats!!!",
    ),
    *("good night everyone", "this pizza is amazing", "i am so tired", "???", "https://example.org/a", "ok", "😂😂😂"),
    *(
        "**bold** words and `code`",
        "<@1> did you see that",
        "qwrtz plmk vbnx",
        "a" * 2000,
        "merhaba arkadaşlar",
        UNSURE,
    ),
)
PLAIN = Path(__file__).parents[2] / "data" / "chat" / "plain.tsv"


class BusyServer:
    """Many members who all write, change their minds, answer reactions and use commands; and one admin.

    Args:
        environment: the simulated Discord with the bot in it.
    """

    def __init__(self, environment: simcord.Env) -> None:
        assert isinstance(environment.bot, EmojiBot)
        self.environment = environment
        self.bot = environment.bot
        self.guild = environment.create_guild("The Stadium")
        self.channels = [self.guild.create_text_channel(f"block-{n}") for n in range(CHANNELS)]
        self.role = self.guild.create_role("quiet")
        users = [environment.create_user(f"fan{n}") for n in range(MEMBERS)]
        self.members = [self.guild.add_member(user) for user in users]
        self.quiet = self.guild.add_member(environment.create_user("hush"), roles=[self.role])
        admins = self.guild.create_role("admins", permissions=ADMIN)
        self.admin = self.guild.add_member(environment.create_user("ada"), roles=[admins])
        self.robot = self.guild.add_member(environment.create_user("robot", bot=True))
        self.hook = self.guild.create_webhook(self.channels[0], "scores")
        self.random = random.Random(5)  # noqa: S311 - a play, always the same
        with PLAIN.open(encoding="utf-8", newline="") as file:
            plain = [row["text"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
        self.texts = [*TEXTS, *self.random.sample(plain, 300)]
        self.sent = 0
        self.asked = 0
        """Reactions made because a member asked for them: their messages are counted apart."""
        self.answers: Counter[Count] = Counter()
        self._changes: Iterator[Callable[[], Awaitable[None]]] = itertools.cycle(
            (
                self.switch,
                self.exclude_a_channel,
                self.be_perfectly_sure,
                self.pause_in_channels,
                self.pause_for_members,
                self.opt_out,
                self.ignore_members,
                self.ignore_roles,
                self.want_long_messages,
                self.switch_an_emoji_off,
            )
        )

    @property
    def store(self) -> Store:
        assert self.bot._store is not None
        return self.bot._store

    async def live(self, messages: int) -> None:
        """All that happens around that many messages."""
        end, next_change = self.sent + messages, self.sent + CHANGES_EVERY
        while self.sent < end:
            await self.random.choices((self.talk, self.talk_at_once, self.ask), (90, 6, 4))[0]()
            if self.sent >= next_change:
                next_change = self.sent + CHANGES_EVERY
                await next(self._changes)()
                await self.environment.advance_time(
                    150
                )  # long enough for questions to expire and counters to be written

    async def talk(self) -> None:
        """One message, and what becomes of it."""
        author, channel = self.random.choice(self.members), self.random.choice(self.channels)
        message = await author.send(channel, self.random.choice(self.texts))
        self.sent += 1
        fate = self.random.random()
        if fate < 0.10:
            await author.edit(message, self.random.choice(self.texts))
        elif fate < 0.15:
            await author.delete(message)
        elif fate < 0.55:
            await self.answer(channel, message)
        elif fate < 0.58:
            await self.robot.send(channel, SURE)
            await self.hook.send(SURE)
            self.sent += 2

    async def answer(self, channel: simcord.ChannelHandle, message: discord.Message) -> None:
        """Others join or dislike what the bot did, or a moderator takes it away."""
        emoji = self.reaction_to(channel, message)
        if emoji is None:
            return
        answers = self.random.choices((Count.JOINED, Count.DISLIKED, Count.REMOVED), (6, 3, 1), k=2)
        # Who takes a reaction away ends the matter, and a thumb down joins one.
        for fan, answer in zip(self.random.sample(self.members, 2), answers, strict=True):
            if answer is Count.REMOVED:
                self.environment.backend.remove_reaction(channel.id, message.id, emoji, self.me)
                await self.environment.settle()
            else:
                await fan.react(message, emoji if answer is Count.JOINED else "❌")
            self.answers[answer] += 1
            if answer is Count.REMOVED:
                return

    async def talk_at_once(self) -> None:
        """Many messages for which nobody waits, some of them edited or deleted while the bot thinks."""
        backend = self.environment.backend
        for _ in range(BURST):
            author, channel = self.random.choice(self.members), self.random.choice(self.channels)
            message = backend.create_message(channel.id, author.id, self.random.choice(self.texts))
            self.sent += 1
            for _ in range(self.random.randrange(4)):
                await asyncio.sleep(0)
            fate = self.random.random()
            if fate < 0.2:
                backend.edit_message(channel.id, message.id, {"content": self.random.choice(self.texts)})
            elif fate < 0.4:
                backend.delete_message(channel.id, message.id)
        await self.environment.settle()

    async def ask(self) -> None:
        """A member uses a command."""
        member, channel = self.random.choice(self.members), self.random.choice(self.channels)
        command = self.random.choice(("predict", "explain", "menu", "react", "about", "help", "show", "stats", "reset"))
        if command in ("predict", "explain"):
            text, explain = self.random.choice(self.texts), command == "explain"
            await member.slash(channel, "predict", text=text, explain=explain)
        elif command in ("menu", "react"):
            message = await member.send(channel, self.random.choice(self.texts))
            self.sent += 1
            before = self.reaction_to(channel, message)
            await member.context_menu(channel, "Predict emoji" if command == "menu" else "React for me", message)
            self.asked += before is None and self.reaction_to(channel, message) is not None
        elif command in ("about", "help"):
            await member.slash(channel, {"about": "privacy about-me", "help": "help"}[command])
        else:
            await self.admin.slash(channel, {"stats": "stats"}.get(command, f"settings {command}"))

    # Changes, each of which holds for the very next message, and ends with it

    async def switch(self) -> None:
        await self.set("switch", state="off")
        await self.expect_silence(Skip.OFF)
        await self.set("switch", state="on")
        await self.expect_reaction()

    async def exclude_a_channel(self) -> None:
        channel, other = self.random.sample(self.channels, 2)
        await self.set("channels add", channel=channel)
        await self.expect_silence(Skip.CHANNEL, channel=channel)
        await self.expect_reaction(channel=other)
        await self.set("channels mode", mode="only")
        await self.expect_reaction(channel=channel)
        await self.expect_silence(Skip.CHANNEL, channel=other)
        await self.set("channels mode", mode="except")
        await self.set("channels clear")
        await self.expect_reaction(channel=channel)

    async def be_perfectly_sure(self) -> None:
        await self.set("learning reset")  # what members joined would lower it
        await self.set("sensitivity", exact=100)
        await self.expect_silence(Count.SILENT)
        await self.set("sensitivity", level="normal")
        await self.expect_reaction()

    async def pause_in_channels(self) -> None:
        await self.expect_reaction()
        await self.set("cooldown", channel=86_400)
        await self.expect_silence(Skip.CHANNEL_COOLDOWN)
        await self.set("cooldown", channel=0)
        await self.expect_reaction()

    async def pause_for_members(self) -> None:
        await self.expect_reaction()
        await self.set("cooldown", member=86_400)
        await self.expect_silence(Skip.MEMBER_COOLDOWN, channel=self.channels[1])
        await self.set("cooldown", member=0)
        await self.expect_reaction(channel=self.channels[1])

    async def opt_out(self) -> None:
        for where in ("server", "everywhere"):
            await self.members[0].slash(self.channels[0], "privacy opt-out", where=where)
            await self.expect_silence(Skip.OPTED_OUT)
            await self.expect_reaction(author=self.members[1])
            await self.members[0].slash(self.channels[0], "privacy opt-in", where=where)
            await self.expect_reaction()

    async def ignore_members(self) -> None:
        await self.set("ignore add", who=self.members[0])
        await self.expect_silence(Skip.MEMBER)
        await self.set("ignore remove", who=self.members[0])
        await self.expect_reaction()

    async def ignore_roles(self) -> None:
        await self.set("ignore add", who=self.role)
        await self.expect_silence(Skip.ROLE, author=self.quiet)
        await self.expect_reaction()
        await self.set("ignore remove", who=self.role)
        await self.expect_reaction(author=self.quiet)

    async def want_long_messages(self) -> None:
        await self.set("length", shortest=len(SURE) + 1)
        await self.expect_silence(Skip.SHORT)
        await self.set("length", shortest=1)
        await self.expect_reaction()

    async def switch_an_emoji_off(self) -> None:
        await self.set("sensitivity", exact=1)  # whatever comes second is sure enough
        first = await self.expect_reaction()
        await self.set("emoji off", emoji=first)
        assert await self.expect_reaction() != first
        await self.set("emoji back", emoji=first)
        assert await self.expect_reaction() == first
        await self.set("sensitivity", level="normal")

    async def set(self, command: str, **options: object) -> None:
        result = await self.admin.slash(self.channels[0], f"settings {command}", **options)
        assert result.ephemeral

    async def expect_reaction(
        self, *, author: simcord.MemberActor | None = None, channel: simcord.ChannelHandle | None = None
    ) -> str:
        """Let the author write what the bot is sure of; returns the reaction."""
        place = channel or self.channels[0]
        message = await (author or self.members[0]).send(place, SURE)
        self.sent += 1
        emoji = self.reaction_to(place, message)
        assert emoji is not None
        return emoji

    async def expect_silence(
        self, reason: str, *, author: simcord.MemberActor | None = None, channel: simcord.ChannelHandle | None = None
    ) -> None:
        """Let the author write what the bot would be sure of, and see that it counts for that reason."""
        name = reason if reason == Count.SILENT else skipped(reason)
        place, before = channel or self.channels[0], (await self.counters())[name]
        message = await (author or self.members[0]).send(place, SURE)
        self.sent += 1
        assert self.reaction_to(place, message) is None, reason
        assert (await self.counters())[name] == before + 1

    # What there is to see

    @property
    def me(self) -> int:
        assert self.bot.user is not None
        return self.bot.user.id

    def reaction_to(self, channel: simcord.ChannelHandle, message: discord.Message) -> str | None:
        """The bot's reaction."""
        stored = self.environment.backend.get_message(channel.id, message.id)
        found = [reaction.emoji for reaction in stored.reactions if self.me in reaction.user_ids]
        assert len(found) <= 1
        return found[0] if found else None

    async def counters(self) -> Counter[str]:
        """What the store has counted, all days together."""
        found: Counter[str] = Counter()
        for counter in await self.store.counters(self.guild.id, date.min):
            found[counter.name] += counter.count
        return found


@pytest.fixture
def settings() -> Settings:
    """Everything on, and what the members make of an emoji cannot silence what the bot is sure of."""
    return Settings(threshold=0.6)


@pytest.fixture(autouse=True)
def remember_less(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.own_reactions.REMEMBERED", REMEMBERED)
    monkeypatch.setattr("bot.own_reactions.LEFT_ALONE", REMEMBERED)


class Memory:
    """What the bot holds: bytes, objects, and the length of what it remembers. Traced from the beginning."""

    def __init__(self, bot: EmojiBot) -> None:
        self._bot = bot
        tracemalloc.start(_FRAMES)

    def look(self, messages: int) -> int:
        """Print all there is to say; returns how many bytes were allocated for the bot's own code and are held."""
        gc.collect()
        ours = tracemalloc.take_snapshot().filter_traces(_OURS)
        held = sum(trace.size for trace in ours.traces)
        traced, _ = tracemalloc.get_traced_memory()
        resident = psutil.Process().memory_info().rss
        print(f"\nmessages={messages} bot={held:,} B of {traced:,} B traced, process={resident:,} B")
        print("  remembered:", self._remembered())
        print("  objects:", _objects().most_common(12))
        for place in ours.statistics("lineno")[:8]:
            print(f"  {place}")
        return held

    def _remembered(self) -> dict[str, int]:
        reactions, learning, store = self._bot.get_cog("Reactions"), self._bot.get_cog("Learning"), self._bot._store
        assert isinstance(reactions, Reactions)
        assert isinstance(learning, Learning)
        assert store is not None
        return {
            "reactions": len(reactions._own),
            "left alone": len(reactions._own._left_alone),
            "cooldowns": len(reactions._cooldowns._last),
            "messages' turns": len(reactions._turns),
            "channels' turns": len(self._bot._reactor._turns),
            "refusing": len(self._bot._reactor._refusing),
            "answers": len(learning._waiting),
            "servers": len(store._guilds),
            "counts": len(store._tally._waiting),
            "views": len(self._bot._connection._view_store._views),
            "tasks": len(asyncio.all_tasks()),
        }


def _objects() -> Counter[str]:
    """How many there are of each class of the bot, the model and discord.py."""
    kinds = Counter(type(one) for one in gc.get_objects())
    return Counter(
        {
            f"{kind.__module__}.{kind.__qualname__}": n
            for kind, n in kinds.items()
            if kind.__module__.split(".")[0] in ("bot", "model", "discord")
        }
    )


@pytest.mark.timeout(7200 if FULL else 180)
async def test_a_busy_server_is_counted_exactly_and_leaves_nothing_behind(
    remember_less: None, environment: simcord.Env, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    environment.settle_timeout = 60.0  # traced, everything takes its time
    server = BusyServer(environment)
    await environment.settle()
    memory = Memory(server.bot) if FULL else None
    held = []
    for part in PARTS:
        await server.live(round(MESSAGES * part) - server.sent)
        if memory is not None:
            held.append(memory.look(server.sent))
    counted = await server.counters()
    fates = {name: n for name, n in counted.items() if name in ("reacted", "silent") or name.startswith("skipped.")}
    await environment.advance_time(30)
    await server.bot.close()

    assert counted[Count.SEEN] == server.sent >= MESSAGES
    assert sum(fates.values()) == server.sent + server.asked
    assert counted[Count.REACTED] == sum(n for name, n in counted.items() if name.startswith("emoji."))
    assert {answer: counted[answer] for answer in server.answers} == server.answers
    assert min(counted[name] for name in (*server.answers, Count.EDITED, Count.SILENT)) > 0
    assert {skipped(Skip.BOT), skipped(Skip.WEBHOOK)} <= fates.keys()
    assert [task for task in asyncio.all_tasks() if _is_ours(task)] == []
    assert [record.getMessage() for record in caplog.records if record.name.startswith(("bot", "model"))] == []
    if memory is not None:
        tracemalloc.stop()
        assert max(held) < held[0] + MOST_GROWTH


def _is_ours(task: asyncio.Task[object]) -> bool:
    """Whether the bot's own code made it."""
    code = getattr(task.get_coro(), "cr_code", None)
    return code is not None and any(
        Path(str(package.__file__)).parent in Path(code.co_filename).parents for package in (bot, model)
    )
