"""The public data sets: which files count, and what is read from them. Every sentence here is invented."""

import hashlib
import html
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from model.labels import Label
from model.training import public
from model.training.public import (
    FILES,
    GOEMOTIONS,
    TWEETEVAL,
    TWEETS_NATURAL,
    Origin,
    PublicDataError,
    PublicFile,
    count_texts,
    goemotions_texts,
    natural_tweets,
    parse_tweets,
    tweeteval,
    tweeteval_labels,
    verified,
)

Publish = Callable[[Origin, str, str], Path]


@pytest.fixture
def publish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Publish:
    """Puts an invented file below `tmp_path` and into the table, and returns its path."""
    monkeypatch.setattr(public, "FILES", ())

    def write(origin: Origin, path: str, content: str) -> Path:
        file = described(origin, path, content.encode())
        monkeypatch.setattr(public, "FILES", (*public.FILES, file))
        target = tmp_path / file.location
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode())
        return target

    return write


def described(origin: Origin, path: str, content: bytes) -> PublicFile:
    return PublicFile(origin, path, hashlib.sha256(content).hexdigest(), len(content))


def row(tweet: str) -> str:
    """The row of a tweet as the file has it: entities, then escapes, in quotation marks."""
    escaped = html.escape(tweet, quote=False).encode("unicode_escape").decode()
    return '7,"{}"\n'.format(escaped.replace('"', '""'))


def test_every_file_is_pinned_by_a_whole_commit_and_a_sha256() -> None:
    assert len({file.location for file in FILES}) == len(FILES) == 12
    for file in FILES:
        assert re.fullmatch(r"[\w-]+/[\w-]+/[0-9a-f]{40}/[\w/]+\.(tsv|csv|txt)", file.location)
        assert re.fullmatch(r"[0-9a-f]{64}", file.sha256)
        assert file.size > 0


def test_the_published_bytes_are_returned(tmp_path: Path) -> None:
    path = tmp_path / "rows.tsv"
    path.write_bytes(b"the ferry is late\n")

    assert verified(path, described(TWEETEVAL, "rows.tsv", b"the ferry is late\n")) == b"the ferry is late\n"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "is missing or unreadable"),
        (b"the ferry is", "holds 12 bytes instead of 18"),
        (b"the ferry is here\n", "has another SHA-256 than the published one"),
    ],
)
def test_any_other_file_is_named_with_what_to_do(tmp_path: Path, content: bytes | None, reason: str) -> None:
    path = tmp_path / "rows.tsv"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(PublicDataError) as caught:
        verified(path, described(TWEETEVAL, "rows.tsv", b"the ferry is late\n"))

    assert str(caught.value) == f"The public file {path} {reason}; `python -m scripts.fetch_data` fetches it."
    assert (caught.value.path, caught.value.reason) == (path, reason)


def test_comments_are_the_first_column_cleaned(tmp_path: Path, publish: Publish) -> None:
    publish(
        GOEMOTIONS,
        "data/original/dev.tsv",
        "[NAME] found  my umbrella ❤\ufe0f \t18\tabc1\n\ufe0f \t27\tabc2\nwe\u00a0moved\u2028house\t3,27\tabc3\n",
    )

    assert goemotions_texts(tmp_path, "dev") == ["[NAME] found my umbrella ❤", "we moved house"]


@pytest.mark.parametrize(
    ("cell", "text", "emoji"),
    [
        (r"lantern night \U0001f3ee", "lantern night", ("🏮",)),
        (r"caf\xe9 \u2615\ufe0f closed", "café closed", ("☕",)),
        (r"\U0001f525first\U0001f602then\U0001f525", "first then", ("🔥", "😂")),
        (r"well rowed \U0001f44f\U0001f3fd", "well rowed", ("👏",)),
        (r"camp \U0001f468\u200d\U0001f467 day", "camp day", ("👨", "👧")),
        (r"home \U0001f1eb\U0001f1ee\U0001f1f8\U0001f1ea away", "home away", ("🇫🇮", "🇸🇪")),
        (r"one\n\ntwo \u2b50", "one two", ("⭐",)),
        (r"bread &amp; jam &lt;3 \u2764", "bread & jam <3", ("❤",)),
        (r"a shrug \\_ and a turn\rback \u2b55", r"a shrug \\_ and a turn\rback", ("⭕",)),
        (r"x\u26bdF", "x F", ("⚽",)),
    ],
)
def test_escapes_are_read_and_emoji_cut_out(cell: str, text: str, emoji: tuple[str, ...]) -> None:
    assert parse_tweets(f'41,"{cell}"\n') == [(text, emoji)]


