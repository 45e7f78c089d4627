"""Coming, staying and going: the gateway, and the process around the bot."""

import math
import signal
import sys
from pathlib import Path
from typing import Final

import pytest

from bot.client import EmojiBot
from bot.settings import Settings
from tests.wire.bots import connected, end, process
from tests.wire.gateway import CloseCode
from tests.wire.server import TOKEN, Hang, Route, WireServer

CLEAN: Final = 1000

needs_sigterm = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to catch")


async def test_the_bot_knows_its_guild_when_it_is_ready(bot: EmojiBot) -> None:
    await bot.wait_until_ready()
    assert [guild.name for guild in bot.guilds] == ["the guild"]


async def test_heartbeats_go_on_and_are_acknowledged(server: WireServer, settings: Settings) -> None:
    server.heartbeat_interval = 20
    async with connected(server, settings) as bot:
        await server.until(lambda: server.heartbeats >= 3)
        # The gateway is read in order: after this reaction the first acknowledgements have been read too.
        await server.until_reacted(await server.say("still alive and kicking"))
        assert math.isfinite(bot.latency)


async def test_a_closing_bot_leaves_the_gateway_cleanly(server: WireServer, settings: Settings) -> None:
    async with connected(server, settings):
        assert server.close_codes == []
    await server.until(lambda: server.close_codes == [CLEAN])


@needs_sigterm
async def test_sigterm_ends_the_process_cleanly(server: WireServer, tmp_path: Path) -> None:
    async with process(server, tmp_path) as child:
        await server.until_ready()
        await server.until_reacted(await server.say("see you tomorrow"))
        child.send_signal(signal.SIGTERM)
        assert await end(child) == (0, "")
    await server.until(lambda: server.close_codes == [CLEAN])


@needs_sigterm
async def test_sigterm_does_not_wait_for_a_reply_that_never_comes(server: WireServer, tmp_path: Path) -> None:
    server.fail(Route.ADD_REACTION, Hang())
    async with process(server, tmp_path) as child:
        await server.until_ready()
        await server.say("see you tomorrow")
        await server.until_received(Route.ADD_REACTION)
        child.send_signal(signal.SIGTERM)
        assert await end(child) == (0, "")


@needs_sigterm
@pytest.mark.parametrize("route", [Route.ME, Route.COMMANDS, Route.GATEWAY], ids=lambda route: route.name)
async def test_sigterm_ends_a_start_under_way(server: WireServer, tmp_path: Path, route: Route) -> None:
    server.fail(route, Hang())
    async with process(server, tmp_path) as child:
        await server.until_received(route)
        child.send_signal(signal.SIGTERM)
        assert await end(child) == (0, "")


async def test_a_bad_token_ends_the_process_with_one_sentence(server: WireServer, tmp_path: Path) -> None:
    async with process(server, tmp_path, token="not-the-token") as child:
        status, words = await end(child)
    assert status == 2
    assert words == "Discord refused the token: copy DISCORD_TOKEN anew from the developer portal.\n"


async def test_a_missing_intent_ends_the_process_with_one_sentence(server: WireServer, tmp_path: Path) -> None:
    server.message_content = False
    async with process(server, tmp_path) as child:
        status, words = await end(child)
    assert status == 2
    assert words.startswith("The Message Content intent is off: ")
    assert words.count("\n") == 1


async def test_a_token_revoked_meanwhile_ends_the_process_with_one_sentence(server: WireServer, tmp_path: Path) -> None:
    server.identify_refusal = CloseCode.AUTHENTICATION_FAILED
    async with process(server, tmp_path) as child:
        status, words = await end(child)
    assert status == 2
    assert words.startswith("Discord refused the token: ")
    assert words.count("\n") == 1


async def test_a_discord_out_of_reach_ends_the_process_with_one_sentence(tmp_path: Path) -> None:
    async with WireServer() as gone:
        pass
    async with process(gone, tmp_path) as child:
        status, words = await end(child)
    assert status == 75
    assert words.startswith("Discord cannot be reached: ")
    assert words.count("\n") == 1


async def test_even_the_most_talkative_log_holds_no_message_text_and_no_token(
    server: WireServer, tmp_path: Path
) -> None:
    async with process(server, tmp_path, log_level="DEBUG") as child:
        await server.until_ready()
        await server.until_reacted(await server.say("a most unmistakable sentence"))
        child.terminate()
        status, words = await end(child)
    assert status == 0
    assert "counted=reacted" in words
    assert "unmistakable" not in words
    assert TOKEN not in words


async def test_closing_with_reactions_waiting_drops_them_in_order(server: WireServer, settings: Settings) -> None:
    server.fail(Route.ADD_REACTION, Hang())
    async with connected(server, settings):
        for _ in range(5):
            await server.say("happy birthday, my friend")
        await server.until_received(Route.ADD_REACTION)
        await server.settle()
    assert len(server.received(Route.ADD_REACTION)) == 1
