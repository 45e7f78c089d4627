import json
from pathlib import Path

import pytest

from tests.load import soak

NEEDS_TIME = {
    "growth by the trend, MB",
    "growth from first to last fifth, MB",
    "reactions, second half by first",
    "age at the request, s",
    "messages reacted to in the end",
}
"""Goals that a run of seconds, or on a busy machine, may miss."""


def test_a_short_soak_meets_every_goal_that_needs_no_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "kept.log"
    soak.main(["--minutes", "0.15", "--rate", "60", "--stale-after", "3", "--json", "--log", str(log)])
    shown = json.loads(capsys.readouterr().out)
    assert set(shown["missed"]) <= NEEDS_TIME
    assert shown["faults"]
    assert shown["interactions"]["answered"] == shown["interactions"]["sent"] > 0
    assert "ready user=" in log.read_text()
