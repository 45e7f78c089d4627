"""The transfer set, with a teacher that has its answers in advance. Every message here is invented."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from model.labels import Label
from model.predictor import Floats
from model.training import transfer
from model.training.annotations import PublicRows
from model.training.datasets import Example
from model.training.fit import FitConfig
from model.training.transfer import DistilConfig, TransferSet, build_transfer_set, word_vectors

LABELS = (Label("party", "🎉"), Label("cry", "😢"))
CONFIG = DistilConfig(
    fit=FitConfig(), teachers=1, teacher_epochs=3, variants=2, label_weight=0.75, repeats=3, noise=0.0
)
EXAMPLES = [Example("we won", ("🎉",)), Example("see you at six", ())]
PUBLIC = PublicRows(
    annotated=[Example("my kite is lost", ("😢",))],
    dev=[Example("the kite is back", ("🎉",))],
    texts=["my kite is lost", "the harbour was full"],
)
SOFT = {
    "we won": (0.5, 0.25, 0.25),
    "see you at six": (0.25, 0.25, 0.5),
    "my kite is lost": (0.0, 1.0, 0.0),
    "the harbour was full": (0.25, 0.5, 0.25),
}
"""The teacher's word on some texts; of all others it says the same."""
UNSURE = (0.125, 0.375, 0.5)


@dataclass
class School:
    """What the teachers of a test were asked to do."""

    lessons: list[tuple[object, list[str], Floats]] = field(default_factory=list)
    questions: list[list[str]] = field(default_factory=list)
    loaded: list[Path] = field(default_factory=list)


@dataclass(frozen=True)
class FakeTeacherConfig:
    outcomes: int
    epochs: int
    seed: int


@pytest.fixture
def school(monkeypatch: pytest.MonkeyPatch) -> School:
    """Teachers without torch, and variants without GloVe."""
    school = School()

    class FakeTeacher:
        def __init__(self, config: FakeTeacherConfig) -> None:
            self.config = config

        def fit(self, texts: Sequence[str], targets: Floats, *, show_progress: bool) -> None:
            school.lessons.append((self.config, list(texts), targets.copy()))

        def soft_labels(self, texts: Sequence[str], *, show_progress: bool) -> Floats:
            school.questions.append(list(texts))
            ranks = np.array([SOFT.get(text, UNSURE) for text in texts], dtype=np.float32)
            return np.stack([ranks, np.sqrt(ranks)], axis=1)

        def sentence_vectors(self, texts: Sequence[str]) -> Floats:
            return np.array([[len(text), 1.0] for text in texts], dtype=np.float32)

        def save(self, path: Path) -> None:
            path.write_text("a teacher", encoding="utf-8")

        @classmethod
        def load(cls, path: Path) -> "FakeTeacher":
            assert path.read_text(encoding="utf-8") == "a teacher"
            school.loaded.append(path)
            return cls(FakeTeacherConfig(0, 0, 0))

    module = ModuleType("model.training.distill")
    module.__dict__.update(Teacher=FakeTeacher, TeacherConfig=FakeTeacherConfig)
    monkeypatch.setitem(sys.modules, "model.training.distill", module)

    def vary(texts: Sequence[str], per_text: int, seed: int) -> list[str]:
        return [f"{text} {seed}.{i}" for text in texts for i in range(per_text)]

    def spoil(texts: Sequence[str], share: float, seed: int) -> list[str]:
        return [f"{text} ~{seed}" for text in texts] if share else list(texts)

    monkeypatch.setattr(transfer, "variants", vary)
    monkeypatch.setattr(transfer, "with_noise", spoil)
    return school


def built(
    folder: Path,
    *,
    examples: Sequence[Example] = EXAMPLES,
    public: PublicRows = PUBLIC,
    config: DistilConfig = CONFIG,
    seed: int = 5,
    resume: bool = False,
) -> TransferSet:
    return build_transfer_set(
        examples, public, LABELS, config, seed=seed, folder=folder, resume=resume, show_progress=False
    )


def test_the_teacher_learns_from_the_corpus_and_the_annotated_messages(tmp_path: Path, school: School) -> None:
    built(tmp_path)

    [(config, texts, targets)] = school.lessons
    assert config == FakeTeacherConfig(outcomes=3, epochs=3, seed=5)
    assert texts == ["we won", "see you at six", "my kite is lost"]
    assert targets.tolist() == [[1, 0, 0], [0, 0, 1], [0, 1, 0]]


