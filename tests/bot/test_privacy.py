"""/privacy, through the real client in a simulated Discord."""

from dataclasses import replace
from typing import Any
from unittest.mock import AsyncMock

import discord
import pytest
import simcord

from bot.guild_settings import Known
from bot.store import StoreError
from tests.bot.conftest import Server
from tests.bot.stage import GOOD_NEWS, store_of

BUTTON = "Delete my opt-outs too"


def told(result: simcord.InteractionResult) -> str:
    """All that the answer says, on a line each."""
    assert result.ephemeral
    assert result.response is not None
    cards = [f"{embed.title}\n{embed.description}" for embed in result.response.embeds]
    return "\n".join([*filter(None, [result.response.content]), *cards])


async def run(server: Server, command: str, **options: Any) -> str:
    """What Alice is told after `/privacy COMMAND` in the server."""
    return told(await server.alice.slash(server.channel, f"privacy {command}", **options))


async def ignore(server: Server, *members: int) -> None:
    await store_of(server).change(
        server.guild.id, lambda settings: replace(settings, ignored_members=frozenset(members))
    )


async def test_who_opts_out_gets_no_reaction_in_this_server(server: Server) -> None:
    bob = server.guild.add_member(server.environment.create_user("bob"))
    answer = await run(server, "opt-out", where="server")
    await server.alice.send(server.channel, GOOD_NEWS)

    assert answer == "Done: I leave your messages in this server alone. `/privacy opt-in` takes that back."
    assert server.reaction_requests == []
    assert await store_of(server).known_of(server.alice.id) == Known(opted_out_in=frozenset({server.guild.id}))
    await bob.send(server.channel, GOOD_NEWS)
    assert len(server.reaction_requests) == 1


async def test_an_opt_out_of_one_server_says_nothing_of_another(server: Server) -> None:
    await run(server, "opt-out", where="server")
    other = server.environment.create_guild("The Other Corner")
    channel = other.create_text_channel("elsewhere")
    await other.add_member(server.alice.user).send(channel, GOOD_NEWS)

    assert len(server.reaction_requests) == 1


async def test_who_opts_out_everywhere_gets_no_reaction_in_any_server(server: Server) -> None:
    answer = told(await server.alice.user.slash("privacy opt-out", where="everywhere"))
    other = server.environment.create_guild("The Other Corner")
    channel = other.create_text_channel("elsewhere")
    await server.alice.send(server.channel, GOOD_NEWS)
    await other.add_member(server.alice.user).send(channel, GOOD_NEWS)

    assert answer == "Done: I leave your messages alone, in every server. `/privacy opt-in` takes that back."
    assert server.reaction_requests == []


async def test_who_opts_in_gets_reactions_again(server: Server) -> None:
    await run(server, "opt-out", where="server")
    answer = await run(server, "opt-in", where="server")
    await server.alice.send(server.channel, GOOD_NEWS)

    assert answer == "Done: I may react to your messages in this server again."
    assert len(server.reaction_requests) == 1


async def test_an_opt_out_of_everywhere_outlives_an_opt_in_of_one_server(server: Server) -> None:
    await run(server, "opt-out", where="server")
    await run(server, "opt-out", where="everywhere")
    answer = await run(server, "opt-in", where="server")
    await server.alice.send(server.channel, GOOD_NEWS)

    assert "you ask for it everywhere, and that still holds" in answer
    assert server.reaction_requests == []


async def test_an_opt_out_of_one_server_outlives_an_opt_in_of_everywhere(server: Server) -> None:
    await run(server, "opt-out", where="server")
    await run(server, "opt-out", where="everywhere")
    answer = await run(server, "opt-in", where="everywhere")
    await server.alice.send(server.channel, GOOD_NEWS)

    assert answer.splitlines()[-1] == "Where you opted out of single servers, that still holds: **The Corner**."
    assert server.reaction_requests == []


async def test_who_opts_in_hears_that_the_admins_ignore_them(server: Server) -> None:
    await ignore(server, server.alice.id)

    assert "The admins of this server have put you on its list" in await run(server, "opt-in", where="everywhere")


@pytest.mark.parametrize("command", ["opt-out", "opt-in"])
async def test_direct_messages_are_no_server(server: Server, command: str) -> None:
    await store_of(server).opt_out(server.alice.id, server.guild.id)
    before = await store_of(server).known_of(server.alice.id)
    answer = told(await server.alice.user.slash(f"privacy {command}", where="server"))

    assert answer.startswith("There is no server here.")
    assert await store_of(server).known_of(server.alice.id) == before


async def test_of_a_stranger_nothing_is_known(server: Server) -> None:
    await server.alice.send(server.channel, GOOD_NEWS)
    title, first, *rest = (await run(server, "about-me")).splitlines()

    assert (title, first) == ("What I keep about you", "• Nothing at all.")
    assert rest[0].startswith("• I keep no messages, no names and no pictures")
    assert rest[1].startswith("• While I run, I also remember ids, never texts")


