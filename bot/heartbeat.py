"""How long Discord takes to acknowledge a heartbeat."""

import math

import discord


def heartbeat_of(shard: discord.ShardInfo) -> float | None:
    """Seconds from the last heartbeat to its acknowledgement; None where that is not known."""
    keep_alive = getattr(shard._parent.ws, "_keep_alive", None)
    if keep_alive is None or not math.isfinite(shard.latency):
        return None
    # discord.py notes when it sent a heartbeat only after it has. An acknowledgement that comes sooner is taken for the
    # one of the heartbeat before, an interval ago. Read in 2.7.1, `KeepAliveHandler.run`.
    interval: float | None = keep_alive.interval
    return shard.latency if interval is None or shard.latency < interval else None
