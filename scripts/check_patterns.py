"""Tries every regular expression of the project on texts that would take a bad one far too long."""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from scripts.fuzzing.patterns import SlowPatternError, check_linear, find_patterns

PACKAGES = ("bot", "model", "scripts")
_ROOT = Path(__file__).parents[1]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status: 1 where a pattern takes more than linear time."""
    parser = argparse.ArgumentParser(prog="python -m scripts.check_patterns", description=__doc__)
    parser.parse_args(argv)
    status = 0
    for found in find_patterns(_ROOT, PACKAGES):
        started = time.monotonic()
        where = f"{found.path.relative_to(_ROOT)}:{found.line}"
        try:
            count = check_linear(found.pattern, found.methods)
            print(f"{where:40} linear: {count} texts in {time.monotonic() - started:.1f} s", flush=True)
        except SlowPatternError as error:
            print(f"{where:40} {error}", flush=True)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
