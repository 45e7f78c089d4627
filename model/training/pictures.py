"""Pictures: how a training went, what is taken for what, what a corpus holds."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from model.labels import Label, bare
from model.predictor import Prediction
from model.training.corpus import Summary
from model.training.datasets import Example

if TYPE_CHECKING:  # fit imports TensorFlow, and a picture of a corpus needs none
    from model.training.fit import Progress


def draw_curves(progress: "Progress", path: Path) -> None:
    """Draw every recorded figure over the epochs, the loss apart, into a PNG."""
    names = [name for name in progress.history[0] if not name.endswith("loss")]
    losses = [name for name in progress.history[0] if name.endswith("loss")]
    figure = Figure(figsize=(10, 4), layout="constrained")
    for axes, group, title in zip(figure.subplots(1, 2), (losses, names), ("cross-entropy", "scores"), strict=True):
        for name in group:
            axes.plot(range(1, len(progress.history) + 1), [row[name] for row in progress.history], label=name)
        if progress.best_epoch:
            axes.axvline(progress.best_epoch, color="grey", linestyle=":", label="kept epoch")
        axes.set(title=title, xlabel="epoch")
        axes.grid(alpha=0.3)
        axes.legend()
    figure.savefig(path, dpi=120)


def draw_confusion(
    examples: Sequence[Example],
    predictions: Sequence[Prediction],
    labels: Sequence[Label],
    threshold: float,
    path: Path,
) -> None:
    """Draw which answer (column) messages with each best emoji (row) got, as shares of the row, into a PNG.

    An answer that fits counts as the row's best emoji, so that what lies off the diagonal is wrong. The last row and
    column are 'no reaction'. Labels are written by name: few fonts hold emoji.
    """
    index = {bare(label.emoji): i for i, label in enumerate(labels)}
    silence = len(labels)
    counts = np.zeros((silence + 1, silence + 1))
    for example, prediction in zip(examples, predictions, strict=True):
        answer = prediction.emoji(threshold)
        fitting = [bare(emoji) for emoji in example.emoji]
        row = index.get(fitting[0], silence) if fitting else silence
        counts[row, silence if answer is None else row if bare(answer) in fitting else index[bare(answer)]] += 1
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    names = [*(label.name for label in labels), "(none)"]
    side = max(5.0, 0.24 * len(names))
    figure = Figure(figsize=(side, side), layout="constrained")
    axes = figure.subplots()
    axes.imshow(shares, cmap=mpl.colormaps["magma"], vmin=0, vmax=1)
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=7)
    axes.set_yticks(range(len(names)), names, fontsize=7)
    axes.set(xlabel="answer (a fitting one counts as the best)", ylabel="best emoji")
    figure.savefig(path, dpi=120)


def draw_corpus(summaries: Mapping[str, Summary], path: Path) -> None:
    """Draw how often each emoji is first and anywhere in training, and the lengths in all splits, into a PNG."""
    train = summaries["train"]
    figure = Figure(figsize=(10, 13), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(2, 1))
    names = sorted(train.anywhere, key=train.anywhere.__getitem__)
    left.barh(names, [train.anywhere[name] for name in names], color="#99aab5", label="anywhere")
    left.barh(names, [train.first[name] for name in names], color="#f4900c", label="first")
    left.tick_params(axis="y", labelsize=7)
    left.margins(y=0.01)
    left.set(title="emoji of the training messages", xlabel="messages")
    left.legend(loc="lower right")
    for name, summary in summaries.items():
        weights = np.full(summary.rows, 1 / summary.rows)
        right.hist(summary.lengths, bins=range(0, 50, 2), weights=weights, histtype="step", label=name)
    right.set(title="lengths", xlabel="words", ylabel="share of messages")
    right.legend()
    figure.savefig(path, dpi=110)


def draw_learning_curve(scores: Mapping[int, Mapping[str, float]], path: Path) -> None:
    """Draw scores by the number of training rows, on a logarithmic axis, into a PNG."""
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    sizes = sorted(scores)
    for name in ("acceptable_at_1", "best_in_top_3", "silence_on_neutral"):
        axes.plot(sizes, [scores[size][name] for size in sizes], marker="o", label=name)
    axes.set_xscale("log", base=2)
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.set(xlabel="training rows", ylabel="share of development rows", ylim=(0, 1))
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=120)
