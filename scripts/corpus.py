"""Report what the corpus holds and whether it keeps its rules."""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from model.errors import ModelError
from model.labels import Label, load_labels
from model.training.annotations import load_annotations
from model.training.corpus import (
    Message,
    Summary,
    concatenated,
    load_keywords,
    load_messages,
    load_pair_messages,
    near_duplicates,
    summarise,
)
from scripts.arguments import make_parser

_EXAMPLES = """examples:
  python -m scripts.corpus
  python -m scripts.corpus --picture corpus.png
  python -m scripts.corpus --data mine/ --json

FOLDER holds labels.tsv, keywords.tsv, annotations/*/{train,test}.tsv, and in chat/ train/*.tsv, dev.tsv, test.tsv,
plain.tsv, pairs.tsv, pairs_dev.tsv, pairs_test.tsv, unreadable.tsv and unreadable_test.tsv.
Exits with 1 if a rule is broken, with 2 if a file is not readable."""

_SPLITS: Final = ("train", "dev", "test")


@dataclass(frozen=True, slots=True)
class Rules:
    """What a split must keep."""

    rows: int
    first: int
    distinct_words: int = 0


RULES: Final = {
    "train": Rules(rows=16_000, first=150, distinct_words=11_000),
    "dev": Rules(rows=1_000, first=8),
    "test": Rules(rows=1_000, first=8),
}
PAIRS: Final = {"pairs": 500, "pairs_dev": 100, "pairs_test": 100}
PLAIN: Final = 2_900
"""Short literal statements; the rules of length and of key words do not hold for them."""
UNREADABLE: Final = {"unreadable": 900, "unreadable_test": 200}
ANNOTATIONS: Final = {"train": 10_000, "test": 2_000}
_NO_REACTION: Final = (0.20, 0.30)
_MEDIAN_WORDS: Final = (8, 14)
_LONG: Final = 20
_SHORT: Final = 5
_SHARE: Final = 0.10
_KEYWORD_SHARE: Final = 1 / 3
_MOST_OPENINGS: Final = 12


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = make_parser("corpus", __doc__, _EXAMPLES)
    parser.add_argument("--data", type=Path, default=Path("data"), metavar="FOLDER", help="the corpus (default: data)")
    parser.add_argument("--picture", type=Path, metavar="PNG", help="draw the counts into this file")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args(argv)
    folder: Path = arguments.data
    try:
        labels = load_labels(folder / "labels.tsv")
        keywords = load_keywords(folder / "keywords.tsv")
        paths = {"train": folder / "chat" / "train", **{name: folder / "chat" / f"{name}.tsv" for name in _SPLITS[1:]}}
        splits = {name: load_messages(path, labels) for name, path in paths.items()}
        pairs = {name: load_pair_messages(folder / "chat" / f"{name}.tsv", labels) for name in PAIRS}
        plain = load_messages(folder / "chat" / "plain.tsv", labels)
        unreadable = {name: load_messages(folder / "chat" / f"{name}.tsv", labels) for name in UNREADABLE}
        judged = {
            split: sum(len(load_annotations(file, labels)) for file in folder.glob(f"annotations/*/{split}.tsv"))
            for split in ANNOTATIONS
        }
    except (ModelError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    summaries = {name: summarise(messages, labels, keywords) for name, messages in splits.items()}
    held_out = [*(splits[name] for name in _SPLITS[1:]), pairs["pairs_dev"], pairs["pairs_test"]]
    duplicates = [
        *near_duplicates(concatenated([*splits.values(), plain, *pairs.values()])),
        # Among training rows a log line may stand twice.
        *near_duplicates(concatenated([*held_out, *unreadable.values()])),
    ]
    breaches = [breach for name in _SPLITS for breach in find_breaches(name, summaries[name])]
    breaches += [
        f"{what} has {count} rows, {needed} are needed"
        for what, count, needed in (
            ("plain.tsv", len(plain), PLAIN),
            *((f"{name}.tsv", len(pairs[name]) // 2, PAIRS[name]) for name in PAIRS),
            *((f"{name}.tsv", len(unreadable[name]), UNREADABLE[name]) for name in UNREADABLE),
            *((f"annotations {split}", judged[split], ANNOTATIONS[split]) for split in ANNOTATIONS),
        )
        if count < needed
    ]
    breaches += [f"near-duplicates: {_place(first)} and {_place(second)}" for first, second in duplicates]
    if arguments.json:
        figures = {name: _figures(summary) for name, summary in summaries.items()}
        counts = {
            "plain": len(plain),
            "pairs": {name: len(rows) // 2 for name, rows in pairs.items()},
            "unreadable": {name: len(rows) for name, rows in unreadable.items()},
            "annotations": judged,
        }
        print(json.dumps({"splits": figures, **counts, "near_duplicates": len(duplicates), "breaches": breaches}))
    else:
        _print_tables(summaries, labels)
        print(f"\nplain statements: {len(plain)} in plain.tsv")
        print(f"minimal pairs: {', '.join(f'{len(rows) // 2} in {name}.tsv' for name, rows in pairs.items())}")
        print(f"unreadable lines: {', '.join(f'{len(rows)} in {name}.tsv' for name, rows in unreadable.items())}")
        print(f"annotations: {', '.join(f'{count} for {split}' for split, count in judged.items())}")
        print(f"\n{len(duplicates)} near-duplicates", *(f"BREACH: {breach}" for breach in breaches), sep="\n")
    if arguments.picture:
        try:
            from model.training.pictures import draw_corpus
        except ModuleNotFoundError as error:
            sys.stderr.write(f"The picture needs the extra `train` ({error.name} is missing): pip install '.[train]'\n")
            return 2
        draw_corpus(summaries, arguments.picture)
    return 1 if breaches else 0


def find_breaches(split: str, summary: Summary) -> Iterator[str]:
    """The rules that a split breaks, one sentence each."""
    rules = RULES[split]
    if summary.rows < rules.rows:
        yield f"{split} has {summary.rows} rows, {rules.rows} are needed"
    for name, count in summary.first.items():
        if count < rules.first:
            yield f"{split} has {name} first {count} times, {rules.first} are needed"
    if summary.distinct_words < rules.distinct_words:
        yield f"{split} has {summary.distinct_words} distinct words, {rules.distinct_words} are needed"
    silent = summary.without_reaction / summary.rows
    if not _NO_REACTION[0] <= silent <= _NO_REACTION[1]:
        yield f"{split} deserves no reaction in {silent:.1%}, which should be about a quarter"
    if not _MEDIAN_WORDS[0] <= summary.median_length <= _MEDIAN_WORDS[1]:
        yield f"{split} has a median length of {summary.median_length:g} words"
    for share, what in (
        (summary.share_longer(_LONG), f"over {_LONG}"),
        (summary.share_shorter(_SHORT), f"under {_SHORT}"),
    ):
        if share < _SHARE:
            yield f"{split} has {share:.1%} of its messages {what} words, {_SHARE:.0%} are needed"
    for name, share in summary.keyword_share.items():
        if split == "train" and share > _KEYWORD_SHARE:
            yield f"{split} has key words in {share:.0%} of the messages that {name} is first for"
    for opening, count in summary.openings:
        if count > _MOST_OPENINGS:
            yield f"{split} begins {count} messages with {opening!r}"


def _place(message: Message) -> str:
    return f"{message.path.name}:{message.line}"


def _figures(summary: Summary) -> dict[str, object]:
    return {
        "rows": summary.rows,
        "without_reaction": summary.without_reaction,
        "median_words": summary.median_length,
        "over_20_words": round(summary.share_longer(_LONG), 4),
        "under_5_words": round(summary.share_shorter(_SHORT), 4),
        "distinct_words": summary.distinct_words,
        "type_token_ratio": round(summary.distinct_words / max(summary.running_words, 1), 4),
        "fewest_first": min(summary.first.values()),
        "highest_keyword_share": round(max(summary.keyword_share.values(), default=0.0), 4),
        "commonest_opening": summary.openings[0] if summary.openings else None,
        "first": dict(summary.first),
    }


def _print_tables(summaries: dict[str, Summary], labels: Sequence[Label]) -> None:
    figures = {name: _figures(summary) for name, summary in summaries.items()}
    print(f"{'':24}" + "".join(f"{name:>10}" for name in _SPLITS))
    for key in figures["train"]:
        if key not in ("first", "commonest_opening"):
            print(f"{key:24}" + "".join(f"{figures[name][key]:>10}" for name in _SPLITS))
    print("\nfirst (anywhere) for each emoji")
    for label in labels:
        counts = (f"{summaries[name].first[label.name]} ({summaries[name].anywhere[label.name]})" for name in _SPLITS)
        share = summaries["train"].keyword_share.get(label.name, 0.0)
        print(f"{label.name:20}" + "".join(f"{count:>14}" for count in counts) + f"   key words {share:.0%}")


if __name__ == "__main__":
    sys.exit(main())
