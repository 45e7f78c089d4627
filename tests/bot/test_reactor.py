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


class Discord:
    """Holds all requests until the test lets them go, and notes how many there are at once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reply = asyncio.Event()
        self.now = self.most = 0
        for name in ("add_reaction", "remove_reaction"):
            monkeypatch.setattr(discord.Message, name, AsyncMock(side_effect=self._request))

    async def _request(self, *_: object) -> None:
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await self.reply.wait()
        finally:
            self.now -= 1


async def _adding(reactor: Reactor, message: discord.Message, count: int) -> list[asyncio.Task[Outcome]]:
    tasks = [asyncio.create_task(reactor.add(message, "🔥", still_wanted=_always)) for _ in range(count)]
    await asyncio.sleep(0)
    return tasks


async def test_adding_and_taking_back_wait_for_each_other(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    message, requests = await _message(server), Discord(monkeypatch)
    reactor = Reactor(30, server.environment.now)
    (adding,) = await _adding(reactor, message, 1)
    taking_back = asyncio.create_task(reactor.take_back(message, "🔥"))
    await asyncio.sleep(0)
    assert (reactor.in_flight, reactor.waiting) == (1, 1)
    requests.reply.set()

    assert (await adding, await taking_back) == (Outcome.ADDED, True)
    assert requests.most == 1


async def test_in_a_full_channel_the_oldest_is_overtaken(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    message, requests = await _message(server), Discord(monkeypatch)
    reactor = Reactor(30, server.environment.now)
    first, oldest, *others = await _adding(reactor, message, 22)
    taking_back = asyncio.create_task(reactor.take_back(message, "🔥"))
    await asyncio.sleep(0)
    requests.reply.set()

    assert await oldest is Outcome.OVERTAKEN
    assert set(await asyncio.gather(first, *others[1:])) == {Outcome.ADDED}
    assert await others[0] is Outcome.OVERTAKEN
    assert await taking_back


async def test_a_reaction_that_is_overtaken_is_not_taken_back(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    message, requests = await _message(server), Discord(monkeypatch)
    reactor = Reactor(30, server.environment.now)
    await _adding(reactor, message, 1)
    taking_back = asyncio.create_task(reactor.take_back(message, "🔥"))
    await asyncio.sleep(0)
    adding = await _adding(reactor, message, 20)

    assert await taking_back is False
    requests.reply.set()
    await asyncio.gather(*adding)


async def test_closing_drops_at_once_what_waits_and_lets_end_what_is_under_way(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    message, requests = await _message(server), Discord(monkeypatch)
    reactor = Reactor(30, server.environment.now)
    first, *waiting = await _adding(reactor, message, 3)
    reactor.close()
    assert await asyncio.gather(*waiting) == [Outcome.CLOSED, Outcome.CLOSED]
    assert await reactor.add(message, "🔥", still_wanted=_always) is Outcome.CLOSED
    assert await reactor.take_back(message, "🔥") is False
    requests.reply.set()

    assert await first is Outcome.ADDED


async def test_draining_lets_all_end_and_takes_no_more(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    message, requests = await _message(server), Discord(monkeypatch)
    reactor = Reactor(30, server.environment.now)
    tasks = await _adding(reactor, message, 3)
    draining = asyncio.create_task(reactor.drain(60.0))
    await asyncio.sleep(0)
    assert await reactor.add(message, "🔥", still_wanted=_always) is Outcome.CLOSED
    assert not draining.done()
    requests.reply.set()
    await draining

    assert [task.result() for task in tasks] == [Outcome.ADDED] * 3
    assert (reactor.in_flight, reactor.waiting) == (0, 0)


async def test_what_has_not_ended_by_the_end_of_the_drain_is_dropped_and_cut_short(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    message, requests = await _message(server), Discord(monkeypatch)
    reactor = Reactor(30, server.environment.now)
    tasks = await _adding(reactor, message, 3)
    await reactor.drain(0.01)

    assert await asyncio.gather(*tasks) == [Outcome.CLOSED] * 3
    assert (requests.now, reactor.in_flight, reactor.waiting) == (0, 0, 0)


async def test_an_idle_reactor_is_drained_at_once_and_may_be_drained_again(server: Server) -> None:
    reactor = Reactor(30, server.environment.now)
    for _ in range(2):
        await reactor.drain(60.0)

    assert await reactor.add(await _message(server), "🔥", still_wanted=_always) is Outcome.CLOSED
