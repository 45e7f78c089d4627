"""Annotations: judgements by fingerprint, joined to whoever has the texts."""

from pathlib import Path

import pytest

from model.labels import load_labels
from model.training.annotations import annotated_examples, fingerprint, load_annotations
from model.training.datasets import DatasetError, Example

DATA = Path(__file__).parents[3] / "data"
LABELS = load_labels(DATA / "labels.tsv")


def _file(folder: Path, *rows: str) -> Path:
    path = folder / "annotations.tsv"
    path.write_text("\n".join(["sha256\temoji", *rows]) + "\n", encoding="utf-8")
    return path


def test_annotations_find_their_texts_again(tmp_path: Path) -> None:
    public = ["how lovely", "nobody judged me", "plain news"]
    annotations = _file(tmp_path, f"{fingerprint('how lovely')}\t😍 ❤", f"{fingerprint('plain news')}\t")

    examples = annotated_examples(load_annotations(annotations, LABELS), public)
    assert examples == [Example("how lovely", ("😍", "❤️")), Example("plain news", ())]


def test_a_text_that_changed_is_another_text() -> None:
    assert fingerprint("how lovely") != fingerprint("how lovely ")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("abc\t😂", "a row must be a SHA-256"),
        ("how lovely\t😂", "a row must be a SHA-256"),
        (f"{'0' * 64}", "a row must be a SHA-256"),
        (f"{'1' * 64}\t🫠", "is not one of the 63 labels"),
        (f"{'1' * 64}\t😂 😂", "stands there twice"),
        (f"{'a' * 64}\t😂", "annotated twice"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, row: str, reason: str) -> None:
    path = _file(tmp_path, f"{'a' * 64}\t", row)

    with pytest.raises(DatasetError, match=f"annotations.tsv, line 3: .*{reason}"):
        load_annotations(path, LABELS)


def test_the_shipped_annotations_hold_what_they_should_and_no_text() -> None:
    counts = {"train": 0, "test": 0}
    seen: set[str] = set()
    for source in ("goemotions", "tweets_natural"):
        for split in counts:
            annotations = load_annotations(DATA / "annotations" / source / f"{split}.tsv", LABELS)
            assert seen.isdisjoint(annotations)
            seen |= annotations.keys()
            counts[split] += len(annotations)

    assert counts == {"train": 10_000, "test": 2_000}
