"""What a test may set of the server, at any time."""

from dataclasses import dataclass, field
from typing import Final

from tests.wire.payloads import HOME, Guild

_NEVER: Final = 60_000


@dataclass(slots=True, eq=False)
class Terms:
    """How Discord deals with its bots.

    Args:
        guilds: those that the bot is a member of when it identifies.
        shards: how many Discord advises.
        message_content: whether the privileged intent is granted.
        identify_refusal: a close code instead of READY.
        resumable: whether sessions can be resumed.
        hangs_up_on_resume: whether a RESUME is followed by the end of the connection.
        compressed: whether a client that asks for zlib-stream gets it, instead of plain text.
        heartbeat_interval: milliseconds; longer than any test unless it says otherwise.
        acknowledges: whether heartbeats are acknowledged.
        reaction_interval: seconds between two reactions in a channel; 0 for no limit.
        keeps_requests: whether `requests` and `reactions` grow; a long run only counts them.
    """

    guilds: list[Guild] = field(default_factory=lambda: [HOME])
    shards: int = 1
    message_content: bool = True
    identify_refusal: int | None = None
    resumable: bool = True
    hangs_up_on_resume: bool = False
    compressed: bool = True
    heartbeat_interval: int = _NEVER
    acknowledges: bool = True
    reaction_interval: float = 0.0
    keeps_requests: bool = True
