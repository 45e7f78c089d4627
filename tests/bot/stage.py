"""What the tests see and do behind the members' backs: counters, moderators, requests held up."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import discord
import pytest

from bot import model_reload
from bot.client import EmojiBot
from bot.judge import Judge
from bot.model_reload import load_model
from bot.store import Store
from model.predictor import Predictor
from tests.bot.conftest import Server

GOOD_NEWS, SAD_NEWS, LOGISTICS = "we won the finals!!!", "my dog died this morning", "the meeting is at 5"


class Sent(Protocol):
    """A message, as far as it has to be known to find it again."""

    @property
    def id(self) -> int: ...


def bot_of(server: Server) -> EmojiBot:
    assert isinstance(server.environment.bot, EmojiBot)
    return server.environment.bot


def store_of(server: Server) -> Store:
    store = bot_of(server)._store
    assert store is not None
    return store


def my_id(server: Server) -> int:
    user = server.environment.bot.user
    assert user is not None
    return user.id


def post(server: Server, text: str) -> Sent:
    """A message of Alice's, for which nobody waits until the bot has dealt with it."""
    return server.environment.backend.create_message(server.channel.id, server.alice.id, text)


def reactions_of_the_bot(server: Server, message: Sent) -> list[str]:
    """The emoji with which the bot's reactions stand under a message."""
    stored = server.environment.backend.get_message(server.channel.id, message.id)
    return [reaction.emoji for reaction in stored.reactions if my_id(server) in reaction.user_ids]


def reaction_of_the_bot(server: Server, message: Sent) -> str:
    """The emoji of its only one."""
    (emoji,) = reactions_of_the_bot(server, message)
    return emoji


async def moderator_removes(server: Server, message: Sent, emoji: str) -> None:
    """Somebody who may do so takes the bot's reaction away."""
    server.environment.backend.remove_reaction(server.channel.id, message.id, emoji, my_id(server))
    await server.environment.settle()


async def counters(server: Server) -> dict[str, int]:
    """What the store counted of the server."""
    return {counter.name: counter.count for counter in await store_of(server).counters(server.guild.id, date.min)}


async def fates(server: Server) -> dict[str, int]:
    """What became of the messages: the counters of which each message has exactly one."""
    return {
        name: count
        for name, count in (await counters(server)).items()
        if name in ("reacted", "silent") or name.startswith("skipped.")
    }


class Gate:
    """Holds up a coroutine function of a class until the gate is opened; `reached` is set when the first one waits.

    Args:
        monkeypatch: puts the gate in place, and takes it away after the test.
        owner: the class.
        name: the function's.
        reply: hold up its reply, not the call.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, owner: type, name: str, *, reply: bool = False) -> None:
        self.reached = asyncio.Event()
        self._open = asyncio.Event()
        function: Callable[..., Awaitable[Any]] = getattr(owner, name)

        async def held(*arguments: Any) -> Any:
            if not reply:
                await self._wait()
            answer = await function(*arguments)
            if reply:
                await self._wait()
            return answer

        monkeypatch.setattr(owner, name, held)

    async def _wait(self) -> None:
        self.reached.set()
        await self._open.wait()

    def let_go(self) -> None:
        """Let all through."""
        self._open.set()

    async def open(self, server: Server) -> None:
        """Let all through, and see what comes of it."""
        self.let_go()
        await server.environment.settle()


def hold_model(monkeypatch: pytest.MonkeyPatch) -> Gate:
    return Gate(monkeypatch, Judge, "judge")


def hold_requests(monkeypatch: pytest.MonkeyPatch) -> Gate:
    return Gate(monkeypatch, discord.Message, "add_reaction")


def hold_replies(monkeypatch: pytest.MonkeyPatch) -> Gate:
    """Discord has made the reaction, and the gateway told of it, but the bot has no reply yet."""
    return Gate(monkeypatch, discord.Message, "add_reaction", reply=True)


class Loading:
    """Holds up whoever loads a model, in its thread."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun = threading.Event()
        self.may_end = threading.Event()

        def held(folder: Path) -> Predictor:
            self.begun.set()
            assert self.may_end.wait(30)
            return load_model(folder)

        monkeypatch.setattr(model_reload, "load_model", held)

    async def until_begun(self) -> None:
        assert await asyncio.to_thread(self.begun.wait, 30)
