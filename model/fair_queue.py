"""A bounded queue that takes turns: no server can starve another one, nor a channel its server's others.

Round robin between servers and, within one, between its channels (Nagle, 1985, "On Packet Switches With Infinite
Storage", RFC 970); where there is no room, the longest queue loses what waited longest. Every step takes constant time,
however many lanes there are.
"""

from collections import OrderedDict, deque
from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T")

Lane = tuple[Hashable, Hashable]
"""Where an item comes from: a server, and a channel in it."""


class FairQueue(Generic[T]):
    """Holds items by lane, and gives them back in fair turns, each lane's oldest first.

    A lane that is held keeps its items, but has no turn until it is let go.

    Args:
        capacity: items in all, at least 1.
        lane_capacity: items of one lane, at least 1.
    """

    def __init__(self, capacity: int, lane_capacity: int) -> None:
        self._capacity = capacity
        self._lane_capacity = lane_capacity
        self._servers: dict[Hashable, _Server[T]] = {}
        self._sizes = _Sizes()
        self._turns: OrderedDict[Hashable, None] = OrderedDict()  # servers with a lane that may go, the next one first
        self._held: set[Lane] = set()
        self._count = 0

    def __len__(self) -> int:
        """Items in all."""
        return self._count

    def __contains__(self, lane: Lane) -> bool:
        """Whether the lane has items."""
        server = self._servers.get(lane[0])
        return server is not None and lane[1] in server.lanes

    @property
    def ready(self) -> bool:
        """Whether `pop` has something to give."""
        return bool(self._turns)

    def push(self, lane: Lane, item: T) -> T | None:
        """Add an item as the last one of its lane.

        Returns:
            What had to make room: the oldest item of the lane where that was full; where the queue was, the oldest of
            the longest lane of the server that holds most. None where there was room.
        """
        name, channel = lane
        server = self._servers.get(name)
        if server is None:
            server = self._servers[name] = _Server()
        items = server.lanes.get(channel)
        if items is None:
            items = server.lanes[channel] = deque()
            self._give_turn(lane)
        items.append(item)
        server.sizes.grow(channel)
        self._sizes.grow(name)
        self._count += 1
        if len(items) > self._lane_capacity:
            return self._take(lane)
        if self._count > self._capacity:
            largest = self._sizes.largest
            return self._take((largest, self._servers[largest].sizes.largest))
        return None

    def pop(self) -> tuple[Lane, T] | None:
        """Take the oldest item of the lane whose turn it is, and say which lane that was; None where no lane may go."""
        if not self._turns:
            return None
        name = next(iter(self._turns))
        self._turns.move_to_end(name)
        turns = self._servers[name].turns
        channel = next(iter(turns))
        turns.move_to_end(channel)
        return (name, channel), self._take((name, channel))

    def remove(self, lane: Lane, item: T) -> bool:
        """Take out an item before its turn; returns whether it was there. Takes time by the length of the lane."""
        server = self._servers.get(lane[0])
        items = server.lanes.get(lane[1]) if server is not None else None
        if items is None:
            return False
        try:
            items.remove(item)
        except ValueError:
            return False
        self._shrunk(lane)
        return True

    def hold(self, lane: Lane) -> None:
        """Pass over a lane from now on, whether it has items or not. May be done twice."""
        self._held.add(lane)
        if lane in self:
            self._end_turn(lane)

    def let_go(self, lane: Lane) -> None:
        """Hold a lane no longer: it has its turn after those who wait for theirs now. May be done twice."""
        if lane in self._held:
            self._held.remove(lane)
            if lane in self:
                self._give_turn(lane)

    def clear(self) -> list[T]:
        """Take out everything; returns the items lane by lane. Held lanes stay held."""
        items = [item for server in self._servers.values() for lane in server.lanes.values() for item in lane]
        self._servers.clear()
        self._turns.clear()
        self._sizes = _Sizes()
        self._count = 0
        return items

    def _take(self, lane: Lane) -> T:
        item = self._servers[lane[0]].lanes[lane[1]].popleft()
        self._shrunk(lane)
        return item

    def _shrunk(self, lane: Lane) -> None:
        """Count one item of the lane less, and forget what is empty."""
        name, channel = lane
        server = self._servers[name]
        server.sizes.shrink(channel)
        self._sizes.shrink(name)
        self._count -= 1
        if not server.lanes[channel]:
            self._end_turn(lane)
            del server.lanes[channel]
            if not server.lanes:
                del self._servers[name]

    def _give_turn(self, lane: Lane) -> None:
        if lane not in self._held:
            self._servers[lane[0]].turns[lane[1]] = None
            self._turns.setdefault(lane[0])

    def _end_turn(self, lane: Lane) -> None:
        turns = self._servers[lane[0]].turns
        turns.pop(lane[1], None)
        if not turns:
            self._turns.pop(lane[0], None)


class _Server(Generic[T]):
    """The items of one server by channel, and its channels that may go, the next one first."""

    __slots__ = ("lanes", "sizes", "turns")

    def __init__(self) -> None:
        self.lanes: dict[Hashable, deque[T]] = {}
        self.turns: OrderedDict[Hashable, None] = OrderedDict()
        self.sizes = _Sizes()


class _Sizes:
    """How many items each key has, and which key has most: of several, the one that has had so many for longest.

    Sizes change by one, so the largest one is found without a search: keys stand in a group for each size.
    """

    __slots__ = ("_groups", "_largest", "_of")

    def __init__(self) -> None:
        self._of: dict[Hashable, int] = {}
        self._groups: dict[int, OrderedDict[Hashable, None]] = {}
        self._largest = 0

    @property
    def largest(self) -> Hashable:
        """The key with most items."""
        return next(iter(self._groups[self._largest]))

    def grow(self, key: Hashable) -> None:
        """Count one more."""
        size = self._of.get(key, 0)
        self._move(key, size, size + 1)
        if size == self._largest:
            self._largest = size + 1

    def shrink(self, key: Hashable) -> None:
        """Count one less."""
        size = self._of[key]
        self._move(key, size, size - 1)
        if self._largest not in self._groups:
            self._largest = size - 1

    def _move(self, key: Hashable, old: int, new: int) -> None:
        if old:
            left = self._groups[old]
            del left[key]
            if not left:
                del self._groups[old]
        if not new:
            del self._of[key]
            return
        self._of[key] = new
        group = self._groups.get(new)
        if group is None:
            group = self._groups[new] = OrderedDict()
        group[key] = None
