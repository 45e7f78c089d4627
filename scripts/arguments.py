"""What all command lines share."""

import argparse
from pathlib import Path

from model.bundle import PRETRAINED


def make_parser(name: str, description: str | None, examples: str) -> argparse.ArgumentParser:
    """A parser for `python -m scripts.NAME` that shows `examples` below its help."""
    return argparse.ArgumentParser(
        prog=f"python -m scripts.{name}",
        description=description,
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add `--model DIR`, the bundle to use."""
    parser.add_argument(
        "--model", type=Path, default=PRETRAINED, metavar="DIR", help="bundle (default: the shipped one)"
    )
