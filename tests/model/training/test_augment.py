"""Variants of messages. Every message here is invented."""

import re
from collections.abc import Iterable, Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.training import augment
from model.training.augment import neighbours, variants, with_noise
from model.training.embeddings import load_glove

NEAR = {"happy": ["glad", "pleased"], "dog": ["cat", "puppy"], "code": ["rule"], "we": ["they"], "met": ["saw"]}
SENTENCE = "we met a very happy dog at the lake on the way home from the long sunny market today"
"""Too long to be joined with another."""
MARKUP = (
    "<@123>",
    "<@!123>",
    "<@&123>",
    "<#123>",
    "<:happyDog:123>",
    "<a:dog:123>",
    "<t:1618953630:R>",
    "</met:123>",
    "<https://example.org/dog>",
)


@pytest.fixture(scope="module")
def near() -> Iterator[None]:
    """Neighbours from a table of a few words in place of GloVe's."""

    def look_up(words: Iterable[str]) -> dict[str, list[str]]:
        return {word: NEAR[word] for word in words if word in NEAR}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(augment, "neighbours", look_up)
        yield


@pytest.fixture(scope="module")
def glove() -> dict[str, list[str]]:
    """The neighbours of a few words, one of them unknown and one twice."""
    return neighbours(["dog", "monday", "photosynthesis", "blorfquux", "dog"])


def test_each_word_that_glove_holds_has_a_dozen_neighbours_at_most(glove: dict[str, list[str]]) -> None:
    assert list(glove) == ["dog", "monday", "photosynthesis"]
    for word, near in glove.items():
        assert 6 <= len(set(near)) == len(near) <= 13
        assert word not in near


def test_neighbours_are_the_words_of_like_meaning(glove: dict[str, list[str]]) -> None:
    assert {"dogs", "cat", "puppy"} <= set(glove["dog"])
    assert {"tuesday", "friday", "sunday"} <= set(glove["monday"])


def test_neighbours_are_common_words_and_nearer_than_all_other_common_words(glove: dict[str, list[str]]) -> None:
    words, vectors = load_glove()
    index = {word: i for i, word in enumerate(words)}
    common = np.array(vectors[:30_000], dtype=np.float64)
    common /= np.linalg.norm(common, axis=1, keepdims=True)

    for word, near in glove.items():
        ranks = [index[neighbour] for neighbour in near]
        assert max(ranks) < 30_000
        cosine = common @ np.asarray(vectors[index[word]], dtype=np.float64)
        others = [i for i in np.argsort(-cosine)[:200] if words[i].isalpha() and words[i] != word and i not in ranks]
        assert cosine[ranks].min() >= cosine[others].max() - 1e-5


def test_no_word_has_no_neighbours() -> None:
    assert neighbours([]) == {}


pieces = st.sampled_from(["we", "met", "happy", "Happy,", "dog", "dog!", "blorf", "", "\n", "``", *MARKUP])
messages = st.lists(pieces, min_size=1, max_size=20).map(" ".join) | st.text(max_size=20)


@pytest.mark.usefixtures("near")
@given(st.lists(messages, max_size=5), st.integers(0, 6), st.integers(0, 2**32))
def test_variants_are_as_many_as_asked_for_at_most_and_all_new(texts: list[str], per_text: int, seed: int) -> None:
    made = variants(texts, per_text, seed)

    assert len(made) <= per_text * len(texts)
    assert len(set(made)) == len(made)
    assert set(made).isdisjoint(texts)
    assert "" not in made
    assert variants(texts, per_text, seed) == made


@pytest.mark.usefixtures("near")
def test_most_variants_differ_from_each_other() -> None:
    assert len(variants([SENTENCE], 50, 0)) > 30


@pytest.mark.usefixtures("near")
def test_another_seed_makes_other_variants() -> None:
    assert variants([SENTENCE], 8, 1) != variants([SENTENCE], 8, 2)


@pytest.mark.parametrize(("texts", "per_text"), [([], 8), ([SENTENCE], 0)])
@pytest.mark.usefixtures("near")
def test_nothing_makes_no_variants(texts: list[str], per_text: int) -> None:
    assert variants(texts, per_text, 0) == []


@pytest.mark.usefixtures("near")
def test_a_variant_is_made_of_the_words_of_its_text_and_their_neighbours() -> None:
    words = SENTENCE.split()
    allowed = {*words, *(near for word in words for near in NEAR.get(word, []))}

    made = variants([SENTENCE], 50, 0)

    assert all(set(variant.split()) <= allowed for variant in made)
    assert any("glad" in variant.split() for variant in made)
    assert all(len(words) // 2 < len(variant.split()) <= len(words) for variant in made)


@pytest.mark.usefixtures("near")
def test_punctuation_stays_with_a_replaced_word() -> None:
    made = variants(["blorf Happy, blorf dog!"], 60, 0)

    assert any("glad, " in variant for variant in made)
    assert any("puppy!" in variant for variant in made)


@pytest.mark.usefixtures("near")
def test_short_messages_are_joined_with_short_ones_only() -> None:
    made = variants(["blorf one", "quux two", SENTENCE], 60, 0)

    assert any({"blorf", "quux"} <= set(re.findall(r"\w+", variant)) for variant in made)
    assert not any("market" in variant and re.search("blorf|quux", variant) for variant in made)


@pytest.mark.parametrize("markup", [*MARKUP, "</met the dog:123>"])
@pytest.mark.usefixtures("near")
def test_markup_of_discord_stays_as_it_is(markup: str) -> None:
    made = variants([f"we met {markup} happy dog"], 60, 0)

    assert made
    assert [variant for variant in made if markup not in variant] == []


@pytest.mark.usefixtures("near")
@given(st.lists(st.sampled_from(["we", "dog", *MARKUP]), min_size=1, max_size=10), st.integers(0, 99))
def test_no_markup_is_lost_added_or_altered(words: list[str], seed: int) -> None:
    def found(text: str) -> list[str]:
        return sorted(re.findall(r"<[^>]*>", text))

    text = " ".join(words)
    for variant in variants([text], 4, seed):
        assert found(variant) in (found(text), sorted(2 * found(text)))  # the latter where it is joined with itself


CALM = [f"Well, the number {i} bus was never so late before." for i in range(2000)]


def test_noise_comes_to_the_share_asked_for_and_moves_no_text() -> None:
    noisy = with_noise(CALM, 0.3, 0)

    changed = [before != after for before, after in zip(CALM, noisy, strict=True)]
    assert 0.26 < sum(changed) / len(changed) < 0.34
    assert all(str(i) in text for i, text in enumerate(noisy))
    assert with_noise(CALM, 0.0, 0) == CALM
    assert with_noise([], 1.0, 0) == []


def test_noise_of_all_kinds_comes_mostly_one_at_a_time() -> None:
    noisy = with_noise(CALM, 1.0, 0)

    capitals, plain = sum(text.isupper() for text in noisy), sum(text == CALM[i] for i, text in enumerate(noisy))
    bare = sum(not text.endswith(".") for text in noisy)
    assert 100 < capitals < 300
    assert bare > 100
    assert plain == 0


def test_noise_follows_the_seed() -> None:
    assert with_noise(CALM, 0.5, 1) == with_noise(CALM, 0.5, 1)
    assert with_noise(CALM, 0.5, 1) != with_noise(CALM, 0.5, 2)
