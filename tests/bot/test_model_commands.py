"""/model through the real client in a simulated Discord: for who runs the bot, and for nobody else."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import discord
import pytest
import simcord

from bot.client import EmojiBot
from bot.counts import reacted_with
from bot.owners import owners_of
from bot.settings import Settings
from model.predictor import Predictor
from tests.bot.admin import ADMIN, Admin, reaction_to, store_of, text_of
from tests.bot.conftest import Server
from tests.bot.stage import Loading
from tests.bundles import FLAGS, copy_bundle, flag_bundle, replace_folder, set_config

REFUSAL = "That is for those who run me."


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The shipped bundle, and one that knows flags only."""
    folder = tmp_path_factory.mktemp("bundles")
    return copy_bundle(folder / "shipped"), flag_bundle(folder / "flags")


@pytest.fixture
def settings(tmp_path: Path, folders: tuple[Path, Path]) -> Settings:
    """A bot whose model lies in a folder that a test may replace."""
    (tmp_path / "model").symlink_to(folders[0])
    return Settings(threshold=0.0, model_dir=tmp_path / "model")


def bot_of(server: Server) -> EmojiBot:
    assert isinstance(server.environment.bot, EmojiBot)
    return server.environment.bot


@pytest.fixture
def owner(server: Server) -> simcord.MemberActor:
    """The operator, who may administer this server, too."""
    role = server.guild.create_role("staff", permissions=discord.Permissions(administrator=True))
    member = server.guild.add_member(server.environment.create_user("olga"), roles=[role])
    bot_of(server).owner_ids = {member.id}
    return member


@pytest.fixture
def flags_next(server: Server, settings: Settings, folders: tuple[Path, Path]) -> None:
    """The bot runs the shipped bundle, and the other one lies in the folder now."""
    assert bot_of(server).settings.model_dir == settings.model_dir
    replace_folder(settings.model_dir, folders[1])


def card(result: simcord.InteractionResult) -> dict[str, str]:
    assert result.ephemeral
    assert result.response is not None
    (embed,) = result.response.embeds
    return {str(field.name): str(field.value) for field in embed.fields}


async def test_the_owner_sees_which_model_answers(server: Server, owner: simcord.MemberActor) -> None:
    shown = card(await owner.slash(server.channel, "model info"))

    assert shown["Version"] == f"`{Predictor.load().version}`"
    assert shown["Emoji"] == "63"
    assert shown["I react when I am at least this sure"] == "0.0%"
    assert shown["In use since"] == discord.utils.format_dt(server.environment.now(), "R")


@pytest.mark.usefixtures("flags_next")
async def test_after_a_reload_the_new_model_reacts(
    server: Server, owner: simcord.MemberActor, folders: tuple[Path, Path]
) -> None:
    before = await reaction_to(server)
    result = await owner.slash(server.channel, "model reload")

    old, new = (Predictor.load(folder).version for folder in folders)
    assert result.ephemeral
    assert text_of(result) == f"Done: model `{new}` with 63 emoji has taken over from `{old}`."
    after = await reaction_to(server)
    flags = {label.emoji for label in Predictor.load(folders[1]).bundle.labels}
    assert (before in flags, after in flags) == (False, True)
    assert card(await owner.slash(server.channel, "model info"))["Version"] == f"`{new}`"


async def test_the_same_model_is_not_swapped(server: Server, owner: simcord.MemberActor) -> None:
    result = await owner.slash(server.channel, "model reload")

    assert text_of(result).startswith("My folder holds the model that I use already")


async def test_a_model_that_is_refused_is_told_of_in_one_sentence(
    server: Server, owner: simcord.MemberActor, settings: Settings, tmp_path: Path
) -> None:
    before = await reaction_to(server)
    broken = copy_bundle(tmp_path / "broken")
    set_config(broken, format_version=99)
    replace_folder(settings.model_dir, broken)

    result = await owner.slash(server.channel, "model reload")

    assert result.ephemeral
    assert text_of(result).startswith(f"I keep the model `{Predictor.load().version}`. The model bundle ")
    assert "format" in text_of(result)
    assert await reaction_to(server) == before


