"""The queue that takes turns, against a model of it that is slow and plain."""

import sys
from collections import Counter
from itertools import count
from time import perf_counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from model.fair_queue import FairQueue, Lane

CAPACITY, LANE_CAPACITY = 7, 3
LANES = st.tuples(st.integers(0, 2), st.integers(0, 3))


class Traffic(RuleBasedStateMachine):
    """Items come, go, give up, and lanes are held, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.queue: FairQueue[int] = FairQueue(CAPACITY, LANE_CAPACITY)
        self.lanes: dict[Lane, list[int]] = {}
        self.held: set[Lane] = set()
        self.numbers = count()

    @rule(lane=LANES)
    def push(self, lane: Lane) -> None:
        item = next(self.numbers)
        before = {key: list(items) for key, items in self.lanes.items()}
        self.lanes.setdefault(lane, []).append(item)
        evicted = self.queue.push(lane, item)
        if len(self.lanes[lane]) > LANE_CAPACITY:
            assert evicted == before[lane][0]
        elif sum(map(len, self.lanes.values())) > CAPACITY:
            assert evicted is not None
            self.assert_evicted_fairly(evicted)
        else:
            assert evicted is None
        assert evicted != item
        if evicted is not None:
            self.forget(evicted)

    def assert_evicted_fairly(self, evicted: int) -> None:
        """It was the oldest of the longest lane of the server that holds most."""
        [lane] = [lane for lane, items in self.lanes.items() if evicted in items]
        per_server: Counter[object] = Counter()
        for (server, _), items in self.lanes.items():
            per_server[server] += len(items)
        assert self.lanes[lane][0] == evicted
        assert per_server[lane[0]] == max(per_server.values())
        assert len(self.lanes[lane]) == max(len(items) for key, items in self.lanes.items() if key[0] == lane[0])

    @rule()
    def pop(self) -> None:
        may_go = [lane for lane in self.lanes if lane not in self.held]
        assert self.queue.ready == bool(may_go)
        popped = self.queue.pop()
        if popped is None:
            assert may_go == []
            return
        lane, item = popped
        assert lane in may_go
        assert self.lanes[lane][0] == item
        self.forget(item)

    @precondition(lambda self: self.lanes)
    @rule(data=st.data())
    def give_up(self, data: st.DataObject) -> None:
        lane = data.draw(st.sampled_from(sorted(self.lanes, key=str)))
        item = data.draw(st.sampled_from(self.lanes[lane]))
        assert self.queue.remove(lane, item)
        assert not self.queue.remove(lane, item)
        self.forget(item)

    @rule(lane=LANES)
    def hold(self, lane: Lane) -> None:
        self.queue.hold(lane)
        self.held.add(lane)

    @rule(lane=LANES)
    def let_go(self, lane: Lane) -> None:
        self.queue.let_go(lane)
        self.held.discard(lane)

    @rule()
    def clear(self) -> None:
        assert sorted(self.queue.clear()) == sorted(item for items in self.lanes.values() for item in items)
        self.lanes.clear()

    def forget(self, item: int) -> None:
        [lane] = [lane for lane, items in self.lanes.items() if item in items]
        self.lanes[lane].remove(item)
        if not self.lanes[lane]:
            del self.lanes[lane]

    @invariant()
    def holds_what_it_should_and_no_more(self) -> None:
        assert len(self.queue) == sum(map(len, self.lanes.values())) <= CAPACITY
        for lane in ((server, channel) for server in range(3) for channel in range(4)):
            assert (lane in self.queue) == (lane in self.lanes)

    @invariant()
    def keeps_nothing_of_empty_lanes(self) -> None:
        servers = self.queue._servers
        assert {(name, channel) for name, server in servers.items() for channel in server.lanes} == set(self.lanes)
        may_go = {lane for lane in self.lanes if lane not in self.held}
        assert {(name, channel) for name, server in servers.items() for channel in server.turns} == may_go
        assert set(self.queue._turns) == {server for server, _ in may_go}

    def teardown(self) -> None:
        """Whatever happened, all that is left comes out, each once and in order."""
        for lane in self.held:
            self.queue.let_go(lane)
        rest = []
        while (popped := self.queue.pop()) is not None:
            rest.append(popped)
        assert len(self.queue) == 0
        left = {lane: [item for where, item in rest if where == lane] for lane, _ in rest}
        assert left == self.lanes


TestTraffic = Traffic.TestCase
TestTraffic.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)


@given(st.dictionaries(LANES, st.integers(1, 5), min_size=1), st.data())
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_every_lane_is_served_within_one_round_however_fast_the_others_fill(
    lanes: dict[Lane, int], data: st.DataObject
) -> None:
    queue: FairQueue[int] = FairQueue(1000, 100)
    for lane, items in lanes.items():
        for item in range(items):
            queue.push(lane, item)
    waiting = data.draw(st.sampled_from(sorted(lanes, key=str)))
    servers = len({server for server, _ in lanes})
    siblings = len([lane for lane in lanes if lane[0] == waiting[0]])
    noisy = [lane for lane in lanes if lane != waiting]

    for turn in count(1):
        assert turn <= servers * siblings
        popped = queue.pop()
        assert popped is not None
        if popped[0] == waiting:
            break
        for lane in noisy:
            queue.push(lane, turn)


def test_servers_take_turns_and_so_do_the_channels_of_one() -> None:
    queue: FairQueue[str] = FairQueue(100, 100)
    for lane in (("big", "a"), ("big", "a"), ("big", "b"), ("big", "c"), ("small", "d"), ("small", "d")):
        queue.push(lane, lane[1])

    assert [popped[1] for popped in iter(queue.pop, None)] == ["a", "d", "b", "d", "c", "a"]


def test_who_comes_to_a_full_queue_first_is_let_in_at_the_cost_of_the_server_that_holds_most() -> None:
    queue: FairQueue[str] = FairQueue(6, 4)
    for item in ("b1", "b2", "b3"):
        queue.push(("big", "b"), item)
    for item in ("a1", "a2"):
        queue.push(("big", "a"), item)
    queue.push(("small", "s"), "s1")

    assert queue.push(("new", "n"), "n1") == "b1"
    assert queue.push(("new", "n"), "n2") == "a1"  # both lanes had two, and this one for longer
    assert queue.push(("big", "c"), "c1") == "b2"


def test_a_lane_that_was_held_has_its_turn_after_those_who_waited_meanwhile() -> None:
    queue: FairQueue[str] = FairQueue(100, 100)
    for lane in ((1, "a"), (1, "b"), (1, "c")):
        queue.push(lane, lane[1])
    queue.hold((1, "a"))
    assert queue.pop() == ((1, "b"), "b")
    queue.let_go((1, "a"))

    assert [popped[1] for popped in iter(queue.pop, None)] == ["c", "a"]


def test_a_lane_is_held_before_it_has_items() -> None:
    queue: FairQueue[str] = FairQueue(100, 100)
    queue.hold((1, 1))
    queue.push((1, 1), "held")
    assert not queue.ready
    assert queue.pop() is None
    queue.let_go((1, 1))

    assert queue.pop() == ((1, 1), "held")


@pytest.mark.parametrize("shape", [(1, 10_000), (100, 100), (10_000, 1)])
def test_ten_thousand_lanes_cost_a_step_little_more_than_a_few(shape: tuple[int, int]) -> None:
    servers, channels = shape

    def seconds_a_step(lanes: list[Lane]) -> float:
        queue: FairQueue[int] = FairQueue(20_000, 4)
        steps = 20_000
        started = perf_counter()
        for step in range(steps):
            queue.push(lanes[step % len(lanes)], step)
        while queue.pop() is not None:
            pass
        return (perf_counter() - started) / steps

    few = min(seconds_a_step([(0, 0), (0, 1), (1, 0)]) for _ in range(3))
    many = min(
        seconds_a_step([(server, channel) for server in range(servers) for channel in range(channels)])
        for _ in range(3)
    )
    assert many < 100 * few  # a search through the lanes would make it thousands of times


def test_an_empty_queue_holds_no_memory_of_past_lanes() -> None:
    queue: FairQueue[int] = FairQueue(2000, 4)
    for number in range(1000):
        queue.push((number, number), number)
    while queue.pop() is not None:
        pass

    assert queue._servers == {}
    assert queue._sizes._of == queue._sizes._groups == {}
    assert sys.getsizeof(queue._held) <= sys.getsizeof(set())
