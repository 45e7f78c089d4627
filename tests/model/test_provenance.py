"""The shipped bundle was trained on the data that ships with it."""

import hashlib
from pathlib import Path

import pytest

from model.bundle import PRETRAINED, load_bundle
from model.training.embeddings import load_glove

DATA = Path(__file__).parents[2] / "data"
FILES = {"/".join(path.parts[-2:]): path for path in DATA.glob("**/*.tsv")}
"""The corpus's files by the names that a bundle records."""


@pytest.mark.parametrize("split", ["data", "dev"])
def test_every_recorded_fingerprint_is_that_of_a_file_in_the_corpus(split: str) -> None:
    recorded = load_bundle(PRETRAINED).config.training[split]

    assert recorded
    for name, digest in recorded.items():
        assert hashlib.sha256(FILES[name].read_bytes()).hexdigest() == digest, name


def test_no_training_file_was_left_out() -> None:
    recorded = load_bundle(PRETRAINED).config.training["data"]

    messages = {name for name in FILES if name.startswith("train/")}
    annotations = {f"{path.name}/train.tsv" for path in (DATA / "annotations").iterdir()}
    assert recorded.keys() == messages | annotations | {"chat/plain.tsv", "chat/pairs.tsv", "chat/unreadable.tsv"}


def test_no_word_of_strangers_is_in_the_vocabulary_that_the_corpus_does_not_hold() -> None:
    glove = set(load_glove()[0])
    corpus = "\n".join(path.read_text(encoding="utf-8") for path in (DATA / "chat").glob("**/*.tsv")).lower()

    strange = [token for token in load_bundle(PRETRAINED).vocabulary if token not in glove and token.isalnum()]
    assert strange
    assert [token for token in strange if token not in corpus] == []
