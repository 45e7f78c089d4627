"""The names of a server's counters."""

from enum import StrEnum


class Count(StrEnum):
    """What is counted of a server, a day each."""

    SEEN = "seen"
    """Messages in channels that the bot can read, other than its own."""
    REACTED = "reacted"
    """Reactions made of the bot's own accord; one that an edit puts in the place of another is not counted again."""
    EARNED = "earned"
    """Those of them that an edit earned a message which had none, and so was counted otherwise before."""
    ASKED = "asked"
    """Reactions made because a member asked for them."""
    SILENT = "silent"
    """Messages that were read and got none: nothing fits, or the model was not sure."""
    JOINED = "joined"
    """Members who joined a reaction of the bot."""
    REMOVED = "removed"
    """Reactions of the bot that a moderator removed."""
    DISLIKED = "disliked"
    """Members who answered one with 👎 or ❌."""
    EDITED = "edited"
    """Reactions taken back because the message was edited."""


def skipped(reason: str) -> str:
    """The counter of messages that got no reaction for this reason."""
    return f"skipped.{reason}"


def reacted_with(name: str) -> str:
    """The counter of reactions with the label of this name."""
    return f"emoji.{name}"
