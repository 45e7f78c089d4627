"""The demo's page in a real browser: what a person types, chooses and sees."""

import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import FloatRect, Locator, Page, async_playwright, expect

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PICTURES = os.environ.get("DEMO_PICTURES")
"""The folder for pictures of what the tests see; without it, none are taken."""

MARGIN = 6  # above what is in a picture
SLOW = 60_000  # milliseconds


class DemoPage:
    """The page of one visitor."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.composer = page.locator("#channel-composer-input")
        self._messages = page.locator("#channel-message-list [data-message-id]")

    async def look_as(self, name: str) -> None:
        """Become another of the server's people, as the first thing done in the page."""
        await self._page.get_by_label("Viewing as").select_option(label=name)
        await expect(self._page.locator("#action-status")).to_have_text("Action completed")

    async def say(self, text: str) -> Locator:
        """Send a message; returns it when the bot is done with it."""
        last = await self._last_id()
        await self.composer.fill(text)
        await self.composer.press("Enter")
        return await self._after(last)

    async def command(self, name: str, **options: str) -> Locator:
        """Choose a slash command from the list and fill it in; returns the answer."""
        last = await self._last_id()
        await self.composer.fill(f"/{name}")
        await self._page.locator(".command-entry", has=self._page.get_by_text(f"/{name}", exact=True)).click()
        for option, value in options.items():
            await self._fill_in(option, value)
        await self._page.locator("#send-message").click()
        return await self._after(last)

    async def offered(self) -> list[str]:
        """The slash commands that the page offers, without their slash."""
        await self.composer.fill("/")
        names = await self._page.locator(".command-entry strong").all_inner_texts()
        await self.composer.fill("")
        return [name.removeprefix("/") for name in names]

    async def picture(self, name: str, first: Locator, last: Locator) -> None:
        """Keep a picture of the page from `first` to `last`, where pictures are wanted."""
        if PICTURES is None:
            return
        await self.composer.blur()
        await last.scroll_into_view_if_needed()
        await expect(self._messages.locator(".message-avatar-image:not(:has(img))")).to_have_count(0)
        await self._page.wait_for_timeout(500)  # what loads moves the rest
        top, bottom = await _box(first), await _box(last)
        height = bottom["y"] + bottom["height"] - top["y"]
        clip = FloatRect(x=top["x"], y=top["y"] - MARGIN, width=top["width"], height=height + MARGIN)
        await self._page.screenshot(path=Path(PICTURES) / f"{name}.png", clip=clip)

    def message(self, text: str) -> Locator:
        """The latest message with this text."""
        return self._messages.filter(has_text=text).last

    async def _fill_in(self, option: str, value: str) -> None:
        field = self._page.locator(f"input[data-option={option}]")
        suggestions = self._page.locator(".command-suggestion")
        if not await field.count():
            await self._page.locator(".command-ghost").click()
            await suggestions.filter(has_text=re.compile(f"^{option}")).click()
        await field.fill(value)
        if await field.get_attribute("role") == "combobox":
            await suggestions.filter(has_text=value).first.click()

    async def _last_id(self) -> str:
        return await self._messages.last.get_attribute("data-message-id") or ""

    async def _after(self, last: str) -> Locator:
        """The message that follows `last`, once the page shows it."""
        await expect(self._messages.last).not_to_have_attribute("data-message-id", last)
        return self._page.locator(f'article[data-message-id="{await self._last_id()}"]')


@asynccontextmanager
async def opened(address: str) -> AsyncIterator[DemoPage]:
    """The page at `address`, as wide as the pictures are meant to be."""
    expect.set_options(timeout=SLOW)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await browser.new_page(viewport={"width": 560, "height": 1300}, device_scale_factor=1.5)
        page.set_default_timeout(SLOW)
        await page.goto(address)
        # Until it has told the server its size, the page sends nothing.
        await expect(page.get_by_text("Viewport updated").first).to_be_visible()
        yield DemoPage(page)
        await browser.close()


async def _box(message: Locator) -> FloatRect:
    box = await message.bounding_box()
    assert box is not None
    return box
