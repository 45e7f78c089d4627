"""Bundles that mean harm by other files than the graph, each made from a good one in a folder of its own."""

import hashlib
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

Change = Callable[[Path], None]


def rewrite(folder: Path, name: str, content: bytes) -> None:
    """Change a file and its hash in the config alike."""
    (folder / name).unlink()
    (folder / name).write_bytes(content)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["sha256"][name] = hashlib.sha256(content).hexdigest()
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")


def _config(**values: Any) -> Change:
    def change(folder: Path) -> None:
        path = folder / "config.json"
        path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | values), encoding="utf-8")

    return change


def _config_text(old: str, new: str) -> Change:
    """The text of the config itself, which may say what `json.dumps` would not."""

    def change(folder: Path) -> None:
        path = folder / "config.json"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def _raw_config(content: bytes) -> Change:
    def change(folder: Path) -> None:
        (folder / "config.json").write_bytes(content)

    return change


def _file(name: str, content: bytes) -> Change:
    return lambda folder: rewrite(folder, name, content)


def _lines(name: str, *more: str) -> Change:
    """More lines at the end of a file."""
    return lambda folder: rewrite(folder, name, (folder / name).read_bytes() + "".join(f"{m}\n" for m in more).encode())


def _replaced(name: str, put: Change) -> Change:
    def change(folder: Path) -> None:
        (folder / name).unlink()
        put(folder / name)

    return change


def _hashed_elsewhere(folder: Path) -> None:
    """The config names the hash of a file above its folder, and has none for the vocabulary."""
    (folder.parent / "secret").write_text("secret", encoding="utf-8")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["sha256"]["../secret"] = hashlib.sha256(b"secret").hexdigest()
    del config["sha256"]["vocabulary.txt"]
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")


def _grown(name: str, size: int) -> Change:
    """A file that ends in a hole, which takes no space."""

    def change(folder: Path) -> None:
        with (folder / name).open("r+b") as file:
            file.truncate(size)

    return change


def _npy(shape: str, kind: str = "<f2") -> bytes:
    """How an .npy file begins."""
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + min(len(header), 65_535).to_bytes(2, "little") + header


def _rows(number: float) -> Change:
    """One number of the embedding is another."""

    def change(folder: Path) -> None:
        embedding = np.load(folder / "embedding.npy")
        embedding[-1, -1] = number
        content = io.BytesIO()
        np.save(content, embedding)
        rewrite(folder, "embedding.npy", content.getvalue())

    return change


_NAMES: Final = (
    "model.onnx",
    "embedding.npy",
    "vocabulary.txt",
    "labels.tsv",
    "metrics.json",
    "README.md",
    "config.json",
)

HOSTILE_FOLDERS: Final[dict[str, Change]] = {
    **{f"a pipe for {name}": _replaced(name, lambda path: os.mkfifo(path)) for name in _NAMES},
    **{f"a folder for {name}": _replaced(name, lambda path: path.mkdir()) for name in _NAMES},
    **{
        f"a link to /etc/passwd for {name}": _replaced(name, lambda path: path.symlink_to("/etc/passwd"))
        for name in _NAMES
    },
    **{f"a link to itself for {name}": _replaced(name, lambda path: path.symlink_to(path)) for name in _NAMES},
    **{f"a terabyte of nothing for {name}": _grown(name, 2**40) for name in _NAMES},
    "a hash of a file above": _hashed_elsewhere,
    "no object but a list of lists": _raw_config(b"[" * 500_000 + b"]" * 500_000),
    "an object 100 deep": _config(training={"a": json.loads("[" * 100 + "]" * 100)}),
    "a million empty lists": _raw_config(b'{"a":[' + b"[]," * 300_000 + b"[]]}"),
    "20 MB of config": _config(training={"note": "x" * 20_000_000}),
    "a whole number of a million digits": _config_text('"max_len": ', '"max_len": ' + "9" * 900_000),
    "a key twice": _config_text("{", '{"format_version": 0,'),
    "a hash twice": _config_text('"sha256": {', '"sha256": {"README.md": "",'),
    "NaN where nothing is read": _config(training={"loss": float("nan")}),
    "an infinity where nothing is read": _config_text('"training": {', '"training": {"loss": 1e999, '),
    "a max_len of 10^12": _config(max_len=10**12),
    "a max_len of 1e308": _config(max_len=1e308),
    "a text for max_len": _config(max_len="9" * 500_000),
    "a list for a version": _config(format_version=["\n@everyone"] * 100_000),
    "hashes of other types": _config(sha256=dict.fromkeys(_NAMES, 10**400)),
    "a token of 10 MB": _file("vocabulary.txt", b"<pad>\n<unk>\n" + b"x" * 10_000_000),
    "a vocabulary of empty lines": _file("vocabulary.txt", b"<pad>\n<unk>" + b"\n" * 10_000_000),
    "two million tokens": _file("vocabulary.txt", b"<pad>\n<unk>\n" + b"\n".join(b"%x" % i for i in range(2_000_000))),
    "a vocabulary of zeros": _file("vocabulary.txt", bytes(15_000_000)),
    "an embedding of 10^12": _file("embedding.npy", _npy("(54, 1000000000000)")),
    "an embedding of -54 by -1": _file("embedding.npy", _npy("(-54, -1)") + bytes(108)),
    "an embedding of Python's": _file("embedding.npy", _npy("(" * 50_000)),
    "an embedding that is pickled": _file("embedding.npy", _npy("(54,)", "|O") + b"cos\nsystem\n(S'true'\ntR."),
    "an embedding without end": _rows(float("inf")),
    "an embedding that is no number": _rows(float("nan")),
    "an empty embedding": _file("embedding.npy", b""),
    "an empty vocabulary": _file("vocabulary.txt", b""),
    "a mention for an emoji": _lines("labels.tsv", "all\t@everyone"),
    "a link for an emoji": _lines("labels.tsv", "link\t[free](https://example.com)"),
    "a control of direction for an emoji": _lines("labels.tsv", "back\t\u202e🔥"),
    "a name that moves the cursor": _lines("labels.tsv", "na\x1b[2Jme\t🐢"),
    "an emoji of 50,000": _lines("labels.tsv", "many\t" + "🐢" * 20_000),
    "labels without end": _lines("labels.tsv", *(f"{i}\t🐢" for i in range(100_000))),
}
"""What a folder can hold. Each is refused in one sentence."""
