"""The benchmark's contract, on a short run: what it prints and writes, not how fast this machine is."""

import contextlib
import io
import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from model.predictor import Predictor
from scripts import benchmark
from scripts.benchmarks import suite
from scripts.benchmarks.page import render_page
from scripts.benchmarks.plan import Plan
from scripts.benchmarks.suite import Results
from scripts.benchmarks.wire import measure_reactions

KEYS = {
    "predict_p50_ms",
    "predict_p99_ms",
    "keras_predict_p50_ms",
    "speedup_vs_keras_predict",
    "service_messages_per_s",
    "bot_rss_mb",
    "cold_start_s",
}
pytestmark = pytest.mark.timeout(600)  # the run is one fixture, with Keras, LiteRT and six processes

SHORT = Plan(rounds=2, slice_s=0.005, starts=1, predictions=40, messages=3)


@dataclass(frozen=True)
class Run:
    """What one run of the command line gave."""

    status: int
    output: str
    folder: Path
    results: Results


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A quick run with a report, cut shorter still."""
    folder, output = tmp_path_factory.mktemp("report") / "benchmark", io.StringIO()
    found: list[Results] = []
    measure = suite.measure

    def kept(*arguments: Any, **options: Any) -> Results:
        found.append(measure(*arguments, **options))
        return found[0]

    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(output):
        patch.setattr(benchmark, "QUICK", SHORT)
        patch.setattr(suite, "measure", kept)
        status = benchmark.main(["--quick", "--json", "--report", str(folder)])
    return Run(status, output.getvalue(), folder, found[0])


def test_it_prints_one_json_object_with_a_number_for_every_promised_figure(run: Run) -> None:
    assert run.status == 0
    figures = json.loads(run.output)
    assert figures.keys() >= KEYS
    numbers = {name: value for name, value in figures.items() if name not in ("spread", "machine")}
    assert all(type(value) is float for value in numbers.values())
    assert all(numbers[name] > 0 for name in KEYS)


def test_a_speed_up_is_the_ratio_of_the_two_times_beside_it(run: Run) -> None:
    figures = json.loads(run.output)
    for other in ("keras_predict", "tf_function", "tf_function_xla", "litert", "litert_unrolled", "numpy"):
        ratio = figures[f"{other}_p50_ms"] / figures["predict_p50_ms"]
        assert figures[f"speedup_vs_{other}"] == pytest.approx(ratio, rel=0.01)


def test_the_spread_of_a_time_is_around_its_median(run: Run) -> None:
    figures = json.loads(run.output)
    for name, (low, high) in figures["spread"].items():
        if not name.startswith("speedup"):  # their medians are of the two times
            assert low <= figures[name] <= high, name


def test_all_ways_to_run_the_network_give_the_same_answers(run: Run) -> None:
    differences = {name: rival.difference for name, rival in run.results.one_message.items()}
    assert len(differences) == 8
    assert len([one for one in differences.values() if one is not None]) == 6
    assert json.loads(run.output)["largest_difference"] < 1e-4


def test_it_says_what_it_ran_on(run: Run) -> None:
    machine = json.loads(run.output)["machine"]
    assert machine["cores"] >= 1
    assert machine["memory_gb"] > 0
    assert "unknown" not in machine["libraries"].values()
    assert {"processor", "system", "python", "blas", "load"} < machine.keys()


def test_the_memory_is_watched_from_the_first_prediction_to_the_last_promised_one(run: Run) -> None:
    made = list(run.results.endurance.rss_mb)
    assert made[0] == 0
    assert made[-1] == SHORT.predictions
    assert min(run.results.endurance.rss_mb.values()) > 10


def test_the_report_holds_a_page_with_its_picture_and_all_numbers(run: Run) -> None:
    page = (run.folder / "README.md").read_text(encoding="utf-8")
    assert "scripts.benchmark --quick --report benchmark`" in page
    assert "40 predictions for 1,000,000" in page
    assert "(benchmark.png)" in page
    assert f"{json.loads(run.output)['cold_start_s']:.2f} s" in page
    assert (run.folder / "benchmark.png").read_bytes().startswith(b"\x89PNG")
    numbers = json.loads((run.folder / "results.json").read_text(encoding="utf-8"))
    assert numbers["one_message"].keys() == run.results.one_message.keys()


def test_the_page_names_no_folder_of_this_machine(run: Run) -> None:
    page = (run.folder / "README.md").read_text(encoding="utf-8")
    assert str(run.folder.parent) not in page
    assert str(Path.cwd()) not in page


@pytest.mark.parametrize(("load", "warned"), [(0.1, False), (64.0, True), (None, False)])
def test_the_page_warns_of_a_machine_that_was_busy(run: Run, load: float | None, *, warned: bool) -> None:
    machine = replace(run.results.machine, cores=4, load=load)
    page = render_page(replace(run.results, machine=machine), "python -m scripts.benchmark")
    assert ("The machine was busy" in page) is warned


def test_without_the_tests_of_a_checkout_the_reactions_are_left_out_and_the_page_says_so(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tests.load.latency", None)
    assert measure_reactions(Predictor.load().bundle.path, SHORT) is None
    page = render_page(replace(run.results, reactions=None), "python -m scripts.benchmark")
    assert "Not measured: it needs the server in tests/." in page


def test_a_missing_package_is_one_sentence_that_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in sys.modules if name.startswith("scripts.benchmarks.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psutil", None)
    assert benchmark.main(["--json"]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err == "The benchmark needs the extra `dev` (psutil is missing): pip install -e '.[dev]'\n"


def test_a_folder_that_is_no_bundle_is_refused_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert benchmark.main(["--json", "--model", str(tmp_path)]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1
    assert "cannot be used" in output.err
