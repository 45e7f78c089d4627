"""The texts of the benchmark are what they are said to be."""

from itertools import islice

import pytest

from model.predictor import Predictor
from model.training.network import NetworkConfig
from scripts.benchmarks.arithmetic import flops_a_step
from scripts.benchmarks.texts import TEN_WORDS, hardest, prose, varied


def test_ten_words_are_ten_tokens_hardly_any_of_them_unknown() -> None:
    predictor = Predictor.load()
    rows = predictor.encode(TEN_WORDS)
    assert [len(text.split()) for text in TEN_WORDS] == [len(row) for row in rows] == [10] * 10
    assert sum(row.count(predictor.bundle.vocabulary["<unk>"]) for row in rows) <= 1


@pytest.mark.parametrize("length", [1, 2, 10, 99, 1000, 4000])
def test_prose_is_whole_words_of_nearly_the_length_and_hard_texts_are_of_exactly_it(length: int) -> None:
    text = prose(length)
    assert max(1, length - 15) <= len(text) <= length
    assert set(text.split()) <= set(prose(2000).split())
    assert {len(one) for one in hardest(length).values()} == {length}


def test_varied_texts_repeat_from_the_same_seed_and_hardly_among_themselves() -> None:
    words = list(Predictor.load().bundle.vocabulary)
    texts = list(islice(varied(words, 0), 2000))
    assert texts == list(islice(varied(words, 0), 2000))
    assert texts != list(islice(varied(words, 1), 2000))
    assert len(set(texts)) > 1950
    assert all("\n" not in text and 1 <= len(text.split()) <= 40 for text in texts)


def test_the_operations_of_a_step_are_two_for_each_weight_of_the_matrices() -> None:
    assert flops_a_step(NetworkConfig(64, units=128), 100) == 2 * 4 * 128 * (100 + 128 + 128 + 128)
    both_ways = 2 * (2 * 4 * 6 * (50 + 6) + 4 * 6 * (12 + 6))
    assert flops_a_step(NetworkConfig(8, units=6, bidirectional=True), 50) == both_ways
