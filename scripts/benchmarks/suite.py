"""All benchmarks, one after another."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from threadpoolctl import threadpool_limits
from tqdm import tqdm

from model.predictor import Predictor
from model.training.weights import read_weights
from scripts.benchmarks.arithmetic import Arithmetic, measure_arithmetic
from scripts.benchmarks.batches import BatchRate, measure_batches
from scripts.benchmarks.callers import ServiceRate, measure_callers
from scripts.benchmarks.endurance import Endurance, measure_endurance
from scripts.benchmarks.lengths import LengthTimes, measure_lengths
from scripts.benchmarks.machine import Machine, describe_machine
from scripts.benchmarks.one_message import Rival, measure_one_message
from scripts.benchmarks.plan import Plan
from scripts.benchmarks.samples import Spread
from scripts.benchmarks.stages import measure_stages
from scripts.benchmarks.start import Start, measure_start
from scripts.benchmarks.wire import ReactionTimes, measure_reactions


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that one run has measured of the bundle of this `version`, by `plan`, on `machine`."""

    version: str
    plan: Plan
    machine: Machine
    start: Start
    one_message: Mapping[str, Rival]
    stages: Mapping[str, Spread]
    batches: Mapping[int, BatchRate]
    lengths: Mapping[int, LengthTimes]
    callers: Mapping[int, ServiceRate]
    arithmetic: Arithmetic
    reactions: ReactionTimes | None
    endurance: Endurance


def measure(predictor: Predictor, plan: Plan, *, show_progress: bool = False) -> Results:
    """Run all benchmarks. What is compared runs on one thread, as the bot's session does, as far as it can be told to.

    Raises:
        ProcessError: the bot's process, or TensorFlow's, did not get ready.
    """
    machine = describe_machine()
    weights = read_weights(predictor.bundle)
    model = predictor.bundle.path
    steps: dict[str, Callable[[], Any]] = {
        "start": partial(measure_start, model, plan),
        "one_message": partial(measure_one_message, predictor, weights, plan),
        "stages": partial(measure_stages, predictor, plan),
        "batches": partial(measure_batches, predictor, plan),
        "lengths": partial(measure_lengths, predictor, plan),
        "callers": partial(measure_callers, predictor, plan),
        "arithmetic": partial(measure_arithmetic, predictor, weights, plan),
        "reactions": partial(measure_reactions, model, plan),
        "endurance": partial(measure_endurance, predictor, plan),
    }
    results: dict[str, Any] = {}
    with threadpool_limits(1), tqdm(steps, disable=not show_progress, leave=False) as bar:
        for name in bar:
            bar.set_description(name)
            results[name] = steps[name]()
    return Results(predictor.bundle.version, plan, machine, **results)
