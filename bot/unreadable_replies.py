"""Replies of Discord that are no JSON where JSON is due: a proxy's page, half an object, bytes of another encoding."""

from typing import Any, Final

import aiohttp
import discord
import discord.webhook.async_

_json_or_text: Final = discord.http.json_or_text


def take_for_lost_replies() -> None:
    """Let every request of discord.py fail with a network's error where it cannot read the reply.

    As it is (2.7.1) it raises whatever comes to pass: a JSONDecodeError here, a TypeError or KeyError later on.
    """
    discord.http.json_or_text = _json_or_lost
    discord.webhook.async_.json_or_text = _json_or_lost  # type: ignore[attr-defined]


async def _json_or_lost(response: aiohttp.ClientResponse) -> dict[str, Any] | str:
    """What a reply says; text only where it is empty, or where its status is an error and tells enough.

    Raises:
        aiohttp.ClientPayloadError: it is not readable.
    """
    try:
        data = await _json_or_text(response)
    except ValueError as error:  # of JSON, and of UTF-8
        raise aiohttp.ClientPayloadError(f"not readable: {type(error).__name__}") from error
    if data and isinstance(data, str) and response.ok:
        raise aiohttp.ClientPayloadError("not JSON")
    return data
