import time
import unicodedata
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from model import text
from model.text import (
    MARKS,
    MAX_CHARACTERS,
    PAD,
    SPECIAL_TOKENS,
    UNKNOWN,
    encode,
    normalise,
    pad,
    sentences_to_indices,
    tokenise,
)

WORDS = ("the", "so", "good", "do", "n't", "i", "'m", "100", "!", "happy", "cry", "🔥")
VOCABULARY = {word: index for index, word in enumerate((*SPECIAL_TOKENS, *WORDS))}
MAX_LEN = 16

characters = st.characters(exclude_categories=())  # lone surrogates and control characters too
pieces = st.sampled_from(
    "a A aaa hA xD :D >:( </3 o7 ¯\\_(ツ)_/¯ n't N'T 'll ' ’ ` ``` ** || > \n <@1> <@& <:ab:1> :ab: #ab # 1 1:3 "
    "http:// @everyone ! .. - \u0301 \u200d \ufe0f 👍🏽 🇩 🏳️‍🌈 ½ ﷺ İ ŉ \u1100 \u1161 \u0627 \u0653 \ud800 \u2028".split(
        " "
    )
)
messages = st.text(characters, max_size=60) | st.lists(pieces, max_size=30).map("".join)


@given(messages)
@example("n't")
@example("N'T!")
@example("\ud83d \udd25 \x00\x1b[0m")
@example("\u0301" * 100)
@example("x" * 10 * MAX_CHARACTERS)
def test_any_text_becomes_indices_and_never_raises(message: str) -> None:
    for vocabulary in (VOCABULARY, {}):
        assert all(isinstance(index, int) for index in encode(message, vocabulary, MAX_LEN))


@given(messages)
def test_tokens_are_lower_case_words_or_marks_and_none_is_empty(message: str) -> None:
    for token in tokenise(message, VOCABULARY):
        assert token
        assert token == token.lower()
        assert not any(character.isspace() for character in token)
        assert token in MARKS or "<" not in token


@given(messages)
@example("IVE AAA !!! IM <3<3<3 😂😂😂")
def test_a_message_makes_no_more_tokens_than_it_has_characters(message: str) -> None:
    assert len(tokenise(message, VOCABULARY)) <= len(normalise(message))


words = st.sampled_from(
    "lol XD xD xDD GOOD D bad Ive an\u00efve \u212a ｗow `x `y <3 :D D: 1st u.u . ! !! \n \t".split(" ")
)


@given(messages | st.lists(words, max_size=12).map(" ".join))
@example("so very good  and then")
def test_words_that_skip_the_regular_expression_are_what_it_would_find(message: str) -> None:
    normal = normalise(message)
    assert list(text._pieces(normal)) == [(match.lastgroup, match.group()) for match in text._TOKEN.finditer(normal)]


@given(st.lists(messages, max_size=6))
def test_indices_are_an_int32_array_zero_padded_at_the_end(sentences: list[str]) -> None:
    indices = sentences_to_indices(sentences, VOCABULARY, MAX_LEN)

    assert indices.dtype == np.int32
    assert indices.shape == (len(sentences), MAX_LEN)
    assert indices.min(initial=0) >= 0
    assert indices.max(initial=0) < len(VOCABULARY)
    for row, sentence in zip(indices, sentences, strict=True):
        length = min(len(tokenise(sentence, VOCABULARY)), MAX_LEN)
        assert (row[:length] != VOCABULARY[PAD]).all()
        assert (row[length:] == 0).all()


@given(messages)
@example("e\u0301 \uff26\uff35\uff2c\uff2c “quoted” …")
@example("\u00b4\u02bc\u0149")
def test_normalised_text_stays_as_it_is(message: str) -> None:
    assert normalise(normalise(message)) == normalise(message)


@pytest.mark.parametrize("apart", ["\u0627\u200b\u0653", "\u1100\u200d\u1161", "\u1100\u0301\u1161"])
def test_characters_that_an_invisible_mark_kept_apart_are_composed(apart: str) -> None:
    bare = "".join(character for character in apart if character not in "\u200b\u200d\u0301")
    assert normalise(apart) == unicodedata.normalize("NFKC", bare)


@given(messages)
def test_normalised_text_is_no_longer_than_a_message_may_be(message: str) -> None:
    assert len(normalise(message * 200)) <= MAX_CHARACTERS


def test_what_stands_beyond_4000_characters_is_not_read() -> None:
    assert tokenise("good " * 800 + "bad", VOCABULARY) == ["good"] * 800


