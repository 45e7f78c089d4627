import json

import pytest

from tests.load.verdict import Goal, tell

MET = Goal("reactions", 5, low=1)
MISSED = Goal("lag, ms", 80.0, high=50.0)


def test_a_goal_is_met_within_its_limits_and_at_them() -> None:
    assert [Goal("", figure, low=1, high=2).met for figure in (0.9, 1, 2, 2.1)] == [False, True, True, False]


def test_what_is_no_number_meets_no_goal() -> None:
    assert not Goal("", float("nan"), high=1).met


def test_the_missed_goals_are_named_and_fail_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    assert tell({"sent": 3, "lag": {"p50": 1.5}}, [MET, MISSED], as_json=False) == 1
    shown = capsys.readouterr().out
    assert "Missed: lag, ms." in shown
    assert "p50" in shown


def test_the_json_holds_figures_goals_and_what_is_missed(capsys: pytest.CaptureFixture[str]) -> None:
    assert tell({"sent": 3}, [MET, MISSED], as_json=True) == 1
    shown = json.loads(capsys.readouterr().out)
    assert shown["sent"] == 3
    assert [goal["met"] for goal in shown["goals"]] == [True, False]
    assert shown["missed"] == ["lag, ms"]


def test_nothing_missed_is_success() -> None:
    assert tell({}, [MET], as_json=True) == 0
