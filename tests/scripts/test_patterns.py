"""No regular expression takes more than linear time."""

import re
from pathlib import Path

import pytest

import model
from scripts.check_patterns import PACKAGES
from scripts.fuzzing.patterns import Found, SlowPatternError, check_linear, find_patterns

PROJECT = Path(*model.__path__).parent
FOUND = find_patterns(PROJECT, PACKAGES)
READ_ON_DISCORD = ("model/text.py", "bot/")
"""Whose patterns see what members write."""


def _where(found: Found) -> str:
    return f"{found.path.relative_to(PROJECT).as_posix()}:{found.line}"


@pytest.mark.parametrize("found", [one for one in FOUND if _where(one).startswith(READ_ON_DISCORD)], ids=_where)
def test_a_pattern_that_sees_messages_is_linear(found: Found) -> None:
    assert found.methods
    check_linear(found.pattern, found.methods, few=True)


def test_every_pattern_of_the_project_is_found() -> None:
    written = sum(
        len(re.findall(r"(?<![\w.])re\.(?:compile|match|fullmatch|search|sub|split|findall|finditer)\(", text))
        for package in PACKAGES
        for path in (PROJECT / package).rglob("*.py")
        for text in [path.read_text(encoding="utf-8")]
    )
    assert len(FOUND) == written - 1  # of which one puts together what this search finds
    assert len(FOUND) > 50


@pytest.mark.parametrize(
    ("bad", "method"),
    [
        (r"(a+)+$", "match"),
        (r"(\w+\s?)*:", "match"),
        (r"\d+\d+\d+x", "match"),
        (r"(?:a|a)*b", "fullmatch"),
        (r"\s+$", "sub"),
        (r"'.*?'x", "finditer"),
    ],
)
def test_a_bad_pattern_is_caught(bad: str, method: str) -> None:
    with pytest.raises(SlowPatternError, match="characters"):
        check_linear(re.compile(bad), [method], few=True)


@pytest.mark.parametrize("good", [r"a+b", r"[^\n`]{1,100}x", r"(?:ab)+c", rb"\x00+."])
def test_a_good_pattern_is_not(good: str | bytes) -> None:
    assert check_linear(re.compile(good), ["match"], few=True) > 100
