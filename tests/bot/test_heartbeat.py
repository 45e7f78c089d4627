"""The time that Discord takes to acknowledge a heartbeat."""

import math
from types import SimpleNamespace
from typing import Any

import pytest

from bot.heartbeat import heartbeat_of


def _shard(latency: float, interval: float | None = 41.25) -> Any:
    """As much of discord.py's as counts here."""
    websocket = SimpleNamespace(_keep_alive=SimpleNamespace(interval=interval))
    return SimpleNamespace(latency=latency, _parent=SimpleNamespace(ws=websocket))


@pytest.mark.parametrize(("latency", "seconds"), [(0.08, 0.08), (12.0, 12.0), (math.inf, None), (math.nan, None)])
def test_it_is_what_discord_py_measured(latency: float, seconds: float | None) -> None:
    assert heartbeat_of(_shard(latency)) == seconds


def test_an_acknowledgement_taken_for_that_of_the_heartbeat_before_is_none() -> None:
    assert heartbeat_of(_shard(41.27)) is None


def test_before_the_first_heartbeat_there_is_none() -> None:
    shard = _shard(0.08)
    shard._parent.ws._keep_alive = None

    assert heartbeat_of(shard) is None
