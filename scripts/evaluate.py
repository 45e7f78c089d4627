"""Score a bundle on labelled messages, or write a report about it."""

import argparse
import json
import logging
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from model.bundle import LABELS_FILE, PRETRAINED
from model.errors import ModelError
from model.labels import Label, load_labels
from model.predictor import Floats, Predictor
from model.training.baselines import AVERAGED, COMMONEST, Labelled, fit_baselines, threshold_on
from model.training.comparison import NamedReader, compare
from model.training.datasets import Example, load_task
from model.training.evaluate import Reader, evaluate, right_among
from model.training.material import load_material, load_training
from scripts.arguments import add_model, make_parser

_EXAMPLES = """examples:
  python -m scripts.evaluate --data data/chat/dev.tsv
  python -m scripts.evaluate --data mine.tsv --model runs/mine --json
  python -m scripts.evaluate --data test.csv --among "❤️ ⚾ 😄 😞 🍴"
  python -m scripts.evaluate --report runs/report --beside frozen=runs/frozen --emojify test.csv

FILE is a corpus file (header text<TAB>emoji), a folder of them, or a seed CSV (text,label).
A report is the page report.md with its pictures, and report.json with all its numbers."""

_TEACHER = "teacher"


class MissingExtraError(ModelError):
    """What was asked for needs packages that are not installed. Carries the name of the `extra` that brings them."""

    def __init__(self, what: str, extra: str, missing: str | None) -> None:
        super().__init__(f"{what} needs the extra `{extra}` ({missing} is missing): pip install -e '.[{extra}]'")
        self.extra = extra


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    arguments = _parse(argv)
    try:
        predictor = Predictor.load(arguments.model)
        bundle = predictor.bundle
        threshold = predictor.threshold if arguments.threshold is None else arguments.threshold
        if arguments.report:
            examples = _write_report(arguments, predictor, threshold)
        else:
            known = load_labels(PRETRAINED / LABELS_FILE)
            examples = load_task(arguments.data, bundle.labels, known, bundle.config.no_reaction)
        right = right_among(predictor, examples, arguments.among) if arguments.among else None
    except (ModelError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    scores = evaluate(examples, predictor.predict_batch([example.text for example in examples]), threshold)
    if right is not None:
        scores["accuracy_among"] = float(right.mean()) if len(right) else None
        scores["counts"]["among"] = len(right)
    if arguments.json:
        print(json.dumps(scores))
        return 0
    for name, value in scores.items():
        if isinstance(value, dict):
            print(f"{name:20} " + ", ".join(f"{key} {count}" for key, count in value.items()))
        else:
            print(f"{name:20} {'-' if value is None else f'{value:.3f}'}")
    return 0


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = make_parser("evaluate", __doc__, _EXAMPLES)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--data", type=Path, metavar="FILE", help="labelled messages")
    what.add_argument("--report", type=Path, metavar="DIR", help="folder for a report on the rows of --split")
    add_model(parser)
    parser.add_argument("--threshold", type=_share, help="confidence, 0 to 1, to react from (default: the bundle's)")
    parser.add_argument(
        "--among",
        type=_emoji,
        metavar="EMOJI",
        help="also score how often, where one of these is the best emoji, it is the likeliest of these",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    report = parser.add_argument_group("with --report, which needs the extra `train`")
    report.add_argument(
        "--split",
        choices=["dev", "test"],
        default="dev",
        help="rows of the corpus (default: dev). test is for a final evaluation only: whoever looks at its figures and"
        " then changes the model has no held-out rows left",
    )
    report.add_argument(
        "--corpus", type=Path, default=Path("data"), metavar="FOLDER", help="the corpus (default: data)"
    )
    report.add_argument(
        "--public", type=Path, metavar="FOLDER", help="files of scripts.fetch_data: score annotated real messages too"
    )
    report.add_argument(
        "--beside",
        type=_named_folder,
        action="append",
        default=[],
        metavar="NAME=DIR",
        help="another bundle to show beside the model; may be repeated",
    )
    report.add_argument(
        "--teacher",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a teacher to show beside it (extra `distill`); where repeated, they are averaged",
    )
    report.add_argument("--emojify", type=Path, metavar="CSV", help="rows of the seed's task, to score too")
    report.add_argument("--seed", type=_seed, default=0, help="of resamples and noise (default: 0)")
    arguments = parser.parse_args(argv)
    names = [_name(arguments.model), COMMONEST, AVERAGED, _TEACHER, *(name for name, _ in arguments.beside)]
    if arguments.report and len(set(names)) < len(names):
        parser.error(f"these names must differ: {', '.join(names)}")
    return arguments


def _write_report(arguments: argparse.Namespace, predictor: Predictor, threshold: float) -> list[Example]:
    """Write the report; returns the rows of the corpus that it is about."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before TensorFlow is imported
    try:
        from model.training.presets import PRESETS
        from model.training.report import Provenance, write_report
    except ModuleNotFoundError as error:
        raise MissingExtraError("A report", "train", error.name) from error
    bundle, corpus = predictor.bundle, arguments.corpus
    material = load_material(corpus, arguments.split, bundle, public=arguments.public, emojify=arguments.emojify)
    dev = material.rows if arguments.split == "dev" else load_material(corpus, "dev", bundle).rows
    preset = PRESETS.get(str(bundle.config.training.get("preset")), PRESETS["chat"])
    readers = [NamedReader(_name(arguments.model), predictor, threshold)]
    for name, folder in arguments.beside:
        other = Predictor.load(folder)
        readers.append(NamedReader(name, other, other.threshold))
    others = fit_baselines(
        load_training(corpus, bundle),
        dev,
        bundle.labels,
        no_reaction=bundle.config.no_reaction,
        vocabulary_size=preset.vocabulary_size,
    )
    if arguments.teacher:
        others[_TEACHER] = _load_teachers(arguments.teacher, bundle.labels)
    for name, reader in others.items():
        readers.append(NamedReader(name, reader, threshold_on(reader, dev, preset.target_precision)))
    provenance = Provenance(_shown_command(arguments), arguments.seed, arguments.split, material.files, bundle.version)
    write_report(arguments.report, compare(readers, material, bundle.labels, arguments.seed), provenance)
    return list(material.rows)


def _load_teachers(paths: Sequence[Path], labels: Sequence[Label]) -> Reader:
    try:
        from model.training.distill import Teacher
    except ModuleNotFoundError as error:
        raise MissingExtraError("A teacher", "distill", error.name) from error
    teachers = [Teacher.load(path) for path in paths]

    def probabilities(texts: Sequence[str]) -> Floats:
        return np.asarray(np.mean([teacher.probabilities(texts) for teacher in teachers], axis=0))

    return Labelled(probabilities, labels)


def _shown_command(arguments: argparse.Namespace) -> str:
    """The command line of a report. Of places outside the current folder only the last part: a page is for others."""
    options: list[tuple[str, object]] = [
        ("--report", arguments.report),
        ("--split", arguments.split),
        ("--model", arguments.model),
        ("--threshold", arguments.threshold),
        ("--corpus", arguments.corpus),
        ("--public", arguments.public),
        *(("--beside", f"{name}={_shown(folder)}") for name, folder in arguments.beside),
        *(("--teacher", path) for path in arguments.teacher),
        ("--emojify", arguments.emojify),
        ("--seed", arguments.seed),
    ]
    words = ["python", "-m", "scripts.evaluate"]
    for option, value in options:
        if value is not None:
            words += [option, _shown(value) if isinstance(value, Path) else str(value)]
    return shlex.join(words)


def _shown(path: Path) -> str:
    here = Path.cwd()
    return path.resolve().relative_to(here).as_posix() if path.resolve().is_relative_to(here) else path.name


def _name(folder: Path) -> str:
    return folder.resolve().name


def _named_folder(text: str) -> tuple[str, Path]:
    name, sign, folder = text.partition("=")
    if not (name and sign and folder):
        raise argparse.ArgumentTypeError(f"{text} is not NAME=DIR")
    return name, Path(folder)


def _emoji(text: str) -> list[str]:
    if not text.split():
        raise argparse.ArgumentTypeError("there is no emoji")
    return text.split()


def _seed(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} is below 0")
    return value


def _share(text: str) -> float:
    value = float(text)
    if not 0.0 <= value <= 1.0:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value


if __name__ == "__main__":
    sys.exit(main())
