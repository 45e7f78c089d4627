"""Pure decisions: may this message get a reaction, and which. No I/O, and nothing of Discord's objects."""

from dataclasses import dataclass
from enum import StrEnum

from model.predictor import Prediction


class Skip(StrEnum):
    """Why a message gets no reaction."""

    OWN = "own"
    BOT = "bot"
    WEBHOOK = "webhook"
    SYSTEM = "system"
    DIRECT = "direct"
    EMPTY = "empty"


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
    """

    text: str
    own: bool = False
    bot: bool = False
    webhook: bool = False
    system: bool = False
    in_guild: bool = True


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """What a server has chosen.

    Args:
        threshold: confidence from which the bot reacts.
    """

    threshold: float


def skip_reason(facts: MessageFacts) -> Skip | None:
    """Why this message must not get a reaction, or None where it may."""
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


def choose(prediction: Prediction, settings: ServerSettings) -> str | None:
    """The emoji to react with, or None to stay silent."""
    return prediction.emoji(settings.threshold)
