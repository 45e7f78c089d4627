"""The public messages of a training. Every message here is invented."""

import hashlib
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path

import pytest

from model.labels import Label
from model.training import public
from model.training.annotations import HEADER, fingerprint, load_public_rows
from model.training.datasets import DatasetError, Example
from model.training.public import GOEMOTIONS, TWEETEVAL, TWEETS_NATURAL, Origin, PublicDataError, PublicFile

LABELS = (Label("party", "🎉"), Label("cry", "😢"))

Publish = Callable[[Origin, str, Sequence[str]], None]
GOEMOTIONS_TRAIN, TWEETS = "data/original/train.tsv", "data/tweets.csv"
TWEETEVAL_TEXT, TWEETEVAL_LABELS = "datasets/emoji/train_text.txt", "datasets/emoji/train_labels.txt"


@pytest.fixture
def publish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Publish:
    """Puts an invented file below `tmp_path` and into the table of public files."""
    monkeypatch.setattr(public, "FILES", ())

    def write(origin: Origin, path: str, lines: Sequence[str]) -> None:
        content = "".join(f"{line}\n" for line in lines).encode()
        file = PublicFile(origin, path, hashlib.sha256(content).hexdigest(), len(content))
        monkeypatch.setattr(public, "FILES", (*public.FILES, file))
        target = tmp_path / file.location
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

    return write


def annotate(folder: Path, **splits: dict[str, str]) -> Path:
    """Write annotations, such as `goemotions_train`, and empty files for the others."""
    for name in ("goemotions", "tweets_natural"):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for split in ("train", "test"):
            rows = [f"{fingerprint(text)}\t{emoji}" for text, emoji in splits.get(f"{name}_{split}", {}).items()]
            (folder / name / f"{split}.tsv").write_text("\n".join([HEADER, *rows, ""]), encoding="utf-8")
    return folder


def sentence(beginning: str, held_out: bool) -> str:
    """A sentence whose fingerprint decides that it is held out, or that it is not."""
    sentences = (f"{beginning} {minutes} minutes ago" for minutes in count(1))
    return next(text for text in sentences if fingerprint(text).startswith("0") == held_out)


LEARNT, LEARNT_TWEET = sentence("the ferry left", False), sentence("the band played", False)
HELD_OUT, HELD_OUT_TWEET = sentence("the bus left", True), sentence("the choir sang", True)
TEST, TEST_TWEET = sentence("a tram stopped", False), sentence("a kite flew", False)


@pytest.fixture
def annotations(tmp_path: Path, publish: Publish) -> Path:
    """Annotations of invented public data, below `tmp_path` too; each special text stands in a second set."""
    comments = ["nobody judged me", LEARNT, HELD_OUT, TEST, TEST_TWEET, "nobody judged me"]
    publish(GOEMOTIONS, GOEMOTIONS_TRAIN, [f"{text}\t27\tid{i}" for i, text in enumerate(comments)])
    tweets = [LEARNT_TWEET, HELD_OUT_TWEET, TEST_TWEET, "a tweet by itself", HELD_OUT]
    publish(TWEETS_NATURAL, TWEETS, [rf"{i},{text} \U0001f388" for i, text in enumerate(tweets)])
    evaluated = ["rain at the harbour", HELD_OUT_TWEET, TEST, LEARNT]
    publish(TWEETEVAL, TWEETEVAL_TEXT, evaluated)
    publish(TWEETEVAL, TWEETEVAL_LABELS, ["3"] * len(evaluated))
    return annotate(
        tmp_path / "annotations",
        goemotions_train={LEARNT: "🎉 😢", HELD_OUT: ""},
        goemotions_test={TEST: "😢"},
        tweets_natural_train={LEARNT_TWEET: "", HELD_OUT_TWEET: "🎉"},
        tweets_natural_test={TEST_TWEET: "🎉"},
    )


def test_annotated_messages_are_to_learn_from_or_held_out(tmp_path: Path, annotations: Path) -> None:
    rows = load_public_rows(tmp_path, annotations, LABELS)

    assert rows.annotated == [Example(LEARNT, ("🎉", "😢")), Example(LEARNT_TWEET, ())]
    assert rows.dev == [Example(HELD_OUT, ()), Example(HELD_OUT_TWEET, ("🎉",))]


def test_every_other_message_is_there_once_to_be_labelled(tmp_path: Path, annotations: Path) -> None:
    rows = load_public_rows(tmp_path, annotations, LABELS)

    assert rows.texts == ["nobody judged me", LEARNT, LEARNT_TWEET, "a tweet by itself", "rain at the harbour"]


def test_held_out_and_test_messages_are_nowhere_to_learn_from(tmp_path: Path, annotations: Path) -> None:
    rows = load_public_rows(tmp_path, annotations, LABELS)

    shown = {*rows.texts, *(example.text for example in rows.annotated)}
    assert shown.isdisjoint({HELD_OUT, HELD_OUT_TWEET, TEST, TEST_TWEET})
    assert {example.text for example in rows.dev}.isdisjoint({TEST, TEST_TWEET})


def test_a_message_of_the_test_is_not_learnt_from_though_annotated_for_training_too(
    tmp_path: Path, annotations: Path
) -> None:
    annotate(annotations, goemotions_train={LEARNT: "🎉"}, tweets_natural_test={LEARNT: "🎉"})

    rows = load_public_rows(tmp_path, annotations, LABELS)

    assert rows.annotated == []
    assert LEARNT not in rows.texts


def test_annotations_count_only_for_their_own_data_set(tmp_path: Path, annotations: Path) -> None:
    annotate(annotations, tweets_natural_train={"nobody judged me": "😢"})

    assert load_public_rows(tmp_path, annotations, LABELS).annotated == []


@pytest.mark.parametrize("location", [GOEMOTIONS_TRAIN, TWEETS, TWEETEVAL_TEXT, TWEETEVAL_LABELS])
def test_a_public_file_that_is_missing_is_named(tmp_path: Path, annotations: Path, location: str) -> None:
    [path] = tmp_path.glob(f"*/*/*/{location}")
    path.unlink()

    with pytest.raises(PublicDataError) as caught:
        load_public_rows(tmp_path, annotations, LABELS)
    assert caught.value.path == path


@pytest.mark.parametrize("name", ["goemotions/train.tsv", "goemotions/test.tsv", "tweets_natural/test.tsv"])
def test_a_bad_annotation_is_named(tmp_path: Path, annotations: Path, name: str) -> None:
    (annotations / name).write_text(f"{HEADER}\nthe text itself\t🎉\n", encoding="utf-8")

    with pytest.raises(DatasetError, match="line 2: a row must be a SHA-256"):
        load_public_rows(tmp_path, annotations, LABELS)
