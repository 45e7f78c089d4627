from pathlib import Path

import pytest

from model.labels import Label, LabelsError, bare, format_labels, load_labels, parse_labels

PATH = Path("labels.tsv")
LABELS = (Label("heart", "❤️"), Label("fire", "🔥"))


def test_what_is_formatted_parses_to_the_same_labels() -> None:
    assert parse_labels(format_labels(LABELS), PATH) == LABELS


def test_labels_keep_the_order_of_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "labels.tsv"
    path.write_text("name\temoji\nfire\t🔥\nheart\t❤️\n", encoding="utf-8")

    assert load_labels(path) == LABELS[::-1]


def test_emoji_compare_without_their_variation_selector() -> None:
    assert bare("❤️") == bare("❤") == "\u2764"
    assert bare("🏳️‍🌈") == "🏳\u200d🌈"
    assert bare("🔥") == "🔥"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("", 1),
        ("emoji\tname\nfire\t🔥\n", 1),
        ("name\temoji\n", 2),
        ("name\temoji\nfire 🔥\n", 2),
        ("name\temoji\nfire\t🔥\n\n", 3),
        ("name\temoji\nfire\t\n", 2),
        ("name\temoji\n\t🔥\n", 2),
        ("name\temoji\nfire\t🔥\t1\n", 2),
        ("name\temoji\nfire \t🔥\n", 2),
        ("name\temoji\nfire\t🔥\nfire\t❤️\n", 3),
        (f"name\temoji\n{'f' * 33}\t🔥\n", 2),
        ("name\temoji\nheart\t❤️\nred_heart\t❤\n", 3),
    ],
)
def test_a_malformed_file_is_refused_with_the_line_at_fault(content: str, line: int) -> None:
    with pytest.raises(LabelsError) as caught:
        parse_labels(content, PATH)

    assert (caught.value.path, caught.value.line) == (PATH, line)
    assert str(caught.value).startswith(f"labels.tsv, line {line}: ")
    assert str(caught.value).endswith(".")


def test_a_missing_file_is_a_labels_error(tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match="missing"):
        load_labels(tmp_path / "labels.tsv")


def test_a_file_that_is_not_utf_8_is_a_labels_error(tmp_path: Path) -> None:
    path = tmp_path / "labels.tsv"
    path.write_bytes("name\temoji\ncafé\t🔥\n".encode("latin-1", errors="replace"))

    with pytest.raises(LabelsError, match="UTF-8"):
        load_labels(path)
