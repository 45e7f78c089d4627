"""A stop: what is under way is finished or dropped in time, and what happened is written down."""

import signal
import sqlite3
import sys
from asyncio.subprocess import Process
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Final

import pytest

from bot.store import Store
from bot.texts import say
from tests.wire.bots import end, process, until_logged
from tests.wire.faults import Hang, Slow
from tests.wire.payloads import GENERAL, HOME, RANDOM, slash
from tests.wire.rest import Route
from tests.wire.server import WireServer

CLEAN: Final = 1000
NEWS: Final = "happy birthday, my friend"
PATIENT: Final = "8"
"""Seconds for a stop that is not cut short."""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to catch")


async def _counters(folder: Path) -> dict[str, int]:
    """What a process that has ended left in its database."""
    async with await Store.open(f"sqlite:///{folder / 'emoji-bot.db'}") as store:
        return {counter.name: counter.count for counter in await store.counters(HOME.id, date.min)}


async def _stop(child: Process) -> None:
    """Send SIGTERM, and wait until the process has taken it."""
    child.send_signal(signal.SIGTERM)
    await until_logged(child, "leaving")


async def _left(server: WireServer, child: Process) -> list[str]:
    """What a process still says until its clean end, and whether it left the gateway as it should."""
    status, words = await end(child)
    assert status == 0
    await server.until(lambda: server.close_codes == [CLEAN])
    return words.splitlines()


async def test_reactions_that_discord_answers_slowly_are_finished_and_counted(
    server: WireServer, tmp_path: Path
) -> None:
    server.fail(Route.ADD_REACTION, Slow(1.0), Slow(1.0))
    async with process(server, tmp_path, STOP_SECONDS=PATIENT) as child:
        await server.until_ready()
        for channel in (GENERAL, RANDOM):
            await server.say(NEWS, channel=channel)
        await server.until_received(Route.ADD_REACTION, 2)
        child.send_signal(signal.SIGTERM)
        assert await _left(server, child) == []
    counted = await _counters(tmp_path)
    assert (counted["seen"], counted["reacted"]) == (2, 2)
    assert not any(name.startswith("skipped") for name in counted)


async def test_reactions_that_hang_are_dropped_and_counted(server: WireServer, tmp_path: Path) -> None:
    server.fail(Route.ADD_REACTION, Hang(), Hang())
    async with process(server, tmp_path) as child:
        await server.until_ready()
        for channel in (GENERAL, RANDOM, GENERAL, RANDOM):  # two are under way, two wait their turn
            await server.say(NEWS, channel=channel)
        await server.until_received(Route.ADD_REACTION, 2)
        child.send_signal(signal.SIGTERM)
        assert await _left(server, child) == []
    assert len(server.received(Route.ADD_REACTION)) == 2
    counted = await _counters(tmp_path)
    assert (counted["seen"], counted["skipped.closed"]) == (4, 4)


async def test_messages_that_come_during_a_stop_are_not_taken(server: WireServer, tmp_path: Path) -> None:
    server.fail(Route.ADD_REACTION, Hang())
    async with process(server, tmp_path, log_level="INFO") as child:
        await server.until_ready()
        await server.say(NEWS)
        await server.until_received(Route.ADD_REACTION)
        await _stop(child)
        await server.say(NEWS, channel=RANDOM)
        await _left(server, child)
    assert len(server.received(Route.ADD_REACTION)) == 1
    assert (await _counters(tmp_path))["seen"] == 1


async def test_a_command_under_way_is_answered_to_its_end(server: WireServer, tmp_path: Path) -> None:
    server.fail(Route.ANSWER, Slow(1.0))
    async with process(server, tmp_path, STOP_SECONDS=PATIENT) as child:
        await server.until_ready()
        await server.dispatch("INTERACTION_CREATE", slash("settings show"))
        await server.until_received(Route.ANSWER)
        assert server.received(Route.EDIT_ANSWER) == []
        child.send_signal(signal.SIGTERM)
        assert await _left(server, child) == []
    assert len(server.received(Route.EDIT_ANSWER)) == 1


async def test_a_command_whose_answer_hangs_does_not_hold_up_the_stop(server: WireServer, tmp_path: Path) -> None:
    server.fail(Route.EDIT_ANSWER, Hang())
    async with process(server, tmp_path, log_level="WARNING") as child:
        await server.until_ready()
        await server.dispatch("INTERACTION_CREATE", slash("settings show"))
        await server.until_received(Route.EDIT_ANSWER)
        child.send_signal(signal.SIGTERM)
        [line] = await _left(server, child)
    assert line.endswith("stopped before everything was answered n=1")


async def test_a_command_that_comes_during_a_stop_is_told_so(server: WireServer, tmp_path: Path) -> None:
    server.fail(Route.ADD_REACTION, Hang())
    async with process(server, tmp_path, log_level="INFO", STOP_SECONDS=PATIENT) as child:
        await server.until_ready()
        await server.say(NEWS)
        await server.until_received(Route.ADD_REACTION)
        await _stop(child)
        await server.dispatch("INTERACTION_CREATE", slash("predict", options={"text": NEWS}))
        [answer] = await server.until_received(Route.ANSWER)
    assert answer.body["data"]["content"] == say("common.leaving")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
async def test_a_second_signal_ends_the_process_at_once(
    server: WireServer, tmp_path: Path, number: signal.Signals
) -> None:
    server.fail(Route.ADD_REACTION, Hang())
    async with process(server, tmp_path, log_level="INFO", STOP_SECONDS="1000") as child:
        await server.until_ready()
        await server.say(NEWS)
        await server.until_received(Route.ADD_REACTION)
        await _stop(child)
        child.send_signal(number)
        status, words = await end(child)
    assert status == -number
    assert "Traceback" not in words


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Nobody else can write to the database."""
    with closing(sqlite3.connect(folder / "emoji-bot.db", isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


async def test_a_locked_database_does_not_hold_up_the_stop(server: WireServer, tmp_path: Path) -> None:
    async with process(server, tmp_path) as child:
        await server.until_ready()
        with _locked(tmp_path):
            await server.until_reacted(await server.say(NEWS))
            child.send_signal(signal.SIGTERM)
            [line] = await _left(server, child)
    assert "counts lost, the database did not take them in time n=3" in line
    assert await _counters(tmp_path) == {}


async def test_a_database_that_is_free_again_in_time_takes_the_counters(server: WireServer, tmp_path: Path) -> None:
    async with process(server, tmp_path, log_level="INFO", STOP_SECONDS=PATIENT) as child:
        await server.until_ready()
        with _locked(tmp_path):
            await server.until_reacted(await server.say(NEWS))
            await _stop(child)
        await _left(server, child)
    assert (await _counters(tmp_path))["reacted"] == 1
