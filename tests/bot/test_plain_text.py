"""What members wrote, shown again."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.plain_text import plain
from tests.hostile_texts import DIRECTIONS, HOSTILE_TEXTS, MARKUP, ZALGO, unescaped

LIMIT = 200
MEANING = re.compile(r"[\\`*_~|<>\[\]()#/]|@(?!\u200b)|\A[-+]|\A\d+\.")

texts = st.text(st.characters(exclude_categories=()), max_size=300) | st.lists(
    st.sampled_from([*MARKUP.values(), "\u0301", "\u202e", "\ud800", "\\", " ", "\n", "x"]), max_size=20
).map("".join)


def meaning_of(shown: str) -> list[str]:
    """What Discord would take for more than text, once the escaped characters are seen as text."""
    return MEANING.findall(unescaped(shown))


@given(texts)
def test_any_text_is_shown_as_text_on_one_line_within_its_limit(text: str) -> None:
    shown = plain(text, LIMIT)

    assert meaning_of(shown) == []
    assert len(shown) <= 2 * LIMIT + 2
    assert len(shown.splitlines()) <= 1
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cs", "Zl", "Zp"}
    shown.encode()


@pytest.mark.parametrize("text", MARKUP.values(), ids=MARKUP.keys())
def test_markup_loses_its_meaning(text: str) -> None:
    assert meaning_of(plain(text, LIMIT)) == []


@pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS.keys())
def test_hostile_texts_can_be_sent(text: str) -> None:
    assert len(plain(text, LIMIT).encode()) <= 2 * LIMIT * 4


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("my dog died this morning", "my dog died this morning"),
        ("don't! 50% & more; see you at 5:30?", "don't! 50% & more; see you at 5:30?"),
        ("  two\n lines\t ", "two lines"),
        ("**loud** <:blob_cat:123456789012345678>", r"\*\*loud\*\* :blob\_cat:"),
        ("1. first", r"1\. first"),
        ("1" * 30 + ". first", "1" * 30 + r"\. first"),
        ("- item", r"\- item"),
        ("@everyone", "@\u200beveryone"),
        ("<@1>", "\\<@\u200b1\\>"),
        ("[x](https://y.z)", r"\[x\]\(https:\/\/y.z\)"),
        ("👩‍👩‍👧 👍🏽 🏴󠁧󠁢󠁥󠁮󠁧󠁿 ❤️ 1️⃣", "👩‍👩‍👧 👍🏽 🏴󠁧󠁢󠁥󠁮󠁧󠁿 ❤️ 1️⃣"),
        ("שלום صباح", "שלום صباح"),
        ("half\ud83d\x00\u202eway", "halfway"),
    ],
)
def test_what_people_write_stays_readable(text: str, shown: str) -> None:
    assert plain(text, LIMIT) == shown


def test_no_letter_has_more_than_two_accents() -> None:
    assert max(map(len, re.findall("[\u0300-\u036f]+", plain(ZALGO, 4000)))) == 2


def test_nothing_turns_the_line_around() -> None:
    assert plain(DIRECTIONS, LIMIT) == "gnp.exe isolated marks"


def test_what_is_cut_off_ends_in_dots() -> None:
    assert plain("x" * 41, 40) == "x" * 39 + "…"
    assert plain("x" * 40, 40) == "x" * 40
