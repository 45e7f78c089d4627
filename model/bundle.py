"""The trained model as a folder: write, load, validate.

A bundle holds the ONNX graph, the embedding, the vocabulary and the labels, and a `config.json` that names the SHA-256
of each. The embedding, by far the largest part, stands beside the graph: ONNX Runtime would copy it.
Loading checks everything that can be checked without running the graph; `model.predictor` checks the graph's shapes.
"""

import hashlib
import io
import json
import re
import stat
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from model.errors import ModelError
from model.labels import Label, LabelsError, format_labels, parse_labels
from model.text import PAD, TEXT_VERSION, UNKNOWN

FORMAT_VERSION: Final = 3
PRETRAINED: Final = Path(__file__).parent / "pretrained"
"""The bundle that ships with the project."""

CONFIG_FILE: Final = "config.json"
MODEL_FILE: Final = "model.onnx"
EMBEDDING_FILE: Final = "embedding.npy"
VOCABULARY_FILE: Final = "vocabulary.txt"
LABELS_FILE: Final = "labels.tsv"
METRICS_FILE: Final = "metrics.json"
CARD_FILE: Final = "README.md"
HASHED_FILES: Final = (MODEL_FILE, EMBEDDING_FILE, VOCABULARY_FILE, LABELS_FILE, METRICS_FILE, CARD_FILE)

_LARGEST: Final = 64_000_000
"""Bytes of the largest file that is read."""

_NPY_HEADER: Final = re.compile(
    rb"\x93NUMPY\x01\x00(..)\{'descr': '<f2', 'fortran_order': False, 'shape': \((\d{1,9}), (\d{1,9})\), \} *\n",
    re.DOTALL,
)
"""How `numpy.save` begins a matrix of halves (NEP 1): the length of the header and both sides of the matrix."""


