"""What people write: sentences written for this, with the noise of real chat."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final

SENTENCES: Final = tuple(Path(__file__).with_name("chat.txt").read_text("utf-8").splitlines())

_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
_NOISY: Final = 0.4
"""Share of the messages that are not quite what was written down."""


def messages(chance: random.Random) -> Iterator[str]:
    """Endless chat: sentences alone or in a row, some shouted, mistyped or drawn out, with links, mentions, emoji."""
    while True:
        text = chance.choice(SENTENCES)
        if chance.random() < _NOISY:
            text = _noisy(text, chance)
        yield text


def _noisy(text: str, chance: random.Random) -> str:
    where = chance.randrange(len(text))
    kinds = (
        f"{text}. {chance.choice(SENTENCES)}",
        f"{text}\n{chance.choice(SENTENCES)}\n{chance.choice(SENTENCES)}",
        text.upper(),
        text[:where] + chance.choice(_LETTERS) + text[where + 1 :],
        text[:where] + text[where] * chance.randint(2, 8) + text[where:],
        f"{text} https://example.com/{chance.randrange(10**6)}",
        f"<@{chance.randrange(10**17, 10**18)}> {text}",
        f"{text} <:party:{chance.randrange(10**17, 10**18)}>",
        f"{text} {chance.choice('😂🎉😢🔥👍❤🙏😭')}",
        "".join(chance.choice(_LETTERS) for _ in range(chance.randint(3, 14))),
    )
    return chance.choice(kinds)
