"""The emoji that a model can answer with: `labels.tsv`, header `name<TAB>emoji`, one label a line, in output order."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from model.errors import LineError

LONGEST_NAME: Final = 32
_HEADER: Final = "name\temoji"
_VARIATION_SELECTOR: Final = "\ufe0f"
_LONGEST_EMOJI: Final = 16
"""Characters; the longest of Unicode 17, two people who kiss, has ten."""
_KEYCAPS: Final = frozenset(f"{key}\u20e3" for key in "#*0123456789")
_EMOJI_CATEGORIES: Final = frozenset({"So", "Sk", "Sm", "Po", "Pd", "Mn", "Me"})


class LabelsError(LineError):
    """A labels file is wrong."""


@dataclass(frozen=True, slots=True)
class Label:
    """One emoji and its short name, such as "joy"."""

    name: str
    emoji: str


def bare(emoji: str) -> str:
    """The emoji without U+FE0F, which clients and data sets add or leave out at will: the form to compare by."""
    return emoji.replace(_VARIATION_SELECTOR, "")


def load_labels(path: Path) -> tuple[Label, ...]:
    """Read a labels file.

    Raises:
        LabelsError: it is missing, empty, malformed, or holds a name or emoji twice.
    """
    try:
        return parse_labels(path.read_text(encoding="utf-8"), path)
    except (OSError, UnicodeDecodeError) as error:
        raise LabelsError(path, 1, "the file is missing or not UTF-8") from error


def parse_labels(content: str, path: Path) -> tuple[Label, ...]:
    """Parse the text of a labels file; `path` is for the error messages."""
    lines = content.removesuffix("\n").split("\n")
    if lines[0] != _HEADER:
        raise LabelsError(path, 1, "the header must be name, a tab, emoji")
    labels: list[Label] = []
    names: set[str] = set()
    taken: set[str] = set()
    for number, line in enumerate(lines[1:], start=2):
        name, tab, emoji = line.partition("\t")
        if not (name and tab and emoji) or "\t" in emoji or name != name.strip() or emoji != emoji.strip():
            raise LabelsError(path, number, "a line must be a name, a tab and an emoji")
        if len(name) > LONGEST_NAME or not name.isprintable():
            raise LabelsError(path, number, f"a name has at most {LONGEST_NAME} characters, all of them visible")
        if not _may_be_emoji(emoji):
            raise LabelsError(path, number, "what stands for an emoji is none")
        if name in names or bare(emoji) in taken:
            raise LabelsError(path, number, f"{name} {emoji} stands there twice")
        names.add(name)
        taken.add(bare(emoji))
        labels.append(Label(name, emoji))
    if not labels:
        raise LabelsError(path, 2, "there is no label")
    return tuple(labels)


def _may_be_emoji(emoji: str) -> bool:
    """Whether it can be sent without harm: no letter, mention, Markdown, white space or control of direction."""
    if bare(emoji) in _KEYCAPS:
        return True
    return len(emoji) <= _LONGEST_EMOJI and all(
        not character.isascii()
        and (
            unicodedata.category(character) in _EMOJI_CATEGORIES
            or character in "\u200d\u2139"  # what joins two, and the letter in ℹ️
            or "\U000e0020" <= character <= "\U000e007f"  # the letters of flags of regions
        )
        for character in emoji
    )


def format_labels(labels: Sequence[Label]) -> str:
    """The text of a labels file."""
    return "".join(f"{line}\n" for line in (_HEADER, *(f"{label.name}\t{label.emoji}" for label in labels)))