class BundleError(ModelError):
    """A folder is not a usable bundle. `path` is the folder or file at fault, `reason` says why."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"The model bundle {path} cannot be used: {reason}.")
        self.path = path
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Confidence:
    """A logistic model of 'the first emoji fits the message' (Platt, 1999).

    confidence = sigmoid(bias + top * logit p(first emoji) + silence * ln p(no reaction) + share * ln s + fit * f),
    where s is the first emoji's share of the probability of all emoji, and f the network's own logit of 'it fits', 0
    for a network without that output. The defaults give p(first emoji) itself.
    """

    bias: float = 0.0
    top: float = 1.0
    silence: float = 0.0
    share: float = 0.0
    fit: float = 0.0


@dataclass(frozen=True, slots=True)
class BundleConfig:
    """What a bundle says of itself.

    Args:
        max_len: tokens that the network reads of a message.
        pads_count: whether the network runs over the padding (the seed's unmasked network does); otherwise each row
            ends at its own length.
        no_reaction: whether the last output stands for 'no reaction'.
        temperature: what the logits are divided by (Guo et al., 2017, "On Calibration of Modern Neural Networks").
        threshold: the confidence from which the bot reacts by default.
        training: provenance: preset, seed, data files with their SHA-256, epochs.
    """

    max_len: int
    pads_count: bool
    no_reaction: bool
    temperature: float
    confidence: Confidence
    threshold: float
    training: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bundle:
    """A validated bundle in memory.

    Args:
        path: its folder.
        config: what it says of itself.
        labels: in the order of the outcomes.
        vocabulary: tokens to indices, commoner words first; 0 is the padding.
        embedding: float16 (tokens, dimensions), the vector of each token.
        graph: the network from the embedded tokens on, as ONNX.
    """

    path: Path
    config: BundleConfig
    labels: tuple[Label, ...]
    vocabulary: Mapping[str, int]
    embedding: npt.NDArray[np.float16] = field(repr=False, compare=False)
    graph: bytes = field(repr=False)

    @property
    def version(self) -> str:
        """Twelve hexadecimal digits that change with whatever the predictions depend on. Takes 10 ms."""
        digest = hashlib.sha256(self.graph)
        digest.update(np.ascontiguousarray(self.embedding).view(np.uint8).data)
        digest.update("\n".join(self.vocabulary).encode())
        digest.update(repr((self.labels, self.config)).encode())
        return digest.hexdigest()[:12]


def load_bundle(path: Path) -> Bundle:
    """Load and validate the bundle in the folder `path`.

    Raises:
        BundleError: it is missing, truncated, tampered with, or of another format or text version.
    """
    config, hashes = _read_config(path / CONFIG_FILE)
    content = {name: _read_hashed(path / name, hashes.get(name)) for name in HASHED_FILES}
    try:
        labels = parse_labels(content[LABELS_FILE].decode("utf-8"), path / LABELS_FILE)
    except (LabelsError, UnicodeDecodeError) as error:
        raise BundleError(path / LABELS_FILE, str(error).rstrip(".")) from error
    try:
        words = content[VOCABULARY_FILE].decode("utf-8").removesuffix("\n").split("\n")
    except UnicodeDecodeError as error:
        raise BundleError(path / VOCABULARY_FILE, "it is not UTF-8") from error
    vocabulary = {word: index for index, word in enumerate(words)}
    if words[:2] != [PAD, UNKNOWN] or len(vocabulary) != len(words):
        raise BundleError(path / VOCABULARY_FILE, f"it must begin with {PAD} and {UNKNOWN} and hold no token twice")
    embedding = _parse_embedding(path / EMBEDDING_FILE, content[EMBEDDING_FILE], len(words))
    return Bundle(path, config, labels, vocabulary, embedding, content[MODEL_FILE])


def save_bundle(bundle: Bundle, *, metrics: Mapping[str, Any], card: str) -> None:
    """Write a bundle into its folder, `config.json` last: a bundle without it is not one."""
    embedding = io.BytesIO()
    np.save(embedding, np.ascontiguousarray(bundle.embedding, dtype="<f2"), allow_pickle=False)
    path = bundle.path
    path.mkdir(parents=True, exist_ok=True)
    (path / CONFIG_FILE).unlink(missing_ok=True)
    content = {
        MODEL_FILE: bundle.graph,
        EMBEDDING_FILE: embedding.getvalue(),
        VOCABULARY_FILE: ("\n".join(bundle.vocabulary) + "\n").encode(),
        LABELS_FILE: format_labels(bundle.labels).encode(),
        METRICS_FILE: (json.dumps(metrics, indent=2, ensure_ascii=False) + "\n").encode(),
        CARD_FILE: card.encode(),
    }
    for name, data in content.items():
        (path / name).write_bytes(data)
    header = {"format_version": FORMAT_VERSION, "text_version": TEXT_VERSION, **asdict(bundle.config)}
    header["sha256"] = {name: hashlib.sha256(content[name]).hexdigest() for name in HASHED_FILES}
    (path / CONFIG_FILE).write_text(json.dumps(header, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _read_config(path: Path) -> tuple[BundleConfig, Mapping[str, str]]:
    try:
        header = json.loads(_read(path))
    except FileNotFoundError as error:
        raise BundleError(path.parent, f"it has no {path.name}") from error
    except (OSError, ValueError, RecursionError) as error:
        raise BundleError(path, "it is not readable as JSON") from error
    if not isinstance(header, dict):
        raise BundleError(path, "it holds no JSON object")
    for key, wanted in (("format_version", FORMAT_VERSION), ("text_version", TEXT_VERSION)):
        if header.get(key) != wanted or isinstance(header[key], bool):
            raise BundleError(path, f"its {key} is {header.get(key)!r} and this program reads {wanted}")
    hashes = header.get("sha256")
    if not isinstance(hashes, dict):
        raise BundleError(path, "it lists no sha256 of its files")
    config = BundleConfig(
        max_len=_whole_number(path, header, "max_len", 1, 4000),
        pads_count=_flag(path, header, "pads_count"),
        no_reaction=_flag(path, header, "no_reaction"),
        temperature=_number(path, header, "temperature", 1e-3, 1e3),
        confidence=_confidence(path, header.get("confidence")),
        threshold=_number(path, header, "threshold", 0.0, 1.0),
        training=header["training"] if isinstance(header.get("training"), dict) else {},
    )
    return config, hashes


def _parse_embedding(path: Path, content: bytes, tokens: int) -> npt.NDArray[np.float16]:
    """The matrix of an .npy file, float16 (tokens, dimensions), as a view of `content`."""
    header = _NPY_HEADER.match(content)
    # Not NumPy's own reader, which takes any Python literal for a header.
    shape = (int(header[2]), int(header[3])) if header else (0, 0)
    if (
        header is None
        or header.end() != 10 + int.from_bytes(header[1], "little")
        or len(content) - header.end() != 2 * shape[0] * shape[1]
    ):
        raise BundleError(path, "it is no .npy file of one float16 matrix, row by row")
    if shape[0] != tokens:
        raise BundleError(path, f"it has {shape[0]} rows and the vocabulary has {tokens} tokens")
    return np.frombuffer(content, dtype=np.dtype("<f2"), offset=header.end()).reshape(shape)


def _confidence(path: Path, value: object) -> Confidence:
    if not isinstance(value, dict):
        raise BundleError(path, "its confidence is no JSON object")
    return Confidence(**{one.name: _number(path, value, one.name, -1e3, 1e3) for one in fields(Confidence)})


def _number(path: Path, values: Mapping[str, Any], key: str, low: float, high: float) -> float:
    value = values.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise BundleError(path, f"its {key} is {value!r}, not a number from {low:g} to {high:g}")
    return float(value)


def _whole_number(path: Path, values: Mapping[str, Any], key: str, low: int, high: int) -> int:
    value = _number(path, values, key, low, high)
    if not value.is_integer():
        raise BundleError(path, f"its {key} is {value!r}, not a whole number")
    return int(value)


def _flag(path: Path, values: Mapping[str, Any], key: str) -> bool:
    value = values.get(key)
    if not isinstance(value, bool):
        raise BundleError(path, f"its {key} is {value!r}, not true or false")
    return value


def _read_hashed(path: Path, expected: object) -> bytes:
    try:
        content = _read(path)
    except OSError as error:
        raise BundleError(path, "the file is missing or unreadable") from error
    if hashlib.sha256(content).hexdigest() != expected:
        raise BundleError(path, "its SHA-256 is not the one in config.json: the file is truncated or was changed")
    return content


def _read(path: Path) -> bytes:
    """The content of an ordinary file of a bearable size.

    Raises:
        BundleError: it is a device, a folder or the like, or too large.
        OSError: it is missing or unreadable.
    """
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise BundleError(path, "it is no ordinary file")
    if found.st_size > _LARGEST:
        raise BundleError(path, f"it has {found.st_size:,} bytes, and at most {_LARGEST:,} are read")
    return path.read_bytes()
