"""Synchronous inference: texts in, predictions out, on one bundle with ONNX Runtime."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, repeat
from math import exp, log
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import onnxruntime

from model.bundle import MODEL_FILE, PRETRAINED, Bundle, BundleError, Confidence, load_bundle
from model.text import MAX_CHARACTERS, UNKNOWN, encode, pad, word_spans

Floats = npt.NDArray[np.float32]

CANDIDATES: Final = 5
MAX_EXPLAINED: Final = 64
"""Words of a message that are explained; those beyond stay in the text, unexplained."""
_SMALL: Final = 1e-9
_LARGE: Final = 700.0  # exp of more overflows
_KNOWN_SHARE: Final = 0.5
"""A message is legible when at least this share of its tokens is in the vocabulary."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An emoji that might be the reaction.

    Args:
        emoji: from the labels.
        probability: calibrated, that it is the best reaction.
        confidence: the probability that it fits, calibrated for the first candidate; 0 for a message that the model
            cannot read.
    """

    emoji: str
    probability: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the model says of one message.

    Args:
        candidates: the likeliest emoji, best first (five, or all where there are fewer); never 'no reaction'.
        silence: the probability that no reaction is deserved.
        version: of the bundle that says so.
    """

    candidates: tuple[Candidate, ...]
    silence: float
    version: str = ""

    @property
    def confidence(self) -> float:
        """The probability that the first candidate fits; 0 for a message that the model cannot read."""
        return self.candidates[0].confidence

    def emoji(self, threshold: float) -> str | None:
        """The first candidate if the message is legible and its confidence reaches the threshold, else None."""
        return self.candidates[0].emoji if 0.0 < self.confidence >= threshold else None


@dataclass(frozen=True, slots=True)
class Explanation:
    """How much each word of a message pushed the first candidate.

    Args:
        prediction: what is explained.
        words: the words that the network read (64 at most), as they were typed and in their order. Each has its
            weight: by how much it raises the log-odds of the first candidate, negative where it lowers them.
    """

    prediction: Prediction
    words: tuple[tuple[str, float], ...]


class Predictor:
    """Predicts with one bundle. Safe to call from several threads at once.

    Args:
        bundle: a validated bundle.

    Raises:
        BundleError: the graph cannot be loaded or its shapes disagree with the labels or the vocabulary.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.version = bundle.version
        self.session = _open_session(bundle)
        self._unknown = bundle.vocabulary[UNKNOWN]
        self._emoji = [label.emoji for label in bundle.labels]
        self._outputs = _check_shapes(bundle, self.session)

    @classmethod
    def load(cls, path: Path = PRETRAINED) -> "Predictor":
        """Load the bundle in the folder `path`, by default the shipped one."""
        return cls(load_bundle(path))

    @property
    def threshold(self) -> float:
        """The bundle's default threshold."""
        return self.bundle.config.threshold

    def predict(self, text: str) -> Prediction:
        """Predict for one message."""
        return self.predict_batch([text])[0]

    def predict_batch(self, texts: Sequence[str]) -> list[Prediction]:
        """Predict for several messages in one run of the network."""
        if not texts:
            return []
        rows = self.encode(texts)
        logits, fits = self.run(rows)
        return [
            self._prediction(row, outcome, None if fits is None else fits[i])
            for i, (row, outcome) in enumerate(zip(rows, self._calibrated(logits), strict=True))
        ]

    def explain(self, text: str) -> Explanation:
        """Predict for one message, and weigh its words by leaving each out, all in one run of the network.

        A word weighs the log-odds of the first candidate less those for the text without the word (Li, Monroe and
        Jurafsky, 2016, "Understanding Neural Networks through Representation Erasure"). They compare log-likelihoods;
        log-odds do not flatten near a probability of 1 either. Weights need not add up: of "so so", each may weigh
        little. A message without its only word is `<unk>`, as any message without tokens.
        """
        text = text[:MAX_CHARACTERS]
        spans = list(islice(word_spans(text), MAX_EXPLAINED))
        # Cut to what the network reads, or an unread word would move up into the place of the one left out.
        last = bisect_left(spans, self.bundle.config.max_len, key=lambda span: len(self.encode([text[: span[1]]])[0]))
        read = text[: spans[last][1]] if last < len(spans) else text
        del spans[last + 1 :]
        rows = self.encode([text, *(read[:start] + read[end:] for start, end in spans)])
        logits, fits = self.run(rows)
        outcomes = self._calibrated(logits)
        prediction = self._prediction(rows[0], outcomes[0], None if fits is None else fits[0])
        first = self._emoji.index(prediction.candidates[0].emoji)
        log_odds = [_log_odds(probability) for probability in outcomes[:, first].tolist()]
        words = (text[start:end] for start, end in spans)
        weights = (log_odds[0] - without for without in log_odds[1:])
        return Explanation(prediction, tuple(zip(words, weights, strict=True)))

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """The vocabulary indices of each text, at most `max_len`, not padded; `<unk>` where a text has no token."""
        vocabulary, max_len = self.bundle.vocabulary, self.bundle.config.max_len
        return [encode(text, vocabulary, max_len) or [self._unknown] for text in texts]

    def probabilities(self, rows: Sequence[Sequence[int]]) -> Floats:
        """How the outcomes rank for encoded rows: float32 (batch, outcomes), each row summing to 1."""
        return self._calibrated(self.run(rows)[0])

    def run(self, rows: Sequence[Sequence[int]]) -> tuple[Floats, Floats | None]:
        """Run the network on encoded rows.

        Returns:
            Its logits, float32 (batch, outcomes): of how the outcomes rank, not yet divided by the temperature, and of
            whether each fits, None from a network without that output.
        """
        config = self.bundle.config
        if config.pads_count:
            width, lengths = config.max_len, np.full(len(rows), config.max_len, dtype=np.int32)
        else:
            lengths = np.fromiter((len(row) for row in rows), dtype=np.int32, count=len(rows))
            width = int(lengths.max())
        outputs: list[Floats] = self.session.run(self._outputs, {"indices": pad(rows, width), "lengths": lengths})
        return outputs[0], outputs[1] if len(outputs) == 2 else None

    def _calibrated(self, logits: Floats) -> Floats:
        return softmax(logits / np.float32(self.bundle.config.temperature))

    def _prediction(self, row: list[int], outcome: Floats, fits: Floats | None) -> Prediction:
        config = self.bundle.config
        emoji = outcome[: len(self._emoji)]
        best = emoji.argsort()[: -CANDIDATES - 1 : -1]
        probabilities = emoji[best].tolist()
        silence = float(outcome[-1]) if config.no_reaction else 0.0
        legible = row.count(self._unknown) <= (1 - _KNOWN_SHARE) * len(row)
        if not legible:
            confidences = [0.0] * len(best)
        else:
            fit = [0.0] * len(best) if fits is None else fits[best].tolist()
            confidences = [
                confidence(*one, config.confidence) for one in zip(probabilities, repeat(silence), fit, strict=False)
            ]
        emoji_names = (self._emoji[i] for i in best.tolist())
        return Prediction(tuple(map(Candidate, emoji_names, probabilities, confidences)), silence, self.version)


