"""What members wrote, made fit to be shown again: it formats, links and notifies nothing, and stays in its place."""

import re
import unicodedata
from typing import Final

_CUSTOM_EMOJI: Final = re.compile(r"<a?:(\w{2,32}:)\d{1,20}>")
# Discord's Markdown, links and mentions consist of these; a backslash before one of them is not shown.
_MEANING: Final = re.compile(r"[\\`*_~|\[\]()<>#/]")
_LIST: Final = re.compile(r"([-+]|\d+(?=\.))")
_STACKED: Final = re.compile(
    "([\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{2})[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)
_JOINERS: Final = frozenset("\u200c\u200d")
_TAGS: Final = range(0xE0020, 0xE0080)
_ROOM: Final = 8
"""Characters that are looked at for each that is shown: the rest of a message of nothing but marks is not read."""


def plain(text: str, limit: int) -> str:
    """At most `limit` characters of a text, on one line and escaped for Discord; what was cut off ends in "…".

    Left out are control characters, marks of direction, lone surrogates, which cannot be sent, and accents from the
    third of a letter on, which would cover the lines above and below. Custom emoji are shown by their names.
    """
    text = text[: _ROOM * limit]
    kept = "".join(character if _is_shown(character) else " " * character.isspace() for character in text)
    line = " ".join(_STACKED.sub(r"\1", _CUSTOM_EMOJI.sub(r":\1", kept)).split())
    if len(line) > limit:
        line = line[: limit - 1] + "…"
    escaped = _MEANING.sub(r"\\\g<0>", line)
    if listed := _LIST.match(escaped):
        end = listed.end() if listed[1].isdigit() else 0
        escaped = f"{escaped[:end]}\\{escaped[end:]}"
    return escaped.replace("@", "@\u200b")  # as discord.utils.escape_mentions does


def _is_shown(character: str) -> bool:
    category = unicodedata.category(character)
    if category == "Cf":
        return character in _JOINERS or ord(character) in _TAGS
    return category not in ("Cc", "Cs", "Zl", "Zp")
