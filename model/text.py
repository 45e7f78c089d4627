"""Chat text to tokens to padded indices.

A message goes through two steps. `normalise` repairs the characters (Unicode NFKC, straight quotes, no invisible
marks); `tokenise` cuts the result into the tokens that GloVe 6B knows, in lower case, and writes what GloVe has no
word for as a *mark* in angle brackets: "SOOO good!!! :D" becomes `so <caps> <long> good ! <repeat> <laugh>`.

Both are linear in the length of the text, whatever it holds. Change `TEXT_VERSION` whenever the tokens of any text
change: a bundle trained with other tokens is then refused.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt

TEXT_VERSION: Final = 4
MAX_CHARACTERS: Final = 4000
"""Discord's longest message; what stands beyond is not read."""

PAD: Final = "<pad>"
UNKNOWN: Final = "<unk>"

MARKS: Final[Mapping[str, str]] = {
    "<long>": "so",
    "<caps>": "loud",
    "<repeat>": "very",
    "<number>": "number",
    "<url>": "website",
    "<user>": "friend",
    "<role>": "members",
    "<everyone>": "everyone",
    "<channel>": "channel",
    "<command>": "command",
    "<time>": "time",
    "<custom>": "face",
    "<code>": "code",
    "<quote>": "quote",
    "<flag>": "flag",
    "<smile>": "smile happy",
    "<laugh>": "laugh grin",
    "<wink>": "wink smile",
    "<frown>": "sad frown",
    "<cry>": "cry tears sad",
    "<heart>": "love heart",
    "<brokenheart>": "heartbroken sad",
    "<tongue>": "silly playful",
    "<gasp>": "surprised shocked",
    "<skeptic>": "doubtful unsure",
    "<angry>": "angry",
    "<flat>": "annoyed bored",
    "<kiss>": "kiss",
    "<salute>": "salute",
    "<cheer>": "cheer hurray",
    "<shrug>": "shrug whatever",
    "<cute>": "cute",
}
"""Every mark, with the GloVe words whose mean vector it starts from."""

SPECIAL_TOKENS: Final = (PAD, UNKNOWN, *MARKS)

