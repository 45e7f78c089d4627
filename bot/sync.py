"""Tells Discord of the bot's commands, only when they differ from those it knows: syncing is rate-limited."""

import logging
from collections.abc import Iterable, Mapping
from typing import Any

import discord
from discord import app_commands

log = logging.getLogger(__name__)

_Command = app_commands.Command[Any, ..., Any] | app_commands.ContextMenu | app_commands.Group

# What makes a command what it is. The rest of Discord's reply (ids, versions) is bookkeeping.
_OPTION_KEYS = ("type", "name", "description", "required", "choices", "autocomplete", "channel_types")
_LIMIT_KEYS = ("min_value", "max_value", "min_length", "max_length")


async def sync_commands(client: discord.Client, tree: app_commands.CommandTree[Any]) -> bool:
    """Sync the global commands of `tree` if Discord has others; returns whether it did."""
    # The raw payloads: discord.py 2.7's AppCommand loses contexts and integration types (its issue 10525).
    assert client.application_id is not None  # noqa: S101 - known since login
    # And discord.py does not ask for the translations, without which Discord leaves them out.
    route = discord.http.Route("GET", "/applications/{id}/commands", id=client.application_id)
    known = _shapes(await client.http.request(route, params={"with_localizations": "true"}))
    ours = _shapes([await payload_of(command, tree) for command in tree.get_commands()])
    if ours == known:
        log.info("commands unchanged count=%d", len(ours))
        return False
    await tree.sync()
    log.info("commands synced count=%d", len(ours))
    return True


async def payload_of(command: _Command, tree: app_commands.CommandTree[Any]) -> Mapping[str, Any]:
    """A command as Discord is told of it, with its translations where the tree has a translator."""
    if tree.translator is None:
        return command.to_dict(tree)
    return await command.get_translated_payload(tree, tree.translator)


def _shapes(payloads: Iterable[Mapping[str, Any]]) -> dict[tuple[int, str], dict[str, Any]]:
    return {(payload.get("type", 1), payload["name"]): _shape(payload) for payload in payloads}


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
    option["choices"] = [
        {key: value for key, value in choice.items() if value is not None} for choice in payload.get("choices") or []
    ]
    option["options"] = [_option(nested) for nested in payload.get("options") or []]
    return {key: value for key, value in option.items() if value or key in _LIMIT_KEYS}
