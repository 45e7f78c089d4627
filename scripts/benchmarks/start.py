"""Cold start: from the start of the bot's process until it can predict, beside the import of TensorFlow alone."""

import json
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from typing import IO, Final

import psutil

import scripts
from scripts.benchmarks.plan import Plan
from scripts.benchmarks.samples import Spread, spread

STEPS: Final = ("interpreter", "imports", "model", "database", "commands")
_TENSORFLOW: Final = "import tensorflow, sys; print('ready', flush=True); sys.stdin.readline()"


class ProcessError(Exception):
    """A process that was started to be measured did not get ready."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The {name} process did not get ready, or did not end well.")


@dataclass(frozen=True, slots=True)
class Start:
    """Starts of the bot, the first one (which makes the database) left out, and of TensorFlow, in turns.

    Args:
        seconds: until the bot can predict.
        steps: seconds of each of `STEPS`.
        rss_mb: of the bot then; 1e6 bytes.
        tensorflow_s: until TensorFlow is imported, in a process that does nothing else.
        tensorflow_rss_mb: of that process then.
    """

    seconds: Spread
    steps: Mapping[str, Spread]
    rss_mb: Spread
    tensorflow_s: Spread
    tensorflow_rss_mb: Spread


@dataclass(frozen=True, slots=True)
class RunningBot:
    """A bot's process that can predict.

    Args:
        process: its pipes are open, in text.
        marks: when each of `STEPS` was done, in seconds from its start.
    """

    process: "Popen[str]"
    marks: Mapping[str, float]

    @property
    def rss_mb(self) -> float:
        """Its resident memory now; 1e6 bytes."""
        return rss_mb(self.process)

    def predict(self, texts: list[str]) -> None:
        """Have it predict for `texts`, lines without a line break; returns when it is done."""
        stdin, stdout = _pipes(self.process)
        stdin.write(f"{len(texts)}\n")
        stdin.writelines(f"{text}\n" for text in texts)
        stdin.flush()
        if stdout.readline() != "done\n":
            raise ProcessError("bot")


def measure_start(model: Path, plan: Plan) -> Start:
    """Start bot and TensorFlow `plan.starts` times each."""
    bots: list[Mapping[str, float]] = []
    memory: list[float] = []
    tensorflow: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(-1, plan.starts):
            with running_bot(model, Path(folder)) as bot:
                if number >= 0:
                    bots.append(bot.marks)
                    memory.append(bot.rss_mb)
            if number >= 0:
                tensorflow.append(_import_tensorflow())
    return Start(
        seconds=spread([marks[STEPS[-1]] for marks in bots]),
        steps={
            step: spread([marks[step] - (marks[before] if before else 0.0) for marks in bots])
            for before, step in zip((None, *STEPS), STEPS, strict=False)
        },
        rss_mb=spread(memory),
        tensorflow_s=spread([seconds for seconds, _ in tensorflow]),
        tensorflow_rss_mb=spread([megabytes for _, megabytes in tensorflow]),
    )


@contextmanager
def running_bot(model: Path, folder: Path) -> Iterator[RunningBot]:
    """A bot that can predict, its database in `folder`, for as long as the context lasts.

    Raises:
        ProcessError: it did not get ready, or did not end well.
    """
    database = f"sqlite:///{folder.resolve() / 'bot.db'}"
    command = [sys.executable, "-m", "scripts.benchmarks.bot_process", str(model.resolve()), database]
    started = time.perf_counter()  # of one clock for all processes
    with Popen(command, stdin=PIPE, stdout=PIPE, text=True, cwd=_project()) as process:  # noqa: S603
        line = _pipes(process)[1].readline()
        if not line:
            raise ProcessError("bot")
        yield RunningBot(process, {step: mark - started for step, mark in json.loads(line).items()})
        _pipes(process)[0].close()
    if process.returncode != 0:
        raise ProcessError("bot")


def rss_mb(process: "Popen[str]") -> float:
    """Resident memory of a process; 1e6 bytes."""
    return float(psutil.Process(process.pid).memory_info().rss / 1e6)


def _import_tensorflow() -> tuple[float, float]:
    """Seconds and memory."""
    started = time.perf_counter()
    command = [sys.executable, "-c", _TENSORFLOW]
    with Popen(command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, text=True) as process:  # noqa: S603
        if _pipes(process)[1].readline() != "ready\n":
            raise ProcessError("TensorFlow")
        return time.perf_counter() - started, rss_mb(process)


def _pipes(process: "Popen[str]") -> tuple[IO[str], IO[str]]:
    assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - pipes were asked for
    return process.stdin, process.stdout


def _project() -> Path:
    return Path(*scripts.__path__).parent
