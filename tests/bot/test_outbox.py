"""Whose turn it is, with a loop whose time the tests move."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from bot.outbox import LANE_ASKED, LANE_WAITING, SECONDS_IN_FLIGHT, SECONDS_WAITING, Outbox, OutboxClosedError
from bot.outbox import OvertakenError as Overtaken
from model.fair_queue import Lane

RATE = 40


class Time:
    """The running loop's time, which stands still until a test moves it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: self.now)

    async def pass_(self, seconds: float) -> None:
        self.now += seconds
        await settled()


async def settled() -> None:
    """Let all go on that can."""
    for _ in range(20):
        await asyncio.sleep(0)


class Sender:
    """Sends through an outbox; a reply comes when the test says so."""

    def __init__(self, outbox: Outbox) -> None:
        self.outbox = outbox
        self.sent: list[str] = []
        self.replies: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[str]] = {}

    def send(self, name: str, lane: Lane, *, asked: bool = False, needed: bool = True) -> None:
        self.tasks[name] = asyncio.create_task(self._send(name, lane, asked, needed))

    async def _send(self, name: str, lane: Lane, asked: bool, needed: bool) -> str:
        self.replies[name] = asyncio.Event()
        try:
            async with self.outbox.turn(lane, asked=asked) as turn:
                if not needed:
                    turn.pass_on()
                    return "not needed"
                self.sent.append(name)
                await self.replies[name].wait()
        except Overtaken:
            return "overtaken"
        except OutboxClosedError:
            return "closed"
        return "sent"

    async def reply(self, *names: str) -> None:
        for name in names:
            self.replies[name].set()
        await settled()

    def ended(self, fate: str) -> list[str]:
        return [name for name, task in self.tasks.items() if task.done() and task.result() == fate]


@pytest.fixture
async def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    return Time(monkeypatch)


@pytest.fixture
async def sender(time: Time) -> AsyncIterator[Sender]:
    sender = Sender(Outbox(RATE))
    yield sender
    sender.outbox.close()
    for task in sender.tasks.values():
        task.cancel()
    await asyncio.gather(*sender.tasks.values(), return_exceptions=True)
    assert (sender.outbox.waiting, sender.outbox.in_flight) == (0, 0)


def in_channel(channel: int, server: int = 1) -> Lane:
    return (server, channel)


async def test_a_channel_has_one_request_in_flight_and_sends_the_next_after_its_reply(sender: Sender) -> None:
    for name in "abc":
        sender.send(name, in_channel(1))
    await settled()
    assert sender.sent == ["a"]
    assert (sender.outbox.waiting, sender.outbox.in_flight) == (2, 1)

    await sender.reply("a")
    assert sender.sent == ["a", "b"]


async def test_channels_do_not_wait_for_each_other(sender: Sender) -> None:
    for channel in range(RATE):
        sender.send(f"{channel}", in_channel(channel))
    await settled()

    assert len(sender.sent) == RATE
    assert sender.outbox.in_flight == RATE


async def test_no_more_leave_in_a_second_than_the_rate_says(sender: Sender, time: Time) -> None:
    for channel in range(2 * RATE + 1):
        sender.send(f"{channel}", in_channel(channel))
    await settled()
    assert len(sender.sent) == RATE

    await time.pass_(0.99)
    assert len(sender.sent) == RATE
    await time.pass_(0.02)
    assert len(sender.sent) == 2 * RATE
    await time.pass_(1.01)
    assert len(sender.sent) == 2 * RATE + 1


async def test_a_permission_that_was_not_needed_is_used_by_another(sender: Sender) -> None:
    for channel in range(RATE):
        sender.send(f"stale {channel}", in_channel(channel), needed=False)
    for channel in range(RATE):
        sender.send(f"{channel}", in_channel(RATE + channel))
    await settled()

    assert len(sender.sent) == RATE


async def test_a_full_channel_drops_its_oldest_and_keeps_the_order_of_the_rest(sender: Sender) -> None:
    sender.send("under way", in_channel(1))
    for number in range(LANE_WAITING + 2):
        sender.send(f"{number}", in_channel(1))
    await settled()
    assert sender.ended("overtaken") == ["0", "1"]
    assert sender.outbox.waiting == LANE_WAITING

    for number in range(1, LANE_WAITING):
        await sender.reply(sender.sent[-1])
        assert sender.sent[number] == f"{number + 1}"


async def test_a_server_with_many_channels_cannot_take_the_places_of_another(sender: Sender) -> None:
    for channel in range(RATE):  # nobody has a permission any more
        sender.send(f"gone {channel}", in_channel(channel, server=3))
    for number in range(5):
        sender.send(f"quiet {number}", in_channel(1, server=2))
    for number in range(2 * RATE * SECONDS_WAITING):
        sender.send(f"noise {number}", in_channel(number, server=1))
    await settled()

    assert sender.outbox.waiting == RATE * SECONDS_WAITING
    assert [name for name in sender.ended("overtaken") if name.startswith("quiet")] == []


async def test_servers_take_turns(sender: Sender, time: Time) -> None:
    for channel in range(RATE):
        sender.send(f"gone {channel}", in_channel(channel, server=3))
    for number in range(200):
        sender.send(f"noise {number}", in_channel(number, server=1))
    await settled()
    sender.send("quiet", in_channel(1, server=2))
    await settled()
    del sender.sent[:]
    await time.pass_(1.01)

    assert sender.sent.index("quiet") <= 1


