"""The invite link, and Discord on a loopback port to ask whose token it is."""

from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import aiohttp
import discord
import pytest

from bot.invite import ask_application_id, invite_link
from tests.wire.payloads import BOT
from tests.wire.server import TOKEN, Refusal, Route, WireServer


@pytest.fixture
async def discord_server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WireServer]:
    async with WireServer() as server:
        monkeypatch.setattr(discord.http.Route, "BASE", server.api_url)
        yield server


def test_the_link_asks_for_three_permissions_and_the_commands() -> None:
    link = urlsplit(invite_link(123456789012345678))

    assert (link.scheme, link.netloc, link.path) == ("https", "discord.com", "/oauth2/authorize")
    assert parse_qs(link.query) == {
        "client_id": ["123456789012345678"],
        "permissions": ["66624"],
        "scope": ["bot applications.commands"],
    }


async def test_discord_is_asked_whose_token_it_is(discord_server: WireServer) -> None:
    assert await ask_application_id(TOKEN) == BOT.id


async def test_the_bot_does_not_go_online_for_it(discord_server: WireServer) -> None:
    await ask_application_id(TOKEN)

    assert [request.route for request in discord_server.requests] == [Route.ME, Route.APPLICATION]


async def test_a_refused_token_is_told_apart(discord_server: WireServer) -> None:
    with pytest.raises(discord.LoginFailure):
        await ask_application_id("another-token")


async def test_a_refused_request_is_told_apart(discord_server: WireServer) -> None:
    discord_server.fail(Route.APPLICATION, Refusal(403, 0, "Forbidden"))

    with pytest.raises(discord.Forbidden):
        await ask_application_id(TOKEN)


async def test_nothing_is_left_open_when_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discord.http.Route, "BASE", "http://127.0.0.1:9/api/v10")

    with pytest.raises((aiohttp.ClientError, OSError)):
        await ask_application_id(TOKEN)
