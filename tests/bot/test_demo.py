"""The demo as a person meets it: a real browser types into the page and sees the reaction appear."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import async_playwright, expect

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def demo(port: int, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """`python -m bot demo`, as the README has it, in a folder without a .env."""
    command = [sys.executable, "-m", "bot", "demo", "--port", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=tmp_path
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def _address(demo: subprocess.Popen[str]) -> str:
    assert demo.stdout is not None
    line = demo.stdout.readline()
    found = re.search(r"http://127\.0\.0\.1:\d+/\S+", line)
    assert found, f"no address in {line!r}"
    return found.group()


def test_it_prints_one_address_and_stops_on_a_signal(demo: subprocess.Popen[str], port: int) -> None:
    assert f"http://127.0.0.1:{port}/" in _address(demo)
    demo.send_signal(signal.SIGTERM)
    out, err = demo.communicate(timeout=30)

    assert demo.returncode == 0
    assert out == ""
    assert "Traceback" not in err


def test_a_taken_port_is_one_sentence(port: int, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        done = subprocess.run(
            [sys.executable, "-m", "bot", "demo", "--port", str(port)],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            cwd=tmp_path,
            timeout=60,
        )

    assert done.returncode == 2
    assert f"The demo cannot be served on port {port}" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
async def test_a_visitor_types_a_message_and_sees_the_reaction(demo: subprocess.Popen[str]) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await browser.new_page(viewport={"width": 1200, "height": 800})
        await page.goto(_address(demo))
        reactions = page.locator(".reaction-chip")
        await expect(page.get_by_text("I GOT THE JOB!!!").last).to_be_visible()
        # Until it has told the server its size, the page sends nothing.
        await expect(page.get_by_text("Viewport updated").first).to_be_visible()
        before = await reactions.count()

        composer = page.locator("#channel-composer-input")
        await composer.fill("we won the finals!!! best night of my life")
        await composer.press("Enter")

        await expect(reactions).to_have_count(before + 1, timeout=15_000)
        await expect(reactions.last).to_contain_text(re.compile("[🎉🏆🔥👏😄❤️]"))
        if picture := os.environ.get("DEMO_PICTURE"):
            await page.screenshot(path=picture)
        await browser.close()
