"""The bot's metrics as Prometheus reads them. The only file that needs `prometheus_client`."""

import platform
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Final

import discord
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)

from bot.counts import Count, skipped
from bot.histogram import Histogram
from bot.metrics import Metrics
from bot.policy import Skip
from bot.reactor import Outcome
from bot.vitals import Shard, StoreVitals, Vitals

_NOT_SURE: Final = "not sure"
_REASONS: Final = {
    **{str(reason): skipped(reason) for reason in (*Skip, *Outcome) if reason is not Outcome.ADDED},
    _NOT_SURE: str(Count.SILENT),
}
"""The counter of each reason for which messages get no reaction."""
_FEEDBACK: Final = (Count.JOINED, Count.DISLIKED, Count.REMOVED)


class Exposition:
    """A page of metrics, made anew for each reader from a registry of its own.

    Args:
        metrics: what was counted.
        vitals: tells how the bot is at this moment.
    """

    def __init__(self, metrics: Metrics, vitals: Callable[[], Vitals]) -> None:
        self._metrics = metrics
        self._vitals = vitals
        self._build = _build()
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def page(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self._registry)

    def describe(self) -> Iterable[Metric]:
        """Nothing: the registry need not ask a bot that is not built yet."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """All metrics of the bot; those of the process are another collector's."""
        vitals = self._vitals()
        yield _info("build", "Versions of the bot and of what it runs on.", self._build)
        if vitals.model is not None:
            yield _info("model", "The model that answers now.", {"version": vitals.model})
        yield _gauge("ready", "Whether model, database and gateway are ready.", vitals.missing is None)
        yield _gauge("guilds", "Servers that the bot is in.", vitals.guilds)
        yield from _messages(vitals.store)
        yield from _times(self._metrics)
        yield from _queues(vitals)
        yield from _discord(self._metrics)
        yield from _shards(vitals.shards, self._metrics.disconnects)
        yield from _commands(self._metrics)


def _messages(store: StoreVitals | None) -> Iterable[Metric]:
    """What became of messages, from the same counters that `/stats` shows of a server; and how the database is."""
    counted: Mapping[str, int] = store.counted if store is not None else {}
    yield _counter("messages", "Messages seen in servers, other than the bot's own.", counted.get(Count.SEEN, 0))
    yield _counters(
        "messages_skipped",
        "Messages that got no reaction, by reason.",
        "reason",
        {reason: counted.get(name, 0) for reason, name in _REASONS.items()},
    )
    yield _counters(
        "reactions",
        "Reactions added, by what triggered them: the bot's own accord, or a member who asked.",
        "trigger",
        {"own": counted.get(Count.REACTED, 0), "asked": counted.get(Count.ASKED, 0)},
    )
    yield _counter("reactions_taken_back", "Reactions taken back because of an edit.", counted.get(Count.EDITED, 0))
    yield _counters(
        "feedback",
        "What members made of the reactions.",
        "kind",
        {str(kind): counted.get(kind, 0) for kind in _FEEDBACK},
    )
    yield _counter(
        "store_failures",
        "How often the database did not do what it was asked for.",
        store.failures if store is not None else 0,
    )
    yield _gauge(
        "store_unwritten_counts",
        "Counts that are not in the database yet.",
        store.unwritten if store is not None else 0,
    )


def _times(metrics: Metrics) -> Iterable[Metric]:
    yield _histogram(
        "prediction_seconds", "Time for a prediction, the wait for the model included.", metrics.predictions
    )
    yield _histogram(
        "reaction_delay_seconds",
        "Time from a message, or its edit, to the bot's own reaction, by the bot's clock.",
        metrics.reaction_delays,
    )
    yield _histogram("event_loop_lag_seconds", "Time by which the event loop is late.", metrics.loop_lags)


def _queues(vitals: Vitals) -> Iterable[Metric]:
    waiting = {"model": vitals.waiting_for_model, "discord": vitals.waiting_for_discord}
    yield _gauges("waiting_messages", "Messages that wait, by what they wait for.", "queue", waiting)
    yield _gauge("reactions_in_flight", "Reactions requested of which Discord's reply has not come.", vitals.in_flight)


def _discord(metrics: Metrics) -> Iterable[Metric]:
    yield _counter("discord_replies", "Discord's replies to requests, errors included.", metrics.replies)
    errors = CounterMetricFamily(
        "emoji_bot_discord_errors", "Discord's errors, by HTTP status and JSON code.", labels=["status", "code"]
    )
    for (status, code), n in sorted(metrics.errors.items()):
        errors.add_metric([status, code], n)
    yield errors
    scopes = {**dict.fromkeys(("user", "global", "shared", "other"), 0), **metrics.rate_limits}
    yield _counters("discord_rate_limits", "Replies with status 429, by the scope of the limit.", "scope", scopes)
    yield _counter("discord_unreachable", "Requests whose connection failed.", metrics.unreachable)


def _shards(shards: Mapping[int, Shard], disconnects: int) -> Iterable[Metric]:
    connected = {str(number): int(shard.connected) for number, shard in shards.items()}
    yield _gauges("shard_connected", "Whether the gateway has accepted the shard: 1 or 0.", "shard", connected)
    heartbeats = {str(number): shard.heartbeat for number, shard in shards.items() if shard.heartbeat is not None}
    yield _gauges("shard_heartbeat_seconds", "Time from a heartbeat to its acknowledgement.", "shard", heartbeats)
    yield _counter("gateway_disconnects", "Connections to the gateway that broke.", disconnects)


def _commands(metrics: Metrics) -> Iterable[Metric]:
    times = HistogramMetricFamily(
        "emoji_bot_command_seconds",
        "Time from a command's arrival until all of its answer was sent.",
        labels=["command"],
    )
    for command, histogram in sorted(metrics.answers.items()):
        times.add_metric([command], _buckets(histogram), histogram.total)
    yield times
    failures = {**dict.fromkeys(metrics.answers, 0), **metrics.failed_commands}
    yield _counters("command_failures", "Commands that failed.", "command", failures)


def _build() -> dict[str, str]:
    try:
        own = version("emoji-bot")
    except PackageNotFoundError:  # run from a checkout
        own = "unknown"
    return {"version": own, "python": platform.python_version(), "discord_py": discord.__version__}


def _info(name: str, text: str, labels: Mapping[str, str]) -> Metric:
    return InfoMetricFamily(f"emoji_bot_{name}", text, dict(labels))


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"emoji_bot_{name}", text, float(value))


def _gauges(name: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"emoji_bot_{name}", text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(f"emoji_bot_{name}", text, value)


def _counters(name: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
    family = CounterMetricFamily(f"emoji_bot_{name}", text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _histogram(name: str, text: str, histogram: Histogram) -> Metric:
    return HistogramMetricFamily(f"emoji_bot_{name}", text, _buckets(histogram), histogram.total)


def _buckets(histogram: Histogram) -> list[tuple[str, float]]:
    return list(zip([*map(str, histogram.bounds), "+Inf"], histogram.cumulative(), strict=True))
