import gc
import weakref
from collections.abc import Iterator

import pytest

from bot.client import EmojiBot
from bot.collector import spare_what_stays
from bot.settings import Settings


class Ring:
    """Garbage that only the collector finds."""

    def __init__(self) -> None:
        self.self = self


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


async def _become_ready(bot: EmojiBot) -> None:
    for listener in bot.extra_events["on_ready"]:
        await listener()


async def test_what_is_there_when_the_bot_is_ready_is_never_searched_again() -> None:
    bot = EmojiBot(Settings())
    spare_what_stays(bot)
    assert gc.get_freeze_count() == 0
    await _become_ready(bot)
    assert gc.get_freeze_count() > 10_000
    assert len(gc.get_objects()) < 10_000


async def test_what_has_become_garbage_by_the_next_time_is_freed() -> None:
    bot = EmojiBot(Settings())
    spare_what_stays(bot)
    old_cache = Ring()
    freed = weakref.ref(old_cache)
    await _become_ready(bot)
    del old_cache
    gc.collect()
    assert freed() is not None
    await _become_ready(bot)
    assert freed() is None
