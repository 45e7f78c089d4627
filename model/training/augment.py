"""Variants of the corpus's messages, for a teacher to label, and noise that changes no label.

Public text shows how people write; variants show the network what the words of its own corpus do. They need not be
good English, since the teacher says what each means to it: Jiao et al. (2020), "TinyBERT"; Tang et al. (2019),
"Distilling Task-Specific Knowledge from BERT into Simple Neural Networks".
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from model.training.embeddings import load_glove
from model.training.noise import KINDS, add_noise

_WORD: Final = re.compile(r"[A-Za-z']+")
# What stands between white space, and Discord's markup and code, which may hold some.
_PART: Final = re.compile(r"```(?s:.*?)```|`[^`\n]+`|</[^:>\n]{1,100}:\d{1,20}>|\S+")
_MARKUP: Final = re.compile(r"[<`]|https?:|:\w+:")
_PUNCTUATION: Final = ".,!?;:"
_JOINTS: Final = (", ", " ", ". ", " but ", " and ")
_JOINED_WORDS: Final = 14
"""Messages of at most so many words are joined with one another."""
_COMMON: Final = 30_000
"""Neighbours are sought among so many of GloVe's commonest words."""
_NEIGHBOURS: Final = 12
_BLOCK: Final = 500

_JOIN, _SWAP = 0.15, 0.1
"""Share of variants that are two messages joined, and of the others in which two words change places."""
_REPLACE, _DROP = 0.2, 0.08
"""Share of words replaced by a neighbour, and left out."""
_KINDS_AT_ONCE: Final = (0.7, 0.15, 0.05, 0.1)
"""How often a noisy text has one kind of noise, two, three, all four."""


def variants(texts: Sequence[str], per_text: int, seed: int) -> list[str]:
    """Up to `per_text` variants of each text, without repeats, the texts themselves not among them."""
    rng = np.random.default_rng(seed)
    near = neighbours(word for text in texts for word in _WORD.findall(text.lower()))
    short = [text for text in texts if len(text.split()) <= _JOINED_WORDS]
    found: dict[str, None] = {}
    for text in texts:
        for _ in range(per_text):
            if rng.random() < _JOIN and len(text.split()) <= _JOINED_WORDS:
                pair = [text, short[rng.integers(len(short))]]
                rng.shuffle(pair)
                found[str(rng.choice(_JOINTS)).join(pair)] = None
            else:
                found[_disturbed(text, near, rng)] = None
    known = {"", *texts}
    return [text for text in found if text not in known]


def with_noise(texts: Sequence[str], share: float, seed: int) -> list[str]:
    """The same texts, each with the chance `share` as hasty fingers would have typed it: one kind of noise, or more."""
    rng = np.random.default_rng(seed)
    kinds = list(KINDS)
    noisy: list[str] = []
    for text in texts:
        chosen = rng.permutation(len(kinds))[: rng.choice(len(_KINDS_AT_ONCE), p=_KINDS_AT_ONCE) + 1]
        if rng.random() < share:
            noisy.append(add_noise(text, [kinds[i] for i in sorted(chosen)], int(rng.integers(2**31))))
        else:
            noisy.append(text)
    return noisy


def neighbours(words: Iterable[str]) -> dict[str, list[str]]:
    """The nearest common words of each word that GloVe holds, by cosine of their vectors."""
    glove_words, glove_vectors = load_glove()
    index = {word: i for i, word in enumerate(glove_words)}
    asked = [word for word in dict.fromkeys(words) if word in index]
    common = np.array(glove_vectors[:_COMMON], dtype=np.float32)
    common /= np.linalg.norm(common, axis=1, keepdims=True)
    near: dict[str, list[str]] = {}
    for start in range(0, len(asked), _BLOCK):
        block = asked[start : start + _BLOCK]
        vectors = np.asarray(glove_vectors[[index[word] for word in block]], dtype=np.float32)
        # The length of the word's own vector does not change the order of its neighbours.
        nearest = np.argpartition(-(vectors @ common.T), _NEIGHBOURS, axis=1)[:, : _NEIGHBOURS + 1]
        for word, row in zip(block, np.sort(nearest), strict=True):
            near[word] = [glove_words[i] for i in row if glove_words[i] != word and glove_words[i].isalpha()]
    return near


def _disturbed(text: str, near: dict[str, list[str]], rng: np.random.Generator) -> str:
    """The text with some words replaced, left out or moved; Discord's markup stays."""
    parts: list[str] = []
    for part in _PART.findall(text):
        choice = rng.random()
        word = part.lower().strip(_PUNCTUATION)
        if _MARKUP.search(part):
            parts.append(part)
        elif choice < _DROP:
            continue
        elif choice < _DROP + _REPLACE and near.get(word):
            parts.append(part.lower().replace(word, near[word][rng.integers(len(near[word]))]))
        else:
            parts.append(part)
    if rng.random() < _SWAP and len(parts) > 2:
        i = int(rng.integers(len(parts) - 1))
        parts[i], parts[i + 1] = parts[i + 1], parts[i]
    return " ".join(parts)
