"""Measure speed and memory, everything in one run, so that the ratios hold whatever the machine."""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from model.bundle import BundleError
from model.predictor import Predictor
from model.service import PredictionService
from model.text import pad
from scripts.arguments import add_model, make_parser

_EXAMPLES = """examples:
  python -m scripts.benchmark
  python -m scripts.benchmark --json --model runs/mine

Needs the extra `train` (Keras' predict is measured beside ours) and `psutil` from the extra `dev`."""

# Ten words each.
_MESSAGES: Final = (
    "we finally got the keys to our new flat today",
    "my brother is stuck at the airport again poor guy",
    "that last boss took us four hours and three wipes",
    "can you send me the notes from the tuesday lecture",
    "grandma beat all of us at cards and then gloated",
    "the train stood still for an hour outside the station",
    "our little band plays its first real gig on friday",
    "he forgot the cake on the roof of the car",
    "i have never seen so many stars in one night",
    "the new build passes every test on the first try",
)
_SINGLES: Final = 3000
_KERAS_SINGLES: Final = 60
_SERVICE_MESSAGES: Final = 20_000
_CALLERS: Final = 200

# The bot as `python -m bot` builds it, up to the moment at which it could answer, without connecting.
_BOT: Final = """
import asyncio, sys
from pathlib import Path
from bot.client import EmojiBot
from bot.settings import Settings
async def main():
    async with EmojiBot(Settings(model_dir=Path(sys.argv[1]))) as bot:
        await bot.prepare()
        print("ready", flush=True)
        sys.stdin.readline()
asyncio.run(main())
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = make_parser("benchmark", __doc__, _EXAMPLES)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_model(parser)
    arguments = parser.parse_args(argv)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before TensorFlow is imported
    try:
        figures = measure(Predictor.load(arguments.model))
    except BundleError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except ModuleNotFoundError as error:
        sys.stderr.write(f"The benchmark needs the extra `dev` ({error.name} is missing): pip install -e '.[dev]'\n")
        return 2
    if arguments.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:26} {value:,.3f}")
    return 0


def measure(predictor: Predictor) -> dict[str, float]:
    """All figures: latencies of one ten-word message in milliseconds, throughput, resident memory, cold start."""
    cold_start, resident = _bot_process(predictor.bundle.path)
    ours = _latencies(lambda i: predictor.predict(_MESSAGES[i % len(_MESSAGES)]), _SINGLES)
    throughput = asyncio.run(_service_throughput(predictor))
    network = _keras_twin(predictor)
    rows = [pad([row], len(row)) for row in predictor.encode(_MESSAGES)]  # no padding, as ours
    keras = _latencies(lambda i: network.predict(rows[i % len(rows)], verbose=0), _KERAS_SINGLES)
    p50, keras_p50 = statistics.median(ours), statistics.median(keras)
    return {
        "predict_p50_ms": round(p50, 4),
        "predict_p99_ms": round(float(np.percentile(ours, 99)), 4),
        "keras_predict_p50_ms": round(keras_p50, 3),
        "speedup_vs_keras_predict": round(keras_p50 / p50, 1),
        "service_messages_per_s": round(throughput, 1),
        "bot_rss_mb": round(resident, 1),
        "cold_start_s": round(cold_start, 3),
    }


def _latencies(call: Callable[[int], Any], count: int) -> list[float]:
    """Milliseconds of each of `count` calls, after a tenth as many to warm up."""
    for i in range(count // 10 + 1):
        call(i)
    times = []
    for i in range(count):
        started = time.perf_counter_ns()
        call(i)
        times.append((time.perf_counter_ns() - started) / 1e6)
    return times


async def _service_throughput(predictor: Predictor) -> float:
    """Messages a second through the async service, from many concurrent callers."""
    service = PredictionService(predictor)
    await service.warm_up()

    async def caller() -> None:
        for i in range(_SERVICE_MESSAGES // _CALLERS):
            await service.predict(_MESSAGES[i % len(_MESSAGES)])

    started = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(_CALLERS)))
    elapsed = time.perf_counter() - started
    await service.close()
    return _SERVICE_MESSAGES / elapsed


def _keras_twin(predictor: Predictor) -> Any:
    """The bundle's network in Keras: same layers and vocabulary, untrained, for weights do not change the time."""
    from model.training.export import NETWORK_PROPERTY
    from model.training.network import NetworkConfig, build_network

    properties = predictor.session.get_modelmeta().custom_metadata_map
    config = NetworkConfig(**json.loads(properties[NETWORK_PROPERTY]))
    return build_network(config, np.zeros(predictor.bundle.embedding.shape, np.float32))


def _bot_process(model: Path) -> tuple[float, float]:
    """Seconds from the start of a bot process until it can predict, and its memory then, in MB (1e6 bytes)."""
    import psutil

    started = time.perf_counter()
    command = [sys.executable, "-c", _BOT, str(model)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - pipes were asked for
        if process.stdout.readline() != "ready\n":
            raise RuntimeError("The bot process did not get ready.")
        elapsed = time.perf_counter() - started
        resident = psutil.Process(process.pid).memory_info().rss / 1e6
        process.stdin.write("\n")
    if process.returncode != 0:
        raise RuntimeError(f"The bot process ended with {process.returncode}.")
    return elapsed, resident


if __name__ == "__main__":
    sys.exit(main())
