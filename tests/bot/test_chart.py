"""The picture of a server's last days."""

import asyncio
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFont

from bot.chart import DAYS, ROWS, SIZE, Captions, compact, draw_stats, in_latin
from bot.summary import DayCount
from model.labels import load_labels

TODAY = date(2026, 11, 23)
CAPTIONS = Captions("The last 30 days", "Reactions", "Messages seen", "Top emoji", "Nothing yet")
TOP = [("joy", 400), ("heart", 200), ("fire", 100)]

PAGE, CARD, YELLOW, BLUE = (30, 31, 34), (43, 45, 49), (255, 204, 77), (142, 190, 255)
PLOT = (155, 280, 845, 528)
TRACK = (376, 822)

huge = st.one_of(st.integers(0, 3), st.integers(0, 10**6), st.integers(0, 2**63 - 1), st.integers(0, 10**400))
words = st.one_of(
    st.text(st.characters(), max_size=12), st.text("Wy😂\u0301\n", min_size=1, max_size=5).map(lambda text: 100 * text)
)


def picture(
    days: Sequence[DayCount] = (),
    top: Sequence[tuple[str, int]] = (),
    until: date = TODAY,
    captions: Captions = CAPTIONS,
) -> Image.Image:
    return Image.open(io.BytesIO(draw_stats(days, top, until=until, captions=captions)))


def days_ago(days: int, reactions: int = 0, messages: int = 0) -> DayCount:
    return DayCount(TODAY - timedelta(days), reactions, messages)


def bar_height(image: Image.Image, days: int) -> int:
    """Pixels of bar in the column of the day so many days ago."""
    x = PLOT[2] - 23 * days - 12
    return sum(image.getpixel((x, y)) == YELLOW for y in range(PLOT[1], PLOT[3]))


def row_length(image: Image.Image, row: int) -> int:
    """Pixels of bar in the row of an emoji."""
    return sum(image.getpixel((x, 712 + 53 * row)) == YELLOW for x in range(*TRACK))


def colours(image: Image.Image, box: tuple[int, int, int, int]) -> set[object]:
    return {colour for _, colour in image.crop(box).getcolors(10**6) or []}


def test_it_is_a_png_of_the_promised_size() -> None:
    image = picture([days_ago(0, 3, 40)], TOP)

    assert (image.format, image.mode, image.size) == ("PNG", "RGB", SIZE)


def test_the_same_counts_make_the_same_bytes_in_any_order() -> None:
    days = [days_ago(age, 7 * age % 5, 11 * age) for age in range(DAYS)]

    first, second = (draw_stats(order, TOP, until=TODAY, captions=CAPTIONS) for order in (days, days[::-1]))

    assert first == second


async def test_threads_may_draw_at_the_same_time() -> None:
    days = [days_ago(age, age, 30 * age) for age in range(DAYS)]
    drawn = await asyncio.gather(
        *(asyncio.to_thread(draw_stats, days, TOP, until=TODAY, captions=CAPTIONS) for _ in range(8))
    )

    assert set(drawn) == {draw_stats(days, TOP, until=TODAY, captions=CAPTIONS)}


@pytest.mark.parametrize(
    ("days", "top"),
    [
        ([days_ago(0, 4, 40), days_ago(1, 8, 80)], TOP),
        ([days_ago(0, 3, 41), days_ago(1, 8, 80)], TOP),
        ([days_ago(0, 3, 40), days_ago(2, 8, 80)], TOP),
        ([days_ago(0, 3, 40), days_ago(1, 8, 80)], [*TOP[:2], ("fire", 101)]),
        ([days_ago(0, 3, 40), days_ago(1, 8, 80)], [*TOP[:2], ("fir", 100)]),
    ],
)
def test_other_counts_make_another_picture(days: list[DayCount], top: list[tuple[str, int]]) -> None:
    assert picture(days, top).tobytes() != picture([days_ago(0, 3, 40), days_ago(1, 8, 80)], TOP).tobytes()


@pytest.mark.parametrize("scale", [1, 10**6, 10**30])
def test_bars_are_as_high_as_their_days_are_busy(scale: int) -> None:
    image = picture([days_ago(age, count * scale) for age, count in enumerate([10, 5, 2, 0])])

    assert [bar_height(image, age) for age in range(4)] == pytest.approx([248, 124, 50, 0], abs=1)


def test_bars_stand_on_their_scale() -> None:
    assert bar_height(picture([days_ago(0, 150)]), 0) == pytest.approx(248 * 150 / 200, abs=1)


def test_bars_of_emoji_are_as_long_as_their_counts() -> None:
    image = picture(top=TOP)

    assert [row_length(image, row) for row in range(4)] == pytest.approx([446, 223, 111.5, 0], abs=1)


def test_what_is_too_small_to_see_is_drawn_as_a_stub() -> None:
    image = picture([days_ago(0, 10**9), days_ago(1, 1)], [("joy", 10**9), ("heart", 1), ("fire", 0)])

    assert bar_height(image, 1) == pytest.approx(3, abs=1)
    assert row_length(image, 1) == pytest.approx(3, abs=1)
    assert row_length(image, 2) == 0


def test_the_line_of_messages_has_its_own_scale() -> None:
    image = picture([days_ago(0, 2, 1000), days_ago(1, 1, 1000)])

    assert image.getpixel((PLOT[2] - 12, PLOT[1])) == BLUE
    assert bar_height(image, 1) == pytest.approx(124, abs=1)


