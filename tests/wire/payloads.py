"""The world of the tests, as Discord would tell of it: the fields that discord.py insists on, and few more."""

import itertools
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

Payload = dict[str, Any]

_DISCORD_EPOCH: Final = 1_420_070_400_000  # milliseconds: snowflakes count from 2015
_serial = itertools.count()

_VIEW_CHANNEL: Final = 1 << 10
_ADD_REACTIONS: Final = 1 << 6
_READ_HISTORY: Final = 1 << 16
_ROLE: Final = 0  # whom a permission overwrite is about; a guild's own id is the role @everyone


def snowflake(age: float = 0.0) -> int:
    """A new id that is `age` seconds old."""
    return (int((time.time() - age) * 1000) - _DISCORD_EPOCH) << 22 | next(_serial)


@dataclass(frozen=True, slots=True)
class Person:
    """A user, or a bot."""

    id: int
    name: str
    bot: bool = False

    def payload(self) -> Payload:
        """As a user object."""
        return {"id": str(self.id), "username": self.name, "discriminator": "0", "avatar": None, "bot": self.bot}


@dataclass(frozen=True, slots=True)
class Channel:
    """A text channel of the guild; `denied` are permission bits that it takes from everyone."""

    id: int
    name: str
    denied: int = 0

    def payload(self) -> Payload:
        """As a channel object."""
        overwrite = {"id": str(GUILD_ID), "type": _ROLE, "allow": "0", "deny": str(self.denied)}
        return {
            "id": str(self.id),
            "type": 0,
            "guild_id": str(GUILD_ID),
            "name": self.name,
            "position": 0,
            "parent_id": None,
            "permission_overwrites": [overwrite],
        }


GUILD_ID: Final = snowflake()
BOT: Final = Person(snowflake(), "emoji", bot=True)
ALICE: Final = Person(snowflake(), "alice")
BOB: Final = Person(snowflake(), "bob")
OTHER_BOT: Final = Person(snowflake(), "music", bot=True)
GENERAL: Final = Channel(snowflake(), "general")
RANDOM: Final = Channel(snowflake(), "random")
RULES: Final = Channel(snowflake(), "rules", denied=_ADD_REACTIONS)


def guild() -> Payload:
    """The guild that the bot is a member of, as GUILD_CREATE brings it."""
    everyone = {
        "id": str(GUILD_ID),
        "name": "@everyone",
        "permissions": str(_VIEW_CHANNEL | _ADD_REACTIONS | _READ_HISTORY),
        "position": 0,
        "color": 0,
        "hoist": False,
        "managed": False,
        "mentionable": False,
    }
    return {
        "id": str(GUILD_ID),
        "name": "the guild",
        "owner_id": str(ALICE.id),
        "unavailable": False,
        "member_count": 4,
        "roles": [everyone],
        "channels": [channel.payload() for channel in (GENERAL, RANDOM, RULES)],
        "members": [{**_member(), "user": BOT.payload()}],
    }


def message(
    text: str, *, author: Person = ALICE, channel: Channel = GENERAL, age: float = 0.0, **fields: Any
) -> Payload:
    """A message in the guild, written `age` seconds ago. Other `fields` replace the payload's; None leaves one out."""
    payload = {
        "id": str(snowflake(age)),
        "type": 0,
        "channel_id": str(channel.id),
        "guild_id": str(GUILD_ID),
        "author": author.payload(),
        "member": _member(),
        "content": text,
        "timestamp": datetime.now(UTC).isoformat(),
        "tts": False,
        "pinned": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [],
    }
    return {key: value for key, value in (payload | fields).items() if value is not None}


def slash_predict(text: str) -> Payload:
    """Alice types /predict in the general channel."""
    option = {"name": "text", "type": 3, "value": text}
    return _interaction({"id": str(snowflake()), "type": 1, "name": "predict", "options": [option]})


def menu_predict(target: Payload) -> Payload:
    """Alice picks "Predict emoji" in the menu of the message `target`."""
    return _interaction(
        {
            "id": str(snowflake()),
            "type": 3,
            "name": "Predict emoji",
            "target_id": target["id"],
            "resolved": {"messages": {target["id"]: target}},
        }
    )


def _interaction(data: Payload) -> Payload:
    return {
        "id": str(snowflake()),
        "application_id": str(BOT.id),
        "type": 2,
        "version": 1,
        "token": "interaction-token",
        "data": data,
        "guild_id": str(GUILD_ID),
        "channel_id": str(GENERAL.id),
        "channel": GENERAL.payload(),
        "member": {**_member(), "user": ALICE.payload(), "permissions": "0"},
        "app_permissions": "0",
        "attachment_size_limit": 10_485_760,
        "locale": "en-GB",
        "entitlements": [],
        "authorizing_integration_owners": {"0": str(GUILD_ID)},
        "context": 0,
    }


def _member() -> Payload:
    return {"roles": [], "joined_at": "2024-01-01T00:00:00+00:00", "deaf": False, "mute": False, "flags": 0}
