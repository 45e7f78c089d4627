"""The model card, the bundle's README.md (Mitchell et al., 2019, "Model Cards for Model Reporting")."""

from collections.abc import Mapping
from typing import Any

from model.bundle import Bundle

_NAMES = {
    "acceptable_at_1": "first emoji fits, of messages that deserve a reaction",
    "best_in_top_3": "best emoji among the first three, of the same",
    "precision": "precision of the reactions made at the default threshold",
    "coverage": "coverage: deserving messages that got a reaction",
    "silence_on_neutral": "silence on messages that deserve none",
    "ece": "expected calibration error of 'the first emoji fits'",
}


def render_card(bundle: Bundle, summary: Mapping[str, Any]) -> str:
    """The card of a freshly trained bundle, from its configuration and the training summary."""
    config, labels = bundle.config, bundle.labels
    training, parity = config.training, summary["parity"]
    kept = training["best_epoch"] or training["epochs"]
    silence = ", or that no reaction fits" if config.no_reaction else ""
    lines = [
        f"# Model card: `{training['preset']}`",
        "",
        f"Predicts which of {len(labels)} emoji a friendly member would add to a chat message{silence}.",
        "",
        " ".join(label.emoji for label in labels),
        "",
        "## Method",
        "",
        f"Text is cut into tokens of a vocabulary of {len(bundle.vocabulary):,} and padded indices (at most {config.max_len}).",
        "An embedding initialised with GloVe 6B 50-d vectors feeds two LSTM layers of 128 units with dropout 0.5 and a",
        "softmax. Exported as an ONNX graph with native LSTM nodes, embedding in float16; the largest difference of",
        f"probabilities from Keras was {parity['largest_difference']:.1e} on {parity['sentences']} sentences.",
        "",
        f"Trained on {training['rows']:,} rows for {training['epochs']} epochs (kept: {kept}), seed {training['seed']}:",
        f"`python -m scripts.train --preset {training['preset']} --seed {training['seed']} --out DIR`.",
        f"Temperature {config.temperature:g}, default threshold {config.threshold:g}; both were fitted on the development",
        "rows, where there are any.",
        "",
        "## Data and licences",
        "",
        *(f"- `{name}`, SHA-256 `{digest}`" for name, digest in {**training["data"], **training["dev"]}.items()),
        "- The corpus of this project (`data/`) is under CC BY 4.0.",
        "- GloVe 6B word vectors (Pennington, Socher, Manning 2014), Public Domain Dedication and License",
        "",
    ]
    for split in ("dev", "test"):
        if split in summary:
            lines += _score_table(split, summary[split])
    lines += [
        "## Limits",
        "",
        "- English only. A message is left alone when most of its words are unknown, which is true of most other languages,",
        "  but GloVe holds foreign words too.",
        "- The corpus is synthetic: it was written for this project and shows its writers' idea of chat.",
        "- It reads one message at a time: no thread, no picture, no link's content. Irony that needs these is lost.",
        "- Scores on the development rows are optimistic: epoch, temperature and threshold were chosen on them.",
        "",
    ]
    return "\n".join(lines)


def _score_table(split: str, scores: Mapping[str, Any]) -> list[str]:
    counts = scores["counts"]
    rows = [f"| {text} | {scores[key]:.3f} |" for key, text in _NAMES.items() if scores[key] is not None]
    return [
        f"## Scores on the {split} rows",
        "",
        f"{counts['rows']} rows, {counts['deserving']} of them deserving a reaction;"
        f" `python -m scripts.evaluate --data data/chat/{split}.tsv`",
        "",
        "| measure | |",
        "|---|---|",
        *rows,
        "",
    ]
