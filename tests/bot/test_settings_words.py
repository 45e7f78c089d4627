"""The words of /settings: levels of sensitivity, names of emoji, and lists that fit."""

import re

import discord
import pytest

from bot.guild_settings import GuildSettings
from bot.label_search import find_label, search_labels
from bot.sensitivity import Level, level_of, threshold_of
from bot.server_emoji import emoji_id
from bot.settings_lines import cooldown_line, listed
from model.labels import Label

LABELS = (
    Label("fire", "🔥"),
    Label("heart", "❤️"),
    Label("broken_heart", "💔"),
    Label("heart_eyes", "😍"),
    Label("thumbsup", "👍"),
    Label("100", "💯"),
)
ENGLISH_US = discord.Locale.american_english


@pytest.mark.parametrize("default", [0.0, 0.03, 0.1, 0.5, 0.77, 0.99, 1.0])
def test_quiet_asks_for_more_than_normal_and_lively_for_less(default: float) -> None:
    quiet, lively = threshold_of(Level.QUIET, default), threshold_of(Level.LIVELY, default)

    assert quiet is not None
    assert lively is not None
    assert 0.0 <= lively <= default <= quiet <= 1.0
    assert threshold_of(Level.NORMAL, default) is None


@pytest.mark.parametrize("level", list(Level))
def test_a_level_is_known_again(level: Level) -> None:
    assert level_of(threshold_of(level, 0.77), 0.77) is level


def test_a_number_between_the_levels_has_no_name() -> None:
    assert level_of(0.6, 0.77) is None


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("fire", "fire"),
        (" Fire ", "fire"),
        (":fire:", "fire"),
        ("🔥", "fire"),
        ("🔥 fire", "fire"),
        ("❤️", "heart"),
        ("❤", "heart"),
        ("broken heart", "broken_heart"),
        ("heart_eyes", "heart_eyes"),
        ("👍🏽", "thumbsup"),
        ("100", "100"),
    ],
)
def test_a_label_is_found_by_what_people_type(typed: str, name: str) -> None:
    found = find_label(LABELS, typed)

    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("typed", ["", " ", "fir", "🔥 ❤️", "🦄", "<:fire:1>", ":", "nonsense"])
def test_what_names_no_label_or_two_finds_none(typed: str) -> None:
    assert find_label(LABELS, typed) is None


def test_the_search_shows_what_begins_so_before_what_holds_it() -> None:
    assert [label.name for label in search_labels(LABELS, "heart")] == ["heart", "heart_eyes", "broken_heart"]
    assert [label.name for label in search_labels(LABELS, "❤")] == ["heart"]
    assert search_labels(LABELS, "") == list(LABELS)
    assert search_labels(LABELS, "zzz") == []


@pytest.mark.parametrize(
    ("written", "found"), [("<:blob:12>", 12), ("<a:blob:7>", 7), (":blob:", 0), ("blob", 0), ("<@7>", 0), ("", 0)]
)
def test_only_a_written_emoji_has_an_id(written: str, found: int) -> None:
    assert emoji_id(written) == found


def test_a_list_shows_what_fits_and_counts_the_rest() -> None:
    items = [f"item{number}" for number in range(9)]

    assert listed(items, ENGLISH_US, most=19) == "item0, item1, item2 and 6 more"
    assert listed(items[:3], ENGLISH_US, most=19) == "item0, item1, item2"
    assert listed(items, ENGLISH_US, most=1) == "item0 and 8 more"


@pytest.mark.parametrize(
    ("locale", "rest"),
    [("en-GB", "item0 and 1 more"), ("de", "item0 und 1 mehr"), ("es-ES", "item0 y 1 más")],
)
def test_the_rest_of_a_list_reads_well_after_a_single_item(locale: str, rest: str) -> None:
    assert listed(["item0", "item1"], discord.Locale(locale), most=5) == rest


@pytest.mark.parametrize("locale", ["en-GB", "de", "es-ES"])
def test_a_pause_of_one_second_reads_well(locale: str) -> None:
    lines = cooldown_line(GuildSettings(channel_cooldown=1, member_cooldown=1), discord.Locale(locale)).splitlines()

    assert [bool(re.search(r" 1 s\b", line)) for line in lines] == [True, True]
