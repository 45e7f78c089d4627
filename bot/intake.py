"""How many messages the bot holds at once, whatever they wait for."""

from collections import defaultdict


class Intake:
    """Places for messages; a server may take no more of them than are left free.

    So one that floods the bot gets half of the places, two get a third each, and for others there is always room
    (Choudhury and Hahne, 1998, "Dynamic Queue Length Thresholds for Shared-Memory Packet Switches").

    Args:
        places: for messages of all servers, at least 2.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._places = places
        self._held: defaultdict[int, int] = defaultdict(int)

    def __len__(self) -> int:
        """Messages that are held."""
        return self._places - self._free

    def has_room(self, guild_id: int) -> bool:
        """Whether a message of the server may have a place."""
        return self._held.get(guild_id, 0) < self._free

    def enter(self, guild_id: int) -> None:
        """Take a place."""
        self._held[guild_id] += 1
        self._free -= 1

    def leave(self, guild_id: int) -> None:
        """Give it back."""
        self._free += 1
        self._held[guild_id] -= 1
        if not self._held[guild_id]:
            del self._held[guild_id]
