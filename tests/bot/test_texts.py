"""The catalogs: what the bot says, by key and language."""

import ast
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import discord
import pytest
from discord import app_commands

import bot
from bot import texts
from bot.texts import CATALOGS, ENGLISH, CatalogTranslator, phrase, say

CODE = sorted(Path(bot.__file__).parent.rglob("*.py"))
OTHERS = sorted(set(CATALOGS) - {ENGLISH})
SOMEWHERE: Any = app_commands.TranslationContext(app_commands.TranslationContextLocation.other, None)
DISCORDS = {locale.value.split("-")[0] for locale in discord.Locale}


def _strings() -> Iterator[str]:
    """All strings in the code of the bot, docstrings included."""
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def _asked_for() -> Iterator[tuple[str, set[str]]]:
    """What `say` and `phrase` are asked for literally: keys and the names of the values that go with them."""
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("say", "phrase"):
                key = node.args[0]
                spread = any(keyword.arg is None for keyword in node.keywords)
                if isinstance(key, ast.Constant) and isinstance(key.value, str) and not spread:
                    yield key.value, {str(keyword.arg) for keyword in node.keywords}


def _placeholders(line: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(line) if name is not None}


def test_every_line_that_is_asked_for_exists_in_english_and_gets_its_values() -> None:
    asked = list(_asked_for())

    assert len(asked) > 10
    assert [key for key, _ in asked if key not in CATALOGS[ENGLISH]] == []
    assert [key for key, values in asked if _placeholders(CATALOGS[ENGLISH][key]) != values] == []


def test_every_english_line_is_used() -> None:
    # Some keys stand in tables, or are put together from a beginning and a name.
    used = set(_strings())
    beginnings = tuple(text for text in used if text.endswith((".", "_")) and text.split(".")[0] in _topics())

    assert [key for key in CATALOGS[ENGLISH] if key not in used and not key.startswith(beginnings)] == []


def _topics() -> set[str]:
    return {key.split(".")[0] for key in CATALOGS[ENGLISH]}


def test_every_line_says_something() -> None:
    for lines in CATALOGS.values():
        assert [key for key, line in lines.items() if not line.strip(" ")] == []


def test_other_languages_say_nothing_that_english_does_not() -> None:
    assert [(language, key) for language in OTHERS for key in CATALOGS[language] if key not in CATALOGS[ENGLISH]] == []
    assert set(CATALOGS) <= DISCORDS


def test_other_languages_have_the_same_placeholders() -> None:
    english = CATALOGS[ENGLISH]
    wrong = [
        (language, key)
        for language in OTHERS
        for key, line in CATALOGS[language].items()
        if _placeholders(line) != _placeholders(english.get(key, line))
    ]

    assert wrong == []


@pytest.fixture
def catalogs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two languages, one of which lacks a line."""
    monkeypatch.setattr(
        texts,
        "CATALOGS",
        {
            "en": {"a.hello": "Hello {name}", "a.bye": "Bye", "a.curly": "{{}}"},
            "pt": {"a.hello": "Olá {name}", "a.bye": ""},
        },
    )


@pytest.mark.usefixtures("catalogs")
def test_a_line_is_said_in_the_language_of_the_locale() -> None:
    assert say("a.hello", discord.Locale.brazil_portuguese, name="Ana") == "Olá Ana"
    assert say("a.hello", discord.Locale.british_english, name="Ana") == "Hello Ana"
    assert say("a.hello", name="Ana") == "Hello Ana"


@pytest.mark.usefixtures("catalogs")
def test_an_unknown_locale_and_a_missing_line_fall_back_to_english() -> None:
    assert say("a.hello", discord.Locale.thai, name="Ana") == "Hello Ana"
    assert say("a.bye", discord.Locale.brazil_portuguese) == "Bye"


@pytest.mark.usefixtures("catalogs")
def test_what_cannot_be_said_is_a_mistake() -> None:
    with pytest.raises(KeyError, match=r"a\.nothing"):
        say("a.nothing")
    with pytest.raises(KeyError, match="name"):
        say("a.hello", other="Ana")


@pytest.mark.usefixtures("catalogs")
def test_a_value_with_braces_is_only_text() -> None:
    assert say("a.hello", name="{name} {0}") == "Hello {name} {0}"


@pytest.mark.usefixtures("catalogs")
async def test_names_of_commands_are_translated_where_there_is_a_line() -> None:
    translator, line = CatalogTranslator(), phrase("a.hello")

    assert line.message == "Hello {name}"
    assert await translator.translate(line, discord.Locale.brazil_portuguese, SOMEWHERE) == "Olá {name}"
    assert await translator.translate(app_commands.locale_str("x"), discord.Locale.brazil_portuguese, SOMEWHERE) is None


@pytest.mark.usefixtures("catalogs")
async def test_a_language_without_a_catalog_gets_none_and_discord_shows_the_english_one() -> None:
    assert await CatalogTranslator().translate(phrase("a.hello"), discord.Locale.thai, SOMEWHERE) is None
