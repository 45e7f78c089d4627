"""The results as flat figures, for programs and for a quick look."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from scripts.benchmarks.callers import CALLERS
from scripts.benchmarks.one_message import BARE, KERAS, LITERT, NUMPY, OURS, TF_FUNCTION, UNROLLED, XLA
from scripts.benchmarks.samples import Spread
from scripts.benchmarks.suite import Results

MANY_CALLERS: Final = 100
"""Of which the throughput of the service is told in one figure."""

_RIVALS: Final = {
    "predict": OURS,
    "bare_session": BARE,
    "keras_predict": KERAS,
    "tf_function": TF_FUNCTION,
    "tf_function_xla": XLA,
    "litert": LITERT,
    "litert_unrolled": UNROLLED,
    "numpy": NUMPY,
}


def spreads(results: Results) -> Mapping[str, Spread]:
    """The figures that have a spread, by the name under which `--json` prints them."""
    rivals, arithmetic = results.one_message, results.arithmetic
    found = {f"{key}_p50_ms": rivals[name].milliseconds for key, name in _RIVALS.items()}
    found |= {f"speedup_vs_{key}": rivals[name].times_ours for key, name in _RIVALS.items() if name not in (OURS, BARE)}
    found |= {
        f"cpu_speedup_vs_{key}": rivals[name].cpu_times_ours
        for key, name in _RIVALS.items()
        if name not in (OURS, BARE)
    }
    for callers in CALLERS:
        found[f"service_messages_per_s_{callers}_callers"] = results.callers[callers].messages_per_s
        found[f"service_share_of_session_{callers}_callers"] = results.callers[callers].share
    found |= {
        "service_messages_per_s": results.callers[MANY_CALLERS].messages_per_s,
        "service_share_of_session": results.callers[MANY_CALLERS].share,
        "bot_rss_mb": results.start.rss_mb,
        "cold_start_s": results.start.seconds,
        "tensorflow_import_s": results.start.tensorflow_s,
        "tensorflow_import_rss_mb": results.start.tensorflow_rss_mb,
        "sgemm_gflops": arithmetic.large_gflops,
    }
    for batch, rate in arithmetic.lstm.items():
        found[f"lstm_share_of_sgemm_batch_{batch}"] = rate.of_large
        found[f"lstm_share_of_same_shape_batch_{batch}"] = rate.of_same_shape
    if results.reactions is not None:
        found["reaction_p50_ms"] = results.reactions.milliseconds
    return found


def figures(results: Results) -> dict[str, float]:
    """All figures by name, rounded: medians and what has no spread. A speed-up is the ratio of the two medians."""
    medians = {name: one.median for name, one in spreads(results).items()}
    for key in _RIVALS:
        if f"speedup_vs_{key}" in medians:
            medians[f"speedup_vs_{key}"] = medians[f"{key}_p50_ms"] / medians["predict_p50_ms"]
    ours, endurance = results.one_message[OURS], results.endurance
    found = medians | {
        "predict_p99_ms": ours.p99,
        "largest_difference": max(rival.difference or 0.0 for rival in results.one_message.values()),
        "endured_predictions": endurance.predictions,
        "bot_rss_after_mb": endurance.rss_mb[endurance.predictions],
        "bot_rss_growth_mb": endurance.growth_mb,
        "bot_rss_late_growth_mb": endurance.late_growth_mb,
    }
    if results.reactions is not None:
        found["reaction_p99_ms"] = results.reactions.p99
    return {name: _rounded(value) for name, value in found.items()}


def figures_with_spread(results: Results) -> dict[str, Any]:
    """All figures, and under `spread` the 5th and 95th percentile of those that have some; `machine` says on what."""
    between = {name: [_rounded(one.low), _rounded(one.high)] for name, one in spreads(results).items()}
    return {**figures(results), "spread": between, "machine": asdict(results.machine)}


def _rounded(value: float) -> float:
    """To four digits, so that nobody reads more into them."""
    return float(f"{value:.4g}")
