"""What the bot is doing for Discord at this moment, and how it comes to an end."""

import asyncio
from collections.abc import Set
from typing import Any, Final

from bot.reactor import Reactor

_NAMES: Final = ("discord.py: ", "CommandTree-invoker", "discord-ui-view-dispatch-")
"""How discord.py 2.7 names the tasks of events, of commands, and of presses of buttons."""

_MOMENT: Final = 0.25
"""Seconds for a task that has nothing more to wait for."""


def under_way() -> set[asyncio.Task[Any]]:
    """The tasks that answer events, commands and presses of buttons."""
    return {task for task in asyncio.all_tasks() if task.get_name().startswith(_NAMES)}


async def finish(reactor: Reactor, seconds: float) -> int:
    """Let what is under way come to its end; after `seconds` it is cut short.

    Reactions that are cut short are counted as such by those who wanted them.

    Returns:
        How many tasks had to be cancelled.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    await _wait_for(under_way(), seconds)
    await reactor.drain(max(0.0, deadline - loop.time()))
    await _wait_for(under_way(), _MOMENT)
    hanging = under_way()
    for task in hanging:
        task.cancel()
    await _wait_for(hanging, _MOMENT)
    return len(hanging)


async def _wait_for(tasks: Set[asyncio.Task[Any]], seconds: float) -> None:
    if tasks:
        await asyncio.wait(tasks, timeout=seconds)