def test_case_line_breaks_and_markdown_survive_normalisation() -> None:
    assert normalise("**Good**\n> Morning, ÉVA") == "**Good**\n> Morning, ÉVA"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("“don’t”", '"don\'t"'),
        ("ｆｕｌｌ　ｗｉｄｔｈ！", "full width!"),
        ("cafe\u0301", "café"),
        ("ﬁne", "fine"),
        ("a—b–c−d", "a-b-c-d"),
        ("½", "1/2"),
        ("so\u200b\u202egood\ufeff", "sogood"),
        ("👍🏽", "👍"),
        ("❤️", "❤"),
        ("z̸̢̛a̴͝l̶̨g̷o̴", "zalgo"),
        ("half\ud83d", "half"),
    ],
)
def test_normalisation_repairs_characters(written: str, read: str) -> None:
    assert normalise(written) == read


@pytest.mark.parametrize("letter", ["e", "é"])
def test_control_characters_vanish_from_ascii_and_other_text_alike(letter: str) -> None:
    assert normalise(f"w{letter}\x00ll\x07 \x1b\tdone\n") == f"w{letter}ll \tdone\n"


GROWING: dict[str, Callable[[int], str]] = {
    "letters": lambda n: "a" * n,
    "laughter that breaks off": lambda n: "ha" * (n // 2) + "x",
    "backticks": lambda n: "`" * n,
    "code that never closes": lambda n: "``` a `b " * (n // 9),
    "brackets": lambda n: "<" * n,
    "mentions that never close": lambda n: "<@1</a" * (n // 6),
    "colons": lambda n: ":a" * (n // 2),
    "emoticon mouths": lambda n: ":" + ")" * n,
    "eyes that never laugh": lambda n: "x" + "D" * n + "y",
    "apostrophes": lambda n: "a'" * (n // 2),
    "digits and colons": lambda n: "1:" * (n // 2),
    "addresses": lambda n: "https://" * (n // 8),
    "elongations": lambda n: "aaabbbccc" * (n // 9),
    "family emoji": lambda n: "👩\u200d" * (n // 2),
    "quotes": lambda n: "> " * (n // 2),
    "accents out of canonical order": lambda n: "a" + "\u0301\u0327" * (n // 2),
}


@pytest.mark.parametrize("nasty", GROWING)
def test_work_grows_in_proportion_to_the_text(nasty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Eight times the text: linear work is 8 times as much, quadratic 64 times. Processor time, so that company on the
    # machine does not count.
    monkeypatch.setattr(text, "MAX_CHARACTERS", 1_000_000)

    def work(length: int) -> float:
        message = GROWING[nasty](length)
        times = []
        for _ in range(3):
            started = time.thread_time()
            tokenise(message, VOCABULARY)
            times.append(time.thread_time() - started)
        return min(times)

    assert work(32_000) < 24 * work(4_000) + 0.002


def test_unknown_words_become_unk_and_never_raise() -> None:
    assert encode("the blorf so", VOCABULARY, MAX_LEN) == [VOCABULARY[word] for word in ("the", UNKNOWN, "so")]


def test_numbers_outside_the_vocabulary_share_one_index() -> None:
    known, unseen, long = (VOCABULARY[token] for token in ("100", "<number>", "<number>"))
    assert encode("100 4711 3,000", VOCABULARY, MAX_LEN) == [known, unseen, long]


def test_words_beyond_max_len_are_dropped() -> None:
    assert encode("so good the", VOCABULARY, 2) == [VOCABULARY["so"], VOCABULARY["good"]]
    assert sentences_to_indices(["so good the"], VOCABULARY, 2).tolist() == [encode("so good", VOCABULARY, 2)]


def test_padding_fills_with_zeros_and_cuts_long_rows() -> None:
    padded = pad([[7], [], [1, 2, 3, 4]], 3)
    assert padded.dtype == np.int32
    assert padded.tolist() == [[7, 0, 0], [0, 0, 0], [1, 2, 3]]


def test_no_sentence_makes_an_empty_array() -> None:
    assert sentences_to_indices([], VOCABULARY, MAX_LEN).shape == (0, MAX_LEN)


def test_the_padding_comes_first_and_every_mark_has_its_own_token() -> None:
    assert SPECIAL_TOKENS[:2] == (PAD, UNKNOWN)
    assert len(set(SPECIAL_TOKENS)) == len(SPECIAL_TOKENS)
