"""A process to be killed: changes settings and counts, and says on standard output what is safe.

Run as `python -m tests.bot.store.writer URL`. Each line is `changed N` after the N-th change had returned, or
`counted N` after N counts were written.
"""

import asyncio
import sys
from dataclasses import replace
from datetime import date
from typing import Final

from bot.guild_settings import GuildSettings
from bot.store import Store

GUILD: Final = 1
WRITES: Final = 1000
COUNTS_IN_A_BATCH: Final = 10


async def _write(url: str) -> None:
    async with await Store.open(url, flush_seconds=3600) as store:
        for n in range(1, WRITES + 1):

            def change(settings: GuildSettings, n: int = n) -> GuildSettings:
                return replace(settings, member_cooldown=n, channels=frozenset({n, n + 1}))

            await store.change(GUILD, change)
            print("changed", n, flush=True)  # noqa: T201
            store.count(GUILD, "writes")
            if n % COUNTS_IN_A_BATCH == 0:
                await store.counters(GUILD, date.min)
                print("counted", n, flush=True)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(_write(sys.argv[1]))
