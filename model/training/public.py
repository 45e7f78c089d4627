"""The public data sets that the distillation learns from: which files they are, and the texts in them.

A file lies at `OWNER/REPOSITORY/COMMIT/PATH` below a folder, where `python -m scripts.fetch_data` puts it, and counts
only with the size and SHA-256 of the table here. In all texts U+FE0F is removed, runs of white space are one space and
the ends are trimmed; rows without text are dropped. In this form the annotations know them.
"""

import csv
import hashlib
import html
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

from model.errors import ModelError
from model.labels import Label, bare

FOLDER: Final = Path("data", "public")
"""Where the command lines keep the files, below the current folder."""

GoEmotionsSplit = Literal["train", "dev", "test"]
TweetEvalSplit = Literal["train", "val", "test"]

_ESCAPE: Final = re.compile(r"\\[Uux]((?<=U)[0-9a-f]{8}|(?<=u)[0-9a-f]{4}|(?<=x)[0-9a-f]{2})")
_JOINERS: Final = re.compile("[\U0001f3fb-\U0001f3ff\u200d]")
_EMOJI: Final = re.compile(
    "[\U0001f1e6-\U0001f1ff]{2}|[\U0001f300-\U0001f3fa\U0001f400-\U0001faff\u2600-\u27bf\u2b50\u2b55]"
)


class PublicDataError(ModelError):
    """A public file is missing or not the published one. Carries `path` and `reason`."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"The public file {path} {reason}; `python -m scripts.fetch_data` fetches it.")
        self.path = path
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Origin:
    """A data set on GitHub at a fixed commit, and its licence as stated there."""

    name: str
    repository: str
    commit: str
    licence: str


@dataclass(frozen=True, slots=True)
class PublicFile:
    """A file of a data set; `size` is in bytes."""

    origin: Origin
    path: str
    sha256: str
    size: int

    @property
    def location(self) -> str:
        """`OWNER/REPOSITORY/COMMIT/PATH`: where it lies below the folder, and below the address to download it from."""
        return f"{self.origin.repository}/{self.origin.commit}/{self.path}"


GOEMOTIONS: Final = Origin(
    name="goemotions",
    repository="monologg/GoEmotions-pytorch",
    commit="b75f9d3a8b76bc1060687925b04ca98a1b8ea66b",
    licence="Apache-2.0",
)
TWEETS_NATURAL: Final = Origin(
    name="tweets_natural",
    repository="rockinbinbin/nlp-emoji-predictor",
    commit="e834ec03c8d8a44625f0139743522bd77801b355",
    licence="none stated",
)
TWEETEVAL: Final = Origin(
    name="tweeteval_emoji",
    repository="cardiffnlp/tweeteval",
    commit="4fbd22cd78421f05b1ecdb4fc5725bc7a7bd8f66",
    licence="no restrictions of its own; Twitter's may apply",
)

FILES: Final[tuple[PublicFile, ...]] = (
    PublicFile(
        GOEMOTIONS,
        "data/original/train.tsv",
        "1c254a142be5c00e80d819b9ae1bbd36d94b2eeb8f4b1271846508d57e57d9c5",
        3_519_053,
    ),
    PublicFile(
        GOEMOTIONS,
        "data/original/dev.tsv",
        "575489c079c9de1097062a01738f998590d6b7ead66dd1c9fd1d2ba01fd8bc62",
        439_059,
    ),
    PublicFile(
        GOEMOTIONS,
        "data/original/test.tsv",
        "0587b2dd8b27b97352adbfc3fb083d46005c8946657fdc2b1ca8b1cc7f1f8be4",
        436_706,
    ),
    PublicFile(
        GOEMOTIONS,
        "data/original/labels.txt",
        "45c3ef86782d2a4d7fedcd6d8c111aa0d0e94720689bd164fac94fefb4495a89",
        248,
    ),
    PublicFile(
        TWEETS_NATURAL,
        "data/tweets.csv",
        "ca0dd1400077352bc94408f4c6c56df5c7ce51e813adb00e3c9d3b59ad48b427",
        2_904_849,
    ),
    PublicFile(
        TWEETEVAL,
        "datasets/emoji/train_text.txt",
        "eacb6b0ee1fe2803d72a009c2e731fe07659f604318a979951d2f07c23c564a1",
        3_353_167,
    ),
    PublicFile(
        TWEETEVAL,
        "datasets/emoji/train_labels.txt",
        "daee7da826683dbfa50ad3a29c60bc527e498f06c70eabee3745a99cc37ab3a5",
        102_760,
    ),
    PublicFile(
        TWEETEVAL,
        "datasets/emoji/val_text.txt",
        "3bc3742d6af404cea792671878684d110f3bc02fd79a2e34643789a521d81a26",
        341_079,
    ),
    PublicFile(
        TWEETEVAL,
        "datasets/emoji/val_labels.txt",
        "21ba456f688668d049ff0fb1fa04469ee684cf4e2467c71d2c3fe5ca2ba1bd1a",
        11_379,
    ),
    PublicFile(
        TWEETEVAL,
        "datasets/emoji/test_text.txt",
        "e4de11de1597842c431dd67868e83322f5a432564dfd8558889ed8ac6a1a5e09",
        3_705_901,
    ),
    PublicFile(
        TWEETEVAL,
        "datasets/emoji/test_labels.txt",
        "c1662b84788f36674ab8f0106f3e2e7d3e258ddf4959086ac7cc75b1e68dd1f6",
        114_435,
    ),
    PublicFile(
        TWEETEVAL,
        "datasets/emoji/mapping.txt",
        "ac172bfbb0972d875a832224f48602472279be365454e3bce01084689100f4d3",
        543,
    ),
)


def verified(path: Path, file: PublicFile) -> bytes:
    """The content of `path`, which is that of `file`.

    Raises:
        PublicDataError: it is missing, or its size or SHA-256 is another.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PublicDataError(path, "is missing or unreadable") from error
    if len(content) != file.size:
        raise PublicDataError(path, f"holds {len(content):,} bytes instead of {file.size:,}")
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise PublicDataError(path, "has another SHA-256 than the published one")
    return content


