import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from model.bundle import load_bundle
from model.labels import load_labels
from model.predictor import Predictor
from model.smoke_test import smoke_test
from model.training.datasets import SEED_LABELS, DatasetError, load_task
from model.training.presets import PRESETS
from model.training.run import DATA, Sources, default_training, labels_of, train
from tests.model.rows import CHAT, write_csv, write_tsv

EMOJIFY = replace(PRESETS["emojify"], vocabulary_size=500)
CHAT_SMALL = replace(
    PRESETS["chat"],
    network=replace(PRESETS["chat"].network, units=16),
    fit=replace(PRESETS["chat"].fit, epochs=4, batch_size=8),
    max_len=16,
    vocabulary_size=500,
)
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def emojify(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The `emojify` preset, all its epochs, on sixty sentences: the bundle and the summary."""
    folder = tmp_path_factory.mktemp("emojify")
    rows = write_csv(folder / "rows.csv")
    return folder, train("emojify", EMOJIFY, Sources([rows], test=rows), folder / "out", seed=1, show_progress=False)


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The `chat` preset, in small, on a dozen messages."""
    folder = tmp_path_factory.mktemp("chat")
    rows = write_tsv(folder / "rows.tsv")
    return folder, train("chat", CHAT_SMALL, Sources([rows], dev=rows), folder / "out", seed=1, show_progress=False)


def test_emojify_learns_its_five_classes(emojify: tuple[Path, dict[str, Any]]) -> None:
    folder, summary = emojify
    predictor = Predictor.load(folder / "out")

    assert summary["test_accuracy"] > 0.95
    assert predictor.bundle.labels == SEED_LABELS == labels_of(EMOJIFY)
    for message, emoji in (
        ("i love my brother", "❤️"),
        ("throw me the baseball", "⚾"),
        ("what a sad day", "😞"),
        ("we eat dinner now", "🍴"),
    ):
        assert predictor.predict(message).candidates[0].emoji == emoji


def test_emojify_is_fit_to_take_over_from_another_model(emojify: tuple[Path, dict[str, Any]]) -> None:
    smoke_test(Predictor.load(emojify[0] / "out"), must_react=True)


def test_emojify_keeps_the_settings_of_the_seed(emojify: tuple[Path, dict[str, Any]]) -> None:
    config = load_bundle(emojify[0] / "out").config

    assert config.pads_count
    assert not config.no_reaction
    assert config.max_len == 5  # the longest training sentence
    assert (config.temperature, config.threshold) == (1.0, 0.0)
    assert (config.training["epochs"], config.training["seed"], config.training["rows"]) == (50, 1, 60)


def test_chat_answers_with_all_labels_or_no_reaction(chat: tuple[Path, dict[str, Any]]) -> None:
    bundle = load_bundle(chat[0] / "out")

    assert len(bundle.labels) == 63
    assert bundle.labels == labels_of(CHAT_SMALL)
    assert bundle.config.no_reaction
    assert not bundle.config.pads_count
    assert bundle.config.max_len == 16
    assert chat[1]["dev"]["counts"]["rows"] == len(CHAT)
    assert "test_accuracy" not in chat[1]


@pytest.mark.parametrize("preset", ["emojify", "chat"])
def test_a_training_leaves_a_bundle_with_its_card_scores_and_pictures(
    preset: str, request: pytest.FixtureRequest
) -> None:
    folder, summary = request.getfixturevalue(preset)
    out = folder / "out"

    assert summary["parity"]["sentences"] >= 500
    assert summary["parity"]["largest_difference"] <= 1e-3
    metrics = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    assert {**metrics, "seconds": summary["seconds"]} == summary
    card = (out / "README.md").read_text(encoding="utf-8")
    assert card.startswith(f"# Model card: `{preset}`\n")
    assert next(iter(load_bundle(out).config.training["data"].values())) in card
    assert len(json.loads((out / "run" / "history.json").read_text(encoding="utf-8"))) == summary["epochs"]
    for picture in ("curves.png", "confusion.png"):
        assert (out / "run" / picture).read_bytes().startswith(PNG)


def test_the_same_seed_gives_the_same_model_and_another_does_not(
    emojify: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    folder, _ = emojify
    for seed in (1, 2):
        sources = Sources([folder / "rows.csv"])
        train("emojify", EMOJIFY, sources, tmp_path / str(seed), seed=seed, show_progress=False)

    first, same, other = (load_bundle(path) for path in (folder / "out", tmp_path / "1", tmp_path / "2"))
    assert same.graph == first.graph
    assert other.graph != first.graph


def test_a_finished_training_resumes_to_the_same_model(chat: tuple[Path, dict[str, Any]]) -> None:
    folder, summary = chat
    before = load_bundle(folder / "out")
    sources = Sources([folder / "rows.tsv"], dev=folder / "rows.tsv")

    again = train("chat", CHAT_SMALL, sources, folder / "out", seed=1, resume=True, show_progress=False)

    assert load_bundle(folder / "out").graph == before.graph
    assert {**again, "seconds": 0} == {**summary, "seconds": 0}


def test_a_preset_that_stops_early_needs_development_rows(tmp_path: Path) -> None:
    rows = write_tsv(tmp_path / "rows.tsv")

    with pytest.raises(DatasetError, match="development rows"):
        train("chat", CHAT_SMALL, Sources([rows]), tmp_path / "out", seed=0)
    assert not (tmp_path / "out").exists()


def test_emojify_takes_the_rows_of_a_corpus_whose_best_emoji_it_knows(tmp_path: Path) -> None:
    rows = [("i love you", "❤️ 😍"), ("so funny", "😂 😄"), ("dinner is ready", "🍴"), ("see you at six", "")]
    corpus = write_tsv(tmp_path / "rows.tsv", rows)
    short = replace(EMOJIFY, fit=replace(EMOJIFY.fit, epochs=1))

    summary = train("emojify", short, Sources([corpus], test=corpus), tmp_path / "out", seed=0, show_progress=False)

    assert load_bundle(tmp_path / "out").config.training["rows"] == 2
    assert summary["test"]["counts"]["deserving"] == 2


def test_a_corpus_without_a_row_for_emojify_is_refused(tmp_path: Path) -> None:
    corpus = write_tsv(tmp_path / "rows.tsv", [("so funny", "😂 😄"), ("see you at six", "")])

    with pytest.raises(DatasetError, match="no row's best emoji"):
        train("emojify", EMOJIFY, Sources([corpus]), tmp_path / "out", seed=0)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_finds_rows_in_each_default_training_file(name: str) -> None:
    preset = PRESETS[name]
    known = load_labels(DATA / "labels.tsv")

    for path in default_training(preset):
        assert load_task(path, labels_of(preset), known, preset.no_reaction)
