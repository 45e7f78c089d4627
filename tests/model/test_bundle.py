import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.bundle import (
    CONFIG_FILE,
    HASHED_FILES,
    Bundle,
    BundleConfig,
    BundleError,
    Confidence,
    load_bundle,
    save_bundle,
)
from model.labels import Label
from model.predictor import Predictor
from model.text import PAD, UNKNOWN


def refusal(folder: Path) -> BundleError:
    """The error with which the bundle is refused. It is one sentence on one line, and names what is at fault."""
    with pytest.raises(BundleError) as caught:
        Predictor.load(folder)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert not sentence.endswith("..")
    assert len(sentence.splitlines()) == 1
    assert str(caught.value.path) in sentence
    return caught.value


def edit_config(folder: Path, **changes: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes), encoding="utf-8")


def test_what_is_saved_loads_to_the_same_bundle(tmp_path: Path) -> None:
    config = BundleConfig(
        max_len=7,
        pads_count=True,
        no_reaction=False,
        temperature=1.25,
        confidence=Confidence(0.5, 0.75, -0.25, 2.0),
        threshold=0.4,
        training={"preset": "chat", "data": {"a.tsv": "00ff"}},
    )
    labels = (Label("heart", "❤️"), Label("fire", "🔥"))
    vocabulary = {word: index for index, word in enumerate((PAD, UNKNOWN, "n't", "café", "🔥"))}
    embedding = np.arange(20, dtype=np.float16).reshape(5, 4)
    bundle = Bundle(tmp_path, config, labels, vocabulary, embedding, b"\x00graph")

    save_bundle(bundle, metrics={"ece": 0.1}, card="# ❤️\n")

    loaded = load_bundle(tmp_path)
    assert loaded == bundle
    assert loaded.embedding.dtype == np.float16
    np.testing.assert_array_equal(loaded.embedding, embedding)
    assert json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8")) == {"ece": 0.1}
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == "# ❤️\n"


def test_the_version_follows_whatever_the_predictions_depend_on(toy_bundle: Path) -> None:
    bundle = load_bundle(toy_bundle)
    others = (
        replace(bundle, graph=bundle.graph + b"\x00"),
        replace(bundle, embedding=bundle.embedding * np.float16(2)),
        replace(bundle, vocabulary={f"{word}s": index for word, index in bundle.vocabulary.items()}),
        replace(bundle, labels=bundle.labels[::-1]),
        replace(bundle, config=replace(bundle.config, threshold=0.9)),
    )

    assert bundle.version == load_bundle(toy_bundle).version
    assert len({bundle.version, *(other.version for other in others)}) == 6
    assert len(bundle.version) == 12


def test_the_weights_stay_out_of_the_representation(toy_bundle: Path) -> None:
    shown = repr(load_bundle(toy_bundle))
    assert "graph" not in shown
    assert "embedding" not in shown


def test_a_bundle_half_written_is_none(bundle_copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = load_bundle(bundle_copy)

    def fail(self: Path, data: bytes) -> int:
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(OSError, match="No space"):
        save_bundle(bundle, metrics={}, card="")

    assert refusal(bundle_copy).path == bundle_copy


def test_a_folder_that_is_missing_or_empty_is_refused(tmp_path: Path) -> None:
    assert "config.json" in refusal(tmp_path).reason
    assert "config.json" in refusal(tmp_path / "nowhere").reason


def test_a_file_in_place_of_the_folder_is_refused(bundle_copy: Path) -> None:
    refusal(bundle_copy / "config.json")


@pytest.mark.parametrize("name", HASHED_FILES)
def test_a_missing_file_is_refused(bundle_copy: Path, name: str) -> None:
    (bundle_copy / name).unlink()

    assert refusal(bundle_copy).path == bundle_copy / name


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs a device without end")
@pytest.mark.parametrize("name", [*HASHED_FILES, CONFIG_FILE])
def test_a_device_in_place_of_a_file_is_refused_without_reading_it(bundle_copy: Path, name: str) -> None:
    (bundle_copy / name).unlink()
    (bundle_copy / name).symlink_to("/dev/zero")

    assert refusal(bundle_copy).reason == "it is no ordinary file"


@pytest.mark.parametrize("name", [*HASHED_FILES, CONFIG_FILE])
def test_a_file_of_unbearable_size_is_refused_without_reading_it(
    bundle_copy: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = 65_000_000
    with (bundle_copy / name).open("r+b") as file:
        file.truncate(size)  # with a hole, which takes no space
    read = Path.read_bytes

    def read_small(path: Path) -> bytes:
        assert path.stat().st_size < size
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", read_small)
    error = refusal(bundle_copy)
    assert error.path == bundle_copy / name
    assert "65,000,000 bytes" in error.reason


@pytest.mark.parametrize("name", HASHED_FILES)
@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda content: content[:-1], id="truncated"),
        pytest.param(lambda content: b"", id="emptied"),
        pytest.param(lambda content: content[:9] + bytes([content[9] ^ 1]) + content[10:], id="one bit flipped"),
        pytest.param(lambda content: content + b"\n", id="lengthened"),
    ],
)
def test_a_damaged_file_is_refused(bundle_copy: Path, name: str, damage: Callable[[bytes], bytes]) -> None:
    path = bundle_copy / name
    path.write_bytes(damage(path.read_bytes()))

    error = refusal(bundle_copy)
    assert error.path == path
    assert "SHA-256" in error.reason


@pytest.mark.parametrize("key", ["format_version", "text_version"])
@pytest.mark.parametrize("value", [0, 99, None, "1", [1]])
def test_another_version_is_refused(bundle_copy: Path, key: str, value: object) -> None:
    edit_config(bundle_copy, **{key: value})

    error = refusal(bundle_copy)
    assert error.path == bundle_copy / "config.json"
    assert key in error.reason


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b'{"format_version": 1,}',
        b"\xff\xfe{}",
        b"[" * 100_000,
        b'{"format_version": ' + b"1" * 5000 + b"}",
        b"[]",
        b"null",
        b'"bundle"',
        b"{}",
    ],
    ids=lambda content: repr(content[:20]),
)
def test_a_config_that_is_no_json_object_of_ours_is_refused(bundle_copy: Path, content: bytes) -> None:
    (bundle_copy / "config.json").write_bytes(content)

    assert refusal(bundle_copy).path == bundle_copy / "config.json"


NAN, INFINITY = float("nan"), float("inf")
CONFIDENCE = {"bias": 0, "top": 1, "silence": 0, "share": 0, "fit": 0}
NONSENSE: dict[str, list[Any]] = {
    "max_len": [0, -1, 4001, 2.5, "64", None, True, NAN],
    "temperature": [0, -1.0, NAN, INFINITY, "1", None, [1.0]],
    "threshold": [-0.1, 1.1, NAN, "0.5", None, False],
    "pads_count": [0, 1, "false", None],
    "no_reaction": [0, 1, "true", None],
    "confidence": [None, [], 1.0, {}, {**CONFIDENCE, "bias": "0"}, {**CONFIDENCE, "share": INFINITY}],
    "sha256": [None, [], "0" * 64, {}],
}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in NONSENSE.items() for value in values])
def test_a_nonsense_value_in_the_config_is_refused(bundle_copy: Path, key: str, value: object) -> None:
    edit_config(bundle_copy, **{key: value})

    refusal(bundle_copy)


def test_training_provenance_is_optional(bundle_copy: Path) -> None:
    edit_config(bundle_copy, training=None)

    assert load_bundle(bundle_copy).config.training == {}
