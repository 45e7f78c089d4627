"""Adds reactions, and takes Discord's refusals for what they are: normal life."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from enum import StrEnum
from typing import Final

import aiohttp
import discord
from cachetools import TTLCache

from bot.latest_reply import seconds_since_reply
from bot.metrics import Metrics
from bot.outbox import Outbox, OutboxClosedError, OvertakenError
from bot.rare_lines import RareLines
from bot.settings import REACTIONS
from model.fair_queue import Lane

log = logging.getLogger(__name__)

_MEMORY_SECONDS: Final = 600.0
_MEMORY_ENTRIES: Final = 10_000
_MOST_REACTIONS: Final = 20
_LAST_SECOND: Final = 1.0
"""Seconds in which requests that were cut short must have ended."""

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
KNOWN_CODES: Final = frozenset(_NAMES)
"""Discord's JSON codes that are normal life here."""


class Outcome(StrEnum):
    """What became of a reaction."""

    ADDED = "added"
    STALE = "stale"
    OVERTAKEN = "overtaken"
    """Newer ones came, and there was no room for all to wait."""
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
    minutes: Discord counts them towards a ban of the address. Who waits for a turn, and who goes next: see `Outbox`.

    Args:
        stale_after: seconds after which a message gets no reaction any more.
        clock: the present, aware; messages are dated by Discord's clock.
        rate: requests a second.
        metrics: where the delays of reactions are counted.
    """

    def __init__(
        self,
        stale_after: float,
        clock: Callable[[], datetime] = discord.utils.utcnow,
        *,
        rate: int = REACTIONS,
        metrics: Metrics | None = None,
    ) -> None:
        self._stale_after = stale_after
        self._clock = clock
        self._metrics = metrics or Metrics()
        self._refusing: TTLCache[int, Outcome] = TTLCache(_MEMORY_ENTRIES, _MEMORY_SECONDS)
        self._closed = False
        self._outbox = Outbox(rate)
        self._limits: set[asyncio.Timeout] = set()
        self._lines = RareLines(log)

    @property
    def waiting(self) -> int:
        """Reactions that wait for their turn."""
        return self._outbox.waiting

    @property
    def in_flight(self) -> int:
        """Requests that Discord has not answered yet."""
        return self._outbox.in_flight

    def close(self) -> None:
        """Ask Discord for nothing more; what waits its turn is dropped. May be called twice."""
        self._closed = True
        self._outbox.close()

    async def drain(self, seconds: float) -> None:
        """Take no more reactions, let those that wait or are under way end, and close.

        Args:
            seconds: after which those that wait are dropped, and those under way are cut short, all as `CLOSED`.
        """
        self._outbox.refuse()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._outbox.until_idle()
        self.close()
        for limit in self._limits:
            if not limit.expired():
                limit.reschedule(asyncio.get_running_loop().time())
        with suppress(TimeoutError):
            async with asyncio.timeout(_LAST_SECOND):
                await self._outbox.until_idle()

    def is_stale(self, message: discord.Message) -> bool:
        """Whether `message` is too old for a reaction."""
        return self._age(message) > self._stale_after

    async def take_back(self, message: discord.Message, emoji: str) -> bool:
        """Remove the bot's reaction with `emoji` from `message`. Never raises what Discord or the network does.

        Returns:
            Whether it is gone.
        """
        me = message.guild.me if message.guild is not None else None
        if me is None:
            return False
        try:
            async with self._outbox.turn(_lane(message)), self._within(self._stale_after):
                await message.remove_reaction(_as_discord_takes(emoji), me)
        except (OvertakenError, OutboxClosedError):
            return False
        except discord.RateLimited as error:
            log.info("not taken back: rate limit channel=%d retry_after=%.1f", message.channel.id, error.retry_after)
        except discord.HTTPException as error:
            self._log_refusal("not taken back", message, error)
            return error.status == 404  # the message or the reaction is gone already
        except (aiohttp.ClientError, OSError) as error:
            self._log_failure("not taken back", message, error)
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
            asked: whether somebody asked for this very reaction and waits for it: then no message is too old, and it
                goes before all others in its channel.
        """
        obstacle = self._obstacle(message, asked=asked)
        if obstacle is not None:
            return obstacle
        try:
            async with self._outbox.turn(_lane(message), asked=asked) as turn:
                obstacle = self._obstacle(message, asked=asked)
                if obstacle is None and not still_wanted():
                    obstacle = Outcome.UNWANTED
                if obstacle is not None:
                    turn.pass_on()
                    return obstacle
                outcome = await self._request(message, emoji, self._patience(message, asked=asked))
                if outcome is Outcome.ADDED and not asked:
                    self._metrics.reaction_delays.observe(self._delay(message))
                return outcome
        except OvertakenError:
            return Outcome.OVERTAKEN
        except OutboxClosedError:
            return Outcome.CLOSED

    def _age(self, message: discord.Message) -> float:
        return (self._clock() - message.created_at).total_seconds()

    def _delay(self, message: discord.Message) -> float:
        """Seconds from `message`, or its edit, to Discord's reply to the reaction that was just added.

        By the bot's clock, which may be behind Discord's: no less than 0.
        """
        since = (self._clock() - (message.edited_at or message.created_at)).total_seconds()
        return max(0.0, since - seconds_since_reply())

    def _patience(self, message: discord.Message, *, asked: bool) -> float:
        """Seconds for which a request may take; negative where the message is stale."""
        return self._stale_after - (0.0 if asked else self._age(message))

    def _obstacle(self, message: discord.Message, *, asked: bool) -> Outcome | None:
        if self._closed:
            return Outcome.CLOSED
        if self._patience(message, asked=asked) < 0.0:
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
            async with self._within(patience):
                await message.add_reaction(_as_discord_takes(emoji))
        except discord.RateLimited as error:
            self._lines.log(
                logging.INFO,
                "rate limit",
                "reaction dropped: rate limit channel=%d retry_after=%.1f",
                message.channel.id,
                error.retry_after,
            )
            return Outcome.STALE
        except discord.HTTPException as error:
            outcome = _OUTCOMES.get(error.code, Outcome.REFUSED)
            self._remember(message, error, outcome)
            self._log_refusal("reaction refused", message, error)
            return outcome
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
            self._log_failure("reaction failed", message, error)
            return Outcome.CLOSED if self._closed else Outcome.FAILED
        return Outcome.ADDED

    @asynccontextmanager
    async def _within(self, seconds: float) -> AsyncIterator[None]:
        """Cut short what takes longer, or is under way when the reactor has been drained."""
        async with asyncio.timeout(seconds) as limit:
            self._limits.add(limit)
            try:
                yield
            finally:
                self._limits.remove(limit)

    def _remember(self, message: discord.Message, error: discord.HTTPException, outcome: Outcome) -> None:
        if error.code == _BLOCKED:
            self._refusing[message.author.id] = outcome
        elif error.status in (401, 403) or error.code in (_CHANNEL_GONE, _THREAD_ARCHIVED):
            self._refusing[message.channel.id] = outcome

    def _log_refusal(self, event: str, message: discord.Message, error: discord.HTTPException) -> None:
        self._lines.log(
            logging.INFO if error.code in _NAMES else logging.WARNING,
            f"{event} {error.status} {error.code}",
            "%s: %s status=%d code=%d channel=%d message=%d",
            event,
            _NAMES.get(error.code, "unexpected"),
            error.status,
            error.code,
            message.channel.id,
            message.id,
        )

    def _log_failure(self, event: str, message: discord.Message, error: Exception) -> None:
        if self._closed:
            return  # it was cut short
        name = type(error).__name__
        self._lines.log(logging.WARNING, f"{event} {name}", "%s: %s channel=%d", event, name, message.channel.id)


def _as_discord_takes(emoji: str) -> discord.PartialEmoji:
    """An emoji for a request: discord.py would leave the first colon of `<:name:id>` and the a of `<a:name:id>`."""
    return discord.PartialEmoji.from_str(emoji)


def _lane(message: discord.Message) -> Lane:
    return (0 if message.guild is None else message.guild.id, message.channel.id)


def _permitted(message: discord.Message) -> bool:
    """Whether the permissions that discord.py knows of let the bot react; True where it knows of none."""
    channel = message.channel
    if message.guild is None or isinstance(channel, discord.PartialMessageable):
        return True
    if isinstance(channel, discord.Thread) and channel.parent is None:
        return True
    allowed = channel.permissions_for(message.guild.me)
    return allowed.view_channel and allowed.read_message_history and allowed.add_reactions
