"""/settings reset: asks first, and listens only to who asked."""

import pytest
import simcord
from simcord.actors import _component_interaction

from bot.cogs.reset_question import PATIENCE
from bot.guild_settings import GuildSettings
from tests.bot.admin import Admin, reaction_to, store_of, text_of
from tests.bot.conftest import Server


@pytest.fixture
def admin(server: Server) -> Admin:
    return Admin(server)


async def _ask(admin: Admin) -> simcord.ResponseMessage:
    result = await admin.member.slash(admin.server.channel, "settings reset")
    assert result.ephemeral
    assert "Opt-outs" not in text_of(result)
    assert "opt-outs, what I learned, and the statistics stay" in text_of(result)
    assert result.response is not None
    return result.response


def _now(server: Server, question: simcord.ResponseMessage) -> tuple[str, list[bool]]:
    """What the question says by now, and which of its buttons are disabled."""
    stored = server.environment.backend.get_message(question.channel_id, question.id)
    return stored.content, [bool(button.get("disabled")) for button in stored.components[0]["components"]]


async def _press(member: simcord.MemberActor, question: simcord.ResponseMessage, button: int) -> str:
    """Press a button although the message may be hidden from this member or the button disabled."""
    stored = member._env.backend.get_message(question.channel_id, question.id)
    pressed = stored.components[0]["components"][button]
    data = {"custom_id": pressed["custom_id"], "component_type": pressed["type"]}
    result = await _component_interaction(member, stored, data)
    return result.response.content if result.response is not None else ""


async def test_reset_takes_the_settings_back_and_leaves_the_opt_outs(server: Server, admin: Admin) -> None:
    bob = server.guild.add_member(server.environment.create_user("bob"))
    await store_of(server).opt_out(bob.id, server.guild.id)
    await admin.set("switch", state="off")
    question = await _ask(admin)
    await admin.member.click(question, label="Reset")

    assert await reaction_to(server) is not None
    assert await reaction_to(server, sender=bob) is None
    line, disabled = _now(server, question)
    assert line.startswith("Done")
    assert disabled == [True, True]


async def test_a_change_of_mind_keeps_the_settings(server: Server, admin: Admin) -> None:
    await admin.set("switch", state="off")
    question = await _ask(admin)
    await admin.member.click(question, label="Keep")
    await _press(admin.member, question, 0)  # too late

    assert _now(server, question) == ("Nothing was changed.", [True, True])
    assert await reaction_to(server) is None


async def test_only_who_asked_may_answer(server: Server, admin: Admin) -> None:
    await admin.set("switch", state="off")
    question = await _ask(admin)

    assert await _press(Admin(server, "eve").member, question, 0) == "That question was for somebody else."
    assert await reaction_to(server) is None
    assert _now(server, question)[1] == [False, False]


async def test_who_lost_the_permission_meanwhile_is_refused(server: Server, admin: Admin) -> None:
    await admin.set("switch", state="off")
    question = await _ask(admin)
    server.guild._guild.members[admin.member.id].role_ids.clear()

    assert "Manage Server" in await _press(admin.member, question, 0)
    assert await reaction_to(server) is None


async def test_a_question_that_nobody_answers_expires(server: Server, admin: Admin) -> None:
    question = await _ask(admin)
    await server.environment.advance_time(PATIENCE + 1)

    line, disabled = _now(server, question)
    assert "expired" in line
    assert disabled == [True, True]


async def test_an_outage_of_the_database_is_told(server: Server, admin: Admin) -> None:
    await admin.set("length", longest=5)
    question = await _ask(admin)
    await store_of(server)._database.close()
    await admin.member.click(question, label="Reset")

    assert "can't reach my database" in _now(server, question)[0]
    assert (await store_of(server).load(server.guild.id)).settings == GuildSettings(longest=5)
