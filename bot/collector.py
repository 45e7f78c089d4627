"""Keeps Python's garbage collector away from what stays for good."""

import gc

from discord.ext import commands


def spare_what_stays(bot: commands.AutoShardedBot) -> None:
    """Once `bot` is ready, collect what is garbage, and from then on never search again what is there now.

    Modules, commands, the model and the cache of the servers are more than a hundred thousand objects. A full
    collection takes a tenth of a second for them, stops everything meanwhile, and comes several times in a burst of
    messages, all for nothing.
    """
    bot.add_listener(_settle, "on_ready")


async def _settle() -> None:
    # A gateway session that starts anew brings a new cache: the old one has become garbage that must be searched once.
    gc.unfreeze()
    gc.collect()
    gc.freeze()
