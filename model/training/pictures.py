"""Pictures: how a training went, what a corpus holds, what more rows would bring."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from model.training.corpus import Summary

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