async def test_everything_that_is_known_is_told_with_the_names_of_servers(server: Server) -> None:
    await run(server, "opt-out", where="everywhere")
    await run(server, "opt-out", where="server")
    await store_of(server).opt_out(server.alice.id, 123456789012345678)
    await ignore(server, server.alice.id)
    lines = told(await server.alice.user.slash("privacy about-me")).splitlines()

    servers = "the server with the id 123456789012345678, **The Corner**"
    assert lines[1:4] == [
        "• You opted out everywhere: I react to none of your messages.",
        f"• You opted out in {servers}: I don't react to your messages there.",
        "• The admins of **The Corner** have put you on the list of members whose messages I leave alone.",
    ]


async def test_nobody_is_told_what_is_known_of_another(server: Server) -> None:
    bob = server.guild.add_member(server.environment.create_user("bob"))
    await ignore(server, bob.id)
    await store_of(server).opt_out(bob.id, None)

    assert "• Nothing at all." in await run(server, "about-me")
    assert await run(server, "forget-me") == "There is nothing to delete: I keep nothing about you."


async def test_two_hundred_servers_with_long_names_fit_into_the_answer(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Known(True, frozenset(range(1, 201)), frozenset(range(1, 201)))
    store = store_of(server)
    guild = AsyncMock(spec=discord.Guild)
    guild.name = "*" * 100
    monkeypatch.setattr(server.environment.bot, "get_guild", lambda _: guild)
    monkeypatch.setattr(store, "known_of", AsyncMock(return_value=known))
    result = await server.environment.create_user("carol").slash("privacy forget-me")
    about = await server.environment.create_user("dave").slash("privacy about-me")

    for answer in (told(result), told(about)):
        assert answer.count("** and 185 more") == 2
        assert len(answer) < 4096


async def test_opt_outs_stay_until_the_button_is_pressed(server: Server) -> None:
    await run(server, "opt-out", where="everywhere")
    await run(server, "opt-out", where="server")
    result = await server.alice.slash(server.channel, "privacy forget-me")

    assert "Your opt-outs stay" in told(result)
    assert (await store_of(server).known_of(server.alice.id)).opted_out_everywhere
    assert result.response is not None
    pressed = await server.alice.click(result.response, label=BUTTON)
    assert pressed.acknowledged
    assert told(result) == "Done: your opt-outs are deleted, and I may react to your messages again."
    assert result.response.components == []
    assert await store_of(server).known_of(server.alice.id) == Known()
    await server.alice.send(server.channel, GOOD_NEWS)
    assert len(server.reaction_requests) == 1


async def test_the_lists_of_the_admins_stay(server: Server) -> None:
    await ignore(server, server.alice.id)
    await run(server, "opt-out", where="server")
    result = await server.alice.slash(server.channel, "privacy forget-me")
    assert result.response is not None
    await server.alice.click(result.response, label=BUTTON)

    assert "ask them to take you off" in told(result)
    assert "opted out" not in told(result)
    assert await store_of(server).known_of(server.alice.id) == Known(ignored_in=frozenset({server.guild.id}))
    again = await server.alice.slash(server.channel, "privacy forget-me")
    assert "ask them to take you off" in told(again)
    assert again.response is not None
    assert again.response.components == []


async def test_the_button_goes_away_before_discord_calls_it_broken(server: Server) -> None:
    await run(server, "opt-out", where="server")
    result = await server.alice.slash(server.channel, "privacy forget-me")
    await server.environment.advance_time(601)

    assert result.response is not None
    assert result.response.components == []
    assert "Your opt-outs stay" in told(result)


@pytest.mark.parametrize(
    ("command", "options"),
    [("opt-out", {"where": "server"}), ("opt-in", {"where": "everywhere"}), ("about-me", {}), ("forget-me", {})],
)
async def test_while_the_database_is_away_every_command_says_so(
    server: Server, monkeypatch: pytest.MonkeyPatch, command: str, options: dict[str, str]
) -> None:
    for name in ("opt_out", "opt_in", "known_of", "forget_user"):
        monkeypatch.setattr(store_of(server), name, AsyncMock(side_effect=StoreError("down")))

    answer = await run(server, command, **options)
    assert answer == "I can't reach my database right now. Nothing was changed; try again in a moment."


async def test_while_the_database_is_away_the_button_says_so(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    await run(server, "opt-out", where="server")
    result = await server.alice.slash(server.channel, "privacy forget-me")
    monkeypatch.setattr(store_of(server), "forget_user", AsyncMock(side_effect=StoreError("down")))
    assert result.response is not None
    await server.alice.click(result.response, label=BUTTON)

    assert told(result).startswith("I can't reach my database right now.")
