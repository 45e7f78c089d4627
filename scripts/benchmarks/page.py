"""The results as a page in Markdown with a picture, and all of them as JSON."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Final

from model.training.markdown import escape, table
from scripts.benchmarks.callers import BATCH
from scripts.benchmarks.one_message import BARE, KERAS
from scripts.benchmarks.picture import draw_results
from scripts.benchmarks.plan import FULL
from scripts.benchmarks.samples import Spread
from scripts.benchmarks.suite import Results
from scripts.benchmarks.summary import summary_table

PAGE_FILE: Final = "README.md"
NUMBERS_FILE: Final = "results.json"
PICTURE_FILE: Final = "benchmark.png"


def write_report(folder: Path, results: Results, command: str) -> None:
    """Write the page, its picture and the numbers into `folder`, which is made if it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = json.dumps({"command": command, **asdict(results)}, ensure_ascii=False, indent=1)
    (folder / NUMBERS_FILE).write_text(numbers + "\n", encoding="utf-8")
    draw_results(results, folder / PICTURE_FILE)
    (folder / PAGE_FILE).write_text(render_page(results, command), encoding="utf-8")


def render_page(results: Results, command: str) -> str:
    """The page, whose picture lies beside it."""
    sections = [
        _heading(results, command),
        _one_message(results),
        _stages(results),
        _batches(results),
        _lengths(results),
        _callers(results),
        _reactions(results),
        _start(results),
        _endurance(results),
        _arithmetic(results),
    ]
    return "\n\n".join("\n".join(section) for section in sections) + "\n"


def _heading(results: Results, command: str) -> list[str]:
    machine, plan = results.machine, results.plan
    libraries = ", ".join(f"{name} {version}" for name, version in machine.libraries.items())
    load = "unknown" if machine.load is None else f"{machine.load:g}"
    lines = [
        "# Benchmark",
        "",
        f"Bundle {results.version}, all in one run of `{command}`.",
        "Only ratios within a run say something of another machine. In brackets stand the 5th and the 95th percentile,",
        f"of single calls or of rounds. Rivals take turns of {plan.slice_s:g} s or less; a noisy moment hits all.",
        "NumPy's BLAS, TensorFlow, LiteRT and ONNX Runtime have one thread each, as the bot's session does.",
        "",
        *table(
            ["machine", ""],
            [
                ["processor", f"{escape(machine.processor)}, {machine.cores} cores"],
                ["memory", f"{machine.memory_gb:g} GB"],
                ["system", escape(machine.system)],
                ["Python", f"{machine.python}; {escape(libraries)}"],
                ["BLAS of NumPy", escape(machine.blas)],
                ["load average at the start", load],
            ],
        ),
    ]
    if machine.busy:
        lines += [
            "",
            "**The machine was busy with other work.** Calls of several milliseconds are then interrupted and calls of",
            "fractions of one mostly are not: ratios of times flatter the short ones, those of processor time less so.",
        ]
    if plan != FULL:
        lines += ["", f"A quick run: fewer repeats, and {plan.predictions:,} predictions for {FULL.predictions:,}."]
    return [*lines, "", *summary_table(results), "", f"![All of the figures below]({PICTURE_FILE})"]


def _one_message(results: Results) -> list[str]:
    rows = [
        [
            name,
            _shown(rival.milliseconds, 3),
            f"{rival.p99:.3f}",
            _shown(rival.times_ours, 2),
            _shown(rival.cpu_times_ours, 2),
            "" if rival.difference is None else f"{rival.difference:.0e}",
        ]
        for name, rival in results.one_message.items()
    ]
    return [
        "## One message of ten words",
        "",
        "From its text to an answer, on the same weights. The bot's predictor says which five emoji are likeliest, how",
        "sure it is of each and of silence; the others, which share its tokeniser, name the likeliest outcome only.",
        f"`{KERAS}` is the seed's way. LiteRT's built-in operators take no LSTM of Keras 3 whose length is open,",
        "so that each length needs a graph of its own, of the whole size; here it is one for ten tokens, its steps in",
        "a loop or written out one after another. XLA compiles each length anew.",
        "",
        *table(
            ["way", "milliseconds", "99th percentile", "times the bot's", "in processor time", "largest difference"],
            rows,
        ),
        "",
        "The difference is that of any probability from the bot's, over all these messages.",
    ]


def _stages(results: Results) -> list[str]:
    return [
        "## Where the time goes",
        "",
        "Of the same messages. What is not timed by itself is the difference of what is, round by round.",
        "",
        *table(["stage", "microseconds"], [[name, _shown(one, 1)] for name, one in results.stages.items()]),
    ]


