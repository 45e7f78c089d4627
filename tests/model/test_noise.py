"""Noise of hasty typing. Property-based: whatever the message, noise keeps its promises."""

import re

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from model.training.noise import KINDS, add_noise, change_case, change_punctuation, elongate, mistype

UNTOUCHED = (
    "<@123456789012345678>",
    "<@&42>",
    "<#483920174839201748>",
    "<t:1700000000:R>",
    "<:blobHappy:123456789012345678>",
    "</predict emoji:7>",
    "@everyone",
    "@sam",
    ":pepe_cry:",
    "https://example.org/Watch?v=Four,five!",
    "www.example.org/Page.",
    "discord.gg/Invite",
    "`Print(word)`",
    "```py\nPrint('hello there.')\n```",
)

words = st.text(st.characters(codec="ascii", categories=["L"]), min_size=1, max_size=9)
plain = words | st.sampled_from(
    ["so.", "what?!", "don't", "it’s,", "naïve", "5:30", "3,000.", ":D", "¯\\_(ツ)_/¯", "🎉", "..."]
)
seeds = st.integers(0, 2**32)
generators = seeds.map(np.random.default_rng)
sentences = st.lists(plain, min_size=1, max_size=8).map(" ".join)
mixed = st.lists(plain | st.sampled_from(UNTOUCHED), max_size=10)
kinds = st.lists(st.sampled_from(list(KINDS)), unique=True)


@given(mixed, kinds, seeds)
@example(["see", "https://example.org/a"], ["punctuation"], 0)
def test_mentions_links_and_code_stay_as_they_are_and_in_their_order(
    pieces: list[str], chosen: list[str], seed: int
) -> None:
    noisy = add_noise(" ".join(pieces), chosen, seed).split(" ")

    kept = [piece for untouched in pieces if untouched in UNTOUCHED for piece in untouched.split(" ")]
    remaining = iter(noisy)
    assert all(piece in remaining for piece in kept)


@given(st.text(st.characters(exclude_categories=()), max_size=60), kinds, seeds)
def test_any_text_takes_noise_and_never_raises(text: str, chosen: list[str], seed: int) -> None:
    assert isinstance(add_noise(text, chosen, seed), str)


@given(mixed.map(" ".join), kinds, seeds)
def test_the_noise_depends_on_text_kind_and_seed_alone(text: str, chosen: list[str], seed: int) -> None:
    assert add_noise(text, chosen, seed) == add_noise(text, chosen, seed)


@given(mixed.map(" ".join), seeds)
def test_without_a_kind_there_is_no_noise(text: str, seed: int) -> None:
    assert add_noise(text, [], seed) == text


@given(sentences, generators)
def test_case_changes_nothing_else_and_always_changes_a_message_with_a_letter(
    text: str, rng: np.random.Generator
) -> None:
    changed = change_case(text, rng)

    assert changed.lower() == text.lower()
    assert changed != text or text.lower() == text.upper()


@given(st.lists(words, min_size=1, max_size=8).map(" ".join), generators)
def test_all_words_get_the_same_case(text: str, rng: np.random.Generator) -> None:
    assert change_case(text, rng) in {text.lower(), text.upper(), " ".join(map(str.capitalize, text.split(" ")))}


@given(sentences, generators)
def test_punctuation_leaves_letters_digits_and_what_stands_within_a_word(text: str, rng: np.random.Generator) -> None:
    def without_marks(message: str) -> str:
        return re.sub(r"[.,!?;…]+(?=\s|$)", "", message).rstrip()

    changed = change_punctuation(text, rng)

    assert without_marks(changed) == without_marks(text)
    assert changed != text


@pytest.mark.parametrize(
    ("text", "outcomes"),
    [
        ("no. way!", {"no way", "no.. way!!"}),
        ("no. way", {"no way", "no.. way", "no. way.", "no. way!", "no. way..."}),
        ("we won 5-0 at 5:30", {f"we won 5-0 at 5:30{mark}" for mark in (".", "!", "...")}),
        ("look at www.example.org", {f"look at www.example.org {mark}" for mark in (".", "!", "...")}),
        ("nice :)", {f"nice :) {mark}" for mark in (".", "!", "...")}),
        ("", {""}),
    ],
)
def test_punctuation_is_removed_doubled_or_added_where_there_is_none(text: str, outcomes: set[str]) -> None:
    assert {change_punctuation(text, np.random.default_rng(seed)) for seed in range(60)} == outcomes


@given(sentences, generators)
def test_elongation_repeats_one_vowel_of_a_word_of_several_letters(text: str, rng: np.random.Generator) -> None:
    changed = elongate(text, rng)

    if changed == text:
        assert not re.search(r"[^\W\d_][aeiou]|[aeiou][^\W\d_]", text, re.IGNORECASE)
    else:
        added = len(changed) - len(text)
        assert 2 <= added <= 4
        undone = re.compile(rf"([aeiouAEIOU])\1{{{added}}}")
        assert text in {
            changed[: match.start()] + changed[match.start() + added :] for match in _overlapping(undone, changed)
        }


def test_elongation_is_what_people_type() -> None:
    assert {elongate("I like it", np.random.default_rng(seed)) for seed in range(60)} == {
        f"I {word} {other}"
        for word, other in [
            *((f"l{'i' * n}ke", "it") for n in (3, 4, 5)),
            *((f"lik{'e' * n}", "it") for n in (3, 4, 5)),
            *(("like", f"{'i' * n}t") for n in (3, 4, 5)),
        ]
    }


@given(sentences, generators)
def test_a_typo_is_one_slip_in_one_word_of_four_letters_or_more(text: str, rng: np.random.Generator) -> None:
    changed = mistype(text, rng)

    if changed == text:
        assert not re.search(r"(?<![\w'’])[A-Za-z]{4,}(?![\w'’])", text)
    else:
        before, after = text.split(" "), changed.split(" ")
        ((old, new),) = [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]]
        assert len(re.findall("[A-Za-z]", old)) >= 4
        assert slip(old, new)


def test_a_typo_swaps_leaves_out_doubles_or_hits_the_key_beside() -> None:
    typos = {mistype("calm", np.random.default_rng(seed)) for seed in range(600)}

    swapped = {"aclm", "clam", "caml"}
    left_out = {"alm", "clm", "cam", "cal"}
    doubled = {"ccalm", "caalm", "callm", "calmm"}
    beside = {"xalm", "valm", "cslm", "cakm", "caln"}
    assert typos == swapped | left_out | doubled | beside


def test_a_typo_keeps_the_case_of_the_key() -> None:
    assert "CSLM" in {mistype("CALM", np.random.default_rng(seed)) for seed in range(200)}


def test_all_kinds_together_apply_one_after_the_other() -> None:
    text = "we finally got the keys to the flat"
    noisy = text
    for number in range(1, len(KINDS) + 1):
        before, noisy = noisy, add_noise(text, list(KINDS)[:number], 3)
        assert noisy != before


def slip(old: str, new: str) -> bool:
    """Whether the words differ by one letter left out, doubled or replaced, or by two neighbours swapped."""
    for i in range(len(old)):
        if new in (old[:i] + old[i + 1 :], old[: i + 1] + old[i:]):
            return True
        if len(new) == len(old) and new[:i] + new[i + 1 :] == old[:i] + old[i + 1 :]:
            return True
        if new == old[:i] + old[i : i + 2][::-1] + old[i + 2 :]:
            return True
    return False


def _overlapping(pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
    return [match for start in range(len(text)) if (match := pattern.match(text, start))]
