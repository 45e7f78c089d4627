"""Adds reactions, and takes Discord's refusals for what they are: normal life."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Final
from weakref import WeakValueDictionary

import aiohttp
import discord
from cachetools import TTLCache

log = logging.getLogger(__name__)

_MEMORY_SECONDS: Final = 600.0
_MEMORY_ENTRIES: Final = 10_000
_MOST_REACTIONS: Final = 20

_CHANNEL_GONE: Final = 10003
_MESSAGE_GONE: Final = 10008
_UNKNOWN_EMOJI: Final = 10014
_TOO_MANY_REACTIONS: Final = 30010
_NO_ACCESS: Final = 50001
_NO_PERMISSION: Final = 50013
_THREAD_ARCHIVED: Final = 50083
_BLOCKED: Final = 90001

_NAMES: Final = {
    _CHANNEL_GONE: "channel gone",
    _MESSAGE_GONE: "message gone",
    _UNKNOWN_EMOJI: "unknown emoji",
    _TOO_MANY_REACTIONS: "20 reactions already",
    _NO_ACCESS: "no access",
    _NO_PERMISSION: "no permission",
    _THREAD_ARCHIVED: "thread archived",
    _BLOCKED: "blocked by the author",
}


class Outcome(StrEnum):
    """What became of a reaction."""

    ADDED = "added"
    STALE = "stale"
    FULL = "full"
    UNWANTED = "unwanted"
    """Somebody stopped wanting it while it waited."""
    NOT_ALLOWED = "not allowed"
    REFUSED = "refused"
    FAILED = "failed"
    CLOSED = "closed"


_OUTCOMES: Final = {
    _TOO_MANY_REACTIONS: Outcome.FULL,
    _NO_ACCESS: Outcome.NOT_ALLOWED,
    _NO_PERMISSION: Outcome.NOT_ALLOWED,
}
"""Of Discord's codes; any other is a plain refusal."""