def test_tweets_without_emoji_or_without_text_are_dropped() -> None:
    assert parse_tweets(row("nothing to cut here") + row("😂 😂") + row("one stays 🎈")) == [("one stays", ("🎈",))]


def test_the_first_of_equal_tweets_stays() -> None:
    content = row("Ice Cream 🍦") + row("soup 🍜") + row("ice cream 🔥") + row("ICE 🍦 CREAM")

    assert parse_tweets(content) == [("Ice Cream", ("🍦",)), ("soup", ("🍜",))]


plain = st.text(
    st.characters(exclude_categories=("C", "So", "Sk"), exclude_characters="\\\ufe0f").filter(
        lambda character: not "\u2600" <= character <= "\u27bf"
    ),
    max_size=30,
)
emoji_sequences = st.sampled_from(["😂", "❤\ufe0f", "👍🏽", "🏳\ufe0f\u200d🌈", "🇨🇭", "🇨", "⭐", "☀"])


@given(plain)
@example('he said "no"\n&amp; left')
@example("ü\u00ad\U00020000\u3000!")
def test_escaped_text_comes_back(text: str) -> None:
    words = " ".join(text.split())

    assert parse_tweets(row(f"{text}🎈")) == ([(words, ("🎈",))] if words else [])


@given(st.lists(st.lists(plain | emoji_sequences, max_size=5).map("".join), max_size=4))
def test_every_tweet_is_clean_text_and_emoji_that_differ(tweets: list[str]) -> None:
    parsed = parse_tweets("".join(map(row, tweets)))

    for text, emoji in parsed:
        assert text == " ".join(text.split())
        assert not set(text) & set("😂❤👍🏽🏳🌈⭐☀\ufe0f\u200d")
        assert emoji
        assert len(set(emoji)) == len(emoji)
    assert len({text.lower() for text, _ in parsed}) == len(parsed)


def test_natural_tweets_are_those_of_the_published_file(tmp_path: Path, publish: Publish) -> None:
    path = publish(TWEETS_NATURAL, "data/tweets.csv", row("the choir sang 🎶"))
    assert natural_tweets(tmp_path) == [("the choir sang", ("🎶",))]

    path.write_bytes(path.read_bytes().replace(b"sang", b"left"))
    with pytest.raises(PublicDataError, match=r"tweets\.csv has another SHA-256"):
        natural_tweets(tmp_path)


def test_labels_stay_with_their_tweets_where_one_has_no_text(tmp_path: Path, publish: Publish) -> None:
    publish(TWEETEVAL, "datasets/emoji/val_text.txt", "harbour at dusk \ufe0f \n \ufe0f\nour new  kite\u2026\n")
    publish(TWEETEVAL, "datasets/emoji/val_labels.txt", "12\n0\n19\n")

    assert tweeteval(tmp_path, "val") == [("harbour at dusk", 12), ("our new kite\u2026", 19)]


def test_the_emoji_of_the_task_are_in_the_order_of_their_indices(tmp_path: Path, publish: Publish) -> None:
    publish(TWEETEVAL, "datasets/emoji/mapping.txt", "0\t❤\t_red_heart_\t\n1\t🎈\t_balloon_\t\n")

    assert tweeteval_labels(tmp_path) == (Label("red_heart", "❤"), Label("balloon", "🎈"))


def test_all_splits_are_counted(tmp_path: Path, publish: Publish) -> None:
    for split in ("train", "dev", "test"):
        publish(GOEMOTIONS, f"data/original/{split}.tsv", f"a comment for {split}\t27\tabc\n")
    publish(TWEETS_NATURAL, "data/tweets.csv", row("one 🎈") + row("two 🎈"))
    for split in ("train", "val", "test"):
        publish(TWEETEVAL, f"datasets/emoji/{split}_text.txt", "here\nthere\n")
        publish(TWEETEVAL, f"datasets/emoji/{split}_labels.txt", "0\n1\n")

    assert count_texts(tmp_path) == {GOEMOTIONS: 3, TWEETS_NATURAL: 2, TWEETEVAL: 6}


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PublicDataError, match=r"train\.tsv is missing .* `python -m scripts\.fetch_data` fetches it"):
        goemotions_texts(tmp_path, "train")
