"""Labelled messages from files, and the targets that a network learns from.

Three formats load: the corpus (UTF-8 TSV, header `text<TAB>emoji`; the fitting emoji, best first, space-separated, none
where no reaction fits), minimal pairs (two such rows in one line) and the seed's CSV (header `text,label` or
`text,label,emoji`; label 0-4).
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from model.errors import LineError
from model.labels import Label, bare

SEED_LABELS: Final = (
    Label("heart", "❤️"),
    Label("baseball", "⚾"),
    Label("smile", "😄"),
    Label("disappointed", "😞"),
    Label("fork_and_knife", "🍴"),
)
"""The five classes of the seed task, in its order."""

PAIRS_HEADER: Final = "text_a\temoji_a\ttext_b\temoji_b"

RANK_DECAY: Final = 0.75
"""Weight of a fitting emoji against the one ranked before it."""


class DatasetError(LineError):
    """A data file is wrong."""


@dataclass(frozen=True, slots=True)
class Example:
    """A message and the emoji that fit it as reactions, best first; none where no reaction fits."""

    text: str
    emoji: tuple[str, ...]


def load_examples(path: Path, labels: Sequence[Label]) -> list[Example]:
    """Read a data file, or all `*.tsv` of a folder in the order of their names.

    Raises:
        DatasetError: a file is missing, not UTF-8, of neither format, empty, or has a bad line.
    """
    if path.is_dir():
        files = sorted(path.glob("*.tsv"))
        if not files:
            raise DatasetError(path, 1, "the folder holds no .tsv file")
        return [example for file in files for example in load_examples(file, labels)]
    lines = read_lines(path)
    if lines[0] == "text\temoji":
        examples = list(_corpus_rows(path, lines, labels))
    elif lines[0] == PAIRS_HEADER:
        pairs = list(_pair_rows(path, lines, labels))
        examples = [example for pair in pairs for example in pair]
    elif lines[0] in ("text,label", "text,label,emoji"):
        examples = list(_seed_rows(path, lines))
    else:
        raise DatasetError(path, 1, 'the header must be "text<TAB>emoji" or "text,label[,emoji]"')
    if not examples:
        raise DatasetError(path, 2, "there is no row")
    return examples


def load_task(path: Path, labels: Sequence[Label], known: Sequence[Label], no_reaction: bool) -> list[Example]:
    """The rows of `path` that a model with `labels` is about.

    All rows where the model can be silent; otherwise those whose best emoji is one of its labels, in a file that may
    hold all `known` emoji.

    Raises:
        DatasetError: as `load_examples`, and where no such row is left.
    """
    if no_reaction:
        return load_examples(path, labels)
    examples = best_among(load_examples(path, known), labels)
    if not examples:
        raise DatasetError(path, 1, f"no row's best emoji is one of {' '.join(label.emoji for label in labels)}")
    return examples


def soft_targets(examples: Sequence[Example], labels: Sequence[Label], no_reaction: bool) -> npt.NDArray[np.float32]:
    """Target distributions (batch, outcomes): the fitting emoji share 1, each `RANK_DECAY` of the one before.

    Emoji that are not among `labels` are left out. With `no_reaction` the last outcome takes the rows without emoji;
    without it, such rows are all zero.
    """
    index = {bare(label.emoji): i for i, label in enumerate(labels)}
    targets = np.zeros((len(examples), len(labels) + no_reaction), dtype=np.float32)
    for row, example in zip(targets, examples, strict=True):
        ranked = [index[bare(emoji)] for emoji in example.emoji if bare(emoji) in index]
        if ranked:
            weights = RANK_DECAY ** np.arange(len(ranked))
            row[ranked] = weights / weights.sum()
        elif no_reaction:
            row[-1] = 1.0
    return targets


def hard_targets(examples: Sequence[Example], labels: Sequence[Label]) -> npt.NDArray[np.float32]:
    """One-hot targets (batch, labels) of the best emoji of each example, which must be among `labels`."""
    index = {bare(label.emoji): i for i, label in enumerate(labels)}
    targets = np.zeros((len(examples), len(labels)), dtype=np.float32)
    targets[np.arange(len(examples)), [index[bare(example.emoji[0])] for example in examples]] = 1.0
    return targets


def best_among(examples: Iterable[Example], labels: Sequence[Label]) -> list[Example]:
    """The examples whose best emoji is one of `labels`."""
    wanted = {bare(label.emoji) for label in labels}
    return [example for example in examples if example.emoji and bare(example.emoji[0]) in wanted]


def read_lines(path: Path) -> list[str]:
    """The lines of a text file.

    Raises:
        DatasetError: it is missing or not UTF-8.
    """
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(path, 1, "the file is missing or not UTF-8") from error
    # Only line feeds end a row: chat may hold the other characters that Python's text files and splitlines() cut at.
    return content.replace("\r\n", "\n").removesuffix("\n").split("\n")


def parse_emoji(column: str, labels: Sequence[Label], path: Path, line: int) -> tuple[str, ...]:
    """The emoji of a cell, spelled as in the labels; `path` and `line` are for the error messages.

    Raises:
        DatasetError: one is not a label, or stands there twice.
    """
    spelling = {bare(label.emoji): label.emoji for label in labels}
    emoji = tuple(spelling.get(bare(item), item) for item in column.split())
    for item in emoji:
        if bare(item) not in spelling:
            raise DatasetError(path, line, f"{item!r} is not one of the {len(labels)} labels")
    if len(set(emoji)) != len(emoji):
        raise DatasetError(path, line, "an emoji stands there twice")
    return emoji


def load_pairs(path: Path, labels: Sequence[Label]) -> list[tuple[Example, Example]]:
    """Read minimal pairs: header `text_a<TAB>emoji_a<TAB>text_b<TAB>emoji_b`, with disjoint sets of emoji.

    Raises:
        DatasetError: the file is missing, of another format, or has a bad line.
    """
    lines = read_lines(path)
    if lines[0] != PAIRS_HEADER:
        raise DatasetError(path, 1, "the header must be text_a, emoji_a, text_b, emoji_b, with tabs between")
    return list(_pair_rows(path, lines, labels))


def _corpus_rows(path: Path, lines: Sequence[str], labels: Sequence[Label]) -> Iterator[Example]:
    for number, line in enumerate(lines[1:], start=2):
        text, tab, column = line.partition("\t")
        if not tab or "\t" in column:
            raise DatasetError(path, number, "a row must be a text, one tab and the emoji")
        yield _example(text, column, labels, path, number)


def _pair_rows(path: Path, lines: Sequence[str], labels: Sequence[Label]) -> Iterator[tuple[Example, Example]]:
    for number, line in enumerate(lines[1:], start=2):
        cells = line.split("\t")
        if len(cells) != 4:
            raise DatasetError(path, number, "a pair must be text, emoji, text, emoji, with tabs between")
        first, second = (_example(cells[i], cells[i + 1], labels, path, number) for i in (0, 2))
        if first.text == second.text or not set(first.emoji).isdisjoint(second.emoji):
            raise DatasetError(path, number, "the two texts must differ and their emoji must have none in common")
        yield first, second


def _example(text: str, column: str, labels: Sequence[Label], path: Path, line: int) -> Example:
    if not text.strip():
        raise DatasetError(path, line, "the text is empty")
    return Example(text, parse_emoji(column, labels, path, line))


def _seed_rows(path: Path, lines: Sequence[str]) -> Iterator[Example]:
    # Line by line: the seed's files hold no quoted line breaks, and so every error names its true line.
    for number, line in enumerate(lines[1:], start=2):
        try:
            cells = next(csv.reader([line]), [])
        except csv.Error as error:
            raise DatasetError(path, number, f"it is not CSV: {error}") from error
        if len(cells) < 2 or not cells[0].strip():
            raise DatasetError(path, number, "a row must be a text, a comma and a label")
        label = cells[1].strip()
        if label not in ("0", "1", "2", "3", "4"):
            raise DatasetError(path, number, f"the label is {label!r}, not a number from 0 to 4")
        yield Example(cells[0].strip(), (SEED_LABELS[int(label)].emoji,))
