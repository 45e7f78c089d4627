"""Judgements of public messages, kept without the messages.

A row is the SHA-256 of a text as it stands in its public file, and the ranked set of fitting emoji: whoever has the
public file can join both. UTF-8 TSV, header `sha256<TAB>emoji`; empty where no reaction fits.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from model.labels import Label
from model.training.datasets import DatasetError, Example, parse_emoji, read_lines

HEADER: Final = "sha256\temoji"
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


def fingerprint(text: str) -> str:
    """The SHA-256 of a text in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def load_annotations(path: Path, labels: Sequence[Label]) -> dict[str, tuple[str, ...]]:
    """Read an annotations file: fingerprint to the fitting emoji, best first.

    Raises:
        DatasetError: the file is missing or has a bad or repeated line.
    """
    lines = read_lines(path)
    if lines[0] != HEADER:
        raise DatasetError(path, 1, 'the header must be "sha256<TAB>emoji"')
    annotations: dict[str, tuple[str, ...]] = {}
    for number, line in enumerate(lines[1:], start=2):
        digest, tab, column = line.partition("\t")
        if not tab or not _DIGEST.fullmatch(digest):
            raise DatasetError(path, number, "a row must be a SHA-256, a tab and the emoji")
        if digest in annotations:
            raise DatasetError(path, number, "this message is annotated twice")
        annotations[digest] = parse_emoji(column, labels, path, number)
    return annotations


def load_public_texts(path: Path) -> list[str]:
    """The texts of a public data file: the first column of a TSV with a header.

    Raises:
        DatasetError: the file is missing or not UTF-8.
    """
    return [line.split("\t")[0] for line in read_lines(path)[1:]]


def annotated_examples(annotations: Mapping[str, tuple[str, ...]], texts: Iterable[str]) -> list[Example]:
    """The annotated ones among `texts`, each once, in their order."""
    by_digest = {fingerprint(text): text for text in texts}
    return [Example(text, annotations[digest]) for digest, text in by_digest.items() if digest in annotations]
