import json

import pytest

from tests.load import burst

TIMED = {"loop lag p99, ms", "/predict at most, ms"}
"""Goals that a busy machine may miss."""


def test_a_small_burst_meets_every_goal_that_is_no_time(capsys: pytest.CaptureFixture[str]) -> None:
    burst.main(["--messages", "300", "--seconds", "1", "--channels", "12", "--guilds", "3", "--json"])
    shown = json.loads(capsys.readouterr().out)
    assert set(shown["missed"]) <= TIMED
    assert shown["messages"]["seen"] == 300
    assert shown["messages"]["reacted"] == shown["reactions"] > 12
    assert len(shown["goals"]) > len(TIMED)
