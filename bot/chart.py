"""A server's last days as a picture for a phone: reactions, messages seen and the most used emoji. No I/O."""

import io
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from bot.summary import DayCount

DAYS: Final = 30
"""How many days the chart shows where nothing else is said."""

ROWS: Final = 5
"""How many emoji the chart shows."""

SIZE: Final = (1000, 1000)
"""Width and height of the picture in pixels."""

_Colour = tuple[int, int, int]
_Point = tuple[float, float]
_Anchor = Literal["lm", "mm", "rm"]

_PAGE: Final = (30, 31, 34)
_CARD: Final = (43, 45, 49)
_GRID: Final = (64, 67, 74)
_TEXT: Final = (242, 243, 245)
_MUTED: Final = (181, 186, 193)
_REACTIONS: Final = (255, 204, 77)
_MESSAGES: Final = (142, 190, 255)

# Where things stand, in pixels: left, top, right, bottom; of a track, left and right.
_PLOT_CARD: Final = (40, 116, 960, 592)
_TOP_CARD: Final = (40, 616, 960, 960)
_PLOT: Final = (155, 280, 845, 528)
_TRACK: Final = (376, 822)
_LEFT: Final = 72
_MIDDLE: Final = 520
_RIGHT: Final = 928
_GAP: Final = 0.13  # of the room of a day, on each side of its bar
_STUB: Final = 3  # the length of a bar too short to see

_UNITS: Final = ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "K"))

_FOLDED: Final = str.maketrans(
    {"ß": "ss", "Æ": "AE", "æ": "ae", "Œ": "OE", "œ": "oe", "Ø": "O", "ø": "o", "Ł": "L", "ł": "l"}
    | {"Đ": "D", "đ": "d", "Þ": "Th", "þ": "th", "Ð": "D", "ð": "d", "ı": "i", "–": "-", "—": "-"}
)
_UNSEEN: Final = ("Cf", "Me", "Mn")  # accents, joiners and the like
_LACKING: Final = re.compile("[^ -~«°±·»‘’“”‹›]+")  # what the font has no glyph for
_LONGEST: Final = 200  # characters of a text, more than fit anywhere


@dataclass(frozen=True, slots=True)
class Captions:
    """The words on the picture, in the reader's language. Accents are dropped, and other scripts become "?".

    Args:
        title: what the picture shows, at the top.
        reactions: what the bars count, after their total.
        messages: what the line counts, after its total.
        top: what the emoji below are.
        nothing: stands where there is nothing to draw.
    """

    title: str
    reactions: str
    messages: str
    top: str
    nothing: str


def draw_stats(
    days: Sequence[DayCount],
    top: Sequence[tuple[str, int]],
    *,
    until: date,
    captions: Captions,
    span: int = DAYS,
) -> bytes:
    """Draw the chart. The same input makes the same bytes; threads may draw at the same time.

    Reactions are bars, with their scale on the left; messages are a line, with its own on the right. A bar too short to
    see is drawn as a stub.

    Args:
        days: in any order; a missing day counts as 0, the counts of a repeated one are added, others are left out.
        top: names of emoji and how often each was used, most used first; those after the first `ROWS` are left out.
        until: the last day shown, usually today.
        captions: the words.
        span: how many days are shown, from 2 to 90.

    Returns:
        a PNG of `SIZE`.
    """
    sheet = _Sheet()
    sheet.text((42, 62), captions.title, 46, _TEXT, width=910)
    _draw_days(sheet, days, until, captions, span)
    _draw_top(sheet, top[:ROWS], captions)
    return sheet.png()


