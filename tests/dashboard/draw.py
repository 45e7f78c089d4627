"""Draws the dashboard as Grafana would show it, from what was scraped: `python -m tests.dashboard.draw FILE`.

Grafana is not needed: panels, queries, legends and units are read from docs/deploy/grafana.json, and the queries are
evaluated on scrapes of a real bot. A recording takes some minutes.
"""

import argparse
import asyncio
import math
import socket
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import discord
import matplotlib as mpl
import yarl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator

from tests.dashboard.board import Panel, read_board, read_panels
from tests.dashboard.promql import evaluate
from tests.dashboard.scrapes import Scrapes
from tests.dashboard.session import Pace, Session, guilds, watched_process
from tests.wire.server import WireServer
from tests.wire.watching import HOST

SHARDS: Final = 2
PACE: Final = Pace(seconds=300.0, scrape=2.0, command=1.5)
RATE_INTERVAL: Final = "12s"
"""Grafana takes four scrapes and more."""

_BACKGROUND, _PANEL, _LINES, _INK, _PALE = "#111217", "#181b1f", "#2c3036", "#d8d9da", "#9a9ca3"
_COLOURS: Final = (
    *("#73bf69", "#f2cc0c", "#5794f2", "#ff9830", "#f2495c", "#b877d9", "#8ab8ff"),
    *("#37872d", "#fade2a", "#1f60c4", "#fa6400", "#c4162a", "#8f3bb8", "#56a64b"),
)
_UNIT_INCHES: Final = (0.75, 0.36)
"""Width and height of a unit of Grafana's grid."""
_STEPS: Final = 300


def draw(scrapes: Scrapes, until: float, file: Path, rate_interval: str = RATE_INTERVAL) -> None:
    """Write the picture of all panels over the time from 0 to `until`, in seconds."""
    panels = read_panels()
    height = max(top + tall for _, top, _, tall in (panel.place for panel in panels))
    with mpl.rc_context({"font.size": 8.5, "font.family": "DejaVu Sans", "text.color": _INK}):
        figure = Figure(figsize=(24 * _UNIT_INCHES[0], (height + 2) * _UNIT_INCHES[1]), facecolor=_BACKGROUND)
        grid = GridSpec(height + 2, 24, figure, left=0.004, right=0.996, top=0.998, bottom=0.003, wspace=0, hspace=0)
        title = figure.add_subplot(grid[0:2, :])
        title.axis("off")
        title.text(0.003, 0.5, read_board()["title"], fontsize=15, weight="bold", va="center")
        for panel in panels:
            left, top, wide, tall = panel.place
            area = figure.add_subplot(grid[top + 2 : top + 2 + tall, left : left + wide])
            _frame(area, panel)
            if panel.kind == "stat":
                _draw_stat(area, panel, scrapes, until, rate_interval)
            elif panel.kind == "timeseries":
                _draw_series(area, panel, scrapes, until, rate_interval)
        figure.savefig(file, dpi=100)


def curves(panel: Panel, scrapes: Scrapes, times: Sequence[float], rate_interval: str) -> dict[str, list[float]]:
    """The series of a panel by their legends, NaN where there is none at a time."""
    found: dict[str, list[float]] = {}
    for query in panel.queries:
        promql = query.promql(rate_interval)
        for index, at in enumerate(times):
            for labels, value in evaluate(promql, scrapes, at).items():
                name = query.name(dict(labels))
                found.setdefault(name, [math.nan] * len(times))[index] = value
    return found


def _frame(area: Axes, panel: Panel) -> None:
    area.set(xticks=(), yticks=(), xlim=(0, 1), ylim=(0, 1))
    for spine in area.spines.values():
        spine.set_visible(False)
    if panel.kind == "row":
        area.set_facecolor(_BACKGROUND)
        area.text(0.004, 0.45, panel.title, fontsize=11, weight="bold", va="center")
        return
    area.set_facecolor(_BACKGROUND)
    _, _, wide, tall = panel.place
    gap_x, gap_y = 0.055 / (wide * _UNIT_INCHES[0]), 0.055 / (tall * _UNIT_INCHES[1])
    area.add_patch(
        mpl.patches.Rectangle(
            (gap_x, gap_y), 1 - 2 * gap_x, 1 - 2 * gap_y, facecolor=_PANEL, edgecolor=_LINES, linewidth=0.8
        )
    )
    area.text(
        0.12 / (wide * _UNIT_INCHES[0]) + gap_x,
        1 - gap_y - 0.1 / (tall * _UNIT_INCHES[1]),
        panel.title,
        va="top",
        fontsize=9.5,
        weight="bold",
    )


