"""Score a bundle on labelled messages."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from model.bundle import LABELS_FILE, PRETRAINED
from model.errors import ModelError
from model.labels import load_labels
from model.predictor import Predictor
from model.training.datasets import load_task
from model.training.evaluate import evaluate
from scripts.arguments import add_model, make_parser

_EXAMPLES = """examples:
  python -m scripts.evaluate --data data/chat/dev.tsv
  python -m scripts.evaluate --data mine.tsv --model runs/mine --json

FILE is a corpus file (header text<TAB>emoji), a folder of them, or a seed CSV (text,label)."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = make_parser("evaluate", __doc__, _EXAMPLES)
    parser.add_argument("--data", type=Path, required=True, metavar="FILE", help="labelled messages")
    add_model(parser)
    parser.add_argument("--threshold", type=_share, help="confidence, 0 to 1, to react from (default: the bundle's)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args(argv)
    try:
        predictor = Predictor.load(arguments.model)
        bundle = predictor.bundle
        known = load_labels(PRETRAINED / LABELS_FILE)
        examples = load_task(arguments.data, bundle.labels, known, bundle.config.no_reaction)
    except ModelError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    predictions = predictor.predict_batch([example.text for example in examples])
    threshold = predictor.threshold if arguments.threshold is None else arguments.threshold
    scores = evaluate(examples, predictions, threshold)
    if arguments.json:
        print(json.dumps(scores))
        return 0
    for name, value in scores.items():
        if isinstance(value, dict):
            print(f"{name:20} " + ", ".join(f"{key} {count}" for key, count in value.items()))
        else:
            print(f"{name:20} {'-' if value is None else f'{value:.3f}'}")
    return 0


def _share(text: str) -> float:
    value = float(text)
    if not 0.0 <= value <= 1.0:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value


if __name__ == "__main__":
    sys.exit(main())
