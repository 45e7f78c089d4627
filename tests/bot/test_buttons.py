"""Buttons under private answers: what Discord's daily life, a mistake and the end of the bot do to them."""

import asyncio
import gc
from collections.abc import Awaitable, Callable
from unittest.mock import AsyncMock

import aiohttp
import discord
import pytest
import simcord

from tests.bot.admin import Admin, store_of
from tests.bot.conftest import Server

ERRORS = (aiohttp.ServerDisconnectedError(), ConnectionResetError())
CALLBACK = ("POST", "/interactions/*/callback")


@pytest.fixture
def admin(server: Server) -> Admin:
    return Admin(server)


async def reset(admin: Admin) -> simcord.ResponseMessage:
    """The question of `/settings reset`."""
    return _response(await admin.member.slash(admin.server.channel, "settings reset"))


async def forget_me(admin: Admin) -> simcord.ResponseMessage:
    """The answer to `/privacy forget-me` of somebody with an opt-out."""
    await store_of(admin.server).opt_out(admin.member.id, admin.server.guild.id)
    return _response(await admin.member.slash(admin.server.channel, "privacy forget-me"))


BOTH = pytest.mark.parametrize(
    ("ask", "label"), [(reset, "Reset"), (forget_me, "Delete my opt-outs too")], ids=["reset", "forget-me"]
)
Ask = Callable[[Admin], Awaitable[simcord.ResponseMessage]]


def _response(result: simcord.InteractionResult) -> simcord.ResponseMessage:
    assert result.response is not None
    return result.response


def _logged(log: pytest.LogCaptureFixture, level: str) -> list[str]:
    gc.collect()  # asyncio logs the exceptions that nobody asked for when their tasks go
    return [record.getMessage() for record in log.records if record.levelname == level]


@BOTH
async def test_a_press_that_discord_does_not_take_can_be_repeated(
    server: Server, admin: Admin, ask: Ask, label: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await ask(admin)
    server.environment.check_errors = False
    server.environment.inject_error(*CALLBACK, status=404, code=10062, message="Unknown interaction")
    await admin.member.click(answer, label=label)

    (warning,) = _logged(caplog, "WARNING")
    assert warning.startswith("answer failed buttons=")
    assert warning.endswith("status=404 code=10062")
    assert _logged(caplog, "ERROR") == []
    await admin.member.click(answer, label=label)
    assert answer.content.startswith("Done")


@BOTH
@pytest.mark.parametrize("error", ERRORS, ids=repr)
async def test_a_press_while_discord_is_out_of_reach_can_be_repeated(
    server: Server,
    admin: Admin,
    ask: Ask,
    label: str,
    error: Exception,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = await ask(admin)
    server.environment.check_errors = False
    with monkeypatch.context() as unreachable:
        unreachable.setattr(discord.InteractionResponse, "defer", AsyncMock(side_effect=error))
        await admin.member.click(answer, label=label)

    (warning,) = _logged(caplog, "WARNING")
    assert warning.startswith("answer failed, Discord out of reach buttons=")
    assert _logged(caplog, "ERROR") == []
    await admin.member.click(answer, label=label)
    assert answer.content.startswith("Done")


@BOTH
@pytest.mark.parametrize("error", ERRORS, ids=repr)
async def test_buttons_expire_quietly_while_discord_is_out_of_reach(
    server: Server,
    admin: Admin,
    ask: Ask,
    label: str,
    error: Exception,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await ask(admin)
    unreachable = AsyncMock(side_effect=error)
    monkeypatch.setattr(discord.Interaction, "edit_original_response", unreachable)
    await server.environment.advance_time(601)

    unreachable.assert_awaited_once()
    assert _logged(caplog, "ERROR") == []


@BOTH
async def test_a_mistake_is_answered_and_logged_once(
    server: Server,
    admin: Admin,
    ask: Ask,
    label: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = await ask(admin)
    for name in ("reset", "forget_user"):
        monkeypatch.setattr(store_of(server), name, AsyncMock(side_effect=ZeroDivisionError))
    server.environment.check_errors = False
    pressed = await admin.member.click(answer, label=label)

    (apology,) = pressed.followups
    assert apology.content == "Something went wrong on my side. Please try again in a moment."
    (error,) = _logged(caplog, "ERROR")
    assert error.startswith("buttons failed buttons=")


@BOTH
async def test_nothing_waits_for_a_press_after_the_end_of_the_bot(
    server: Server, admin: Admin, ask: Ask, label: str
) -> None:
    await ask(admin)
    assert len(_waiting()) == 1
    await server.environment.bot.close()

    assert _waiting() == []


def _waiting() -> list[str]:
    coroutines = (str(task.get_coro()) for task in asyncio.all_tasks())
    return [coroutine for coroutine in coroutines if "BaseView" in coroutine]