class Reactor:
    """Adds one reaction at a time in each channel, only to fresh messages, only where nothing forbids it.

    Refusals that will repeat (the author blocked the bot, the channel does not let it react) are remembered for ten
    minutes: Discord counts them towards a ban of the address.

    Args:
        stale_after: seconds after which a message gets no reaction any more.
        clock: the present, aware; messages are dated by Discord's clock.
    """

    def __init__(self, stale_after: float, clock: Callable[[], datetime] = discord.utils.utcnow) -> None:
        self._stale_after = stale_after
        self._clock = clock
        self._refusing: TTLCache[int, Outcome] = TTLCache(_MEMORY_ENTRIES, _MEMORY_SECONDS)
        self._closed = False
        self._limits: set[asyncio.Timeout] = set()
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    def close(self) -> None:
        """Ask Discord for nothing more; what waits its turn is dropped."""
        self._closed = True

    async def drain(self, seconds: float) -> None:
        """Take no more reactions, and give those under way so many seconds; then they are cut short, as `CLOSED`."""
        self.close()
        end = asyncio.get_running_loop().time() + seconds
        for limit in self._limits:
            limit.reschedule(min(end, limit.when() or end))

    def is_stale(self, message: discord.Message) -> bool:
        """Whether `message` is too old for a reaction."""
        return self._age(message) > self._stale_after

    async def take_back(self, message: discord.Message, emoji: str) -> bool:
        """Remove the bot's reaction with `emoji` from `message`. Never raises what Discord or the network does.

        Returns:
            Whether it is gone.
        """
        me = message.guild.me if message.guild is not None else None
        if self._closed or me is None:
            return False
        try:
            async with asyncio.timeout(self._stale_after):
                await message.remove_reaction(_as_discord_takes(emoji), me)
        except discord.RateLimited as error:
            log.info("not taken back: rate limit channel=%d retry_after=%.1f", message.channel.id, error.retry_after)
        except discord.HTTPException as error:
            _log_refusal("not taken back", message, error)
            return error.status == 404  # the message or the reaction is gone already
        except (aiohttp.ClientError, OSError) as error:
            log.warning("not taken back: %s channel=%d", type(error).__name__, message.channel.id)
        else:
            return True
        return False

    async def add(
        self, message: discord.Message, emoji: str, *, still_wanted: Callable[[], bool], asked: bool = False
    ) -> Outcome:
        """React to `message` with `emoji`. Never raises what Discord or the network does.

        Args:
            message: to react to.
            emoji: to react with.
            still_wanted: asked right before the request, for which the message may have waited.
            asked: whether somebody asked for this very reaction and waits for it: then no message is too old.
        """
        # Discord allows a channel about four reactions a second. Waiting here, not in discord.py's queue, lets a
        # message that has become stale meanwhile be dropped.
        turn = self._turns.setdefault(message.channel.id, asyncio.Lock())
        async with turn:
            patience = self._stale_after - (0.0 if asked else self._age(message))
            obstacle = self._obstacle(message, patience)
            if obstacle is not None:
                return obstacle
            if not still_wanted():
                return Outcome.UNWANTED
            return await self._request(message, emoji, patience)

    def _age(self, message: discord.Message) -> float:
        return (self._clock() - message.created_at).total_seconds()

    def _obstacle(self, message: discord.Message, patience: float) -> Outcome | None:
        if self._closed:
            return Outcome.CLOSED
        if patience < 0.0:
            return Outcome.STALE
        if len(message.reactions) >= _MOST_REACTIONS:
            return Outcome.FULL
        known = self._refusing.get(message.author.id) or self._refusing.get(message.channel.id)
        if known is not None:
            return known
        return None if _permitted(message) else Outcome.NOT_ALLOWED

    async def _request(self, message: discord.Message, emoji: str, patience: float) -> Outcome:
        try:
            # One lost reply must not hold up its channel, nor a rate limit make the reaction late.
            async with asyncio.timeout(patience) as limit:
                self._limits.add(limit)
                try:
                    await message.add_reaction(_as_discord_takes(emoji))
                finally:
                    self._limits.remove(limit)
        except discord.RateLimited as error:
            log.info("reaction dropped: rate limit channel=%d retry_after=%.1f", message.channel.id, error.retry_after)
            return Outcome.STALE
        except discord.HTTPException as error:
            outcome = _OUTCOMES.get(error.code, Outcome.REFUSED)
            self._remember(message, error, outcome)
            _log_refusal("reaction refused", message, error)
            return outcome
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
            if self._closed:
                return Outcome.CLOSED
            log.warning("reaction failed: %s channel=%d", type(error).__name__, message.channel.id)
            return Outcome.FAILED
        return Outcome.ADDED

    def _remember(self, message: discord.Message, error: discord.HTTPException, outcome: Outcome) -> None:
        if error.code == _BLOCKED:
            self._refusing[message.author.id] = outcome
        elif error.status in (401, 403) or error.code in (_CHANNEL_GONE, _THREAD_ARCHIVED):
            self._refusing[message.channel.id] = outcome


def _as_discord_takes(emoji: str) -> discord.PartialEmoji:
    """An emoji for a request: discord.py would leave the first colon of `<:name:id>` and the a of `<a:name:id>`."""
    return discord.PartialEmoji.from_str(emoji)


def _log_refusal(event: str, message: discord.Message, error: discord.HTTPException) -> None:
    log.log(
        logging.INFO if error.code in _NAMES else logging.WARNING,
        "%s: %s status=%d code=%d channel=%d message=%d",
        event,
        _NAMES.get(error.code, "unexpected"),
        error.status,
        error.code,
        message.channel.id,
        message.id,
    )


def _permitted(message: discord.Message) -> bool:
    """Whether the permissions that discord.py knows of let the bot react; True where it knows of none."""
    channel = message.channel
    if message.guild is None or isinstance(channel, discord.PartialMessageable):
        return True
    if isinstance(channel, discord.Thread) and channel.parent is None:
        return True
    allowed = channel.permissions_for(message.guild.me)
    return allowed.view_channel and allowed.read_message_history and allowed.add_reactions
