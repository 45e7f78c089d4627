"""The model card, the bundle's README.md (Mitchell et al., 2019, "Model Cards for Model Reporting")."""

from collections.abc import Mapping
from typing import Any

from model.bundle import Bundle
from model.training.evaluate import MEASURES
from model.training.markdown import escape, table
from model.training.public import FILES


def render_card(bundle: Bundle, summary: Mapping[str, Any]) -> str:
    """The card of a bundle, from its configuration and the training summary that `run.train` returns."""
    lines = [
        *_purpose(bundle),
        *_method(bundle, summary),
        *_data(bundle),
        *(line for split in ("dev", "test") if split in summary for line in _score_table(split, summary[split])),
        *_limits(summary),
    ]
    return "\n".join(lines)


def _purpose(bundle: Bundle) -> list[str]:
    silence = ", or that no reaction fits" if bundle.config.no_reaction else ""
    return [
        f"# Model card: `{bundle.config.training['preset']}`",
        "",
        f"Predicts which of {len(bundle.labels)} emoji a friendly member would add to a chat message{silence}.",
        "",
        " ".join(label.emoji for label in bundle.labels),
        "",
    ]


def _method(bundle: Bundle, summary: Mapping[str, Any]) -> list[str]:
    config, training = bundle.config, bundle.config.training
    network, parity = training["network"], summary["parity"]
    distilled = "shown_rows" in training
    extras = [
        *(["the vectors are learned further"] if network["train_embedding"] else []),
        *(["rows end at their own length"] if network["masked"] else []),
        *(["the second layer is pooled by its maximum over time"] if network["pooling"] == "max" else []),
    ]
    command = f"python -m scripts.train --preset {training['preset']} --seed {training['seed']} --out DIR"
    if distilled:
        command = f"python -m scripts.fetch_data && {command} --public data/public"
    lines = [
        "## Method",
        "",
        f"Text is cut into tokens of a vocabulary of {len(bundle.vocabulary):,} and padded indices (at most {config.max_len}). An embedding initialised",
        f"with GloVe 6B 50-d vectors feeds two LSTM layers of {network['units']} units with dropout {network['dropout']:g} and a softmax"
        f"{'; ' if extras else ''}{', '.join(extras)}.",
        "Exported as an ONNX graph with native LSTM nodes, embedding in float16; the largest difference of",
        f"probabilities from Keras was {parity['largest_difference']:.1e} on {parity['sentences']} sentences.",
        "",
    ]
    if distilled:
        lines += [
            "It was distilled (Hinton, Vinyals and Dean, 2015): the sentence encoder all-MiniLM-L6-v2 with a linear layer was fine-tuned",
            f"on {training['rows']:,} rows of the corpus and {training['annotated_rows']:,} annotated public messages, {_times(training['teachers'])}, and labelled",
            "public text and variants of the corpus (words replaced by GloVe neighbours, left out, moved; messages joined). The network learned",
            f"from these soft labels and, on the labelled rows, from both: {training['shown_rows']:,} rows an epoch, a part of them with the noise of hasty",
            "typing (case, punctuation, elongation, a typo) under the label of the clean text. Only the network is in this bundle.",
            "",
            f"Beside each word's GloVe vector stand the {training['word_dimensions']} principal components of what the first teacher makes of the word by itself;",
            "both were learned further.",
            "",
            f"A second output ({network['fit_units']} rectified units, then a sigmoid for each outcome) learned beside it whether each emoji fits at all: how a",
            "reaction ranks says little of that where several fit. Only the confidence reads it.",
            "",
        ]
    kept = training["best_epoch"] or training["epochs"]
    return [
        *lines,
        f"Trained on {training['rows']:,} rows for {training['epochs']} epochs (kept: {kept}), seed {training['seed']}:",
        f"`{command}`.",
        f"Temperature {config.temperature:g}, default threshold {config.threshold:g}; both were fitted on the development",
        "rows, where there are any.",
        "",
    ]


def _times(teachers: int) -> str:
    return "once" if teachers == 1 else f"{teachers} times (from seeds one after another, then averaged)"


def _data(bundle: Bundle) -> list[str]:
    training = bundle.config.training
    lines = [
        "## Data and licences",
        "",
        *(f"- `{name}`, SHA-256 `{digest}`" for name, digest in {**training["data"], **training["dev"]}.items()),
        "- The corpus of this project (`data/`) is under CC BY 4.0.",
        "- GloVe 6B word vectors (Pennington, Socher, Manning 2014), Public Domain Dedication and License",
    ]
    if "shown_rows" in training:
        lines += [
            *(
                f"- {origin.name}: github.com/{origin.repository} at {origin.commit[:12]}; licence stated there: {origin.licence}"
                for origin in dict.fromkeys(file.origin for file in FILES)
            ),
            "- all-MiniLM-L6-v2 (the teacher), Apache-2.0",
        ]
    return [*lines, ""]


def _limits(summary: Mapping[str, Any]) -> list[str]:
    lines = [
        "## Limits",
        "",
        "- English only. A message is left alone when most of its words are unknown, and the model was shown lines of other",
        "  languages as deserving nothing; short ones may still get a reaction.",
        "- The corpus is synthetic: it was written for this project and shows its writers' idea of chat.",
        "- It reads one message at a time: no thread, no picture, no link's content. Irony that needs these is lost.",
        "- Scores on the development rows are optimistic: temperature and threshold were chosen on them.",
        "",
    ]
    if summary.get("mistakes"):
        lines += [
            "## Failures",
            "",
            "Its most confident mistakes on the development rows:",
            "",
            *table(
                ["message", "fits", "came", "sure"],
                (
                    [escape(one["text"]), " ".join(one["fits"]) or "nothing", one["came"], f"{one['confidence']:.0%}"]
                    for one in summary["mistakes"]
                ),
            ),
            "",
        ]
    return lines


def _score_table(split: str, scores: Mapping[str, Any]) -> list[str]:
    counts = scores["counts"]
    rows = [[text, f"{scores[key]:.3f}"] for key, text in MEASURES.items() if scores[key] is not None]
    return [
        f"## Scores on the {split} rows",
        "",
        f"{counts['rows']} rows, {counts['deserving']} of them deserving a reaction;"
        f" `python -m scripts.evaluate --data data/chat/{split}.tsv`",
        "",
        *table(["measure", ""], rows),
        "",
    ]
