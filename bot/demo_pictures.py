"""The pictures of the demo's little server, drawn in code: faces of its people, and its own emoji."""

import io
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from PIL import Image, ImageDraw, ImageFont

_SIDE: Final = 128
_FINE: Final = 4  # drawn this much larger, then made small: smooth edges

_Draw = ImageDraw.ImageDraw
_Colour = tuple[int, int, int]

_INK: Final = (49, 51, 56)
_WHITE: Final = (255, 255, 255)
_YELLOW: Final = (255, 204, 77)
_RED: Final = (221, 64, 79)
_GREY: Final = (122, 130, 148)
_PINK: Final = (246, 171, 182)


def face(name: str, colour: _Colour) -> bytes:
    """A PNG with the first letter of `name` on `colour`."""

    def draw(pen: _Draw) -> None:
        pen.rectangle((0, 0, 128 * _FINE, 128 * _FINE), fill=colour)
        letter = name[:1].upper()
        pen.text((64 * _FINE, 66 * _FINE), letter, _WHITE, ImageFont.load_default(72 * _FINE), anchor="mm")

    return _png(draw)


def bot_face() -> bytes:
    """A PNG with a yellow face that smiles."""

    def draw(pen: _Draw) -> None:
        pen.rectangle((0, 0, 128 * _FINE, 128 * _FINE), fill=(88, 101, 242))
        _circle(pen, 64, 64, 44, _YELLOW)
        for x in (48, 80):
            _circle(pen, x, 54, 6, _INK)
        pen.arc(_scaled(40, 44, 88, 88), 20, 160, fill=_INK, width=6 * _FINE)

    return _png(draw)


def _latte(pen: _Draw) -> None:
    pen.arc(_scaled(84, 44, 122, 88), 0, 360, fill=_WHITE, width=9 * _FINE)
    pen.rounded_rectangle(_scaled(14, 30, 100, 112), 22 * _FINE, fill=_WHITE)
    pen.ellipse(_scaled(20, 22, 94, 46), fill=(139, 90, 60))
    _heart(pen, 57, 76, _RED)


def _cafe_cat(pen: _Draw) -> None:
    for left, tip, right in ((18, 22, 58), (110, 106, 70)):
        pen.polygon([(left * _FINE, 66 * _FINE), (tip * _FINE, 14 * _FINE), (right * _FINE, 36 * _FINE)], fill=_GREY)
    pen.ellipse(_scaled(14, 28, 114, 116), fill=_GREY)
    for x in (44, 84):
        pen.ellipse(_scaled(x - 9, 56, x + 9, 80), fill=_YELLOW)
        pen.ellipse(_scaled(x - 4, 58, x + 4, 78), fill=_INK)
    pen.polygon([(57 * _FINE, 84 * _FINE), (71 * _FINE, 84 * _FINE), (64 * _FINE, 92 * _FINE)], fill=_PINK)
    for box in ((46, 82, 64, 102), (64, 82, 82, 102)):
        pen.arc(_scaled(*box), 20, 160, fill=_INK, width=4 * _FINE)


def _golden_cup(pen: _Draw) -> None:
    for box in ((10, 24, 54, 68), (74, 24, 118, 68)):
        pen.arc(_scaled(*box), 0, 360, fill=_YELLOW, width=9 * _FINE)
    pen.polygon([(x * _FINE, y * _FINE) for x, y in ((30, 14), (98, 14), (88, 66), (40, 66))], fill=_YELLOW)
    pen.pieslice(_scaled(38, 40, 90, 90), 0, 180, fill=_YELLOW)
    pen.rectangle(_scaled(58, 86, 70, 106), fill=_YELLOW)
    pen.rounded_rectangle(_scaled(38, 102, 90, 116), 5 * _FINE, fill=_YELLOW)
    _heart(pen, 64, 40, _RED)


EMOJI: Final[Mapping[str, Callable[[_Draw], None]]] = MappingProxyType(
    {"latte": _latte, "cafe_cat": _cafe_cat, "golden_cup": _golden_cup}
)
"""How the server's own emoji are drawn, by name."""


def emoji_picture(name: str) -> bytes:
    """A PNG of the emoji with this name; KeyError where there is none."""
    return _png(EMOJI[name])


def _heart(pen: _Draw, x: int, y: int, colour: _Colour) -> None:
    for side in (-9, 9):
        _circle(pen, x + side, y - 6, 11, colour)
    pen.polygon([((x + dx) * _FINE, (y + dy) * _FINE) for dx, dy in ((-19, -1), (19, -1), (0, 22))], fill=colour)


def _circle(pen: _Draw, x: int, y: int, radius: int, colour: _Colour) -> None:
    pen.ellipse(_scaled(x - radius, y - radius, x + radius, y + radius), fill=colour)


def _scaled(left: int, top: int, right: int, bottom: int) -> tuple[int, int, int, int]:
    return left * _FINE, top * _FINE, right * _FINE, bottom * _FINE


def _png(draw: Callable[[_Draw], None]) -> bytes:
    picture = Image.new("RGBA", (_SIDE * _FINE, _SIDE * _FINE), (0, 0, 0, 0))
    draw(ImageDraw.Draw(picture))
    file = io.BytesIO()
    picture.resize((_SIDE, _SIDE), Image.Resampling.LANCZOS).save(file, "PNG")
    return file.getvalue()
