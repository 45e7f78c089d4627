"""What a stop waits for: events, commands and presses of buttons, whatever discord.py names their tasks."""

import asyncio
from typing import Any

import discord
import pytest

from bot.store import Store, StoreError
from bot.under_way import finish, under_way
from tests.bot.admin import Admin
from tests.bot.conftest import Server
from tests.bot.stage import Gate, bot_of, counters, hold_requests, post, store_of


async def test_an_idle_bot_has_nothing_under_way(server: Server) -> None:
    assert server.reaction_requests == []
    assert under_way() == set()


async def test_a_message_is_under_way_until_its_reaction_is_made(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = hold_requests(monkeypatch)
    post(server, "happy birthday, my friend")
    await gate.reached.wait()
    assert under_way()

    finishing = asyncio.create_task(finish(bot_of(server)._reactor, 30.0))
    await gate.open(server)
    assert await finishing == 0
    assert under_way() == set()
    assert (await counters(server))["reacted"] == 1


async def test_a_message_that_takes_too_long_is_dropped_and_counted(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = hold_requests(monkeypatch)
    for _ in range(3):
        post(server, "happy birthday, my friend")
    await gate.reached.wait()

    assert await finish(bot_of(server)._reactor, 0.0) == 0
    assert under_way() == set()
    assert (await counters(server))["skipped.closed"] == 3


async def test_a_press_of_a_button_is_under_way(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    admin = Admin(server)
    question = (await admin.member.slash(server.channel, "settings reset")).response
    assert question is not None
    gate = Gate(monkeypatch, Store, "reset")
    pressing = asyncio.create_task(admin.member.click(question, label="Reset"))
    await gate.reached.wait()

    assert len(under_way()) == 1
    gate.let_go()
    await pressing


async def test_what_hangs_without_end_is_cancelled(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate(monkeypatch, Store, "load")
    guild: Any = discord.Object(server.guild.id)
    server.environment.bot.dispatch("guild_available", guild)
    await gate.reached.wait()

    assert await finish(bot_of(server)._reactor, 0.0) == 1
    assert under_way() == set()


async def test_a_bot_that_is_leaving_hears_of_nothing(server: Server) -> None:
    bot_of(server)._leaving = True
    await server.alice.send(server.channel, "happy birthday, my friend")

    assert server.reaction_requests == []
    assert await counters(server) == {}


async def test_counts_that_the_database_takes_too_slowly_are_told_of_once(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store = store_of(server)
    gate = Gate(monkeypatch, Store, "_flush")
    store.count(server.guild.id, "seen", 5)

    await store.save(0.0)
    assert [record.getMessage() for record in caplog.records] == [
        "counts lost, the database did not take them in time n=5"
    ]
    await gate.open(server)
    await store.save(30.0)
    assert len(caplog.records) == 1
    assert (await counters(server))["seen"] == 5


async def test_counts_that_come_while_others_are_written_are_written_too(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = store_of(server)
    gate = Gate(monkeypatch, Store, "_flush", reply=True)
    store.count(server.guild.id, "seen", 5)
    first = asyncio.create_task(store.save(30.0))
    await gate.reached.wait()
    store.count(server.guild.id, "seen", 2)
    second = asyncio.create_task(store.save(30.0))
    await gate.open(server)
    await asyncio.gather(first, second)

    assert store._tally.total == 0


async def test_a_database_that_refuses_is_no_reason_to_wait(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(_: Store) -> None:
        raise StoreError("it is gone")

    monkeypatch.setattr(Store, "_flush", refuse)
    store_of(server).count(server.guild.id, "seen")
    await asyncio.wait_for(store_of(server).save(1_000.0), 30.0)
    monkeypatch.undo()
