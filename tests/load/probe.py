"""What only the bot's own process can tell: how late its event loop is, and how much waits in it."""

import asyncio
import gc
import time
import tracemalloc
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import psutil

_TICK: Final = 0.01
"""Seconds that the loop is asked to sleep; how much later it wakes is its lag."""
_SAMPLE: Final = 0.25
"""Seconds between two looks at queues and tasks: counting thousands of tasks takes milliseconds itself."""

_SCHEDULING: Final = Path("/proc/self/schedstat")

Gauge = Callable[[], int]


class Probe:
    """Measures since its start, or since the last report.

    Args:
        gauges: lengths of queues by name; the greatest ones are reported.
    """

    def __init__(self, gauges: Mapping[str, Gauge]) -> None:
        self._gauges = gauges
        self._process = psutil.Process()
        self._own: set[asyncio.Task[Any] | None] = set()
        self._lags: list[float] = []
        self._most: dict[str, int] = {}
        self._pauses: list[float] = []
        self._paused_at = self._cpu = self._queued = 0.0

    def start(self) -> None:
        """Begin to measure, for as long as the loop runs."""
        self._own = {asyncio.create_task(self._feel()), asyncio.create_task(self._look()), asyncio.current_task()}
        gc.callbacks.append(self._collecting)
        self._begin()

    def _begin(self) -> None:
        self._lags = []
        self._most = {}
        self._pauses = []
        self._cpu, self._queued = time.process_time(), _queued()

    def report(self) -> dict[str, Any]:
        """What was measured.

        Since the last report: lags in seconds, the greatest gauges, seconds of CPU and of waiting for one, milliseconds
        of the garbage collector. As they are now: memory in bytes, tasks by name, gauges.
        """
        self._sample()
        report = {
            "lags": self._lags,
            "most": self._most,
            "cpu": time.process_time() - self._cpu,
            "queued": _queued() - self._queued,
            "collecting": {
                "times": len(self._pauses),
                "total": sum(self._pauses) * 1000,
                "longest": max(self._pauses, default=0.0) * 1000,
            },
            "rss": self._process.memory_info().rss,
            "heap": tracemalloc.get_traced_memory()[0],
            "tasks": sorted(_name(task) for task in self._tasks()),
            "gauges": {name: gauge() for name, gauge in self._gauges.items()},
        }
        self._begin()
        return report

    def _collecting(self, phase: str, _: dict[str, int]) -> None:
        if phase == "start":
            self._paused_at = time.perf_counter()
        else:
            self._pauses.append(time.perf_counter() - self._paused_at)

    async def _feel(self) -> None:
        while True:
            asleep = time.perf_counter()
            await asyncio.sleep(_TICK)
            self._lags.append(max(0.0, time.perf_counter() - asleep - _TICK))

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(_SAMPLE)
            self._sample()

    def _sample(self) -> None:
        tasks = self._tasks()
        now = {name: gauge() for name, gauge in self._gauges.items()}
        now["tasks"] = len(tasks)
        now["handlers"] = sum(task.get_name().startswith("discord.py: on_") for task in tasks)
        self._most = {name: max(value, self._most.get(name, 0)) for name, value in now.items()}

    def _tasks(self) -> set[asyncio.Task[Any]]:
        return {task for task in asyncio.all_tasks() if task not in self._own}


def _name(task: asyncio.Task[Any]) -> str:
    """What a task does: its name, or of one that was given none, its coroutine's."""
    name = task.get_name()
    return getattr(task.get_coro(), "__qualname__", name) if name.startswith("Task-") else name


def _queued() -> float:
    """Seconds that the main thread could have run, but had to wait for a core; 0 where the system does not tell."""
    try:
        return int(_SCHEDULING.read_text().split()[1]) / 1e9
    except OSError:
        return 0.0
