import json
from pathlib import Path

import pytest

from scripts.evaluate import main
from tests.model.rows import write_csv, write_tsv

MEASURES = {"acceptable_at_1", "best_in_top_3", "precision", "coverage", "silence_on_neutral", "ece"}


def test_json_is_one_object_with_all_measures_and_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(write_tsv(tmp_path / "rows.tsv")), "--json"]) == 0

    (line,) = capsys.readouterr().out.splitlines()
    scores = json.loads(line)
    assert scores.keys() >= MEASURES
    assert scores["counts"]["rows"] == 12
    assert scores["counts"]["neutral"] == 4
    assert all(scores[measure] is None or 0 <= scores[measure] <= 1 for measure in MEASURES)


def test_without_json_a_person_reads_one_measure_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(write_tsv(tmp_path / "rows.tsv"))]) == 0

    names = {line.split()[0] for line in capsys.readouterr().out.splitlines()}
    assert names == MEASURES | {"threshold", "counts"}


def test_the_threshold_may_be_chosen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = str(write_tsv(tmp_path / "rows.tsv"))
    reactions = []
    for threshold in ("0", "1"):
        main(["--data", data, "--threshold", threshold, "--json"])
        reactions.append(json.loads(capsys.readouterr().out)["counts"]["reactions"])

    assert reactions == [12, 0]


def test_a_share_of_nothing_is_null_or_a_dash(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = str(write_tsv(tmp_path / "rows.tsv", [("see you at six", "")]))
    main(["--data", data, "--json"])
    assert json.loads(capsys.readouterr().out)["coverage"] is None

    main(["--data", data])
    assert "coverage             -\n" in capsys.readouterr().out


def test_a_seed_csv_is_scored_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(write_csv(tmp_path / "rows.csv")), "--json"]) == 0

    assert json.loads(capsys.readouterr().out)["counts"]["deserving"] == 60


def test_a_bad_file_or_bundle_is_one_sentence_on_stderr_and_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = write_tsv(tmp_path / "good.tsv"), tmp_path / "bad.tsv"
    bad.write_text("text\temoji\nno tab here\n", encoding="utf-8")

    for arguments, sentence in (
        (["--data", str(bad)], f"{bad}, line 2: a row must be a text, one tab and the emoji."),
        (["--data", str(tmp_path / "nowhere")], f"{tmp_path / 'nowhere'}, line 1: the file is missing or not UTF-8."),
        (
            ["--data", str(good), "--model", str(tmp_path)],
            f"The model bundle {tmp_path} cannot be used: it has no config.json.",
        ),
    ):
        assert main(arguments) == 2
        assert capsys.readouterr() == ("", f"{sentence}\n")


@pytest.mark.parametrize("threshold", ["-0.1", "1.1", "nan", "half"])
def test_a_threshold_that_is_no_share_is_refused(threshold: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--data", "rows.tsv", "--threshold", threshold])

    assert caught.value.code == 2
    assert "--threshold" in capsys.readouterr().err