_CHARACTERS: Final = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc\u00b4", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        "\u2044": "/",
    }
)
# Combining accents that NFKC could not compose, invisible and direction marks, variation selectors, skin tones,
# gender signs of emoji, control characters other than white space, lone surrogates.
_INVISIBLE: Final = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufe00-\ufe0f"
    "\U000e0000-\U000e0fff\U0001f3fb-\U0001f3ff\u2640\u2642\ud800-\udfff\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]"
)
# More accents on a letter than any script needs; sorting long runs takes Unicode's algorithm quadratic time.
_STACKED: Final = re.compile(
    "([\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{4})"
    "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)
_EMOJI: Final = (
    "\u203c\u2049\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u25fe\u2600-\u27bf\u2934\u2935\u2b05-\u2b55\u3030\u303d"
    "\U0001f004\U0001f0cf\U0001f170-\U0001f19a\U0001f201-\U0001f251\U0001f300-\U0001f64f\U0001f680-\U0001faff"
)
_EYES: Final = "[:=;]"

# One alternation, tried in this order at each position. Every quantifier is bounded or runs over characters that
# cannot start over, so a failed try costs no more than the token that is then read from the same place.
_TOKEN: Final = re.compile(
    rf"""
    (?P<url>     https?://[^\s<>|]+ | discord\.gg/[^\s<>|]+ | www\.[^\s<>|]+ )
  | (?P<emoticon>
        >:-?\( | >_< | >\.< | </?3+(?!\d) | \\o/ | \\{{0,3}}_?\(ツ\)\\?_?/?
      | [:;]['-]?(?:[)]+|[(]+|[DPp](?!\w))
      | (?<!\w)(?: {_EYES}'?,?[-o^]?[)(\]\[|/\\*] | (?:{_EYES}-?[DdPpOo0cCsS3xX]|8-?D)(?!\w) )
      | (?<!\w)(?: [(][-o^]?[:=;] | [)][-o^]?[:=;] | D:(?!\w) | [xX]D+\b | [oO]7(?!\w) )
      | \^[_.-]?\^ | (?<!\w)(?: [oO0][_.][oO0] | [Tt][_.-][Tt] | [;][_-][;] | -[_.]{{1,9}}-+ | u[_.]u )(?!\w)
    )
  | (?P<word>    [^\W\d_]+(?:'[^\W\d_]+){{0,3}} )
  | (?P<number>  \d+(?:[.,:/-]\d+)* )
  | (?P<emoji>   [{_EMOJI}] )
  | (?P<flag>    [\U0001f1e6-\U0001f1ff]{{1,2}} )
  | (?P<code>    ```(?s:.*?)``` | `[^`\n]+` )
  | (?P<mention> <(?: @!?\d{{1,20}} | @&\d{{1,20}} | \#\d{{1,20}} | t:-?\d{{1,15}}(?::\w)? )>
      | </[^:>\n]{{1,100}}:\d{{1,20}}> | @everyone\b | @here\b )
  | (?P<custom>  <a?:\w{{2,32}}:\d{{1,20}}> | :\w{{2,32}}: | :[+-]1: )
  | (?P<hashtag> \#\w{{2,64}} )
  | (?P<quote>   (?:^|(?<=\n))>(?:>>)?[ ] )
  | (?P<dots>    \.{{2,}} )
  | (?P<mark>    [!?.,;:()"'%$€£&+=/@\[\]-] )
    """,
    re.VERBOSE,
)

# What stands between white space. Code and the mention of a subcommand may hold some: each is one token.
_WORD: Final = re.compile(r"(?: ```(?s:.*?)``` | `[^`\n]+` | </[^:>\n]{1,100}:\d{1,20}> | \S )+", re.VERBOSE)

_EMOTICONS: Final = (
    ("<angry>", re.compile(r">.*")),
    ("<brokenheart>", re.compile(r"</3+")),
    ("<heart>", re.compile(r"<3+")),
    ("<cheer>", re.compile(r"\\o/")),
    ("<shrug>", re.compile(r".*ツ.*")),
    ("<salute>", re.compile(r"[oO]7")),
    ("<cry>", re.compile(r".['][^)]*[(\[|/]|.,.*|[Tt].[Tt]|;.;")),
    ("<wink>", re.compile(r";.?[)\]D]")),
    ("<laugh>", re.compile(r".['-]?[Dd)](?<=[Dd])|[xX]D+")),
    ("<kiss>", re.compile(r".*\*")),
    ("<tongue>", re.compile(r".-?[Pp]")),
    ("<gasp>", re.compile(r".-?[Oo0]|[oO0][_.][oO0]|D:")),
    ("<frown>", re.compile(r".*[(\[cC]|\).*")),
    ("<cute>", re.compile(r".-?3|u.u")),
    ("<skeptic>", re.compile(r".*[/\\sSxX]")),
    ("<flat>", re.compile(r".*\||-[_.]+-+")),
    ("<smile>", re.compile(r".*")),
)

_THUMBS: Final = {"+1": "👍", "-1": "👎"}

_LONG: Final = re.compile(r"(\w)\1{2,}")
_LAUGHTER: Final = re.compile(
    r"(?:mu?a?|b?a?)(?:h+[aeiou]+){2,}h*|(?:a+h+){2,}a*|(?:j+[aei]+){2,}|(?:ks){2,}k?|(?:lo){2,}l+"
)
_COMMON: Final = 20_000
"""A misspelt word is read as one of this many commonest words."""
_CORRECTIONS: Final = 4
"""So many words of a message are corrected, the first that the vocabulary lacks: a try takes up to half a millisecond,
and a message with more of them is not misspelt."""
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"

_NAME_PART: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")

# GloVe 6B was cut by the Stanford tokenizer, which writes "don't" as "do n't" and "she'll" as "she 'll".
_SUFFIXES: Final = ("'s", "'m", "'re", "'ve", "'ll", "'d")
_CONTRACTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    **{
        verb + "nt": (verb, "n't")
        for verb in (
            "do",
            "does",
            "did",
            "is",
            "are",
            "was",
            "were",
            "have",
            "has",
            "had",
            "would",
            "could",
            "should",
            "must",
        )
    },
    "aint": ("ai", "n't"),
    "ain't": ("ai", "n't"),
    "cant": ("ca", "n't"),
    "can't": ("ca", "n't"),
    "cannot": ("can", "not"),
    "wont": ("wo", "n't"),
    "won't": ("wo", "n't"),
    "shant": ("sha", "n't"),
    "im": ("i", "'m"),
    "ive": ("i", "'ve"),
    "youre": ("you", "'re"),
    "youve": ("you", "'ve"),
    "youll": ("you", "'ll"),
    "theyre": ("they", "'re"),
    "theyve": ("they", "'ve"),
    "theyll": ("they", "'ll"),
    "weve": ("we", "'ve"),
    "hes": ("he", "'s"),
    "shes": ("she", "'s"),
    "thats": ("that", "'s"),
    "whats": ("what", "'s"),
    "wheres": ("where", "'s"),
    "whos": ("who", "'s"),
    "theres": ("there", "'s"),
    "heres": ("here", "'s"),
    "lets": ("let", "'s"),
    "y'all": ("you", "all"),
    "yall": ("you", "all"),
    "gonna": ("gon", "na"),
    "gotta": ("got", "ta"),
    "wanna": ("wan", "na"),
}


