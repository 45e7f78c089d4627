"""The pauses between reactions: alone with a clock of the test's own, and through the real client."""

from dataclasses import replace

import pytest

from bot import cooldowns
from bot.cooldowns import Cooldowns
from bot.guild_settings import GuildSettings
from bot.policy import Skip
from bot.settings import Settings
from tests.bot.conftest import Server
from tests.bot.stage import GOOD_NEWS, LOGISTICS, fates, hold_model, post, store_of
from tests.bot.store.conftest import Ticks

GUILD, CHANNEL, MEMBER = 1, 2, 3
BOTH = GuildSettings(channel_cooldown=10, member_cooldown=60)


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def pauses(ticks: Ticks) -> Cooldowns:
    return Cooldowns(ticks)


@pytest.fixture
def settings() -> Settings:
    """React where the model is rather sure."""
    return Settings(threshold=0.5)


def test_a_channel_and_a_member_pause_after_a_reaction_each_for_its_time(pauses: Cooldowns, ticks: Ticks) -> None:
    assert pauses.refusal(GUILD, CHANNEL, MEMBER, BOTH) is None
    pauses.start(GUILD, CHANNEL, MEMBER)

    assert pauses.refusal(GUILD, CHANNEL, MEMBER, BOTH) is Skip.CHANNEL_COOLDOWN
    ticks.now += 10
    assert pauses.refusal(GUILD, CHANNEL, MEMBER, BOTH) is Skip.MEMBER_COOLDOWN
    ticks.now += 50
    assert pauses.refusal(GUILD, CHANNEL, MEMBER, BOTH) is None


def test_other_channels_members_and_servers_do_not_pause(pauses: Cooldowns) -> None:
    pauses.start(GUILD, CHANNEL, MEMBER)

    assert pauses.refusal(GUILD, CHANNEL + 10, MEMBER + 10, BOTH) is None
    assert pauses.refusal(GUILD + 10, CHANNEL, MEMBER, BOTH) is None
    assert pauses.refusal(GUILD, CHANNEL, MEMBER + 10, BOTH) is Skip.CHANNEL_COOLDOWN
    assert pauses.refusal(GUILD, CHANNEL + 10, MEMBER, BOTH) is Skip.MEMBER_COOLDOWN


def test_without_cooldowns_nobody_pauses(pauses: Cooldowns) -> None:
    pauses.start(GUILD, CHANNEL, MEMBER)

    assert pauses.refusal(GUILD, CHANNEL, MEMBER, GuildSettings()) is None


def test_a_changed_cooldown_holds_for_reactions_already_made(pauses: Cooldowns, ticks: Ticks) -> None:
    pauses.start(GUILD, CHANNEL, MEMBER)
    ticks.now += 100

    assert pauses.refusal(GUILD, CHANNEL, MEMBER, BOTH) is None
    assert pauses.refusal(GUILD, CHANNEL, MEMBER, replace(BOTH, channel_cooldown=101)) is Skip.CHANNEL_COOLDOWN


def test_a_reaction_that_came_to_nothing_pauses_nobody(pauses: Cooldowns) -> None:
    pauses.start(GUILD, CHANNEL, MEMBER)()

    assert pauses.refusal(GUILD, CHANNEL, MEMBER, BOTH) is None


def test_a_reaction_that_came_to_nothing_leaves_the_pause_of_the_one_before(pauses: Cooldowns, ticks: Ticks) -> None:
    pauses.start(GUILD, CHANNEL, MEMBER)
    ticks.now += 6
    pauses.start(GUILD, CHANNEL, MEMBER)()
    assert pauses.refusal(GUILD, CHANNEL, MEMBER, BOTH) is Skip.CHANNEL_COOLDOWN
    ticks.now += 4

    assert pauses.refusal(GUILD, CHANNEL, MEMBER, BOTH) is Skip.MEMBER_COOLDOWN


def test_taking_one_back_leaves_the_pause_of_a_later_one(pauses: Cooldowns, ticks: Ticks) -> None:
    take_back = pauses.start(GUILD, CHANNEL, MEMBER)
    ticks.now += 1
    pauses.start(GUILD, CHANNEL, MEMBER)
    take_back()
    ticks.now += 9

    assert pauses.refusal(GUILD, CHANNEL, MEMBER, BOTH) is Skip.CHANNEL_COOLDOWN


def test_only_so_many_are_remembered(ticks: Ticks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cooldowns, "_ENTRIES", 4)
    pauses = Cooldowns(ticks)
    for member_id in (10, 20, 30):
        pauses.start(GUILD, CHANNEL, member_id)

    assert len(pauses._last) == 4
    assert pauses.refusal(GUILD, CHANNEL, 30, BOTH) is Skip.CHANNEL_COOLDOWN


async def _pause(server: Server, **seconds: int) -> None:
    await store_of(server).change(server.guild.id, lambda chosen: replace(chosen, **seconds))  # type: ignore[arg-type]


async def test_a_channel_that_had_its_reaction_gets_none_for_a_while(server: Server) -> None:
    await _pause(server, channel_cooldown=600)
    elsewhere = server.guild.create_text_channel("elsewhere")
    for channel in (server.channel, server.channel, elsewhere):
        await server.alice.send(channel, GOOD_NEWS)

    assert await fates(server) == {"reacted": 2, "skipped.channel cooldown": 1}


async def test_a_member_who_had_a_reaction_gets_none_for_a_while(server: Server) -> None:
    await _pause(server, member_cooldown=600)
    bob = server.guild.add_member(server.environment.create_user("bob"))
    elsewhere = server.guild.create_text_channel("elsewhere")
    await server.alice.send(server.channel, GOOD_NEWS)
    await server.alice.send(elsewhere, GOOD_NEWS)
    await bob.send(server.channel, GOOD_NEWS)

    assert await fates(server) == {"reacted": 2, "skipped.member cooldown": 1}


async def test_a_message_without_a_reaction_starts_no_pause(server: Server) -> None:
    await _pause(server, channel_cooldown=600)
    await server.alice.send(server.channel, LOGISTICS)
    await server.alice.send(server.channel, GOOD_NEWS)

    assert await fates(server) == {"silent": 1, "reacted": 1}


async def test_a_refused_reaction_starts_no_pause(server: Server) -> None:
    await _pause(server, channel_cooldown=600)
    server.environment.inject_error("PUT", "/channels/*/reactions/*", status=400, code=30010, message="no")
    for _ in range(2):
        await server.alice.send(server.channel, GOOD_NEWS)

    assert await fates(server) == {"skipped.full": 1, "reacted": 1}


@pytest.mark.parametrize("kind", ["channel", "member"])
async def test_of_messages_judged_at_the_same_time_one_gets_the_reaction(
    server: Server, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    await _pause(server, **{f"{kind}_cooldown": 600})
    gate = hold_model(monkeypatch)
    for _ in range(5):
        post(server, GOOD_NEWS)
    await gate.reached.wait()
    await gate.open(server)

    assert await fates(server) == {"reacted": 1, f"skipped.{kind} cooldown": 4}
