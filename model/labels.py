"""The emoji that a model can answer with: `labels.tsv`, header `name<TAB>emoji`, one label a line, in output order."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from model.errors import LineError

LONGEST_NAME: Final = 32
_HEADER: Final = "name\temoji"
_VARIATION_SELECTOR: Final = "\ufe0f"


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
    for number, line in enumerate(lines[1:], start=2):
        name, tab, emoji = line.partition("\t")
        if not (name and tab and emoji) or "\t" in emoji or name != name.strip() or emoji != emoji.strip():
            raise LabelsError(path, number, "a line must be a name, a tab and an emoji")
        if len(name) > LONGEST_NAME:
            raise LabelsError(path, number, f"a name has at most {LONGEST_NAME} characters")
        if any(name == label.name or bare(emoji) == bare(label.emoji) for label in labels):
            raise LabelsError(path, number, f"{name} {emoji} stands there twice")
        labels.append(Label(name, emoji))
    if not labels:
        raise LabelsError(path, 2, "there is no label")
    return tuple(labels)


def format_labels(labels: Sequence[Label]) -> str:
    """The text of a labels file."""
    return "".join(f"{line}\n" for line in (_HEADER, *(f"{label.name}\t{label.emoji}" for label in labels)))