def softmax(logits: Floats) -> Floats:
    """Row-wise softmax of (batch, outcomes)."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True), dtype=logits.dtype)


def confidence_features(top: float, silence: float, fit: float) -> tuple[float, float, float, float]:
    """The features of `Confidence`: logit p(first emoji), ln p(no reaction), ln of the first's share of all emoji, fit.

    `fit` is the logit of 'the first emoji fits', 0 from a network that does not say. `silence` is p(no reaction), 0 for
    a model without that outcome; its feature is then 0.
    """
    top = min(max(top, _SMALL), 1 - _SMALL)
    mass = max(1 - silence, top)
    return _log_odds(top), log(max(silence, _SMALL)) if silence else 0.0, log(top / mass), fit


def confidence(top: float, silence: float, fit: float, weights: Confidence) -> float:
    """How sure it is that the first emoji fits, from its probability, that of no reaction and the logit of its fit."""
    logit, log_silence, log_share, fit = confidence_features(top, silence, fit)
    score = weights.bias + weights.top * logit + weights.silence * log_silence + weights.share * log_share
    score += weights.fit * fit
    return 1 / (1 + exp(-score)) if score > -_LARGE else 0.0


def _log_odds(probability: float) -> float:
    clipped = min(max(probability, _SMALL), 1 - _SMALL)
    return log(clipped / (1 - clipped))


def _open_session(bundle: Bundle) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    # One short sequence at a time: a thread pool costs more than it gives, and spinning threads would eat a core.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(bundle.graph, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's exceptions share no public base class
        raise BundleError(bundle.path / MODEL_FILE, "ONNX Runtime cannot read the graph") from error


def _check_shapes(bundle: Bundle, session: onnxruntime.InferenceSession) -> list[str]:
    """The names of the outputs, `logits` and perhaps `fits`."""
    path = bundle.path / MODEL_FILE
    outputs = [node.name for node in session.get_outputs()]
    if sorted(node.name for node in session.get_inputs()) != ["indices", "lengths"] or outputs not in (
        ["logits"],
        ["logits", "fits"],
    ):
        raise BundleError(path, "the graph must take indices and lengths and give logits, and may give fits")
    outcomes = len(bundle.labels) + bundle.config.no_reaction
    last, length = len(bundle.vocabulary) - 1, np.array([bundle.config.max_len], dtype=np.int32)
    indices = np.full((1, bundle.config.max_len), last, dtype=np.int32)
    try:
        shapes = {output.shape for output in session.run(outputs, {"indices": indices, "lengths": length})}
    except Exception as error:
        raise BundleError(path, f"the graph does not accept the {last + 1} tokens of the vocabulary") from error
    if shapes != {(1, outcomes)}:
        given = next(shape[-1] for shape in shapes if shape != (1, outcomes))
        raise BundleError(path, f"the graph gives {given} outcomes and the labels make {outcomes}")
    try:
        session.run(None, {"indices": indices + 1, "lengths": length})
    except Exception:  # noqa: BLE001 - the embedding ends where the vocabulary does, as it should
        return outputs
    raise BundleError(path, f"the embedding has more rows than the {last + 1} tokens of the vocabulary")