@pytest.mark.usefixtures("flags_next")
async def test_messages_are_reacted_to_while_a_model_is_loaded(
    server: Server, folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    loading = Loading(monkeypatch)
    before = await reaction_to(server)
    reloading = asyncio.create_task(bot_of(server).reload_model())
    await loading.until_begun()

    assert [await reaction_to(server) for _ in range(3)] == [before] * 3

    assert not reloading.done()
    loading.may_end.set()
    assert await reloading is True
    assert await reaction_to(server) != before


@pytest.mark.usefixtures("flags_next")
async def test_a_reload_beside_another_is_told_so(
    server: Server, owner: simcord.MemberActor, monkeypatch: pytest.MonkeyPatch
) -> None:
    loading = Loading(monkeypatch)
    reloading = asyncio.create_task(bot_of(server).reload_model())
    await loading.until_begun()

    assert text_of(await owner.slash(server.channel, "model reload")).startswith("Another reload is under way.")

    loading.may_end.set()
    assert await reloading is True


@pytest.mark.usefixtures("flags_next")
async def test_settings_statistics_and_predictions_follow_the_swap(server: Server, owner: simcord.MemberActor) -> None:
    admin = Admin(server)
    assert await admin.offers("emoji off", "emoji", "flag_3") == []
    await owner.slash(server.channel, "model reload")

    flag = FLAGS[3]
    assert f"{flag.emoji} {flag.name}" in await admin.offers("emoji off", "emoji", "flag_3")
    assert flag.emoji in await admin.set("emoji off", emoji=flag.name)
    assert (await admin.show())["Emoji: switched off"] == flag.emoji
    store_of(server).count(server.guild.id, reacted_with(flag.name), 7)
    stats = await admin.member.slash(server.channel, "stats")
    assert f"{flag.emoji} **7**" in card(stats)["Top emoji"]
    predicted = await server.alice.slash(server.channel, "predict", text="i love you so much", explain=True)
    candidates, *_ = card(predicted).values()
    labels = Predictor.load(bot_of(server).settings.model_dir).bundle.labels
    assert {line.split()[0] for line in candidates.splitlines()} <= {label.emoji for label in labels}


async def test_without_a_threshold_of_the_operator_that_of_the_new_model_holds(
    tmp_path: Path, settings: Settings, folders: tuple[Path, Path]
) -> None:
    bot = EmojiBot(replace(settings, threshold=None, database_url=f"sqlite:///{tmp_path / 'own.db'}"))
    async with simcord.run(bot, shard_count=1) as environment:
        server = Server(environment)
        await environment.settle()
        admin = Admin(server)
        normal = (await admin.show())["Sensitivity"]
        replace_folder(settings.model_dir, folders[1])
        await bot.reload_model()

        assert "25%" in (await admin.show())["Sensitivity"] != normal
        await bot.close()


@pytest.mark.parametrize("command", ["model info", "model reload"])
async def test_members_and_admins_are_refused_politely_and_privately(
    server: Server, command: str, owner: simcord.MemberActor, settings: Settings, folders: tuple[Path, Path]
) -> None:
    replace_folder(settings.model_dir, folders[1])
    role = server.guild.create_role("chiefs", permissions=discord.Permissions(administrator=True))
    chief = server.guild.add_member(server.environment.create_user("carla"), roles=[role])
    known = next(one for one in await bot_of(server).tree.fetch_commands() if one.name == "model")
    server.guild.set_command_permissions(known, {server.alice: True})

    for result in (
        await chief.slash(server.channel, command),
        await server.alice.slash(server.channel, command),
        await server.environment.create_user("dora").slash(command),
    ):
        assert result.ephemeral
        assert text_of(result) == REFUSAL
    assert card(await owner.slash(server.channel, "model info"))["Version"] == f"`{Predictor.load().version}`"


async def test_ordinary_members_are_not_offered_the_commands(server: Server, owner: simcord.MemberActor) -> None:
    manager = Admin(server).member

    assert "model" not in str(server.alice.available_commands(server.channel))
    assert "model" not in str(manager.available_commands(server.channel))
    assert "model" in str(owner.available_commands(server.channel))


@pytest.mark.usefixtures("flags_next")
async def test_the_owner_may_use_them_in_direct_messages(server: Server) -> None:
    olga = server.environment.create_user("olga")
    bot_of(server).owner_ids = {olga.id}

    assert text_of(await olga.slash("model reload")).startswith("Done: ")
    assert card(await olga.slash("model info"))["Emoji"] == "63"


async def test_help_tells_only_the_owner_of_them(server: Server, owner: simcord.MemberActor) -> None:
    role = server.guild.create_role("chiefs", permissions=discord.Permissions(administrator=True))
    chief = server.guild.add_member(server.environment.create_user("carla"), roles=[role])

    assert "model reload" not in str(card(await server.alice.slash(server.channel, "help")))
    assert "model reload" not in str(card(await chief.slash(server.channel, "help")))
    shown = card(await owner.slash(server.channel, "help"))
    assert "/model info" in shown["Those who run me"]
    assert "/model reload" in shown["Those who run me"]
    assert "/model" not in shown["Those who manage this server"]


async def test_help_tells_the_owner_in_direct_messages(server: Server) -> None:
    olga = server.environment.create_user("olga")
    bot_of(server).owner_ids = {olga.id}

    assert "/model reload" in card(await olga.slash("help"))["Those who run me"]


def _person(number: int) -> dict[str, Any]:
    return {"id": str(number), "username": f"user{number}", "discriminator": "0", "avatar": None}


def _member(number: int, role: str, accepted: bool = True) -> dict[str, Any]:
    return {"user": _person(number), "membership_state": 2 if accepted else 1, "permissions": ["*"], "role": role}


def _application(team: dict[str, Any] | None) -> discord.AppInfo:
    data: Any = {
        "id": "1",
        "name": "emoji",
        "description": "",
        "icon": None,
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "",
        "flags": 0,
        "owner": _person(7),
        "team": team,
    }
    return discord.AppInfo(state=EmojiBot(Settings())._connection, data=data)


async def test_the_owner_of_an_application_runs_the_bot() -> None:
    assert owners_of(_application(None)) == {7}


async def test_of_a_team_its_owner_admins_and_developers_run_the_bot() -> None:
    members = [
        _member(11, "admin"),
        _member(12, "developer"),
        _member(13, "read_only"),
        _member(14, "admin", accepted=False),
    ]
    team = {"id": "2", "name": "team", "icon": None, "owner_user_id": "10", "members": members}

    assert owners_of(_application(team)) == {10, 11, 12}
    assert ADMIN.manage_guild  # an admin of a server is none of them
