"""Everything the bot says, by key and language: the catalogs in `bot/locales`, English where one lacks a line."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import discord
from discord import app_commands

ENGLISH: Final = "en"
_FOLDER: Final = Path(__file__).parent / "locales"
_KEY: Final = "key"


def _read(language: Path) -> dict[str, str]:
    """The lines of all files of a folder, each by the file's name, a dot, and its key there."""
    return {
        f"{path.stem}.{key}": line
        for path in sorted(language.glob("*.toml"))
        for key, line in tomllib.loads(path.read_text(encoding="utf-8")).items()
    }


CATALOGS: Final[Mapping[str, Mapping[str, str]]] = {
    folder.name: _read(folder) for folder in sorted(_FOLDER.iterdir()) if folder.is_dir()
}
"""By language, then by key: `predict.menu` is the line `menu` of `predict.toml`."""


def say(key: str, locale: discord.Locale | None = None, **values: object) -> str:
    """The line `key` in the language of `locale`, with its placeholders filled in.

    Raises:
        KeyError: there is no such line, or a placeholder has no value.
    """
    line = _catalog(locale).get(key) or CATALOGS[ENGLISH][key]
    return line.format_map(values) if values else line


def number(n: int, locale: discord.Locale | None = None) -> str:
    """`n` with its thousands apart, as the language of `locale` writes it."""
    return f"{n:,}".replace(",", say("common.thousands", locale))


def phrase(key: str) -> app_commands.locale_str:
    """The English line `key` for a command's name or description, to be translated when commands are synced."""
    return app_commands.locale_str(CATALOGS[ENGLISH][key], **{_KEY: key})


class CatalogTranslator(app_commands.Translator):
    """Translates what `phrase` made."""

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,  # noqa: ARG002
    ) -> str | None:
        """The line in the language of `locale`, or None where there is none: Discord then shows the English one."""
        return _catalog(locale).get(string.extras.get(_KEY, ""))


def _catalog(locale: discord.Locale | None) -> Mapping[str, str]:
    """The catalog of a language; empty where there is none."""
    return CATALOGS.get(ENGLISH if locale is None else locale.value.split("-")[0], {})
