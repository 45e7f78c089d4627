"""Lines that could flood the log."""

import logging

import pytest

from bot.rare_lines import RareLines
from tests.bot.store.conftest import Ticks

LOG = logging.getLogger(__name__)


@pytest.fixture(autouse=True)
def _info(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger=__name__)


def _say(lines: RareLines, kind: str, channel: int) -> None:
    lines.log(logging.INFO, kind, "dropped: %s channel=%d", kind, channel)


def test_a_kind_is_written_once_a_minute_with_how_many_were_left_out(caplog: pytest.LogCaptureFixture) -> None:
    ticks = Ticks()
    lines = RareLines(LOG, ticks)
    for channel in range(1000):
        _say(lines, "busy", channel)
    ticks.now += 59.9
    _say(lines, "busy", 1000)
    ticks.now += 0.1
    _say(lines, "busy", 1001)
    ticks.now += 60.0
    _say(lines, "busy", 1002)

    assert caplog.messages == [
        "dropped: busy channel=0",
        "dropped: busy channel=1001 (1000 more since the last such line)",
        "dropped: busy channel=1002",
    ]


def test_one_kind_does_not_silence_another(caplog: pytest.LogCaptureFixture) -> None:
    lines = RareLines(LOG, Ticks())
    for kind in ("busy", "overtaken", "busy"):
        _say(lines, kind, 1)

    assert caplog.messages == ["dropped: busy channel=1", "dropped: overtaken channel=1"]


def test_the_line_has_its_level(caplog: pytest.LogCaptureFixture) -> None:
    RareLines(LOG, Ticks()).log(logging.WARNING, "kind", "something odd")

    assert [record.levelno for record in caplog.records] == [logging.WARNING]
