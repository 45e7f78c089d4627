"""Counts in memory."""

from datetime import date

from bot.store.tally import Tally

TODAY = date(2026, 1, 1)
A, B, C = ((1, TODAY, name) for name in "abc")


def test_counts_add_up() -> None:
    tally = Tally()
    tally.add(A, 1)
    tally.add(A, 2)
    tally.add(B, 5)

    assert tally.take() == {A: 3, B: 5}


def test_what_could_not_be_written_joins_what_came_meanwhile() -> None:
    tally = Tally()
    tally.add(A, 1)
    tally.take()
    tally.add(A, 2)
    tally.give_back()

    assert tally.take() == {A: 3}


def test_what_was_written_is_gone() -> None:
    tally = Tally()
    tally.add(A, 1)
    tally.take()
    tally.add(B, 1)
    tally.written()

    assert tally.total == 1
    assert tally.take() == {B: 1}


def test_beyond_the_bound_new_counters_are_dropped_and_known_ones_grow() -> None:
    tally = Tally(most=2)
    tally.add(A, 1)
    tally.take()
    tally.add(B, 1)
    assert tally.full
    tally.add(B, 1)
    tally.add(C, 7)

    assert tally.take_dropped() == 7
    assert tally.take_dropped() == 0
    assert tally.total == 3


def test_a_forgotten_server_takes_its_counts_along() -> None:
    tally = Tally()
    tally.add(A, 1)
    tally.add((2, TODAY, "a"), 1)
    tally.forget(1)

    assert tally.take() == {(2, TODAY, "a"): 1}
