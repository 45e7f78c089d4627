"""Bundles whose files are intact, each by itself, and disagree with each other."""

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from model.bundle import BundleError
from model.predictor import Predictor


def rewrite(folder: Path, name: str, content: bytes) -> None:
    """Change a file and its hash in the config alike."""
    (folder / name).write_bytes(content)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["sha256"][name] = hashlib.sha256(content).hexdigest()
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")


def refused(folder: Path, name: str, reason: str) -> None:
    """Check that the bundle is refused for the file `name`, in one sentence that holds `reason`."""
    with pytest.raises(BundleError, match=reason) as caught:
        Predictor.load(folder)
    assert caught.value.path == folder / name
    assert str(caught.value).endswith(".")
    assert len(str(caught.value).splitlines()) == 1


def lines_of(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").removesuffix("\n").split("\n")


def joined(lines: list[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()


def test_fewer_labels_than_outputs_are_refused(bundle_copy: Path) -> None:
    rewrite(bundle_copy, "labels.tsv", joined(lines_of(bundle_copy / "labels.tsv")[:-1]))

    refused(bundle_copy, "model.onnx", "8 outcomes and the labels make 7")


def test_more_labels_than_outputs_are_refused(bundle_copy: Path) -> None:
    rewrite(bundle_copy, "labels.tsv", joined([*lines_of(bundle_copy / "labels.tsv"), "skull\t💀"]))

    refused(bundle_copy, "model.onnx", "8 outcomes and the labels make 9")


def test_a_label_that_stands_twice_is_refused(bundle_copy: Path) -> None:
    lines = lines_of(bundle_copy / "labels.tsv")
    rewrite(bundle_copy, "labels.tsv", joined([*lines[:-1], lines[1]]))

    refused(bundle_copy, "labels.tsv", "twice")


def test_labels_that_are_not_utf_8_are_refused(bundle_copy: Path) -> None:
    rewrite(bundle_copy, "labels.tsv", b"name\temoji\ncaf\xe9\t!\n")

    refused(bundle_copy, "labels.tsv", "utf-8")


def test_a_vocabulary_shorter_than_the_embedding_is_refused(bundle_copy: Path) -> None:
    lines = lines_of(bundle_copy / "vocabulary.txt")
    rewrite(bundle_copy, "vocabulary.txt", joined(lines[:-1]))

    refused(bundle_copy, "embedding.npy", f"{len(lines)} rows and the vocabulary has {len(lines) - 1} tokens")


def test_a_vocabulary_longer_than_the_embedding_is_refused(bundle_copy: Path) -> None:
    lines = lines_of(bundle_copy / "vocabulary.txt")
    rewrite(bundle_copy, "vocabulary.txt", joined([*lines, "extra"]))

    refused(bundle_copy, "embedding.npy", f"{len(lines)} rows and the vocabulary has {len(lines) + 1} tokens")


def saved(array: npt.NDArray[Any]) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def npy(header: bytes, content: bytes = b"", version: bytes = b"\x01\x00") -> bytes:
    """A file with any header: what NumPy would not write."""
    return b"\x93NUMPY" + version + len(header).to_bytes(2, "little") + header + content


VECTORS = np.zeros((9, 4), np.float16)


@pytest.mark.parametrize(
    "content",
    {
        "nothing": b"",
        "no header": b"\x93NUMPY",
        "another version": npy(b"{}", version=b"\x02\x00"),
        "a header that is none": npy(b"__import__('os')\n"),
        "a header too deep": npy(b"(" * 9_000 + b"\n"),
        "a header too long": npy(b" " * 60_000 + b"\n"),
        "Python objects": npy(b"{'descr': '|O', 'fortran_order': False, 'shape': (9, 4)}\n", b"\x80\x04."),
        "other numbers": saved(VECTORS.astype(np.float32)),
        "the other byte order": saved(VECTORS.astype(">f2")),
        "columns": saved(np.asfortranarray(VECTORS)),
        "a row": saved(VECTORS[0]),
        "a cube": saved(VECTORS[None]),
        "fewer numbers than it says": saved(VECTORS)[:-2],
        "more numbers than it says": saved(VECTORS) + b"\x00\x00",
        "a shape beyond any memory": npy(b"{'descr': '<f2', 'fortran_order': False, 'shape': (10**15, 10**15)}\n"),
        "a negative shape": npy(b"{'descr': '<f2', 'fortran_order': False, 'shape': (-1, -4)}\n", b"\x00" * 8),
        "no columns": saved(VECTORS[:, :0]),
    }.values(),
    ids=lambda content: repr(content[10:40]),
)
def test_an_embedding_that_is_no_matrix_of_halves_is_refused(bundle_copy: Path, content: bytes) -> None:
    rewrite(bundle_copy, "embedding.npy", content)

    refused(bundle_copy, "embedding.npy", "float16 matrix|rows|dimensions")


def test_an_embedding_of_other_dimensions_is_refused(bundle_copy: Path) -> None:
    rewrite(
        bundle_copy, "embedding.npy", saved(np.zeros((len(lines_of(bundle_copy / "vocabulary.txt")), 49), np.float16))
    )

    refused(bundle_copy, "embedding.npy", "49 dimensions")


def test_a_token_that_stands_twice_is_refused(bundle_copy: Path) -> None:
    lines = lines_of(bundle_copy / "vocabulary.txt")
    rewrite(bundle_copy, "vocabulary.txt", joined([*lines[:-1], lines[-2]]))

    refused(bundle_copy, "vocabulary.txt", "twice")


def test_a_vocabulary_without_its_special_tokens_is_refused(bundle_copy: Path) -> None:
    lines = lines_of(bundle_copy / "vocabulary.txt")
    rewrite(bundle_copy, "vocabulary.txt", joined([lines[1], lines[0], *lines[2:]]))

    refused(bundle_copy, "vocabulary.txt", "<pad>")


def test_a_vocabulary_that_is_not_utf_8_is_refused(bundle_copy: Path) -> None:
    rewrite(bundle_copy, "vocabulary.txt", b"<pad>\n<unk>\ncaf\xe9\n")

    refused(bundle_copy, "vocabulary.txt", "UTF-8")


@pytest.mark.parametrize("graph", [b"", b"no graph at all", b"\x08\x08" * 50])
def test_a_graph_that_is_none_is_refused(bundle_copy: Path, graph: bytes) -> None:
    rewrite(bundle_copy, "model.onnx", graph)

    refused(bundle_copy, "model.onnx", "cannot read the graph")


def test_a_graph_of_other_inputs_is_refused(bundle_copy: Path) -> None:
    from onnx import TensorProto, helper

    doubled = helper.make_node("Add", ["x", "x"], ["y"])
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [None]) for name in "xy")
    model = helper.make_model(
        helper.make_graph([doubled], "other", [x], [y]), opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    )
    rewrite(bundle_copy, "model.onnx", model.SerializeToString())

    refused(bundle_copy, "model.onnx", "inputs or outputs are not those")
