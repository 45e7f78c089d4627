"""The results of a benchmark in one picture."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from scripts.benchmarks.callers import BATCH
from scripts.benchmarks.one_message import BARE, OURS
from scripts.benchmarks.samples import Spread
from scripts.benchmarks.suite import Results

_BLUE: Final = "#0072b2"
_ORANGE: Final = "#d55e00"
_GREY: Final = "#99aab5"
"""Told apart by the colour-blind too (Wong, 2011, "Points of View: Color Blindness")."""


def draw_results(results: Results, path: Path) -> None:
    """Draw a panel for each benchmark into a PNG; medians, with a line from the 5th to the 95th percentile."""
    figure = Figure(figsize=(13, 17), layout="constrained")
    panels = figure.subplots(4, 2)
    _draw_rivals(panels[0, 0], results)
    _draw_stages(panels[0, 1], results)
    _draw_batches(panels[1, 0], results)
    _draw_callers(panels[1, 1], results)
    _draw_lengths(panels[2, 0], results)
    _draw_arithmetic(panels[2, 1], results)
    _draw_start(panels[3, 0], results)
    _draw_endurance(panels[3, 1], results)
    figure.savefig(path, dpi=90)


def _draw_rivals(axes: Any, results: Results) -> None:
    rivals = results.one_message
    values = {name: rival.milliseconds for name, rival in rivals.items()}
    bars = _bars(axes, values, {OURS: _ORANGE, BARE: _GREY})
    labels = [f"{rival.milliseconds.median:.3g} ms, {rival.times_ours.median:.3g}x" for rival in rivals.values()]
    axes.bar_label(bars, labels, padding=8, fontsize=8)
    axes.set_xscale("log")
    axes.set_xlim(right=8 * max(one.high for one in values.values()))
    axes.set(title="one message of ten words, text to answer", xlabel="milliseconds")


def _draw_stages(axes: Any, results: Results) -> None:
    bars = _bars(axes, results.stages, {})
    axes.bar_label(bars, [f"{one.median:.1f}" for one in results.stages.values()], padding=8, fontsize=8)
    axes.margins(x=0.15)
    axes.set(title="where its time goes", xlabel="microseconds")


def _draw_batches(axes: Any, results: Results) -> None:
    batches = results.batches
    _line(axes, list(batches), [rate.session for rate in batches.values()], _GREY, BARE)
    _line(axes, list(batches), [rate.predictor for rate in batches.values()], _ORANGE, "text to answer")
    axes.set_xscale("log", base=2)
    axes.set_xticks(list(batches), list(map(str, batches)))
    _finish(axes, "batches", "messages in a batch", "messages a second")


def _draw_callers(axes: Any, results: Results) -> None:
    callers = results.callers
    _line(axes, list(callers), [one.messages_per_s for one in callers.values()], _ORANGE, "through the service")
    session = results.batches[BATCH].session
    axes.axhline(session.median, color=_GREY, label=f"{BARE}, batch {BATCH}")
    axes.set_xscale("log")
    axes.set_xticks(list(callers), [f"{number:,}" for number in callers])
    for number, one in callers.items():
        axes.annotate(
            f"{one.share.median:.0%}", (number, one.messages_per_s.median), (0, 6), textcoords="offset points",
            ha="center", fontsize=8,
        )  # fmt: skip
    _finish(axes, "many callers at once", "callers", "messages a second")


def _draw_lengths(axes: Any, results: Results) -> None:
    lengths = results.lengths
    _line(axes, list(lengths), [one.prose for one in lengths.values()], _BLUE, "prose")
    _line(axes, list(lengths), [one.hardest for one in lengths.values()], _ORANGE, "the slowest hard text")
    axes.set_xscale("log")
    axes.set_yscale("log")
    _finish(axes, "one message by its length", "characters", "milliseconds")


def _draw_arithmetic(axes: Any, results: Results) -> None:
    arithmetic = results.arithmetic
    values = {"NumPy, large matrices": arithmetic.large_gflops}
    for batch, rate in arithmetic.lstm.items():
        values[f"NumPy, a step's shape, batch {batch}"] = rate.same_shape_gflops
        values[f"the LSTM layers, batch {batch}"] = rate.gflops
    colours = {name: _ORANGE for name in values if name.startswith("the LSTM")}
    bars = _bars(axes, values, colours)
    axes.bar_label(bars, [f"{one.median:.1f}" for one in values.values()], padding=8, fontsize=8)
    axes.margins(x=0.15)
    axes.set(title="arithmetic on one thread", xlabel="GFLOP/s")


def _draw_start(axes: Any, results: Results) -> None:
    start, left = results.start, 0.0
    for (name, one), colour in zip(start.steps.items(), (_GREY, _BLUE, _ORANGE, "#009e73", "#cc79a7"), strict=True):
        axes.barh("the bot", one.median, left=left, color=colour, label=name)
        left += one.median
    axes.barh("import tensorflow", start.tensorflow_s.median, color="black", alpha=0.6)
    axes.text(left, 0, f" {start.rss_mb.median:.0f} MB", va="center", fontsize=9)
    axes.text(start.tensorflow_s.median, 1, f" {start.tensorflow_rss_mb.median:.0f} MB", va="center", fontsize=9)
    axes.set_xlim(right=1.2 * max(left, start.tensorflow_s.median))
    axes.set(title="cold start, and memory then", xlabel="seconds")
    axes.legend(fontsize=8)


def _draw_endurance(axes: Any, results: Results) -> None:
    memory = results.endurance.rss_mb
    axes.plot(list(memory), list(memory.values()), color=_BLUE, marker=".")
    axes.set(ylim=(0, max(memory.values()) * 1.2))
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.grid(alpha=0.3)
    axes.set(title="memory of the running bot", xlabel="predictions made", ylabel="resident memory, MB")


def _bars(axes: Any, values: Mapping[str, Spread], colours: Mapping[str, str]) -> Any:
    """Horizontal bars, the first on top, blue where no colour is named."""
    medians = [one.median for one in values.values()]
    reach = np.abs([[one.median - one.low, one.high - one.median] for one in values.values()]).T
    bars = axes.barh(list(values), medians, xerr=reach, color=[colours.get(name, _BLUE) for name in values])
    axes.invert_yaxis()
    axes.grid(axis="x", alpha=0.3)
    return bars


def _line(axes: Any, x: Sequence[int], values: Sequence[Spread], colour: str, label: str) -> None:
    axes.plot(x, [one.median for one in values], color=colour, marker="o", markersize=4, label=label)
    axes.fill_between(x, [one.low for one in values], [one.high for one in values], color=colour, alpha=0.2)


def _finish(axes: Any, title: str, xlabel: str, ylabel: str) -> None:
    axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
    if axes.get_yscale() == "linear":
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
