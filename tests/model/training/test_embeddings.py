import numpy as np
import pytest

from model.labels import Label
from model.text import _CONTRACTIONS, _SUFFIXES, MARKS, PAD, SPECIAL_TOKENS, UNKNOWN
from model.training.embeddings import DIMENSIONS, Embedding, build_embedding, load_glove, widen

TEXTS = ["the blorf is here :D", "a blorf again 🦖🦖 zzquux", "🦖 photosynthesis"]


@pytest.fixture(scope="module")
def embedding() -> Embedding:
    return build_embedding(TEXTS, size=500, labels=(Label("fire", "🔥"), Label("heart", "❤️")))


@pytest.fixture(scope="module")
def rank() -> dict[str, int]:
    return {word: rank for rank, word in enumerate(load_glove()[0])}


def vector(embedding: Embedding, word: str) -> list[float]:
    row: list[float] = embedding.vectors[embedding.vocabulary[word]].tolist()
    return row


def test_glove_holds_400000_words_commonest_first() -> None:
    words, vectors = load_glove()

    assert len(words) == len(set(words)) == 400_000
    assert vectors.shape == (400_000, DIMENSIONS)
    assert words[0] == "the"


def test_related_words_of_glove_point_the_same_way(rank: dict[str, int]) -> None:
    def cosine(a: str, b: str) -> float:
        x, y = (load_glove()[1][rank[word]] for word in (a, b))
        return float(x @ y / np.linalg.norm(x) / np.linalg.norm(y))

    # The array on disk is Fortran-ordered: read in the wrong order, it would hold plausible nonsense.
    assert cosine("king", "queen") > 0.7
    assert cosine("good", "great") > 0.7
    assert cosine("king", "cabbage") < 0.4


def test_the_hints_of_all_marks_are_words_of_glove(rank: dict[str, int]) -> None:
    assert {word for hint in MARKS.values() for word in hint.split()} <= set(rank)


def test_contractions_are_cut_into_words_of_glove(rank: dict[str, int]) -> None:
    assert {part for parts in _CONTRACTIONS.values() for part in parts} | set(_SUFFIXES) | {"n't"} <= set(rank)


def test_special_tokens_come_first_and_no_token_twice(embedding: Embedding) -> None:
    assert embedding.words[: len(SPECIAL_TOKENS)] == SPECIAL_TOKENS
    assert len(embedding.vocabulary) == len(embedding.words) == len(embedding.vectors)
    assert embedding.vectors.dtype == np.float32


def test_the_padding_is_zero_and_the_unknown_word_is_the_mean(embedding: Embedding) -> None:
    words = embedding.vectors[len(SPECIAL_TOKENS) :][:500]

    assert vector(embedding, PAD) == [0.0] * DIMENSIONS
    assert vector(embedding, UNKNOWN) == pytest.approx(words.mean(axis=0), abs=0.02)


def test_words_of_glove_keep_their_vectors(embedding: Embedding, rank: dict[str, int]) -> None:
    for word in ("the", "is", "here", "again"):
        assert vector(embedding, word) == pytest.approx(load_glove()[1][rank[word]], abs=2e-3)


def test_commoner_words_come_first(embedding: Embedding, rank: dict[str, int]) -> None:
    ranks = [rank[word] for word in embedding.words if word in rank]

    assert ranks == sorted(ranks)
    assert len(ranks) >= 500


def test_words_of_the_texts_are_added_beyond_the_size(embedding: Embedding, rank: dict[str, int]) -> None:
    assert rank["photosynthesis"] > 10_000
    assert "photosynthesis" in embedding.vocabulary


def test_tokens_outside_glove_need_two_occurrences(embedding: Embedding, rank: dict[str, int]) -> None:
    assert not {"blorf", "🦖", "zzquux"} & set(rank)
    assert {"blorf", "🦖"} <= set(embedding.vocabulary)
    assert "zzquux" not in embedding.vocabulary


def test_label_emoji_always_get_a_token_that_starts_from_their_name(embedding: Embedding, rank: dict[str, int]) -> None:
    assert {"🔥", "❤"} <= set(embedding.vocabulary)
    assert vector(embedding, "🔥") == pytest.approx(load_glove()[1][rank["fire"]], abs=2e-3)


def test_a_mark_starts_from_the_mean_of_its_hints(embedding: Embedding, rank: dict[str, int]) -> None:
    laugh, grin = (load_glove()[1][rank[word]] for word in ("laugh", "grin"))

    assert vector(embedding, "<laugh>") == pytest.approx((laugh + grin) / 2, abs=2e-3)


def test_vectors_survive_the_float16_of_a_bundle(embedding: Embedding) -> None:
    assert (embedding.vectors.astype(np.float16).astype(np.float32) == embedding.vectors).all()


def test_of_strangers_messages_only_glove_words_are_taken() -> None:
    own, strangers = ["quixblat is here", "quixblat again"], ["zorbnax zorbnax zorbnax paella", "zorbnax 5550199"]
    embedding = build_embedding(own, size=100, public=strangers)

    assert "paella" in embedding.words
    assert "quixblat" in embedding.words
    assert not {"zorbnax", "5550199"} & set(embedding.words)


def test_a_widened_embedding_holds_what_it_held_and_components_beside_it(embedding: Embedding) -> None:
    # Three directions in 20 dimensions, of which the first varies most and the last hardly at all.
    rng = np.random.default_rng(0)
    directions = np.linalg.qr(rng.normal(size=(20, 3)))[0].T
    known = rng.normal(size=(len(embedding.words) - 2, 3)) * [5.0, 2.0, 0.01]
    wide = widen(embedding, (known @ directions + 7).astype(np.float32), 2)

    assert wide.words == embedding.words
    assert wide.vectors.dtype == np.float32
    assert wide.vectors[:, :DIMENSIONS].tolist() == embedding.vectors.tolist()
    more = wide.vectors[2:, DIMENSIONS:]
    assert not wide.vectors[:2, DIMENSIONS:].any()
    assert more.std() == pytest.approx(embedding.vectors[2:].std(), rel=1e-3)
    for component, truth in zip(more.T, known.T, strict=False):
        assert abs(np.corrcoef(component, truth)[0, 1]) > 0.99
    assert more[:, 0].std() / more[:, 1].std() == pytest.approx(2.5, rel=0.2)
    assert wide.vectors.astype(np.float16).astype(np.float32).tolist() == wide.vectors.tolist()
