"""The evaluation report: its numbers counted by hand, its page read as a reader would."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from model.labels import Label
from model.predictor import Prediction
from model.training.comparison import Comparison, NamedReader, compare
from model.training.datasets import Example
from model.training.material import Material
from model.training.noise import KINDS
from model.training.report import NUMBERS_FILE, PAGE_FILE, Provenance, render_page, write_report
from model.training.robustness import TOGETHER
from tests.model.judged import ROWS, answered

LABELS = (Label("joy", "😂"), Label("heart_eyes", "😍"), Label("fire", "🔥"), Label("cry", "😢"))


class Script:
    """A reader that knows its answers by heart, and has one for all other messages."""

    def __init__(self, answers: Mapping[str, Prediction], otherwise: Prediction) -> None:
        self._answers = answers
        self._otherwise = otherwise

    def predict_batch(self, texts: Sequence[str]) -> list[Prediction]:
        return [self._answers.get(text, self._otherwise) for text in texts]


PUBLIC = [
    Example("a stranger wrote this", ("😂",)),
    Example("a stranger wrote that", ()),
    Example("strangers laugh", ("😂", "🔥")),
]
PAIRS = [(Example("we won", ("🔥",)), Example("did we win", ()))]
UNREADABLE = [Example("xkcd qwrt", ()), Example("zzz zzz", ())]


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    """Of a reader that mostly knows the rows, and of one that always laughs."""
    answers = {example.text: prediction for example, prediction in ROWS.items()}
    answers |= {"xkcd qwrt": answered("😂", confidence=0.0)}
    material = Material(
        rows=list(ROWS),
        files={"chat/dev.tsv": "0" * 64},
        annotated={"goemotions": PUBLIC[:2], "tweets_natural": PUBLIC[2:]},
        pairs=PAIRS,
        unreadable=UNREADABLE,
    )
    readers = [
        NamedReader("scripted", Script(answers, answered("😂", "🔥", confidence=0.6)), 0.5),
        NamedReader("laughing", Script({}, answered("😂", confidence=0.3)), 0.25),
    ]
    return compare(readers, material, LABELS, seed=0)


PROVENANCE = Provenance("python -m scripts.evaluate --report out --seed 5", 5, "dev", {"chat/dev.tsv": "0" * 64}, "abc")


def test_every_reader_is_scored_on_the_same_rows_with_its_own_threshold(comparison: Comparison) -> None:
    assert comparison.model == "scripted"
    assert comparison.thresholds == {"scripted": 0.5, "laughing": 0.25}
    scripted, laughing = comparison.scores["scripted"], comparison.scores["laughing"]
    assert {name: one.value for name, one in scripted.measures.items() if name != "ece"} == {
        "acceptable_at_1": 3 / 4,
        "best_in_top_3": 3 / 4,
        "precision": 2 / 4,
        "coverage": 3 / 4,
        "silence_on_neutral": 1 / 2,
    }
    assert (scripted.counts["reactions"], scripted.wrong) == (4, 2)
    assert laughing.measures["acceptable_at_1"].value == 2 / 4
    assert (laughing.counts["reactions"], laughing.wrong) == (6, 4)


def test_public_messages_are_scored_by_source_and_all_together(comparison: Comparison) -> None:
    scores = {source: readers["scripted"] for source, readers in comparison.annotated.items()}

    assert {source: one.measures["acceptable_at_1"].value for source, one in scores.items()} == {
        "goemotions": 1,
        "tweets_natural": 1,
        "all sources": 1,
    }
    assert scores["goemotions"].measures["silence_on_neutral"].value == 0
    assert scores["all sources"].counts["rows"] == 3
    assert scores["all sources"].wrong == 1


def test_pairs_noise_and_unreadable_lines_are_measured_for_every_reader(comparison: Comparison) -> None:
    assert comparison.pairs["scripted"].both_right.value == 0  # it reacts to "did we win"
    assert comparison.stability["laughing"].mean.value == 1
    silence = {name: one.measures["silence_on_neutral"].value for name, one in comparison.unreadable.items()}
    assert silence == {"scripted": 1 / 2, "laughing": 0}


def test_the_folder_holds_page_numbers_and_pictures(comparison: Comparison, tmp_path: Path) -> None:
    write_report(tmp_path / "new" / "report", comparison, PROVENANCE)

    folder = tmp_path / "new" / "report"
    page = (folder / PAGE_FILE).read_text(encoding="utf-8")
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", page)
    assert {path.name for path in folder.iterdir()} == {PAGE_FILE, NUMBERS_FILE, *pictures}
    assert len(pictures) == 3
    assert all((folder / name).read_bytes().startswith(b"\x89PNG") for name in pictures)
    numbers = json.loads((folder / NUMBERS_FILE).read_text(encoding="utf-8"))
    assert (numbers["seed"], numbers["resamples"], numbers["command"]) == (5, 2000, PROVENANCE.command)
    assert numbers["scores"]["scripted"]["measures"]["precision"]["value"] == 0.5
    assert numbers["emoji"][1]["name"] == "heart_eyes"


def test_no_public_message_is_written_anywhere(comparison: Comparison, tmp_path: Path) -> None:
    write_report(tmp_path, comparison, PROVENANCE)

    for name in (PAGE_FILE, NUMBERS_FILE):
        assert "stranger" not in (tmp_path / name).read_text(encoding="utf-8")


def test_every_section_ends_with_the_command_and_seed_behind_it(comparison: Comparison) -> None:
    first, *sections = render_page(comparison, PROVENANCE).split("\n## ")

    assert len(sections) == 9
    for section in (first, *sections):
        assert section.rstrip("\n").splitlines()[-1] == f"By `{PROVENANCE.command}`, seed 5."


def test_a_figure_stands_in_the_page_with_its_interval(comparison: Comparison) -> None:
    page = render_page(comparison, PROVENANCE)
    precision = comparison.scores["scripted"].measures["precision"]

    assert f"| 0.500 ({precision.low:.3f} to {precision.high:.3f}) |" in page
    assert "| 😢 cry | 0 | - | 1 | 0.00 | 0.00 |" in page


def test_a_mistake_is_shown_letter_by_letter(comparison: Comparison) -> None:
    page = render_page(comparison, PROVENANCE)

    assert r"| my \| dog \*died\* | 😢 | 😂 | 0.850 |" in page
    assert "| the bus leaves at nine | nothing | 🔥 | 0.550 |" in page
    assert "Of 4 reactions 2 do not fit, 1 of them on messages that deserve none." in " ".join(page.split())
    assert "| reactions that do not fit | 2 | 4 |" in page
    assert "| of these, on messages that deserve none | 1 | 2 |" in page


def test_all_rows_of_a_table_have_the_columns_of_its_header(comparison: Comparison) -> None:
    for table in re.findall(r"(?:^\|.*\n)+", render_page(comparison, PROVENANCE), re.MULTILINE):
        columns = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(columns) == 1


def test_what_was_not_measured_has_no_section_and_is_named(comparison: Comparison) -> None:
    bare = replace(comparison, annotated={}, pairs={}, unreadable={})
    page = render_page(bare, PROVENANCE)

    assert not re.search("## (Real messages|Minimal pairs|Unreadable lines|The seed's task)", page)
    assert (
        "Not measured, for want of material: real messages, minimal pairs, unreadable lines, the seed's task." in page
    )


def test_only_development_figures_are_called_optimistic(comparison: Comparison) -> None:
    assert "optimistic" in render_page(comparison, PROVENANCE)
    assert "optimistic" not in render_page(comparison, replace(PROVENANCE, split="test"))


def test_the_noise_of_a_report_has_a_name_for_every_kind(comparison: Comparison) -> None:
    page = render_page(comparison, PROVENANCE)

    assert set(comparison.stability["scripted"].kept) == {*KINDS, TOGETHER}
    assert all(f"| {name}" in page for name in ("case", "punctuation", "elongation", "one typo", "all four", "mean of"))
