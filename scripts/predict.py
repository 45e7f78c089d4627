"""Predict the reaction to each line of standard input."""

import io
import json
import os
import sys
from collections.abc import Iterator, Sequence
from typing import Final

from model.bundle import BundleError
from model.predictor import Prediction, Predictor
from scripts.arguments import add_model, make_parser

_EXAMPLES = """examples:
  echo 'we won the finals!!!' | python -m scripts.predict
  python -m scripts.predict --json < messages.txt > reactions.jsonl
  python -m scripts.predict --model runs/mine

One message a line in, one line out, in the same order. With --json each line is an object:
  text, emoji (what the bot would add; null where it stays silent), candidates (five, best first)."""

_SEPARATORS: Final = str.maketrans({"\x85": r"\u0085", "\u2028": r"\u2028", "\u2029": r"\u2029"})


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = make_parser("predict", __doc__, _EXAMPLES)
    parser.add_argument("--json", action="store_true", help="print JSON objects")
    add_model(parser)
    arguments = parser.parse_args(argv)
    try:
        predictor = Predictor.load(arguments.model)
    except BundleError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    answer = _as_json if arguments.json else _as_line
    try:
        for text in _messages():
            print(answer(text, predictor.predict(text), predictor), flush=True)
    except BrokenPipeError:  # the reader has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        return 130
    return 0


def _messages() -> Iterator[str]:
    # Only a line feed ends a message: chat may hold the other line separators that Python's text files cut at.
    stream = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", errors="replace", newline="\n")
    for line in stream:
        yield line.removesuffix("\n").removesuffix("\r")


def _as_json(text: str, prediction: Prediction, predictor: Predictor) -> str:
    candidates = [{"emoji": c.emoji, "probability": round(c.probability, 6)} for c in prediction.candidates]
    answer = {"text": text, "emoji": prediction.emoji(predictor.threshold), "candidates": candidates}
    line = json.dumps(answer, ensure_ascii=False)
    return line.translate(_SEPARATORS)  # one line to readers that cut at these too


def _as_line(text: str, prediction: Prediction, predictor: Predictor) -> str:
    others = "  ".join(f"{c.emoji} {c.probability:.0%}" for c in prediction.candidates)
    return f"{prediction.emoji(predictor.threshold) or '·'}\t{text}\t({others}; sure {prediction.confidence:.0%})"


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    sys.exit(main())
