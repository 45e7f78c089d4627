"""What a corpus is like, and whether it keeps its own rules. Needs no TensorFlow."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from statistics import median
from typing import Final

from model.labels import Label
from model.training.datasets import DatasetError, load_examples, load_pairs, read_lines

NEAR_DUPLICATE: Final = 0.8
"""Jaccard similarity of the word sets from which two messages count as the same."""
OPENING_WORDS: Final = 5

_WORD: Final = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Message:
    """A row of the corpus with where it stands."""

    path: Path
    line: int
    text: str
    emoji: tuple[str, ...]

    @property
    def words(self) -> list[str]:
        """Its lower-case words, without punctuation, markup signs and emoji."""
        return _WORD.findall(self.text.lower())


@dataclass(frozen=True, slots=True)
class Summary:
    """Figures of one split. `first` and `anywhere` count messages for each emoji, by name of the label."""

    rows: int
    without_reaction: int
    first: Mapping[str, int]
    anywhere: Mapping[str, int]
    lengths: Sequence[int]
    distinct_words: int
    running_words: int
    keyword_share: Mapping[str, float]
    openings: Sequence[tuple[str, int]]

    @property
    def median_length(self) -> float:
        """Words of the middle message, counted as people count: between spaces."""
        return median(self.lengths)

    def share_longer(self, words: int) -> float:
        """Share of the messages with more than so many words."""
        return sum(length > words for length in self.lengths) / self.rows

    def share_shorter(self, words: int) -> float:
        """Share of the messages with fewer than so many words."""
        return sum(length < words for length in self.lengths) / self.rows


def load_messages(path: Path, labels: Sequence[Label]) -> list[Message]:
    """Read a corpus file, or all of a folder, with the emoji spelled exactly as in the labels.

    Raises:
        DatasetError: a file is wrong, or spells an emoji in another way than the labels do.
    """
    files = sorted(path.glob("*.tsv")) if path.is_dir() else [path]
    exact = {label.emoji for label in labels}
    messages: list[Message] = []
    for file in files:
        columns = [line.partition("\t")[2].split() for line in read_lines(file)[1:]]
        examples = load_examples(file, labels)
        for line, (example, column) in enumerate(zip(examples, columns, strict=True), start=2):
            for emoji in column:
                if emoji not in exact:
                    raise DatasetError(file, line, f"{emoji!r} is spelled otherwise than in the labels")
            messages.append(Message(file, line, example.text, example.emoji))
    return messages


def load_pair_messages(path: Path, labels: Sequence[Label]) -> list[Message]:
    """Both sides of the minimal pairs of a file; the sides of one pair share their line.

    Raises:
        DatasetError: the file is wrong.
    """
    return [
        Message(path, line, side.text, side.emoji)
        for line, pair in enumerate(load_pairs(path, labels), start=2)
        for side in pair
    ]


def load_keywords(path: Path) -> dict[str, frozenset[str]]:
    """Label name to its obvious key words: header `name<TAB>keywords`, key words separated by spaces.

    Raises:
        DatasetError: a line has no tab.
    """
    keywords = {}
    for number, line in enumerate(read_lines(path)[1:], start=2):
        name, tab, words = line.partition("\t")
        if not tab:
            raise DatasetError(path, number, "a line must be a label's name, a tab and its key words")
        keywords[name] = frozenset(words.split())
    return keywords


def summarise(messages: Sequence[Message], labels: Sequence[Label], keywords: Mapping[str, frozenset[str]]) -> Summary:
    """Count what is in a split."""
    names = {label.emoji: label.name for label in labels}
    first = Counter(names[message.emoji[0]] for message in messages if message.emoji)
    anywhere = Counter(names[emoji] for message in messages for emoji in message.emoji)
    with_keyword: Counter[str] = Counter()
    openings: Counter[str] = Counter()
    vocabulary: Counter[str] = Counter()
    for message in messages:
        words = message.words
        vocabulary.update(words)
        if len(words) >= OPENING_WORDS:
            openings[" ".join(words[:OPENING_WORDS])] += 1
        if message.emoji and not keywords.get(names[message.emoji[0]], frozenset()).isdisjoint(words):
            with_keyword[names[message.emoji[0]]] += 1
    return Summary(
        rows=len(messages),
        without_reaction=sum(not message.emoji for message in messages),
        first={label.name: first[label.name] for label in labels},
        anywhere={label.name: anywhere[label.name] for label in labels},
        lengths=[len(message.text.split()) for message in messages],
        distinct_words=len(vocabulary),
        running_words=vocabulary.total(),
        keyword_share={name: with_keyword[name] / count for name, count in first.items()},
        openings=openings.most_common(5),
    )


def near_duplicates(
    messages: Sequence[Message], threshold: float = NEAR_DUPLICATE
) -> Iterator[tuple[Message, Message]]:
    """All pairs of messages whose word sets have a Jaccard similarity of at least `threshold`.

    The two sides of a minimal pair are alike on purpose and not among them.

    Prefix filtering (Bayardo, Ma and Srikant, 2007, "Scaling Up All Pairs Similarity Search"): two such sets share a
    word among the rarest few of each, so only these are indexed.
    """
    sets = [frozenset(message.words) or frozenset([message.text]) for message in messages]
    frequency = Counter(word for words in sets for word in words)
    index: dict[str, list[int]] = {}
    for i, words in enumerate(sets):
        rarest = sorted(words, key=lambda word: (frequency[word], word))
        prefix = rarest[: len(words) - ceil(threshold * len(words)) + 1]
        for j in sorted({j for word in prefix for j in index.get(word, ())}):
            same_row = messages[i].path == messages[j].path and messages[i].line == messages[j].line
            if not same_row and len(words & sets[j]) >= threshold * len(words | sets[j]):
                yield messages[j], messages[i]
        for word in prefix:
            index.setdefault(word, []).append(i)


def concatenated(splits: Iterable[Sequence[Message]]) -> list[Message]:
    """The messages of several splits as one list."""
    return [message for split in splits for message in split]
