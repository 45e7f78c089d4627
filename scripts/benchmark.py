"""Measure speed and memory, everything in one run, so that the ratios hold whatever the machine."""

import argparse
import json
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from model.bundle import PRETRAINED, BundleError
from model.predictor import Predictor
from scripts.arguments import add_model, make_parser
from scripts.benchmarks.plan import FULL, QUICK

_EXAMPLES = """examples:
  python -m scripts.benchmark
  python -m scripts.benchmark --quick --json --model runs/mine
  python -m scripts.benchmark --report docs/benchmark

On two idle cores a run takes about five minutes, a quick one about 40 seconds. Needs the extra `dev`. The time from a
message to its reaction is measured in a checkout only: the server stands in tests/."""

# Everything on one thread, as the bot's session is; TensorFlow looks when it is first used.
_ENVIRONMENT = {"TF_CPP_MIN_LOG_LEVEL": "2", "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    arguments = _parse(argv)
    for name, setting in _ENVIRONMENT.items():
        os.environ.setdefault(name, setting)
    try:
        from scripts.benchmarks.figures import figures, figures_with_spread
        from scripts.benchmarks.page import write_report
        from scripts.benchmarks.start import ProcessError
        from scripts.benchmarks.suite import measure
    except ModuleNotFoundError as error:
        sys.stderr.write(f"The benchmark needs the extra `dev` ({error.name} is missing): pip install -e '.[dev]'\n")
        return 2
    plan = QUICK if arguments.quick else FULL
    try:
        results = measure(Predictor.load(arguments.model), plan, show_progress=sys.stderr.isatty())
        if arguments.report:
            write_report(arguments.report, results, _shown_command(arguments))
    except (BundleError, ProcessError, OSError) as error:
        sys.stderr.write(f"{str(error) or type(error).__name__}\n")
        return 2
    if results.machine.busy:
        sys.stderr.write("The machine was busy with other work: what takes long looks longer than it is.\n")
    if results.reactions is None:
        sys.stderr.write("Message to reaction was not measured: its server stands in tests/, which is not here.\n")
    if arguments.json:
        print(json.dumps(figures_with_spread(results)))
    else:
        for name, value in figures(results).items():
            print(f"{name:40} {value:,.6g}")
    return 0


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = make_parser("benchmark", __doc__, _EXAMPLES)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="fewer repeats, and 20,000 predictions for 1,000,000")
    parser.add_argument("--report", type=Path, metavar="DIR", help="also write a page with a picture into this folder")
    add_model(parser)
    return parser.parse_args(argv)


def _shown_command(arguments: argparse.Namespace) -> str:
    """The command line of a report. A folder elsewhere is named by its last part: a page is for others."""
    words = ["python", "-m", "scripts.benchmark"]
    if arguments.quick:
        words.append("--quick")
    if arguments.model != PRETRAINED:
        words += ["--model", _shown(arguments.model)]
    return shlex.join([*words, "--report", _shown(arguments.report)])


def _shown(path: Path) -> str:
    here = Path.cwd()
    return path.resolve().relative_to(here).as_posix() if path.resolve().is_relative_to(here) else path.name


if __name__ == "__main__":
    sys.exit(main())
