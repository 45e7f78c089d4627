import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import numpy as np
import numpy.typing as npt
import pytest

from model.bundle import LABELS_FILE, PRETRAINED
from model.labels import load_labels
from model.predictor import Predictor
from scripts.evaluate import main
from tests.model.rows import CHAT, write_csv, write_tsv

ROOT = Path(__file__).parents[2]
SEED_EMOJI = "❤️ ⚾ 😄 😞 🍴"

# Stands in for an installation without the extra `train`: importing these fails.
WITHOUT_EXTRAS = """
import runpy, sys
sys.modules.update(dict.fromkeys(("tensorflow", "keras", "torch", "onnx", "matplotlib", "tqdm", "pyarrow")))
runpy.run_module("scripts.evaluate", run_name="__main__")
"""

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


def test_without_a_report_it_needs_neither_tensorflow_nor_matplotlib(tmp_path: Path) -> None:
    data = str(write_csv(tmp_path / "rows.csv"))
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_EXTRAS, "--data", data, "--among", SEED_EMOJI, "--json"],
        capture_output=True, cwd=ROOT, text=True, timeout=120,
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["counts"]["rows"] == 60


def test_a_report_without_the_extra_is_one_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_EXTRAS, "--report", str(tmp_path / "report")],
        capture_output=True, cwd=ROOT, text=True, timeout=120,
    )  # fmt: skip

    assert done.returncode == 2
    assert done.stderr.startswith("A report needs the extra `train` (")
    assert done.stderr.endswith(" is missing): pip install -e '.[train]'\n")
    assert not (tmp_path / "report").exists()


# Among a few emoji


def test_the_accuracy_among_a_few_emoji_is_that_of_their_probabilities_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [(text, emoji) for text, emoji in CHAT if emoji.startswith(("😂", "🎉", "❤️"))]
    data = str(write_tsv(tmp_path / "rows.tsv", [*rows, ("the bus leaves at nine", ""), ("sad news", "😢")]))
    predictor = Predictor.load()
    emoji = [label.emoji for label in predictor.bundle.labels]
    right = 0
    for row, (_text, best) in zip(
        predictor.probabilities(predictor.encode([text for text, _ in rows])), rows, strict=True
    ):
        likeliest = max(("😂", "🎉", "❤️"), key=lambda one: float(row[emoji.index(one)]))
        right += best.startswith(likeliest)

    assert main(["--data", data, "--among", "😂 🎉 ❤", "--json"]) == 0  # with or without U+FE0F

    scores = json.loads(capsys.readouterr().out)
    assert len(rows) == 3
    assert scores["counts"]["among"] == 3
    assert scores["accuracy_among"] == right / 3
    assert scores["counts"]["rows"] == 5


def test_the_accuracy_among_a_few_emoji_is_printed_for_people(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = str(write_tsv(tmp_path / "rows.tsv"))

    main(["--data", data, "--among", "😂"])
    assert "accuracy_among       1.000\n" in capsys.readouterr().out
    main(["--data", data, "--among", "🎄"])  # which is best for no row
    assert "accuracy_among       -\n" in capsys.readouterr().out


def test_emoji_that_a_bundle_does_not_have_are_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(write_tsv(tmp_path / "rows.tsv")), "--among", "😂 🫠"]) == 2

    assert capsys.readouterr() == ("", f"The model bundle {PRETRAINED} cannot be used: 🫠 is not among its labels.\n")


# A report


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, _restored_logging: None) -> Path:
    """A small corpus below the current folder, and a GloVe of few words, so that the baselines are quick."""
    words = tuple(sorted({word for text, _ in CHAT for word in text.split()}))
    vectors = np.random.default_rng(0).normal(size=(len(words), 50)).astype(np.float32)
    monkeypatch.setattr("model.training.embeddings.load_glove", lambda: (words, vectors))
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "corpus"
    (folder / "chat" / "train").mkdir(parents=True)
    (folder / "labels.tsv").write_bytes((PRETRAINED / "labels.tsv").read_bytes())
    write_tsv(folder / "chat" / "train" / "all.tsv")
    write_tsv(folder / "chat" / "dev.tsv", CHAT[4:])
    write_tsv(folder / "chat" / "test.tsv", CHAT[:9])
    write_tsv(folder / "chat" / "unreadable_test.tsv", [("qwrt zxcv", "")])
    return folder


