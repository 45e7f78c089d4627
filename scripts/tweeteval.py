"""Train the default bundle's network on TweetEval's emoji task alone and score it on the test tweets."""

import json
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from model.errors import ModelError
from scripts.arguments import make_parser

_EXAMPLES = """examples:
  python -m scripts.fetch_data && python -m scripts.tweeteval --public data/public --out runs/tweeteval

The last line printed is one JSON object: macro-averaged F1 in percent, with a 95% bootstrap interval."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = make_parser("tweeteval", __doc__, _EXAMPLES)
    parser.add_argument("--public", type=Path, required=True, metavar="DIR", help="public data (scripts.fetch_data)")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoints and the result")
    parser.add_argument("--seed", type=int, default=0, help="of weights, order and dropout (default: 0)")
    arguments = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before TensorFlow is imported
    try:
        from model.training.presets import PRESETS
        from model.training.tweeteval import train_tweeteval
    except ModuleNotFoundError as error:
        sys.stderr.write(f"This needs the extra `train` ({error.name} is missing): pip install -e '.[train]'\n")
        return 2
    try:
        arguments.out.mkdir(parents=True, exist_ok=True)
        result = train_tweeteval(
            arguments.public, PRESETS["chat"].network, arguments.out,
            seed=arguments.seed, show_progress=sys.stderr.isatty(),
        )  # fmt: skip
        line = json.dumps(result)
        (arguments.out / "tweeteval.json").write_text(line + "\n", encoding="utf-8")
    except (ModelError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
