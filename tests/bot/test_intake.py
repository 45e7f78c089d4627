"""Who may still hand the bot a message while others flood it."""

from hypothesis import given
from hypothesis import strategies as st

from bot.intake import Intake

PLACES = 12


def _flood(intake: Intake, *servers: int) -> None:
    """All of `servers` send, in turns, more than there is room for."""
    for _ in range(2 * PLACES):
        for server in servers:
            if intake.has_room(server):
                intake.enter(server)


def test_one_flooding_server_gets_half_of_the_places() -> None:
    intake = Intake(PLACES)
    _flood(intake, 1)

    assert len(intake) == PLACES // 2
    assert not intake.has_room(1)
    assert intake.has_room(2)


def test_two_get_a_third_each() -> None:
    intake = Intake(PLACES)
    _flood(intake, 1, 2)

    assert len(intake) == 2 * PLACES // 3
    assert intake.has_room(3)


def test_a_place_that_was_given_back_is_free_again() -> None:
    intake = Intake(PLACES)
    _flood(intake, 1)
    intake.leave(1)

    assert intake.has_room(1)


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans())))
def test_it_is_bounded_and_who_holds_nothing_is_always_let_in(steps: list[tuple[int, bool]]) -> None:
    intake = Intake(PLACES)
    held: list[int] = []
    for server, comes in steps:
        if comes and intake.has_room(server):
            intake.enter(server)
            held.append(server)
        elif not comes and server in held:
            intake.leave(server)
            held.remove(server)
        assert len(intake) == len(held) < PLACES
        assert intake.has_room(99)

    for server in held:
        intake.leave(server)
    assert len(intake) == 0
    assert intake._held == {}
