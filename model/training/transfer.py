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
from pathlib import Path

import numpy as np

from model.labels import Label
from model.predictor import Floats
from model.training.annotations import PublicRows
from model.training.augment import variants, with_noise
from model.training.datasets import Example, soft_targets
from model.training.fit import FitConfig

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DistilConfig:
    """How a preset learns from a teacher.

    Args:
        fit: how the network is trained on all rows.
        dropout: the network's, in place of the preset's: so many rows need less of it.
        embedding_dropout: the same of its embedding.
        fit_units: width of the hidden layer before the output that says whether each outcome fits.
        teachers: how many are averaged, from seeds one after another.
        teacher_epochs: passes of each teacher over the labelled rows.
        word_dimensions: principal components of the first teacher's word vectors that stand beside GloVe's.
        variants: texts made of each row of the corpus.
        label_weight: share of a labelled row's target that is its label; the rest is the teacher's word.
        repeats: how often a labelled row stands in an epoch; each time but the first with the noise of hasty typing.
        noise: share of the other texts that get such noise. The target stays that of the clean text.
    """

    fit: FitConfig
    dropout: float = 0.1
    embedding_dropout: float = 0.1
    fit_units: int = 256
    teachers: int = 2
    teacher_epochs: int = 5
    word_dimensions: int = 50
    variants: int = 3
    label_weight: float = 0.5
    repeats: int = 3
    noise: float = 0.3


@dataclass(frozen=True, slots=True)
class TransferSet:
    """Rows to train on, and what else the teachers know.

    Args:
        texts: of the rows.
        targets: float32 (len(texts), 2, outcomes), how outcomes rank and whether each fits.
        teacher: the file of the first teacher.
    """

    texts: list[str]
    targets: Floats
    teacher: Path


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
    """Train teachers, or take those in `folder`, let them label everything, and add noise to a part.

    Args:
        examples: the labelled rows of the corpus; annotated messages are added to them.
        public: the public messages.
        labels: the emoji; 'no reaction' is one more outcome.
        config: how much of what.
        seed: of the first teacher, of the variants and of the noise.
        folder: takes `teacher-DIGEST.pt` and `soft-labels-DIGEST.npy`, named by what they were made from.
        resume: use what `folder` holds, if it was made from the same rows in the same way.
        show_progress: whether to draw progress bars.
    """
    labelled = [*examples, *public.annotated]
    known = [example.text for example in labelled]
    targets = soft_targets(labelled, labels, True)
    texts = [*public.texts, *variants([example.text for example in examples], config.variants, seed)]
    lesson = _Lesson(known, targets, config.teacher_epochs)
    labels_and_fits = np.stack([targets, targets > 0], axis=1)
    questions = [*texts, *known]
    answers = [_soft_labels(lesson, seed + i, questions, folder, resume, show_progress) for i in range(config.teachers)]
    soft: Floats = np.asarray(np.mean([labels for labels, _ in answers], axis=0, dtype=np.float32))
    mixed = config.label_weight * labels_and_fits + (1 - config.label_weight) * soft[len(texts) :]
    return TransferSet(
        texts=[
            *with_noise(texts, config.noise, seed),
            *known,
            *(text for i in range(1, config.repeats) for text in with_noise(known, 1.0, seed + i)),
        ],
        targets=np.concatenate([soft[: len(texts)], *[mixed] * config.repeats]),
        teacher=answers[0][1],
    )


def word_vectors(teacher: Path, words: Sequence[str]) -> Floats:
    """What the teacher in this file makes of each word by itself: float32 (len(words), 384).

    Raises:
        TeacherError: the file is missing or not a teacher's.
    """
    from model.training.distill import Teacher

    return Teacher.load(teacher).sentence_vectors(words)


@dataclass(frozen=True, slots=True)
class _Lesson:
    """What a teacher is taught: `targets` is float32 (len(texts), outcomes)."""

    texts: list[str]
    targets: Floats
    epochs: int


def _soft_labels(
    lesson: _Lesson, seed: int, questions: list[str], folder: Path, resume: bool, show_progress: bool
) -> tuple[Floats, Path]:
    """One teacher's soft labels for `questions`, and its file; those in `folder` if they are of the same kind."""
    from model.training.distill import Teacher, TeacherConfig

    settings = TeacherConfig(outcomes=lesson.targets.shape[1], epochs=lesson.epochs, seed=seed)
    answers = hashlib.sha256(lesson.targets.tobytes()).hexdigest()
    taught = _digest([json.dumps(asdict(settings)), *lesson.texts, answers])
    asked = _digest([taught, *questions])
    teacher_file, soft_file = folder / f"teacher-{taught[:12]}.pt", folder / f"soft-labels-{asked[:12]}.npy"
    if resume and soft_file.is_file() and teacher_file.is_file():
        try:
            return np.asarray(np.load(soft_file), dtype=np.float32), teacher_file
        except (OSError, ValueError, EOFError):
            log.warning("damaged, made anew: %s", soft_file)
    if resume and teacher_file.is_file():
        teacher = Teacher.load(teacher_file)
    else:
        teacher = Teacher(settings)
        teacher.fit(lesson.texts, lesson.targets, show_progress=show_progress)
        teacher.save(teacher_file)
    soft = teacher.soft_labels(questions, show_progress=show_progress).astype(np.float16)
    fresh = soft_file.with_suffix(".fresh.npy")
    np.save(fresh, soft)
    fresh.replace(soft_file)
    log.info("soft labels=%d", len(soft))
    return soft.astype(np.float32), teacher_file


def _digest(parts: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
