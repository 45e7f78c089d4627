"""Pure decisions: may this message get a reaction, and which. No I/O, and nothing of Discord's objects."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot import taste
from bot.store.settings import ChannelMode, GuildSettings
from bot.taste import Taste
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


def refusal(facts: MessageFacts, settings: GuildSettings, opted_out: bool) -> Skip | None:
    """Why the server or the author does not want a reaction to this message, or None."""
    if not settings.enabled:
        return Skip.OFF
    if opted_out:
        return Skip.OPTED_OUT
    if facts.places.isdisjoint(settings.channels) == (settings.channel_mode is ChannelMode.ONLY):
        return Skip.CHANNEL
    if facts.author_id in settings.ignored_members:
        return Skip.MEMBER
    if not facts.role_ids.isdisjoint(settings.ignored_roles):
        return Skip.ROLE
    length = len(facts.text.strip())
    if length < settings.shortest:
        return Skip.SHORT
    if length > settings.longest:
        return Skip.LONG
    return None


@dataclass(frozen=True, slots=True)
class Choice:
    """A reaction to make: `name` is the label's, `emoji` what stands for it in this server."""

    name: str
    emoji: str


def choose(
    prediction: Prediction,
    settings: GuildSettings,
    *,
    default_threshold: float,
    names: Mapping[str, str],
    tastes: Mapping[str, Taste],
    at: datetime,
) -> Choice | None:
    """The reaction to make, or None to stay silent.

    The first candidate that the server has not switched off, if its confidence reaches the threshold: the server's own
    or the default, shifted by what members made of this emoji so far.

    Args:
        prediction: of the message.
        settings: of the server.
        default_threshold: confidence from which the bot reacts where the server says nothing else.
        names: the label's name of each emoji.
        tastes: by label, how the server took it.
        at: the present.
    """
    base = default_threshold if settings.threshold is None else settings.threshold
    for candidate in prediction.candidates:
        name = names[candidate.emoji]
        emoji = settings.emoji.get(name, candidate.emoji)
        if emoji is None:
            continue
        confident = 0.0 < candidate.confidence >= taste.threshold(base, tastes.get(name), at)
        return Choice(name, emoji) if confident else None
    return None
