"""Pure decisions: may this message get a reaction, and which. No I/O, and nothing of Discord's objects."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot import taste
from bot.guild_settings import GuildSettings, GuildState
from model.predictor import Prediction


class Skip(StrEnum):
    """Why a message gets no reaction. The values name counters."""

    OWN = "own"
    BOT = "bot"
    WEBHOOK = "webhook"
    SYSTEM = "system"
    DIRECT = "direct"
    EMPTY = "empty"
    UNREAD = "settings not read yet"
    OFF = "switched off"
    OPTED_OUT = "opted out"
    CHANNEL = "channel"
    MEMBER = "ignored member"
    ROLE = "ignored role"
    SHORT = "too short"
    LONG = "too long"
    CHANNEL_COOLDOWN = "channel cooldown"
    MEMBER_COOLDOWN = "member cooldown"
    FLOOD = "flood"
    """The bot holds too many messages already, or too many of this server."""
    BUSY = "model busy"
    LEFT_ALONE = "deleted"
    """Deleted, or cleared of reactions, before the bot came to it."""


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """What the policy needs to know of a message.

    Args:
        text: its content as Discord delivers it.
        own: whether this bot wrote it.
        bot: whether any bot wrote it.
        webhook: whether a webhook wrote it.
        system: whether Discord wrote it ("Alice joined the server").
        in_guild: whether it stands in a server, not in direct messages.
        author_id: who wrote it.
        role_ids: the author's roles.
        places: ids of its channel, of the channel that its thread belongs to, and of their category.
        place_known: whether these are all.
    """

    text: str
    own: bool = False
    bot: bool = False
    webhook: bool = False
    system: bool = False
    in_guild: bool = True
    author_id: int = 0
    role_ids: frozenset[int] = frozenset()
    places: frozenset[int] = frozenset()
    place_known: bool = True


def skip_reason(facts: MessageFacts) -> Skip | None:
    """Why no server's settings could let this message have a reaction, or None."""
    if facts.own:
        return Skip.OWN
    if facts.webhook:
        return Skip.WEBHOOK
    if facts.bot:
        return Skip.BOT
    if facts.system:
        return Skip.SYSTEM
    if not facts.in_guild:
        return Skip.DIRECT
    if not facts.text.strip():
        return Skip.EMPTY
    return None


def refusal(facts: MessageFacts, settings: GuildSettings, opted_out: bool, *, asked: bool = False) -> Skip | None:
    """Why the server or the author does not want a reaction to this message, or None.

    Args:
        facts: of the message.
        settings: of its server.
        opted_out: whether the author wants none.
        asked: whether a member asked for the reaction: then no message is too short or too long.
    """
    if not settings.enabled:
        return Skip.OFF
    if opted_out:
        return Skip.OPTED_OUT
    if settings.channels and not facts.place_known:
        return Skip.CHANNEL
    if not settings.covers(facts.places):
        return Skip.CHANNEL
    if facts.author_id in settings.ignored_members:
        return Skip.MEMBER
    if not facts.role_ids.isdisjoint(settings.ignored_roles):
        return Skip.ROLE
    if asked:
        return None
    length = len(facts.text.strip())
    if length < settings.shortest:
        return Skip.SHORT
    if length > settings.longest:
        return Skip.LONG
    return None


@dataclass(frozen=True, slots=True)
class Defaults:
    """What the process and its model say where a server says nothing else.

    Args:
        threshold: confidence from which the bot reacts.
        names: the label's name of each emoji.
    """

    threshold: float
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Choice:
    """A reaction that might be made.

    Args:
        name: the label's.
        emoji: what stands for it in this server.
        confidence: that it fits.
        threshold: confidence from which the bot reacts with it in this server.
    """

    name: str
    emoji: str
    confidence: float
    threshold: float

    @property
    def readable(self) -> bool:
        """Whether the model can read the message; where it cannot, the confidence is 0."""
        return self.confidence > 0.0

    @property
    def sure(self) -> bool:
        """Whether the bot reacts of its own accord."""
        return self.readable and self.confidence >= self.threshold


def choose(prediction: Prediction, state: GuildState, defaults: Defaults, at: datetime) -> Choice | None:
    """The first candidate that the server has not switched off, or None where it has switched off all.

    Its threshold is the server's own or the default, shifted by what the members made of this emoji so far.

    Args:
        prediction: of the message.
        state: of the server.
        defaults: of the process.
        at: the present, aware.
    """
    settings = state.settings
    base = defaults.threshold if settings.threshold is None else settings.threshold
    for candidate in prediction.candidates:
        name = defaults.names[candidate.emoji]
        emoji = settings.emoji.get(name, candidate.emoji)
        if emoji is not None:
            return Choice(name, emoji, candidate.confidence, taste.threshold(base, state.taste.get(name), at))
    return None
