"""What the bot keeps: settings of servers, opt-outs, counters. Never the text of a message."""

from bot.store.database import StoreError
from bot.store.store import Store

__all__ = ["Store", "StoreError"]