def compact(count: int) -> str:
    """A count in at most five characters, rounded down: 999, 1.2K, 12K, 1.2M; from 10**15 on "999T+"."""
    if count >= 10**15:
        return "999T+"
    for size, unit in _UNITS:
        if count >= 10 * size:
            return f"{count // size}{unit}"
        if count >= size:
            whole, tenth = divmod(count * 10 // size, 10)
            return f"{whole}.{tenth}{unit}" if tenth else f"{whole}{unit}"
    return str(count)


def in_latin(text: str) -> str:
    """The start of a text in the letters that Pillow's own font has: ASCII and a few marks; the rest becomes "?"."""
    letters = unicodedata.normalize("NFKD", text[:_LONGEST].translate(_FOLDED))
    plain = "".join(letter for letter in letters if unicodedata.category(letter) not in _UNSEEN)
    return _LACKING.sub("?", " ".join(plain.split()))


def _draw_days(sheet: "_Sheet", days: Sequence[DayCount], until: date, captions: Captions, span: int) -> None:
    reactions, messages = [0] * span, [0] * span
    for count in days:
        place = span - 1 - (until - count.day).days
        if 0 <= place < span:
            reactions[place] += count.reactions
            messages[place] += count.messages

    sheet.box(_PLOT_CARD, _CARD, radius=24)
    _draw_total(sheet, _LEFT, sum(reactions), captions.reactions, _REACTIONS)
    _draw_total(sheet, _MIDDLE, sum(messages), captions.messages, _MESSAGES)

    left, upper, right, lower = _PLOT
    for y in (upper, (upper + lower) / 2, lower):
        sheet.box((left, y - 1, right, y + 1), _GRID)
    first = date.fromordinal(max(1, until.toordinal() - span + 1))
    sheet.text((left, lower + 34), first.isoformat(), 28, _MUTED)
    sheet.text((right, lower + 34), until.isoformat(), 28, _MUTED, "rm")
    if any(reactions):
        _draw_bars(sheet, reactions)
    if any(messages):
        _draw_line(sheet, messages)
    if not any(reactions) and not any(messages):
        sheet.text(((left + right) / 2, (3 * upper + lower) / 4), captions.nothing, 34, _MUTED, "mm", right - left)


def _draw_total(sheet: "_Sheet", x: float, total: int, caption: str, colour: _Colour) -> None:
    sheet.text((x, 166), compact(total), 64, colour)
    sheet.text((x, 219), caption, 30, _MUTED, width=_MIDDLE - _LEFT - 40)


def _draw_bars(sheet: "_Sheet", reactions: Sequence[int]) -> None:
    left, _, right, lower = _PLOT
    scale = _scale(reactions)
    _draw_ticks(sheet, scale, left - 14, _REACTIONS, "rm")
    room = (right - left) / len(reactions)
    gap = room * _GAP
    for place, count in enumerate(reactions):
        if count:
            x = left + room * place
            y = min(_height(count, scale), lower - _STUB)
            sheet.box((x + gap, y, x + room - gap, lower), _REACTIONS, radius=4)


def _draw_line(sheet: "_Sheet", messages: Sequence[int]) -> None:
    left, _, right, _ = _PLOT
    scale = _scale(messages)
    _draw_ticks(sheet, scale, right + 14, _MESSAGES, "lm")
    room = (right - left) / len(messages)
    joined = next(place for place, count in enumerate(messages) if count)  # before, there is nothing to tell
    points = [(left + room * (place + 0.5), _height(messages[place], scale)) for place in range(joined, len(messages))]
    for colour, more in ((_CARD, 3), (_MESSAGES, 0)):  # the first keeps the line apart from the bars behind it
        sheet.line(points, 5 + 2 * more, colour)
        sheet.dot(points[-1], 7 + more, colour)


def _scale(counts: Sequence[int]) -> int:
    """The count at the top of the plot: the first round one with a whole half that reaches every count."""
    most = max(counts)
    power = 1
    while power * 10 < most:
        power *= 10
    return next(n * power for n in (2, 3, 4, 5, 6, 8, 10) if n * power >= most and n * power % 2 == 0)


def _height(count: int, scale: int) -> float:
    """How far down the picture a count stands."""
    _, upper, _, lower = _PLOT
    return lower - (lower - upper) * count / scale


def _draw_ticks(sheet: "_Sheet", scale: int, x: float, colour: _Colour, anchor: _Anchor) -> None:
    _, upper, _, lower = _PLOT
    sheet.text((x, upper), compact(scale), 28, colour, anchor)
    sheet.text((x, (upper + lower) / 2), compact(scale // 2), 28, colour, anchor)


def _draw_top(sheet: "_Sheet", top: Sequence[tuple[str, int]], captions: Captions) -> None:
    sheet.box(_TOP_CARD, _CARD, radius=24)
    sheet.text((_LEFT, 656), captions.top, 30, _MUTED, width=_RIGHT - _LEFT)
    if not top:
        sheet.text((500, 800), captions.nothing, 34, _MUTED, "mm", _RIGHT - _LEFT)
    left, right = _TRACK
    most = max((count for _, count in top), default=0)
    for row, (name, count) in enumerate(top):
        y = 712 + 53 * row
        sheet.text((_LEFT, y), name, 32, _TEXT, width=left - _LEFT - 16)
        sheet.box((left, y - 15, right, y + 15), _GRID, radius=6)
        if count > 0:
            sheet.box((left, y - 15, left + max(_STUB, (right - left) * count / most), y + 15), _REACTIONS, radius=6)
        sheet.text((_RIGHT, y), compact(count), 32, _TEXT, "rm")


class _Sheet:
    """The picture while it is drawn, in its own pixels. It is drawn twice as large, since Pillow smooths no edges."""

    def __init__(self) -> None:
        from PIL import Image, ImageDraw  # 4 MB and 30 ms that a bot without /stats does not need

        self._image = Image.new("RGB", (2 * SIZE[0], 2 * SIZE[1]), _PAGE)
        self._draw = ImageDraw.Draw(self._image)

    def box(self, edges: tuple[float, float, float, float], colour: _Colour, radius: float = 0) -> None:
        left, top, right, bottom = (round(2 * edge) for edge in edges)
        fitting = min(2 * radius, (right - left) / 2, (bottom - top) / 2)
        self._draw.rounded_rectangle((left, top, right - 1, bottom - 1), fitting, colour)

    def line(self, points: Sequence[_Point], width: int, colour: _Colour) -> None:
        self._draw.line([(2 * x, 2 * y) for x, y in points], colour, 2 * width, "curve")

    def dot(self, at: _Point, radius: float, colour: _Colour) -> None:
        self._draw.circle((2 * at[0], 2 * at[1]), 2 * radius, colour)

    def text(
        self, at: _Point, text: str, size: int, colour: _Colour, anchor: _Anchor = "lm", width: float = SIZE[0]
    ) -> None:
        """Write one line, shortened to `width`."""
        from PIL import ImageFont

        font = ImageFont.load_default(2 * size)
        shown = in_latin(text)
        while font.getlength(shown) > 2 * width:
            shown = shown.removesuffix("...")[:-1].rstrip() + "..."
        self._draw.text((2 * at[0], 2 * at[1]), shown, colour, font, anchor)

    def png(self) -> bytes:
        file = io.BytesIO()
        self._image.reduce(2).save(file, "PNG")
        return file.getvalue()
