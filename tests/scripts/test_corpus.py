"""The corpus keeps its rules, and the script notices when one does not."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from scripts.corpus import main

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the corpus to spoil."""
    return Path(shutil.copytree(DATA, tmp_path / "data"))


def _report(folder: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    main(["--data", str(folder), "--json"])
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    return report


def _append(path: Path, *rows: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.writelines(f"{row}\n" for row in rows)


def test_the_corpus_keeps_all_its_rules(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["--data", str(DATA)])

    assert "BREACH" not in capsys.readouterr().out
    assert status == 0


def test_the_picture_is_drawn(tmp_path: Path) -> None:
    main(["--data", str(DATA), "--picture", str(tmp_path / "corpus.png")])

    assert (tmp_path / "corpus.png").read_bytes().startswith(b"\x89PNG")


def test_a_near_duplicate_across_splits_is_found(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = (copy / "chat" / "dev.tsv").read_text(encoding="utf-8").split("\n")[5].split("\t")[0]
    _append(copy / "chat" / "train" / "zz.tsv", "text\temoji", f"{first.upper()}!!\t😂")

    breaches = _report(copy, capsys)["breaches"]
    assert [breach for breach in breaches if "zz.tsv:2" in breach and "dev.tsv:6" in breach]


def test_a_template_is_found(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f"zebras rarely do ask me {'la ' * i}thing{i} other{i} more{i}\t😂" for i in range(1, 14)]
    _append(copy / "chat" / "train" / "zz.tsv", "text\temoji", *rows)

    assert "train begins 13 messages with 'zebras rarely do ask me'" in _report(copy, capsys)["breaches"]


def test_a_missing_emoji_is_found(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = copy / "chat" / "dev.tsv"
    path.write_text(path.read_text(encoding="utf-8").replace("🎄", "❄️"), encoding="utf-8")

    report = _report(copy, capsys)
    assert any("christmas_tree first 0 times" in breach for breach in report["breaches"])


@pytest.mark.parametrize("row", ["hello\tlol", "hello\t❤", "hello", "\t😂"])
def test_a_bad_line_is_named(copy: Path, row: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = copy / "chat" / "dev.tsv"
    line = len(path.read_text(encoding="utf-8").split("\n"))
    _append(path, row)

    assert main(["--data", str(copy)]) == 2
    assert f"dev.tsv, line {line}: " in capsys.readouterr().err
