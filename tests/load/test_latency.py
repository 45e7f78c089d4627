from tests.load.latency import measure


def test_every_message_is_timed_from_its_sending_to_its_reaction() -> None:
    taken = measure(20)
    assert len(taken) == 20
    assert all(0.0 < milliseconds < 10_000.0 for milliseconds in taken)
