"""Judgements of public messages, kept without the messages.

A row is the SHA-256 of a text as it stands in its public file, and the ranked set of fitting emoji: whoever has the
public file can join both. UTF-8 TSV, header `sha256<TAB>emoji`; empty where no reaction fits.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

from model.labels import Label
from model.training.datasets import DatasetError, Example, parse_emoji, read_lines
from model.training.public import ANNOTATED, tweeteval

HEADER: Final = "sha256\temoji"
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_HELD_OUT: Final = "0"
"""Annotated messages whose fingerprint begins so, one in sixteen, are development rows."""


@dataclass(frozen=True, slots=True)
class PublicRows:
    """The public messages of a training.

    Args:
        annotated: messages with what fits them, to learn from.
        dev: the same, held out to look at.
        texts: all messages to be labelled by the teacher; none of the held out and of the test's.
    """

    annotated: list[Example]
    dev: list[Example]
    texts: list[str]


def load_public_rows(public: Path, annotations: Path, labels: Sequence[Label]) -> PublicRows:
    """Read the public data in `public` and the annotations of them.

    Raises:
        PublicDataError: a public file is missing or not the published one.
        DatasetError: an annotations file is wrong.
    """
    texts = [read(public) for read in ANNOTATED.values()]
    texts.append([text for text, _ in tweeteval(public, "train")])
    annotated: list[Example] = []
    hidden: set[str] = set()
    for name, messages in zip(ANNOTATED, texts, strict=False):
        annotated += annotated_examples(load_annotations(annotations / name / "train.tsv", labels), messages)
        hidden |= load_annotations(annotations / name / "test.tsv", labels).keys()
    dev = [example for example in annotated if fingerprint(example.text).startswith(_HELD_OUT)]
    hidden |= {fingerprint(example.text) for example in dev}
    return PublicRows(
        annotated=[example for example in annotated if fingerprint(example.text) not in hidden],
        dev=dev,
        texts=[text for text in dict.fromkeys(chain.from_iterable(texts)) if fingerprint(text) not in hidden],
    )


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


def annotated_examples(annotations: Mapping[str, tuple[str, ...]], texts: Iterable[str]) -> list[Example]:
    """The annotated ones among `texts`, each once, in their order."""
    by_digest = {fingerprint(text): text for text in texts}
    return [Example(text, annotations[digest]) for digest, text in by_digest.items() if digest in annotations]