def goemotions_texts(folder: Path, split: GoEmotionsSplit) -> list[str]:
    """The Reddit comments of GoEmotions, in the order of their file; names are masked as [NAME].

    Raises:
        PublicDataError: the file is missing or not the published one.
    """
    lines = _lines(folder, GOEMOTIONS, f"data/original/{split}.tsv")
    texts = (_clean(line.partition("\t")[0]) for line in lines)
    return [text for text in texts if text]


def natural_tweets(folder: Path) -> list[tuple[str, tuple[str, ...]]]:
    """Tweets and the emoji that were cut out of them, as `parse_tweets` returns them.

    Raises:
        PublicDataError: the file is missing or not the published one.
    """
    return parse_tweets(_content(folder, TWEETS_NATURAL, "data/tweets.csv"))


def parse_tweets(content: str) -> list[tuple[str, tuple[str, ...]]]:
    r"""The tweets of a CSV whose second column is the text, with their emoji cut out.

    The text holds escapes such as `\U0001f60a`, `\u2764`, `\xe9` and `\n`, and HTML's entities. Each comes with its
    emoji in order of appearance, each once, without skin tones and U+FE0F. Tweets without emoji are dropped; of texts
    that are equal but for case, the first stays.
    """
    tweets: dict[str, tuple[str, tuple[str, ...]]] = {}
    for row in csv.reader(io.StringIO(content)):
        # Carriage returns and backslashes stay escaped: the annotations were made on such texts.
        decoded = _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), row[1]).replace("\\n", " ")
        written = _JOINERS.sub("", bare(html.unescape(decoded)))
        emoji = tuple(dict.fromkeys(_EMOJI.findall(written)))
        text = _clean(_EMOJI.sub(" ", written))
        if text and emoji:
            tweets.setdefault(text.lower(), (text, emoji))
    return list(tweets.values())


def tweeteval(folder: Path, split: TweetEvalSplit) -> list[tuple[str, int]]:
    """The tweets of TweetEval's emoji task, each with the index in `tweeteval_labels` of the emoji that was cut out.

    As published, U+FE0F is left where ❤️ or ☀️ was cut out and gives the label away; it is not in these texts.

    Raises:
        PublicDataError: a file is missing or not the published one.
    """
    texts = map(_clean, _lines(folder, TWEETEVAL, f"datasets/emoji/{split}_text.txt"))
    labels = map(int, _lines(folder, TWEETEVAL, f"datasets/emoji/{split}_labels.txt"))
    return [(text, label) for text, label in zip(texts, labels, strict=True) if text]


def tweeteval_labels(folder: Path) -> tuple[Label, ...]:
    """The 20 emoji of TweetEval's task in the order of their indices, named as there, such as "red_heart".

    Raises:
        PublicDataError: the file is missing or not the published one.
    """
    rows = (line.split("\t") for line in _lines(folder, TWEETEVAL, "datasets/emoji/mapping.txt"))
    return tuple(Label(name.strip("_"), emoji) for _index, emoji, name, *_rest in rows)


ANNOTATED: Final[Mapping[str, Callable[[Path], list[str]]]] = {
    "goemotions": lambda folder: goemotions_texts(folder, "train"),
    "tweets_natural": lambda folder: [text for text, _ in natural_tweets(folder)],
}
"""The texts of each data set that has annotations, by the name of its folder below `data/annotations`."""


def count_texts(folder: Path) -> dict[Origin, int]:
    """How many texts each data set holds, all splits together.

    Raises:
        PublicDataError: a file is missing or not the published one.
    """
    return {
        GOEMOTIONS: sum(len(goemotions_texts(folder, split)) for split in get_args(GoEmotionsSplit)),
        TWEETS_NATURAL: len(natural_tweets(folder)),
        TWEETEVAL: sum(len(tweeteval(folder, split)) for split in get_args(TweetEvalSplit)),
    }


def _content(folder: Path, origin: Origin, path: str) -> str:
    file = {(file.origin, file.path): file for file in FILES}[origin, path]
    return verified(folder / file.location, file).decode()


def _lines(folder: Path, origin: Origin, path: str) -> list[str]:
    return _content(folder, origin, path).removesuffix("\n").split("\n")


def _clean(text: str) -> str:
    return " ".join(bare(text).split())
