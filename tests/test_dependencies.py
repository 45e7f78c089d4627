"""The list of dependencies names what pyproject.toml names, in the same versions."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
_ROW = re.compile(r"\| ([\w.-]+(?:\[\w+\])?) \| ([=<>][^|]*) \| (?:(\w+) \| )?[^|]+ \| [^|]+ \| [^|]+ \|")
_REQUIREMENT = re.compile(r"([\w.-]+(?:\[\w+\])?)([^;]*)")


def _split(requirement: str) -> tuple[str, str]:
    match = _REQUIREMENT.match(requirement)
    assert match
    return match[1], match[2].strip()


def test_every_dependency_is_listed_with_its_versions_licence_and_reasons() -> None:
    declared = {(*_split(one), "") for one in PROJECT["dependencies"]} | {
        (*_split(one), extra)
        for extra, ones in PROJECT["optional-dependencies"].items()
        for one in ones
        if not one.startswith("emoji-bot[")
    }
    listed = [(m[1], m[2], m[3] or "") for m in _ROW.finditer((ROOT / "docs" / "dependencies.md").read_text("utf-8"))]

    assert sorted(listed) == sorted(declared)


def test_every_dependency_of_the_bot_has_an_upper_bound() -> None:
    assert [one for one in PROJECT["dependencies"] if "<" not in one and "==" not in one] == []