def normalise(text: str) -> str:
    """Repair the characters of `text` (its first 4,000): NFKC, straight quotes and dashes, nothing invisible.

    Case, line breaks and Markdown stay: they carry meaning that `tokenise` reads.
    """
    text = text[:MAX_CHARACTERS]
    if text.isascii():
        return text if text.isprintable() else _INVISIBLE.sub("", text)
    text = _STACKED.sub(r"\1", text.translate(_CHARACTERS))
    text = unicodedata.normalize("NFKC", text)[:MAX_CHARACTERS]
    visible = _INVISIBLE.sub("", text)
    # Once more: what an invisible mark kept apart can now compose.
    return visible if visible.isascii() else unicodedata.normalize("NFKC", visible).translate(_CHARACTERS)


def tokenise(text: str, vocabulary: Mapping[str, int], limit: int | None = None) -> list[str]:
    """Cut a message into lower-case tokens and marks.

    Args:
        text: the message as Discord delivers it.
        vocabulary: token to index, commoner words first. It decides between readings ("soooo" -> "so", not "soo");
            an empty one is allowed.
        limit: how many tokens to return at most; None for all.

    Returns:
        The tokens. Words that are not in the vocabulary are among them as they stand.
    """
    tokens: list[str] = []
    shouted = False
    unknown = 0
    previous = ""
    for kind, found in _pieces(normalise(text)):
        if limit is not None and len(tokens) >= limit:
            break
        if kind == "word":
            word = found.lower()
            if word in _CONTRACTIONS:
                tokens += _CONTRACTIONS[word]
            elif word in vocabulary:
                tokens.append(word)
            else:
                unknown += 1
                tokens += _unknown_word(word, vocabulary, correct=unknown <= _CORRECTIONS)
            if not shouted and len(found) > 2 and found.isupper():
                tokens.append("<caps>")
                shouted = True
        elif found == previous and kind in ("mark", "emoji"):
            if tokens[-1] != "<repeat>":
                tokens.append("<repeat>")
        else:
            tokens += _READERS[kind](found, vocabulary)
        previous = found
    return tokens[:limit]


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """The pieces of a normalised text, each with the name of its group in `_TOKEN`."""
    start = 0
    if text.isascii():
        # Up to the first that is more than letters, words need no regular expression; "XD" is one of letters alone.
        for word in text.split(" "):
            if not word.isalpha() or word[-1] == "D":
                break
            yield "word", word
            start += len(word) + 1
    for match in _TOKEN.finditer(text, start):
        yield match.lastgroup or "", match.group()


def word_spans(text: str) -> Iterator[tuple[int, int]]:
    """Where each word of `text` starts and ends, as its writer sees words: cut at white space, code kept whole."""
    return (match.span() for match in _WORD.finditer(text))


def encode(text: str, vocabulary: Mapping[str, int], max_len: int) -> list[int]:
    """The indices of the first `max_len` tokens of a message, not padded. Unknown tokens become `<unk>`."""
    unknown = vocabulary.get(UNKNOWN, 1)
    number = vocabulary.get("<number>", unknown)
    indices = []
    for token in tokenise(text, vocabulary, max_len):
        index = vocabulary.get(token)
        indices.append(index if index is not None else number if token[0].isdigit() else unknown)
    return indices


def pad(rows: Sequence[Sequence[int]], max_len: int) -> npt.NDArray[np.int32]:
    """Stack rows of indices into an int32 array (batch, max_len), cut to `max_len` and padded with 0 at the end."""
    padded = np.zeros((len(rows), max_len), dtype=np.int32)
    for i, row in enumerate(rows):
        padded[i, : min(len(row), max_len)] = row[:max_len]
    return padded


def sentences_to_indices(
    sentences: Sequence[str], vocabulary: Mapping[str, int], max_len: int
) -> npt.NDArray[np.int32]:
    """Convert sentences to an int32 array (batch, max_len) of vocabulary indices, zero-padded at the end.

    Words beyond `max_len` are dropped; unknown words become the index of `<unk>` and never raise.
    """
    return pad([encode(sentence, vocabulary, max_len) for sentence in sentences], max_len)


