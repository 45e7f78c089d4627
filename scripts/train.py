"""Train a model and save it as a bundle."""

import importlib
import json
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from model.errors import ModelError
from scripts.arguments import make_parser

_EXAMPLES = """examples:
  python -m scripts.train --preset chat --out runs/chat
  python -m scripts.fetch_data && python -m scripts.train --public data/public --out runs/distilled
  python -m scripts.train --preset chat --data mine/ --dev mine-dev.tsv --out runs/mine --resume
  python -m scripts.train --preset emojify --data train.csv --test test.csv --out runs/emojify --seed 1

OUT is then a bundle: set MODEL_DIR=OUT for the bot, or --model OUT for scripts.predict.
Checkpoints, training curves and the confusion picture are in OUT/run.
The last line printed is one JSON object with the scores."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = make_parser("train", __doc__, _EXAMPLES)
    parser.add_argument(
        "--preset", choices=["chat", "emojify", "frozen"], default="chat", help="what to train (default: chat)"
    )
    parser.add_argument(
        "--data",
        type=Path,
        nargs="+",
        help="training rows: files, or folders of .tsv (default: the corpus)",
    )
    parser.add_argument("--dev", type=Path, help="development rows, for early stopping and calibration (chat)")
    parser.add_argument("--test", type=Path, help="test rows, scored once at the end")
    parser.add_argument(
        "--public",
        type=Path,
        metavar="DIR",
        help="also learn from a teacher that labels the public data in DIR (scripts.fetch_data; preset chat)",
    )
    parser.add_argument("--out", type=Path, required=True, help="folder that becomes the bundle")
    parser.add_argument("--seed", type=int, default=0, help="of weights, order and dropout (default: 0)")
    parser.add_argument("--resume", action="store_true", help="continue from the checkpoint in OUT/run")
    arguments = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before TensorFlow is imported
    try:
        from model.training.presets import PRESETS
        from model.training.run import DATA, Sources, default_training, train

        preset = PRESETS[arguments.preset]
        if arguments.public is not None and preset.distil is None:
            parser.error(f"the preset {arguments.preset} does not learn from public data: leave --public out")
        if arguments.public is not None:
            importlib.import_module("model.training.distill")
    except ModuleNotFoundError as error:
        extra = "train" if arguments.public is None else "distill"
        sys.stderr.write(f"This needs the extra `{extra}` ({error.name} is missing): pip install -e '.[{extra}]'\n")
        return 2
    corpus = DATA / "chat"
    dev = arguments.dev or (corpus / "dev.tsv" if preset.fit.patience is not None else None)
    sources = Sources(arguments.data or default_training(preset), dev, arguments.test, public=arguments.public)
    try:
        summary = train(
            arguments.preset, preset, sources, arguments.out, seed=arguments.seed, resume=arguments.resume,
            show_progress=sys.stderr.isatty(),
        )  # fmt: skip
    except (ModelError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("Stopped. The same command with --resume goes on from the last checkpoint.\n")
        return 130
    print(json.dumps(summary, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
