"""How log records are written, as text and as JSON."""

import io
import json
import logging
import math
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.logs import JsonLines, OneLine, printable
from tests.wire.server import TOKEN

ROOT = Path(__file__).parents[2]
FORGED = "alice\n[2024-01-01 00:00:00] [ERROR   ] bot: all is lost guild=666\r\x1b[2K\u2028\x85\u202e"


class Log:
    """A logger with one handler, and what it wrote."""

    def __init__(self, formatter: logging.Formatter) -> None:
        self.stream = io.StringIO()
        handler = logging.StreamHandler(self.stream)
        handler.setFormatter(formatter)
        self.logger = logging.Logger("bot.reactor")  # noqa: LOG001 - the process must not keep it
        self.logger.addHandler(handler)

    @property
    def lines(self) -> list[str]:
        """All that was written."""
        return self.stream.getvalue().splitlines()

    @property
    def record(self) -> dict[str, Any]:
        """The only line, as JSON."""
        [line] = self.lines
        record: dict[str, Any] = json.loads(line)
        return record


@pytest.fixture
def as_json() -> Log:
    """A log for programs."""
    return Log(JsonLines())


@pytest.fixture
def as_text() -> Log:
    """A log for people."""
    return Log(OneLine(logging.Formatter("[{levelname}] {name}: {message}", style="{")))


@pytest.fixture
def both(as_json: Log, as_text: Log) -> Iterator[tuple[Log, Log]]:
    """One of each, which must not have written more than a line."""
    yield as_json, as_text
    assert [len(log.lines) for log in (as_json, as_text)] == [1, 1]


def test_a_record_has_its_time_level_logger_and_message(as_json: Log) -> None:
    as_json.logger.info("ready shards=%d", 2)

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", as_json.record.pop("time"))
    assert {key: value for key, value in as_json.record.items() if key != "time"} == {
        "level": "INFO",
        "logger": "bot.reactor",
        "message": "ready shards=2",
        "shards": 2,
    }


def test_ids_are_fields_of_their_own_that_no_reader_rounds(as_json: Log) -> None:
    as_json.logger.info("refused: %s status=%d channel=%d message=%d", "gone", 404, 2**63 - 1, 7)

    assert as_json.record["channel_id"] == "9223372036854775807"
    assert as_json.record["message_id"] == "7"
    assert as_json.record["status"] == 404
    assert as_json.record["message"] == "refused: gone status=404 channel=9223372036854775807 message=7"


def test_a_pair_whose_name_is_an_argument_is_a_field_too(as_json: Log) -> None:
    as_json.logger.warning("answer failed %s=%s retry_after=%.1f 100%%", "command", "settings show", 1.25)

    assert as_json.record["command"] == "settings show"
    assert as_json.record["retry_after"] == 1.25


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, None), (True, True), (math.nan, "nan"), (math.inf, "inf"), (2**60, str(2**60)), (Path("a"), "a")],
)
def test_what_json_does_not_know_is_a_string(as_json: Log, value: object, shown: object) -> None:
    as_json.logger.info("loaded version=%s", value)

    assert as_json.record["version"] == shown


def test_no_value_can_pass_for_a_field(as_json: Log) -> None:
    as_json.logger.info("ready user=%s: %s", "x guild=666 level=ERROR", "time=0 shard=7")

    assert as_json.record["user"] == "x guild=666 level=ERROR"
    assert as_json.record["level"] == "INFO"
    assert not {"guild", "guild_id", "shard"} & as_json.record.keys()


def test_no_field_replaces_one_of_the_records_own(as_json: Log) -> None:
    as_json.logger.info("odd level=%s time=%s message=%s logger=%s", "a", "b", "c", "d")

    assert (as_json.record["level"], as_json.record["logger"]) == ("INFO", "bot.reactor")
    assert as_json.record["message"] == "odd level=a time=b message=c logger=d"


@pytest.mark.parametrize("arguments", [("%d%%",), ("no arguments %s",), ({"a": 1},), ("%(guild)d", {"guild": 1})])
def test_other_ways_to_log_are_records_without_fields(as_json: Log, arguments: tuple[Any, ...]) -> None:
    as_json.logger.info(*arguments)

    assert as_json.record.keys() == {"time", "level", "logger", "message"}


def test_a_value_with_line_breaks_and_controls_stays_on_its_line(both: tuple[Log, Log]) -> None:
    for log in both:
        log.logger.info("joined guild=%s", FORGED)

    as_json, as_text = both
    assert as_json.record["guild"] == FORGED
    assert as_text.lines[0].startswith(r"[INFO] bot.reactor: joined guild=alice\n[2024-01-01 00:00:00]")
    assert as_text.lines[0].isprintable()


@given(st.text())
def test_no_text_breaks_a_line(text: str) -> None:
    for formatter in (JsonLines(), OneLine(logging.Formatter("{message}", style="{"))):
        log = Log(formatter)
        log.logger.info("name=%s", text)
        assert len(log.stream.getvalue().removesuffix("\n").splitlines() or [""]) == 1
        log.stream.getvalue().encode()


@pytest.mark.parametrize("text", ["good morning 🎉", "naïve café", "👩‍👩‍👧 family", "日本語", r"C:\new"])
def test_ordinary_text_reads_as_it_is(text: str) -> None:
    assert printable(text) == text


def _fail(log: Log) -> None:
    try:
        raise ValueError(FORGED)
    except ValueError:
        log.logger.exception("counters not written n=%d", 3)


def test_an_exception_is_one_field(as_json: Log) -> None:
    _fail(as_json)

    assert as_json.record["message"] == "counters not written n=3"
    assert as_json.record["exception"].startswith("Traceback (most recent call last):\n")
    assert as_json.record["exception"].endswith(f"ValueError: {FORGED}")


def test_a_traceback_in_the_text_is_indented_so_that_no_line_of_it_passes_for_a_record(as_text: Log) -> None:
    _fail(as_text)

    first, *below = as_text.lines
    assert first == "[ERROR] bot.reactor: counters not written n=3"
    assert below[0] == "    Traceback (most recent call last):"
    assert [line for line in below if not line.startswith("    ")] == []


def test_the_lines_for_people_are_those_of_discord_py(tmp_path: Path) -> None:
    [line] = _stderr_of_a_first_check(tmp_path)

    line = re.sub(r"\x1b\[[\d;]*m", "", line)  # in some places discord.py takes any stream for a terminal
    assert re.fullmatch(
        r"\[?[-\d]{10} [:\d]{8}\]? \[?INFO    \]? bot\.store\.database:? database migrated from=None to=\d{4}", line
    )


def test_the_setting_makes_every_line_of_a_process_json(tmp_path: Path) -> None:
    [line] = _stderr_of_a_first_check(tmp_path, LOG_FORMAT="json")

    record = json.loads(line)
    assert record["message"].startswith("database migrated from=None to=")
    assert record["from"] is None


def test_even_the_last_words_are_json(tmp_path: Path) -> None:
    (tmp_path / "emoji-bot.db").write_bytes(b"not a database at all, " * 100)

    [line] = _stderr_of_a_first_check(tmp_path, status=2, LOG_FORMAT="json")
    assert json.loads(line)["level"] == "CRITICAL"
    assert "cannot be used" in json.loads(line)["message"]


def _stderr_of_a_first_check(folder: Path, status: int = 0, **settings: str) -> list[str]:
    environment = {**os.environ, "DISCORD_TOKEN": TOKEN, "PYTHONPATH": str(ROOT), **settings}
    command = [sys.executable, "-m", "bot", "check"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder, check=False)
    assert done.returncode == status
    return done.stderr.splitlines()
