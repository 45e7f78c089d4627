"""docs/deploy/grafana.json: its panels, and what they ask Prometheus for."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).parents[2] / "docs/deploy/grafana.json"


@dataclass(frozen=True, slots=True)
class Query:
    """What a panel asks for.

    Args:
        expression: PromQL with Grafana's variables in it.
        legend: the name of each series, with labels in double braces.
    """

    expression: str
    legend: str

    def promql(self, rate_interval: str) -> str:
        """The expression as Grafana sends it, for all processes."""
        return self.expression.replace("$__rate_interval", rate_interval).replace("$instance", ".*")

    def name(self, labels: Mapping[str, str]) -> str:
        """The legend of a series."""
        text = self.legend
        for label, value in labels.items():
            text = text.replace(f"{{{{{label}}}}}", value)
        return text


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel, or the title of a row of them, which asks for nothing.

    Args:
        id: its number.
        kind: "timeseries", "stat" or "row".
        title: above it.
        place: left, top, width and height, in the dashboard's grid, which is 24 wide.
        queries: what it asks for.
        unit: Grafana's name.
        stacked: whether its series lie upon each other.
        decimals: of its values; None leaves that to Grafana.
        shows_names: whether it shows the names of its series instead of their values.
    """

    id: int
    kind: str
    title: str
    place: tuple[int, int, int, int]
    queries: tuple[Query, ...]
    unit: str
    stacked: bool
    decimals: int | None
    shows_names: bool

    @classmethod
    def of(cls, model: Mapping[str, Any]) -> "Panel":
        """From Grafana's JSON."""
        grid = model["gridPos"]
        defaults = model.get("fieldConfig", {}).get("defaults", {})
        return cls(
            id=model["id"],
            kind=model["type"],
            title=model["title"],
            place=(grid["x"], grid["y"], grid["w"], grid["h"]),
            queries=tuple(Query(target["expr"], target["legendFormat"]) for target in model.get("targets", ())),
            unit=defaults.get("unit", "short"),
            stacked=defaults.get("custom", {}).get("stacking", {}).get("mode") == "normal",
            decimals=defaults.get("decimals"),
            shows_names=model.get("options", {}).get("textMode") == "name",
        )


def read_board() -> Mapping[str, Any]:
    """The whole model."""
    board: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return board


def read_panels() -> list[Panel]:
    """Its panels, rows' titles among them, from top to bottom."""
    return [Panel.of(model) for model in read_board()["panels"]]
