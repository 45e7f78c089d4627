"""Everything that a member may ask the bot for, over and over."""

import itertools
import random
from collections.abc import Iterator, Mapping
from typing import Final

from tests.load import chat
from tests.wire.payloads import BOB, Channel, Payload, Value, menu, message, slash

_COMMANDS: Final[tuple[tuple[str, Mapping[str, Value]], ...]] = (
    ("help", {}),
    ("stats", {}),
    ("stats", {"days": 30}),
    ("privacy about-me", {}),
    ("privacy opt-out", {"where": "server"}),
    ("privacy forget-me", {}),
    ("privacy opt-in", {"where": "server"}),
    ("settings show", {}),
    ("settings switch", {"state": "on"}),
    ("settings sensitivity", {"level": "lively"}),
    ("settings cooldown", {"channel": 0, "member": 0}),
    ("settings length", {"shortest": 1}),
    ("settings channels mode", {"mode": "except"}),
    ("settings channels clear", {}),
    ("settings ignore add", {"who": BOB}),
    ("settings ignore remove", {"who": BOB}),
    ("settings emoji replace", {"emoji": "joy", "with": "party"}),
    ("settings emoji off", {"emoji": "pizza"}),
    ("settings emoji back", {"emoji": "joy"}),
    ("settings learning reset", {}),
    ("settings reset", {}),
)
"""None of them makes the bot react less from then on."""


def asks(channels: list[Channel], chance: random.Random) -> Iterator[tuple[Channel, Payload]]:
    """Endless interactions, and where: every command and both menus in turn, each time in another channel."""
    texts = chat.messages(chance)
    for name, options in itertools.cycle(_COMMANDS):
        channel = chance.choice(channels)
        yield channel, slash(name, options=options, channel=channel)
        explained: dict[str, Value] = {"text": next(texts), "explain": chance.random() < 0.2}
        yield channel, slash("predict", options=explained, channel=channel)
        picked = chance.choice(("Predict emoji", "React for me"))
        place = {"guild_id": str(channel.guild_id), "channel_id": str(channel.id), "channel": channel.payload()}
        yield channel, menu(picked, message(next(texts), author=BOB, channel=channel)) | place
