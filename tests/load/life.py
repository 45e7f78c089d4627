"""What goes on in the guilds: people write, edit, delete, react and ask; admins take permissions and give them back."""

import asyncio
import dataclasses
import functools
import random
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from tests.load import chat, world
from tests.load.asks import asks
from tests.load.server import LoadServer
from tests.wire.gateway import Connection, Session
from tests.wire.payloads import BOT, Channel, Form, Guild, Payload, Person, message

_TURN: Final = 0.02
"""Seconds between two looks at what is due."""
_ASK_EVERY: Final = 1.0
_STIR_EVERY: Final = 0.05
_RULE_EVERY: Final = 5.0
_AWAY: Final = (1.0, 8.0)  # seconds that a guild or a permission is gone
_RECENT: Final = 400
"""Messages that somebody may still come back to: those of two seconds."""
_ADD_REACTIONS: Final = 1 << 6
_EMOJI: Final = ("👎", "❌", "😂", "❤️", "👍", "🎉")


@dataclass(frozen=True, slots=True)
class Said:
    """A message that was sent."""

    id: int
    author: Person
    channel: Channel


@dataclass(frozen=True, slots=True)
class Ask:
    """An interaction that was sent.

    Args:
        at: `time.monotonic()` of its sending.
        carriers: the sessions that were to bring it to the bot, each over the connection that it had then, if any.
    """

    at: float
    carriers: tuple[tuple[Session, Connection | None], ...]


class Life:
    """Lives on in `server`, by `chance`, until its tasks are cancelled."""

    def __init__(self, server: LoadServer, chance: random.Random) -> None:
        self.sent = 0
        self.unheard = 0
        """Messages while no session was there to bring them."""
        self.happened: Counter[str] = Counter()
        self.asked: dict[int, Ask] = {}
        self._server = server
        self._chance = chance
        self._channels = [channel for guild in server.guilds for channel in guild.channels]
        self._away: set[int] = set()
        self._recent: deque[Said] = deque(maxlen=_RECENT)
        self._form = functools.cache(Form)

    async def talk(self, rate: float) -> None:
        """People write, so many messages a second."""
        texts = chat.messages(self._chance)
        places = world.uneven(self._channels, self._chance)
        started, turned = time.monotonic(), 0
        while True:
            due = int((time.monotonic() - started) * rate)
            for _ in range(due - turned):
                await self._say(next(texts), next(places))
            turned = due
            await asyncio.sleep(_TURN)

    async def _say(self, text: str, channel: Channel) -> None:
        if channel.guild_id in self._away:
            return
        if not self._carriers(channel):
            self.unheard += 1
            return
        author = self._chance.choice(world.PEOPLE)
        self._recent.append(Said(await self._server.post(self._form(author, channel), text), author, channel))
        self.sent += 1

    async def ask(self) -> None:
        """Somebody asks the bot for something, every second."""
        for channel, interaction in asks(self._channels, self._chance):
            carriers = self._carriers(channel)
            if channel.guild_id not in self._away and carriers:
                over = tuple((session, session.connection) for session in carriers)
                self.asked[int(interaction["id"])] = Ask(time.monotonic(), over)
                self._server.watch.asked_for.add(int(interaction["data"].get("target_id", 0)))
                await self._server.dispatch("INTERACTION_CREATE", interaction)
            await asyncio.sleep(_ASK_EVERY)

    async def stir(self) -> None:
        """People come back to what was just written."""
        texts = chat.messages(self._chance)
        while True:
            await asyncio.sleep(_STIR_EVERY)
            if self._recent:
                said = self._chance.choice(self._recent)
                kind, event, data = self._chance.choice([*self._events(said, next(texts))])
                await self._tell(said.channel.guild_id, kind, event, data)

    async def rule(self) -> None:
        """Admins and Discord change the guilds, and change them back."""
        while True:
            await asyncio.sleep(_RULE_EVERY)
            guild = self._chance.choice(self._server.guilds)
            changes: tuple[Callable[[Guild], Awaitable[None]], ...] = (self._outage, self._forbid, self._demote)
            await self._chance.choice(changes)(guild)

    async def _outage(self, guild: Guild) -> None:
        self._away.add(guild.id)
        await self._tell(guild.id, "guild away", "GUILD_DELETE", {"id": str(guild.id), "unavailable": True})
        await asyncio.sleep(self._chance.uniform(*_AWAY))
        await self._tell(guild.id, "guild back", "GUILD_CREATE", guild.payload())
        self._away.discard(guild.id)

    async def _forbid(self, guild: Guild) -> None:
        channel = self._chance.choice(guild.channels)
        barred = dataclasses.replace(channel, denied=_ADD_REACTIONS)
        await self._tell(guild.id, "channel barred", "CHANNEL_UPDATE", barred.payload())
        await asyncio.sleep(self._chance.uniform(*_AWAY))
        await self._tell(guild.id, "channel opened", "CHANNEL_UPDATE", channel.payload())

    async def _demote(self, guild: Guild) -> None:
        [everyone] = guild.payload()["roles"]
        place = {"guild_id": str(guild.id)}
        less = {**everyone, "permissions": str(int(everyone["permissions"]) & ~_ADD_REACTIONS)}
        await self._tell(guild.id, "role demoted", "GUILD_ROLE_UPDATE", {**place, "role": less})
        await asyncio.sleep(self._chance.uniform(*_AWAY))
        await self._tell(guild.id, "role restored", "GUILD_ROLE_UPDATE", {**place, "role": everyone})

    def _events(self, said: Said, text: str) -> Iterator[tuple[str, str, Payload]]:
        """What may happen to a message: a name for it, the event, its data."""
        channel = said.channel
        place = {"channel_id": str(channel.id), "guild_id": str(channel.guild_id), "message_id": str(said.id)}
        now = datetime.now(UTC).isoformat()
        written = message(text, author=said.author, channel=channel)
        yield "edited", "MESSAGE_UPDATE", {**written, "id": str(said.id), "edited_timestamp": now}
        yield "deleted", "MESSAGE_DELETE", {**place, "id": str(said.id)}
        emoji = {"id": None, "name": self._chance.choice(_EMOJI)}
        person = self._chance.choice(world.PEOPLE)
        joined = {**place, "user_id": str(person.id), "emoji": emoji, "type": 0, "burst": False}
        yield "reacted to", "MESSAGE_REACTION_ADD", joined
        yield "reaction removed", "MESSAGE_REACTION_REMOVE", joined
        yield "bot's reaction removed", "MESSAGE_REACTION_REMOVE", {**joined, "user_id": str(BOT.id)}
        yield "reactions cleared", "MESSAGE_REACTION_REMOVE_ALL", place
        yield "emoji cleared", "MESSAGE_REACTION_REMOVE_EMOJI", {**place, "emoji": emoji}

    async def _tell(self, guild_id: int, kind: str, event: str, data: Payload) -> None:
        if any(session.serves(guild_id) for session in self._server.sessions):
            self.happened[kind] += 1
            await self._server.dispatch(event, data)

    def _carriers(self, channel: Channel) -> tuple[Session, ...]:
        return tuple(session for session in self._server.sessions if session.serves(channel.guild_id))
