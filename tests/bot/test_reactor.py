"""The reactor alone, with a clock of its own, in a simulated Discord."""

import asyncio
from datetime import timedelta
from unittest.mock import AsyncMock

import aiohttp
import discord
import pytest

from bot.reactor import Outcome, Reactor
from tests.bot.conftest import Server


def _always() -> bool:
    return True


async def _message(server: Server, text: str = "") -> discord.Message:
    """A live message that the bot itself leaves alone."""
    sent = await server.alice.send(server.channel, text, attachments=[("cat.png", b"not really a png")])
    channel = server.environment.bot.get_channel(server.channel.id)
    assert isinstance(channel, discord.TextChannel)
    return await channel.fetch_message(sent.id)


async def test_a_fresh_message_gets_its_reaction(server: Server) -> None:
    message = await _message(server)

    assert await Reactor(30, server.environment.now).add(message, "🔥", still_wanted=_always) is Outcome.ADDED
    assert len(server.reaction_requests) == 1


async def test_a_stale_message_is_dropped_without_a_request(server: Server) -> None:
    message = await _message(server)
    reactor = Reactor(30, lambda: server.environment.now() + timedelta(seconds=31))

    assert await reactor.add(message, "🔥", still_wanted=_always) is Outcome.STALE
    assert server.reaction_requests == []


async def test_a_reaction_that_is_not_wanted_any_more_is_dropped_without_a_request(server: Server) -> None:
    message = await _message(server)
    outcome = await Reactor(30, server.environment.now).add(message, "🔥", still_wanted=lambda: False)

    assert outcome is Outcome.UNWANTED
    assert server.reaction_requests == []


async def test_a_message_that_grows_stale_while_it_waits_its_turn_is_dropped(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await _message(server), await _message(server)
    now = server.environment.now()
    reactor = Reactor(30, lambda: now)
    release = asyncio.Event()

    async def slow(_: str) -> None:
        await release.wait()

    monkeypatch.setattr(discord.Message, "add_reaction", AsyncMock(side_effect=slow))

    waiting = [asyncio.create_task(reactor.add(message, "🔥", still_wanted=_always)) for message in (first, second)]
    await asyncio.sleep(0)
    now += timedelta(seconds=60)
    release.set()

    assert await asyncio.gather(*waiting) == [Outcome.ADDED, Outcome.STALE]


async def test_twenty_distinct_reactions_leave_no_room(server: Server) -> None:
    message = await _message(server)
    for i in range(20):
        await server.alice.react(message, chr(0x1F600 + i))
    message = await message.channel.fetch_message(message.id)

    assert await Reactor(30, server.environment.now).add(message, "🔥", still_wanted=_always) is Outcome.FULL
    assert server.reaction_requests == []


@pytest.mark.parametrize("error", [aiohttp.ClientConnectionError(), OSError("down"), TimeoutError()])
async def test_a_broken_network_is_survived(server: Server, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    message = await _message(server)
    monkeypatch.setattr(discord.Message, "add_reaction", AsyncMock(side_effect=error))

    assert await Reactor(30, server.environment.now).add(message, "🔥", still_wanted=_always) is Outcome.FAILED


async def test_a_rate_limit_longer_than_the_patience_drops_the_message(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = await _message(server)
    monkeypatch.setattr(discord.Message, "add_reaction", AsyncMock(side_effect=discord.RateLimited(60)))

    assert await Reactor(30, server.environment.now).add(message, "🔥", still_wanted=_always) is Outcome.STALE