def _draw_stat(area: Axes, panel: Panel, scrapes: Scrapes, until: float, rate_interval: str) -> None:
    [query] = panel.queries
    values = evaluate(query.promql(rate_interval), scrapes, until)
    if panel.shows_names:
        text = "\n".join(sorted(query.name(dict(labels)).replace(", ", "\n") for labels in values))
    elif panel.title == "Ready":
        text = "yes" if all(values.values()) else "no"
    else:
        rounded = [value if panel.decimals is None else round(value, panel.decimals) for value in values.values()]
        text = ", ".join(_format(panel.unit)(value, None) for value in rounded)
    size = 10 if "\n" in text else 12 if len(text) > 10 else 18
    area.text(0.5, 0.42, text, fontsize=size, ha="center", va="center", color=_COLOURS[0], linespacing=1.6)


def _draw_series(area: Axes, panel: Panel, scrapes: Scrapes, until: float, rate_interval: str) -> None:
    times = [until * (step + 1) / _STEPS for step in range(_STEPS)]
    found = curves(panel, scrapes, times, rate_interval)
    lines = -(-len(found) // 4)
    plot = area.inset_axes((0.125, 0.12 + 0.07 * lines, 0.85, 0.72 - 0.07 * lines), facecolor=_PANEL)
    for spine in plot.spines.values():
        spine.set_visible(False)
    plot.grid(color=_LINES, linewidth=0.6)
    plot.tick_params(colors=_PALE, length=0, pad=5, labelsize=8)
    if panel.stacked and found:
        heights = [[0.0 if math.isnan(value) else value for value in values] for values in found.values()]
        plot.stackplot(times, heights, labels=found, colors=_COLOURS, alpha=0.65, linewidth=0.8)
    else:
        for colour, (name, values) in zip(_COLOURS * 2, found.items(), strict=False):
            plot.plot(times, values, label=name, color=colour, linewidth=1.5)
            plot.fill_between(times, values, color=colour, alpha=0.07, linewidth=0)
    plot.set_xlim(0, until)
    highest = plot.dataLim.y1 if found else 0.0
    plot.set_ylim(0, 1.08 * highest if highest > 0 else 1)
    plot.xaxis.set_major_formatter(FuncFormatter(lambda at, _: f"{int(at) // 60}:{int(at) % 60:02d}"))
    plot.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 3, 6, 10]))
    plot.yaxis.set_major_locator(MultipleLocator(50 * 2**20) if panel.unit == "bytes" else MaxNLocator(4))
    plot.yaxis.set_major_formatter(FuncFormatter(_format(panel.unit)))
    if found:
        handles, names = plot.get_legend_handles_labels()
        area.legend(
            handles,
            names,
            loc="lower left",
            bbox_to_anchor=(0.02, 0.025),
            ncols=4,
            frameon=False,
            fontsize=7.5,
            labelcolor=_INK,
            handlelength=1.2,
            columnspacing=1.2,
        )


def _format(unit: str) -> Callable[[float, Any], str]:
    """Numbers with Grafana's units."""
    formats: Mapping[str, Callable[[float], str]] = {
        "s": _seconds,
        "bytes": lambda value: f"{value / 2**20:.4g} MiB",
        "percentunit": lambda value: f"{100 * value:.3g}%",
        "cps": lambda value: f"{value:.3g} c/s",
        "short": lambda value: f"{value:.4g}",
    }
    return lambda value, _: formats[unit](value)


def _seconds(value: float) -> str:
    if value == 0:
        return "0 s"
    for factor, name in ((1.0, "s"), (1e3, "ms")):
        if value * factor >= 1:
            return f"{value * factor:.3g} {name}"
    return f"{value * 1e6:.3g} µs"


async def record(pace: Pace) -> Scrapes:
    """Let a bot live a session, and scrape it."""
    async with WireServer() as server:
        server.reaction_interval = 0.25
        server.heartbeat_interval = 5000
        server.shards = SHARDS
        server.guilds = guilds(number=6, channels=5, shards=SHARDS)
        discord.http.Route.BASE = server.api_url
        discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(server.gateway_url)
        with tempfile.TemporaryDirectory() as folder, closing(socket.socket()) as free:
            free.bind((HOST, 0))
            port = free.getsockname()[1]
            free.close()
            async with watched_process(server, Path(folder), port) as (child, page):
                return await Session(server, child, Path(folder) / "bot.db", pace).run(page)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.dashboard.draw", description=__doc__)
    parser.add_argument("file", type=Path, help="the picture to write, as in docs/dashboard.png")
    draw(asyncio.run(record(PACE)), PACE.seconds, parser.parse_args().file)
