"""The texts that are measured: ten words, ordinary prose of any length, what costs the tokeniser most, and no end."""

import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Final

TEN_WORDS: Final = (
    "we finally got the keys to our new flat today",
    "my brother is stuck at the airport again poor guy",
    "that last boss took us four hours and three wipes",
    "can you send me the notes from the tuesday lecture",
    "grandma beat all of us at cards and then gloated",
    "the train stood still for an hour outside the station",
    "our little band plays its first real gig on friday",
    "he forgot the cake on the roof of the car",
    "i have never seen so many stars in one night",
    "the new build passes every test on the first try",
)
_PROSE: Final = (
    "I drove out to the lake with my sister, because the forecast promised sun for once. It rained, of course! "
    "We sat in the car with two flasks of tea, played cards on the dashboard and laughed until it stopped. "
    "Then the dog found the only puddle for miles, and you can guess who had to clean the seats. "
    "Anyway, the pictures came out lovely, she says we should do it again next month, and I think she's right. "
)
_HARDEST: Final[Mapping[str, str]] = {
    "misspelt words": "unforgetabely extraodinarry congratulatons ",
    "stacked accents": "a\u0300\u0301\u0302\u0303 e\u0308\u030c\u0327 o\u0338\u031b\u0309 ",
    "ligatures that unfold": "\ufdfa\u33c2\ufb03\u3300 ",
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈🫱🏽‍🫲🏿🇩🇪 ",
}


def prose(length: int) -> str:
    """Ordinary English in whole words, of at most `length` characters."""
    text = _repeated(_PROSE, length + 1)
    return text[: max(1, text.rindex(" "))] if " " in text else text[:length]


def hardest(length: int) -> Mapping[str, str]:
    """Texts of `length` characters that make the tokeniser work, by what they are made of."""
    return {name: _repeated(piece, length) for name, piece in _HARDEST.items()}


def varied(vocabulary: Sequence[str], seed: int) -> Iterator[str]:
    """Messages without end, hardly two of them alike: 1 to 40 words, commoner ones more often, now and then misspelt.

    Args:
        vocabulary: words, commoner ones first (Zipf, 1949, "Human Behavior and the Principle of Least Effort": the
            frequency of a word falls as one over its rank).
        seed: of the choice.
    """
    chance = random.Random(seed)  # noqa: S311 - no secret
    weights = list(accumulate(1 / rank for rank in range(1, len(vocabulary) + 1)))
    while True:
        words = chance.choices(vocabulary, cum_weights=weights, k=min(40, 1 + int(chance.expovariate(1 / 9))))
        # The commonest words alone would leave most of the embedding untouched.
        words[0] = chance.choice(vocabulary)
        if chance.random() < 0.1:
            words[-1] = words[-1][1:] + words[-1][:1]
        yield " ".join(words)


def _repeated(piece: str, length: int) -> str:
    return (piece * (length // len(piece) + 1))[:length]
