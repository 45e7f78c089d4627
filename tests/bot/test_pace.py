"""How many permissions there are in a second, by a clock of the test's own."""

from hypothesis import given
from hypothesis import strategies as st

from bot.pace import Pace

RATE = 4


def test_a_second_s_worth_may_go_at_once_and_the_next_a_second_later() -> None:
    pace = Pace(RATE)
    for _ in range(RATE):
        assert pace.delay(10.0) == 0.0
        pace.take(10.0)

    assert pace.delay(10.0) == 1.0
    assert pace.delay(10.75) == 0.25
    assert pace.delay(11.0) == 0.0


def test_what_was_not_needed_is_there_for_the_next() -> None:
    pace = Pace(RATE)
    for _ in range(RATE):
        pace.take(10.0)
    pace.give_back()

    assert pace.delay(10.5) == 0.0
    pace.take(10.5)
    assert pace.delay(10.5) == 0.5


def test_nothing_can_be_given_back_before_anything_was_taken() -> None:
    pace = Pace(1)
    pace.give_back()
    pace.take(0.0)

    assert pace.delay(0.0) == 1.0


@given(st.lists(st.tuples(st.integers(0, 40), st.booleans()), max_size=80))
def test_no_second_ever_has_more_than_its_share(steps: list[tuple[int, bool]]) -> None:
    pace, now = Pace(RATE), 0.0
    used: list[float] = []
    for sixteenths, needed in steps:
        now += sixteenths / 16
        if pace.delay(now) > 0.0:
            continue
        pace.take(now)
        if needed:
            used.append(now)
        else:
            pace.give_back()

    for first in used:
        assert len([at for at in used if first <= at < first + 1.0]) <= RATE
