"""An evaluation report in a folder: `report.json` with all numbers, the page `report.md`, and its pictures."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from model.training.baselines import AVERAGED, COMMONEST
from model.training.bootstrap import RESAMPLES, Estimate
from model.training.breakdown import SILENCE
from model.training.comparison import Comparison, Scores
from model.training.diagrams import draw_confusions, draw_precision_coverage, draw_reliability
from model.training.evaluate import MEASURES
from model.training.markdown import escape, table
from model.training.material import Split
from model.training.robustness import TOGETHER

PAGE_FILE: Final = "report.md"
NUMBERS_FILE: Final = "report.json"
RELIABILITY_FILE: Final = "reliability.png"
CURVES_FILE: Final = "precision_coverage.png"
CONFUSIONS_FILE: Final = "confusions.png"

_NOISE: Final[Mapping[str, str]] = {
    "case": "case: all in lower case, in capitals, or a capital for each word",
    "punctuation": "punctuation: removed, doubled, or added at the end",
    "elongation": "elongation: one vowel three to five times",
    "typo": "one typo: letters swapped, one left out or doubled, or the key beside it",
    TOGETHER: "all four together",
}
_THRESHOLDS: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_CONFUSIONS: Final = 15
"""Confusions in the table; the picture shows all."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """What makes the numbers again.

    Args:
        command: the command line.
        seed: of the resamples and the noise.
        split: which rows they are on.
        files: SHA-256 of each file of rows, by name.
        version: of the model's bundle.
    """

    command: str
    seed: int
    split: Split
    files: Mapping[str, str]
    version: str


def write_report(folder: Path, comparison: Comparison, provenance: Provenance) -> None:
    """Write the page, its pictures and the numbers into `folder`, which is made if it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = {**asdict(provenance), "resamples": RESAMPLES, **asdict(comparison)}
    (folder / NUMBERS_FILE).write_text(json.dumps(numbers, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    draw_reliability(comparison.reliability, comparison.thresholds[comparison.model], folder / RELIABILITY_FILE)
    draw_precision_coverage(comparison.curves, comparison.thresholds, folder / CURVES_FILE)
    names = [*(score.name for score in comparison.emoji), SILENCE]
    draw_confusions(comparison.confusions, names, folder / CONFUSIONS_FILE)
    (folder / PAGE_FILE).write_text(render_page(comparison, provenance), encoding="utf-8")


def render_page(comparison: Comparison, provenance: Provenance) -> str:
    """The page in Markdown, whose pictures lie beside it. Each section ends with the command and seed behind it."""
    sections = [
        _heading(comparison, provenance),
        _scores(comparison),
        _confidence(comparison),
        _emoji(comparison),
        _confusions(comparison),
        _mistakes(comparison),
        _annotated(comparison),
        _pairs(comparison),
        _noise(comparison),
        _unreadable(comparison),
        _emojify(comparison),
    ]
    source = f"By `{provenance.command}`, seed {provenance.seed}."
    return "\n\n".join("\n".join([*section, "", source]) for section in sections if section) + "\n"


def _heading(comparison: Comparison, provenance: Provenance) -> list[str]:
    threshold = comparison.thresholds[comparison.model]
    lines = [
        f"# Evaluation of `{comparison.model}` on the {provenance.split} rows",
        "",
        f"Bundle {provenance.version}, default threshold {threshold:g}. In brackets stand 95% intervals by the",
        f"percentile bootstrap (Efron and Tibshirani, 1993), rows drawn anew {RESAMPLES:,} times. A dash is a share of",
        "nothing.",
    ]
    if provenance.split == "dev":
        lines += [
            "",
            "Thresholds, and a bundle's epoch and calibration, were chosen on these very rows: the figures are",
            "optimistic.",
        ]
    absent = [name for name, there in _optional(comparison).items() if not there]
    if absent:
        lines += ["", f"Not measured, for want of material: {', '.join(absent)}."]
    files = [[f"`{name}`", f"`{digest}`"] for name, digest in provenance.files.items()]
    return [*lines, "", *table(["file", "SHA-256"], files)]


def _optional(comparison: Comparison) -> Mapping[str, Mapping[str, object]]:
    """What may be absent, in words."""
    return {
        "real messages": comparison.annotated,
        "minimal pairs": comparison.pairs,
        "noise": comparison.stability,
        "unreadable lines": comparison.unreadable,
        "the seed's task": comparison.emojify,
    }


def _scores(comparison: Comparison) -> list[str]:
    return [
        "## Scores",
        "",
        *_score_table(comparison.scores, comparison.thresholds),
        "",
        f"The confidence of `{COMMONEST}` and `{AVERAGED}` is the probability of their first emoji and was not",
        "fitted to mean 'it fits', so that their calibration error says little. Resampling makes the calibration error",
        "larger (all gaps count as positive): its interval tends to lie above the figure.",
    ]


def _confidence(comparison: Comparison) -> list[str]:
    curve = comparison.curves[comparison.model]
    rows = []
    for threshold in _THRESHOLDS:
        reached = sum(confidence >= threshold for confidence in curve.threshold)
        if reached:
            at = reached - 1
            rows.append([f"{threshold:g}", f"{curve.precision[at]:.3f}", f"{curve.coverage[at]:.3f}"])
    return [
        "## Confidence and threshold",
        "",
        f"![Share of messages whose first emoji fits, by confidence]({RELIABILITY_FILE})",
        "",
        f"![Precision against coverage over all thresholds]({CURVES_FILE})",
        "",
        "Each point of a curve is one threshold; the ringed one is what the reader reacts from. For",
        f"`{comparison.model}`, some of them:",
        "",
        *table(["threshold", "precision", "coverage"], rows),
    ]


def _emoji(comparison: Comparison) -> list[str]:
    rows = [
        [
            f"{one.emoji} {escape(one.name)}",
            str(one.first),
            _number(one.precision),
            str(one.best),
            _number(one.recall),
            _number(one.recall_at_3),
        ]
        for one in comparison.emoji
    ]
    return [
        "## Emoji by emoji",
        "",
        "Of the first emoji, whatever the confidence. Precision: of the messages where it came first, the share where",
        "it fits. Recall: of the messages whose best emoji it is, the share where it came first; at 3, where it was",
        "among the first three. Many of these are shares of a few messages.",
        "",
        *table(["emoji", "came first", "precision", "is best", "recall", "recall at 3"], rows),
    ]


def _confusions(comparison: Comparison) -> list[str]:
    emoji = {one.name: f"{one.emoji} {escape(one.name)}" for one in comparison.emoji}
    wrong = [one for one in comparison.confusions if one.best != one.answer and SILENCE not in (one.best, one.answer)]
    rows = [[emoji[one.best], emoji[one.answer], str(one.messages)] for one in wrong[:_CONFUSIONS]]
    return [
        "## Confusions",
        "",
        "At the default threshold. An answer that fits counts as the best emoji, so that all others are wrong.",
        "",
        f"![Share of each best emoji's messages by answer]({CONFUSIONS_FILE})",
        "",
        *table(["best emoji", "wrong answer", "messages"], rows),
    ]


def _mistakes(comparison: Comparison) -> list[str]:
    scores = comparison.scores[comparison.model]
    rows = [
        [escape(one.text), " ".join(one.fits) or "nothing", one.came, f"{one.confidence:.3f}"]
        for one in comparison.mistakes
    ]
    return [
        "## Worst mistakes",
        "",
        f"Of {scores.counts['reactions']} reactions {scores.wrong} do not fit, {_undeserved(scores)} of them on",
        f"messages that deserve none. The {len(rows)} most confident:",
        "",
        *table(["message", "fits", "came", "confidence"], rows),
    ]


def _annotated(comparison: Comparison) -> list[str]:
    if not comparison.annotated:
        return []
    lines = ["## Real messages", "", "Public messages with the judgement of annotators. Their text is not shown."]
    for source, scores in comparison.annotated.items():
        lines += ["", f"### {escape(source)}", "", *_score_table(scores, comparison.thresholds)]
    return lines


def _pairs(comparison: Comparison) -> list[str]:
    if not comparison.pairs:
        return []
    names = list(comparison.pairs)
    return [
        "## Minimal pairs",
        "",
        f"{comparison.pairs[names[0]].pairs} pairs of messages, a small edit apart, with different answers. A side is",
        "right if its first emoji fits and the model would react, or if no emoji fits and it stays silent. The softer",
        "figure asks of a side that deserves a reaction only that its first emoji fits.",
        "",
        *table(
            ["", *map(escape, names)],
            [
                ["both sides right", *(_estimate(comparison.pairs[name].both_right) for name in names)],
                ["the softer figure", *(_estimate(comparison.pairs[name].both_fit) for name in names)],
            ],
        ),
    ]


def _noise(comparison: Comparison) -> list[str]:
    if not comparison.stability:
        return []
    names, stability = list(comparison.stability), comparison.stability
    shown = stability[names[0]]
    rows = [
        [_NOISE[kind], str(shown.altered[kind]), *(_estimate(stability[name].kept[kind]) for name in names)]
        for kind in _NOISE
    ]
    mean = ["mean of the four, one at a time", "", *(_estimate(stability[name].mean) for name in names)]
    return [
        "## Noise",
        "",
        f"Of {shown.messages} messages that deserve a reaction, the share whose first emoji stays the same, whatever",
        "the confidence. Mentions, links, code and custom emoji are left alone. A message that cannot be altered",
        "counts as the same, and who always answers the same keeps everything.",
        "",
        *table(["noise", "altered", *map(escape, names)], [*rows[:-1], mean, rows[-1]]),
    ]


def _unreadable(comparison: Comparison) -> list[str]:
    if not comparison.unreadable:
        return []
    scores = list(comparison.unreadable.values())
    return [
        "## Unreadable lines",
        "",
        f"{scores[0].counts['neutral']} lines that nobody can read and that deserve no reaction.",
        "",
        *table(
            ["", *map(escape, comparison.unreadable)],
            [["silence", *(_estimate(one.measures["silence_on_neutral"]) for one in scores)]],
        ),
    ]


def _emojify(comparison: Comparison) -> list[str]:
    if not comparison.emojify:
        return []
    return [
        "## The seed's task",
        "",
        "Share of the messages whose label is the likeliest of the seed's five emoji, all others left aside. Only",
        "bundles have the probabilities for it.",
        "",
        *table(["", *map(escape, comparison.emojify)], [["accuracy", *map(_estimate, comparison.emojify.values())]]),
    ]


def _score_table(scores: Mapping[str, Scores], thresholds: Mapping[str, float]) -> list[str]:
    """A column for each reader, a row for each measure and count."""
    readers = list(scores.values())
    counts = readers[0].counts
    return [
        f"{counts['rows']} messages, {counts['deserving']} of them deserving a reaction.",
        "",
        *table(
            ["measure", *map(escape, scores)],
            [
                *([text, *(_estimate(one.measures[key]) for one in readers)] for key, text in MEASURES.items()),
                ["reactions", *(str(one.counts["reactions"]) for one in readers)],
                ["reactions that do not fit", *(str(one.wrong) for one in readers)],
                ["of these, on messages that deserve none", *(str(_undeserved(one)) for one in readers)],
                ["threshold", *(f"{thresholds[name]:g}" for name in scores)],
            ],
        ),
    ]


def _undeserved(scores: Scores) -> int:
    return scores.counts["reactions"] - scores.counts["reactions_on_deserving"]


def _estimate(estimate: Estimate) -> str:
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return "-"
    return f"{estimate.value:.3f} ({estimate.low:.3f} to {estimate.high:.3f})"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
