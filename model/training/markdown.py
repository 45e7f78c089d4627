"""Markdown for the model card and the evaluation report."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

_SPECIAL: Final = re.compile(r"[\\`*_\[\]<>|~#&]")


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table."""
    lines = (header, ["---"] * len(header), *rows)
    return [f"| {' | '.join(cells)} |" for cells in lines]


def escape(text: str) -> str:
    """Any text as plain words on one line."""
    return _SPECIAL.sub(r"\\\g<0>", " ".join(text.split()))
