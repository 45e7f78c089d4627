"""/help, through the real client in a simulated Discord, and the card behind it."""

import re
from collections.abc import Mapping
from typing import Any

import discord
import pytest
import simcord

from bot.client import EmojiBot
from bot.cogs.help import Listed, help_embed, list_command
from bot.owners import is_for_owners
from tests.bot.conftest import Server

MANAGER = discord.Permissions(manage_guild=True, view_channel=True, use_application_commands=True)
NOBODY = discord.Permissions.none()


@pytest.fixture
def admin(server: Server) -> simcord.MemberActor:
    """A member who may manage the server."""
    role = server.guild.create_role("admin", permissions=MANAGER)
    return server.guild.add_member(server.environment.create_user("boss"), roles=[role])


def bot_of(server: Server) -> EmojiBot:
    assert isinstance(server.environment.bot, EmojiBot)
    return server.environment.bot


def text(result: simcord.InteractionResult) -> str:
    """All that stands in the fields of the card."""
    assert result.response is not None
    (embed,) = result.response.embeds
    return "\n".join(f"{field.name}\n{field.value}" for field in embed.fields)


def mentioned(result: simcord.InteractionResult) -> set[str]:
    """The commands that can be clicked."""
    return set(re.findall(r"</([^:>]+):\d+>", text(result)))


def leaves(bot: EmojiBot, *, admins: bool) -> set[str]:
    """The commands of the tree that everyone sees, or those of admins, without those for who runs the bot."""
    return {
        command.qualified_name
        for command in bot.tree.walk_commands()
        if isinstance(command, discord.app_commands.Command)
        and not is_for_owners(command)
        and ((command.root_parent or command).default_permissions is not None) == admins
    }


async def test_a_member_sees_what_members_can_do(server: Server) -> None:
    result = await server.alice.slash(server.channel, "help")

    assert result.ephemeral
    assert server.channel.history() == []
    assert mentioned(result) == leaves(bot_of(server), admins=False) >= {"help", "predict"}
    assert "Show which emoji I would react with" in text(result)
    assert "**Predict emoji** – press and hold" in text(result)
    assert "manage this server" not in text(result)


async def test_an_admin_sees_what_admins_can_do_too(server: Server, admin: simcord.MemberActor) -> None:
    result = await admin.slash(server.channel, "help")

    both = leaves(bot_of(server), admins=False) | leaves(bot_of(server), admins=True)
    assert mentioned(result) == both >= {"stats"}
    assert "Those who manage this server" in text(result)


async def test_a_clickable_command_has_the_id_that_discord_gave_it(server: Server) -> None:
    result = await server.alice.slash(server.channel, "help")

    commands = await bot_of(server).tree.fetch_commands()
    predict = next(command for command in commands if command.name == "predict")
    assert f"</predict:{predict.id}> –" in text(result)


async def test_the_ids_are_asked_for_once(server: Server) -> None:
    await server.alice.slash(server.channel, "help")
    before = len(server.environment.http_requests)
    await server.alice.slash(server.channel, "help")

    assert [request.method for request in server.environment.http_requests[before:]] == ["POST"]


async def test_without_ids_the_commands_are_shown_plain_and_asked_for_again(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unreachable() -> list[discord.app_commands.AppCommand]:
        raise TimeoutError

    with monkeypatch.context() as patched:
        patched.setattr(bot_of(server).tree, "fetch_commands", unreachable)
        plain = await server.alice.slash(server.channel, "help")
    assert "`/predict` – " in text(plain)
    assert mentioned(plain) == set()

    assert "predict" in mentioned(await server.alice.slash(server.channel, "help"))


async def test_help_works_in_direct_messages(server: Server) -> None:
    result = await server.environment.create_user("carol").slash("help")

    assert "predict" in mentioned(result)
    assert "stats" not in mentioned(result)


async def test_help_says_how_i_decide_and_where_privacy_is(server: Server) -> None:
    result = await server.alice.slash(server.channel, "help")

    assert result.response is not None
    (embed,) = result.response.embeds
    assert "stay silent" in str(embed.description)
    assert embed.fields[-1].name == "Privacy"
    assert "`/privacy`" in str(embed.fields[-1].value)


async def test_a_command_added_later_is_listed_without_its_id(server: Server) -> None:
    tree = bot_of(server).tree
    await server.alice.slash(server.channel, "help")

    @tree.command(name="weather", description="Look out of the window")
    async def weather(interaction: discord.Interaction) -> None: ...

    assert "`/weather` – Look out of the window" in text(await server.alice.slash(server.channel, "help"))


def payload(name: str, description: str = "", **others: Any) -> Mapping[str, Any]:
    return {"type": 1, "name": name, "description": description, **others}


def test_groups_are_listed_by_what_can_be_typed() -> None:
    channels = {"type": 2, "name": "channels", "description": "", "options": [payload("add", "Add one")]}
    group = payload("settings", options=[payload("show", "Show them"), channels])

    assert [one.line for one in list_command(group, {"settings": 7})] == [
        "</settings show:7> – Show them",
        "</settings channels add:7> – Add one",
    ]


def test_options_are_not_mistaken_for_commands() -> None:
    option = {"type": 3, "name": "text", "description": "The message"}

    assert [one.line for one in list_command(payload("predict", "Predict", options=[option]), {})] == [
        "`/predict` – Predict"
    ]


def test_descriptions_are_in_the_language_of_the_reader() -> None:
    translated = payload("predict", "Predict", description_localizations={"de": "Vorhersagen"})

    assert list_command(translated, {}, discord.Locale.german)[0].line == "`/predict` – Vorhersagen"
    assert list_command(translated, {}, discord.Locale.french)[0].line == "`/predict` – Predict"


def test_commands_are_shown_to_those_who_have_their_permissions() -> None:
    both = discord.Permissions(manage_guild=True, ban_members=True)
    listed = [Listed("for all", None), Listed("for some", MANAGER), Listed("for few", both)]

    def shown(permissions: discord.Permissions) -> list[str]:
        fields = help_embed(listed, permissions).fields[:-1]
        return [line for field in fields for line in str(field.value).splitlines()]

    assert shown(NOBODY) == ["for all"]
    assert shown(MANAGER) == ["for all", "for some"]
    assert shown(discord.Permissions.all()) == ["for all", "for some", "for few"]


@pytest.mark.parametrize("commands", [1, 8, 9, 40, 2500])
def test_the_card_keeps_discords_limits(commands: int) -> None:
    listed = [Listed(f"{n:04} {'x' * 115}", None if n % 2 else MANAGER) for n in range(commands)]
    embed = help_embed(listed, MANAGER)

    lines = [line for field in embed.fields for line in str(field.value).splitlines()]
    assert len(embed) <= 6000
    assert max(len(str(field.value)) for field in embed.fields) <= 1024
    assert len(embed.fields) <= 25
    assert embed.fields[-1].name == "Privacy"
    assert ("… and more: type `/` to see all." in lines) == (commands > 40)
    assert commands > 40 or {one.line for one in listed} <= {*lines}
