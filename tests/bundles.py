"""Copies of the shipped bundle, whole and broken."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from onnx import numpy_helper

from model.bundle import CONFIG_FILE, LABELS_FILE, MODEL_FILE, PRETRAINED
from model.labels import Label, format_labels

FLAGS: Final = tuple(Label(f"flag_{i}", chr(0x1F1E6 + i // 26) + chr(0x1F1E6 + i % 26)) for i in range(63))
"""As many labels as the shipped ones, and none of them."""


def copy_bundle(folder: Path) -> Path:
    """The shipped bundle in a folder of its own, which may be changed."""
    return shutil.copytree(PRETRAINED, folder)


def flag_bundle(folder: Path, threshold: float = 0.25) -> Path:
    """The shipped network with another threshold and other labels: flags."""
    copy_bundle(folder)
    rewrite(folder, LABELS_FILE, format_labels(FLAGS).encode())
    set_config(folder, threshold=threshold)
    return folder


def rewrite(folder: Path, name: str, content: bytes) -> None:
    """Change a file and its hash in the config alike."""
    (folder / name).write_bytes(content)
    hashes = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))["sha256"]
    set_config(folder, sha256={**hashes, name: hashlib.sha256(content).hexdigest()})


def set_config(folder: Path, **values: Any) -> None:
    """Change what the bundle says of itself."""
    path = folder / CONFIG_FILE
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **values}), encoding="utf-8")


def set_weights(folder: Path, change: Callable[[np.ndarray[Any, Any]], object], prefix: str = "") -> None:
    """Change all matrices of the network whose names begin so, in place."""
    network = onnx.load(folder / MODEL_FILE, load_external_data=False)
    for tensor in network.graph.initializer:
        is_matrix = tensor.data_type == onnx.TensorProto.FLOAT and len(tensor.dims) > 1
        if is_matrix and tensor.name.startswith(prefix):
            weights = numpy_helper.to_array(tensor).copy()
            change(weights)
            tensor.CopyFrom(numpy_helper.from_array(weights, tensor.name))
    rewrite(folder, MODEL_FILE, network.SerializeToString())


def replace_folder(folder: Path, new: Path) -> None:
    """Let `folder`, a symbolic link, stand for another one, at once."""
    link = folder.with_name(f"{folder.name}.new")
    link.symlink_to(new)
    link.replace(folder)
