"""Minimal pairs: two messages a small edit apart, with nothing in common among their reactions."""

from pathlib import Path

import pytest

from model.labels import load_labels
from model.training.datasets import PAIRS_HEADER, DatasetError, Example, load_examples, load_pairs

DATA = Path(__file__).parents[3] / "data"
LABELS = load_labels(DATA / "labels.tsv")


def _file(folder: Path, *rows: str) -> Path:
    path = folder / "pairs.tsv"
    path.write_text("\n".join([PAIRS_HEADER, *rows]) + "\n", encoding="utf-8")
    return path


def test_a_pair_is_two_examples(tmp_path: Path) -> None:
    path = _file(tmp_path, "we won\t🎉 🏆\tdid we win\t")
    sides = (Example("we won", ("🎉", "🏆")), Example("did we win", ()))

    assert load_pairs(path, LABELS) == [sides]
    assert load_examples(path, LABELS) == list(sides)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("we won\t🎉", "a pair must be text, emoji, text, emoji"),
        ("we won\t🎉\twe lost\t🎉 😢", "their emoji must have none in common"),
        ("we won\t🎉\twe won\t😢", "the two texts must differ"),
        ("we won\t🎉\t\t😢", "the text is empty"),
        ("we won\t🫠\twe lost\t😢", "is not one of the 63 labels"),
    ],
)
def test_a_bad_pair_is_named(tmp_path: Path, row: str, reason: str) -> None:
    path = _file(tmp_path, "we won\t🎉\twe lost\t😢", row)

    with pytest.raises(DatasetError, match=rf"pairs.tsv, line 3: .*{reason}"):
        load_pairs(path, LABELS)


def test_another_format_is_no_pairs_file(tmp_path: Path) -> None:
    path = tmp_path / "rows.tsv"
    path.write_text("text\temoji\nwe won\t🎉\n", encoding="utf-8")

    with pytest.raises(DatasetError, match="the header must be"):
        load_pairs(path, LABELS)