def test_a_report_is_written_and_its_scores_printed(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_csv(corpus.parent / "seed.csv", {0: "i love you", 1: "play ball"})

    status = main(
        ["--report", "out", "--corpus", "corpus", "--emojify", "seed.csv", "--beside", f"same={PRETRAINED}", "--json"]
    )

    assert status == 0
    assert json.loads(capsys.readouterr().out)["counts"]["rows"] == len(CHAT[4:])
    numbers = json.loads(Path("out", "report.json").read_text(encoding="utf-8"))
    assert list(numbers["scores"]) == ["pretrained", "same", "commonest emoji", "averaged GloVe"]
    assert numbers["scores"]["pretrained"] == numbers["scores"]["same"]
    assert list(numbers["emojify"]) == ["pretrained", "same"]
    assert (numbers["split"], numbers["seed"]) == ("dev", 0)
    page = Path("out", "report.md").read_text(encoding="utf-8")
    assert "# Evaluation of `pretrained` on the dev rows" in page


def test_the_command_in_a_report_makes_it_again_and_names_no_place_on_the_machine(corpus: Path) -> None:
    out, folder = corpus.parent / "out", str(corpus)
    assert main(["--report", str(out), "--corpus", folder, "--beside", f"same={PRETRAINED}", "--seed", "7"]) == 0

    command = json.loads((out / "report.json").read_text(encoding="utf-8"))["command"]
    assert command == (
        "python -m scripts.evaluate --report out --split dev --model pretrained --corpus corpus"
        " --beside same=pretrained --seed 7"
    )
    page = (out / "report.md").read_text(encoding="utf-8")
    assert str(corpus.parent) not in page
    assert str(PRETRAINED) not in page


def test_test_rows_are_scored_with_thresholds_of_the_development_rows(corpus: Path) -> None:
    thresholds = []
    for split in ("dev", "test"):
        assert main(["--report", split, "--split", split, "--corpus", "corpus"]) == 0
        numbers = json.loads(Path(split, "report.json").read_text(encoding="utf-8"))
        thresholds.append(numbers["thresholds"])

    assert thresholds[0] == thresholds[1]
    assert numbers["scores"]["pretrained"]["counts"]["rows"] == 9
    assert numbers["unreadable"]["pretrained"]["counts"]["neutral"] == 1
    assert set(numbers["files"]) == {"chat/test.tsv", "chat/unreadable_test.tsv"}


def test_a_teacher_is_shown_beside_the_model(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Teacher:
        """Knows what is funny."""

        @classmethod
        def load(cls, path: Path) -> "Teacher":
            assert path == Path("teacher.pt")
            return cls()

        def probabilities(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
            heart = [label.emoji for label in load_labels(PRETRAINED / LABELS_FILE)].index("❤️")
            outcomes = np.zeros((len(texts), 64), dtype=np.float32)
            outcomes[:, heart] = [0.9 if "thank" in text else 0.1 for text in texts]
            return outcomes

    distill = ModuleType("model.training.distill")
    vars(distill)["Teacher"] = Teacher
    monkeypatch.setitem(sys.modules, "model.training.distill", distill)

    assert main(["--report", "out", "--corpus", "corpus", *["--teacher", "teacher.pt"] * 2]) == 0

    numbers = json.loads(Path("out", "report.json").read_text(encoding="utf-8"))
    assert list(numbers["scores"])[-1] == "teacher"
    assert numbers["scores"]["teacher"]["measures"]["acceptable_at_1"]["value"] == 1 / 4


def test_a_teacher_without_the_extra_is_one_sentence(
    corpus: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "model.training.distill", None)

    assert main(["--report", "out", "--corpus", "corpus", "--teacher", "teacher.pt"]) == 2

    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("A teacher needs the extra `distill` (")
    assert last.endswith(" is missing): pip install -e '.[distill]'")


def test_a_corpus_without_rows_is_one_sentence(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (corpus / "chat" / "dev.tsv").unlink()

    assert main(["--report", "out", "--corpus", "corpus"]) == 2
    path = Path("corpus", "chat", "dev.tsv")
    assert capsys.readouterr().err.splitlines()[-1] == f"{path}, line 1: the file is missing or not UTF-8."


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "one of the arguments --data --report is required"),
        (["--data", "rows.tsv", "--report", "out"], "not allowed with argument"),
        (["--data", "rows.tsv", "--among", " "], "there is no emoji"),
        (["--report", "out", "--split", "train"], "invalid choice"),
        (["--report", "out", "--beside", "runs/other"], "runs/other is not NAME=DIR"),
        (["--report", "out", "--beside", "teacher=runs/other"], "these names must differ"),
        (["--report", "out", "--beside", "a=runs/1", "--beside", "a=runs/2"], "these names must differ"),
        (["--report", "out", "--seed", "-1"], "-1 is below 0"),
    ],
)
def test_arguments_that_do_not_go_together_are_refused(
    arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)

    assert caught.value.code == 2
    assert reason in capsys.readouterr().err


def test_the_help_says_what_the_test_rows_are_for(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])

    assert "test is for a final evaluation only" in " ".join(capsys.readouterr().out.split())