def test_the_line_begins_when_the_bot_joined() -> None:
    image = picture([days_ago(5, 0, 10), days_ago(0, 0, 10)])

    before = colours(image, (PLOT[0], PLOT[1], PLOT[2] - 23 * 6, PLOT[3]))
    assert BLUE not in before
    assert BLUE in colours(image, (PLOT[2] - 23 * 6, PLOT[1], PLOT[2], PLOT[3]))


def test_counts_of_one_day_are_added_and_other_days_left_out() -> None:
    whole = picture([days_ago(29, 5, 5), days_ago(0, 3, 9)])
    parts = picture(
        [days_ago(0, 1, 4), days_ago(29, 5, 5), days_ago(0, 2, 5), days_ago(30, 100, 100), days_ago(-1, 100, 100)]
    )

    assert parts.tobytes() == whole.tobytes()
    assert bar_height(whole, 29) > 0


@pytest.mark.parametrize("span", [7, 90])
def test_it_shows_as_many_days_as_asked(span: int) -> None:
    days = [days_ago(0, 2), days_ago(span - 1, 1), days_ago(span, 100)]
    image = Image.open(io.BytesIO(draw_stats(days, (), until=TODAY, captions=CAPTIONS, span=span)))

    half_a_day = (PLOT[2] - PLOT[0]) / span / 2
    columns = [PLOT[0] + half_a_day, PLOT[2] - half_a_day]
    heights = [sum(image.getpixel((int(x), y)) == YELLOW for y in range(PLOT[1], PLOT[3])) for x in columns]
    assert heights == pytest.approx([124, 248], abs=1)


def test_only_the_first_emoji_are_shown() -> None:
    top = [(f"emoji {place}", 100 - place) for place in range(ROWS + 3)]

    assert picture(top=top).tobytes() == picture(top=top[:ROWS]).tobytes()


def test_without_any_count_it_says_so() -> None:
    silent = replace(CAPTIONS, nothing="")
    days = [days_ago(0, 1)]

    assert picture().tobytes() != picture(captions=silent).tobytes()
    assert picture(days, TOP).tobytes() == picture(days, TOP, captions=silent).tobytes()


@settings(max_examples=30, phases=[Phase.generate])  # shrinking takes minutes
@given(
    st.lists(st.builds(DayCount, st.dates(TODAY - timedelta(40), TODAY), huge, huge), max_size=12),
    st.lists(st.tuples(words, huge), max_size=6),
    st.one_of(st.just(TODAY), st.dates()),
    st.builds(Captions, words, words, words, words, words),
)
def test_nothing_is_drawn_outside_whatever_the_counts_and_words(
    days: list[DayCount], top: list[tuple[str, int]], until: date, captions: Captions
) -> None:
    image = picture(days, top, until, captions)

    for margin in ((0, 0, 40, 1000), (960, 0, 1000, 1000), (0, 0, 1000, 20), (0, 592, 1000, 616), (0, 960, 1000, 1000)):
        assert colours(image, margin) == {PAGE}
    if top:
        between_names_and_bars = (TRACK[0] - 14, 700, TRACK[0], 940)
        assert colours(image, between_names_and_bars) == {CARD}


@given(words)
def test_every_letter_shown_has_a_glyph_in_the_font(text: str) -> None:
    font = ImageFont.load_default(40)
    missing = bytes(font.getmask("\uffff"))

    assert all(bytes(font.getmask(letter)) != missing for letter in set(in_latin(text)))


def test_every_mark_that_is_kept_has_a_glyph_in_the_font() -> None:
    font = ImageFont.load_default(40)
    missing = bytes(font.getmask("\uffff"))
    kept = {letter for code in range(0x3000) for letter in in_latin(chr(code))}

    assert kept >= set("AZaz09~_«’")
    assert [letter for letter in kept if bytes(font.getmask(letter)) == missing] == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("joy", "joy"),
        ("Größe, élan, Łódź – ça va", "Grosse, elan, Lodz - ca va"),
        ("two\nlines\tand  more ", "two lines and more"),
        ("ツ heart 火火", "? heart ?"),
        ("😂", "?"),
        ("he\u200dart \N{HEAVY BLACK HEART}\ufe0f", "heart ?"),
        ("", ""),
    ],
)
def test_texts_are_written_in_latin_letters(text: str, shown: str) -> None:
    assert in_latin(text) == shown


def test_every_label_of_the_model_fits() -> None:
    font = ImageFont.load_default(64)
    names = [label.name for label in load_labels(Path(__file__).parents[2] / "data" / "labels.tsv")]

    assert max(font.getlength(name) for name in names) / 2 <= TRACK[0] - 72 - 16


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1K"),
        (1999, "1.9K"),
        (12_345, "12K"),
        (999_999, "999K"),
        (1_234_567, "1.2M"),
        (5 * 10**9, "5B"),
        (10**15 - 1, "999T"),
        (10**15, "999T+"),
    ],
)
def test_counts_are_written_short(count: int, text: str) -> None:
    assert compact(count) == text


@given(huge)
def test_no_count_is_longer_than_five_characters(count: int) -> None:
    assert 1 <= len(compact(count)) <= 5
