"""What an evaluation is about: the files of a split, and the rows that baselines learn from. Needs no TensorFlow."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from model.bundle import LABELS_FILE, Bundle
from model.labels import load_labels
from model.training.annotations import annotated_examples, load_annotations
from model.training.datasets import DatasetError, Example, load_examples, load_pairs, load_task
from model.training.public import ANNOTATED

Split = Literal["dev", "test"]


@dataclass(frozen=True, slots=True)
class Material:
    """Messages to score predictions on. All but `rows` may be missing.

    Args:
        rows: of this project's own corpus, so that their text may be shown.
        files: SHA-256 of each file read, by its place in the corpus; a file from elsewhere by its name.
        annotated: public messages with what fits them, by source; their text must not be shown.
        pairs: minimal pairs.
        unreadable: lines that nobody can read; no reaction fits.
        emojify: rows of the seed's task.
    """

    rows: Sequence[Example]
    files: Mapping[str, str]
    annotated: Mapping[str, Sequence[Example]] = field(default_factory=dict)
    pairs: Sequence[tuple[Example, Example]] = ()
    unreadable: Sequence[Example] = ()
    emojify: Sequence[Example] = ()


def load_material(
    corpus: Path, split: Split, bundle: Bundle, *, public: Path | None = None, emojify: Path | None = None
) -> Material:
    """Read what there is for a split.

    Args:
        corpus: the folder of the corpus: `chat/SPLIT.tsv` and, where present, `chat/pairs_SPLIT.tsv`,
            `chat/unreadable_SPLIT.tsv` and `annotations/*/SPLIT.tsv`.
        split: which rows.
        bundle: what is to be scored. One that cannot be silent gets only the rows about its labels.
        public: the folder of the public files; without it there are no annotated messages.
        emojify: a file of the seed's format.

    Raises:
        ModelError: a file is wrong, or an annotated message is not in its public file.
    """
    known = load_labels(corpus / LABELS_FILE)
    silent = bundle.config.no_reaction
    chat = corpus / "chat"
    rows, pairs, unreadable = (chat / f"{name}{split}.tsv" for name in ("", "pairs_", "unreadable_"))
    annotations = sorted(corpus.glob(f"annotations/*/{split}.tsv")) if public and silent else []
    extra = [path for path in (pairs, unreadable) if silent and path.is_file()]
    named = {path.relative_to(corpus).as_posix(): path for path in (rows, *extra, *annotations)}
    if emojify:
        named[emojify.name] = emojify
    return Material(
        rows=load_task(rows, bundle.labels, known, silent),
        annotated={path.parent.name: _load_annotated(path, bundle, public) for path in annotations if public},
        pairs=load_pairs(pairs, bundle.labels) if pairs in extra else (),
        unreadable=load_examples(unreadable, bundle.labels) if unreadable in extra else (),
        emojify=load_examples(emojify, known) if emojify else (),
        files={name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in named.items()},
    )


def training_paths(corpus: Path, silent: bool) -> list[Path]:
    """The training rows of a corpus: messages, plain statements, and what teaches when to be silent.

    Args:
        corpus: the folder of the corpus.
        silent: whether the model can be: minimal pairs and unreadable lines are then among them. All but the
            messages may be missing.
    """
    chat = corpus / "chat"
    extra = ("plain.tsv", "pairs.tsv", "unreadable.tsv") if silent else ("plain.tsv",)
    return [chat / "train", *filter(Path.is_file, (chat / name for name in extra))]


def load_training(corpus: Path, bundle: Bundle) -> list[Example]:
    """The training rows of a corpus that a model like `bundle` is about.

    Raises:
        ModelError: a file is wrong.
    """
    known, silent = load_labels(corpus / LABELS_FILE), bundle.config.no_reaction
    return [
        example for path in training_paths(corpus, silent) for example in load_task(path, bundle.labels, known, silent)
    ]


def _load_annotated(path: Path, bundle: Bundle, public: Path) -> list[Example]:
    source = path.parent.name
    if source not in ANNOTATED:
        raise DatasetError(path, 1, f"{source} is none of the public data sets ({', '.join(ANNOTATED)})")
    annotations = load_annotations(path, bundle.labels)
    examples = annotated_examples(annotations, ANNOTATED[source](public))
    if len(examples) < len(annotations):
        raise DatasetError(path, 1, f"the public file holds {len(examples)} of its {len(annotations)} messages")
    return examples
