"""A process that is killed, and processes that start together."""

import asyncio
import os
import sys
from datetime import date
from pathlib import Path

from bot.store import Store
from tests.bot.store.writer import COUNTS_IN_A_BATCH, GUILD

ROOT = Path(__file__).parents[3]


async def _start(*arguments: str) -> asyncio.subprocess.Process:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdout=asyncio.subprocess.PIPE, env=environment, cwd=ROOT
    )


async def test_a_killed_process_loses_one_batch_of_counts_at_most_and_no_setting(url: str) -> None:
    process = await _start("-m", "tests.bot.store.writer", url)
    assert process.stdout is not None
    safe = {"changed": 0, "counted": 0}
    async for line in process.stdout:
        what, number = line.split()
        safe[what.decode()] = int(number)
        if safe["changed"] == 105:
            process.kill()  # and then read what it had still said
    await process.wait()
    assert process.returncode == -9
    assert safe["counted"] >= 100

    async with await Store.open(url) as store:
        settings = (await store.load(GUILD)).settings
        assert settings.member_cooldown in (safe["changed"], safe["changed"] + 1)
        assert settings.channels == {settings.member_cooldown, settings.member_cooldown + 1}
        counted = sum(counter.count for counter in await store.counters(GUILD, date.min))
        assert safe["counted"] <= counted <= safe["counted"] + COUNTS_IN_A_BATCH
        store.count(GUILD, "writes")
        assert sum(counter.count for counter in await store.counters(GUILD, date.min)) == counted + 1


async def test_processes_that_start_together_on_an_empty_database_take_turns(url: str) -> None:
    code = (
        "import asyncio, sys\n"
        "from bot.store import Store\n"
        "async def main():\n"
        "    async with await Store.open(sys.argv[1]) as store:\n"
        "        await store.opt_out(int(sys.argv[2]), 1)\n"
        "asyncio.run(main())\n"
    )
    processes = [await _start("-c", code, url, str(user_id)) for user_id in range(1, 5)]

    assert [await process.wait() for process in processes] == [0] * 4
    async with await Store.open(url) as store:
        assert (await store.load(1)).opted_out == {1, 2, 3, 4}
