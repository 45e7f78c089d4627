"""The world of the tests, as Discord would tell of it: the fields that discord.py insists on, and few more."""

import itertools
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

Payload = dict[str, Any]

_DISCORD_EPOCH: Final = 1_420_070_400_000  # milliseconds: snowflakes count from 2015
_serial = itertools.count()

# Types of application commands, and of what is nested in one.
_SLASH: Final = 1
_MENU: Final = 3
_COMMAND: Final = 1
_GROUP: Final = 2
_AUTOCOMPLETE: Final = 4  # a type of interactions


VIEW_CHANNEL: Final = 1 << 10
ADD_REACTIONS: Final = 1 << 6
READ_HISTORY: Final = 1 << 16
_MANAGE_GUILD: Final = 1 << 5
_BLANKS: Final = ("~id~", "~time~", "~text~")  # where a `Form` is filled in
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
    """A text channel of a guild; `denied` are permission bits that it takes from everyone."""

    id: int
    name: str
    guild_id: int
    denied: int = 0

    def payload(self) -> Payload:
        """As a channel object."""
        overwrite = {"id": str(self.guild_id), "type": _ROLE, "allow": "0", "deny": str(self.denied)}
        return {
            "id": str(self.id),
            "type": 0,
            "guild_id": str(self.guild_id),
            "name": self.name,
            "position": 0,
            "parent_id": None,
            "permission_overwrites": [overwrite],
        }


@dataclass(frozen=True, slots=True)
class Guild:
    """A guild that the bot is a member of and that Alice owns."""

    id: int
    name: str
    channels: tuple[Channel, ...]

    def payload(self) -> Payload:
        """As GUILD_CREATE brings it."""
        everyone = {
            "id": str(self.id),
            "name": "@everyone",
            "permissions": str(VIEW_CHANNEL | ADD_REACTIONS | READ_HISTORY),
            "position": 0,
            "color": 0,
            "hoist": False,
            "managed": False,
            "mentionable": False,
        }
        return {
            "id": str(self.id),
            "name": self.name,
            "owner_id": str(ALICE.id),
            "unavailable": False,
            "member_count": 4,
            "roles": [everyone],
            "emojis": [PARTY],
            "channels": [channel.payload() for channel in self.channels],
            "members": [{**_member(), "user": BOT.payload()}],
        }


Value = str | int | bool | Channel | Person
"""What an option of a slash command takes."""

BOT: Final = Person(snowflake(), "emoji", bot=True)
ALICE: Final = Person(snowflake(), "alice")
BOB: Final = Person(snowflake(), "bob")
OTHER_BOT: Final = Person(snowflake(), "music", bot=True)
PARTY: Final = {"id": str(snowflake()), "name": "party", "roles": [], "available": True}

_HOME_ID: Final = snowflake()
GENERAL: Final = Channel(snowflake(), "general", _HOME_ID)
RANDOM: Final = Channel(snowflake(), "random", _HOME_ID)
RULES: Final = Channel(snowflake(), "rules", _HOME_ID, denied=ADD_REACTIONS)
HOME: Final = Guild(_HOME_ID, "the guild", (GENERAL, RANDOM, RULES))

_ELSEWHERE_ID: Final = snowflake()
LOUNGE: Final = Channel(snowflake(), "lounge", _ELSEWHERE_ID)
ELSEWHERE: Final = Guild(_ELSEWHERE_ID, "another guild", (LOUNGE,))


def message(
    text: str, *, author: Person = ALICE, channel: Channel = GENERAL, age: float = 0.0, **fields: Any
) -> Payload:
    """A message in a guild, written `age` seconds ago. Other `fields` replace the payload's; None leaves one out."""
    payload = {
        "id": str(snowflake(age)),
        "type": 0,
        "channel_id": str(channel.id),
        "guild_id": str(channel.guild_id),
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


class Form:
    """A message that is encoded already but for its id, its text and its time."""

    def __init__(self, author: Person, channel: Channel) -> None:
        self.guild_id = channel.guild_id
        blanks = dict(zip(("id", "timestamp", "content"), _BLANKS, strict=True))
        self._json = json.dumps(message("", author=author, channel=channel) | blanks)

    def fill(self, text: str) -> tuple[int, str]:
        """A new message: its id, and the JSON of its payload."""
        message_id = snowflake()
        filled = self._json
        for blank, value in zip(_BLANKS, (str(message_id), datetime.now(UTC).isoformat(), text), strict=True):
            filled = filled.replace(f'"{blank}"', json.dumps(value), 1)
        return message_id, filled


def slash(command: str, *, channel: Channel = GENERAL, options: Mapping[str, Value] | None = None) -> Payload:
    """Alice, who manages the guild, sends a slash command, such as "settings channels add", with these options."""
    values = options or {}
    return _slash(command, channel, values, [_option(option, value) for option, value in values.items()])


def typing(command: str, option: str, text: str) -> Payload:
    """Alice is about to choose an option of a slash command and has typed `text` of it so far."""
    focused = {**_option(option, text), "focused": True}
    return _slash(command, GENERAL, {}, [focused]) | {"type": _AUTOCOMPLETE}


def from_member(interaction: Payload) -> Payload:
    """The same by a member who manages nothing."""
    return interaction | {"member": {**interaction["member"], "permissions": "0"}}


def _slash(command: str, channel: Channel, values: Mapping[str, Value], given: list[Payload]) -> Payload:
    name, *nested = command.split()
    for kind, part in zip((_COMMAND, _GROUP), reversed(nested), strict=False):
        given = [{"name": part, "type": kind, "options": given}]
    people = {str(value.id): value.payload() for value in values.values() if isinstance(value, Person)}
    channels = {
        str(value.id): {**value.payload(), "permissions": "0"}
        for value in values.values()
        if isinstance(value, Channel)
    }
    resolved = {"channels": channels, "users": people, "members": {person: _member() for person in people}}
    return _interaction({"type": _SLASH, "name": name, "options": given, "resolved": resolved}, channel)


def menu(name: str, target: Payload) -> Payload:
    """Alice picks `name` in the menu of the message `target`, in the general channel."""
    resolved = {"messages": {target["id"]: target}}
    return _interaction({"type": _MENU, "name": name, "target_id": target["id"], "resolved": resolved}, GENERAL)


def _option(name: str, value: Value) -> Payload:
    match value:
        case Channel():
            return {"name": name, "type": 7, "value": str(value.id)}
        case Person():  # where a role might be meant as well
            return {"name": name, "type": 9, "value": str(value.id)}
        case _:
            return {"name": name, "type": {str: 3, int: 4, bool: 5}[type(value)], "value": value}


def _interaction(data: Payload, channel: Channel) -> Payload:
    interaction_id = str(snowflake())
    return {
        "id": interaction_id,
        "application_id": str(BOT.id),
        "type": 2,
        "version": 1,
        "token": f"token-{interaction_id}",
        "data": {"id": str(snowflake()), **data},
        "guild_id": str(channel.guild_id),
        "channel_id": str(channel.id),
        "channel": channel.payload(),
        "member": {**_member(), "user": ALICE.payload(), "permissions": str(_MANAGE_GUILD)},
        "app_permissions": "0",
        "attachment_size_limit": 10_485_760,
        "locale": "en-GB",
        "entitlements": [],
        "authorizing_integration_owners": {"0": str(channel.guild_id)},
        "context": 0,
    }


def _member() -> Payload:
    return {"roles": [], "joined_at": "2024-01-01T00:00:00+00:00", "deaf": False, "mute": False, "flags": 0}
