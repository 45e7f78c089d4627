"""What the network learns from a teacher: soft labels of public text, and of variants of the corpus.

Hinton, Vinyals and Dean (2015), "Distilling the Knowledge in a Neural Network", call such texts the transfer set. The
teacher learns from the labelled rows and from annotated public messages; the network then learns from the teacher's
word on the transfer set, and on the labelled rows from both the labels and the teacher.
"""

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Final

import numpy as np

from model.labels import Label
from model.predictor import Floats
from model.training.annotations import annotated_examples, fingerprint, load_annotations
from model.training.augment import variants
from model.training.datasets import Example, soft_targets
from model.training.fit import FitConfig
from model.training.public import ANNOTATED, tweeteval

log = logging.getLogger(__name__)

_HELD_OUT: Final = "0"
"""Annotated messages whose fingerprint begins so, one in sixteen, are development rows."""


@dataclass(frozen=True, slots=True)
class DistilConfig:
    """How a preset learns from a teacher.

    Args:
        fit: how the network is trained on all rows.
        dropout: the network's, in place of the preset's: so many rows need less of it.
        embedding_dropout: the same of its embedding.
        teacher_epochs: passes of the teacher over the labelled rows.
        variants: texts made of each row of the corpus.
        label_weight: share of a labelled row's target that is its label; the rest is the teacher's word.
        repeats: how often a labelled row stands in an epoch.
    """

    fit: FitConfig
    dropout: float = 0.1
    embedding_dropout: float = 0.1
    teacher_epochs: int = 4
    variants: int = 6
    label_weight: float = 0.5
    repeats: int = 2


@dataclass(frozen=True, slots=True)
class PublicRows:
    """The public messages of a training.

    Args:
        annotated: messages with what fits them, to learn from.
        dev: the same, held out to look at.
        texts: all messages to be labelled by the teacher; none of the held out and of the test's.
    """

    annotated: list[Example]
    dev: list[Example]
    texts: list[str]


def load_public_rows(public: Path, annotations: Path, labels: Sequence[Label]) -> PublicRows:
    """Read the public data in `public` and the annotations of them.

    Raises:
        PublicDataError: a public file is missing or not the published one.
        DatasetError: an annotations file is wrong.
    """
    texts = [read(public) for read in ANNOTATED.values()]
    texts.append([text for text, _ in tweeteval(public, "train")])
    annotated: list[Example] = []
    hidden: set[str] = set()
    for name, messages in zip(ANNOTATED, texts, strict=False):
        annotated += annotated_examples(load_annotations(annotations / name / "train.tsv", labels), messages)
        hidden |= load_annotations(annotations / name / "test.tsv", labels).keys()
    dev = [example for example in annotated if fingerprint(example.text).startswith(_HELD_OUT)]
    hidden |= {fingerprint(example.text) for example in dev}
    return PublicRows(
        annotated=[example for example in annotated if fingerprint(example.text) not in hidden],
        dev=dev,
        texts=[text for text in dict.fromkeys(chain.from_iterable(texts)) if fingerprint(text) not in hidden],
    )


@dataclass(frozen=True, slots=True)
class TransferSet:
    """Rows to train on: `targets` is float32 (len(texts), outcomes)."""

    texts: list[str]
    targets: Floats


def build_transfer_set(
    examples: Sequence[Example],
    public: PublicRows,
    labels: Sequence[Label],
    config: DistilConfig,
    *,
    seed: int,
    folder: Path,
    resume: bool = False,
    show_progress: bool = True,
) -> TransferSet:
    """Train a teacher, or take the one in `folder`, and let it label everything.

    Args:
        examples: the labelled rows of the corpus; annotated messages are added to them.
        public: the public messages.
        labels: the emoji; 'no reaction' is one more outcome.
        config: how much of what.
        seed: of the teacher and the variants.
        folder: takes `teacher-DIGEST.pt` and `soft-labels-DIGEST.npy`, named by what they were made from.
        resume: use what `folder` holds, if it was made from the same rows in the same way.
        show_progress: whether to draw progress bars.
    """
    labelled = [*examples, *public.annotated]
    known = [example.text for example in labelled]
    targets = soft_targets(labelled, labels, True)
    texts = [*public.texts, *variants([example.text for example in examples], config.variants, seed)]
    soft = _soft_labels(known, targets, texts, config, seed, folder, resume, show_progress)
    mixed = config.label_weight * targets + (1 - config.label_weight) * soft[len(texts) :]
    return TransferSet(
        texts=texts + known * config.repeats,
        targets=np.concatenate([soft[: len(texts)], *[mixed] * config.repeats]),
    )


def _soft_labels(
    known: list[str],
    targets: Floats,
    texts: list[str],
    config: DistilConfig,
    seed: int,
    folder: Path,
    resume: bool,
    show_progress: bool,
) -> Floats:
    """The teacher's probabilities for `texts` and then for `known`, from `folder` where they are those asked for."""
    from model.training.distill import Teacher, TeacherConfig

    settings = TeacherConfig(outcomes=targets.shape[1], epochs=config.teacher_epochs, seed=seed)
    lesson = _digest([json.dumps(asdict(settings)), *known, hashlib.sha256(targets.tobytes()).hexdigest()])
    question = _digest([lesson, *texts])
    teacher_file, soft_file = folder / f"teacher-{lesson[:12]}.pt", folder / f"soft-labels-{question[:12]}.npy"
    if resume and soft_file.is_file():
        try:
            return np.asarray(np.load(soft_file), dtype=np.float32)
        except (OSError, ValueError, EOFError):
            log.warning("damaged, made anew: %s", soft_file)
    if resume and teacher_file.is_file():
        teacher = Teacher.load(teacher_file)
    else:
        teacher = Teacher(settings)
        teacher.fit(known, targets, show_progress=show_progress)
        teacher.save(teacher_file)
    soft = teacher.probabilities([*texts, *known], show_progress=show_progress).astype(np.float16)
    fresh = soft_file.with_suffix(".fresh.npy")
    np.save(fresh, soft)
    fresh.replace(soft_file)
    log.info("soft labels=%d", len(soft))
    return soft.astype(np.float32)


def _digest(parts: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
