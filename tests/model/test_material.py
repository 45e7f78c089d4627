"""What a report is about: the files of a small corpus."""

from dataclasses import replace
from pathlib import Path

import pytest

from model.labels import load_labels
from model.predictor import Predictor
from model.training.annotations import fingerprint
from model.training.datasets import DatasetError, Example
from model.training.material import load_material, load_training

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A folder of the corpus, complete but small."""
    chat = tmp_path / "corpus" / "chat"
    for path, content in {
        chat.parent / "labels.tsv": (DATA / "labels.tsv").read_text(encoding="utf-8"),
        chat / "train" / "all.tsv": "text\temoji\nso funny\t😂\nsee you at six\t\n",
        chat / "pairs.tsv": "text_a\temoji_a\ttext_b\temoji_b\nwe won\t🔥\twe lost\t😢\n",
        chat / "dev.tsv": "text\temoji\nwe won\t🔥\nwhich room\t\n",
        chat / "pairs_dev.tsv": "text_a\temoji_a\ttext_b\temoji_b\nit is ours\t🎉\tis it ours\t\n",
        chat / "unreadable_dev.tsv": "text\temoji\nqwrt\t\n",
        chat.parent / "annotations" / "goemotions" / "dev.tsv": f"sha256\temoji\n{fingerprint('ha ha')}\t😂\n",
    }.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return chat.parent


@pytest.fixture
def shipped() -> Predictor:
    """A bundle with the labels of the corpus."""
    return Predictor.load()


def test_material_is_what_there_is_for_the_split(
    corpus: Path, shipped: Predictor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("model.training.material.ANNOTATED", {"goemotions": lambda folder: ["no", "ha ha"]})
    (tmp_path / "seed.csv").write_text("text,label\ni love you,0\n", encoding="utf-8")

    material = load_material(corpus, "dev", shipped.bundle, public=tmp_path, emojify=tmp_path / "seed.csv")

    assert material.rows == [Example("we won", ("🔥",)), Example("which room", ())]
    assert material.annotated == {"goemotions": [Example("ha ha", ("😂",))]}
    assert material.pairs == [(Example("it is ours", ("🎉",)), Example("is it ours", ()))]
    assert material.unreadable == [Example("qwrt", ())]
    assert material.emojify == [Example("i love you", ("❤️",))]
    assert set(material.files) == {
        "chat/dev.tsv",
        "chat/pairs_dev.tsv",
        "chat/unreadable_dev.tsv",
        "annotations/goemotions/dev.tsv",
        "seed.csv",
    }


def test_without_the_public_files_no_annotated_message_is_scored(corpus: Path, shipped: Predictor) -> None:
    material = load_material(corpus, "dev", shipped.bundle)

    assert material.annotated == {}
    assert "annotations/goemotions/dev.tsv" not in material.files


def test_an_annotated_message_that_is_not_in_the_public_file_is_an_error(
    corpus: Path, shipped: Predictor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("model.training.material.ANNOTATED", {"goemotions": lambda folder: ["no"]})

    with pytest.raises(DatasetError, match="the public file holds 0 of its 1 messages"):
        load_material(corpus, "dev", shipped.bundle, public=tmp_path)


def test_annotations_of_an_unknown_source_are_an_error(corpus: Path, shipped: Predictor, tmp_path: Path) -> None:
    (corpus / "annotations" / "goemotions").rename(corpus / "annotations" / "forum")

    with pytest.raises(DatasetError, match="forum is none of the public data sets"):
        load_material(corpus, "dev", shipped.bundle, public=tmp_path)


def test_a_split_without_rows_is_an_error(corpus: Path, shipped: Predictor) -> None:
    with pytest.raises(DatasetError, match=r"test\.tsv, line 1: the file is missing"):
        load_material(corpus, "test", shipped.bundle)


def test_baselines_learn_from_all_training_rows(corpus: Path, shipped: Predictor) -> None:
    (corpus / "chat" / "unreadable.tsv").write_text("text\temoji\nxxq\t\n", encoding="utf-8")

    texts = [example.text for example in load_training(corpus, shipped.bundle)]

    assert texts == ["so funny", "see you at six", "we won", "we lost", "xxq"]


def test_a_bundle_that_cannot_be_silent_gets_only_the_rows_about_its_labels(corpus: Path, shipped: Predictor) -> None:
    fire = next(label for label in load_labels(DATA / "labels.tsv") if label.emoji == "🔥")
    loud = replace(shipped.bundle, labels=(fire,), config=replace(shipped.bundle.config, no_reaction=False))
    (corpus / "chat" / "train" / "more.tsv").write_text("text\temoji\non a streak\t🔥 👏\n", encoding="utf-8")

    material = load_material(corpus, "dev", loud)

    assert material.rows == [Example("we won", ("🔥",))]
    assert (material.pairs, material.unreadable) == ((), ())
    assert [example.text for example in load_training(corpus, loud)] == ["on a streak"]