def _batches(results: Results) -> list[str]:
    rows = [[str(size), _shown(rate.session, 0), _shown(rate.predictor, 0)] for size, rate in results.batches.items()]
    return [
        "## Batches",
        "",
        "Messages of ten words a second.",
        "",
        *table(["messages in a batch", BARE, "text to answer"], rows),
    ]


def _lengths(results: Results) -> list[str]:
    rows = [
        [f"{length:,}", _shown(one.prose, 3), _shown(one.hardest, 3), one.made_of]
        for length, one in results.lengths.items()
    ]
    return [
        "## Lengths",
        "",
        "Milliseconds from text to answer. The network reads the first tokens only; the rest of a long text is cleaned",
        "all the same. Hard texts are made to cost the tokeniser as much as they can; shown is the slowest of several.",
        "",
        *table(["characters", "prose", "hard text", "made of"], rows),
    ]


def _callers(results: Results) -> list[str]:
    rows = [
        [f"{callers:,}", _shown(one.messages_per_s, 0), _shown(one.share, 2), _shown(one.wait_ms, 2)]
        for callers, one in results.callers.items()
    ]
    return [
        "## The service under many callers",
        "",
        "Each caller waits for its answer before it asks again, from text to answer through the async service. The",
        f"share is that of the messages a second that the session alone does in batches of {BATCH}, in the same round.",
        "",
        *table(["callers", "messages a second", "share", "wait for an answer, ms"], rows),
    ]


def _reactions(results: Results) -> list[str]:
    lines = ["## From a message to its reaction", ""]
    if results.reactions is None:
        return [*lines, "Not measured: it needs the server in tests/."]
    times = results.reactions
    return [
        *lines,
        "Through the real client, from the moment a server on this machine sends the message until the request for its",
        f"reaction has come in: {_shown(times.milliseconds, 2)} ms, 99th percentile {times.p99:.2f} ms.",
    ]


def _start(results: Results) -> list[str]:
    start = results.start
    rows = [
        ["the bot, ready to predict", _shown(start.seconds, 2), _shown(start.rss_mb, 0)],
        ["`import tensorflow` alone", _shown(start.tensorflow_s, 2), _shown(start.tensorflow_rss_mb, 0)],
    ]
    return [
        "## Cold start and memory",
        "",
        f"{results.plan.starts} starts of each in turns; the bot's database has its tables already.",
        "",
        *table(["process", "seconds until ready", "resident memory, MB"], rows),
        "",
        *table(["step of the bot", "seconds"], [[name, _shown(one, 3)] for name, one in start.steps.items()]),
    ]


def _endurance(results: Results) -> list[str]:
    endurance = results.endurance
    rows = [[f"{made:,}", f"{memory:.1f}"] for made, memory in endurance.rss_mb.items()]
    return [
        "## Memory over many predictions",
        "",
        f"One bot predicted {endurance.predictions:,} varied texts of 1 to 40 words through its service,",
        f"{endurance.messages_per_s:,.0f} a second. Its memory grew by {endurance.growth_mb:.1f} MB in all, and by",
        f"{endurance.late_growth_mb:.1f} MB over the second half.",
        "",
        *table(["predictions", "resident memory, MB"], rows),
    ]


def _arithmetic(results: Results) -> list[str]:
    arithmetic = results.arithmetic
    rows = [
        [
            str(batch),
            _shown(rate.gflops, 1),
            _shown(rate.of_large, 2),
            _shown(rate.same_shape_gflops, 1),
            _shown(rate.of_same_shape, 2),
        ]
        for batch, rate in arithmetic.lstm.items()
    ]
    return [
        "## Arithmetic",
        "",
        f"NumPy multiplies large matrices at {_shown(arithmetic.large_gflops, 1)} GFLOP/s, float32, one thread.",
        "Of the LSTM counts what the matrices of its two layers need, over the time of the whole session with all else",
        "in it. Beside it stands NumPy on what each step does, the states of the batch by the recurrent matrix: for",
        "one message a vector by a matrix. Each is the fastest call of a round.",
        "",
        *table(["messages in a batch", "LSTM, GFLOP/s", "share of large", "NumPy, a step", "share of a step"], rows),
    ]


def _shown(one: Spread, digits: int) -> str:
    return f"{one.median:,.{digits}f} ({one.low:,.{digits}f} to {one.high:,.{digits}f})"
