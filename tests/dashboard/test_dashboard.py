"""The dashboard and the alerts ask for what the bot really exposes."""

import asyncio
import itertools
import math
import sys
from pathlib import Path
from typing import Any

import discord
import pytest
import yaml

from bot.exposition import Exposition
from bot.metrics import Metrics
from bot.vitals import Shard, StoreVitals, Vitals
from tests.dashboard.board import Panel, read_board, read_panels
from tests.dashboard.draw import curves, draw, record
from tests.dashboard.promql import evaluate, metrics
from tests.dashboard.scrapes import Scrapes
from tests.dashboard.session import Pace

PACE = Pace(seconds=20.0, scrape=0.4, command=0.25)
RATE_INTERVAL = "3s"
PANELS = read_panels()
ASKING = [panel for panel in PANELS if panel.queries]
RULES: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parents[2] / "docs/deploy/alerts.yaml").read_text(encoding="utf-8")
)["groups"][0]["rules"]

needs_stop = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGSTOP")


def _title(panel: Panel) -> str:
    return panel.title


@pytest.fixture(scope="module")
def scrapes() -> Scrapes:
    """Of a bot that lived through everything in a hurry."""
    base, gateway = discord.http.Route.BASE, discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY
    try:
        return asyncio.run(record(PACE))
    finally:
        discord.http.Route.BASE, discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = base, gateway


def test_every_panel_has_an_id_of_its_own() -> None:
    ids = [panel.id for panel in PANELS]

    assert len(set(ids)) == len(ids)


def test_no_panels_overlap_or_stand_out_of_the_grid() -> None:
    squares = [
        square
        for left, top, wide, tall in (panel.place for panel in PANELS)
        for square in itertools.product(range(left, left + wide), range(top, top + tall))
    ]

    assert len(set(squares)) == len(squares)
    assert {column for column, _ in squares} == set(range(24))


def test_data_source_and_process_can_be_chosen() -> None:
    board = read_board()
    variables = {variable["name"]: variable["type"] for variable in board["templating"]["list"]}

    assert variables == {"datasource": "datasource", "instance": "query"}
    used = {panel["datasource"]["uid"] for panel in board["panels"] if panel["type"] != "row"}
    assert used == {"${datasource}"}
    for query in (query for panel in ASKING for query in panel.queries):
        assert query.expression.count('{instance=~"$instance"') == len(metrics(query.promql("1m")))


@needs_stop
@pytest.mark.parametrize("panel", ASKING, ids=_title)
def test_a_panel_asks_only_for_metrics_of_the_bot_and_shows_them(panel: Panel, scrapes: Scrapes) -> None:
    times = [PACE.seconds * step / 40 for step in range(1, 41)]
    found = curves(panel, scrapes, times, RATE_INTERVAL)

    for query in panel.queries:
        assert metrics(query.promql(RATE_INTERVAL)) <= scrapes.names
    assert [name for name in found if "{{" in name] == []
    assert any(not math.isnan(value) for values in found.values() for value in values)


@needs_stop
def test_every_metric_of_the_bot_is_on_the_dashboard(scrapes: Scrapes) -> None:
    shown = {name for panel in ASKING for query in panel.queries for name in metrics(query.promql("1m"))}
    families = {name.removesuffix("_bucket").removesuffix("_count") for name in shown}

    ours = {name.removesuffix("_sum").removesuffix("_count").removesuffix("_bucket") for name in scrapes.names}
    missing = {name for name in ours if name.startswith("emoji_bot_")} - families
    assert missing == {"emoji_bot_discord_replies_total"}


@needs_stop
def test_the_dashboard_can_be_drawn(scrapes: Scrapes, tmp_path: Path) -> None:
    draw(scrapes, PACE.seconds, tmp_path / "dashboard.png", RATE_INTERVAL)

    assert (tmp_path / "dashboard.png").stat().st_size > 50_000


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_is_complete_and_asks_only_for_metrics_of_the_bot(rule: dict[str, Any]) -> None:
    assert (
        {"alert", "expr", "labels", "annotations"} <= rule.keys() <= {"alert", "expr", "for", "labels", "annotations"}
    )
    assert rule["labels"]["severity"] in ("warning", "critical")
    assert rule["annotations"]["summary"].endswith(".")
    assert metrics(rule["expr"]) <= Page().scrapes.names


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_no_alert_fires_where_all_is_well(rule: dict[str, Any]) -> None:
    page = Page()
    for _ in range(60):
        page.counted["seen"] += 10
        page.counted["reacted"] += 10
        page.metrics.loop_lags.observe(0.001)
        page.scrape()

    assert evaluate(rule["expr"], page.scrapes, page.now) == {}


def _not_ready(page: "Page") -> None:
    page.model = None


def _late(page: "Page") -> None:
    page.metrics.loop_lags.observe(0.4)


def _refused(page: "Page") -> None:
    page.metrics.errors["403", "50013"] += 90


def _dropping(page: "Page") -> None:
    page.counted["seen"] += 9
    page.counted["skipped.overtaken"] += 1


def _failing(page: "Page") -> None:
    page.failures += 1


@pytest.mark.parametrize(
    ("name", "trouble"),
    [
        ("EmojiBotNotReady", _not_ready),
        ("EmojiBotEventLoopLag", _late),
        ("EmojiBotNearDiscordBan", _refused),
        ("EmojiBotDropsMessages", _dropping),
        ("EmojiBotDatabaseTrouble", _failing),
    ],
)
def test_an_alert_fires_when_its_thing_happens(name: str, trouble: Any) -> None:
    page = Page()
    for _ in range(60):
        trouble(page)
        page.scrape()

    [rule] = [rule for rule in RULES if rule["alert"] == name]
    assert len(evaluate(rule["expr"], page.scrapes, page.now)) == 1


class Page:
    """The page of a bot of which everything can be told, scraped every 15 seconds."""

    def __init__(self) -> None:
        self.metrics = Metrics()
        self.counted = {"seen": 0, "reacted": 0, "skipped.overtaken": 0}
        self.failures = 0
        self.model: str | None = "0123456789ab"
        self.now = 0.0
        self.scrapes = Scrapes()
        self._exposition = Exposition(self.metrics, self._vitals)
        self.metrics.errors["403", "50013"] = 0
        self.scrape()

    def scrape(self) -> None:
        """Read it."""
        self.now += 15.0
        self.scrapes.add(self.now, self._exposition.page().decode())

    def _vitals(self) -> Vitals:
        store = StoreVitals(self.counted, 0, self.failures)
        return Vitals(False, self.model, store, {0: Shard(connected=True, heartbeat=0.05)}, 1, 0, 0, 0)
