"""What must come of any input: nothing, or a documented refusal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

Run = Callable[[bytes], None]
"""Takes any bytes. Returns where the contract held, and raises where not."""

_LONGEST_SENTENCE: Final = 1000


@contextmanager
def refused(*kinds: type[Exception]) -> Iterator[None]:
    """Accept a documented refusal, if it is one readable line."""
    try:
        yield
    except kinds as error:
        sentence = str(error)
        if len(sentence.splitlines()) != 1 or not sentence.isprintable() or len(sentence) > _LONGEST_SENTENCE:
            raise AssertionError(f"not one readable line: {sentence[:1000]!r}") from error


def as_text(content: bytes) -> str:
    """Text for any bytes, lone surrogates among it: where they are no UTF-8, each byte becomes one."""
    return content.decode("utf-8", "surrogateescape")
