"""The targets of the fuzzer, with hypothesis in the place of libFuzzer, and what finds work that is not linear."""

import os
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scripts.fuzz import main
from scripts.fuzzing.contract import Run, refused
from scripts.fuzzing.linear_time import LinearTime, SlowInputError
from scripts.fuzzing.targets import FROM_BUNDLE, TARGETS

EXAMPLES = 60

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


@pytest.fixture(scope="module", params=TARGETS)
def prepared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, list[bytes]]:
    """A target and what it starts from."""
    folder = tmp_path_factory.mktemp(request.param)
    target = TARGETS[request.param]
    run = target.prepare(folder)
    return run, list(target.seeds) or [(folder / FROM_BUNDLE[request.param]).read_bytes()]


def changed(seed: bytes, chance: random.Random) -> bytes:
    """A few bytes of it replaced, left out, repeated or put in."""
    content = bytearray(seed)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(content) + 1)
        end = at + chance.choice((0, 0, 1, 2, 8, 40))
        piece = chance.choice((chance.randbytes(chance.randint(0, 8)), bytes(content[at:end]) * 3, b"\xff\xff\xff\x7f"))
        content[at:end] = piece
    return bytes(content)


def test_what_a_target_starts_from_keeps_its_contract(prepared: tuple[Run, list[bytes]]) -> None:
    run, seeds = prepared

    for seed in seeds:
        run(seed)


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
@given(content=st.binary(max_size=300))
def test_any_bytes_keep_the_contract(prepared: tuple[Run, list[bytes]], content: bytes) -> None:
    prepared[0](content)


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32))
def test_what_is_almost_right_keeps_the_contract(prepared: tuple[Run, list[bytes]], seed: int) -> None:
    run, seeds = prepared
    chance = random.Random(seed)  # noqa: S311

    run(changed(chance.choice(seeds), chance))


def test_a_refusal_of_two_lines_breaks_the_contract() -> None:
    with pytest.raises(AssertionError, match="not one readable line"), refused(KeyError, ValueError):
        raise ValueError("first\nsecond")


def test_another_exception_than_the_documented_breaks_the_contract() -> None:
    with pytest.raises(ZeroDivisionError), refused(ValueError):
        raise ZeroDivisionError


def test_work_that_grows_with_the_square_of_its_input_is_found() -> None:
    def work(content: bytes) -> None:
        for _ in range(content.count(b"(")):
            content.count(b")")

    measured = LinearTime(work, [b"ordinary text (with a remark) " * 10], 10_000)

    measured(b"ordinary" * 1_000)
    with pytest.raises(SlowInputError) as caught:
        measured(b"(" * 10_000)
    assert caught.value.size == 10_000


def test_the_targets_can_be_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(TARGETS)


@pytest.mark.parametrize("arguments", [["nothing"], ["text", "--runs", "0"], ["text", "--seed", "x"]])
def test_what_cannot_be_fuzzed_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_the_fuzzer_itself_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("atheris")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    monkeypatch.chdir(tmp_path)

    assert main(["labels", "--runs", "200"]) == 0
    assert "200 inputs of up to 4096 bytes" in capfd.readouterr().out
    assert not list(tmp_path.iterdir())
