from pathlib import Path

import numpy as np
import pytest

from model.labels import Label
from model.training.datasets import (
    RANK_DECAY,
    SEED_LABELS,
    DatasetError,
    Example,
    best_among,
    hard_targets,
    load_examples,
    soft_targets,
)

LABELS = (Label("heart", "❤️"), Label("fire", "🔥"), Label("joy", "😂"))


def written(folder: Path, content: str, name: str = "rows.tsv") -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8", newline="")
    return path


def test_a_corpus_file_loads_with_the_emoji_best_first(tmp_path: Path) -> None:
    path = written(tmp_path, "text\temoji\nwhat a save\t🔥 😂\nsee you at six\t\n")

    assert load_examples(path, LABELS) == [Example("what a save", ("🔥", "😂")), Example("see you at six", ())]


def test_emoji_are_spelled_as_the_labels_spell_them(tmp_path: Path) -> None:
    path = written(tmp_path, "text\temoji\nmy favourite people\t❤\n")

    assert load_examples(path, LABELS) == [Example("my favourite people", ("❤️",))]


@pytest.mark.parametrize("content", ["text\temoji\r\none\t🔥\r\n", "text\temoji\none\t🔥"])
def test_line_ends_of_other_systems_and_a_missing_last_one_are_fine(tmp_path: Path, content: str) -> None:
    assert load_examples(written(tmp_path, content), LABELS) == [Example("one", ("🔥",))]


def test_only_a_line_feed_ends_a_row(tmp_path: Path) -> None:
    path = written(tmp_path, "text\temoji\none\u2028two\x85three\x0cfour\t🔥\n")

    assert [example.text for example in load_examples(path, LABELS)] == ["one\u2028two\x85three\x0cfour"]


def test_a_folder_loads_its_files_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b.tsv", "a.tsv"):
        written(tmp_path, f"text\temoji\nfrom {name}\t🔥\n", name)
    written(tmp_path, "no data", "notes.md")

    assert [example.text for example in load_examples(tmp_path, LABELS)] == ["from a.tsv", "from b.tsv"]


def test_the_seed_csv_loads_with_and_without_its_emoji_column(tmp_path: Path) -> None:
    short = written(tmp_path, 'text,label\nnice throw,1\n"lunch, anyone",4\n', "short.csv")
    long = written(tmp_path, "text,label,emoji\nmiss you so much\t,0,❤️\n", "long.csv")

    assert load_examples(short, LABELS) == [Example("nice throw", ("⚾",)), Example("lunch, anyone", ("🍴",))]
    assert load_examples(long, LABELS) == [Example("miss you so much", ("❤️",))]


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        ("", 1, "header"),
        ("text;emoji\none;🔥\n", 1, "header"),
        ("text\temoji\n", 2, "no row"),
        ("text\temoji\none\t🔥\ntwo 🔥\n", 3, "one tab"),
        ("text\temoji\none\t🔥\t😂\n", 2, "one tab"),
        ("text\temoji\n \t🔥\n", 2, "empty"),
        ("text\temoji\none\t🔥\n\ntwo\t🔥\n", 3, "one tab"),
        ("text\temoji\none\t🔥 💀\n", 2, "not one of the 3 labels"),
        ("text\temoji\none\t❤️ ❤\n", 2, "twice"),
        ("text,label\none,5\n", 2, "not a number from 0 to 4"),
        ("text,label\none,1\ntwo,love\n", 3, "not a number from 0 to 4"),
        ("text,label\none\n", 2, "a comma"),
        ("text,label\n,1\n", 2, "a comma"),
        ("text,label\none,1\n\n", 3, "a comma"),
    ],
)
def test_a_malformed_file_is_refused_with_the_line_at_fault(
    tmp_path: Path, content: str, line: int, reason: str
) -> None:
    path = written(tmp_path, content)

    with pytest.raises(DatasetError, match=reason) as caught:
        load_examples(path, LABELS)
    assert (caught.value.path, caught.value.line) == (path, line)
    assert str(caught.value) == f"{path}, line {line}: {caught.value.reason}."


def test_a_missing_file_an_empty_folder_and_other_encodings_are_refused(tmp_path: Path) -> None:
    latin = tmp_path / "latin.tsv"
    latin.write_bytes("text\temoji\ncafé\t\n".encode("latin-1"))
    (tmp_path / "empty").mkdir()

    for path in (tmp_path / "nowhere.tsv", latin, tmp_path / "empty"):
        with pytest.raises(DatasetError) as caught:
            load_examples(path, LABELS)
        assert caught.value.path == path


def test_soft_targets_share_one_among_the_fitting_emoji_by_rank() -> None:
    targets = soft_targets([Example("a", ("🔥", "❤"))], LABELS, no_reaction=True)

    assert targets.dtype == np.float32
    assert targets.shape == (1, 4)
    assert targets[0, 0] == pytest.approx(RANK_DECAY * targets[0, 1])
    assert targets.sum(axis=1) == pytest.approx([1.0])
    assert targets[0, 2:].tolist() == [0, 0]


def test_rows_without_emoji_are_no_reaction_or_nothing() -> None:
    silent = [Example("a", ()), Example("b", ("🦖",))]

    assert soft_targets(silent, LABELS, no_reaction=True).tolist() == [[0, 0, 0, 1]] * 2
    assert soft_targets(silent, LABELS, no_reaction=False).tolist() == [[0, 0, 0]] * 2


def test_hard_targets_are_one_hot_on_the_best_emoji() -> None:
    assert hard_targets([Example("a", ("😂", "🔥")), Example("b", ("❤",))], LABELS).tolist() == [[0, 0, 1], [1, 0, 0]]


def test_only_examples_whose_best_emoji_is_wanted_are_kept() -> None:
    kept, *others = (Example("a", ("❤", "💀")), Example("b", ("💀", "❤")), Example("c", ()))

    assert best_among([*others, kept], SEED_LABELS) == [kept]
