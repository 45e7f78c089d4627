"""The shipped bundle was trained on the data that ships with it."""

import hashlib
from pathlib import Path

import pytest

from model.bundle import PRETRAINED, load_bundle

CHAT = Path(__file__).parents[2] / "data" / "chat"


@pytest.mark.parametrize("split", ["data", "dev"])
def test_every_recorded_fingerprint_is_that_of_a_file_in_the_corpus(split: str) -> None:
    recorded = load_bundle(PRETRAINED).config.training[split]

    assert recorded
    for name, digest in recorded.items():
        path = CHAT / name.removeprefix("chat/")
        assert hashlib.sha256(path.read_bytes()).hexdigest() == digest, name


def test_no_training_file_was_left_out() -> None:
    recorded = load_bundle(PRETRAINED).config.training["data"]

    assert {f"train/{path.name}" for path in (CHAT / "train").glob("*.tsv")} | {"chat/pairs.tsv"} == recorded.keys()
