"""How the bot is at this moment."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shard:
    """A connection to the gateway.

    Args:
        connected: whether Discord has accepted it and it has not broken since.
        heartbeat: seconds from the last heartbeat to its acknowledgement; None before the first.
    """

    connected: bool
    heartbeat: float | None


@dataclass(frozen=True, slots=True)
class Vitals:
    """What can be read off a bot.

    Args:
        stopping: whether it is leaving.
        model: the version of the model; None until it is loaded.
        store: the state of the database; None until it is open.
        shards: those of this process by number; empty until it is known how many they are.
        guilds: servers that it is in.
        waiting_for_model: messages.
        waiting_for_discord: reactions that wait for those before them in their channel.
        in_flight: reactions requested of which Discord's reply has not come.
    """

    stopping: bool
    model: str | None
    store: "StoreVitals | None"
    shards: Mapping[int, Shard]
    guilds: int
    waiting_for_model: int
    waiting_for_discord: int
    in_flight: int

    @property
    def missing(self) -> str | None:
        """What it lacks to react to messages, in one line; None where it is ready."""
        if self.stopping:
            return "stopping"
        if self.model is None:
            return "the model is not loaded yet"
        if self.store is None:
            return "the database is not open yet"
        if not self.shards:
            return "the gateway is not connected yet"
        away = [number for number, shard in self.shards.items() if not shard.connected]
        return f"the gateway is not connected: shard {', '.join(map(str, away))}" if away else None


@dataclass(frozen=True, slots=True)
class StoreVitals:
    """What can be read off a store.

    Args:
        counted: everything that was counted in this process, by the names of `bot/counts.py`.
        unwritten: how much of it is not in the database yet.
        failures: how often the database did not do what it was asked for.
    """

    counted: Mapping[str, int]
    unwritten: int
    failures: int