def test_several_teachers_learn_from_seeds_one_after_another_and_are_averaged(
    tmp_path: Path, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = replace(CONFIG, teachers=2, repeats=1)
    monkeypatch.setitem(SOFT, "the harbour was full", (0.25, 0.5, 0.25))
    built(tmp_path, config=two)
    [first, second] = sorted(tmp_path.glob("*.npy"), key=lambda path: path.stat().st_mtime_ns)
    np.save(second, np.load(first) * 0)  # as if the second teacher gave nothing a chance

    transfer_set = built(tmp_path, config=two, resume=True)

    assert [config for config, _, _ in school.lessons] == [FakeTeacherConfig(3, 3, 5), FakeTeacherConfig(3, 3, 6)]
    assert transfer_set.targets[1, 0].tolist() == [0.125, 0.25, 0.125]


def test_a_training_stopped_at_its_second_teacher_keeps_the_first(tmp_path: Path, school: School) -> None:
    built(tmp_path)

    built(tmp_path, config=replace(CONFIG, teachers=2), resume=True)

    assert [config for config, _, _ in school.lessons] == [FakeTeacherConfig(3, 3, 5), FakeTeacherConfig(3, 3, 6)]


def test_all_texts_are_there_and_the_labelled_ones_repeatedly(tmp_path: Path, school: School) -> None:
    variants = ["we won 5.0", "we won 5.1", "see you at six 5.0", "see you at six 5.1"]

    transfer_set = built(tmp_path)

    known = ["we won", "see you at six", "my kite is lost"]
    noisy = [f"{text} ~{seed}" for seed in (6, 7) for text in known]
    assert transfer_set.texts == [*PUBLIC.texts, *variants, *known, *noisy]
    assert transfer_set.targets.shape == (15, 2, 3)
    assert transfer_set.targets.dtype == np.float32
    assert "the kite is back" not in [text for texts in school.questions for text in texts]


def test_the_network_reads_the_noise_of_which_the_teacher_saw_none(tmp_path: Path, school: School) -> None:
    transfer_set = built(tmp_path, config=replace(CONFIG, noise=0.5))

    assert transfer_set.texts[1] == "the harbour was full ~5"
    assert transfer_set.targets[1, 0].tolist() == [0.25, 0.5, 0.25]
    assert all("~" not in text for texts in school.questions for text in texts)


@pytest.mark.usefixtures("school")
def test_labelled_rows_mix_the_label_with_the_word_of_the_teacher(tmp_path: Path) -> None:
    transfer_set = built(tmp_path)

    # Three quarters of the label and a quarter of the teacher's word.
    mixed = [[0.875, 0.0625, 0.0625], [0.0625, 0.0625, 0.875], [0, 1, 0]]
    assert transfer_set.targets[6:, 0].tolist() == mixed * 3
    # On what nobody labelled, or labelled only by annotation, the teacher's word counts alone.
    assert transfer_set.targets[:6, 0].tolist() == [[0, 1, 0], [0.25, 0.5, 0.25], *[list(UNSURE)] * 4]


@pytest.mark.parametrize(
    ("weight", "target"), [(0.0, [0.5, 0.25, 0.25]), (0.5, [0.75, 0.125, 0.125]), (1.0, [1, 0, 0])]
)
@pytest.mark.usefixtures("school")
def test_the_weight_is_that_of_the_label(tmp_path: Path, weight: float, target: list[float]) -> None:
    transfer_set = built(tmp_path, config=replace(CONFIG, label_weight=weight, repeats=1))

    assert transfer_set.targets[transfer_set.texts.index("we won"), 0].tolist() == target


@pytest.mark.usefixtures("school")
def test_whether_an_emoji_fits_is_a_target_of_its_own(tmp_path: Path) -> None:
    several = [Example("see you at six", ("😢", "🎉"))]
    fits = built(tmp_path, examples=several, config=replace(CONFIG, repeats=1)).targets[:, 1]

    # The teacher's word alone, then mixed: both emoji fit, though they rank differently.
    np.testing.assert_allclose(fits[1], np.sqrt([0.25, 0.5, 0.25]), atol=1e-3)
    np.testing.assert_allclose(fits[-2], 0.75 * np.array([1, 1, 0]) + 0.25 * np.sqrt([0.25, 0.25, 0.5]), atol=1e-3)


@pytest.mark.parametrize("repeats", [1, 2])
@pytest.mark.usefixtures("school")
def test_labelled_rows_stand_there_as_often_as_asked_for(tmp_path: Path, repeats: int) -> None:
    transfer_set = built(tmp_path, config=replace(CONFIG, repeats=repeats))

    assert sum(text.split(" ~")[0] == "we won" for text in transfer_set.texts) == repeats
    assert len(transfer_set.targets) == len(transfer_set.texts)


def test_resuming_takes_the_saved_labels_and_asks_no_teacher(tmp_path: Path, school: School) -> None:
    first = built(tmp_path)

    second = built(tmp_path, resume=True)

    assert (len(school.lessons), len(school.questions), school.loaded) == (1, 1, [])
    assert second.texts == first.texts
    np.testing.assert_array_equal(second.targets, first.targets)


def test_resumed_labels_are_exactly_those_of_the_first_time(
    tmp_path: Path, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SOFT, "the harbour was full", (0.1, 0.2, 0.7))  # no numbers of half precision

    np.testing.assert_array_equal(built(tmp_path).targets, built(tmp_path, resume=True).targets)
    assert len(school.questions) == 1


def test_without_resume_what_is_saved_is_not_read(tmp_path: Path, school: School) -> None:
    built(tmp_path)
    built(tmp_path)

    assert (len(school.lessons), len(school.questions), school.loaded) == (2, 2, [])


def test_a_training_stopped_while_labelling_keeps_its_teacher(tmp_path: Path, school: School) -> None:
    first = built(tmp_path)
    [labels] = tmp_path.glob("*.npy")
    labels.unlink()

    second = built(tmp_path, resume=True)

    assert (len(school.lessons), len(school.questions), len(school.loaded)) == (1, 2, 1)
    np.testing.assert_array_equal(second.targets, first.targets)


def test_a_finished_labelling_leaves_the_teacher_and_its_labels_only(tmp_path: Path, school: School) -> None:
    built(tmp_path)

    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".npy", ".pt"]
    assert len(school.lessons) == 1


