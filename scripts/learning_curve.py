"""Train the chat preset on ever more rows, and draw how the scores on the development rows grow."""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from model.errors import ModelError
from scripts.arguments import make_parser

_EXAMPLES = """examples:
  python -m scripts.learning_curve --out runs/curve
  python -m scripts.learning_curve --rows 500 1000 --data mine/ --dev mine-dev.tsv --out runs/mine-curve

Each size is trained into OUT/rows_N; OUT/learning_curve.png and .json hold the result."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = make_parser("learning_curve", __doc__, _EXAMPLES)
    parser.add_argument("--rows", type=int, nargs="+", default=[2000, 4000, 8000, 16000], help="sizes to train on")
    parser.add_argument("--data", type=Path, nargs="+", help="training rows (default: the corpus)")
    parser.add_argument("--dev", type=Path, help="development rows (default: those of the corpus)")
    parser.add_argument("--out", type=Path, required=True, help="folder for the runs and the picture")
    parser.add_argument("--seed", type=int, default=0, help="of the choice of rows and of each training (default: 0)")
    arguments = parser.parse_args(argv)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before TensorFlow is imported
    try:
        from model.training.pictures import draw_learning_curve
        from model.training.presets import PRESETS
        from model.training.run import DATA, Sources, train
    except ModuleNotFoundError as error:
        sys.stderr.write(f"Training needs the extra `train` ({error.name} is missing): pip install -e '.[train]'\n")
        return 2
    data = arguments.data or [DATA / "chat" / "train"]
    dev = arguments.dev or DATA / "chat" / "dev.tsv"
    scores = {}
    try:
        for rows in sorted(arguments.rows):
            sources = Sources(data, dev, rows=rows)
            out = arguments.out / f"rows_{rows}"
            summary = train(
                "chat", PRESETS["chat"], sources, out, seed=arguments.seed, show_progress=sys.stderr.isatty()
            )
            scores[rows] = summary["dev"]
            print(f"{rows:>7} rows: acceptable_at_1 {summary['dev']['acceptable_at_1']:.3f}", flush=True)
    except (ModelError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    (arguments.out / "learning_curve.json").write_text(json.dumps(scores, indent=1) + "\n", encoding="utf-8")
    draw_learning_curve(scores, arguments.out / "learning_curve.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