def _unknown_word(word: str, vocabulary: Mapping[str, int], *, correct: bool) -> Sequence[str]:
    """Read a lower-case word that the vocabulary lacks: a contraction, an elongation, laughter, a misspelling."""
    if "'" in word:
        if word.endswith("n't"):
            return (word[:-3], "n't") if word != "n't" else (word,)
        for suffix in _SUFFIXES:
            if word.endswith(suffix):
                stem = word[: -len(suffix)]
                return (*((stem,) if stem in vocabulary else _unknown_word(stem, vocabulary, correct=correct)), suffix)
        return [part for piece in word.split("'") for part in _plain_word(piece, vocabulary)]
    if _LAUGHTER.fullmatch(word):
        return ("haha", "<long>") if len(word) > 6 else ("haha",)
    if _LONG.search(word):
        short = _shortened(word, vocabulary)
        return (*_plain_word(short, vocabulary), "<long>")
    return (_corrected(word, vocabulary) if correct else word,)


def _plain_word(word: str, vocabulary: Mapping[str, int]) -> Sequence[str]:
    return (word,) if word in vocabulary else _CONTRACTIONS.get(word, (word,))


def _corrected(word: str, vocabulary: Mapping[str, int]) -> str:
    """The commonest common word one edit away (Norvig, 2007, "How to Write a Spelling Corrector"), or `word` itself.

    The first letter counts as right; short or very long words are left as they are, as is all without a vocabulary.
    """
    if not (vocabulary and 4 <= len(word) <= 16 and word.isascii()):
        return word
    best, best_index = word, _COMMON
    for i in range(1, len(word) + 1):
        head, tail = word[:i], word[i:]
        spellings = [head + letter + tail for letter in _LETTERS]
        if tail:
            spellings += [head + letter + tail[1:] for letter in _LETTERS]
            spellings.append(head + tail[1:])
            spellings.append(head + tail[1:2] + tail[0] + tail[2:])
        for spelling in spellings:
            index = vocabulary.get(spelling, best_index)
            if index < best_index:
                best, best_index = spelling, index
    return best


def _shortened(word: str, vocabulary: Mapping[str, int]) -> str:
    """The commonest word got by writing each run of three or more equal letters once or twice."""
    pieces = _LONG.split(word)  # text, letter, text, letter, ..., text
    letters = pieces[1::2]
    if len(letters) > 3:
        return _LONG.sub(r"\1", word)
    spellings = []
    for counts in product((1, 2), repeat=len(letters)):
        pieces[1::2] = [letter * count for letter, count in zip(letters, counts, strict=True)]
        spellings.append("".join(pieces))
    return min(spellings, key=lambda spelling: vocabulary.get(spelling, len(vocabulary)))


def _name_words(name: str, vocabulary: Mapping[str, int]) -> Iterator[str]:
    """The words hidden in an emoji's name: "blobHappy", "pepe_cry", "pepecry"."""
    for part in _NAME_PART.findall(name):
        word = part.lower()
        if word in vocabulary or len(word) < 6:
            yield word
            continue
        cuts = [(word[:i], word[i:]) for i in range(3, len(word) - 2)]
        known = [cut for cut in cuts if cut[0] in vocabulary and cut[1] in vocabulary]
        yield from min(known, key=lambda cut: max(vocabulary[cut[0]], vocabulary[cut[1]]), default=(word,))


def _emoticon(found: str, _: Mapping[str, int]) -> Sequence[str]:
    return (next(mark for mark, pattern in _EMOTICONS if pattern.fullmatch(found)),)


def _mention(found: str, _: Mapping[str, int]) -> Sequence[str]:
    if found[0] == "@":
        return ("<everyone>",)
    marks = {"@": "<role>" if found[2] == "&" else "<user>", "#": "<channel>", "/": "<command>", "t": "<time>"}
    return (marks[found[1]],)


def _custom(found: str, vocabulary: Mapping[str, int]) -> Sequence[str]:
    name = found.split(":")[1]
    if name in _THUMBS:
        return (_THUMBS[name],)
    return ("<custom>", *_name_words(name, vocabulary))


def _hashtag(found: str, vocabulary: Mapping[str, int]) -> Sequence[str]:
    word = found[1:].lower()
    return (word,) if word in vocabulary else tuple(_name_words(found, vocabulary))


def _number(found: str, vocabulary: Mapping[str, int]) -> Sequence[str]:
    if found in vocabulary or found.isdigit():
        return (found,)
    return ("<time>",) if ":" in found else ("<number>",)


_READERS: Final[Mapping[str, Callable[[str, Mapping[str, int]], Sequence[str]]]] = {
    "url": lambda _found, _: ("<url>",),
    "emoticon": _emoticon,
    "number": _number,
    "emoji": lambda found, _: (found,),
    "flag": lambda _found, _: ("<flag>",),
    "code": lambda _found, _: ("<code>",),
    "mention": _mention,
    "custom": _custom,
    "hashtag": _hashtag,
    "quote": lambda _found, _: ("<quote>",),
    "dots": lambda _found, _: ("...",),
    "mark": lambda found, _: (found,),
}
