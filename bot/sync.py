"""Tells Discord of the bot's commands, only when they differ from those it knows: syncing is rate-limited."""

import logging
from collections.abc import Mapping
from typing import Any

from discord import app_commands

log = logging.getLogger(__name__)

# What makes a command what it is. The rest of Discord's reply (ids, versions) is bookkeeping.
_OPTION_KEYS = ("type", "name", "description", "required", "choices", "autocomplete", "channel_types")
_LIMIT_KEYS = ("min_value", "max_value", "min_length", "max_length")


async def sync_commands(tree: app_commands.CommandTree[Any]) -> bool:
    """Sync the global commands of `tree` if Discord has others; returns whether it did."""
    known = {_key(command): _shape(_known_payload(command)) for command in await tree.fetch_commands()}
    payloads = [command.to_dict(tree) for command in tree.get_commands()]
    ours = {(payload["type"], payload["name"]): _shape(payload) for payload in payloads}
    if ours == known:
        log.info("commands unchanged count=%d", len(ours))
        return False
    await tree.sync()
    log.info("commands synced count=%d", len(ours))
    return True


def _key(command: app_commands.AppCommand) -> tuple[int, str]:
    return command.type.value, command.name


def _known_payload(command: app_commands.AppCommand) -> Mapping[str, Any]:
    permissions = command.default_member_permissions
    return {
        **command.to_dict(),
        "default_member_permissions": None if permissions is None else permissions.value,
        "nsfw": command.nsfw,
    }


def _shape(payload: Mapping[str, Any]) -> dict[str, Any]:
    """A command's payload with defaults and empty values left out, so that two spellings of one command are equal."""
    permissions = payload.get("default_member_permissions")
    shape = {
        "description": payload.get("description"),
        "name_localizations": payload.get("name_localizations"),
        "description_localizations": payload.get("description_localizations"),
        "permissions": None if permissions is None else int(permissions),
        "nsfw": payload.get("nsfw"),
        "contexts": sorted(payload.get("contexts") or []),
        "integration_types": sorted(payload.get("integration_types") or []),
        "options": [_option(option) for option in payload.get("options") or []],
    }
    return {key: value for key, value in shape.items() if value}


def _option(payload: Mapping[str, Any]) -> dict[str, Any]:
    option = {key: payload.get(key) for key in (*_OPTION_KEYS, "name_localizations", "description_localizations")}
    option |= {key: payload[key] for key in _LIMIT_KEYS if payload.get(key) is not None}
    option["options"] = [_option(nested) for nested in payload.get("options") or []]
    return {key: value for key, value in option.items() if value or key in _LIMIT_KEYS}
