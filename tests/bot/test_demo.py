"""The demo as a person meets it: a real browser, a chat, slash commands, an admin and the members.

`DEMO_PICTURES=docs pytest tests/bot/test_demo.py` takes the README's pictures on the way.
"""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import discord
import pytest
from playwright.async_api import expect

from bot.demo import DemoError, serve
from bot.settings import Settings
from tests.bot.demo_page import CHROMIUM, DemoPage, opened

ROOT = Path(__file__).parents[2]
ADMIN_COMMANDS = {"settings show", "settings switch", "stats"}

browses = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")


@contextmanager
def _demo(folder: Path, port: int = 0) -> Iterator[subprocess.Popen[str]]:
    """`python -m bot demo`, as the README has it, in a folder without a .env; what it writes goes there too."""
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "demo", "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder)},
        cwd=folder,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _ends_well(demo: subprocess.Popen[str], folder: Path) -> None:
    """It ends without a word beyond its log, and leaves nothing behind."""
    out, err = demo.communicate(timeout=60)

    assert demo.returncode == 0
    assert out == ""
    assert not re.search("WARNING|ERROR|Traceback|Warning", err), err
    assert list(folder.iterdir()) == []


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of a demo that all tests of this file share; Ctrl+C ends it."""
    folder = tmp_path_factory.mktemp("demo")
    with _demo(folder) as demo:
        assert demo.stdout is not None
        line = demo.stdout.readline()
        found = re.fullmatch(r"Demo ready: (http://127\.0\.0\.1:\d+/#\S+)\n", line)
        assert found, f"no address in {line!r}"
        yield found.group(1)
        demo.send_signal(signal.SIGINT)
        _ends_well(demo, folder)


@pytest.fixture
async def page(address: str) -> AsyncIterator[DemoPage]:
    """Fresh, seen by the admin."""
    async with opened(address) as page:
        yield page


@browses
async def test_a_visitor_types_a_message_and_sees_the_reaction(page: DemoPage) -> None:
    message = await page.say("we won the finals!!! best night of my life")

    await expect(message.locator(".reaction-chip")).to_have_text(re.compile("[🎉🏆🔥👏😄❤]"))
    await page.picture("demo", page.message("good morning everyone"), page.composer)


@browses
async def test_a_member_asks_what_the_bot_thinks_and_why(page: DemoPage) -> None:
    await page.look_as("mika")

    answer = await page.command("predict", text="my dog died this morning and i miss him so much", explain="True")

    await expect(answer).to_contain_text("Likeliest emoji")
    await expect(answer).to_contain_text(re.compile(r"Words for .*×\d\.\d died", re.DOTALL))
    await page.picture("predict", answer, answer)


@browses
async def test_a_member_is_offered_no_command_of_admins(page: DemoPage) -> None:
    assert set(await page.offered()) >= {"predict", "help", *ADMIN_COMMANDS}

    await page.look_as("mika")
    offered = set(await page.offered())

    assert offered >= {"predict", "help"}
    assert not offered & ADMIN_COMMANDS


@browses
async def test_what_an_admin_sets_is_obeyed(page: DemoPage) -> None:
    await page.command("settings switch", state="off")
    await expect((await page.say("i passed the exam!!!")).locator(".reaction-chip")).to_have_count(0)

    await page.command("settings switch", state="on")
    await page.command("settings emoji replace", emoji="coffee", **{"with": "latte"})
    coffee = await page.say("first coffee of the day")

    await expect(coffee.locator(".reaction-chip img")).to_have_attribute("alt", re.compile("latte"))
    card = await page.command("settings show")
    await expect(card).to_contain_text("#announcements: Add Reactions")
    await page.picture("settings", card, card)


@browses
async def test_statistics_tell_of_the_weeks_before(page: DemoPage) -> None:
    answer = await page.command("stats")

    seen = re.search(r"Messages seen: (\d+)", await answer.inner_text())
    assert seen
    assert int(seen.group(1)) > 50
    await expect(answer).to_contain_text("No permission to react: 1")
    await expect(answer.locator(".embed-media img")).not_to_have_js_property("naturalWidth", 0)
    await page.picture("stats", answer, answer)


@browses
async def test_the_clock_goes_on(page: DemoPage) -> None:
    moments = []
    for text in ("is anybody here", "hello?"):
        message = await page.say(text)
        identity = await message.get_attribute("data-message-id")
        moments.append(discord.utils.snowflake_time(int(identity or 0)))
        await message.page.wait_for_timeout(1_500)

    assert (moments[1] - moments[0]).total_seconds() >= 1


def test_a_signal_while_it_starts_ends_it(tmp_path: Path) -> None:
    with _demo(tmp_path) as demo:
        assert demo.stderr is not None
        while "ready" not in demo.stderr.readline():
            pass
        demo.send_signal(signal.SIGTERM)
        _ends_well(demo, tmp_path)


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with _demo(tmp_path, port) as demo:
            out, err = demo.communicate(timeout=60)

    assert demo.returncode == 2
    assert out == ""
    assert err == f"The demo cannot be served on port {port}: Address already in use.\n"


async def test_a_channel_that_is_not_there_is_one_sentence() -> None:
    with pytest.raises(DemoError, match=r"no channel 'cellar', only general, .*\.$"):
        await serve(Settings(), 0, "cellar")