async def test_what_was_asked_for_goes_first_in_its_channel_and_survives_a_burst(sender: Sender) -> None:
    sender.send("under way", in_channel(1))
    await settled()
    for number in range(LANE_WAITING):
        sender.send(f"before {number}", in_channel(1))
    await settled()
    sender.send("asked", in_channel(1), asked=True)
    await settled()
    for number in range(5 * LANE_WAITING):
        sender.send(f"after {number}", in_channel(1))
    await settled()
    await sender.reply("under way")
    assert sender.sent == ["under way", "asked"]

    await sender.reply("asked")
    assert sender.sent[2].startswith("after")


async def test_a_burst_of_what_was_asked_for_leaves_every_other_turn_to_the_rest(sender: Sender, time: Time) -> None:
    for channel in range(RATE):
        sender.send(f"gone {channel}", in_channel(channel))
    await settled()
    for channel in range(100, 100 + RATE):
        sender.send(f"asked {channel}", in_channel(channel), asked=True)
        sender.send(f"other {channel}", in_channel(channel + RATE))
    await settled()
    del sender.sent[:]
    await time.pass_(1.01)

    assert len([name for name in sender.sent if name.startswith("asked")]) == RATE // 2
    assert len([name for name in sender.sent if name.startswith("other")]) == RATE // 2


async def test_a_channel_whose_requests_were_asked_for_and_dropped_is_not_held_for_ever(sender: Sender) -> None:
    for channel in range(RATE):
        sender.send(f"gone {channel}", in_channel(channel))
    await settled()
    sender.send("other", in_channel(1, server=2))
    sender.send("asked", in_channel(1, server=2), asked=True)
    await settled()
    sender.tasks["asked"].cancel()
    for channel in range(RATE):
        await sender.reply(f"gone {channel}")
    sender.outbox._pace._taken.clear()
    sender.send("one more", in_channel(9, server=2))
    await settled()

    assert {"other", "one more"} <= set(sender.sent)
    assert "asked" not in sender.sent


async def test_what_was_asked_for_is_overtaken_by_its_like_only(sender: Sender) -> None:
    sender.send("under way", in_channel(1))
    await settled()
    for number in range(LANE_ASKED + 1):
        sender.send(f"{number}", in_channel(1), asked=True)
    await settled()

    assert sender.ended("overtaken") == ["0"]


async def test_hanging_replies_hold_up_no_other_channel(sender: Sender, time: Time) -> None:
    hanging = RATE * (SECONDS_IN_FLIGHT - 1)
    for channel in range(hanging):
        sender.send(f"hangs {channel}", in_channel(channel))
        if channel % RATE == RATE - 1:
            await settled()
            await time.pass_(1.01)
    sender.send("other", in_channel(-1))
    await settled()

    assert sender.outbox.in_flight == hanging + 1
    assert sender.sent[-1] == "other"


async def test_there_is_an_end_to_what_is_in_flight(sender: Sender, time: Time) -> None:
    most = RATE * SECONDS_IN_FLIGHT
    for second in range(SECONDS_IN_FLIGHT + 2):
        for channel in range(RATE):
            sender.send(f"{second} {channel}", in_channel(second * RATE + channel))
        await settled()
        await time.pass_(1.01)
    assert sender.outbox.in_flight == most

    await sender.reply("0 0")
    assert sender.outbox.in_flight == most
    assert len(sender.sent) == most + 1


@pytest.mark.parametrize("when", ["while it waits", "right after its turn came"])
async def test_who_gives_up_leaves_the_turn_to_the_next(sender: Sender, when: str) -> None:
    for name in ("under way", "gives up", "next"):
        sender.send(name, in_channel(1))
    await settled()
    if when == "while it waits":
        sender.tasks["gives up"].cancel()
        await settled()
        assert sender.outbox.waiting == 1
        await sender.reply("under way")
    else:
        sender.replies["under way"].set()
        for _ in range(100):
            await asyncio.sleep(0)
            if sender.outbox.waiting == 1:
                break
        sender.tasks["gives up"].cancel()
        await settled()

    assert sender.sent == ["under way", "next"]
    assert len(sender.outbox._pace._taken) == 2  # nor was a permission lost


async def test_closing_drops_those_that_wait_at_once_and_refuses_more(sender: Sender) -> None:
    for name in "abc":
        sender.send(name, in_channel(1))
    await settled()
    sender.outbox.close()
    sender.outbox.close()
    sender.send("late", in_channel(2))
    await settled()
    assert sender.ended("closed") == ["b", "c", "late"]

    await sender.reply("a")
    assert sender.ended("sent") == ["a"]


async def test_an_outbox_that_takes_no_more_lets_those_that_wait_have_their_turn(sender: Sender) -> None:
    for name in "ab":
        sender.send(name, in_channel(1))
    await settled()
    sender.outbox.refuse()
    idle = asyncio.create_task(sender.outbox.until_idle())
    sender.send("late", in_channel(2))
    await sender.reply("a")
    assert sender.ended("closed") == ["late"]
    assert sender.sent == ["a", "b"]
    assert not idle.done()

    await sender.reply("b")
    assert idle.done()


@pytest.mark.parametrize(
    "end",
    [lambda sender: sender.tasks["a"].cancel(), lambda sender: sender.outbox.close()],
    ids=["by itself", "because all was closed"],
)
async def test_it_is_idle_when_the_last_one_gave_up(sender: Sender, end: Callable[[Sender], object]) -> None:
    sender.outbox._pace._taken.extend([0.0] * RATE)  # there is no permission for a second
    sender.send("a", in_channel(1))
    await settled()
    idle = asyncio.create_task(sender.outbox.until_idle())
    await settled()
    assert not idle.done()
    end(sender)
    await settled()

    assert idle.done()
