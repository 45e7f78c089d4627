"""What Discord may do to a request or to a new websocket instead of what was asked."""

from dataclasses import dataclass
from typing import Final

CLOUDFLARE: Final = "<!DOCTYPE html><html><title>discord.com | 502: Bad gateway</title></html>"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error in Discord's format."""

    status: int
    code: int
    message: str


@dataclass(frozen=True, slots=True)
class RateLimit:
    """429, asking to come back after so many seconds; `everywhere` is the global limit, for all routes."""

    retry_after: float
    everywhere: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the proxy in front of Discord, with any status. As a 429 it says that the address is banned.

    A surrogate in the text stands for a byte that is no UTF-8.
    """

    status: int
    text: str = CLOUDFLARE
    content_type: str = "text/html"


@dataclass(frozen=True, slots=True)
class Slow:
    """The right reply, so many seconds late. What was asked is done at once."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Hang:
    """No reply before the server closes."""


@dataclass(frozen=True, slots=True)
class Drop:
    """The connection breaks instead of a reply."""


@dataclass(frozen=True, slots=True)
class CutShort:
    """Headers that promise a body, half of it, and the end of the connection."""


Fault = Refusal | RateLimit | Page | Slow | Hang | Drop | CutShort
"""What may happen to a REST request."""


@dataclass(frozen=True, slots=True)
class BadHandshake:
    """An HTTP status instead of a websocket."""

    status: int


@dataclass(frozen=True, slots=True)
class NoHello:
    """A websocket on which nothing ever comes."""


@dataclass(frozen=True, slots=True)
class HangUp:
    """A websocket that ends before HELLO; with a close code, or without a word where that is None."""

    code: int | None = None


ConnectFault = BadHandshake | NoHello | HangUp
"""What may happen to a new websocket."""
