import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from model.bundle import PRETRAINED
from scripts.predict import main

ROOT = Path(__file__).parents[2]

# Stands in for an installation without the extra `train`: importing these fails.
WITHOUT_TENSORFLOW = """
import runpy, sys
sys.modules.update(dict.fromkeys(("tensorflow", "keras", "torch", "onnx", "matplotlib", "tqdm", "pyarrow")))
runpy.run_module("scripts.predict", run_name="__main__")
"""


class Terminal(io.TextIOWrapper):
    """Standard input at which a person types."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    """Puts bytes on standard input."""
    return lambda content: monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


def run(content: bytes, *command: str) -> list[dict[str, Any]]:
    """The objects that a fresh process answers to `content`."""
    done = subprocess.run([sys.executable, *command], input=content, capture_output=True, cwd=ROOT, timeout=120)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.endswith(b"\n")
    return [json.loads(line) for line in done.stdout.decode("utf-8").removesuffix("\n").split("\n")]


def test_one_object_a_line_in_the_order_of_the_messages() -> None:
    answers = run("we won!!!\n\ncaf\u00e9 \u2028 split?\n".encode(), "-m", "scripts.predict", "--json")

    assert [answer["text"] for answer in answers] == ["we won!!!", "", "café \u2028 split?"]
    for answer in answers:
        assert list(answer) == ["text", "emoji", "candidates"]
        shares = [candidate["probability"] for candidate in answer["candidates"]]
        assert len(shares) == 5
        assert shares == sorted(shares, reverse=True)
        assert answer["emoji"] in (None, answer["candidates"][0]["emoji"])
    assert answers[1]["emoji"] is None


def test_it_works_where_tensorflow_is_not_installed() -> None:
    assert len(run(b"we won!!!\nso sad\n", "-c", WITHOUT_TENSORFLOW, "--json")) == 2


@pytest.mark.parametrize(
    "module", ["bot.__main__", "bot.client", "model.service", "scripts.predict", "scripts.evaluate"]
)
def test_importing_it_loads_neither_tensorflow_nor_torch(module: str) -> None:
    program = f"import sys, {module}; print(*sorted({{'tensorflow', 'keras', 'torch'}} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, cwd=ROOT, text=True, timeout=120)

    assert (done.returncode, done.stdout) == (0, "\n")


def test_the_model_knows_nothing_of_discord() -> None:
    program = "import sys, model.service, scripts.predict; print('discord' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, cwd=ROOT, text=True, timeout=120)

    assert (done.returncode, done.stdout) == (0, "False\n")


def test_invalid_utf_8_is_answered_like_any_message(
    typed: Callable[[bytes], None], capsys: pytest.CaptureFixture[str]
) -> None:
    typed(b"caf\xe9 \xff\xfe\n\xed\xa0\x80\nfine\n")

    assert main(["--json"]) == 0

    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [answer["text"] for answer in answers] == ["caf\ufffd \ufffd\ufffd", "\ufffd\ufffd\ufffd", "fine"]


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\r"])
def test_only_a_line_feed_ends_a_message(
    separator: str, typed: Callable[[bytes], None], capsys: pytest.CaptureFixture[str]
) -> None:
    typed(f"one{separator}two\nthree\n".encode())

    main(["--json"])

    lines = capsys.readouterr().out.removesuffix("\n").split("\n")
    assert [json.loads(line)["text"] for line in lines] == [f"one{separator}two", "three"]


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85"])
def test_an_answer_is_one_line_to_every_reader(
    separator: str, typed: Callable[[bytes], None], capsys: pytest.CaptureFixture[str]
) -> None:
    typed(f"one{separator}two\n".encode())

    main(["--json"])

    assert len(capsys.readouterr().out.splitlines()) == 1


@pytest.mark.parametrize(
    ("content", "texts"),
    [(b"", []), (b"\n", [""]), (b"one\r\ntwo\r\n", ["one", "two"]), (b"no line feed", ["no line feed"])],
)
def test_line_ends(
    content: bytes, texts: list[str], typed: Callable[[bytes], None], capsys: pytest.CaptureFixture[str]
) -> None:
    typed(content)

    assert main(["--json"]) == 0

    assert [json.loads(line)["text"] for line in capsys.readouterr().out.splitlines()] == texts


def test_many_messages_are_answered_in_order(
    typed: Callable[[bytes], None], capsys: pytest.CaptureFixture[str]
) -> None:
    texts = [f"message number {number}" for number in range(300)]
    typed("\n".join(texts).encode())

    main(["--json"])

    assert [json.loads(line)["text"] for line in capsys.readouterr().out.splitlines()] == texts


def test_a_person_who_types_reads_one_line_a_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(io.BytesIO(b"the meeting is at 5\n")))

    assert main([]) == 0

    (line,) = capsys.readouterr().out.splitlines()
    emoji, text, candidates = line.split("\t")
    assert (emoji, text) == ("·", "the meeting is at 5")
    assert candidates.count("%") == 6


def test_another_bundle_may_be_named(typed: Callable[[bytes], None], capsys: pytest.CaptureFixture[str]) -> None:
    typed(b"so good\n")

    assert main(["--json", "--model", str(PRETRAINED)]) == 0

    assert json.loads(capsys.readouterr().out)["text"] == "so good"


def test_a_bad_bundle_is_one_sentence_on_stderr_and_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--model", str(tmp_path)]) == 2

    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"The model bundle {tmp_path} cannot be used: it has no config.json.\n"


def test_help_shows_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])

    assert caught.value.code == 0
    assert "examples:\n" in capsys.readouterr().out
