"""The results in a table of a few lines, for the page and for whoever quotes it."""

from model.training.markdown import table
from scripts.benchmarks.callers import BATCH
from scripts.benchmarks.figures import MANY_CALLERS, figures
from scripts.benchmarks.suite import Results


def summary_table(results: Results) -> list[str]:
    """The lines of a table of medians."""
    one = figures(results)
    slower, cpu = one["speedup_vs_keras_predict"], one["cpu_speedup_vs_keras_predict"]
    rate, share = one["service_messages_per_s"], one["service_share_of_session"]
    rows = [
        [
            "one message of ten words, text to answer; 99th percentile",
            f"{one['predict_p50_ms']:.3f} ms; {one['predict_p99_ms']:.3f} ms",
        ],
        [
            "`keras.Model.predict` on the same weights and messages",
            f"{one['keras_predict_p50_ms']:.1f} ms: {slower:.0f} times as long ({cpu:.0f} times the processor time)",
        ],
        ["`tf.function`; compiled by XLA", _times_as_long(one, "tf_function", "tf_function_xla")],
        ["LiteRT with a loop; unrolled, one graph for each length", _times_as_long(one, "litert", "litert_unrolled")],
        ["plain NumPy", _times_as_long(one, "numpy")],
        [
            f"through the async service, {MANY_CALLERS} callers at once",
            f"{rate:,.0f} messages a second: {share:.2f} of what its ONNX session alone does in batches of {BATCH}",
        ],
    ]
    if "reaction_p50_ms" in one:
        rows.append(
            [
                "from a message to its reaction, through the real client; 99th percentile",
                f"{one['reaction_p50_ms']:.1f} ms; {one['reaction_p99_ms']:.1f} ms",
            ]
        )
    rows += [
        [
            "from the start of the bot until it can predict; `import tensorflow` alone",
            f"{one['cold_start_s']:.2f} s; {one['tensorflow_import_s']:.2f} s",
        ],
        [
            "memory of the bot then; of `import tensorflow` alone",
            f"{one['bot_rss_mb']:.0f} MB; {one['tensorflow_import_rss_mb']:.0f} MB",
        ],
        [
            f"memory of the bot after {one['endured_predictions']:,.0f} predictions; its growth over the second half",
            f"{one['bot_rss_after_mb']:.0f} MB; {one['bot_rss_late_growth_mb']:.1f} MB",
        ],
        [
            "arithmetic of the LSTM layers, of NumPy's on large matrices, for one message; in batches of 64",
            f"{one['lstm_share_of_sgemm_batch_1']:.2f}; {one['lstm_share_of_sgemm_batch_64']:.2f}",
        ],
    ]
    return table(["measure", ""], rows)


def _times_as_long(one: dict[str, float], *keys: str) -> str:
    return "; ".join(f"{one[f'speedup_vs_{key}']:.1f}" for key in keys) + " times as long as the bot"
