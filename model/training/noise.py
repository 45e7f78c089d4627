"""The noise of hasty typing, to see whether a model keeps its mind: case, punctuation, elongation, a typo.

Mentions, links, code and custom emoji stay as they are. Each kind draws among its changes that alter the message; a
message that it cannot alter comes back as it is.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

_UNTOUCHED: Final = (
    r"```(?s:.*?)```|`[^`\n]+`"  # code
    r"|(?<!\w)(?i:https?://|www\.|discord\.gg/)\S+"  # links
    r"|<[@#:/at][^<>\n]{1,120}>|(?<!\w)@\w+|:\w{2,32}:"  # mentions, time stamps, commands, custom emoji
)
# Each pattern passes over what stays untouched, and sees it in its look-behinds.
_WORDS: Final = re.compile(rf"{_UNTOUCHED}|(?P<found>[^\W\d_]+(?:['’][^\W\d_]+)*)")
# Only ASCII letters have neighbours on the keyboard below.
_LONG_WORDS: Final = re.compile(rf"{_UNTOUCHED}|(?<![\w'’])(?P<found>[A-Za-z]{{4,}})(?![\w'’])")
# Marks that end a word or clause: elsewhere they belong to a time, a number, an emoticon.
_MARKS: Final = re.compile(rf"{_UNTOUCHED}|(?<=[^\W_]|[)\"'’*])(?P<found>[.,!?;…]+)(?=\s|$)")

_VOWELS: Final = frozenset("aeiouAEIOU")
_ENDINGS: Final = (".", "!", "...")
_KEYBOARD: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def change_case(text: str, rng: np.random.Generator) -> str:
    """All words in lower case, in capitals, or with a capital each."""
    return _draw([_replaced(_WORDS, text, change) for change in (str.lower, str.upper, str.capitalize)], text, rng)


def change_punctuation(text: str, rng: np.random.Generator) -> str:
    """The marks that end words removed, or all doubled, or one added at the end of a message that has none there."""
    changed = [_replaced(_MARKS, text, change) for change in (lambda _: "", lambda marks: marks * 2)]
    body = text.rstrip()
    last = [match["found"] for match in _MARKS.finditer(body) if match.end() == len(body)]  # [None]: untouched
    if body and last in ([], [None]):
        # Apart from a link, which would swallow it, and from what may be an emoticon.
        space = " " if last or not body[-1].isalnum() else ""
        changed.append(body + space + _ENDINGS[rng.integers(len(_ENDINGS))])
    return _draw(changed, text, rng)


def elongate(text: str, rng: np.random.Generator) -> str:
    """One vowel of a word of two or more letters, three to five times: "niiiice"."""
    words = [match for match in _found(_WORDS, text) if len(match["found"]) > 1 and _VOWELS & set(match["found"])]
    if not words:
        return text
    word = words[rng.integers(len(words))]
    places = [i for i in range(*word.span("found")) if text[i] in _VOWELS]
    place = places[rng.integers(len(places))]
    return text[:place] + text[place] * int(rng.integers(3, 6)) + text[place + 1 :]


def mistype(text: str, rng: np.random.Generator) -> str:
    """One letter of a word of four or more: swapped with the next, left out, doubled, or the key beside it hit."""
    words = _found(_LONG_WORDS, text)
    if not words:
        return text
    start, end = words[rng.integers(len(words))].span("found")
    place = int(rng.integers(start, end))
    letter = text[place]
    following = place + 1 if place + 1 < end else place - 1
    left, right = min(place, following), max(place, following)
    return _draw(
        [
            text[:left] + text[right] + text[left] + text[right + 1 :],
            text[:place] + text[place + 1 :],
            text[:place] + letter + text[place:],
            text[:place] + _neighbour(letter, rng) + text[place + 1 :],
        ],
        text,
        rng,
    )


KINDS: Final[Mapping[str, Callable[[str, np.random.Generator], str]]] = {
    "typo": mistype,
    "elongation": elongate,
    "punctuation": change_punctuation,
    "case": change_case,
}
"""Every kind of noise, in the order in which they are applied together."""


def add_noise(text: str, kinds: Sequence[str], seed: int) -> str:
    """`text` with each of these kinds of noise. What is drawn depends only on the text, the kind and the seed."""
    noisy = text
    for kind in kinds:
        digest = hashlib.sha256(f"{kind}\n{text}".encode(errors="surrogatepass")).digest()
        noisy = KINDS[kind](noisy, np.random.default_rng([seed, int.from_bytes(digest[:8])]))
    return noisy


def _found(pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
    return [match for match in pattern.finditer(text) if match["found"]]


def _replaced(pattern: re.Pattern[str], text: str, change: Callable[[str], str]) -> str:
    return pattern.sub(lambda match: change(match["found"]) if match["found"] else match[0], text)


def _draw(changed: Sequence[str], text: str, rng: np.random.Generator) -> str:
    """One of the different changes that alter the text; the text where there is none."""
    altered = [one for one in dict.fromkeys(changed) if one != text]
    return altered[rng.integers(len(altered))] if altered else text


def _neighbour(letter: str, rng: np.random.Generator) -> str:
    """The key to the left or right of a letter, in its case."""
    row = next(row for row in _KEYBOARD if letter.lower() in row)
    place = row.index(letter.lower())
    keys = row[max(place - 1, 0) : place] + row[place + 1 : place + 2]
    key = keys[rng.integers(len(keys))]
    return key.upper() if letter.isupper() else key
