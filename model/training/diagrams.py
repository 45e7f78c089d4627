"""Pictures of an evaluation: how far to trust the confidence, what a threshold costs, what is taken for what."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import matplotlib as mpl
import numpy as np
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from model.training.breakdown import Bin, Confusion, Curve

_COLOURS: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
"""Told apart by the colour-blind too (Wong, 2011, "Points of View: Color Blindness")."""


def draw_reliability(bins: Sequence[Bin], threshold: float, path: Path) -> None:
    """Draw, for each bin of confidence, how often the first emoji fits, and how many rows there are, into a PNG."""
    figure = Figure(figsize=(6.5, 7), layout="constrained")
    upper, lower = figure.subplots(2, 1, height_ratios=(3, 1), sharex=True)
    upper.plot([0, 1], [0, 1], color="grey", linestyle="--", linewidth=1, label="as it should be")
    confidences = [one.confidence for one in bins]
    shares, lows, highs = np.array([[one.fits.value, one.fits.low, one.fits.high] for one in bins], dtype=float).T
    upper.vlines(confidences, lows, highs, color=_COLOURS[0])
    upper.plot(confidences, shares, color=_COLOURS[0], marker="o", label="measured, with 95% intervals")
    upper.set(ylabel="share whose first emoji fits", ylim=(-0.02, 1.02), title="Is the confidence right?")
    widths = [one.high - one.low for one in bins]
    bars = lower.bar(
        [one.low for one in bins], [one.messages for one in bins], widths,
        align="edge", color="#9ecae1", edgecolor="white",
    )  # fmt: skip
    lower.bar_label(bars, fontsize=8)
    lower.margins(y=0.2)
    lower.set(xlabel="confidence that the first emoji fits", ylabel="messages", xlim=(0, 1))
    for axes in (upper, lower):
        axes.axvline(threshold, color="black", linestyle=":", linewidth=1, label=f"default threshold {threshold:g}")
        axes.grid(alpha=0.3)
    upper.legend(loc="upper left")
    figure.savefig(path, dpi=120)


def draw_precision_coverage(curves: Mapping[str, Curve], thresholds: Mapping[str, float], path: Path) -> None:
    """Draw precision against coverage over all thresholds, each reader's own threshold marked, into a PNG."""
    figure = Figure(figsize=(7.5, 5.5), layout="constrained")
    axes = figure.subplots()
    for number, (name, curve) in enumerate(curves.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        axes.plot(
            curve.coverage, curve.precision, color=colour, linewidth=1.8 if number else 2.6,
            marker="." if len(curve.threshold) == 1 else None, label=name, zorder=2 if number else 3,
        )  # fmt: skip
        chosen = [point for point, threshold in enumerate(curve.threshold) if threshold >= thresholds[name]]
        if chosen:
            at = chosen[-1]
            axes.plot(
                curve.coverage[at], curve.precision[at], color=colour, marker="o", markersize=9,
                markeredgecolor="black", linestyle="", zorder=4 if number else 5,
            )  # fmt: skip
    axes.plot(
        [], [], color="white", marker="o", markersize=9, markeredgecolor="black", linestyle="", label="its threshold"
    )
    axes.set(
        title="What a threshold costs", xlim=(0, 1.02), ylim=(0, 1.02),
        xlabel="coverage: share of the deserving messages that get a reaction",
        ylabel="precision: share of the reactions that fit",
    )  # fmt: skip
    axes.grid(alpha=0.3)
    axes.legend(loc="lower left")
    figure.savefig(path, dpi=120)


def draw_confusions(counts: Sequence[Confusion], names: Sequence[str], path: Path) -> None:
    """Draw which answers (columns) messages with each best emoji (rows) got, as shares of the row, into a PNG.

    Args:
        counts: what is taken for what.
        names: of the answers, in the order of rows and columns. They are written by name: few fonts hold emoji.
        path: the picture.
    """
    index = {name: i for i, name in enumerate(names)}
    shares = np.zeros((len(names), len(names)))
    for one in counts:
        shares[index[one.best], index[one.answer]] = one.messages
    shares /= np.maximum(shares.sum(axis=1, keepdims=True), 1)
    side = max(6.0, 0.24 * len(names))
    figure = Figure(figsize=(side, side), layout="constrained")
    axes = figure.subplots()
    # The square root lifts the single mistakes off the paper.
    image = axes.imshow(shares, cmap=mpl.colormaps["Blues"], norm=PowerNorm(0.5, vmin=0, vmax=1))
    figure.colorbar(image, ax=axes, shrink=0.4, pad=0.01, label="share of the row")
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=8)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.set_xticks(np.arange(len(names) + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(names) + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="#e8e8e8", linewidth=0.5)
    axes.tick_params(which="minor", length=0)
    axes.set(xlabel="answer (a fitting one counts as the best)", ylabel="best emoji", title="What is taken for what")
    figure.savefig(path, dpi=110)
