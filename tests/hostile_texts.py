"""Texts that mean harm, or that a keyboard gone mad sends."""

import re
from typing import Final

ZALGO: Final = "".join(letter + "\u0300\u0316\u0334\u0321\u0353\u036f" * 20 for letter in "he comes")
DIRECTIONS: Final = "\u202egnp.exe\u202c \u2066isolated\u2069 \u200f\u061c\u200emarks"
EVERY_PLANE: Final = "".join(chr(plane * 0x10000 + offset) for plane in range(17) for offset in (0x41, 0x2603, 0xFFFD))

HOSTILE_TEXTS: Final[dict[str, str]] = {
    "zalgo": ZALGO,
    "marks of direction": DIRECTIONS,
    "null bytes": "good\x00morning\x00" * 100,
    "terminal controls": "\x1b[2J\x1b]0;title\x07\b\b\bgood\r\nmorning\x85\u2028\u2029",
    "lone surrogates": "good \ud83d morning \udd25 \udfff" * 50,
    "4,000 emoji": "\U0001f525" * 4000,
    "1,000 families": "👩‍👩‍👧‍👦" * 571,
    "4,000 combining marks": "\u0301" * 4000,
    "marks out of canonical order": "a" + "\u0301\u0327" * 1999,
    "homoglyphs": "Ι lоvе уоu ѕо muсh ⅿy ｆｒｉｅｎｄ 𝓰𝓸𝓸𝓭 𝕞𝕠𝕣𝕟𝕚𝕟𝕘",
    "every plane": EVERY_PLANE,
    "what NFKC makes long": "ﷺ" * 4000,
    "white space of all kinds": " \t\u00a0\u1680\u2000\u3000\u2003\ufeff\u180e" * 400,
    "backticks": "`" * 4000,
    "code that never closes": "```py\n" * 660,
    "brackets": "<" * 4000,
    "mentions": "@everyone @here <@1> <@!1> <@&123456789012345678> <#1> </settings reset:123456789012345678> " * 40,
    "laughter": "haha" * 1000,
    "one long word": "a" * 4000,
    "words of all lengths": " ".join("x" * n for n in range(1, 88)),
    "misspelt words": "recieve definately seperate occured wierd untill " * 80,
    "elongations": "aaabbbcccdddeee" * 266,
    "flags that never pair": "\U0001f1e9" * 3999,
    "jamo": "\u1100\u1161\u11a8" * 1333,
    "tags": "🏴" + "\U000e0067" * 3998,
    "right to left": "שלום לכולם، صباح الخير جميعا " * 130,
    "interlinear annotations": "\ufff9base\ufffaabove\ufffb" * 200,
    "what looks like JSON": '{"a": "\\u0000", "b": [' * 170,
    "what looks like SQL": "'; DROP TABLE guild_settings; --" * 120,
    "percent signs and braces": "%s %(token)s {0} {token!r} ${DISCORD_TOKEN} " * 80,
}
"""At most 4,000 characters each, as Discord delivers them."""

MARKUP: Final[dict[str, str]] = {
    "everyone": "@everyone",
    "here": "@here",
    "a member": "<@123456789012345678>",
    "a member by an old form": "<@!123456789012345678>",
    "a role": "<@&123456789012345678>",
    "a channel": "<#123456789012345678>",
    "a command": "</settings reset:123456789012345678>",
    "a time": "<t:1700000000:R>",
    "a guide": "<id:customize>",
    "an emoji": "<:blob_cat:123456789012345678>",
    "bold": "**bold**",
    "underlined": "__underlined__",
    "a spoiler": "||spoiler||",
    "a heading": "# heading",
    "small print": "-# small print",
    "a quote": ">>> quote",
    "a list": "- item",
    "a numbered list": "1. item",
    "code": "`code`",
    "a block": "```ansi\n\x1b[31mred\n```",
    "a link": "https://example.com/path_with_lines",
    "a link behind words": "[free gifts](https://example.com)",
    "a link behind words, without its preview": "[free gifts](<https://example.com>)",
    "an invitation": "https://discord.gg/abcdef",
    "an invitation without scheme": "discord.gg/abcdef",
    "the end of a line": "first\n# second",
    "escapes": "\\*\\@everyone\\",
    "escapes of escapes": "\\\\**bold**",
    "a mention in full width": "＠everyone ＜@1＞",
    "a mention with something invisible": "@\u200deveryone @\u2060here",
}
"""What Discord would read as more than text."""


def unescaped(shown: str) -> str:
    """What is left to have a meaning for Discord: an escaped character is a letter like any other."""
    return re.sub(r"\\[^A-Za-z0-9\s]", "x", shown)