def test_other_public_text_is_labelled_by_the_teacher_at_hand(tmp_path: Path, school: School) -> None:
    built(tmp_path)

    built(tmp_path, public=replace(PUBLIC, texts=["a quiet harbour"]), resume=True)

    assert (len(school.lessons), len(school.questions), len(school.loaded)) == (1, 2, 1)
    assert school.questions[1][0] == "a quiet harbour"


@pytest.mark.parametrize(
    "changed",
    [
        {"examples": EXAMPLES[:1]},
        {"examples": [*EXAMPLES, Example("we lost", ("😢",))]},
        {"examples": [Example("we won", ("😢",)), EXAMPLES[1]]},
        {"examples": EXAMPLES[::-1]},
        {"public": replace(PUBLIC, annotated=[])},
        {"config": replace(CONFIG, teacher_epochs=4)},
        {"seed": 6},
    ],
    ids=[
        "fewer rows",
        "more rows",
        "another label",
        "another order",
        "no annotations",
        "longer",
        "another seed",
    ],
)
def test_other_rows_another_seed_or_other_settings_train_a_teacher_anew(
    tmp_path: Path, school: School, changed: dict[str, object]
) -> None:
    built(tmp_path)
    anew = built(tmp_path, **changed, resume=True)  # type: ignore[arg-type]

    assert (len(school.lessons), len(school.questions), school.loaded) == (2, 2, [])
    np.testing.assert_array_equal(built(tmp_path, **changed, resume=True).targets, anew.targets)  # type: ignore[arg-type]
    assert len(school.lessons) == 2


def test_the_first_teacher_tells_what_words_mean(tmp_path: Path, school: School) -> None:
    transfer_set = built(tmp_path, config=replace(CONFIG, teachers=2))
    vectors = word_vectors(transfer_set.teacher, ["we", "won"])

    assert school.loaded == [transfer_set.teacher]
    assert vectors.tolist() == [[2.0, 1.0], [3.0, 1.0]]
    assert built(tmp_path, config=replace(CONFIG, teachers=2), resume=True).teacher == transfer_set.teacher
    assert built(tmp_path).teacher == transfer_set.teacher


def test_labels_whose_teacher_is_gone_are_made_anew(tmp_path: Path, school: School) -> None:
    built(tmp_path).teacher.unlink()
    again = built(tmp_path, resume=True)

    assert len(school.lessons) == 2
    assert again.teacher.is_file()
